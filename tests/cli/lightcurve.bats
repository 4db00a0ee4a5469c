# fe-lightcurve: light curves of real runs against references in double precision (FE_SHARED/reference/spectra); bins, groups, bad runs.
# shellcheck disable=SC2154    # output and stderr are set by run
setup_file()
{
    load ../helper
    cd "$BATS_FILE_TMPDIR" || return
    fe-simulate -m 'pl:index=2.5,amplitude=2e-11 cm-2 s-1 TeV-1' --e-min 0.5TeV --e-max 20TeV --bins 12 --livetime 30min --realisations 100 \
        --seed 11 --alpha 0.2 -o runs > runs.txt
    # one run every 0.7 h, from MJD 60000.1
    awk 'BEGIN { print "OBS_ID,START,STOP"; for (k = 1; k <= 100; k++) { t = 60000.1 + (k - 1) * 0.7 / 24; printf "%d,%.9f,%.9f\n", k, t, t + 0.5 / 24 } }' > gti.csv
}

setup()
{
    load ../helper
    cd "$BATS_FILE_TMPDIR" || return
    REF=$FE_SHARED/reference/spectra
    model='pl:index=2.5,amplitude=2e-11 cm-2 s-1 TeV-1'
}

# curve NAME [OPTION]...: the case with its model, edges and levels, as norms in got.csv without the empty bins.
curve()
{
    jq -r --arg top "$FE_SHARED/data/" '.config.inputs[] | $top + .' "$REF/$1.json" | fe-lightcurve @- -m "$(model_of "$1")" \
        -e "$(jq -r '.config.energy_edges_requested_TeV | map(tostring) | join(",") + "TeV"' "$REF/$1.json")" --compat gammapy \
        --n-sigma "$(jq .config.n_sigma "$REF/$1.json")" --ul-sigma "$(jq .config.n_sigma_ul "$REF/$1.json")" --ul-unbounded \
        -t likelihood -f csv "${@:2}" 2> said.txt > all.csv
    grep -v EMPTY all.csv > got.csv
}

model_of()
{
    jq -r '.config.model | (if .type | startswith("Log") then "lp" else "pl" end) + ":" + ([.parameters | to_entries[] |
        "\(.key)=\(.value.value)\(.value.unit | sub("1 / \\(TeV s cm2\\)"; " cm-2 s-1 TeV-1"))"] | join(","))' "$REF/$1.json"
}

# want NAME COLUMN=KEY...: columns of the reference.
want()
{
    local name=$1 pair header=() keys=()
    shift
    for pair; do
        header+=("${pair%%=*}") keys+=(".${pair#*=}")
    done
    (IFS=,; echo "${header[*]}") > want.csv
    jq -r "def number: if . == null then \"nan\" else tojson end; .rows[] | [$(IFS=,; echo "${keys[*]}")] | map(number) | join(\",\")" \
        "$REF/$name.json" >> want.csv
}

# close RTOL [OPTION]...: got.csv to want.csv; the largest differences are kept for fe-numbers(7).
close()
{
    awk -v rtol="$1" -v largest="$BATS_FILE_TMPDIR/differences" -v what="$what" "${@:2}" -f "$FE_TOP/tests/compare.awk" want.csv got.csv
}

# exact NAME: norms, errors, limits and statistics to 1e-6, times to a microsecond (1e-11 days).
exact()
{
    want "$1" time_min=time_min_mjd_tt time_max=time_max_mjd_tt
    close 0 -v atol=1.2e-11
    want "$1" norm=norm_exact norm_errn=errn_exact norm_errp=errp_exact norm_ul=ul_exact
    close 1e-6 -v error=norm_errp
    want "$1" ts=ts_exact stat=stat_exact stat_null=stat_null_exact
    close 1e-6 -v atol=1e-6
    want "$1" norm_err=err_exact
    close 1e-5
}

need_reference()
{
    need_shared reference/spectra
    need_command jq
}

