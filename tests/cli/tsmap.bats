# fe-tsmap: TS maps of a simulated map and of real ones.
# shellcheck disable=SC2154    # output and stderr are set by run
setup_file()
{
    load ../helper
    cd "$BATS_FILE_TMPDIR" || return
    fe-simulate --map 2deg -m "$FE_TOP/data/sky.yaml" --e-min 0.5TeV --e-max 20TeV --bins 4 --true-bins 6 --livetime 10h --seed 1 \
        --start 60000 -o . --name gc
    fe-simulate --map 2deg -m "$FE_TOP/data/sky.yaml" --e-min 0.5TeV --e-max 20TeV --bins 4 --true-bins 6 --livetime 10h --asimov \
        -o . --name asimov
}

setup()
{
    load ../helper
    cd "$BATS_TEST_TMPDIR" || return
    MAP=$BATS_FILE_TMPDIR/gc.fits
    JOB=(--kernel-width 0.5deg -e "0.5,2,20TeV" -m pl:index=2.3 -q --no-history)
}

# quantities FILE: of its maps.
quantities() { fe-info "$1" | sed -n 's/^  quantities  *//p'; }

@test "tsmap: all quantities, model and good times in one file; the same bytes on any number of threads" {
    fe-tsmap "$MAP" "${JOB[@]}" -o ts.fits -j 1
    [ "$(quantities ts.fits)" = "norm norm_err norm_errn norm_errp norm_ul ts sqrt_ts npred npred_excess counts background stat stat_null success niter status" ] ||
        fail "$(quantities ts.fits)"
    grep -q 'index' ts.fits_model.yaml
    for j in 1 2 4; do
        fe-tsmap "$MAP" "${JOB[@]}" -j "$j" > "out$j"
    done
    cmp out1 out2
    cmp out1 out4
    need_command fitsverify
    fitsverify -q ts.fits
}

@test "tsmap: --select, --float, --to, --unit, --sensitivity" {
    fe-tsmap "$MAP" "${JOB[@]}" --select norm,sqrt_ts,sensitivity --sensitivity -t flux -u 'm-2 s-1' --float -o part.fits
    [ "$(quantities part.fits)" = "flux flux_sensitivity sqrt_ts" ] || fail "$(quantities part.fits)"
    grep -aq "BUNIT   = 'm-2 s-1 " part.fits
    [ "$(stat -c %s part.fits)" -lt 120000 ]
    run --separate-stderr -2 fe-tsmap "$MAP" "${JOB[@]}" --select nrom -o no.fits
    one_line
}

@test "tsmap: two datasets jointly; what does not fit together is refused" {
    fe-tsmap "$MAP" "$MAP" "${JOB[@]}" -o joint.fits
    fe-simulate --map 1deg -m "$FE_TOP/data/sky.yaml" --bins 4 -o . --name small > /dev/null
    run --separate-stderr -3 fe-tsmap "$MAP" small.fits "${JOB[@]}" -o no.fits
    one_line
    [[ $stderr == *"small.fits: its pixels are not those of "*"gc.fits: maps are fitted jointly on one geometry" ]]
    assert_file_not_exists no.fits
    run --separate-stderr -3 fe-tsmap "$FE_TOP/data/runs/pha_obs1.fits" "${JOB[@]}" -o no.fits
    one_line
    [[ $stderr == *"a spectrum, expected a map" ]]
}

