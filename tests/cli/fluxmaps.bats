# Flux maps as files: fe-info, fe-convert, fe-combine, fe-peaks, fe-extract; ours and gammapy's.
# shellcheck disable=SC2154    # output and stderr are set by run
setup_file()
{
    load ../helper
    cd "$BATS_FILE_TMPDIR" || return
    fe-simulate --map 2deg -m "$FE_TOP/data/sky.yaml" --e-min 0.5TeV --e-max 20TeV --bins 4 --true-bins 6 --livetime 10h --seed 1 \
        --start 60000 -o . --name gc
    fe-tsmap gc.fits --kernel-width 0.5deg -e 0.5,2,20TeV -m pl:index=2.3 --scan --scan-min 4 -q --no-history -o ts.fits
}

setup()
{
    load ../helper
    cd "$BATS_TEST_TMPDIR" || return
    TS=$BATS_FILE_TMPDIR/ts.fits
    need_command jq
}

@test "fluxmaps: fe-info tells bands, quantities, model, times, peaks, scans" {
    fe-info --json "$TS" | jq -e '.kind == "flux maps" and .sed_type == "likelihood" and .METHOD == "sum" and
        (.map | startswith("40 x 40 pixels of 0.05")) and (.quantities | test("norm_errn.*sqrt_ts.*niter")) and
        (.reference_model | startswith("pl:index=2.3")) and (.time | startswith("MJD 60000.000000")) and .errors == "1 sigma" and
        (.band_1 | test("1600 pixels with values, largest sqrt_ts [0-9.]+ at l 0.3750, b 0.2250 deg")) and .scans > 10'
}

@test "fluxmaps: from any type into any other and back, scans and all" {
    from=$TS
    for type in flux dnde eflux e2dnde likelihood; do
        fe-convert "$from" -t "$type" -q --no-history -o "$type.fits"
        from=$type.fits
    done
    fe-convert "$TS" -f csv -q -t likelihood > a.csv
    fe-convert likelihood.fits -f csv -q -t likelihood > b.csv
    [ "$(wc -l < a.csv)" -eq 3201 ]
    tables_close b.csv a.csv 1e-12
    fe-info --json "$TS" | jq .scans > a
    fe-info --json likelihood.fits | jq .scans > b
    diff a b
    # the flux is the norm times that of the model
    fe-extract "$TS" --at gal:0.375,0.225 -t flux -f json -q > points.json
    fe-extract flux.fits --at gal:0.375,0.225 -f json -q > maps.json
    jq -e --slurpfile want points.json '[.rows, $want[0].rows] | transpose | length == 2 and
        all(.[0].flux == .[1].flux and .[0].flux_ul == .[1].flux_ul and .[0].ts == .[1].ts and .[0].flux > 0)' maps.json
    fe-convert "$TS" -t e2dnde -u 'erg cm-2 s-1' -q -o erg.fits
    grep -aq "BUNIT   = 'erg cm-2 s-1'" erg.fits
    run --separate-stderr -2 fe-convert "$TS" --recompute ul --ul-cl 0.99 -o no.fits
    one_line
}

@test "fluxmaps: bands of two files into one" {
    fe-tsmap "$BATS_FILE_TMPDIR/gc.fits" --kernel-width 0.5deg -e 0.5:2TeV -m pl:index=2.3 -q -o low.fits
    fe-tsmap "$BATS_FILE_TMPDIR/gc.fits" --kernel-width 0.5deg -e 2:20TeV -m pl:index=2.3 -q -o high.fits
    fe-combine low.fits high.fits --append -o both.fits
    fe-convert "$TS" -f csv -q > a.csv
    fe-convert both.fits -f csv -q > b.csv
    diff a.csv b.csv
    run --separate-stderr -3 fe-combine high.fits low.fits --append -o no.fits
    one_line
    [[ $stderr == *"its first band begins at 0.5 TeV, expected 20, where high.fits ends" ]]
    run --separate-stderr -3 fe-combine low.fits high.fits --likelihood -o no.fits
    one_line
    [[ $stderr == *"a band begins or ends at"* ]]
    run --separate-stderr -3 fe-combine low.fits "$FE_TOP/data/published/crab_hess_2006.ecsv" --append -o no.fits
    one_line
}