# values COLUMN FILE: that column of a csv table, a line each.
values() { awk -F, -v name="$1" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) c = i; next } { print $c }' "$2"; }

@test "light curve: four Crab runs whose good times are given by a table" {
    need_reference
    what='by run, log parabola'
    jq -r '.config | "OBS_ID,START,STOP", ([.dataset_names, .gti_mjd_tt] | transpose[] |
        "\(.[0] | sub("obs"; "")),\(.[1][0]),\(.[1][1])")' "$REF/d5-hess-crab-lc-1-10TeV.json" > crab.csv
    curve d5-hess-crab-lc-1-10TeV --gti crab.csv --sensitivity --sens-profiled
    exact d5-hess-crab-lc-1-10TeV
    want d5-hess-crab-lc-1-10TeV norm_sensitivity=sensitivity_exact
    close 1e-6
    what='by run, power law'
    curve d5-hess-crab-lc-1-10TeV-pl2.6 --gti crab.csv
    exact d5-hess-crab-lc-1-10TeV-pl2.6
}

@test "light curve: 21 runs of PKS 2155-304 one by one, in one and three bands, at other levels" {
    need_reference
    what='by run, power law'
    for name in run run-3bands run-3sigma; do
        curve d6-pks2155-lc-$name
        exact d6-pks2155-lc-$name
    done
}

@test "light curve: nights, in bands, jointly and stacked" {
    need_reference
    what='by night'
    curve d6-pks2155-lc-night -b night
    exact d6-pks2155-lc-night
    curve d6-pks2155-lc-night-bands -b night --joint
    exact d6-pks2155-lc-night-bands
    what='by night, stacked'
    curve d6-pks2155-lc-night-bands-stacked -b night --stack
    exact d6-pks2155-lc-night-bands-stacked
}

@test "light curve: grids of 30 and 62 minutes; what crosses a line is said, and is kept by --assign centre" {
    need_reference
    what='fixed grid'
    for minutes in 30 62; do
        name=d6-pks2155-lc-${minutes}min-fixed-grid
        # gammapy's grid ends with the flare night
        curve $name -b ${minutes}min --time-range 53945,53947
        if [ $minutes = 30 ]; then
            exact $name
        else
            want $name time_min=time_min_mjd_tt time_max=time_max_mjd_tt
            close 0 -v atol=1.2e-11
            want $name norm=norm_exact norm_ul=ul_exact
            close 1e-6
        fi
        jq -r '.config.datasets_in_no_interval[]' "$REF/$name.json" | sort > want.lost
        sed -n 's/^fe-lightcurve: \([0-9]*\) left out: .*/\1/p' said.txt | sort > got.lost
        diff want.lost got.lost
    done
    curve "$name" -b 62min --time-range 53945,53947 --assign centre
    assert_equal "$(grep -c 'crosses' said.txt)" 0
    assert_equal "$(values counts all.csv | awk '{ s += $1 } END { print s }')" "$(curve d6-pks2155-lc-run --time-range 53945,53947 &&
        values counts all.csv | awk '{ s += $1 } END { print s }')"
}

@test "light curve: the differences are those of fe-numbers(7)" {
    page_table lightcurve
}

