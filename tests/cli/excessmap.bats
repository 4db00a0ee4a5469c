# fe-excessmap: excess maps of simulated and of real maps.
# shellcheck disable=SC2154    # output and stderr are set by run
setup_file()
{
    load ../helper
    cd "$BATS_FILE_TMPDIR" || return
    fe-simulate --map 2deg -m "$FE_TOP/data/sky.yaml" --e-min 0.5TeV --e-max 20TeV --bins 4 --true-bins 6 --livetime 10h --seed 1 \
        --start 60000 -o . --name gc
}

setup()
{
    load ../helper
    cd "$BATS_TEST_TMPDIR" || return
    MAP=$BATS_FILE_TMPDIR/gc.fits
    JOB=(--radius 0.1deg -m pl:index=2.3 -q --no-history)
}

# sums FILE: check sums of the data of all HDUs.
sums() { LC_ALL=C grep -ao "DATASUM = '[0-9]*" "$1"; }

# quantities FILE: of its maps.
quantities() { fe-info "$1" | sed -n 's/^  quantities  *//p'; }

@test "excessmap: all quantities in one file; the same bytes on any number of threads" {
    fe-excessmap "$MAP" "${JOB[@]}" -e 0.5,2,20TeV -o x.fits
    [ "$(quantities x.fits)" = "norm norm_err norm_errn norm_errp norm_ul ts sqrt_ts npred npred_excess counts background stat stat_null success status" ] ||
        fail "$(quantities x.fits)"
    for j in 1 2 4; do
        fe-excessmap "$MAP" "${JOB[@]}" -j "$j" > "out$j"
    done
    cmp out1 out2
    cmp out1 out4
}

@test "excessmap: several thresholds in one pass are the maps one by one" {
    fe-excessmap "$MAP" "${JOB[@]}" --emin 0.5,1,3TeV -o 'x_{emin}.fits'
    for e in 0.5 1 3; do
        fe-excessmap "$MAP" "${JOB[@]}" -e "$e:20TeV" -o "one_$e.fits"
        diff <(sums "x_${e}TeV.fits") <(sums "one_$e.fits")
    done
    [ "$(sums x_1TeV.fits | wc -l)" -gt 20 ]
    [ "$(sums x_1TeV.fits)" != "$(sums x_3TeV.fits)" ]
    # without an output it says the bands
    for emin in 0.5 1 3; do fe-excessmap "$MAP" "${JOB[@]}" -q --emin ${emin}TeV --dry-run | grep '^band'; done > want
    fe-excessmap "$MAP" "${JOB[@]}" -q --emin 0.5,1,3TeV --dry-run > dry
    [ "$(sort -u want | wc -l)" -eq 3 ]
    grep '^band' dry | diff - want
    [ "$(cut -f 1 dry | tr '\n' ' ')" = "dataset band band band pixels memory " ]
    fe-info x_1TeV.fits | grep -q "$(sed -n 2p want | cut -f 2)"
    run --separate-stderr -2 fe-excessmap "$MAP" "${JOB[@]}" --emin 1,3TeV -o x.fits
    one_line
    [[ $stderr == *"--emin needs -o with {emin}"* ]]
}

@test "excessmap: each threshold has its own distribution; nothing is written when one of them is no energy" {
    fe-excessmap "$MAP" "${JOB[@]}" --emin 1,3TeV -o 'x_{emin}.fits' --sigma-hist 'h_{emin}.csv'
    for e in 1 3; do
        fe-excessmap "$MAP" "${JOB[@]}" -e "$e:20TeV" -o one.fits --sigma-hist one.csv --force
        cmp one.csv "h_${e}TeV.csv"
    done
    run -1 cmp h_1TeV.csv h_3TeV.csv
    run --separate-stderr -2 fe-excessmap "$MAP" "${JOB[@]}" --emin 1,3TeV -o 'no_{emin}.fits' --sigma-hist h.csv
    one_line
    [[ $stderr == *"--emin needs --sigma-hist with {emin}"* ]]
    for list in 1,x,3TeV 1,1000TeV; do
        run --separate-stderr -2 fe-excessmap "$MAP" "${JOB[@]}" --emin "$list" -o 'no_{emin}.fits'
        one_line
    done
    run ! compgen -G 'no_*'
}

