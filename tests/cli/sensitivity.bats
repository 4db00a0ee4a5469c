# fe-sensitivity and fe-stack: gammapy's numbers for the four H.E.S.S. runs of the Crab (algorithms 22.1), closed forms, messages.
# shellcheck disable=SC2154    # output and stderr are set by run
setup()
{
    load ../helper
    cd "$BATS_TEST_TMPDIR" || return
    RUNS=$FE_TOP/data/runs
    HESS=$FE_SHARED/data/joint-crab/spectra/hess
}

close_to() { awk -v rtol="$1" -v columns="$4" -f "$FE_TOP/tests/compare.awk" "$2" "$3"; }

@test "fe-sensitivity: the four H.E.S.S. runs as gammapy has them, to 1e-5" {
    need_shared data/joint-crab/spectra/hess
    fe-sensitivity "$HESS"/pha_obs*.fits -e 1:1.584893192461TeV:4 -f csv -q > got.csv
    cat > want.csv <<'END'
e_min,excess,background,criterion,e2dnde
1,10.6447094,1.7583334,significance,1.8060059e-11
1.122018454301963,11.2571862,2.075,significance,2.0364180e-11
1.258925411794167,10,1.4166666,gamma,1.9199802e-11
1.412537544622754,10.9945913,1.8333333,significance,2.2412509e-11
END
    close_to 1e-5 want.csv got.csv
    [ "$(head -n 1 got.csv)" = e_ref,e_min,e_max,e2dnde,excess,background,criterion,status ]
}

@test "fe-sensitivity: the criteria take turns; the amplitude of the model has no influence, its shape has" {
    band=("$RUNS"/pha_obs*.fits -e 1:10TeV -f csv -q)
    fe-sensitivity "${band[@]}" > one.csv
    fe-sensitivity "${band[@]}" -m 'pl:index=2,amplitude=3e-5 cm-2 s-1 TeV-1' > two.csv
    close_to 1e-12 one.csv two.csv
    fe-sensitivity "${band[@]}" -m pl:index=3 > three.csv
    run ! close_to 1e-2 one.csv three.csv e2dnde
    fe-sensitivity "${band[@]}" --min-counts 1000 > gamma.csv
    fe-sensitivity "${band[@]}" --bkg-syst 2 > bkg.csv
    fe-sensitivity "${band[@]}" --sens-sigma 3 > three.csv
    awk -F, 'FNR == 1 { file++; next } { e[file] = $4; excess[file] = $5; b[file] = $6; c[file] = $7 }
        function far(x, y) { return x / y - 1 > 1e-12 || x / y - 1 < -1e-12 }
        END { exit c[1] != "significance" || c[2] != "gamma" || excess[2] != 1000 || c[3] != "bkg" || far(excess[3], 2 * b[3]) ||
            far(e[2] / e[1], excess[2] / excess[1]) || excess[4] >= excess[1] }' one.csv gamma.csv bkg.csv three.csv
}

@test "fe-sensitivity: types, units and files are those of flux points" {
    fe-sensitivity "$RUNS"/pha_obs*.fits -e 1:10TeV:3 -m pl:index=2.5 -o s.fits -q
    fe-sensitivity "$RUNS"/pha_obs*.fits -e 1:10TeV:3 -m pl:index=2.5 -t flux -f csv -q > want.csv
    fe-convert s.fits --to flux -f csv -q > got.csv
    close_to 1e-12 want.csv got.csv e_min,flux,excess,background,criterion
    # int E^-2.5 dE over a band of ratio r, at e_ref = e_min sqrt(r): flux / e2dnde
    fe-convert s.fits -u 'TeV cm-2 s-1' -f csv -q > e2.csv
    awk -F, 'FNR == 1 { delete at; for (i = 1; i <= NF; i++) at[$i] = i; next }
        FNR == NR { flux[FNR] = $(at["flux"]); next }
        { lo = $(at["e_min"]); hi = $(at["e_max"]); ref = $(at["e_ref"])
          d = flux[FNR] / ($(at["e2dnde"]) * ref^0.5 * (lo^-1.5 - hi^-1.5) / 1.5) - 1
          if (d > 1e-12 || d < -1e-12) bad = 1 } END { exit bad || FNR != 4 }' want.csv e2.csv
    fe-sensitivity "$RUNS"/pha_obs*.fits -e 1:10TeV:3 -f ecsv -q | grep -q 'e2dnde, unit: erg cm-2 s-1'
}