@test "light curve: good times of a table in MJD or dates, TT or UTC; runs that it does not name have none" {
    head -n 12 runs.txt > some.txt
    fe-lightcurve @some.txt --gti gti.csv -m "$model" -f csv -q > tt.csv
    # TT is ahead of UTC by 69.184 s in 2023: MJD 60000.1 TT is 02:22:50.816 UTC
    printf 'OBS_ID,START,STOP\n1,2023-02-25T02:22:50.816,2023-02-25T02:52:50.816\n' > utc.csv
    fe-lightcurve "$(head -n 1 runs.txt)" --gti utc.csv --time-scale UTC -m "$model" -f csv -q > one.csv
    awk -v a="$(values time_min one.csv)" -v b="$(values time_max one.csv)" 'BEGIN { exit !((a - 60000.1) ^ 2 < 1e-22 && (b - a - 0.5 / 24) ^ 2 < 1e-22) }'
    printf '# %%ECSV 1.0\n# ---\n# datatype:\n# - {name: OBS_ID, datatype: int64}\n# - {name: START, datatype: string}\n# - {name: STOP, datatype: string}\n# meta: {TIMESYS: UTC}\nOBS_ID START STOP\n1 2023-02-25T02:22:50.816 2023-02-25T02:52:50.816\n' > utc.ecsv
    fe-lightcurve "$(head -n 1 runs.txt)" --gti utc.ecsv -m "$model" -f csv -q > keyword.csv
    cmp one.csv keyword.csv
    # two intervals of one run are one bin, from the first start to the last stop
    printf 'OBS_ID,START,STOP\n2,60000.11,60000.12\n2,60000.15,60000.16\n' > two.csv
    fe-lightcurve @some.txt --gti two.csv -m "$model" -f csv -q > two_runs.csv
    assert_equal "$(values time_min two_runs.csv | head -n 1),$(values time_max two_runs.csv | head -n 1)" 60000.11,60000.16
    assert_equal "$(values run two_runs.csv | head -n 1)" 002
    assert_equal "$(values status two_runs.csv | grep -c NOTIME)" 11
    fe-lightcurve @some.txt --gti two.csv -b night -m "$model" -f csv 2> said.txt > night.csv
    assert_equal "$(wc -l < night.csv)" 2
    grep -qx 'fe-lightcurve: 003 left out: no good time intervals (livetime 1800 s)' said.txt
    grep -qx 'fe-lightcurve: 11 of 12 datasets left out, livetime 5.5 h' said.txt
    assert_equal "$(values flux night.csv)" "$(values flux tt.csv | sed -n 2p)"
}

@test "light curve: --group-by is a curve for each value, as of its runs alone; what bins it has" {
    head -n 12 runs.txt > some.txt
    awk 'BEGIN { print "OBS_ID,zen"; for (k = 1; k <= 12; k++) printf "%d,%d\n", k, k % 2 ? 10 : 50 }' > obs.csv
    common=(@some.txt --gti gti.csv --obs-table obs.csv -m "$model" -f csv -q)
    for bins in run night 3h min-counts=900; do
        fe-lightcurve "${common[@]}" -b "$bins" --group-by zen --assign centre > both.csv
        assert_equal "$(values zen both.csv | uniq | paste -sd ' ')" "10 50"
        if [ $bins = run ] || [ $bins = 3h ]; then
            for zen in 10 50; do
                fe-lightcurve "${common[@]}" -b "$bins" --where "zen == $zen" --time-origin 60000.1 --assign centre > own.csv
                assert_equal "$(awk -F, -v zen=$zen '$NF == zen' both.csv | wc -l)" "$(($(wc -l < own.csv) - 1))"
                diff <(awk -F, -v zen=$zen '$NF == zen' both.csv | sed "s/,$zen\$//") <(sed 1d own.csv)
            done
        fi
    done
    fe-lightcurve "${common[@]}" -b 60000.1..60000.2,60100..60101 --group-by zen:0,30,60 > typed.csv
    assert_equal "$(values zen_min typed.csv | paste -sd ' ')" "0 0 30 30"
    assert_equal "$(values status typed.csv | paste -sd ' ')" " EMPTY  EMPTY"
    fe-lightcurve "${common[@]}" --period 7.3h --phase-bins 0.9..0.1 --group-by zen --dry-run > plan.txt
    assert_equal "$(sed -n 1p plan.txt)" $'zen\te_min_TeV\te_max_TeV\tdataset\tfile'
    assert_equal "$(sed -n 2p plan.txt | cut -f 1)" "10 0.9..0.1"
    fe-lightcurve "${common[@]}" -b 3h --assign centre --dry-run > plan.txt
    assert_equal "$(sed -n 2p plan.txt)" $'60000.1..60000.225\t0\tinf\t001\t'"$(head -n 1 runs.txt)"
    run --separate-stderr -2 fe-lightcurve "${common[@]}" --group-by nosuch
    one_line
    [[ $stderr == *"no keyword or column 'nosuch'"* ]]
}

