# Bad input: one line that names file, HDU, row and value; the documented exit code; no product, nothing on standard output.
# shellcheck disable=SC2154    # output and stderr are set by run
setup_file()
{
    load ../helper
    cd "$BATS_FILE_TMPDIR" || return
    fe-simulate -m 'pl:index=2.5,amplitude=3e-11 cm-2 s-1 TeV-1' --e-min 0.3TeV --e-max 30TeV --bins 5 --livetime 1h --seed 3 \
        -o good > /dev/null
    fe-points good/pha_obs1.fits -e 0.5:20TeV:3 -m pl:index=2.5 --scan -q -o good/points.fits
    fe-convert good/points.fits -f csv -q -o good/points.csv
}

setup()
{
    load ../helper
    cd "$BATS_TEST_TMPDIR" || return
    cp "$BATS_FILE_TMPDIR"/good/* .
}

listing() { ls -A -I 'separate-stderr*'; }

# refused CODE WORDS COMMAND...: it fails like that; WORDS is a pattern of the line on standard error.
refused()
{
    local code=$1 words=$2 before
    shift 2
    before=$(listing)
    run --separate-stderr "$@"
    [ "$status" -eq "$code" ] || fail "status $status instead of $code: $* ($stderr)"
    [ -z "$output" ] || fail "standard output of $*: $output"
    # warnings may stand before the one line
    [ "$(printf '%s\n' "$stderr" | grep -vc ': warning: ')" -eq 1 ] || fail "more than one line: $* ($stderr)"
    # shellcheck disable=SC2053    # a pattern
    [[ ${stderr##*$'\n'} == $words ]] || fail "$*: '$stderr' is not like '$words'"
    [ "$(listing)" = "$before" ] || fail "files left behind by $*: $(listing)"
}

# spoilt FILE HDU VERB... -- CODE WORDS: edit one file, and fe-points must refuse it.
spoilt()
{
    local file=$1 edit=()
    shift
    while [ "$1" != -- ]; do
        edit+=("$1")
        shift
    done
    cp "$BATS_FILE_TMPDIR"/good/*.fits .
    fitsedit "$file" "${edit[@]}"
    refused "$2" "$3" fe-points pha_obs1.fits -e 0.5:20TeV:3 -q -o out.fits
}

@test "refused: every file of a run cut at each block, and one byte before and behind it" {
    need_command fitsverify
    for file in pha_obs1.fits bkg_obs1.fits arf_obs1.fits rmf_obs1.fits; do
        size=$(stat -c %s "$file")
        cp "$file" whole
        for ((at = 0; at < size; at += 2880)); do
            for n in $at $((at + 1)) $((at + 2879)); do
                head -c "$n" whole > "$file"
                [ "$n" -eq 0 ] || ! fitsverify -q "$file" > /dev/null || continue      # cut between two HDUs
                refused 3 "fe-points: *$file*" fe-points pha_obs1.fits -q -o out.fits
            done
        done
        cp whole "$file"
    done
}

@test "refused: junk in front, bytes behind, two files in one, an empty file, a folder, none" {
    cp pha_obs1.fits whole
    { echo junk; cat whole; } > pha_obs1.fits
    refused 3 '*pha_obs1.fits*' fe-points pha_obs1.fits -q -o out.fits
    { cat whole; echo tail; } > pha_obs1.fits
    refused 3 '*pha_obs1.fits*5*' fe-points pha_obs1.fits -q -o out.fits
    cat whole whole > pha_obs1.fits
    refused 3 '*pha_obs1.fits*' fe-points pha_obs1.fits -q -o out.fits
    : > pha_obs1.fits
    refused 3 '*pha_obs1.fits*no data*' fe-points pha_obs1.fits -q -o out.fits
    refused 3 '*no-such.fits*No such file*' fe-points no-such.fits -q -o out.fits
    mkdir folder
    refused 3 '*folder*' fe-points folder -q -o out.fits
    gzip -c whole | head -c 900 > cut.fits.gz
    refused 3 '*cut.fits.gz*' fe-points cut.fits.gz -q -o out.fits
    [ "$(id -u)" -eq 0 ] && return
    chmod 000 whole
    refused 3 '*whole*Permission denied*' fe-points whole -q -o out.fits
}

@test "refused: missing HDUs, files, columns" {
    spoilt pha_obs1.fits SPECTRUM delhdu -- 3 '*pha_obs1.fits*SPECTRUM*'
    spoilt bkg_obs1.fits SPECTRUM delhdu -- 3 '*bkg_obs1.fits*SPECTRUM*'
    spoilt rmf_obs1.fits MATRIX delhdu -- 3 '*rmf_obs1.fits*MATRIX*'
    spoilt arf_obs1.fits SPECRESP delhdu -- 3 '*arf_obs1.fits*SPECRESP*'
    refused 3 '*arf_obs1.fits*' fe-points arf_obs1.fits -q -o out.fits
    spoilt pha_obs1.fits SPECTRUM delcol COUNTS -- 3 '*pha_obs1.fits*SPECTRUM*COUNTS*'
    for column in ENERG_LO ENERG_HI SPECRESP; do
        spoilt arf_obs1.fits SPECRESP delcol $column -- 3 "*arf_obs1.fits*SPECRESP*$column*"
    done
    for column in ENERG_LO N_GRP F_CHAN N_CHAN MATRIX; do
        spoilt rmf_obs1.fits MATRIX delcol $column -- 3 "*rmf_obs1.fits*MATRIX*$column*"
    done
    for kind in bkg arf rmf; do
        cp "$BATS_FILE_TMPDIR"/good/*.fits .
        rm ${kind}_obs1.fits
        refused 3 "*pha_obs1.fits*${kind}_obs1.fits*" fe-points pha_obs1.fits -q -o out.fits
    done
}

@test "refused: counts that are none" {
    spoilt pha_obs1.fits SPECTRUM set COUNTS 4 -3 -- 3 '*pha_obs1.fits?SPECTRUM? row 4*COUNTS*-3*'
    spoilt bkg_obs1.fits SPECTRUM set COUNTS 2 -1 -- 3 '*bkg_obs1.fits?SPECTRUM? row 2*COUNTS*-1*'
    cp "$BATS_FILE_TMPDIR"/good/*.fits .
    fitsedit pha_obs1.fits SPECTRUM retype COUNTS 1D
    fitsedit pha_obs1.fits SPECTRUM set COUNTS 3 2.5
    refused 3 '*pha_obs1.fits?SPECTRUM? row 3*2.5*' fe-points pha_obs1.fits -q -o out.fits
    fitsedit pha_obs1.fits SPECTRUM set COUNTS 3 nan
    refused 3 '*pha_obs1.fits?SPECTRUM? row 3*' fe-points pha_obs1.fits -q -o out.fits
    spoilt pha_obs1.fits SPECTRUM delrows 3 2 -- 3 '*pha_obs1.fits*'
    spoilt bkg_obs1.fits SPECTRUM delrows 3 2 -- 3 '*bkg_obs1.fits*'
    spoilt pha_obs1.fits SPECTRUM set CHANNEL 3 7 -- 3 '*pha_obs1.fits?SPECTRUM? row*CHANNEL*'
    spoilt pha_obs1.fits SPECTRUM key EXPOSURE -5 -- 3 '*pha_obs1.fits*EXPOSURE*-5*'
    spoilt pha_obs1.fits SPECTRUM key EXPOSURE soon -- 3 '*pha_obs1.fits*EXPOSURE*soon*'
    spoilt pha_obs1.fits SPECTRUM set BACKSCAL 2 -1 -- 3 '*pha_obs1.fits*BACKSCAL*-1*'
}

@test "refused: responses that are none" {
    spoilt arf_obs1.fits SPECRESP set SPECRESP 5 -1 -- 3 '*arf_obs1.fits?SPECRESP? row 5*-1*'
    spoilt arf_obs1.fits SPECRESP set SPECRESP 5 nan -- 3 '*arf_obs1.fits?SPECRESP? row 5*'
    spoilt arf_obs1.fits SPECRESP set SPECRESP 5 inf -- 3 '*arf_obs1.fits?SPECRESP? row 5*'
    spoilt rmf_obs1.fits MATRIX set MATRIX 6 -0.5 1 -- 3 '*rmf_obs1.fits?MATRIX? row 6*-0.5*'
    spoilt rmf_obs1.fits MATRIX set MATRIX 6 nan 1 -- 3 '*rmf_obs1.fits?MATRIX? row 6*'
    spoilt rmf_obs1.fits MATRIX set F_CHAN 6 500 1 -- 3 '*rmf_obs1.fits?MATRIX? row 6*'
    spoilt rmf_obs1.fits MATRIX set N_CHAN 6 500 1 -- 3 '*rmf_obs1.fits?MATRIX? row 6*'
    spoilt rmf_obs1.fits MATRIX set N_GRP 6 50 -- 3 '*rmf_obs1.fits?MATRIX? row 6*'
    spoilt arf_obs1.fits SPECRESP set ENERG_LO 4 1 -- 3 '*arf_obs1.fits?SPECRESP?*ENERG*'
    spoilt arf_obs1.fits SPECRESP delrows 4 2 -- 3 '*arf_obs1.fits*'
    spoilt pha_obs1.fits EBOUNDS set E_MIN 4 1 -- 3 '*pha_obs1.fits?EBOUNDS?*E_M*'
    spoilt arf_obs1.fits SPECRESP unit ENERG_LO furlong -- 3 '*arf_obs1.fits*ENERG_LO*furlong*'
    spoilt arf_obs1.fits SPECRESP unit SPECRESP TeV -- 3 '*arf_obs1.fits*SPECRESP*TeV*'
    spoilt pha_obs1.fits EBOUNDS unit E_MIN cm2 -- 3 '*pha_obs1.fits*E_MIN*cm2*'
}

@test "refused: models" {
    points() { refused "$1" "$2" fe-points pha_obs1.fits -e 1:10TeV -q -o out.fits -m "$3"; }
    points 3 '*powerlaw*No such file*' powerlaw
    points 2 "*'powerlaw'*expected one of pl*" powerlaw:index=2
    points 2 '*gamma*' pl:gamma=2
    points 2 '*index*two*' pl:index=two
    points 2 '*amplitude*' pl:amplitude=1e-12
    points 2 '*amplitude*TeV*' 'pl:amplitude=1e-12 TeV'
    points 2 '*reference*' lp:alpha=2
    points 2 '*' 'pl * '
    points 3 '*none.yaml*No such file*' none.yaml
    points 2 '*the model is empty*' ''
    printf 'components:\n- name: a\n  type: SkyModel\n  spectral:\n    type: pl\n    parameters: [{name: index, value: 2}, {name: index, value: 3}]\n' > m.yaml
    points 3 '*m.yaml*second parameter*index*' m.yaml
    printf 'components:\n- name: a\n  type: SkyModel\n  spectral: {type: NoSuchModel}\n' > m.yaml
    points 3 '*m.yaml*NoSuchModel*' m.yaml
    printf 'components:\n- name: a\n  type: SkyModel\n  spectral:\n    type: pl\n    parameters: [{name: index, value: .nan}]\n' > m.yaml
    points 3 '*m.yaml*index*' m.yaml
    printf 'components: [\n' > m.yaml
    points 3 '*m.yaml*' m.yaml
    points 3 '*points.csv*' @points.csv
}

@test "refused: energy edges and options" {
    edges() { refused 2 "$1" fe-points pha_obs1.fits -q -o out.fits -e "$2"; }
    edges '*3 TeV*10 TeV*' 10,3TeV
    edges '*one energy edge*' 1TeV
    edges '*furlong*' 1,3furlong
    edges '*number of bins*' 1:10TeV:0
    edges '*min-sig*' min-sig=no
    refused 3 '*none.txt*' fe-points pha_obs1.fits -q -o out.fits -e @none.txt
    printf '1\nfurlong\n' > edges.txt
    refused 3 '*edges.txt*no unit*' fe-points pha_obs1.fits -q -o out.fits -e @edges.txt
    refused 3 '*0.51*0.475*0.7535*' fe-points pha_obs1.fits -q -o out.fits -e 0.51,2TeV --exact-edges
    refused 2 '*--no-such*' fe-points pha_obs1.fits --no-such
    refused 2 '*--outp*' fe-points pha_obs1.fits --outp x
    refused 2 '*--energy-edges*' fe-points pha_obs1.fits --energy-edges
    refused 2 '*--ul-cl*0.2*' fe-points pha_obs1.fits --ul-cl 0.2
    refused 2 '*--ul-cl*--ul-sigma*' fe-points pha_obs1.fits --ul-cl 0.9 --ul-sigma 2
    refused 2 '*--n-sigma*one*' fe-points pha_obs1.fits --n-sigma one
    refused 2 '*--method*' fe-points pha_obs1.fits --method guess
    refused 2 '*points.fits exists*' fe-points pha_obs1.fits -q -o points.fits
    refused 1 '*no/where*' fe-points pha_obs1.fits -q -o no/where/out.fits
    refused 2 '*/dev/null*' fe-points pha_obs1.fits -q -o /dev/null --force
    refused 2 '*' fe-points pha_obs1.fits -q -o out.fits.gz
    refused 1 '*' bash -c 'fe-points pha_obs1.fits -q -f fits > /dev/full'
}

