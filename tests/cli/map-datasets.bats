# Datasets of maps: what fe-info says of them, that tools for spectra refuse them in one line, broken files.
# shellcheck disable=SC2154    # output and stderr are set by run
setup()
{
    load ../helper
    cd "$BATS_TEST_TMPDIR" || return
    need_command jq
    need_shared data/cta-1dc
    DATA=$FE_SHARED/data
}

@test "fe-info: geometry, axes, counts, masks, times of real maps" {
    fe-info --json "$DATA/cta-1dc/cta-1dc-gc.fits.gz" | jq -e '.kind == "dataset: counts with background and response" and
        .map == "200 x 160 pixels of 0.05 x 0.05 deg, GLON-CAR GLAT-CAR" and .channels == 8 and .bins_used == "211176 of 256000" and
        .counts == 137091 and .statistic == "cash" and (.livetime_s - 5292.0001 | fabs) < 1e-3 and .telescope == "CTA" and
        (.psf | startswith("66 radii to 0.66 deg at 16 true energies"))'
    fe-info --json "$DATA/hess-ring/hess-crab-ring.fits.gz" | jq -e '.statistic == "wstat" and .counts == 12636 and
        .centre == "RA 83.633000, Dec 22.014500 deg"'
    fe-info --json "$DATA/hawc/DL4/nHit-5.fits.gz" | jq -e '.psf | test("at 10 reconstructed energies")'
}

@test "tools say that a model has no place in a map" {
    local map="$DATA/cta-1dc/cta-1dc-gc.fits.gz"
    for tool in fe-fit fe-sensitivity; do
        run --separate-stderr -2 "$tool" "$map" -m pl -q
        one_line
        [[ $stderr == *"source 'source' has no place on the sky, which a map needs" ]]
    done
    run ! --separate-stderr fe-points "$map" -m pl -e 1,10TeV -q            # no place on the sky in this model
    one_line
    run --separate-stderr -3 fe-stack "$DATA/hawc/DL4/HAWC_pass4_public_Crab.yaml" -q
    one_line
}

@test "broken maps: cut, not a number, axes gone" {
    head -c 500000 "$DATA/cta-1dc/cta-1dc-gc.fits.gz" > cut.fits.gz
    run --separate-stderr -3 fe-info cut.fits.gz
    one_line
    zcat "$DATA/hess-ring/hess-crab-ring.fits.gz" > whole.fits
    head -c 100000 whole.fits > cut.fits
    run --separate-stderr -3 fe-points cut.fits -q
    one_line
    LC_ALL=C sed "s/BANDSHDU= 'EXPOSURE_BANDS'/BANDSHDU= 'EXPOSURE_OTHER'/" whole.fits > gone.fits
    run --separate-stderr -3 fe-info gone.fits
    one_line
    [[ $stderr == *"gone.fits[EXPOSURE]: its axes are missing: there is no table EXPOSURE_OTHER" ]]
    LC_ALL=C sed "s/'RA---TAN'/'RA---XXX'/" whole.fits > projection.fits
    run --separate-stderr -3 fe-info projection.fits
    one_line
}

@test "files of the Fermitools: a counts cube with what lies beside it" {
    need_shared data/tests/fermi
    fe-info --json "$DATA/tests/fermi/ccube_00.fits" | jq -e '.kind == "counts cube" and .telescope == "GLAST" and .counts == 12 and
        .channels == 4 and .map == "10 x 10 pixels of 0.2 x 0.2 deg, GLON-CAR GLAT-CAR" and .statistic == "cash"'
    cp "$DATA/tests/fermi/ccube_00.fits" alone_ccube.fits
    run --separate-stderr -3 fe-info alone_ccube.fits
    one_line
    [[ $stderr == *"alone_ccube.fits: a counts cube without a drm file beside it, of the same name with drm for ccube" ]]
}

@test "map datasets: a configuration of fermipy names counts cubes, one for each component; what is beside them is not data" {
    need_shared data/tests/fermi
    local fermi=$DATA/tests/fermi
    cat > crab.yaml <<YAML
components:
- name: crab
  type: SkyModel
  spectral: {type: PowerLawSpectralModel, parameters: [{name: index, value: 2.2}, {name: amplitude, value: 2.0e-12, unit: cm-2 s-1 TeV-1}, {name: reference, value: 1, unit: TeV}]}
  spatial: {type: PointSpatialModel, frame: galactic, parameters: [{name: lon_0, value: 184.5547, unit: deg}, {name: lat_0, value: -5.7833, unit: deg}]}
YAML
    run --separate-stderr fe-points "$fermi/config_fermipy_minimal.yaml" -m crab.yaml -e all -f csv
    assert_success
    [ "$output" = "$(fe-points "$fermi/ccube_00.fits" -q -m crab.yaml -e all -f csv)" ]
    [[ $stderr = *'isotropic and Galactic emission are no part of the data'* ]]
    printf 'selection: {emin: 1}\nfileio: {outdir: nowhere}\ncomponents:\n- binning: {binsz: 0.2}\n  fileio: {outdir: %s}\n- fileio: {outdir: %s/}\n' \
        "$fermi" "$fermi" > two.yaml
    [ "$(fe-points two.yaml -q -m crab.yaml -e all -f csv)" = "$(fe-points "$fermi"/ccube_0[01].fits -q -m crab.yaml -e all -f csv)" ]
    sed -i '/^-/,$d' two.yaml
    run --separate-stderr -3 fe-points two.yaml -q -m crab.yaml -e all
    [[ $stderr = *nowhere/ccube_00.fits* ]]
}