@test "light curve: --time-range, here and in fe-points; bins of the data are those of the runs that take part" {
    head -n 12 runs.txt > some.txt
    fe-lightcurve @some.txt --gti gti.csv -m "$model" -f csv -q --time-range 60000.1,60000.209 > range.csv
    assert_equal "$(values run range.csv | paste -sd ' ')" "001 002 003 004"
    fe-points @some.txt --gti gti.csv -m "$model" -e 0.4:30TeV -f csv -q --time-range 60000.1,60000.209 > points.csv
    head -n 4 runs.txt | fe-points @- -m "$model" -e 0.4:30TeV -f csv -q > four.csv
    cmp points.csv four.csv
    fe-points @some.txt --gti gti.csv -m "$model" -e min-sig=9 -f csv -q --time-range 60000.1,60000.209 > points.csv
    head -n 4 runs.txt | fe-points @- -m "$model" -e min-sig=9 -f csv -q > four.csv
    cmp points.csv four.csv
    fe-lightcurve @some.txt --gti gti.csv -m "$model" -b min-counts=450 -f csv -q --time-range 60000.1,60000.209 > range.csv
    head -n 4 runs.txt | fe-lightcurve @- --gti gti.csv -m "$model" -b min-counts=450 -f csv -q > four.csv
    cmp range.csv four.csv
}

@test "light curve: a run without good times is NOTIME, and other bins than run are refused" {
    fe-lightcurve @runs.txt -m "$model" -f csv -q > notime.csv
    assert_equal "$(values status notime.csv | sort -u)" NOTIME
    assert_equal "$(values time_min notime.csv | sort -u)" nan
    run --separate-stderr -2 fe-lightcurve @runs.txt -m "$model" -b night -f csv -q
    one_line
    [[ $stderr == *'no dataset has good time intervals'*'--gti FILE'* ]]
}

@test "light curve: groups of --assign; overlapping bins; empty bins stay; what is left out is told and stored" {
    fe-lightcurve @runs.txt --gti gti.csv -m "$model" -b 60000.1..60000.2,60000.15..60000.3,60010..60011 --assign overlap -f csv > lists.csv 2> said.txt
    assert_equal "$(values status lists.csv | tail -n 1)" EMPTY
    assert_equal "$(wc -l < lists.csv)" 4
    grep -q 'in more than one bin' said.txt
    fe-lightcurve @runs.txt --gti gti.csv -m "$model" -b 60000.1,60000.2 -o one.fits 2> said.txt --force
    assert_equal "$(grep -c 'left out: crosses' said.txt)" 1
    grep -aq 'left out' one.fits
    fe-lightcurve @runs.txt --gti gti.csv -m "$model" -b 60000.1,60000.2 --dry-run | awk -F'\t' 'NR > 1 { n++ } END { exit n != 3 }'
}

