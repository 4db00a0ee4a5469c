# fe-convert: every pair of types against references and closed forms, identity, models, many files.
# shellcheck disable=SC2154    # output and stderr are set by run
setup()
{
    load ../helper
    cd "$BATS_TEST_TMPDIR" || return
    REF=$FE_SHARED/reference/spectra
    PUBLISHED=$FE_TOP/data/published
}

# points FILE: four bands of a power law of index 2.5, flux 1e-11 cm-2 s-1 TeV-1 at 1 TeV, with errors and limits.
points()
{
    awk 'BEGIN {
        print "e_min,e_max,e_ref,dnde,dnde_err,dnde_errn,dnde_errp,dnde_ul"
        for (i = 0; i < 4; i++) {
            lo = 10^(i / 2); hi = 10^((i + 1) / 2); ref = sqrt(lo * hi); f = 1e-11 * ref^-2.5
            printf "%.17g,%.17g,%.17g,%.17g,%.17g,%.17g,%.17g,%.17g\n", lo, hi, ref, f, f / 5, f / 6, f / 4, f * 1.5
        } }' > "$1"
}

close_to() { awk -v rtol="$1" -f "$FE_TOP/tests/compare.awk" "$2" "$3"; }

@test "fe-convert: flux and eflux of a power law are its closed forms" {
    points in.csv
    for type in flux eflux e2dnde likelihood; do
        fe-convert in.csv --to $type --model 'pl:index=2.5,amplitude=2e-11 cm-2 s-1 TeV-1' -u "$(unit_of $type)" -f csv -q > $type.csv
    done
    awk -F, 'NR > 1 { i = $1^-1.5 - $2^-1.5; j = $1^-0.5 - $2^-0.5
        f = 1e-11 * i / 1.5; g = 1e-11 * j / 0.5; h = $3 * $3 * $4
        printf "%.17g,%.17g,%.17g\n", f, f / 5, f * 1.5 > "flux.body"
        printf "%.17g,%.17g,%.17g\n", g, g / 6, g / 4 > "eflux.body"
        printf "%.17g,%.17g\n", h, h / 5 > "e2dnde.body"
        printf "0.5,0.1,0.75\n" > "likelihood.body" }' in.csv
    { echo flux,flux_err,flux_ul; cat flux.body; } > want.csv
    close_to 1e-12 want.csv flux.csv
    { echo eflux,eflux_errn,eflux_errp; cat eflux.body; } > want.csv
    close_to 1e-12 want.csv eflux.csv
    { echo e2dnde,e2dnde_err; cat e2dnde.body; } > want.csv
    close_to 1e-12 want.csv e2dnde.csv
    { echo norm,norm_err,norm_ul; cat likelihood.body; } > want.csv
    close_to 1e-12 want.csv likelihood.csv
}

# The units in which the formulae above are written.
unit_of()
{
    case $1 in
    dnde) echo 'cm-2 s-1 TeV-1' ;;
    flux) echo 'cm-2 s-1' ;;
    likelihood) echo '' ;;
    *) echo 'TeV cm-2 s-1' ;;
    esac
}

@test "fe-convert: every type into every other and back is the same to 1e-12" {
    points in.csv
    fe-convert in.csv --model lp:reference=1TeV,alpha=2.3,beta=0.1 --to likelihood -f ecsv -q > norm.ecsv
    for from in dnde e2dnde flux eflux likelihood; do
        fe-convert norm.ecsv --to $from -f ecsv -q > from.ecsv
        for to in dnde e2dnde flux eflux likelihood; do
            fe-convert from.ecsv --to $to -f ecsv -q > to.ecsv
            fe-convert to.ecsv --to dnde -f csv -q > out.csv
            awk -v rtol=1e-12 -v largest=raw -v what='there and back' -f "$FE_TOP/tests/compare.awk" in.csv out.csv
        done
        sed "s/\t[^\t]*/\t$from/" raw >> "$BATS_FILE_TMPDIR/differences"
        rm raw
    done
}

