# The nasty cases of counts, limits, edges, times and units: what must happen, seen from the command line.
#
#  1 no ON counts, known background        t_stat test_no_counts
#  2 no counts at all                      t_stat test_nothing; here
#  3 OFF counts 0                          t_stat test_no_off; here
#  4 alpha 0, no OFF region                t_norm_edges test_status; here
#  5 reference model of negative sign      here
#  6 scan that does not bracket            t_norm_edges test_scan, t_scan test_open, t_recompute test_not_bracketed; here
#  7 index 1 or 2, or beside it            t_spectrum check_smoothness; here
#  8 energy edges off by a rounding        t_plan; here
#  9 limits with and without a value       t_gadf; here
# 10 level of limits without a side        t_gadf limits; here
# 13 time scales                           t_ogip, t_gadf time_scales; here
# 14 units that disagree, or carry numbers t_units check_wild, t_ogip; here
# shellcheck disable=SC2154    # output and stderr are set by run
MODEL='pl:index=2.5,amplitude=3e-11 cm-2 s-1 TeV-1,reference=1TeV'

setup()
{
    load ../helper
    cd "$BATS_TEST_TMPDIR" || return
}

# one_channel N_ON N_OFF: a run of one channel from 1 to 10 TeV, alpha 0.2, in pha_obs1.fits.
one_channel()
{
    fe-simulate -m "$MODEL" --livetime 1h --e-min 1TeV --e-max 10TeV --bins 1 --alpha 0.2 --force -q > pha
    fitsedit pha_obs1.fits SPECTRUM set COUNTS 1 "$1"
    fitsedit bkg_obs1.fits SPECTRUM set COUNTS 1 "$2"
}

# five_bands: a run of ten channels from 1 to 10 TeV, and the edges of five bands of it.
five_bands()
{
    fe-simulate -m "$MODEL" --livetime 5h --e-min 1TeV --e-max 10TeV --bins 10 --alpha 0.2 --bkg-rate 0.1s-1 --seed 3 --start 60000 -q > pha
    EDGES=1,1.58489319246,2.51188643151,3.98107170553,6.3095734448,10TeV
}

# cell COLUMN ROW FILE: of a csv table without commas in its cells.
cell()
{
    awk -F, -v name="$1" -v row="$2" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) k = i } NR == row + 1 { print $k }' "$3"
}

# is_close GOT WANT RTOL
is_close()
{
    awk -v got="$1" -v want="$2" -v rtol="$3" 'BEGIN { d = got - want; if (d < 0) d = -d; exit !(got == got + 0 && d <= rtol * (want < 0 ? -want : want)) }' ||
        fail "got $1, want $2"
}

# as_counts COLUMN FILE: a norm of row 1 as signal counts; pha_obs1.fits with 5 ON counts tells the counts per norm.
as_counts()
{
    per_norm=$(awk -v n="$(cell npred_excess 1 five.csv)" -v norm="$(cell norm 1 five.csv)" 'BEGIN { printf "%.17g", n / norm }')
    awk -v x="$(cell "$1" 1 "$2")" -v per_norm="$per_norm" 'BEGIN { printf "%.12g", x * per_norm }'
}

@test "case 2: no ON and no OFF counts: TS 0, limits 2.000 and 1.353 counts, one warning" {
    one_channel 5 0
    fe-points pha_obs1.fits -m "$MODEL" -f csv -q > five.csv
    one_channel 0 0
    run --separate-stderr -0 fe-points pha_obs1.fits -m "$MODEL" --ul-sigma 2 -f csv
    echo "$output" > two.csv
    [ "$(grep -c warning <<< "$stderr")" -eq 1 ]
    [ "$(cell ts 1 two.csv),$(cell sqrt_ts 1 two.csv),$(cell norm 1 two.csv)" = 0,0,0 ]
    [ "$(cell norm_err 1 two.csv)" = nan ]                  # a kink has no curvature; slopes 2 above, 2 / alpha below
    is_close "$(as_counts norm_errp two.csv)" 0.5 1e-9
    is_close "$(as_counts norm_errn two.csv)" 0.1 1e-9
    is_close "$(as_counts norm_ul two.csv)" 2 1e-9
    fe-points pha_obs1.fits -m "$MODEL" -f csv -q > one.csv
    is_close "$(as_counts norm_ul one.csv)" 1.352771727047702 1e-9
}