@test "fluxmaps: sources found, and their flux points with scans" {
    fe-peaks "$TS" --threshold 5 -f json --regions peaks.reg > peaks.json
    jq -e '.rows[0] | .name == "P1" and (.glon - 0.375 | fabs) < 1e-9 and (.glat - 0.225 | fabs) < 1e-9 and .sqrt_ts > 10' peaks.json
    jq -e '[.rows[] | select((.glon - 359.6 | fabs) < 0.15 and (.glat + 0.3 | fabs) < 0.15)] | length >= 1' peaks.json
    [ "$(grep -c '^circle' peaks.reg)" -eq "$(jq '.rows | length' peaks.json)" ]
    fe-peaks "$TS" --band 2 --threshold 8 -f json | jq -e '[.rows[].e_min] | all(. > 1)'
    fe-peaks "$TS" --threshold 5 | fe-extract "$TS" --positions - -t e2dnde -o points.fits -q
    fe-info --json points.fits | jq -e '.kind == "flux points"'
    fe-convert points.fits --recompute ul --ul-cl 0.99 -q -f csv > restated.csv
    head -n 1 restated.csv | grep -q e2dnde_ul
    run -0 --separate-stderr fe-peaks "$TS" --threshold 1000 -f csv
    [[ $stderr == *"no peak of sqrt_ts at or above 1000" ]]
    run --separate-stderr -2 fe-peaks "$TS" --band 3
    one_line
    run --separate-stderr -2 fe-peaks "$TS" --quantity nothing
    one_line
    run --separate-stderr -2 fe-extract "$TS" --at 0,0
    one_line
    [[ $stderr == *"is off the map" ]]
    run --separate-stderr -2 fe-extract "$TS"
    one_line
}

@test "fluxmaps: pictures" {
    fe-plot "$TS" --script map.gp -f png -o map.png --title 'two bands'
    grep -q '^set multiplot layout 1,2' map.gp
    [ "$(grep -c 'matrix with image' map.gp)" -eq 2 ]
    grep -q "'0.5' 9.5000\|'0.5'" map.gp
    fe-plot "$TS" -k map --quantity norm_ul --script - | grep -q "cblabel 'norm_ul'"
    fe-plot "$TS" -t flux --script - | grep -q "cblabel 'flux'"
    run --separate-stderr -2 fe-plot "$TS" --quantity nothing --script -
    one_line
    run --separate-stderr -2 fe-plot "$TS" -f text
    one_line
    run --separate-stderr -2 fe-plot "$FE_TOP/data/published/crab_hess_2006.ecsv" -k map --script -
    one_line
    need_command gnuplot
    [ "$(head -c 4 map.png | tail -c 3)" = PNG ]
}

@test "fluxmaps: what is none, and what is broken" {
    run --separate-stderr -3 fe-peaks "$FE_TOP/data/runs/pha_obs1.fits"
    one_line
    head -c 100000 "$TS" > cut.fits
    run --separate-stderr -3 fe-extract cut.fits --at gal:0,0
    one_line
    LC_ALL=C sed "s/BANDSHDU= 'NORM_BANDS'/BANDSHDU= 'NORM_OTHER'/" "$TS" > axes.fits
    run --separate-stderr -3 fe-convert axes.fits -t flux -o no.fits
    one_line
    assert_file_not_exists no.fits
}

@test "fluxmaps: gammapy's files of every type; all its quantities come over" {
    need_shared reference/maps
    G=$FE_SHARED/reference/maps/m1-fermi-3fhl-gc
    fe-info --json "$G/m1_3band_sum_window_flux.fits.gz" | jq -e '.sed_type == "flux" and
        (.quantities | test("flux flux_err flux_errn flux_errp flux_ul ts sqrt_ts")) and (.reference_model | startswith("pl:index=2"))'
    fe-extract "$G/m1_3band_sum_window.fits.gz" --at gal:0,0 -t flux -f csv -q > a.csv
    fe-extract "$G/m1_3band_sum_window_flux.fits.gz" --at gal:0,0 -t flux -f csv -q > b.csv
    cut -d, -f 1-9 a.csv > a1.csv
    tables_close b.csv a1.csv 1e-6
}

