# fe-select: rows by time, energy, phase, source and expression, files by column, variability against closed forms and gammapy.
# shellcheck disable=SC2154    # output and stderr are set by run
setup()
{
    load ../helper
    cd "$BATS_TEST_TMPDIR" || return
    REF=$FE_SHARED/reference/spectra
}

# Two sources, three intervals (the last two overlap), two bands: flux tells source, interval and band.
curve()
{
    echo source,time_min,time_max,e_min,e_max,flux,flux_err,sqrt_ts,note
    for source in 1 2; do
        for t in '1 53945.5 53945.75' '2 53945.75 53946.25' '3 53946 53946.5'; do
            read -r k start stop <<< "$t"
            echo "s$source,$start,$stop,1,3,${source}${k}1,10,$((k + source)),low"
            echo "s$source,$start,$stop,3,10,${source}${k}2,5,1,high"
        done
    done
}

# fluxes OPTION...: the fluxes of the rows that are selected from lc.csv, in one line.
fluxes()
{
    fe-select lc.csv -q "$@" -f csv | awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "flux") c = i; next }
        { line = line sep $c; sep = " " } END { print line }'
}

@test "fe-select: the rows whose interval holds a time, in any writing and scale" {
    curve > lc.csv
    [ "$(fluxes --time 53945.5)" = '111 112 211 212' ]
    [ "$(fluxes --time 53945.75)" = '121 122 221 222' ]
    [ "$(fluxes --time 53946.1)" = '121 122 131 132 221 222 231 232' ]
    [ "$(fluxes --time 2006-07-29T18:00:00)" = '121 122 221 222' ]
    [ "$(fluxes --time '2006-07-29T18:00:00 TT')" = '121 122 221 222' ]
    # UTC was 65.184 s behind TT
    [ "$(fluxes --time '2006-07-29T17:58:54.815 UTC')" = '111 112 211 212' ]
    [ "$(fluxes --time '2006-07-29T17:58:54.817 UTC')" = '121 122 221 222' ]
    [ "$(fluxes --time 53945.4)" = '' ]
}

@test "fe-select: a time is in the scale of the table" {
    curve > lc.csv
    fe-convert lc.csv -o lc.ecsv
    sed -i 's/TIMESYS: TT/TIMESYS: UTC/' lc.ecsv
    fe-select lc.ecsv --time 53945.75 --energy 2TeV -s s1 -f csv | grep -q ',121,'
    fe-select lc.ecsv --time '2006-07-29T18:01:05.185 TT' --energy 2TeV -s s1 -f csv | grep -q ',121,'
    fe-select lc.ecsv --time '2006-07-29T18:01:05.183 TT' --energy 2TeV -s s1 -f csv | grep -q ',111,'
}

@test "fe-select: intervals within a range, bands, phases, sources, expressions; all must hold" {
    curve > lc.csv
    [ "$(fluxes --time-range 53945.5..53946.25 --energy 1TeV)" = '111 121 211 221' ]
    [ "$(fluxes --time-range 53945.6.. --energy 5TeV -s s2)" = '222 232' ]
    [ "$(fluxes --time-range ..53946.3 --source s2,s1 --energy 3TeV)" = '112 122 212 222' ]
    [ "$(fluxes --energy 3000GeV -s s1)" = '112 122 132' ]
    [ "$(fluxes --energy 10TeV)" = '' ]
    [ "$(fluxes --where "sqrt_ts>3")" = '131 221 231' ]
    [ "$(fluxes --where "note=='high' and source=='s1' and flux<130")" = '112 122' ]
    [ "$(fluxes --sort=-flux --energy 2TeV)" = '231 221 211 131 121 111' ]
    [ "$(fluxes --sort note -s s1)" = '112 122 132 111 121 131' ]
    printf 'phase_min,phase_max,e_min,e_max,flux\n0.9,0.1,1,2,1\n0.1,0.5,1,2,2\n0.5,0.9,1,2,3\n' > lc.csv
    [ "$(fluxes --phase 0.95)$(fluxes --phase 0)$(fluxes --phase 0.1)$(fluxes --phase 0.7)" = 1123 ]
}

@test "fe-select: nothing asked is the same table; a selection keeps what stands beside it" {
    curve > lc.csv
    fe-convert lc.csv --index 2 --to likelihood -o lc.ecsv -q
    fe-select lc.ecsv -o same.ecsv
    cmp lc.ecsv same.ecsv
    fe-select lc.ecsv -s s1 -o some.fits
    fe-info some.fits | grep -q 'table *REFMODEL'
    fe-convert some.fits --to flux -f csv > got.csv
    curve | grep -v ^s2 > want.csv
    tables_close got.csv want.csv 1e-12
}