@test "light curve: bins of a significance; the rest joins its neighbour; blocks of a step" {
    fe-lightcurve @runs.txt --gti gti.csv -m "$model" -b min-sig=20 -f csv 2> said.txt > sig.csv
    n=$(values sqrt_ts sig.csv | wc -l)
    [ "$n" -gt 3 ] && [ "$n" -lt 100 ]
    values sqrt_ts sig.csv | awk '$1 < 19 { exit 1 }'
    assert_equal "$(values counts sig.csv | awk '{ s += $1 } END { print s }')" "$(fe-points @runs.txt -m "$model" -e 0.4:30TeV -f csv -q |
        awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "counts") c = i; next } { print $c }')"
    # a source that is three times as bright from its eleventh run on
    fe-simulate -m "pl:index=2.5,amplitude=6e-11 cm-2 s-1 TeV-1" --e-min 0.5TeV --e-max 20TeV --bins 12 --livetime 30min --realisations 20 \
        --seed 4 --alpha 0.2 -o bright > bright.txt
    { head -n 10 runs.txt; tail -n 10 bright.txt; } > step.txt
    fe-lightcurve @step.txt --gti gti.csv -m "$model" -b blocks -f csv 2> said.txt > blocks.csv
    assert_equal "$(wc -l < blocks.csv)" 3
    grep -qx 'fe-lightcurve: 2 Bayesian blocks (chance of a false change point 0.05), from likelihood scans' said.txt
    values time_min blocks.csv | tail -n 1 | awk '{ exit !(($1 - (60000.1 + 10 * 0.7 / 24)) ^ 2 < 1e-16) }'
}

@test "light curve: blocks of more than 300 runs" {
    awk 'BEGIN { print "OBS_ID,START,STOP"; for (k = 1; k <= 320; k++) printf "%d,%.9f,%.9f\n", k, 60000 + k, 60000.02 + k }' > long.csv
    fe-simulate -m "$model" --e-min 0.5TeV --e-max 20TeV --bins 4 --livetime 30min --realisations 320 --seed 16 --alpha 0.2 -o long -q > long.txt
    fe-simulate -m 'pl:index=2.5,amplitude=4e-11 cm-2 s-1 TeV-1' --e-min 0.5TeV --e-max 20TeV --bins 4 --livetime 30min --realisations 320 \
        --seed 17 --alpha 0.2 -o brighter -q > brighter.txt
    { head -n 110 long.txt; sed -n '111,200p' brighter.txt; sed -n '201,320p' long.txt; } > flare.txt
    fe-lightcurve @flare.txt --gti long.csv -m "$model" -b blocks --n-sigma 3 -f csv > blocks.csv 2> said.txt
    assert_equal "$(values time_min blocks.csv | paste -sd ' ')" "60001 60111 60201"
    grep -qx 'fe-lightcurve: 3 Bayesian blocks (chance of a false change point 0.05), from fluxes and errors' said.txt
}

@test "light curve: phase 0.9-0.1 has the counts of its halves and the norm of their joint fit" {
    common=(--gti gti.csv -m "$model" --period 7.3h --t0 60000.03 -f csv -q)
    fe-lightcurve @runs.txt "${common[@]}" --phase-bins 0.9..0.1 -t likelihood > whole.csv
    fe-lightcurve @runs.txt "${common[@]}" --phase-bins 0.9..1,0..0.1 -t likelihood > halves.csv
    assert_equal "$(values counts whole.csv)" "$(values counts halves.csv | awk '{ s += $1 } END { print s }')"
    fe-lightcurve @runs.txt --gti gti.csv -m "$model" --period 7.3h --t0 60000.03 --phase-bins 0.9..0.1 --dry-run -q | awk -F'\t' 'NR > 1 { print $5 }' > members.txt
    fe-points @members.txt -m "$model" -e 0.4:30TeV -t likelihood -f csv -q > joint.csv
    awk -v a="$(values norm whole.csv)" -v b="$(values norm joint.csv)" 'BEGIN { exit !(a > 0 && (a / b - 1) ^ 2 < 1e-18) }'
    assert_equal "$(values phase_min whole.csv),$(values phase_max whole.csv),$(values status whole.csv)" 0.9,0.1,
}

@test "light curve: a run longer than half its phase bin is warned of and flagged" {
    head -n 20 runs.txt > some.txt
    for bins in 8 7; do         # half of an eighth of 7.3 h is 27.4 min, half of a seventh 31.3 min
        fe-lightcurve @some.txt --gti gti.csv -m "$model" --period 7.3h --phase-bins $bins -f csv -q > phase.csv 2> said.txt
        assert_equal "$(grep -c LONGRUN phase.csv)" $((bins == 8 ? 8 : 0))
        assert_equal "$(grep -c 'longer than half its phase bin' said.txt)" $((bins == 8 ? 20 : 0))
    done
}

