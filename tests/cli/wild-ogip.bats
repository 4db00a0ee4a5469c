# Spectra as X-ray tools write them, through the tools: GROUPING, systematic errors, models of the background.
setup()
{
    load ../helper
    cd "$BATS_TEST_TMPDIR" || return
    model='pl:index=2.4,amplitude=3e-11 cm-2 s-1 TeV-1'
    fe-simulate -m "$model" --e-min 0.5TeV --e-max 20TeV --bins 16 --livetime 3h --seed 5 --alpha 0.2 -o runs -q > list.txt
    pha=runs/pha_obs1.fits
}

# values COLUMN FILE: that column of a csv table, a line each.
values() { awk -F, -v name="$1" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) c = i; next } { print $c }' "$2"; }

@test "GROUPING: bins of the likelihood are those of the file; a band of bins is the excess of the same channels" {
    fe-points "$pha" -m "$model" -f csv -q > channels.csv
    n=$(($(wc -l < channels.csv) - 1))
    cp "$pha" runs/pha_obs9.fits
    fitsedit runs/pha_obs9.fits SPECTRUM addcol GROUPING 1I
    fitsedit runs/pha_obs9.fits SPECTRUM delkey GROUPING
    for k in $(seq 1 "$n"); do
        fitsedit runs/pha_obs9.fits SPECTRUM set GROUPING "$k" $((k % 3 == 1 ? 1 : -1))
    done
    run --separate-stderr -0 fe-points runs/pha_obs9.fits -m "$model" -f csv
    [[ $stderr == *'GROUPING is used: the channels of a bin are summed (--no-grouping keeps them)'* ]]
    printf '%s\n' "$output" > bins.csv
    assert_equal "$(($(wc -l < bins.csv) - 1))" $(((n + 2) / 3))
    # the same sums, made of the channels by bands that are summed to one bin
    edges=$(paste -sd, <(values e_min bins.csv) | tr -d '\n'),$(values e_max bins.csv | tail -n 1)TeV
    fe-points "$pha" -m "$model" -e "$edges" --method excess -f csv -q > summed.csv
    awk -v rtol=1e-9 -v atol=1e-12 -v columns=e_min,e_max,counts,background,dnde,dnde_err,dnde_ul,ts -f "$FE_TOP/tests/compare.awk" summed.csv bins.csv
    fe-points runs/pha_obs9.fits -m "$model" -f csv -q --no-grouping > kept.csv
    diff channels.csv kept.csv
    # stored
    fe-points runs/pha_obs9.fits -m "$model" -f ecsv -q | grep -q 'GROUPING is used'
}

@test "GROUPING: what is no mark of a bin is named" {
    cp "$pha" runs/pha_obs9.fits
    fitsedit runs/pha_obs9.fits SPECTRUM delkey GROUPING
    fitsedit runs/pha_obs9.fits SPECTRUM addcol GROUPING 1I
    fitsedit runs/pha_obs9.fits SPECTRUM set GROUPING 4 7
    run --separate-stderr -3 fe-points runs/pha_obs9.fits -m "$model" -q
    one_line
    [[ $stderr == 'fe-points: runs/pha_obs9.fits[SPECTRUM] row 4: GROUPING is not 1, 0 or -1 (7)' ]]
}

@test "SYS_ERR: said, stored, and the values are those without it" {
    fe-points "$pha" -m "$model" -f csv -q > without.csv
    fitsedit "$pha" SPECTRUM delkey SYS_ERR
    fitsedit "$pha" SPECTRUM addcol SYS_ERR 1E
    fitsedit "$pha" SPECTRUM set SYS_ERR 3 0.05
    run --separate-stderr -0 fe-points "$pha" -m "$model" -f csv
    [[ $stderr == *'SYS_ERR is not used: errors are statistical (--bkg-syst F'* ]]
    diff without.csv <(printf '%s\n' "$output")
}

@test "--known-bkg: a background spectrum that is a model; a warning where it looks like one" {
    bkg=runs/bkg_obs1.fits
    run --separate-stderr -0 fe-points "$pha" -m "$model" -q
    [[ $stderr != *POISSERR* ]]
    fitsedit $bkg SPECTRUM key POISSERR F
    fitsedit $bkg SPECTRUM retype COUNTS 1D
    fitsedit $bkg SPECTRUM set COUNTS 1 2.5
    run --separate-stderr -0 fe-points "$pha" -m "$model" -q -f csv
    [[ $stderr == *'warning: background spectra with POISSERR F'*'--known-bkg'* ]]
    fe-points "$pha" -m "$model" --known-bkg -f csv -q --method excess -e 1:20TeV -t likelihood > known.csv
    fe-points "$pha" -m "$model" -f csv -q --method excess -e 1:20TeV -t likelihood > off.csv
    # the same excess; Cash: ts = 2 (b - n - n ln(b / n)), err = sqrt(n) / s
    awk -v n="$(values counts known.csv)" -v b="$(values background known.csv)" -v ts="$(values ts known.csv)" -v e="$(values norm_err known.csv)" \
        -v x="$(values norm known.csv)" -v y="$(values norm off.csv)" '
        function near(a, b) { return (a / b - 1) ^ 2 < 1e-16 }
        BEGIN { exit !(near(x, y) && near(ts, 2 * (b - n - n * log(b / n))) && near(e * (n - b) / x, sqrt(n))) }'
}