@test "fe-select: no row is left: an empty product of the same columns, which is said" {
    curve > lc.csv
    for f in csv ecsv fits json text; do
        run -0 --separate-stderr fe-select lc.csv --where 'flux>1000' -f $f -o none.$f
        [[ $stderr == *'0 of 12 rows'* ]]
    done
    [ "$(cat none.csv)" = "$(curve | head -n 1)" ]
    for f in csv ecsv fits; do
        fe-select none.$f --where 'flux>0' --sort flux -q -f csv | diff - none.csv
        fe-select none.$f --stats -q -f csv > stats.csv
        [ "$(wc -l < stats.csv)" -eq 1 ]
    done
}

@test "fe-select: a covariance keeps rows and columns of the rows that stay" {
    printf 'e_min,e_max,norm,ref_dnde\n1,2,1,1e-12\n2,8,1,2e-13\n8,9,1,1e-14\n' > in.csv
    fe-convert in.csv --from likelihood --index 2 -f ecsv --no-history -q |
        sed 's/^#   __tables__:/&\n#   - name: COVAR\n#     columns:\n#     - {name: row, datatype: int64, values: [1, 2, 3]}\n#     - {name: norm_covar, datatype: string, subtype: "float64[3]", values: ["[11,12,13]", "[12,22,23]", "[13,23,33]"]}/' > in.ecsv
    grep -q COVAR in.ecsv
    fe-select in.ecsv --where 'e_min!=2' --sort=-e_min -f ecsv -q -o out.ecsv
    grep 'norm_covar' out.ecsv | grep -q '\[33,13\].*\[13,11\]'
}

@test "fe-select: --split-by writes a file per value, and all or nothing" {
    curve > lc.csv
    fe-select lc.csv --split-by source -o 'lc_{}.csv'
    curve | grep -v ^s2 | diff - lc_s1.csv
    curve | grep -v ^s1 | diff - lc_s2.csv
    fe-select lc.csv --split-by e_min --output-dir bands
    [ "$(ls bands)" = "$(printf 'lc_1.csv\nlc_3.csv')" ]
    rm lc_s1.csv
    run -2 --separate-stderr fe-select lc.csv --split-by source -o 'lc_{}.csv'
    one_line
    assert_file_not_exists lc_s1.csv
    run -2 --separate-stderr fe-select lc.csv --split-by source -o lc_split.csv
    one_line
    [[ $stderr == *'{}'* ]]
    printf 'source,e_min,e_max,flux\na b,1,2,3\na/b,1,2,3\n' > odd.csv
    run -3 --separate-stderr fe-select odd.csv --split-by source -o 'odd_{}.csv'
    one_line
    assert_file_not_exists odd_a_b.csv
}

@test "fe-select: many files into a folder; one that is none does not stop the others" {
    curve > a.csv
    sed 's/^s1/x/' a.csv > b.csv
    echo nothing > c.csv
    run -3 --separate-stderr fe-select a.csv b.csv c.csv --where "source=='s2'" --output-dir out
    [ "$(cat out/a.csv)" = "$(cat out/b.csv)" ]
    assert_file_not_exists out/c.csv
}

@test "fe-select: what a table does not have is one line" {
    printf 'e_ref,dnde\n1,2\n' > p.csv
    for option in '--time=53945' '--time-range=53945..' '--energy=1TeV' '--phase=0.5' '--source=crab'; do
        run -3 --separate-stderr fe-select p.csv "$option"
        one_line
        [[ $stderr == *"no column "*"${option%%=*} needs"* ]]
    done
    curve > lc.csv
    for option in '--time=yesterday' '--time-range=53945' '--time-range=53947..53946' '--energy=1' '--phase=1.5' \
                  '--where=nonsense>1' '--sort=nonsense' '--split-by=nonsense'; do
        run -2 --separate-stderr fe-select lc.csv "$option" -o 'x_{}.csv'
        one_line
    done
}

# ---- variability ------------------------------------------------------------------------------------------------------

@test "fe-select --stats: the numbers of the light curve of PKS 2155-304 (algorithms 19)" {
    need_shared reference/spectra
    fe-select "$REF/d7-pks2155_hess_lc-flux.fits" --stats -q -f csv -o got.csv
    cat > want.csv <<END
n,mean,chi2,ndf,fvar,fvar_err,t_double,t_double_err,t_halve,t_halve_err
34,4.17516515e-11,1034.18118,33,0.56264064,0.01700710,716.85744,265.23307,776.33791,254.20638
END
    tables_close got.csv want.csv 2e-8
    printf 't_double_mjd,t_halve_mjd\n53945.99728222,53946.00422667\n' > want.csv
    tables_close got.csv want.csv 0 1e-8
}

