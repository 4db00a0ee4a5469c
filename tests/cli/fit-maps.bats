# fe-fit on map datasets: gammapy's minimum, flux points of one band, what was injected, backgrounds, what is refused.
# shellcheck disable=SC2154    # output and stderr are set by run
setup()
{
    load ../helper
    cd "$BATS_TEST_TMPDIR" || return
    need_command jq
    need_shared data/cta-1dc
    CTA=$FE_SHARED/data/cta-1dc
    CRAB=$FE_SHARED/data/fermi-3fhl-crab
    RING=$FE_SHARED/data/hess-ring/hess-crab-ring.fits.gz
}

# pl NAME LON LAT FRAME INDEX AMPLITUDE REFERENCE_TeV: a point source.
pl()
{
    cat <<END
-   name: $1
    type: SkyModel
    spectral:
        type: PowerLawSpectralModel
        parameters:
        -   {name: index, value: $5}
        -   {name: amplitude, value: $6, unit: cm-2 s-1 TeV-1}
        -   {name: reference, value: $7, unit: TeV}
    spatial:
        type: PointSpatialModel
        frame: $4
        parameters:
        -   {name: lon_0, value: $2, unit: deg, frozen: true}
        -   {name: lat_0, value: $3, unit: deg, frozen: true}
END
}

# bkg DATASET [NORM [TILT [FROZEN]]]: its background, the tilt free where FROZEN is false.
bkg()
{
    cat <<END
-   type: FoVBackgroundModel
    datasets_names: [$1]
    spectral:
        type: PowerLawNormSpectralModel
        parameters:
        -   {name: norm, value: ${2:-1.0}}
        -   {name: tilt, value: ${3:-0.0}, frozen: ${4:-true}}
        -   {name: reference, value: 1.0, unit: TeV}
END
}

