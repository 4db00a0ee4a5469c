# Bad input, case by case: what refused.bats does for kinds of files, this does for their details.  Each case is a row: its
# exit code, a pattern for the one line that names file, HDU, row and value, and the command.  All rows of a test are tried,
# those that fail are named; the last test counts the rows.
# shellcheck disable=SC2154    # output and stderr are set by run
setup_file()
{
    load ../helper
    cd "$BATS_FILE_TMPDIR" || return
    fe-simulate -m 'pl:index=2.5,amplitude=3e-11 cm-2 s-1 TeV-1' --e-min 0.3TeV --e-max 30TeV --bins 5 --livetime 1h --seed 3 \
        --start 60000 -o good > /dev/null
    fe-points good/pha_obs1.fits -e 0.5:20TeV:3 -m pl:index=2.5 --scan -q -o good/points.fits
    fe-convert good/points.fits -f csv -q -o good/points.csv
}

setup()
{
    load ../helper
    cd "$BATS_TEST_TMPDIR" || return
    fresh
    wrong=0
}

fresh() { cp "$BATS_FILE_TMPDIR"/good/* .; }

listing() { ls -A -I 'separate-stderr*'; }

# report WHAT...: the case failed; the others of the test are tried all the same.
report()
{
    wrong=$((wrong + 1))
    echo "wrong: $*"
}

# bad CODE WORDS COMMAND...: it fails with this code and one line that is like WORDS; nothing on stdout, no file made or left.
bad()
{
    local code=$1 words=$2 before
    shift 2
    before=$(listing)
    run --separate-stderr "$@"
    printf 'x' >> "$BATS_FILE_TMPDIR/rows"
    # shellcheck disable=SC2053    # a pattern
    if [ "$status" -ne "$code" ]; then
        report "status $status instead of $code: $* ($stderr)"
    elif [ -n "$output" ] || [ "$(printf '%s\n' "$stderr" | grep -vc ': warning: ')" -ne 1 ]; then
        report "not one line on standard error alone: $* ($stderr / $output)"
    elif [[ ${stderr##*$'\n'} != $words ]]; then
        report "'$stderr' is not like '$words': $*"
    elif [ "$(listing)" != "$before" ]; then
        report "files left behind: $*: $(listing)"
        rm -rf out*
    fi
}

points() { bad "$1" "fe-points: $2" fe-points pha_obs1.fits -q -o out.fits "${@:3}"; }

# edited WORDS FILE HDU VERB...: one file of the run is edited; fe-points refuses it with exit 3.
edited()
{
    fresh
    fitsedit "${@:2}" || report "fitsedit ${*:2}"
    points 3 "$1"
}

# card FILE KEY TEXT: the last card KEY of the file becomes TEXT, whatever CFITSIO thinks of that.
card()
{
    local at
    at=$(fold -w 80 "$1" | LC_ALL=C grep -an "^$(printf '%-8s' "$2")" | tail -n 1)
    [ -n "$at" ] || fail "no card $2 in $1"
    printf '%-80s' "$3" | dd of="$1" bs=80 seek=$((${at%%:*} - 1)) conv=notrunc status=none
}

# header WORDS KEY TEXT: the last such card of the PHA file is spoilt.
header()
{
    fresh
    LC_ALL=C card pha_obs1.fits "$2" "$3"
    points 3 "$1"
}

none_wrong() { [ "$wrong" -eq 0 ] || fail "$wrong cases are wrong"; }

@test "bad input: files cut at odd lengths say where" {
    for file in pha bkg arf rmf; do
        for row in '1:*not a FITS file*' '79:*?PRIMARY?: the file is cut inside a header*' '2879:*?PRIMARY?: the file is cut*2880*2879' \
            '2881:*1 bytes behind the last HDU*' '4000:*?#2?: the file is cut inside a header*'; do
            head -c "${row%%:*}" "$BATS_FILE_TMPDIR/good/${file}_obs1.fits" > ${file}_obs1.fits
            points 3 "${file}_obs1.fits${row#*:}"
        done
        fresh
    done
    none_wrong
}

@test "bad input: headers that promise what is not there" {
    header 'pha_obs1.fits?*?: NAXIS2 is not an integer*-5*' NAXIS2 'NAXIS2  =                   -5'
    header 'pha_obs1.fits?*?: the header describes more data than a file can hold' NAXIS2 'NAXIS2  =  9000000000000000000'
    header 'pha_obs1.fits?*?: the file is cut: *' NAXIS2 'NAXIS2  =               900000'
    header 'pha_obs1.fits?*?: NAXIS1 is not an integer*abc*' NAXIS1 "NAXIS1  = 'abc'"
    header 'pha_obs1.fits?#?]: the header cannot be read (NAXIS1 = 3 *' NAXIS1 'NAXIS1  =                    3'
    header 'pha_obs1.fits?*?: PCOUNT is not an integer*' PCOUNT 'PCOUNT  =                   -1'
    header 'pha_obs1.fits?*?: TFIELDS is not an integer from 0 to 999*' TFIELDS 'TFIELDS =                   -1'
    header 'pha_obs1.fits?#?]: the header cannot be read (*TFORM*' TFIELDS 'TFIELDS =                  998'
    header 'pha_obs1.fits?#?]: the header cannot be read (*ZZZ*' TFORM1 "TFORM1  = 'ZZZ     '"
    header 'pha_obs1.fits?*?: BITPIX is 7*' BITPIX 'BITPIX  =                    7'
    header 'pha_obs1.fits?*?: NAXIS is not an integer from 0 to 999*' NAXIS 'NAXIS   =                 1000'
    fresh
    card pha_obs1.fits SIMPLE 'SIMPLE  =                    F'
    points 3 'pha_obs1.fits?PRIMARY?: SIMPLE is not T*'
    none_wrong
}

@test "bad input: compressed files" {
    gzip -kf pha_obs1.fits
    size=$(stat -c %s pha_obs1.fits.gz)
    head -c $((size / 2)) pha_obs1.fits.gz > cut.gz
    { head -c $((size / 2)) pha_obs1.fits.gz; printf 'XXXX'; tail -c +$((size / 2 + 5)) pha_obs1.fits.gz; } > broken.gz
    cat pha_obs1.fits.gz pha_obs1.fits.gz > two.gz
    { cat pha_obs1.fits.gz; echo tail; } > tail.gz
    printf '\037\213\010' > head.gz
    bad 3 'fe-points: cut.gz: gzip data end early*' fe-points cut.gz -q -o out.fits
    bad 3 'fe-points: broken.gz: broken gzip data*' fe-points broken.gz -q -o out.fits
    bad 3 'fe-points: two.gz: a second FITS file begins at byte*' fe-points two.gz -q -o out.fits
    bad 3 'fe-points: tail.gz: 5 bytes behind the gzip data' fe-points tail.gz -q -o out.fits
    bad 3 'fe-points: head.gz*' fe-points head.gz -q -o out.fits
    none_wrong
}

@test "bad input: one kind of file given for another" {
    for file in arf_obs1.fits rmf_obs1.fits points.fits; do
        bad 3 "fe-points: $file: not a counts spectrum: there is no SPECTRUM, found PRIMARY, *" fe-points $file -q -o out.fits
    done
    bad 3 'fe-points: points.csv: not a FITS file*' fe-points points.csv -q -o out.fits
    bad 3 'fe-points: /dev/null: no data (0 bytes)' fe-points /dev/null -q -o out.fits
    points 3 'rmf_obs1.fits: there is no SPECRESP (keyword ANCRFILE of pha_obs1.fits)' --arf rmf_obs1.fits
    points 3 'bkg_obs1.fits: not a response: there is no MATRIX and no SPECRESP, found *' --arf bkg_obs1.fits
    points 3 'arf_obs1.fits: there is no MATRIX (keyword RESPFILE of pha_obs1.fits)' --rmf arf_obs1.fits
    points 3 'bkg_obs1.fits: not a response*' --rmf bkg_obs1.fits
    points 3 'arf_obs1.fits: not a counts spectrum*' --bkg arf_obs1.fits
    points 3 'cannot open none.fits: No such file or directory' --bkg none.fits
    points 3 'cannot read .: Is a directory' --arf .
    points 3 'pha_obs1.fits: no reference model is stored in it' -m @pha_obs1.fits
    points 3 'bkg_obs1.fits: not a models file but binary data*' -m bkg_obs1.fits
    run --separate-stderr -0 fe-points bkg_obs1.fits -q -f csv
    [[ $stderr == *'warning: bkg_obs1.fits[SPECTRUM]: HDUCLAS2 is BKG'* ]] ||
        report "a background as a source: $stderr"
    none_wrong
}

@test "bad input: columns and keywords of the spectrum" {
    edited 'bkg_obs1.fits?SPECTRUM?: there is no column COUNTS or RATE' bkg_obs1.fits SPECTRUM delcol COUNTS
    edited 'pha_obs1.fits?EBOUNDS?: there is no column E_MIN' pha_obs1.fits EBOUNDS delcol E_MIN
    edited 'pha_obs1.fits?EBOUNDS?: there is no column E_MAX' pha_obs1.fits EBOUNDS delcol E_MAX
    edited 'pha_obs1.fits?SPECTRUM?: EXPOSURE is 0 s, expected a positive time' pha_obs1.fits SPECTRUM key EXPOSURE 0
    edited 'bkg_obs1.fits?SPECTRUM?: EXPOSURE is -1 s*' bkg_obs1.fits SPECTRUM key EXPOSURE -1
    edited 'pha_obs1.fits?SPECTRUM? row 2: BACKSCAL is not a finite number (nan)' pha_obs1.fits SPECTRUM set BACKSCAL 2 nan
    edited 'bkg_obs1.fits?SPECTRUM? row 2: BACKSCAL is negative (-1)' bkg_obs1.fits SPECTRUM set BACKSCAL 2 -1
    edited 'pha_obs1.fits?SPECTRUM? row 1: AREASCAL is negative (-1)' pha_obs1.fits SPECTRUM key AREASCAL -1
    edited 'pha_obs1.fits?SPECTRUM?: 10 channels, expected 3 (keyword DETCHANS)' pha_obs1.fits SPECTRUM key DETCHANS 3
    edited 'pha_obs1.fits?SPECTRUM?: 8 channels, expected 10 (keyword DETCHANS)' pha_obs1.fits SPECTRUM delrows 9 2
    edited 'bkg_obs1.fits?SPECTRUM? row 3: column CHANNEL is 7, expected 2' bkg_obs1.fits SPECTRUM set CHANNEL 3 7
    edited 'pha_obs1.fits?SPECTRUM?: keyword RESPFILE asks for gone.fits, but there is no such file*' pha_obs1.fits SPECTRUM key RESPFILE gone.fits
    edited 'pha_obs1.fits?SPECTRUM?: keyword BACKFILE asks for gone.fits*' pha_obs1.fits SPECTRUM key BACKFILE gone.fits
    edited 'pha_obs1.fits?EBOUNDS? row 3: column CHANNEL is 7, expected 2' pha_obs1.fits EBOUNDS set CHANNEL 3 7
    fresh
    fitsedit pha_obs1.fits SPECTRUM key HDUCLAS1 OTHER  # neither the name nor the class tells
    fitsedit pha_obs1.fits SPECTRUM name WRONG
    points 3 'pha_obs1.fits: not a counts spectrum: there is no SPECTRUM, found PRIMARY, WRONG*'
    none_wrong
}

@test "bad input: energies and responses" {
    edited 'rmf_obs1.fits?EBOUNDS?: there is no column E_MIN' rmf_obs1.fits EBOUNDS delcol E_MIN
    edited 'rmf_obs1.fits?MATRIX?: there is no column ENERG_HI' rmf_obs1.fits MATRIX delcol ENERG_HI
    edited 'rmf_obs1.fits?EBOUNDS? row 4: column E_MIN is 1e-09 TeV, but the bin before ends at *overlap*' rmf_obs1.fits EBOUNDS set E_MIN 4 1
    edited 'rmf_obs1.fits?EBOUNDS? row 4: columns E_MIN and E_MAX*increasing*' rmf_obs1.fits EBOUNDS set E_MAX 4 0.0001
    edited 'rmf_obs1.fits?EBOUNDS? row 4: *nan*increasing*' rmf_obs1.fits EBOUNDS set E_MAX 4 nan
    edited 'rmf_obs1.fits?EBOUNDS? row 1: *-1e-09*increasing*' rmf_obs1.fits EBOUNDS set E_MIN 1 -1
    edited 'pha_obs1.fits?EBOUNDS? row 3: column E_MIN *a gap?' pha_obs1.fits EBOUNDS delrows 3 2
    edited 'rmf_obs1.fits?MATRIX? row 3: column ENERG_LO *a gap?' rmf_obs1.fits MATRIX delrows 3 2
    edited 'rmf_obs1.fits?MATRIX?: the true energies (54 bins*) are not those of arf_obs1.fits (56 bins*' rmf_obs1.fits MATRIX delrows 55 2
    edited 'rmf_obs1.fits?MATRIX?: the true energies (56 bins*) are not those of arf_obs1.fits (54 bins*' arf_obs1.fits SPECRESP delrows 1 2
    edited 'rmf_obs1.fits?MATRIX?: keyword DETCHANS is 3, but EBOUNDS has 10 channels' rmf_obs1.fits MATRIX key DETCHANS 3
    edited 'rmf_obs1.fits?MATRIX? row 6: column MATRIX is inf*' rmf_obs1.fits MATRIX set MATRIX 6 inf 1
    edited 'rmf_obs1.fits?MATRIX? row 6: *channels -1 to -1*' rmf_obs1.fits MATRIX set F_CHAN 6 -1 1
    edited 'rmf_obs1.fits?MATRIX? row 6: column N_CHAN is -1*' rmf_obs1.fits MATRIX set N_CHAN 6 -1 1
    edited 'rmf_obs1.fits?MATRIX? row 6: column N_GRP is -1*' rmf_obs1.fits MATRIX set N_GRP 6 -1
    for unit in s cm2 furlong; do
        edited "rmf_obs1.fits?MATRIX?: column ENERG_LO has the unit '$unit', expected one like keV" rmf_obs1.fits MATRIX unit ENERG_LO $unit
        edited "rmf_obs1.fits?EBOUNDS?: column E_MAX has the unit '$unit', expected one like keV" rmf_obs1.fits EBOUNDS unit E_MAX $unit
    done
    edited "arf_obs1.fits?SPECRESP?: column SPECRESP has the unit 'cm3', expected one like cm2" arf_obs1.fits SPECRESP unit SPECRESP cm3
    none_wrong
}

@test "bad input: an acceptance of 0 is a status of the band, no error" {
    fitsedit bkg_obs1.fits SPECTRUM set BACKSCAL 2 0
    run --separate-stderr -0 fe-points pha_obs1.fits -e 0.5:20TeV:3 -m pl:index=2.5 -q -f csv
    [ "$(grep -c NOOFF <<< "$output")" -eq 1 ]
    [ -z "$stderr" ]
    run --separate-stderr -4 fe-points pha_obs1.fits -e 0.5:20TeV:3 -m pl:index=2.5 -q -f csv --strict
    [ "$(grep -c NOOFF <<< "$output")" -eq 1 ]
}

@test "bad input: models in words" {
    model() { points "$1" "$2" -e 1:10TeV -m "$3"; }
    model 2 'the model is empty*' ''
    model 2 "'' in model pl is not NAME=VALUE" pl:
    model 2 "'index' in model pl is not NAME=VALUE" pl:index
    model 2 "parameter 'index' of model pl: '' is not a quantity*" pl:index=
    model 2 "model pl has parameter 'index' twice" pl:index=2,index=3
    model 2 "parameter 'index' of model pl: '2 TeV' does not convert to a number without unit" 'pl:index=2 TeV'
    model 2 "parameter 'reference' of model pl: '1' has no unit*" pl:reference=1
    model 2 "parameter 'reference' of model pl is '-1TeV', expected a finite positive number" pl:reference=-1TeV
    model 2 "parameter 'reference' of model pl: '1s' does not convert to TeV" pl:reference=1s
    model 2 "parameter 'index' of model pl: 'nan'*" pl:index=nan
    model 2 "parameter 'index' of model pl is 'inf'*" pl:index=inf
    model 2 "parameter 'lambda' of model ecpl: '0.1' has no unit*" ecpl:index=2,lambda=0.1
    model 2 "unknown model '(pl', expected one of pl, *" '(pl:index=2'
    model 2 "*unknown unit in '2)'*" 'pl:index=2)'
    model 2 "*unknown unit in '2 +'*" 'pl:index=2 +'
    model 2 "unknown model 'PL', expected one of pl, *" PL:index=2
    model 3 'cannot open none.fits: No such file or directory' @none.fits
    model 3 'cannot read .: Is a directory' .
    none_wrong
}

@test "bad input: models in YAML say the line" {
    head='components:
- name: a
  type: SkyModel
  spectral:'
    model() { printf '%s\n' "$2" > m.yaml; points 3 "m.yaml: $1" -m m.yaml; }
    model "line 1: no list of components*" hello
    model 'line 2: not YAML: *' $'components:\n\t- x'
    model 'line 1: not YAML: aliases*' 'components: *x'
    model 'line 1: not YAML: nested too deeply' "$(printf '[%.0s' {1..3000})"
    model 'line 1: no source with a spectral model' 'components: []'
    model "line 2: a source without spectral model 'a'" "${head%$'\n'*}"
    model 'line 5: spectral model without type*' "$head"$'\n    parameters: [{name: index, value: 2}]'
    model "line 6: unknown parameter 'gamma', expected one of index, amplitude, reference" \
        "$head"$'\n    type: pl\n    parameters: [{name: gamma, value: 2}]'
    model 'line 6: parameter index has no value, expected a number' "$head"$'\n    type: pl\n    parameters: [{name: index}]'
    model "line 6: parameter index is 'two', expected a number" "$head"$'\n    type: pl\n    parameters: [{name: index, value: two}]'
    model "line 7: a second parameter 'index'" \
        "$head"$'\n    type: pl\n    parameters: [{name: index, value: 2},\n      {name: index, value: 3}]'
    model "line 6: unit 'furlong', expected cm-2 s-1 TeV-1" \
        "$head"$'\n    type: pl\n    parameters: [{name: amplitude, value: 1, unit: furlong}]'
    printf '\0\0' > m.yaml
    points 3 'm.yaml: not a models file but binary data*' -m m.yaml
    none_wrong
}

@test "bad input: energy edges" {
    edges() { points 2 "$1" "--energy-edges=$2"; }
    edges "energy edge 'foo' is not an energy*" foo
    edges 'one energy edge makes no bin*' ''
    edges "energy edge '' is not an energy*" 1,,3TeV
    edges "'1' has no unit*" 1,3
    edges 'energy edge 1 TeV follows 1 TeV, expected ascending edges' 1,1TeV
    edges "energy edge '-1' is not above 0 and finite" -1,3TeV
    edges "energy edge '0' is not above 0 and finite" 0,3TeV
    edges "energy edge '1e400' is not above 0 and finite" 1e400,3TeV
    edges "'3 s' does not convert to TeV" '1 TeV,3 s'
    edges "'x' is not a number of bins*" 1:10TeV:x
    edges "'5/dek' is not a number of bins*" 1:10TeV:5/dek
    edges '1e+09 energy bins, expected at most 10000' 1:10TeV:1e9
    edges 'energy range from 10 to 1 TeV is empty' 10:1TeV:3
    edges "'-1' in min-sig=-1 is not a positive number" min-sig=-1
    edges "'0' in min-counts=0 is not a positive number" min-counts=0
    printf '1\nb\n3 TeV\n' > edges.txt
    points 3 "edges.txt: energy edge 'b' is not an energy*" -e @edges.txt
    printf '3 TeV\n1 TeV\n' > edges.txt
    points 3 'edges.txt: energy edge 1 TeV follows 3 TeV*' -e @edges.txt
    : > edges.txt
    points 3 'edges.txt: no data (0 bytes)' -e @edges.txt
    none_wrong
}

@test "bad input: tables of flux" {
    table() { printf '%s\n' "$3" > in.txt; bad "$1" "fe-convert: in.txt$2" fe-convert in.txt -q -o out.ecsv "${@:4}"; }
    table 3 ' row 2: expected 2 values, found 3' $'e_ref,dnde\n1,2e-12\n2,3e-12,5'
    table 3 " row 2: column dnde holds text ('oops'), expected numbers" $'e_ref,dnde\n1,2e-12\n2,oops'
    table 3 " row 3: column e_ref holds text ('x'), expected numbers" $'e_ref,dnde\n1,2e-12\n2,3e-12\nx,1e-12'
    table 3 " row 1: column dnde_err holds text ('?'), expected numbers" $'e_ref,dnde,dnde_err\n1,2e-12,?'
    table 3 ': columns 2 and 3 have the same name (dnde)' $'e_ref,dnde,dnde\n1,2e-12,3e-12'
    table 3 ': column 2 has no name' $'e_ref,,dnde\n1,2,3'
    table 3 ' row 1: a quote is not closed' $'e_ref,dnde\n1,"2'
    table 3 ': no flux table*found the columns dnde' $'dnde\n1'
    table 3 ' row 2: e_min 3 TeV is above e_max 2 TeV' $'e_min,e_max,dnde\n1,2,2e-12\n3,2,1e-12'
    table 3 ': dnde to flux: the reference model has no finite dnde in any band*from 0 to 1 TeV in row 1' \
        $'e_min,e_max,dnde\n0,1,2e-12' --to flux --index 2
    table 3 ': dnde to flux needs a reference model*' $'e_min,e_max,dnde\n1,2,2e-12' --to flux
    table 3 ': no column flux, which the type flux needs' $'e_ref,dnde\n1,2e-12' --from flux
    table 3 ': there are no likelihood scans to recompute from*' $'e_ref,dnde\n1,2e-12' --recompute ul
    option() { printf 'e_ref,dnde\n1,2e-12\n' > in.csv; bad 2 "fe-convert: $1" fe-convert in.csv -q -o out.ecsv "${@:2}"; }
    option "option --from: 'foo' is not one of *" --from foo
    option "unit 'TeV' does not fit dnde*" -u TeV
    option "unit 's' does not fit e_ref*" --energy-unit s
    option '--index and --model exclude each other' --index 2 -m pl:index=2
    option "--recompute: 'foo' cannot be recomputed*" --recompute foo
    option "option --ul-cl: 0.5 is outside (0.5..1)" --ul-cl 0.5
    option "expression 'x>', character 3: *" --ul-if 'x>'
    option "expression 'nosuch>2': there is no column 'nosuch'" --ul-if 'nosuch>2'
    option '--tau and --redshift belong together' --redshift 1
    none_wrong
}

@test "bad input: ECSV and JSON" {
    E='# {name: e_ref, unit: TeV, datatype: float64}' D='# {name: dnde, unit: cm-2 s-1 TeV-1, datatype: float64}'
    ecsv()
    {
        printf '# %%ECSV 1.0\n# ---\n# datatype:\n%s\n%s\n' "${2/\# /# - }" "${3/\# /# - }" | sed '/^$/d' > in.ecsv
        printf '%s\n' "${@:4}" >> in.ecsv
        bad 3 "fe-convert: in.ecsv$1" fe-convert in.ecsv -q -o out.fits
    }
    ecsv ": column dnde has the unit 'erg cm-2 s-1', that of e2dnde or eflux, *" "$E" "${D/cm-2 s-1 TeV-1/erg cm-2 s-1}" 'e_ref dnde' '1 2'
    ecsv ": column dnde: unknown unit 'furlong'*" "$E" "${D/cm-2 s-1 TeV-1/furlong}" 'e_ref dnde' '1 2'
    ecsv ": column e_ref has the unit 's'*" "${E/TeV/s}" "$D" 'e_ref dnde' '1 2'
    ecsv ": column e_ref: datatype 'float99'*" "${E/float64/float99}" "$D" 'e_ref dnde' '1 2'
    ecsv ': 1 columns in the header, 2 names*' "$E" '' 'e_ref dnde' '1 2'
    ecsv ": column 2 is 'dnde' in the header and 'flux' in the line of names" "$E" "$D" 'e_ref flux' '1 2'
    ecsv ' row 2: expected 2 values, found 3' "$E" "$D" 'e_ref dnde' '1 2' '1 2 3'
    ecsv ' row 1: column dnde: ?oops? is not a number' "$E" "$D" 'e_ref dnde' '1 oops'
    ecsv ': no line of column names behind the header' "$E" "$D"
    ecsv ': line ?: not YAML*' "$E" '# {name: dnde, unit: [TeV'
    json() { printf '%s\n' "$2" > in.json; bad 3 "fe-convert: in.json$1" fe-convert in.json -q -o out.fits; }
    json ': *not YAML*' '{'
    json ': JSON without rows*' '{}'
    json ': JSON without columns' '[]'
    json ' row 1: not an object*' '[1,2]'
    json ': JSON without rows*' '{"rows":5}'
    json ': *not YAML*' '{"rows":[{"e_ref":1,"dnde":1e-12}]'
    json " row 2: column dnde holds text ('x'), expected numbers" '[{"e_ref":1,"dnde":"1"},{"e_ref":2,"dnde":"x"}]'
    none_wrong
}

@test "bad input: FITS products" {
    product() { bad 3 "fe-convert: points.fits$1" fe-convert points.fits -q -o out.csv "${@:2}"; }
    fitsedit points.fits FLUXPOINTS unit dnde 'erg cm-2 s-1'
    product "?FLUXPOINTS?: column dnde has the unit 'erg cm-2 s-1', that of e2dnde or eflux*"
    fresh
    fitsedit points.fits FLUXPOINTS set e_min 2 50
    product ' row 2: e_min 50 TeV is above e_max *'
    fresh
    fitsedit points.fits FLUXPOINTS delhdu
    product '?REFMODEL?: no flux table*'
    for n in 100 2879 5000 10000; do
        head -c $n "$BATS_FILE_TMPDIR/good/points.fits" > points.fits
        product '?*?: the file is cut*'
    done
    none_wrong
}

@test "bad input: simulations that cannot be" {
    simulate() { bad "$1" "fe-simulate: $2" fe-simulate -q -o out "${@:3}"; }
    simulate 2 'energy axis from 10 to 10 TeV is empty*' --e-min 10TeV --e-max 10TeV
    simulate 2 'energy axis from 0 to 100 TeV is empty*' --e-min 0TeV
    simulate 2 'energy axis from -1 to 100 TeV is empty*' --e-min=-1TeV
    simulate 2 'the energy axis has more than 10000 bins' --e-min 1e-300TeV --e-max 1e300TeV
    simulate 2 "'1' has no unit*" --e-min 1
    simulate 2 "'1s' does not convert to TeV" --e-min 1s
    simulate 2 'option --bins: 0 is outside 1..1000' --bins 0
    simulate 2 "option --bins: '1e9' is not a whole number" --bins 1e9
    simulate 2 'option --resolution: 99 is outside 0..2' --resolution 99
    simulate 2 'option --alpha: -1 is outside (0..)' --alpha=-1
    simulate 2 'response with area 0 cm2*' --aeff 0cm2
    simulate 2 'background of rate -1 s-1*' --bkg-rate=-1s-1
    simulate 2 'inf counts are expected in channel 1*' --livetime 1e300h
    simulate 2 "--name is 'a/b', expected a name without a slash" --name a/b
    simulate 3 'arf_obs1.fits: not a counts spectrum*' arf_obs1.fits
    : > file
    bad 2 'fe-simulate: file: is no folder' fe-simulate -q -o file
    bad 1 'fe-simulate: no/such: cannot make the folder: *' fe-simulate -q -o no/such
    bad 2 'fe-simulate: output ./pha_obs1.fits exists already*' fe-simulate -q -o .
    none_wrong
}

@test "bad input: fe-info" {
    head -c 3000 /dev/zero | tr '\0' '\001' > junk
    head -c 5000 pha_obs1.fits > cut.fits
    : > empty
    bad 3 'fe-info: junk: not a file these tools know*' fe-info junk
    bad 3 'fe-info: cut.fits?SPECTRUM?: the file is cut inside a header*' fe-info cut.fits
    bad 3 'fe-info: empty: no data (0 bytes)' fe-info empty
    bad 3 'fe-info: cannot open none.fits: No such file or directory' fe-info none.fits
    bad 3 'fe-info: cannot read .: Is a directory' fe-info .
    bad 2 "fe-info: unknown option '--foo'*" fe-info --foo
    none_wrong
    run --separate-stderr -3 fe-info junk points.fits       # a bad file does not stop the others
    [[ $output == *'flux points'* ]]
    [ "${#stderr_lines[@]}" -eq 1 ]
}

@test "bad input: outputs that cannot be" {
    points 2 'output points.fits exists already*' -o points.fits
    points 2 '*/dev/null*' -o /dev/null --force
    points 2 '*' -o . --force
    points 1 '*none/out.fits*' -o none/out.fits
    points 2 "option --format: 'word' is not one of *" -f word
    points 2 '*--ul-cl*--ul-sigma*' --ul-cl 0.9 --ul-sigma 2
    points 2 "unknown option '--outpu'*" --outpu x
    points 2 'option --n-sigma: 0 is outside (0..)' --n-sigma 0
    points 2 "option --n-sigma needs a value*" --n-sigma -1
    points 2 "*--threads*" -j 0
    none_wrong
    if has_terminal; then
        run script -qec 'fe-convert points.csv -q -f fits' /dev/null
        [ "$status" -eq 2 ]
        [[ $output == 'fe-convert: fits is not for a terminal'* ]]
    fi
}

@test "bad input: files that may not be read" {
    [ "$(id -u)" -ne 0 ] || skip "root may read everything"
    for file in pha bkg arf rmf; do
        chmod 000 ${file}_obs1.fits
        points 3 "*${file}_obs1.fits*Permission denied*"
        chmod 644 ${file}_obs1.fits
    done
    mkdir shut
    chmod 500 shut
    points 1 '*shut/out.fits*Permission denied*' -o shut/out.fits
    none_wrong
}

@test "bad input: the rows above are many" {
    [ "$(wc -c < "$BATS_FILE_TMPDIR/rows")" -ge 180 ]
}