@test "tsmap: kernels, known sources, masks, parts, free backgrounds, scans" {
    fe-tsmap "$MAP" "${JOB[@]}" --spatial gauss:0.15deg --no-psf --cube -o gauss.fits
    fe-tsmap "$MAP" "${JOB[@]}" --known-sources "$FE_TOP/data/sky.yaml" -o known.fits
    fe-tsmap "$MAP" "${JOB[@]}" --center gal:0.375,0.225 --width 0.5deg,0.3deg --free bkg --scan --scan-min 4 -o part.fits
    fe-info part.fits | grep -q '^  scans  *[1-9]'
    run --separate-stderr -2 fe-tsmap "$MAP" "${JOB[@]}" --center gal:90,0 --width 1deg -o no.fits
    one_line
    run --separate-stderr -2 fe-tsmap "$MAP" "${JOB[@]}" --center gal:0,0 -o no.fits
    one_line
    run --separate-stderr -2 fe-tsmap "$MAP" "${JOB[@]}" --sum --cube -o no.fits
    one_line
    run --separate-stderr -2 fe-tsmap "$MAP" -e 100:200TeV -q -o no.fits
    one_line
    run --separate-stderr -3 fe-tsmap "$MAP" "${JOB[@]}" --mask "$FE_TOP/data/runs/pha_obs1.fits" -o no.fits
    one_line
    assert_file_not_exists no.fits
}

@test "tsmap: only some places, as a table: the same as those pixels of the map" {
    need_command jq
    printf 'name,glon,glat\none,0.375,0.225\ntwo,-0.4,-0.3\n' > places.csv
    fe-tsmap "$MAP" "${JOB[@]}" --scan --scan-min 4 -o ts.fits
    fe-extract ts.fits --positions places.csv -t dnde -f json -q > want.json
    fe-tsmap "$MAP" "${JOB[@]}" --positions places.csv --scan --scan-min 4 -o got.json
    jq -e --slurpfile want want.json '[.rows, $want[0].rows] | transpose | length == 4 and all(.[0] as $g | .[1] as $w |
        $g.source == $w.source and $g.dnde == $w.dnde and $g.dnde_ul == $w.dnde_ul and $g.sqrt_ts == $w.sqrt_ts and
        $g.norm_scan == $w.norm_scan)' got.json
    printf 'ra,dec\n10,10\n' > off.csv
    run --separate-stderr -2 fe-tsmap "$MAP" "${JOB[@]}" --positions off.csv -o no.fits
    one_line
}

@test "tsmap: --dry-run says what would be done, and writes nothing" {
    run -0 --separate-stderr fe-tsmap "$MAP" "${JOB[@]}" --dry-run -o dry.fits
    assert_line --partial 'pixels	40 x 40'
    assert_line --partial 'memory'
    [ "$(grep -c ^band <<< "$output")" -eq 2 ]
    assert_file_not_exists dry.fits
}

@test "tsmap: broken and lying maps: one line, exit 3, nothing written" {
    head -c 200000 "$MAP" > cut.fits
    run --separate-stderr -3 fe-tsmap cut.fits "${JOB[@]}" -o no.fits
    one_line
    gzip -c "$MAP" | head -c 60000 > cut.fits.gz
    run --separate-stderr -3 fe-tsmap cut.fits.gz "${JOB[@]}" -o no.fits
    one_line
    LC_ALL=C sed "s/BUNIT   = 'cm2 s /BUNIT   = 'cm  s /" "$MAP" > unit.fits
    run --separate-stderr -3 fe-tsmap unit.fits "${JOB[@]}" -o no.fits
    one_line
    assert_file_not_exists no.fits
}

@test "tsmap: gammapy reads the product: every quantity, model and times" {
    need_gammapy
    fe-tsmap "$MAP" "${JOB[@]}" -t flux -o ts.fits
    "$FE_GAMMAPY_PYTHON" -W ignore - ts.fits > got << 'EOF'
import sys

import numpy as np
from gammapy.estimators import FluxMaps

maps = FluxMaps.read(sys.argv[1])
print(maps.sed_type_init, maps.n_sigma, *sorted(maps.available_quantities))
best = np.unravel_index(np.nanargmax(maps.sqrt_ts.data), maps.sqrt_ts.data.shape)
print(*best, maps.geom.axes["energy"].nbin, round(maps.gti.time_sum.to_value("h"), 6))
np.testing.assert_allclose(maps.norm_ul.data, (maps.flux_ul / maps.flux_ref).quantity.to_value(""), rtol=1e-12)
EOF
    head -n 1 got | grep -q '^likelihood 1 .*norm_errn.*norm_ul.*npred.*'
    sed -n 2p got | grep -q ' 2 10.0$'
}