# holds 'JQ EXPRESSION' FILE: near(a; b; r) is |a - b| <= r |b|; par(n) a row.
holds()
{
    jq -e "def abs: if . < 0 then -. else . end; def near(a; b; r): (a - b | abs) <= r * (b | abs);
           def par(n): [.rows[] | select(\"\(.source).\(.parameter)\" == n)] | first; $1" "$2" > /dev/null || fail "$1: $(cat "$2")"
}

# as_gammapy START|- MODELS NAME=FILE...: fe-fit's minimum is gammapy's (interchange/fit_maps.py).
as_gammapy()
{
    local start=$1 models=$2 files=() item
    shift 2
    for item; do files+=("${item#*=}"); done
    fe-fit "${files[@]}" -m "$models" --compat gammapy -o fitted.yaml --force -q
    fe-fit "${files[@]}" -m "$models" --compat gammapy -f json -q > fitted.json
    PYTHONDONTWRITEBYTECODE=1 MPLCONFIGDIR=$BATS_TEST_TMPDIR "$FE_GAMMAPY_PYTHON" -W ignore "$FE_TOP/tests/interchange/fit_maps.py" \
        fitted.yaml fitted.json "$start" "$@"
}

@test "fe-fit, maps: two CTA runs jointly, each with its background, as gammapy's Fit" {
    need_gammapy
    { echo components:; pl gc 0 0 galactic 2.3 2.5e-12 1.0; bkg run-110380; bkg run-111140 1.1 0 false; } > start.yaml
    as_gammapy start.yaml start.yaml run-110380="$CTA/cta-1dc-run-110380.fits.gz" run-111140="$CTA/cta-1dc-run-111140.fits.gz"
    holds '.meta.NFREE == 5 and .meta.CONVERGE' fitted.json
}

@test "fe-fit, maps: Fermi-LAT, a power law over a tilted background and a log parabola, at gammapy's minimum" {
    need_gammapy
    { echo components:; pl gc 0 0 galactic 2.2 1e-9 0.05; bkg fermi-3fhl-gc 1 0 false; } > start.yaml
    as_gammapy - start.yaml fermi-3fhl-gc="$FE_SHARED/data/fermi-3fhl-gc/fermi-3fhl-gc.fits.gz"
    holds '.meta.NFREE == 4 and par("fermi-3fhl-gc-bkg.tilt").err > 0' fitted.json
    sed 's/- Fermi-LAT$/&-3FHL_data_Fermi-LAT/' "$CRAB/Fermi-LAT-3FHL_models.yaml" > start.yaml
    as_gammapy - start.yaml Fermi-LAT-3FHL_data_Fermi-LAT="$CRAB/Fermi-LAT-3FHL_data_Fermi-LAT.fits"
    holds '.meta.NFREE == 4 and .meta.NBINS == 8280' fitted.json
}

@test "fe-fit, maps: OFF counts of a ring, at gammapy's minimum" {
    need_gammapy
    { echo components:; pl crab 83.63 22.01 icrs 2.6 3e-11 1; } > start.yaml
    as_gammapy - start.yaml onoff="$RING"
    holds '.meta.NFREE == 2 and .meta.NBINS == 46389' fitted.json
}

# same_as_points MODELS FREE MAP [OPTION OF FE-POINTS]...: amplitude, errors, limit, TS, -2 ln L of one band over everything; FREE: ",norm"
# where the background's is free.
same_as_points()
{
    fe-fit "$3" -m "$1" --free amplitude"$2" --asym --ul amplitude --ts -f json -q > fit.json
    fe-points "$3" -m "$1" -e 0.001:1000TeV -t likelihood "${@:4}" -f json -q > points.json
    jq -e --slurpfile points points.json '
        def abs: if . < 0 then -. else . end; def near(a; b; r): (a - b | abs) <= r * (b | abs);
        $points[0].rows[0] as $p | (.rows[] | select(.parameter == "amplitude")) as $a | 2.5e-12 as $unit |     # of the models
        near($a.value; $unit * $p.norm; 1e-7) and near($a.err; $unit * $p.norm_err; 1e-6) and near($a.errn; $unit * $p.norm_errn; 1e-6) and
        near($a.errp; $unit * $p.norm_errp; 1e-6) and near($a.ul; $unit * $p.norm_ul; 1e-7) and near($a.ts; $p.ts; 1e-7) and
        near(.meta.STAT; $p.stat; 1e-10)' fit.json > /dev/null || fail "$(jq -c '.meta.STAT, .rows' fit.json) $(jq -c '.rows' points.json)"
}

@test "fe-fit, maps: the amplitude alone is the flux point of one band over everything" {
    { echo components:; pl gc 0 0 galactic 2.3 2.5e-12 1; } > gc.yaml
    same_as_points gc.yaml '' "$CTA/cta-1dc-gc.fits.gz"
    { cat gc.yaml; bkg cta-1dc-gc; } > bkg.yaml
    same_as_points bkg.yaml ,norm "$CTA/cta-1dc-gc.fits.gz" --free bkg
    { echo components:; pl crab 83.63 22.01 icrs 2.6 2.5e-12 1; } > crab.yaml
    same_as_points crab.yaml '' "$RING"
    # two sources, of which fe-points refits the norm of the other one
    { cat gc.yaml; pl g09 0.87 0.08 galactic 2.4 1e-12 1; } > two.yaml
    fe-fit "$CTA/cta-1dc-gc.fits.gz" -m two.yaml --free norms -f json -q > fit.json
    fe-points "$CTA/cta-1dc-gc.fits.gz" -m two.yaml -s gc,g09 --free norms -e 0.001:1000TeV -t likelihood -f json -q > points.json
    holds ".rows[1].value as \$a | .rows[4].value as \$b | near(\$a; 2.5e-12 * $(jq '.rows[0].norm' points.json); 1e-7) and
           near(\$b; 1e-12 * $(jq '.rows[1].norm' points.json); 1e-7)" fit.json
}

@test "fe-fit, maps: an Asimov map gives back its models and its background, from another start" {
    { echo components:; pl gc 0 0 galactic 2.3 2.5e-12 1; pl g09 0.4 0.1 galactic 2 1e-12 1; bkg cta-1dc-gc 1.2 0.1 false; } > truth.yaml
    fe-simulate "$CTA/cta-1dc-gc.fits.gz" -m truth.yaml -s all --asimov --name cta-1dc-gc -q > made.txt
    { echo components:; pl gc 0 0 galactic 2.8 1e-12 1; pl g09 0.4 0.1 galactic 2.6 5e-12 1; bkg cta-1dc-gc 1 0 false; } > start.yaml
    fe-fit @made.txt -m start.yaml -f json -q > fit.json
    holds '.meta.NFREE == 6 and .meta.CONVERGE and near(par("gc.index").value; 2.3; 1e-6) and near(par("gc.amplitude").value; 2.5e-12; 1e-6) and
           near(par("g09.index").value; 2; 1e-6) and near(par("g09.amplitude").value; 1e-12; 1e-6)' fit.json
}

@test "fe-fit, maps: the models that are written hold the background; what is free, by name" {
    { echo components:; pl gc 0 0 galactic 2.3 2.5e-12 1; bkg cta-1dc-gc; } > start.yaml
    fe-fit "$CTA/cta-1dc-gc.fits.gz" -m start.yaml -o fit.yaml -q
    fe-fit "$CTA/cta-1dc-gc.fits.gz" -m fit.yaml -f json -q > again.json
    holds 'near(par("cta-1dc-gc-bkg.norm").value; 1.121; 1e-4) and (.rows | length) == 6' again.json
    grep -q 'cta-1dc-gc-bkg.spectral.norm' fit_covariance.dat
    fe-points "$CTA/cta-1dc-gc.fits.gz" -m fit.yaml -e 0.001:1000TeV -t likelihood -f json -q > points.json
    holds 'near(.rows[0].norm; 1; 1e-6)' points.json
    fe-fit "$CTA/cta-1dc-gc.fits.gz" -m start.yaml --fix norm -f json -q > fixed.json
    holds '.meta.NFREE == 2 and par("cta-1dc-gc-bkg.norm").value == 1' fixed.json
    fe-fit "$CTA/cta-1dc-gc.fits.gz" -m start.yaml --fix norm --free-background -f json -q > free.json
    holds '.meta.NFREE == 3 and par("cta-1dc-gc-bkg.norm").frozen' free.json
    [ "$(jq '.rows[0].value * 1e6 | round' free.json)" = "$(jq '.rows[0].value * 1e6 | round' again.json)" ]
}

@test "fe-fit, maps: a datasets file names its datasets, to which backgrounds belong; one of others stays as it is" {
    fe-fit "$CRAB/Fermi-LAT-3FHL_datasets.yaml" -m "$CRAB/Fermi-LAT-3FHL_models.yaml" -f json -q > fit.json
    holds 'par("Fermi-LAT-bkg.norm") | (.frozen | not) and .err > 0.07' fit.json
    fe-fit "$CRAB/Fermi-LAT-3FHL_data_Fermi-LAT.fits" -m "$CRAB/Fermi-LAT-3FHL_models.yaml" -f json > fit.json 2> err.txt
    holds 'par("Fermi-LAT-bkg.norm").frozen and .meta.NFREE == 3' fit.json
    grep -qx "fe-fit: background 'Fermi-LAT-bkg' belongs to no dataset with a known background here: it stays as it is" err.txt
}

@test "fe-fit, maps: a range of energies; what cannot be fitted is refused in one line" {
    local map=$CTA/cta-1dc-gc.fits.gz
    { echo components:; pl gc 0 0 galactic 2.3 2.5e-12 1; bkg cta-1dc-gc; } > start.yaml
    fe-fit "$map" -m start.yaml -e 1:10TeV -f json -q > fit.json
    holds ".meta.NBINS < 110000 and .meta.NBINS > 100000" fit.json
    sed 's/lon_0, value: 0, unit: deg, frozen: true/lon_0, value: 0, unit: deg/' start.yaml > free.yaml
    run --separate-stderr -2 fe-fit "$map" -m free.yaml -q
    one_line
    [[ $stderr == "fe-fit: source 'gc': its spatial parameter lon_0 is free, but only spectra are fitted: "*'--fix spatial' ]]
    fe-fit "$map" -m free.yaml --fix spatial -e 1:10TeV -f json -q > fixed.json
    [ "$(jq -c .rows fit.json)" = "$(jq -c .rows fixed.json)" ]
    run --separate-stderr -2 fe-fit "$map" -m start.yaml --free-background -q
    one_line
    [[ $stderr == *"the model of its background, 'cta-1dc-gc-bkg', is free: --free-background is for datasets without one" ]]
    run --separate-stderr -2 fe-fit "$map" -m pl -q
    one_line
    [[ $stderr == *"source 'source' has no place on the sky, which a map needs"* ]]
    { cat start.yaml; bkg cta-1dc-gc; } > twice.yaml
    run --separate-stderr -2 fe-fit "$map" -m twice.yaml -q
    one_line
    [[ $stderr == *"both 'cta-1dc-gc-bkg' and 'cta-1dc-gc-bkg' are free and scale its background, expected one of them" ]]
    run --separate-stderr -2 fe-fit "$map" -m start.yaml --stack -q
    one_line
    [[ $stderr == *"the model of its background, 'cta-1dc-gc-bkg', is free: such datasets can be fitted jointly, but not added (--stack)" ]]
    fe-fit "$CTA"/cta-1dc-run-11*.fits.gz -m free.yaml --fix spatial,norm --stack -f json -q > stacked.json
    fe-fit "$CTA"/cta-1dc-run-11*.fits.gz -m free.yaml --fix spatial,norm -f json -q > joint.json
    holds '.meta.NSETS == 1' stacked.json
    holds ".meta.NSETS == 3 and near(par(\"gc.index\").value; $(jq '.rows[0].value' stacked.json); 0.01)" joint.json
}

@test "fe-fit --regions: the spectrum of a region; with one parameter it is the flux point of one band" {
    local map="$FE_SHARED/data/cta-1dc/cta-1dc-gc.fits.gz" region='circle:gal:0,0,0.2' want got
    want=$(fe-points "$map" --regions "$region" -m 'pl:index=2.2,reference=1TeV' -e 0.1:10TeV -f csv -q --no-history | awk -F, 'NR == 1 { for (k = 1; k <= NF; k++) if ($k == "dnde") at = k } NR == 2 { print $at }')
    got=$(fe-fit "$map" --regions "$region" -m 'pl:index=2.2,reference=1TeV' --fix index -e 0.1:10TeV -f csv -q | awk -F, '$2 == "amplitude" { print $3 }')
    awk -v a="$want" -v b="$got" 'BEGIN { exit !(a > 0 && (a - b) ^ 2 < 1e-20 * a ^ 2) }' || fail "$want and $got"
    run --separate-stderr -2 fe-fit "$map" --regions 'circle:gal:0,0,0.2; circle:gal:1,0,0.2' -m pl -q
    [[ $stderr = *'2 regions, expected one'* ]]
    run --separate-stderr -2 fe-fit "$map" --psf-correct -m pl -q
}
