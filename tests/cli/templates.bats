# Sky models that read maps: templates of sources and of backgrounds, against gammapy and for bad input.
# shellcheck disable=SC2154    # output and stderr are set by run
setup()
{
    load ../helper
    cd "$BATS_TEST_TMPDIR" || return
    need_shared data/cta-1dc
    need_shared data/fermi-3fhl-gc
    CTA=$FE_SHARED/data/cta-1dc/cta-1dc-gc.fits.gz
    LAT=$FE_SHARED/data/fermi-3fhl-gc/fermi-3fhl-gc.fits.gz
    IEM=$FE_SHARED/data/fermi-3fhl-gc/gll_iem_v06_gc.fits.gz
}

# gammapy SCRIPT [ARGUMENT]...
gammapy()
{
    MPLCONFIGDIR=$BATS_TEST_TMPDIR "$FE_GAMMAPY_PYTHON" -W ignore -B "$FE_TOP/tests/interchange/$1" "${@:2}"
}

@test "templates: predicted counts are those of gammapy" {
    need_gammapy
    gammapy templates.py make . "$FE_SHARED"
    for name in same cube turned moved diffuse background; do
        map=$CTA
        [ "$name" != diffuse ] || map=$LAT
        fe-simulate "$map" -m "$name.yaml" --asimov -o out --name "$name" -q
        mv "out/$name.fits" "$name.fits.out"
        [[ $name == [db]* ]] || fe-points "$map" -m "$name.yaml" -e 0.1,0.1779,0.3163,0.5624,1,1.779,3.163,5.624,10TeV --compat gammapy \
            -t likelihood -f csv -q -o "$name.csv"
    done
    gammapy templates.py check . "$FE_SHARED"
    gammapy templates.py compat . "$FE_SHARED"
}

# source NAME SPATIAL [SPECTRUM]: a models file with one source.
source_of()
{
    printf 'components:\n- name: %s\n  type: SkyModel\n  spectral: %s\n  spatial: %s\n' "$1" \
        "${3:-{type: pl, parameters: [{name: index, value: 2.2\}, {name: amplitude, value: 1e-11, unit: cm-2 s-1 TeV-1\}]\}}" "$2"
}

@test "templates: found beside the models file, by variables of the environment, as they stand" {
    mkdir models
    cp "$IEM" models/iem.fits.gz
    norm='{type: pl-norm}'
    source_of iem '{type: TemplateSpatialModel, filename: iem.fits.gz, normalize: false}' "$norm" > models/beside.yaml
    source_of iem '{type: template, filename: $FE_TEST_MAPS/iem.fits.gz, normalize: false}' "$norm" > variable.yaml
    source_of iem '{type: template, filename: "${FE_TEST_MAPS}/iem.fits.gz", normalize: false}' "$norm" > braces.yaml
    source_of iem '{type: template, filename: models/iem.fits.gz, normalize: false}' "$norm" > plain.yaml
    export FE_TEST_MAPS=$PWD/models
    for name in models/beside variable braces plain; do
        fe-simulate "$LAT" -m "$name.yaml" --asimov -o "${name#*/}" --name sky --no-history -q
        cmp beside/sky.fits "${name#*/}/sky.fits"
    done
    unset FE_TEST_MAPS
    run --separate-stderr -3 fe-simulate "$LAT" -m variable.yaml -o out -q
    one_line
    [[ $stderr == *'cannot open $FE_TEST_MAPS/iem.fits.gz'* ]]
}

