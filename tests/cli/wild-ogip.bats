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

# grouping FILE SIZE: GROUPING of bins of that many channels.
grouping()
{
    local k n
    n=$(fe-info --json "$1" | jq .channels)
    fitsedit "$1" SPECTRUM delkey GROUPING
    fitsedit "$1" SPECTRUM addcol GROUPING 1I
    for k in $(seq 1 "$n"); do
        fitsedit "$1" SPECTRUM set GROUPING "$k" $((k % $2 == 1 ? 1 : -1))
    done
}

@test "GROUPING: bins of the likelihood are those of the file; a band of bins is the excess of the same channels" {
    fe-points "$pha" -m "$model" -f csv -q > channels.csv
    n=$(($(wc -l < channels.csv) - 1))
    cp "$pha" runs/pha_obs9.fits
    grouping runs/pha_obs9.fits 3
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

@test "GROUPING: a channel left out is left out of its bin; edges move to those of bins; fe-info counts them" {
    grouping "$pha" 4
    n=$(fe-info --json "$pha" | jq .channels)
    assert_equal "$(fe-info --json "$pha" | jq -c '[.bins, .bins_used]')" "[$(((n + 3) / 4)),$(((n + 3) / 4))]"
    fitsedit "$pha" SPECTRUM set QUALITY 6 2
    for k in 9 10 11 12; do
        fitsedit "$pha" SPECTRUM set QUALITY "$k" 5
    done
    assert_equal "$(fe-info --json "$pha" | jq .bins_used)" $(((n + 3) / 4 - 1))
    fe-points "$pha" -m "$model" -f csv -q > bins.csv
    fe-points "$pha" -m "$model" -f csv -q --no-grouping > channels.csv
    paste -sd, <(values counts channels.csv) | awk -F, '{ print $5 + $7 + $8 }' > sum
    assert_equal "$(values counts bins.csv | sed -n 2p)" "$(cat sum)"
    low=$(values e_min bins.csv | sed -n 4p)
    run --separate-stderr -0 fe-points "$pha" -m "$model" -f csv -e "$(awk -v x="$low" 'BEGIN { print 1.02 * x }'):20TeV"
    assert_equal "$(values e_min <(printf '%s\n' "$output"))" "$low"
    run --separate-stderr -3 fe-points "$pha" -m "$model" -e "$(awk -v x="$low" 'BEGIN { print 1.02 * x }'):20TeV" --exact-edges -q
    one_line
}

@test "GROUPING: every estimate is that of a file whose channels are the bins" {
    grouping "$pha" 3
    fe-stack "$pha" -o one --name one -q > merged.txt
    for tool in fe-points fe-fit fe-sensitivity; do
        $tool "$pha" -m "$model" -f csv -q > grouped.csv
        $tool @merged.txt -m "$model" -f csv -q > merged.csv
        awk -v rtol=1e-7 -v atol=1e-12 -f "$FE_TOP/tests/compare.awk" merged.csv grouped.csv
    done
}

@test "GROUPING: spectra of other bins are stacked by their channels only; fe-simulate takes the channels" {
    fe-simulate -m "$model" --e-min 0.5TeV --e-max 20TeV --bins 16 --livetime 3h --seed 6 --alpha 0.2 --first 2 -o runs -q > second.txt
    fe-stack "$pha" @second.txt -o plain -q --no-history > plain.txt
    grouping "$pha" 3
    run --separate-stderr -3 fe-stack "$pha" @second.txt -o out -q
    one_line
    [[ $stderr == *'(GROUPING sums channels: --no-grouping keeps them)' ]]
    fe-stack "$pha" @second.txt -o kept -q --no-history --no-grouping > kept.txt
    cmp plain/pha_obsstacked.fits kept/pha_obsstacked.fits
    fe-simulate "$pha" -m "$model" --asimov -o drawn -q > drawn.txt
    assert_equal "$(fe-info --json "$(cat drawn.txt)" | jq -c '[.channels, .bins]')" "[$(fe-info --json "$pha" | jq .channels),null]"
}

@test "fe-simulate FILE: options of the built-in response are refused" {
    for option in --e-max=10TeV --bins=5 --true-bins=30 --aeff=1km2 --knee=1TeV --resolution=0.1; do
        run --separate-stderr -2 fe-simulate "$pha" -m "$model" "$option" -o drawn
        one_line
        [ "$stderr" = "fe-simulate: ${option%=*} is for the built-in response, FILE has its own" ]
    done
    for option in --e-min=1TeV --bkg-index=3; do
        run --separate-stderr -2 fe-simulate "$pha" -m "$model" "$option" -o drawn
        one_line
        [ "$stderr" = "fe-simulate: ${option%=*} shapes the background of --bkg-rate; without it that of FILE is taken" ]
    done
    fe-simulate "$pha" -m "$model" --bkg-rate 0.1s-1 --e-min 1TeV --bkg-index 3 -o drawn -q
}

@test "SYS_ERR: said, stored, and the values are those without it" {
    fe-points "$pha" -m "$model" -f csv -q > without.csv
    fitsedit "$pha" SPECTRUM delkey SYS_ERR
    fitsedit "$pha" SPECTRUM addcol SYS_ERR 1E
    fitsedit "$pha" SPECTRUM set SYS_ERR 3 0.05
    run --separate-stderr -0 fe-points "$pha" -m "$model" -f csv
    [[ $stderr == *'SYS_ERR is not used: errors are statistical (--bkg-syst F'* ]]
    diff without.csv <(printf '%s\n' "$output")
    run --separate-stderr -0 fe-points "$pha" -m "$model" -v
    [[ $stderr == *"$pha[SPECTRUM]: SYS_ERR is 0 to 0.05 of the counts of a channel"* ]]
    fe-points "$pha" -m "$model" -f ecsv -q | grep -q 'SYS_ERR is not used'
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
    fe-fit "$pha" -m "$model" --known-bkg -f csv -q > fit.csv
    fe-stack "$pha" --known-bkg --name known -o . -q > known.txt
    fe-fit @known.txt -m "$model" -f csv -q > stacked.csv
    awk -v rtol=1e-7 -v atol=1e-12 -f "$FE_TOP/tests/compare.awk" stacked.csv fit.csv
    fe-fit "$pha" -m "$model" -f csv -q > wstat.csv
    run -1 cmp -s wstat.csv fit.csv
    # the same excess; Cash: ts = 2 (b - n - n ln(b / n)), err = sqrt(n) / s
    awk -v n="$(values counts known.csv)" -v b="$(values background known.csv)" -v ts="$(values ts known.csv)" -v e="$(values norm_err known.csv)" \
        -v x="$(values norm known.csv)" -v y="$(values norm off.csv)" '
        function near(a, b) { return (a / b - 1) ^ 2 < 1e-16 }
        BEGIN { exit !(near(x, y) && near(ts, 2 * (b - n - n * log(b / n))) && near(e * (n - b) / x, sqrt(n))) }'
}
