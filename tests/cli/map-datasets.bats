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

@test "tools for spectra say that a map is none" {
    for tool in fe-points 'fe-fit -m pl' fe-sensitivity fe-stack; do
        run --separate-stderr -3 $tool "$DATA/cta-1dc/cta-1dc-gc.fits.gz" -q        # an option is part of a word
        one_line
        [[ $stderr == *"cta-1dc-gc.fits.gz: a map of 200 x 160 pixels, expected a spectrum" ]]
    done
    run --separate-stderr -3 fe-points "$DATA/hawc/DL4/HAWC_pass4_public_Crab.yaml" -e 1,10TeV -q
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