@test "case 3: 5 ON and no OFF counts at alpha 0.2: sqrt_ts 4.232918, limits 10.8938 and 9.6300 counts" {
    one_channel 5 0
    fe-points pha_obs1.fits -m "$MODEL" --ul-sigma 2 -f csv -q > two.csv
    fe-points pha_obs1.fits -m "$MODEL" --ul-cl 0.95 -f csv -q > five.csv
    is_close "$(cell sqrt_ts 1 two.csv)" 4.232918 1e-7
    is_close "$(as_counts norm_ul two.csv)" 10.8938 1e-5
    is_close "$(as_counts norm_ul five.csv)" 9.6300 1e-5
}

@test "case 4: channels without an OFF region are left out and flagged; other bands stay as they were" {
    five_bands
    fe-points pha_obs1.fits -m "$MODEL" -e "$EDGES" -f csv -q > clean.csv
    for file in pha bkg; do
        cp "${file}_obs1.fits" saved.fits
        fitsedit "${file}_obs1.fits" SPECTRUM set BACKSCAL 3 0
        for stack in '' --stack; do
            fe-points pha_obs1.fits -m "$MODEL" -e "$EDGES" -f csv -q $stack > got.csv
            for row in 1 3 4 5; do
                [ "$(sed -n "$((row + 1))p" got.csv)" = "$(sed -n "$((row + 1))p" clean.csv)" ] || fail "$file $stack row $row"
            done
            [ "$(cell status 2 got.csv)" = NOOFF ]
            is_close "$(cell e_min_eff 2 got.csv)" 1.99526231497 1e-9
        done
        fitsedit "${file}_obs1.fits" SPECTRUM set BACKSCAL 4 0      # the whole band
        fe-points pha_obs1.fits -m "$MODEL" -e "$EDGES" -f csv -q > got.csv
        [[ $(cell status 2 got.csv) == *NOOFF* ]]
        [ "$(cell norm 2 got.csv),$(cell ts 2 got.csv)" = nan,nan ]
        [ "$(sed -n '4,6p' got.csv)" = "$(sed -n '4,6p' clean.csv)" ]
        mv saved.fits "${file}_obs1.fits"
    done
}

@test "case 5: a reference model of negative sign is refused with the reason" {
    five_bands
    for stack in '' --stack; do
        run --separate-stderr -2 fe-points pha_obs1.fits -m 'pl:index=2,amplitude=-1e-12 cm-2 s-1 TeV-1' -q -o out.fits $stack
        one_line
        [[ $stderr == *negative* && $stderr == *--abs-ref* ]]
        assert_not_exists out.fits
    done
}

@test "case 6: a scan reaches a rise of 25 on both sides, with a deficit and without counts as well" {
    for counts in '5 0' '0 40' '100 20'; do
        one_channel "${counts% *}" "${counts#* }"
        fe-points pha_obs1.fits -m "$MODEL" --scan -f ecsv -q | fe-convert -f json -q > got.json
        jq -e '.rows[0] | .stat as $best | .stat_scan | map(. - $best) | .[0] > 24.999 and .[-1] > 24.999 and (min | fabs < 1e-9)' \
            got.json || fail "$counts: $(jq -c '.rows[0].stat_scan' got.json)"
    done
}