@test "fe-sensitivity: a band outside the data is EMPTY" {
    fe-sensitivity "$RUNS/pha_obs1.fits" -e 1,10,1000,3000TeV -f csv -q > got.csv
    awk -F, 'NR == 4 { exit !($2 == 1000 && $3 == 3000 && $4 == "nan" && $8 == "EMPTY") }' got.csv
}

@test "fe-stack: what fe-points --stack takes: the same estimates to 1e-12" {
    path=$(fe-stack "$RUNS"/pha_obs*.fits -o st --name crab)
    [ "$path" = st/pha_obscrab.fits ]
    points=(-e 0.5:20TeV:6 -m pl:index=2.5 -f csv -q --sensitivity)
    fe-points "$RUNS"/pha_obs*.fits --stack "${points[@]}" > want.csv
    fe-points "$path" "${points[@]}" > got.csv
    close_to 1e-12 want.csv got.csv
    fe-sensitivity "$RUNS"/pha_obs*.fits -f csv -q > want.csv
    fe-sensitivity "$path" -f csv -q > got.csv
    close_to 1e-12 want.csv got.csv
}

@test "fe-stack: runs of different thresholds and alpha; the stacked reference of gammapy" {
    need_shared data/joint-crab/spectra/hess
    fe-stack "$HESS"/pha_obs*.fits -o st > /dev/null
    points=(-e '1,3,10TeV' -m 'pl:index=2.7,amplitude=3e-11 cm-2 s-1 TeV-1' -t likelihood -f csv -q --ul-sigma 2 --ul-unbounded)
    fe-points st/pha_obsstacked.fits "${points[@]}" > got.csv
    cat > want.csv <<'END'
norm,norm_err,norm_ul,ts
1.5765241,.1014717,1.7877588,919.16428
1.5217089,.20198268,1.9593506,197.66783
END
    close_to 1e-7 want.csv got.csv norm_ul,ts
    close_to 2e-5 want.csv got.csv norm,norm_err        # the minimum gammapy stops at
    fe-points "$HESS"/pha_obs*.fits --stack "${points[@]}" > want.csv
    close_to 1e-12 want.csv got.csv norm,norm_err,norm_errn,norm_errp,norm_ul,ts,stat,counts,background,livetime
    fe-info st/pha_obsstacked.fits > info
    grep -q 'counts  *459$' info
    grep -q 'off counts  *645$' info
}

@test "fe-stack: --where, existing files, other axes" {
    fe-stack "$RUNS"/pha_obs*.fits --where 'OBS_ID != 3' -o some > /dev/null
    fe-stack "$RUNS"/pha_obs[124].fits -o want > /dev/null
    for f in some want; do
        fe-points $f/pha_obsstacked.fits -e 1:10TeV -m pl:index=2.5 -f csv -q > $f.csv
    done
    close_to 0 want.csv some.csv
    run --separate-stderr -2 fe-stack "$RUNS"/pha_obs*.fits -o some
    one_line
    fe-stack "$RUNS"/pha_obs*.fits -o some --force > /dev/null
    fe-simulate --livetime 1h --bins 5 -o other -q > other.txt
    run --separate-stderr -3 fe-stack "$RUNS/pha_obs1.fits" @other.txt -o bad
    one_line
    [[ $stderr == *"reconstructed energy axis differs from that of $RUNS/pha_obs1.fits"* ]]
    [ ! -e bad/pha_obsstacked.fits ]
}

# ---- maps --------------------------------------------------------------------------------------------------------------

# maps NAME: a simulated map of two sources (an Asimov set), NAME.fits.
maps() { fe-simulate --map 2deg -m "$FE_TOP/data/sky.yaml" -s all --bins 4 --true-bins 6 --livetime 10h --asimov -o . --name "$1" -q > /dev/null; }

@test "fe-sensitivity, maps: the norm of fe-points --sensitivity in the same pixels; several maps jointly" {
    need_command jq
    maps one
    maps two
    band=(-m "$FE_TOP/data/sky.yaml" -s point -e 1:10TeV:2 -q)
    for files in one.fits "one.fits two.fits"; do
        # shellcheck disable=SC2086    # several names
        fe-sensitivity $files "${band[@]}" --min-counts 0 --bkg-syst 0 -t dnde -f json > got.json
        # shellcheck disable=SC2086
        fe-points $files "${band[@]}" --sensitivity -t likelihood -f json > want.json
        jq -e --slurpfile want want.json '[.rows, $want[0].rows] | transpose | length == 2 and all(.[0] as $got | .[1] as $want |
            $got.criterion == "significance" and ($got.dnde / ($want.norm_sensitivity * $want.ref_dnde) - 1 | fabs) < 1e-9)' got.json ||
            fail "$(cat got.json want.json)"
    done
    fe-sensitivity one.fits "${band[@]}" -f csv > two.csv
    fe-sensitivity one.fits two.fits "${band[@]}" -f csv > four.csv
    awk -F, 'FNR == 1 { next } FNR == NR { e[FNR] = $4; next } !($4 < 0.8 * e[FNR] && $4 > 0.45 * e[FNR]) { exit 1 }' two.csv four.csv
}