@test "fluxmaps: gammapy reads what was converted" {
    need_gammapy
    cd "$BATS_FILE_TMPDIR" || return            # gammapy looks for models from where it stands
    fe-convert "$TS" -t eflux -u 'erg cm-2 s-1' -q -o eflux.fits
    fe-extract "$TS" --at gal:0,0 -t flux -q -o p.fits
    "$FE_GAMMAPY_PYTHON" -W ignore -c '
import sys
import numpy as np
from gammapy.estimators import FluxMaps, FluxPoints

a, b = FluxMaps.read(sys.argv[1]), FluxMaps.read(sys.argv[2])
for name in ["norm", "norm_err", "norm_errn", "norm_errp", "norm_ul", "sqrt_ts", "npred", "counts", "stat_null"]:
    np.testing.assert_allclose(getattr(b, name).data, getattr(a, name).data, rtol=1e-9)
assert len(FluxPoints.read(sys.argv[3]).to_table(sed_type="flux")) == 2
' "$TS" eflux.fits p.fits
}

# two: maps of 10 h simulated from one sky, 1.fits and 2.fits, and their TS maps a.fits, b.fits, and joint.fits of both.
two()
{
    local how=(--kernel-width 0.5deg -e 0.5,2,20TeV -m pl:index=2.3 -q --no-history "$@") seed
    for seed in 1 2; do
        fe-simulate --map 1.2deg -m "$FE_TOP/data/sky.yaml" --e-min 0.5TeV --e-max 20TeV --bins 4 --true-bins 6 --livetime 10h \
            --seed $seed --start 6000$seed -o . --name $seed
    done
    fe-tsmap 1.fits "${how[@]}" -o a.fits
    fe-tsmap 2.fits "${how[@]}" -o b.fits
    fe-tsmap 1.fits 2.fits "${how[@]}" -o joint.fits
}

# unflagged FILE: its pixels that joint.fits does not flag, as a table; rows are in one order.
unflagged()
{
    fe-convert joint.fits -t likelihood -f csv -q > rows
    fe-convert "$1" -t likelihood -f csv -q | awk -F, 'FNR == 1 { for (c = 1; $c != "status"; c++); }
        NR == FNR { bad[FNR] = FNR > 1 && $c != ""; next } !bad[FNR]' rows -
}

# close_maps RTOL COLUMN,...: both.fits as joint.fits.
close_maps()
{
    unflagged joint.fits > want.csv
    unflagged both.fits > got.csv
    [ "$(wc -l < got.csv)" -gt 1000 ]
    awk -v rtol="$1" -v columns="$2" -v error=norm_errp -f "$FE_TOP/tests/compare.awk" want.csv got.csv
}

# rms COLUMN MOST: of got.csv against want.csv, in errp.
rms()
{
    awk -F, -v column="$1" -v most="$2" 'FNR == 1 { for (c = 1; $c != column; c++); for (e = 1; $e != "norm_errp"; e++); next }
        NR == FNR { want[FNR] = $c; error[FNR] = $e; next }
        $c ~ /^[-0-9]/ { d = ($c - want[FNR]) / error[FNR]; sum += d * d; n++ }
        END { printf "%s: %d pixels, rms %g\n", column, n, sqrt(sum / n); exit !(n > 1000 && sqrt(sum / n) < most) }' want.csv got.csv
}

@test "fluxmaps: likelihoods of two maps added by their scans are the joint map, to 2e-4 of the errors" {
    two --scan --scan-min=-100 --scan-points 41
    fe-combine a.fits b.fits --likelihood -q -o both.fits
    close_maps 2e-4 norm,norm_err,norm_errn,norm_errp,norm_ul,ts,stat,counts,background,npred_excess
    fe-info --json both.fits | jq -e '.scans > 1000 and .sed_type == "likelihood" and (.time | startswith("MJD 60001.000000"))'
    # what comes out holds scans that can be asked again
    fe-extract both.fits --at gal:0,0 -t likelihood -q -o point.fits
    fe-convert point.fits -f json -q > point.json
    fe-convert point.fits --recompute ul --ul-cl 0.95 -f json -q | jq -e --slurpfile want point.json '
        [.rows, $want[0].rows] | transpose | length == 2 and all((.[0].norm_ul - .[1].norm_ul | fabs) < 1e-3 * .[1].norm_errp)'
    # types other than norms are the same likelihoods
    fe-convert a.fits -t flux -q -o flux.fits
    fe-combine flux.fits b.fits --likelihood -q -o other.fits
    fe-info --json other.fits | jq -e '.sed_type == "flux"'
    fe-convert other.fits -t likelihood -f csv -q > other.csv
    fe-convert both.fits -t likelihood -f csv -q > both.csv
    awk -v rtol=1e-9 -v columns=norm,norm_ul,ts -f "$FE_TOP/tests/compare.awk" both.csv other.csv
}