@test "fe-convert: dnde of the geometric mean of 1 to 10 TeV is 0.1111 or 0.0639 of the flux, as the index is 2 or 3" {
    printf 'e_min,e_max,flux\n1,10,1\n' > in.csv
    fe-convert in.csv --to dnde --index 2 -f csv -q > two.csv
    fe-convert in.csv --to dnde --index 3 -f csv -q > three.csv
    printf 'dnde\n0.1111111111111111\n' > want.csv
    close_to 1e-12 want.csv two.csv
    # phi = 2 / (1 - 10^-2) E^-3 at sqrt(10)
    awk 'BEGIN { printf "dnde\n%.17g\n", 2 / 0.99 * 10^-1.5 }' > want.csv
    close_to 1e-12 want.csv three.csv
}

@test "fe-convert: published tables and gammapy's own, every type against gammapy's numbers" {
    need_shared reference/spectra
    need_command jq
    for json in "$REF"/d7-*.json; do
        name=$(basename "$json" .json)
        case $name in d7-summary | d7-*-ref-*) continue ;; esac
        input=$FE_SHARED/data/$(jq -r .config.input "$json")
        [ -e "$input" ] || input=$REF/$name-dnde.fits           # not stored: what gammapy made of it
        model=()
        [ "$(jq -r .config.reference_model_used.type "$json")" = TemplateSpectralModel ] ||
            model=(--model 'pl:index=2,amplitude=1e-12 cm-2 s-1 TeV-1')
        for type in dnde e2dnde flux eflux likelihood; do
            # one band: gammapy's template through one point is flat, so its fluxes are not those of the ref_flux in the file
            [[ $name == *hess_lc && $type == *flux ]] && continue
            stem=${type/likelihood/norm}
            columns=$(jq -r --arg s "$stem" '.rows[0] | keys_unsorted | map(select(test("^" + $s + "(_err|_errn|_errp|_ul)?$"))) |
                join(",")' "$json")
            [ -n "$columns" ] || continue
            { echo "$columns"; jq -r --arg c "$columns" 'def n: if . == null then "nan" else tojson end; ($c | split(",")) as $k |
                .rows[] as $r | $k | map($r[.] | n) | join(",")' "$json"; } > want.csv
            # columns that hold nothing need not be in the product
            awk -F, 'NR == 1 { n = split($0, name); next } { for (i = 1; i <= n; i++) if ($i != "nan") has[i] = 1 }
                END { for (i = 1; i <= n; i++) if (has[i]) printf "%s%s", k++ ? "," : "", name[i] }' want.csv > some
            [ -s some ] || continue
            fe-convert "$input" "${model[@]}" --to $type -u "$(unit_of $type)" -f csv -q > got.csv || fail "$name $type"
            awk -v rtol=1e-6 -v columns="$(cat some)" -v largest=raw -v what="gammapy's own" -f "$FE_TOP/tests/compare.awk" want.csv got.csv ||
                fail "$name $type"
            sed "s/\t[^\t]*/\t$type/" raw >> "$BATS_FILE_TMPDIR/differences"
            rm raw
        done
    done
}

@test "fe-convert: ref_* columns of the table come before any other model" {
    need_shared data/estimators/pks2155_hess_lc
    lc=$FE_SHARED/data/estimators/pks2155_hess_lc/pks2155_hess_lc.fits
    fe-convert "$lc" --to flux -f csv -q > flux.csv
    fe-convert "$lc" --to likelihood -f csv -q > norm.csv
    awk -F, 'FNR == 1 { delete at; for (i = 1; i <= NF; i++) at[$i] = i; next } FNR == NR { norm[FNR] = $(at["norm"]); next }
        { d = $(at["flux"]) / ($(at["ref_flux"]) * norm[FNR]) - 1; if (d > 1e-14 || d < -1e-14) { print FNR, d; bad = 1 } }
        END { exit bad || FNR != 35 }' norm.csv flux.csv
}

@test "fe-convert: a table converted onto itself keeps every bit, in each format" {
    for f in "$PUBLISHED"/*.ecsv; do
        fe-convert "$f" -f ecsv --no-history -q > a.ecsv
        fe-convert a.ecsv -f ecsv --no-history -q > b.ecsv
        cmp a.ecsv b.ecsv
        grep -v '^#' "$f" > want
        grep -v '^#' a.ecsv > got
        awk '{ n = split($0, a, /[ ,]+/); for (i = 1; i <= n; i++) printf "%s%s", a[i] + 0 == a[i] ? a[i] + 0 : a[i], i < n ? " " : "\n" }' want > want.plain
        awk '{ n = split($0, a, /[ ,]+/); for (i = 1; i <= n; i++) printf "%s%s", a[i] + 0 == a[i] ? a[i] + 0 : a[i], i < n ? " " : "\n" }' got > got.plain
        diff want.plain got.plain
        fe-convert "$f" -o a.fits --no-history -q --force
        fe-convert a.fits -o b.fits --no-history -q --force
        cmp a.fits b.fits
    done
}

@test "fe-convert: without a reference model dnde and flux are apart, dnde and e2dnde are not" {
    printf 'e_min,e_max,e_ref,dnde\n1,10,3,1e-12\n' > in.csv
    run --separate-stderr -3 fe-convert in.csv --to flux -o out.csv
    one_line
    [[ $stderr == "fe-convert: in.csv: dnde to flux needs a reference model"* ]]
    [ ! -e out.csv ]
    fe-convert in.csv --to e2dnde -u 'TeV cm-2 s-1' -f csv -q > out.csv
    printf 'e2dnde\n9e-12\n' > want.csv
    close_to 1e-15 want.csv out.csv
}

@test "fe-convert: a dimension that contradicts the column's name is refused, naming the likely type" {
    cat > in.ecsv <<'END'
# %ECSV 1.0
# ---
# datatype:
# - {name: e_ref, unit: TeV, datatype: float64}
# - {name: dnde, unit: erg cm-2 s-1, datatype: float64}
# schema: astropy-2.0
e_ref dnde
1 1e-12
END
    run --separate-stderr -3 fe-convert in.ecsv --to e2dnde
    one_line
    [[ $stderr == *dnde* && $stderr == *"erg cm-2 s-1"* && $stderr == *e2dnde* ]]
}

@test "fe-convert: --swap-model keeps the fluxes and moves the norms" {
    points in.csv
    fe-convert in.csv --index 2.5 --to flux -f ecsv -q > a.ecsv
    fe-convert a.ecsv --swap-model pl:index=3 --to flux -f csv -q > b.csv
    fe-convert a.ecsv --to flux -f csv -q > a.csv
    awk -v rtol=1e-12 -v columns=flux,flux_err,flux_ul -f "$FE_TOP/tests/compare.awk" a.csv b.csv
    fe-convert a.ecsv --swap-model pl:index=3 --to dnde -f csv -q > c.csv
    # the flux of the band, as dnde of an index 3
    awk -F, 'NR > 1 { printf "%s%.17g\n", NR == 2 ? "dnde\n" : "", 1e-11 / 1.5 * ($1^-1.5 - $2^-1.5) * 2 * $3^-3 / ($1^-2 - $2^-2) }' in.csv > want.csv
    close_to 1e-12 want.csv c.csv
}

@test "fe-convert: many files into a folder; a bad one is named and the others are there" {
    points one.csv
    points three.csv
    echo oops > two.csv
    run --separate-stderr -3 fe-convert one.csv two.csv three.csv --to e2dnde --output-dir out
    [[ $stderr == *"two.csv"* && $stderr == *"1 of 3 files"* ]]
    [ "$(ls out)" = "one.csv
three.csv" ]
    fe-convert one.csv --to e2dnde -f csv -q > alone.csv
    close_to 0 alone.csv out/one.csv
    close_to 0 alone.csv out/three.csv
}

@test "fe-convert: unknown columns, keywords and tables pass through" {
    cat > in.ecsv <<'END'
# %ECSV 1.0
# ---
# datatype:
# - {name: e_ref, unit: TeV, datatype: float64}
# - {name: dnde, unit: cm-2 s-1 TeV-1, datatype: float64}
# - {name: note, datatype: string}
# - {name: zenith, unit: deg, datatype: float32}
# meta: !!omap
# - {OBSERVER: Ada}
# - {SED_TYPE: dnde}
# schema: astropy-2.0
e_ref dnde note zenith
1 1e-12 "a b" 20.5
2 2e-13 c 30.25
END
    fe-convert in.ecsv --to e2dnde -o out.fits -q
    fe-convert out.fits --to dnde -f ecsv -q > out.ecsv
    grep -q 'OBSERVER: Ada' out.ecsv
    grep -q 'name: zenith, unit: deg, datatype: float32' out.ecsv
    grep -q '"a b"' out.ecsv
    fe-convert out.ecsv -f csv -q > out.csv
    printf 'e_ref,dnde,note,zenith\n1,1e-12,a b,20.5\n2,2e-13,c,30.25\n' > want.csv
    close_to 1e-15 want.csv out.csv
}

@test "fe-convert: FITS, ECSV, CSV, TSV, JSON and text in and out through pipes" {
    points in.csv
    for format in fits ecsv tsv json; do
        bash -o pipefail -c "fe-convert in.csv -f $format -q | fe-convert -f csv -q" > out.csv
        close_to 0 in.csv out.csv
    done
    fe-convert in.csv -f text -q > out.txt
    grep -q dnde out.txt
    fe-convert in.csv -f latex -q | grep -q '\\begin{tabular}'
}

@test "fe-convert: a narrow terminal gets the essential columns and is told of the others; a file gets all" {
    need_terminal
    points in.csv
    fe-convert in.csv --index 2.5 --to flux -f ecsv -q > in.ecsv
    script -qec "stty cols 100; fe-convert in.ecsv -q" /dev/null < /dev/null > seen.txt
    grep -q '^ *e_min *e_max *e_ref *flux *flux_err ' seen.txt
    grep -q '^# [0-9]* more columns' seen.txt
    run ! grep -q ref_dnde seen.txt
    script -qec "stty cols 100; fe-convert in.ecsv -q -o all.txt" /dev/null < /dev/null
    grep -q ref_dnde all.txt
    fe-convert in.ecsv -q -f text | grep -q ref_dnde
}

@test "fe-convert: systematic errors are scaled like the values, in every type" {
    cat > in.csv <<'END'
e_min,e_max,dnde,dnde_err,dnde_errsys,dnde_errsysn,dnde_errsysp
1,2,1e-12,1e-13,2e-13,3e-13,4e-13
2,8,2e-13,2e-14,1e-14,2e-14,3e-14
END
    for type in e2dnde flux eflux likelihood; do
        fe-convert in.csv --index 2.2 --to $type -f ecsv -q > out.ecsv
        fe-convert out.ecsv -f csv -q > out.csv
        name=${type/likelihood/norm}
        awk -F, -v c="$name" 'function far(x, y) { return x / y - 1 > 1e-12 || x / y - 1 < -1e-12 }
            NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
            { v = $(at[c]); k = NR == 2 ? 1 : 0.25
              if (far($(at[c "_errsys"]) / v, NR == 2 ? 0.2 : 0.05) || far($(at[c "_errsysn"]) / v, NR == 2 ? 0.3 : 0.1) ||
                  far($(at[c "_errsysp"]) / v, NR == 2 ? 0.4 : 0.15)) bad = 1 } END { exit bad || NR != 3 }' out.csv
        fe-convert out.ecsv --to dnde -f csv -q > back.csv
        close_to 1e-12 in.csv back.csv
    done
}

@test "fe-convert: a covariance between rows passes through types and formats, and --swap-model scales it" {
    printf 'e_min,e_max,dnde,dnde_err\n1,2,1e-12,1e-13\n2,8,2e-13,2e-14\n' > in.csv
    fe-convert in.csv --index 2 --to likelihood -f ecsv --no-history -q > plain.ecsv
    sed 's/^#   __tables__:/&\n#   - name: COVAR\n#     columns:\n#     - {name: row, datatype: int64, values: [1, 2]}\n#     - {name: norm_covar, datatype: string, subtype: "float64[2]", values: ["[0.01,0.004]", "[0.004,0.04]"]}/' plain.ecsv > in.ecsv
    grep -q COVAR in.ecsv
    fe-convert in.ecsv --to eflux -o out.fits -q
    fe-convert out.fits --to flux -f ecsv -q > out.ecsv
    grep 'norm_covar' out.ecsv | grep -q '0\.01,0\.004.*0\.004,0\.04'
    # twice the amplitude: norms are halved, covariances quartered
    fe-convert in.ecsv --swap-model 'pl:index=2,amplitude=2e-12 cm-2 s-1 TeV-1' -f ecsv -q > half.ecsv
    grep 'norm_covar' half.ecsv | grep -q '0\.0025,0\.001.*0\.001,0\.01'
}

@test "fe-convert: --tau divides by the transmission, is said by ABSORB, and is done once" {
    # tau = 2 z: T is the same at all energies
    cat > tau.ecsv <<'END'
# %ECSV 1.0
# ---
# datatype:
# - {name: redshift, datatype: float64}
# - {name: energy, unit: TeV, datatype: float64}
# - {name: tau, datatype: float64}
# schema: astropy-2.0
redshift energy tau
0.1 0.01 0.2
0.1 1000 0.2
0.5 0.01 1
0.5 1000 1
END
    points all.csv
    cut -d , -f 1-7 all.csv > in.csv
    fe-convert in.csv --index 2.5 -f ecsv -q > in.ecsv
    for type in dnde e2dnde flux eflux; do
        fe-convert in.ecsv --to $type -f csv -q > before.csv
        fe-convert in.ecsv --tau tau.ecsv --redshift 0.2 --to $type -f csv -q > after.csv
        awk -F, -v c=$type 'FNR == 1 { delete at; for (i = 1; i <= NF; i++) at[$i] = i; next }
            FNR == NR { was[FNR] = $(at[c]); errn[FNR] = $(at[c "_errn"]); next }
            { d = $(at[c]) / was[FNR] / exp(0.4) - 1; g = $(at[c "_errn"]) / errn[FNR] / exp(0.4) - 1
              if (d > 1e-9 || d < -1e-9 || g > 1e-9 || g < -1e-9) { print c, FNR, d, g; bad = 1 } } END { exit bad || FNR != 5 }' before.csv after.csv
    done
    fe-convert in.ecsv --tau tau.ecsv --redshift 0.2 --to flux -o out.fits -q
    fe-convert out.fits --to dnde -f ecsv -q > out.ecsv
    grep -q 'ABSORB: deabsorbed' out.ecsv
    run --separate-stderr -3 fe-convert out.ecsv --tau tau.ecsv --redshift 0.2
    one_line
    [ "$stderr" = "fe-convert: out.ecsv: its values are deabsorbed already (ABSORB = deabsorbed)" ]
    run --separate-stderr -2 fe-convert in.ecsv --tau tau.ecsv
    one_line
    [ "$stderr" = "fe-convert: --tau and --redshift belong together" ]
    printf 'e_min,e_max,flux\n1,10,1e-12\n' > flux.csv
    run --separate-stderr -3 fe-convert flux.csv --tau tau.ecsv --redshift 0.2
    one_line
    [[ $stderr == *"its mean needs the reference model"* ]]
}

@test "fe-convert: --check names slips by file, row and code, and exits with 3" {
    points good.csv
    run --separate-stderr -0 fe-convert good.csv --check
    [ -z "$output" ]
    # slip COLUMN ROW FACTOR: good.csv with one number wrong
    slip()
    {
        awk -F, -v OFS=, -v c="$1" -v row="$2" -v f="$3" 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i }
            NR == row + 1 { $(at[c]) *= f } { print }' good.csv > bad.csv
        run --separate-stderr -3 fe-convert bad.csv --check
        [ "${#lines[@]}" -eq "$5" ] || fail "$output"
        [[ ${lines[0]} == "bad.csv row $2: $4: "* ]] || fail "$output"
    }
    slip e_ref 2 10 EREF 2
    slip e_ref 3 -1 EBAND 2
    slip dnde_err 1 -1 NEGERR 1
    slip dnde_ul 4 0.5 ULLOW 1
    slip dnde 2 1e4 ULLOW 3
    slip dnde 2 1e-4 JUMP 2
    # a whole column exchanged with another
    awk -F, -v OFS=, '{ x = $6; $6 = $7; $7 = x; if (NR == 1) { $6 = "dnde_errn"; $7 = "dnde_errp" } print }' good.csv > swapped.csv
    run --separate-stderr -3 fe-convert swapped.csv --check
    [[ $output == "swapped.csv: SWAPERR: dnde_errn is 1.5 times"* ]]
    # rows of two sources, energies from the start again
    { sed '1s/$/,source/; 2,$s/$/,a/' good.csv; sed '1d; s/$/,b/' good.csv; } > two.csv
    run --separate-stderr -0 fe-convert two.csv --check
    { cat good.csv; tail -n +2 good.csv; } > two.csv
    run --separate-stderr -3 fe-convert two.csv --check
    [[ $output == "two.csv row 5: EORDER: "* ]]
    run --separate-stderr -3 fe-convert good.csv gone.csv --check
    [[ $stderr == *"cannot open gone.csv"* ]]
}

@test "fe-convert: the largest differences are those that fe-numbers(7) prints" {
    need_shared reference/spectra
    page_table conversions
}