@test "excessmap: OFF counts of a ring are not summed twice unless that is meant" {
    need_shared data/hess-ring
    ring=$FE_SHARED/data/hess-ring/hess-crab-ring.fits.gz
    run --separate-stderr -2 fe-excessmap "$ring" --correlate-off yes -m pl:index=2.6 -o no.fits
    one_line
    [[ $stderr == *"--bkg-origin reflected, or --allow-double-correlation" ]]
    run --separate-stderr -2 fe-excessmap "$ring" --correlate-off yes --bkg-origin ring -m pl:index=2.6 -o no.fits
    one_line
    run --separate-stderr -2 fe-excessmap "$ring" --bkg-origin model -m pl:index=2.6 -o no.fits
    one_line
    assert_file_not_exists no.fits
    fe-excessmap "$ring" --correlate-off yes --allow-double-correlation -m pl:index=2.6 -o twice.fits -q
    fe-excessmap "$ring" --bkg-origin reflected -m pl:index=2.6 -o reflected.fits -q
    fe-excessmap "$ring" "$ring" -m pl:index=2.6 -o sum.fits -q
}

@test "excessmap: significances outside the exclusion regions as the reference has them" {
    need_shared reference/maps
    need_command jq
    ring=$FE_SHARED/data/hess-ring/hess-crab-ring.fits.gz
    for off in yes no; do
        fe-excessmap "$ring" --radius 0.12deg -m pl:index=2.6 --correlate-off "$off" --allow-double-correlation --sigma-hist "$off.json" \
            --exclusion "$FE_SHARED/data/hess-ring/exclusion.fits.gz" -q > "$off.fits"
        key=m3_excess_1band_correlate_off_$([ "$off" = yes ] && echo true || echo false)_band0
        jq -e --slurpfile want "$FE_SHARED/reference/maps/m3-hess-ring/m3_significance_histograms.json" --arg key "$key" '
            $want[0][$key] as $w | (.meta.MEAN - $w.mean_outside | fabs) < 1e-4 and (.meta.WIDTH - $w.std_outside | fabs) < 1e-4 and
            .meta.NPIX == $w.n_outside and ([.rows[].pixels] | add) == $w.n_outside' "$off.json" || fail "$(jq .meta "$off.json")"
    done
}

@test "excessmap: bad input" {
    run --separate-stderr -3 fe-excessmap "$FE_TOP/data/runs/pha_obs1.fits" "${JOB[@]}" -o no.fits
    one_line
    run --separate-stderr -2 fe-excessmap "$MAP" --radius 0deg -m pl -q -o no.fits
    one_line
    run --separate-stderr -2 fe-excessmap "$MAP" --radius 1e9deg -m pl -q -o no.fits
    one_line
    [[ $stderr == *"at most the side of the map, 2 deg" ]]
    run --separate-stderr -3 fe-excessmap "$MAP" "${JOB[@]}" --exclusion missing.fits -o no.fits
    one_line
    assert_file_not_exists no.fits
}

@test "excessmap: gammapy reads the product" {
    need_gammapy
    fe-excessmap "$MAP" "${JOB[@]}" -t flux -o x.fits
    "$FE_GAMMAPY_PYTHON" -W ignore -c '
import sys
import numpy as np
from gammapy.datasets import MapDataset
from gammapy.estimators import ExcessMapEstimator, FluxMaps
from gammapy.modeling.models import PowerLawSpectralModel

ours = FluxMaps.read(sys.argv[1])
theirs = ExcessMapEstimator("0.1 deg", spectral_model=PowerLawSpectralModel(index=2.3)).run(MapDataset.read(sys.argv[2]))
np.testing.assert_allclose(ours.flux.quantity, theirs.flux.quantity.to(ours.flux.unit), rtol=1e-4, atol=1e-15)
np.testing.assert_allclose(ours.sqrt_ts.data, theirs.sqrt_ts.data, rtol=1e-4, atol=1e-4)
' x.fits "$MAP"
}