@test "light curve: one poisoned run of 100 ends it, or flags its row and spares the others" {
    fe-lightcurve @runs.txt --gti gti.csv -m "$model" -f csv -q > clean.csv
    head -c 5000 "$(sed -n 42p runs.txt)" > poison.fits
    sed '42s/.*/poison.fits/' runs.txt > poisoned.txt
    run --separate-stderr -3 fe-lightcurve @poisoned.txt --gti gti.csv -m "$model" -o bad.csv -q
    [[ $stderr == *poison.fits* ]]
    assert_not_exist bad.csv
    fe-lightcurve @poisoned.txt --gti gti.csv -m "$model" -f csv -q --skip-bad > spared.csv
    assert_equal "$(wc -l < spared.csv)" 101
    assert_equal "$(grep -c BADINPUT spared.csv)" 1
    diff <(grep -v BADINPUT spared.csv) <(awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "run") c = i } $c != 42' clean.csv)
    run -4 fe-lightcurve @poisoned.txt --gti gti.csv -m "$model" -o strict.csv -q --skip-bad --strict
    assert_exist strict.csv
}

@test "light curve: a poisoned run in bins, in blocks: told, the rest stays, 4 with --strict" {
    head -n 12 runs.txt > clean.txt
    head -c 5000 "$(sed -n 7p runs.txt)" > poison.fits
    sed '7s/.*/poison.fits/' clean.txt > poisoned.txt
    sed 7d clean.txt > without.txt
    for bins in night 3h min-counts=900 blocks 60000.1,60000.5; do
        fe-lightcurve @poisoned.txt --gti gti.csv -m "$model" -b $bins --skip-bad -f csv > spared.csv 2> said.txt
        fe-lightcurve @without.txt --gti gti.csv -m "$model" -b $bins -f csv -q > own.csv
        cmp spared.csv own.csv
        assert_equal "$(grep -c 'warning: dataset left out: poison.fits' said.txt)" 1
        run -4 fe-lightcurve @poisoned.txt --gti gti.csv -m "$model" -b $bins --skip-bad --strict -f csv -q
        run --separate-stderr -3 fe-lightcurve @poisoned.txt --gti gti.csv -m "$model" -b $bins -f csv -q
        [[ $stderr == *poison.fits* && -z $output ]]
    done
}

@test "light curve: threads 1, 2 and 4 give the same bytes" {
    for j in 1 2 4; do
        SOURCE_DATE_EPOCH=0 fe-lightcurve @runs.txt --gti gti.csv -m "$model" -b night -e 0.5,1,3,20TeV --scan -f ecsv -q -j $j --no-history > threads_$j.ecsv
    done
    cmp threads_1.ecsv threads_2.ecsv
    cmp threads_1.ecsv threads_4.ecsv
}

@test "light curve: --stack is --joint for Asimov sets of one response" {
    fe-simulate -m "$model" --e-min 0.5TeV --e-max 20TeV --bins 12 --livetime 2h --asimov --alpha 0.2 -o asimov > asimov.txt
    for k in 1 2 3; do cat asimov.txt; done > three.txt
    fe-lightcurve @three.txt -m "$model" --gti gti.csv -b 60000,60001 --joint -t likelihood -f csv -q > joint.csv
    fe-lightcurve @three.txt -m "$model" --gti gti.csv -b 60000,60001 --stack -t likelihood -f csv -q > stack.csv
    awk -v columns=norm,norm_err,norm_errn,norm_errp,norm_ul,ts -v rtol=1e-6 -f "$FE_TOP/tests/compare.awk" joint.csv stack.csv
}