@test "fe-select --stats: closed forms, per source and band, rows in any order, limits left out" {
    cat > lc.csv <<END
source,time_min,time_max,e_min,e_max,flux,flux_err
a,2,3,1,3,4,1
b,0,1,1,3,5,nan
a,0,1,1,3,1,1
a,0,1,3,10,7,2
a,1,2,1,3,2,1
a,3,4,1,3,nan,nan
END
    run -0 --separate-stderr fe-select lc.csv --stats -f csv
    # mean 7/3; chi2 = sum of squares 14/3; S^2 = 7/3, <err^2> = 1; steps (1 + 4) / 2 / 2 = 1.25; each doubles in a day
    awk 'BEGIN { m = 7 / 3; v = 1 / (m * m); x = (7 / 3 - 1) / (m * m); f = sqrt(x)
        p = sqrt(0.25 / (m * m))
        printf "n,mean,mean_err,chi2,ndf,p_value,fvar,fvar_err,fpp,t_double,t_double_mjd,t_halve\n"
        printf "3,%.17g,%.17g,%.17g,2,%.17g,%.17g,%.17g,%.17g,86400,0.5,nan\n", m, 1 / sqrt(3), 14 / 3, exp(-7 / 3), f,
               sqrt(2 / 3 * v * v + v / 3 * 4 * x) / (2 * f), p
        printf "0,nan,nan,nan,0,nan,nan,nan,nan,nan,nan,nan\n"
        printf "1,7,2,0,0,nan,nan,nan,nan,nan,nan,nan\n" }' > want.csv
    echo "$output" > got.csv
    tables_close got.csv want.csv 1e-12
    [ "$(cut -d, -f 1 got.csv | tr '\n' ' ')" = 'source a b a ' ]
    fe-select lc.csv --stats -u m-2\ s-1 -f csv | awk -F, 'NR == 2 && $5 != 7e4 / 3 { exit 0 }'
}

@test "fe-select --stats: TSvar of parabolas is their chi2; errors are those of one sigma" {
    awk 'BEGIN {
        print "# %ECSV 1.0\n# ---\n# datatype:"
        n = split("time_min time_max e_min e_max e_ref norm norm_err", name)
        for (i = 1; i <= n; i++) print "# - {name: " name[i] ", datatype: float64}"
        print "# - {name: ref_dnde, unit: cm-2 s-1 TeV-1, datatype: float64}"
        print "# - {name: norm_scan, datatype: string, subtype: '\''float64[9]'\''}"
        print "# - {name: stat_scan, datatype: string, subtype: '\''float64[9]'\''}"
        print "# meta: {SED_TYPE: likelihood, NSIGMA: 2}\n# schema: astropy-2.0"
        print "time_min time_max e_min e_max e_ref norm norm_err ref_dnde norm_scan stat_scan"
        for (k = 0; k < 4; k++) {
            x = 1 + k % 2; s = 0.25; a = b = ""
            for (i = -4; i <= 4; i++) {
                a = a (i > -4 ? "," : "") (x + 4 * i * s); b = b (i > -4 ? "," : "") (100 + 16 * i * i)
            }
            print k, k + 1, 1, 10, 3, x, 2 * s, 1e-12, "[" a "]", "[" b "]"
        } }' > lc.ecsv
    fe-select lc.ecsv --stats -q -f csv > got.csv
    printf 'n,mean,chi2,ndf,ts_var,ts_var_ndf\n4,1.5,16,3,16,3\n' > want.csv
    tables_close got.csv want.csv 1e-9
}

@test "fe-select --stats: published curves: unit MJD, instants, only limits, one row" {
    printf '%s\n' '# %ECSV 0.9' '# ---' '# datatype:' '# - {name: e_min, unit: TeV, datatype: float64}' \
        '# - {name: time, unit: MJD, datatype: float64}' '# - {name: flux, unit: cm-2 s-1, datatype: float64}' \
        '# - {name: flux_err, unit: cm-2 s-1, datatype: float64}' '# meta: !!omap' '# - {SED_TYPE: flux}' \
        'e_min time flux flux_err' '1 100 1e-11 1e-12' '1 101 2e-11 1e-12' > lc.ecsv
    fe-select lc.ecsv --stats -q -f csv > got.csv
    printf 'n,chi2,t_double,t_double_mjd\n2,50,86400,100\n' > want.csv
    tables_close got.csv want.csv 1e-12
    sed 's/name: time,/name: time_min,/; s/time flux/time_min flux/' lc.ecsv > start.ecsv
    fe-select start.ecsv --stats -q -f csv > got.csv
    tables_close got.csv want.csv 1e-12
    fe-select start.ecsv --where 'time_min>100.5' --stats -q -f csv > got.csv
    printf 'n,mean,chi2,ndf,fvar,t_double\n1,2e-11,0,0,nan,nan\n' > want.csv
    tables_close got.csv want.csv 1e-12
    printf 'time_min,time_max,e_min,e_max,flux_ul,is_ul\n1,2,1,2,3,True\n2,3,1,2,4,True\n' > ul.csv
    fe-select ul.csv --stats -q -f csv > got.csv
    printf 'n,mean,chi2,ndf,fvar,t_double\n0,nan,nan,0,nan,nan\n' > want.csv
    tables_close got.csv want.csv 1e-12
}