@test "case 7: eflux of index 2 and flux of index 1 are ln 10, smooth beside" {
    # flux of unit dnde at 1 TeV: E^-g from 1 to 10 TeV
    for off in -1e-9 -1e-12 0 1e-12 1e-9; do
        two=$(awk -v d=$off 'BEGIN { printf "%.15g", 2 + d }') one=$(awk -v d=$off 'BEGIN { printf "%.15g", 1 + d }')
        printf 'e_min,e_max,e_ref,dnde\n1,10,1,1e-12\n' > in.csv
        fe-convert in.csv --index "$two" -t eflux -u 'TeV cm-2 s-1' -f csv -q > eflux.csv
        fe-convert in.csv --index "$one" -t flux -f csv -q > flux.csv
        # int E^(-1-d) = ln 10 (1 - d ln 10 / 2)
        want=$(awk -v d=$off 'BEGIN { l = log(10); printf "%.17g", 1e-12 * l * (1 - d * l / 2) }')
        is_close "$(cell eflux 1 eflux.csv)" "$want" 1e-13
        is_close "$(cell flux 1 flux.csv)" "$want" 1e-13
    done
}

@test "case 8: edges a float's rounding away give the same bands; others are moved and said, or refused" {
    five_bands
    fe-points pha_obs1.fits -m "$MODEL" -e "$EDGES" -f csv -q > clean.csv
    for sign in + -; do
        off=$(awk -v sign=$sign -v edges="${EDGES%TeV}" 'BEGIN { n = split(edges, e, ",")
            for (i = 1; i <= n; i++) printf "%.12g%s", e[i] * (1 + (sign "6e-8")), i < n ? "," : "TeV\n" }')
        run --separate-stderr -0 fe-points pha_obs1.fits -m "$MODEL" -e "$off" --exact-edges -f csv
        [[ $stderr != *moved* ]]
        cut -d, -f1-20 clean.csv > want
        cut -d, -f1-20 <<< "$output" | diff want -
    done
    run --separate-stderr -0 fe-points pha_obs1.fits -m "$MODEL" -e 1,3,10TeV -f csv
    [[ $stderr == *"energy edges moved to the data's: 3 -> 3.16228 TeV"* ]]
    echo "$output" > got.csv
    is_close "$(cell e_max 1 got.csv)" 3.16227766017 1e-9
    [ "$(cell e_max_asked 1 got.csv)" = 3 ]
    run --separate-stderr -3 fe-points pha_obs1.fits -m "$MODEL" -e 1,3,10TeV --exact-edges -f csv
    one_line
    [[ $stderr == *"energy edge 3 TeV is not an edge of the data, the nearest are 2.51188643 and 3.16227766 TeV (--exact-edges)" ]]
}

@test "case 9: limits with and without a value stay as they are; is_ul decides" {
    cat > in.csv <<'TABLE'
e_min,e_max,e_ref,flux,flux_err,flux_errn,flux_ul,is_ul
1,2,1.4,nan,nan,nan,4e-12,true
2,4,2.8,1e-12,9e-13,nan,3e-12,true
4,8,5.6,1e-12,2e-13,-1e-13,2e-12,false
TABLE
    fe-convert in.csv --index 2 -t dnde -f csv -q 2> log > dnde.csv
    [ "$(cell is_ul 1 dnde.csv | tr TF tf),$(cell is_ul 2 dnde.csv | tr TF tf),$(cell is_ul 3 dnde.csv | tr TF tf)" = true,true,false ]
    [ "$(cell dnde 1 dnde.csv)" = nan ]
    # index 2: dnde = flux / (1 / e_min - 1 / e_max) / e_ref^2
    is_close "$(cell dnde_ul 1 dnde.csv)" "$(awk 'BEGIN { printf "%.17g", 4e-12 / 0.5 / 1.96 }')" 1e-14
    is_close "$(cell dnde 2 dnde.csv)" "$(awk 'BEGIN { printf "%.17g", 1e-12 / 0.25 / 7.84 }')" 1e-14
    is_close "$(cell dnde_ul 2 dnde.csv)" "$(awk 'BEGIN { printf "%.17g", 3e-12 / 0.25 / 7.84 }')" 1e-14
    [ "$(cell dnde_errn 2 dnde.csv)" = nan ]
    fe-convert in.csv -f csv -q > same.csv
    tables_close same.csv in.csv 0
}