@test "templates: what is refused" {
    source_of a '{type: template, filename: none.fits}' > none.yaml
    source_of a '{type: template}' > unnamed.yaml
    source_of a "{type: template, filename: $IEM, normalize: false}" > spectrum.yaml
    source_of a "{type: template, filename: $IEM, parameters: [{name: sigma, value: 1}]}" > parameter.yaml
    source_of a "{type: template, filename: $CTA}" > axes.yaml
    source_of a "{type: template, filename: $IEM}" > wide.yaml
    check()
    {
        run --separate-stderr "-$1" "${@:3}" -q
        one_line
        [[ $stderr == *"$2"* ]] || fail "$stderr"
    }
    check 3 'cannot open none.fits' fe-simulate "$CTA" -m none.yaml -o out
    check 3 'cannot open none.fits' fe-tsmap "$CTA" -m none.yaml -o ts.fits
    check 3 'cannot open none.fits' fe-tsmap "$CTA" --known-sources none.yaml -o ts.fits
    check 3 'cannot open none.fits' fe-points "$CTA" -m none.yaml -e 1,10TeV
    check 3 'unnamed.yaml: line 5: spatial model without filename' fe-simulate "$CTA" -m unnamed.yaml -o out
    check 2 "source 'a': its template is in cm-2 s-1 MeV-1 sr-1, which needs a spectrum without unit" fe-simulate "$LAT" -m spectrum.yaml -o out
    check 3 "unknown parameter of a spatial model 'sigma'" fe-simulate "$LAT" -m parameter.yaml -o out
    check 3 'a template with 1 axes beside the sky, the first is energy, expected energy_true or none' fe-simulate "$CTA" -m axes.yaml -o out
    check 2 'a TS map needs a source of finite size' fe-tsmap "$FE_SHARED/data/hess-ring/hess-crab-ring.fits.gz" -m wide.yaml -o ts.fits
    [ ! -e out ] && [ ! -e ts.fits ]
}

# background_sum TABLE: of all bands.
background_sum() { awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "background") c = i } NR > 1 { sum += $c } END { printf "%.8g\n", sum }' "$1"; }

@test "templates: a cube of background counts joins the background, in pixels, regions and TS maps, and is refitted with it" {
    printf '%s\n' 'components:' '- {name: gc, type: SkyModel, spectral: {type: pl}, spatial: {type: point, frame: galactic,' \
        '   parameters: [{name: lon_0, value: 0}, {name: lat_0, value: 0}]}}' > plain.yaml
    cp plain.yaml half.yaml
    printf '%s\n' '- {name: cube, type: TemplateNPredModel, filename: cube.fits,' \
        '   spectral: {type: pl-norm, parameters: [{name: norm, value: 0.5}]}}' >> half.yaml
    zcat "$CTA" > cube.fits
    for hdu in COUNTS EXPOSURE; do          # then the first image is BACKGROUND
        fitsedit cube.fits "$hdu" delhdu
    done
    for name in plain half; do
        fe-points "$CTA" -m "$name.yaml" -e 0.1,1,10TeV -f csv -q > "$name.csv"
        fe-points "$CTA" -m "$name.yaml" -e 0.1,1,10TeV -f csv -q --free bkg > "$name-free.csv"
        fe-points "$CTA" -m "$name.yaml" -e 0.1,1,10TeV -f csv -q --regions circle:gal:0,0,0.3 > "$name-region.csv"
    done
    awk -v a="$(background_sum plain.csv)" -v b="$(background_sum half.csv)" 'BEGIN { exit !(b / a - 1.5 < 1e-6 && 1.5 - b / a < 1e-6) }'
    awk -v a="$(background_sum plain-region.csv)" -v b="$(background_sum half-region.csv)" 'BEGIN { exit !(b / a - 1.5 < 1e-6 && 1.5 - b / a < 1e-6) }'
    for name in plain half; do
        fe-tsmap "$CTA" -m "$name.yaml" --width 0.3deg --select norm,background -o "$name.fits" -q
        fe-convert "$name.fits" -f csv -q -o "$name-map.csv"
    done
    awk -v a="$(background_sum plain-map.csv)" -v b="$(background_sum half-map.csv)" 'BEGIN { exit !(b / a - 1.5 < 1e-6 && 1.5 - b / a < 1e-6) }'
    cut -d, -f 5-9 plain-free.csv > want.csv            # all of it refitted: the same norms
    cut -d, -f 5-9 half-free.csv > got.csv
    tables_close got.csv want.csv 1e-7
}