@test "fe-sensitivity, maps: an injected source of that flux has the significance" {
    need_command jq
    fe-simulate --map 2deg -m "$FE_TOP/data/sky.yaml" -s point --bins 4 --livetime 10h --asimov -o . --name map -q > /dev/null
    band=(-m "$FE_TOP/data/sky.yaml" -s point -e 1:10TeV -q)
    norm=$(fe-sensitivity map.fits "${band[@]}" --min-counts 0 --bkg-syst 0 -t likelihood -f json | jq '.rows[0].norm')
    sed "s/value: 3.0e-12/value: $(awk "BEGIN { printf \"%.12g\", 3e-12 * $norm }")/" "$FE_TOP/data/sky.yaml" > faint.yaml
    fe-simulate map.fits -m faint.yaml -s point --asimov -o . --name faint -q > /dev/null
    fe-points faint.fits "${band[@]}" -t likelihood -f json | jq -e '.rows[0] | (.norm / '"$norm"' - 1 | fabs) < 1e-4 and (.sqrt_ts - 5 | fabs) < 1e-4'
}

@test "fe-sensitivity, maps: regions, whose others and models of the background are known; messages" {
    need_command jq
    maps one
    band=(-m "$FE_TOP/data/sky.yaml" -s point -e 1:10TeV -q)
    fe-sensitivity one.fits "${band[@]}" --regions 'circle:gal:0.375,0.225,0.1;circle:gal:-0.4,-0.3,0.1' --psf-correct -f json > regions.json
    fe-sensitivity one.fits "${band[@]}" -f json > pixels.json
    # the cloud is background in the second region; pixels say more than a region
    jq -e --slurpfile pixels pixels.json '.rows | length == 2 and .[0].region == "R1" and .[1].region == "R2" and
        .[1].background > 1.2 * .[0].background and .[0].e2dnde > $pixels[0].rows[0].e2dnde' regions.json || fail "$(cat regions.json pixels.json)"
    # the region as a spectrum of its own: what fe-points has of it
    fe-points one.fits "${band[@]}" --regions 'circle:gal:0.375,0.225,0.1' --method excess -t likelihood -f json |
        jq -e --slurpfile regions regions.json '(.rows[0].background / $regions[0].rows[0].background - 1 | fabs) < 1e-9'
    # twice the background of the map, and the cloud as it was
    { cat "$FE_TOP/data/sky.yaml"; printf -- '-   type: FoVBackgroundModel\n    datasets_names: [one]\n    spectral:\n        type: %s\n        parameters:\n        -   {name: norm, value: 2.0}\n' \
        PowerLawNormSpectralModel; } > twice.yaml
    for models in "$FE_TOP/data/sky.yaml" twice.yaml; do
        for source in point,cloud point; do
            fe-points one.fits -m "$models" -s $source -e 1:10TeV -q --regions circle:gal:-0.4,-0.3,0.1 -t likelihood -f json | jq '.rows[0].background'
        done
    done > b.txt
    awk '{ b[NR] = $1 } END { d = (b[3] - 2 * b[1]) / b[1]; e = (b[4] - b[3] - (b[2] - b[1])) / b[1]; exit d * d > 1e-18 || e * e > 1e-18 || b[2] == b[1] }' b.txt
    run --separate-stderr -2 fe-sensitivity one.fits -m "$FE_TOP/data/sky.yaml" -s all -e 1:10TeV -q
    one_line
    [ "$stderr" = 'fe-sensitivity: 2 sources are to be seen, expected one: choose it with --source' ]
    run --separate-stderr -2 fe-sensitivity "$RUNS/pha_obs1.fits" one.fits "${band[@]}"
    one_line
    [[ $stderr == *'one.fits: a map among spectra: they are taken together only among themselves' ]]
    run --separate-stderr -2 fe-sensitivity one.fits "${band[@]}" --psf-correct
    one_line
}