@test "light curve: --stack is --joint for counts of one response and one known background" {
    fe-simulate -m "$model" --e-min 0.5TeV --e-max 20TeV --bins 12 --livetime 2h --asimov --alpha 0.2 -o source -q > source.txt
    fe-stack --known-bkg @source.txt --name known -o . --force -q
    fe-simulate known.fits -m "$model" --realisations 4 --seed 3 -o cash > cash.txt
    printf 'OBS_ID,START,STOP\n' > cash.csv
    for k in 1 2 3 4; do
        printf 'known-%d,%d,%d\n' $k $((60000 + k)) $((60001 + k))
    done >> cash.csv
    for how in joint stack; do
        fe-lightcurve @cash.txt -m "$model" --gti cash.csv -b 60001,60003,60005 -e 0.5,2,20TeV --$how -t likelihood -f csv -q > $how.csv
    done
    assert_equal "$(wc -l < joint.csv)" 5
    values counts joint.csv | awk '$1 < 20 { exit 1 }'
    awk -v columns=norm,norm_err,norm_errn,norm_errp,norm_ul,ts -v rtol=1e-6 -f "$FE_TOP/tests/compare.awk" joint.csv stack.csv
}

@test "light curve: --stats says how variable the curve is" {
    fe-lightcurve @runs.txt --gti gti.csv -m "$model" --stats --scan -f csv 2>&1 > stats.csv | grep -q 'TSvar'
}

@test "light curve: what cannot be is refused in one sentence" {
    while IFS='|' read -r options text; do
        # shellcheck disable=SC2086
        run --separate-stderr -2 fe-lightcurve @runs.txt -m pl -q $options
        one_line
        [[ $stderr == "fe-lightcurve: "*"$text"* ]] || fail "$options: $stderr"
    done <<'END'
-b never|never
-b 30|30
--night-gap=-1h|more than 0
--period 0d|more than 0
--period 3d -b night|not with --time-bins
--period 3d --phase-bins 2,1|phase
--time-range 5|expected two times
--time-range 60001,60000|not after the start
--time-origin soon|soon
--joint --stack|exclude each other
--group-by OBS_ID --stats|--split-by
-b min-counts|expected one like min-counts=50
END
    printf 'OBS_ID,START\n1,60000\n' > short.csv
    run --separate-stderr -3 fe-lightcurve @runs.txt -m pl -q --gti short.csv
    one_line
    [[ $stderr == *'no column STOP'* ]]
}

@test "lightcurve: with --compat gammapy the scans of all rows and bands have the same norms, and gammapy reads each" {
    need_command jq
    cd "$BATS_TEST_TMPDIR" || return
    local curve=(fe-lightcurve "$FE_TOP"/data/runs/pha_obs*.fits -b run -e '0.5,2,20TeV' -m "$FE_TOP/data/truth.yaml" --scan --compat gammapy -q)
    "${curve[@]}" -f json > curve.json
    jq -e '[.rows[].norm_scan] | length == 8 and (unique | length == 1) and (.[0] | length == 11 and .[0] == 0.2 and .[10] == 5)' curve.json
    need_gammapy
    "${curve[@]}" -o curve.fits
    "$FE_GAMMAPY_PYTHON" -W ignore -c '
import json, sys
import numpy as np
from gammapy.estimators import FluxPoints

scan = FluxPoints.read(sys.argv[1], format="lightcurve").stat_scan
rows = json.load(open(sys.argv[2]))["rows"]
np.testing.assert_allclose(scan.geom.axes["norm"].center, rows[0]["norm_scan"], rtol=1e-12)
want = np.array([row["stat_scan"] for row in rows]).reshape(4, 2, 11)
got = scan.data.squeeze()
assert sorted(np.round(got.ravel(), 6)) == sorted(np.round(want.ravel(), 6))
assert any(np.allclose(got, np.moveaxis(want.reshape(s), range(3), a)) for s, a in [((4, 2, 11), (0, 1, 2)), ((2, 4, 11), (1, 0, 2))])
' curve.fits curve.json
}