@test "refused: flux tables" {
    convert() { refused "$1" "$2" fe-convert in.csv -q -o out.ecsv "${@:3}"; }
    printf 'a,b\n1,2\n' > in.csv
    convert 3 '*in.csv*'
    printf 'e_ref,dnde\n1,2e-12\n2\n' > in.csv
    convert 3 '*in.csv row 2*'
    printf 'e_ref,dnde\n1,2e-12\n2,oops\n' > in.csv
    convert 3 '*in.csv*dnde*'
    printf 'e_min,e_max,dnde\n10,1,2e-12\n' > in.csv
    convert 3 '*in.csv*' --to flux --index 2
    printf 'e_ref,dnde\n1,2e-12\n' > in.csv
    convert 3 '*in.csv*flux*' --to flux
    convert 2 '*--to*' --to energy
    convert 2 '*furlong*' -u furlong
    convert 2 '*--format*' -f word
    printf '%%ECSV 1.0\n# ---\n# datatype:\n# - {name: e_ref\n' > in.csv
    convert 3 '*in.csv*'
    printf '{"rows": [' > in.csv
    convert 3 '*in.csv*'
    head -c 3000 /dev/urandom > in.csv
    convert 3 '*in.csv*'
    printf '\0\0\0\0' > in.csv
    convert 3 '*in.csv*'
    head -c 5000 points.fits > in.csv
    convert 3 '*in.csv*'
    refused 2 '*--output-dir*' fe-convert points.csv points.fits
    refused 1 '*' bash -c 'fe-convert points.csv -q > /dev/full'
    refused 3 '*' bash -c 'head -c 4000 points.fits | fe-convert -q'
    refused 3 '*' bash -c ': | fe-convert -q'
}

@test "refused: simulations" {
    simulate() { refused "$1" "$2" fe-simulate -q -o out "${@:3}"; }
    simulate 2 '*' --e-min 10TeV --e-max 1TeV
    simulate 2 '*livetime*' --livetime -1h
    simulate 2 '*livetime*' --livetime 5
    simulate 2 '*alpha*' --alpha 0
    simulate 3 '*none.fits*' none.fits
}

@test "refused: bands outside the data are rows with a status, and with --strict exit 4" {
    fe-points pha_obs1.fits -e 100,200,400TeV -f csv -q > out.csv
    [ "$(grep -c EMPTY out.csv)" -eq 2 ]
    run -4 --separate-stderr fe-points pha_obs1.fits -e 100,200,400TeV -f csv -q --strict
}