@test "fluxmaps: likelihoods of two maps without scans, by norms and errors: on average the joint map within some per cent of the errors" {
    two
    run --separate-stderr -3 fe-combine a.fits b.fits --likelihood -q -o both.fits
    one_line
    [[ $stderr == *"there are no likelihood scans to combine"*"--approx"* ]]
    fe-combine a.fits b.fits --likelihood --approx -q -o both.fits
    close_maps 1e-9 counts,background
    rms norm 0.04
    rms norm_errn 0.04
    rms norm_errp 0.04
    rms norm_ul 0.09
    fe-convert both.fits -f csv -q | grep -c APPROX | awk '{ exit !($1 == 1152) }'
}

@test "fluxmaps: scans of gammapy's maps are read, and added" {
    need_gammapy
    two
    "$FE_GAMMAPY_PYTHON" -W ignore -c '
from astropy import units as u
from gammapy.datasets import MapDataset
from gammapy.estimators import TSMapEstimator
from gammapy.modeling.models import PointSpatialModel, PowerLawSpectralModel, SkyModel

model = SkyModel(PowerLawSpectralModel(index=2.3, amplitude="1e-12 cm-2 s-1 TeV-1"), PointSpatialModel())
for k in "12":
    estimator = TSMapEstimator(model, kernel_width="0.5 deg", energy_edges=[0.5, 1.70997594668, 20] * u.TeV, rtol=1e-8,
                               selection_optional=["errn-errp", "ul", "stat_scan"])
    estimator.run(MapDataset.read(k + ".fits")).write("g" + k + ".fits", overwrite=True)
'
    fe-info --json g1.fits | jq -e '.scans == 1152'
    # far above zero the sum is nearly the weighted mean of both
    fe-combine g1.fits g2.fits --likelihood -q -o both.fits
    for name in g1 g2 both; do
        fe-extract $name.fits --at gal:0.375,0.225 -t flux -f json -q > $name.json
    done
    jq -e --slurpfile a g1.json --slurpfile b g2.json '[.rows, $a[0].rows, $b[0].rows] | transpose | length == 2 and
        all((1 / (.[1].flux_err * .[1].flux_err)) as $v | (1 / (.[2].flux_err * .[2].flux_err)) as $w |
            ((.[0].flux - ($v * .[1].flux + $w * .[2].flux) / ($v + $w)) | fabs) < 0.15 / (($v + $w) | sqrt) and
            (.[0].flux_errp * (($v + $w) | sqrt) - 1 | fabs) < 0.08 and .[0].counts == .[1].counts + .[2].counts)' both.json
}

@test "fluxmaps: maps that do not fit together are refused" {
    two
    fe-tsmap 1.fits --kernel-width 0.5deg -e 0.5,5,20TeV -m pl:index=2.3 -q -o edges.fits
    fe-tsmap 1.fits --kernel-width 0.5deg -e 0.5:20TeV -m pl:index=2.3 -q -o one.fits
    fe-tsmap 1.fits --kernel-width 0.5deg -e 0.5,2,20TeV -m pl:index=3 -q -o shape.fits
    local cases=("edges.fits:a band begins or ends at" "one.fits:1 bands, expected the 2 of a.fits" "$TS:its pixels are not those of a.fits"
                 "shape.fits:another shape") case
    for case in "${cases[@]}"; do
        run --separate-stderr -3 fe-combine a.fits "${case%%:*}" --likelihood --approx -q -o no.fits
        one_line
        [[ $stderr == *"${case#*:}"* ]]
        assert_file_not_exists no.fits
    done
    run --separate-stderr -2 fe-combine a.fits b.fits --rebin 0.5:20TeV --likelihood -o no.fits
    one_line
    run --separate-stderr -2 fe-combine a.fits b.fits --append --approx -o no.fits
    one_line
}