@test "case 10: the side of UL_CONF 0.95 is told by the producer, else unknown; never rounded" {
    printf 'e_min,e_max,dnde,dnde_ul\n1,10,1e-12,2e-12\n' | fe-convert -o plain.fits --no-history -q
    fitsedit plain.fits FLUXPOINTS key UL_CONF 0.95
    run -0 fe-info plain.fits
    assert_output --regexp 'upper limits +0\.95, side unknown'
    cp plain.fits sed.fits                                  # fermipy: the table is called SED; one-sided
    fitsedit sed.fits FLUXPOINTS name SED
    run -0 fe-info sed.fits
    assert_output --regexp 'upper limits +0\.95 one-sided: rise of 2\.70554'
    fe-convert sed.fits -f ecsv -q > sed.ecsv
    grep -q 'UL_CONF: 0.95$' sed.ecsv
    fe-convert plain.fits -o again.fits -q
    run -0 fe-info again.fits
    assert_output --regexp 'upper limits +0\.95, side unknown'
}

@test "case 13: times keep their scale and reference; the start is known in TT" {
    five_bands
    fitsedit pha_obs1.fits GTI key TIMESYS UTC
    fitsedit pha_obs1.fits GTI key MJDREFI 57753           # the day before the leap second of 2017
    fitsedit pha_obs1.fits GTI set START 1 86370
    fitsedit pha_obs1.fits GTI set STOP 1 86430.25
    run -0 fe-info --json pha_obs1.fits
    # TT is 32.184 s and 36 leap seconds ahead at the reference, and the seconds after it are those that pass
    [ "$(jq -r .time <<< "$output")" = "MJD $(awk 'BEGIN { tt = 57753 + 68.184 / 86400
        printf "%.6f to %.6f", tt + 86370 / 86400, tt + 86430.25 / 86400 }') (TT; GTI in UTC)" ]
    fe-points pha_obs1.fits -m "$MODEL" -q -o points.fits
    fe-convert points.fits -t flux -f ecsv -q > points.ecsv
    grep -q 'TIMESYS: UTC$' points.ecsv
    grep -q 'MJDREFI: 57753$' points.ecsv
    grep -q 'name: START.*values: \[86370' points.ecsv
    grep -q 'name: STOP.*values: \[86430.25\]' points.ecsv
    fe-convert points.ecsv -o again.fits -q
    fe-convert again.fits -f ecsv -q | grep -q 'name: STOP.*values: \[86430.25\]'
}

@test "case 14: units with a factor, photons, and keV beside TeV" {
    cat > in.ecsv <<'TABLE'
# %ECSV 1.0
# ---
# datatype:
# - {name: e_ref, unit: GeV, datatype: float64}
# - {name: dnde, unit: 1.e-13 cm-2 s-1 TeV-1, datatype: float64}
# - {name: dnde_ul, unit: ph / (MeV m2 s), datatype: float64}
# meta: !!omap
# - {SED_TYPE: dnde}
# schema: astropy-2.0
e_ref dnde dnde_ul
2000 5 3e-14
TABLE
    fe-convert in.ecsv -f csv -q > out.csv
    is_close "$(cell e_ref 1 out.csv)" 2 1e-15
    is_close "$(cell dnde 1 out.csv)" 5e-13 1e-14
    is_close "$(cell dnde_ul 1 out.csv)" 3e-12 1e-14
    # channels in keV, true energies in TeV
    five_bands
    fe-points pha_obs1.fits -m "$MODEL" -e "$EDGES" -f csv -q > want.csv
    for column in E_MIN E_MAX; do
        for row in 1 2 3 4 5 6 7 8 9 10; do
            fitsedit pha_obs1.fits EBOUNDS set $column $row "$(awk -v i=$row -v up=$column 'BEGIN { printf "%.17g", 1e9 * exp(log(10) * (i - (up == "E_MIN")) / 10) }')"
        done
        fitsedit pha_obs1.fits EBOUNDS unit $column keV
    done
    fe-points pha_obs1.fits -m "$MODEL" -e "$EDGES" -f csv -q > got.csv
    awk -v rtol=1e-8 -v columns=e_min,e_max,dnde,dnde_ul,ts -f "$FE_TOP/tests/compare.awk" want.csv got.csv
}
