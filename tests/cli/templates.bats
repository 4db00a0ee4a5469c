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

@test "templates and shapes: predicted counts are those of gammapy" {
    need_gammapy
    gammapy templates.py make . "$FE_SHARED"
    for name in same cube turned moved diffuse background gauss disk general shell shell2; do
        map=$CTA
        [ "$name" != diffuse ] || map=$LAT
        fe-simulate "$map" -m "$name.yaml" --asimov -o out --name "$name" -q
        mv "out/$name.fits" "$name.fits.out"
        [[ ! $name =~ ^(same|cube|turned|moved)$ ]] || fe-points "$map" -m "$name.yaml" -e 0.1,0.1779,0.3163,0.5624,1,1.779,3.163,5.624,10TeV --compat gammapy \
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
    # the models that products store find their maps from other folders
    mkdir products
    for name in models/beside variable; do
        source_of p '{type: point, frame: galactic, parameters: [{name: lon_0, value: 0}, {name: lat_0, value: 0}]}' | tail -n +2 >> "$name.yaml"
        fe-points "$LAT" -m "$name.yaml" -s p -e 0.01,0.1TeV -t likelihood -q -o "products/${name#*/}.ecsv"
        (cd products && fe-points "$LAT" -m "@${name#*/}.ecsv" -s p -e 0.01,0.1TeV -t likelihood -f csv -q > again.csv &&
            fe-convert "${name#*/}.ecsv" -f csv -q > want.csv)
        tables_close products/again.csv products/want.csv 1e-12
    done
    grep -q "filename: '$PWD/models/iem.fits.gz'" products/beside.ecsv
    grep -q 'filename: .*\$FE_TEST_MAPS/iem.fits.gz' products/variable.ecsv
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

# xml_source NAME SPECTRUM SPATIAL; par NAME VALUE SCALE
xml_source() { printf '<source name="%s" type="DiffuseSource"><spectrum %s</spectrum><spatialModel %s</spatialModel></source>\n' "$@"; }
par() { printf '<parameter name="%s" value="%s" scale="%s" free="0"/>' "$@"; }

@test "XML of the Fermi tools: diffuse cube, isotropic emission, maps and shapes predict what the same YAML does" {
    printf '%s\n' '1e3 2e-8' '1e6 2e-15' > iso.txt
    image=$FE_SHARED/data/fermi-3fhl-gc/fermi-3fhl-gc-counts.fits.gz
    pl="type=\"PowerLaw\">$(par Prefactor 3 1e-14)$(par Index 2.3 -1)$(par Scale 10 1e3)"
    place=$(par RA 266.4 1)$(par DEC -29 1)
    {
        echo '<source_library>'
        xml_source cube "type=\"PowerLaw\">$(par Prefactor 1.1 1)$(par Index -0.05 1)$(par Scale 100 1e3)" \
            "type=\"MapCubeFunction\" file=\"\$(FE_TEST_MAPS)/gll_iem_v06_gc.fits.gz\">$(par Normalization 1 1)"
        xml_source iso "type=\"FileFunction\" file=\"iso.txt\">$(par Normalization 1.5 1)" "type=\"ConstantValue\">$(par Value 2 1)"
        xml_source map "$pl" "type=\"SpatialMap\" file=\"$image\" normalize=\"1\">$(par Prefactor 2 1)"
        xml_source gauss "$pl" "type=\"RadialGaussian\">$place$(par Sigma 0.2 1)"
        xml_source disk "$pl" "type=\"RadialDisk\">$place$(par Radius 0.4 1)"
        xml_source point "$pl" "type=\"SkyDirFunction\">$place"
        echo '</source_library>'
    } > all.xml
    pl() { printf '{type: pl, parameters: [{name: index, value: 2.3}, {name: reference, value: 10, unit: GeV}, {name: amplitude, value: %s, unit: cm-2 s-1 MeV-1}]}' "$1"; }
    place='{name: lon_0, value: 266.4}, {name: lat_0, value: -29}'
    source_of cube "{type: template, filename: $IEM, normalize: false}" '{type: pl-norm, parameters: [{name: norm, value: 1.1}, {name: tilt, value: 0.05}, {name: reference, value: 100, unit: GeV}]}' > all.yaml
    source_of iso '{type: const, parameters: [{name: value, value: 3}]}' '{type: template, energy: {data: [1, 1000], unit: GeV}, values: {data: [2e-8, 2e-15], unit: cm-2 s-1 MeV-1}}' | tail -n +2 >> all.yaml
    source_of map "{type: template, filename: $image}" "$(pl 6e-14)" | tail -n +2 >> all.yaml
    source_of gauss "{type: gauss, parameters: [$place, {name: sigma, value: 0.2}]}" "$(pl 3e-14)" | tail -n +2 >> all.yaml
    source_of disk "{type: disk, parameters: [$place, {name: r_0, value: 0.4}]}" "$(pl 3e-14)" | tail -n +2 >> all.yaml
    source_of point "{type: point, parameters: [$place]}" "$(pl 3e-14)" | tail -n +2 >> all.yaml
    export FE_TEST_MAPS=${IEM%/*}
    for name in cube iso map gauss disk point; do
        for kind in xml yaml; do
            fe-simulate "$LAT" -m "all.$kind" -s "$name" --asimov -o "$kind" --name "$name" -q
            fe-excessmap "$kind/$name.fits" --radius 0.3deg -e 0.01:0.5TeV -m pl --center gal:0,0 --width 3deg,2deg \
                --select norm,counts -q -o "$kind.fits" --force
            fe-convert "$kind.fits" -f csv -q -o "$kind-$name.csv"
        done
        tables_close "xml-$name.csv" "yaml-$name.csv" 1e-12
        [ "$(awk -F, 'NR > 1 { n++ } END { print n }' "xml-$name.csv")" = 2400 ]
    done
    # what has no flux of its own is beside those that are estimated, and not one of them; the stored model has all places
    fe-points "$LAT" -m all.xml -s point,gauss -e 0.01,0.1TeV -t likelihood -q -o points.ecsv
    fe-points "$LAT" -m @points.ecsv -s point,gauss -e 0.01,0.1TeV -t likelihood -f csv -q > again.csv
    fe-convert points.ecsv -f csv -q | tables_close again.csv /dev/stdin 1e-12
    run --separate-stderr -2 fe-points "$LAT" -m all.xml -s all -e 0.01,0.1TeV -q
    one_line
    [[ $stderr == *"source 'cube': its spectrum is a factor without unit"* ]]
    run --separate-stderr -0 fe-points "$FE_SHARED/data/joint-crab/spectra/hess/pha_obs23523.fits" -m all.xml -s point -e 1,10TeV -f csv
    [[ $stderr == *"source 'cube' has no flux but one per steradian, and takes no part in spectra"* ]]
    [[ $stderr == *"source 'iso' has no flux but one per steradian"* ]]
}
