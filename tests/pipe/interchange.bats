# Files exchanged with gammapy, astropy, STILTS and fitsverify, both ways.  The programs that read and write with them are in
# tests/interchange; they print what differs and exit 1.
# shellcheck disable=SC2154    # output and stderr are set by run
TYPES="dnde e2dnde flux eflux likelihood"
MODEL='pl:index=2.5,amplitude=3e-11 cm-2 s-1 TeV-1,reference=1TeV'
EDGES=0.316228,0.630957,1.25893,3.16228,6.30957,12.5893,31.6228TeV

setup_file()
{
    load ../helper
    cd "$BATS_FILE_TMPDIR" || return
    fe-simulate -m "$MODEL" --livetime 30min --seed 7 --start 60000.9 --realisations 2 -o sim -q > pha.txt
    fe-simulate -m "$MODEL" --livetime 30min --start 60000.9 --asimov -o asimov -q > /dev/null
    fe-points @pha.txt -e "$EDGES" -m "$MODEL" --scan --sensitivity -q -o points.fits 2>/dev/null
    fe-points @pha.txt -m "$MODEL" --scan --sensitivity -q -o all.fits 2>/dev/null
    mkdir csv
    for type in $TYPES; do
        fe-convert points.fits -t "$type" -f csv -q > "csv/$type.csv"
    done
    if [ -n "${FE_GAMMAPY_PYTHON:-}" ]; then
        python models_read --print points.fits > model.yaml
        mkdir gammapy && python points_write gammapy model.yaml sim/pha_obs1.fits sim/pha_obs2.fits > gammapy/log 2>&1
    fi
}

setup()
{
    load ../helper
    cd "$BATS_FILE_TMPDIR" || return
    out=$BATS_TEST_TMPDIR
}

# python NAME ARG...: a program of tests/interchange; it leaves nothing beside itself.
python()
{
    PYTHONDONTWRITEBYTECODE=1 MPLCONFIGDIR=$BATS_FILE_TMPDIR/mpl "$FE_GAMMAPY_PYTHON" "$FE_TOP/tests/interchange/$1.py" "${@:2}"
}

# ---- spectra ---------------------------------------------------------------------------------------------------------

@test "gammapy: a run of fe-simulate is what fe-info says, and has the counts that gammapy predicts" {
    need_gammapy
    fe-info --json asimov/pha_obs1.fits > "$out/info.json"
    python ogip_read asimov/pha_obs1.fits model.yaml "$out/info.json"
}

@test "gammapy: OGIP files it wrote give the flux points of those it read" {
    need_gammapy
    python ogip_write "$out" sim/pha_obs1.fits sim/pha_obs2.fits
    # gammapy's are made with two channels masked, and QUALITY is a logical column there
    cp -R sim "$out/ours"
    for run in 1 2; do
        fitsedit "$out/ours/pha_obs$run.fits" SPECTRUM set QUALITY 1 1
        fitsedit "$out/ours/pha_obs$run.fits" SPECTRUM set QUALITY 2 1
    done
    fe-points "$out"/pha_1.fits "$out"/pha_2.fits -m "$MODEL" --scan --sensitivity -f csv -q > "$out/theirs.csv"
    fe-points "$out"/ours/pha_obs?.fits -m "$MODEL" --scan --sensitivity -f csv -q > "$out/ours.csv"
    # the area went through a division by the livetime: an ulp
    python csv_near 1e-13 "$out/ours.csv" "$out/theirs.csv"
    fe-points sim/pha_obs?.fits -m "$MODEL" --scan --sensitivity -f csv -q > "$out/unmasked.csv"
    run -1 python csv_near 1e-13 "$out/unmasked.csv" "$out/theirs.csv"
}

# ---- flux points -----------------------------------------------------------------------------------------------------

@test "gammapy: reads our flux points, FITS and ECSV, in every type, with scans, times and levels" {
    need_gammapy
    files=()
    for type in $TYPES; do
        fe-convert points.fits -t "$type" --layout gadf -o "$out/$type.fits" -q
        fe-convert points.fits -t "$type" --layout gadf -o "$out/$type.ecsv" -q
        fe-points @pha.txt -e "$EDGES" -m "$MODEL" --scan --sensitivity -t "$type" -q -o "$out/own-$type.fits"
        files+=("$type" "$out/$type.fits" "$type" "$out/$type.ecsv" "$type" "$out/own-$type.fits")
    done
    python points_read model.yaml csv "${files[@]}"
}

@test "gammapy: flux points it wrote, FITS and ECSV, are read to its numbers in every pair of types" {
    need_gammapy
    pairs=()
    for from in $TYPES; do
        for suffix in fits ecsv; do
            for to in $TYPES; do
                fe-convert "gammapy/$from.$suffix" -m model.yaml -t "$to" -f csv -q > "$out/$from-$suffix-$to.csv" 2> "$out/log"
                pairs+=("gammapy/$to.csv" "$out/$from-$suffix-$to.csv")
            done
        done
    done
    [ "${#pairs[@]}" -eq 100 ]
    python csv_near 1e-10 "${pairs[@]}"
}

@test "gammapy: its files converted onto themselves are the same to it" {
    need_gammapy
    files=()
    for from in $TYPES; do
        for suffix in fits ecsv; do
            fe-convert "gammapy/$from.$suffix" -o "$out/$from.$suffix" -q
            files+=("gammapy/$from.$suffix" "$out/$from.$suffix")
        done
    done
    python points_same "${files[@]}"
}

@test "gammapy: its levels and times are known to fe-info" {
    need_gammapy
    run -0 fe-info --json gammapy/flux.fits
    [ "$(jq -r .upper_limits <<< "$output")" = "0.9772499 one-sided: rise of 4 in -2 ln L" ]
    [ "$(jq -r .rows <<< "$output")" = 2 ]
    [ "$(jq -r .scan_points <<< "$output")" = 7 ]
}

# ---- models ----------------------------------------------------------------------------------------------------------

@test "gammapy: models it wrote have its values here, and those we store are read by it" {
    need_gammapy
    python models_write "$out"
    cd "$out" || return
    awk 'BEGIN { print "e_min,e_max,e_ref,norm"
        printf "0.3,1,%.17g,1\n1,4,2,1\n4,30,%.17g,1\n", sqrt(0.3), sqrt(120) }' > norm.csv
    dnde=() flux=() products=()
    for yaml in *.yaml; do
        name=${yaml%.yaml}
        fe-convert norm.csv -m "$yaml" -t dnde -f csv -q > "our-$name-dnde.csv"
        fe-convert norm.csv -m "$yaml" -t flux -f csv -q > "our-$name-flux.csv"
        fe-convert norm.csv -m "$yaml" -t dnde -o "$name.fits" -q
        dnde+=("$name-dnde.csv" "our-$name-dnde.csv")
        flux+=("$name-flux.csv" "our-$name-flux.csv")
        products+=("our-$name-dnde.csv" "$name.fits")
    done
    [ "${#products[@]}" -eq 18 ]
    python csv_near 1e-12 "${dnde[@]}"
    python csv_near 1e-8 "${flux[@]}"                       # gammapy's quadrature, with 20 000 nodes a decade
    python models_read "${products[@]}"
}

# ---- tables ----------------------------------------------------------------------------------------------------------

@test "astropy: reads our FITS, ECSV and CSV without a warning: units, vectors, bools, nan" {
    need_gammapy
    fe-convert all.fits -o "$out/flat.fits" --layout flat -q
    fe-convert all.fits -f csv -q > "$out/all.csv"
    fe-convert all.fits -o "$out/all.ecsv" -q
    cp all.fits "$out/gadf.fits"
    python tables "$out/all.csv" "$out/flat.fits" "$out/all.ecsv" "$out/all.csv" "$out/gadf.fits"
    for file in flat.fits all.ecsv; do                      # what astropy made of them
        fe-convert "$out/$file.again.${file#*.}" -f csv -q > "$out/again.csv"
        python csv_near 1e-15 "$out/all.csv" "$out/again.csv"
    done
}

# headless CMD...: STILTS without a display.
headless()
{
    command stilts -Djava.awt.headless=true "$@"
}

# Five columns as csv, through STILTS and without it.
COLUMNS=e_min,dnde,dnde_err,counts,is_ul
plain()
{
    awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i }
        { gsub(/"\[[^"]*\]"/, "") }
        { print $(at["e_min"]) "," $(at["dnde"]) "," $(at["dnde_err"]) "," $(at["counts"]) "," tolower($(at["is_ul"])) }'
}

@test "stilts: reads our FITS from a pipe" {
    need_command stilts
    fe-convert all.fits -f csv -q | plain > "$out/want.csv"
    fe-convert all.fits -f fits -q | headless tpipe in=- ifmt=fits cmd="keepcols '${COLUMNS//,/ }'" ofmt=csv |
        sed 's/,,/,nan,/' > "$out/got.csv"
    tables_close "$out/got.csv" "$out/want.csv" 1e-15
    [ "$(wc -l < "$out/got.csv")" -eq 31 ]
}

@test "stilts: reads our ECSV from a pipe, and we read what it made of FITS and ECSV" {
    need_command stilts
    fe-convert all.fits -f csv -q | plain > "$out/want.csv"
    fe-convert all.fits -o "$out/all.ecsv" -q
    headless tpipe in="$out/all.ecsv" ifmt=ecsv ofmt=ecsv out="$out/again.ecsv" 2> "$out/log" || skip "stilts without ECSV (starlink-ecsv-java)"
    headless tpipe in=- ifmt=ecsv cmd="keepcols '${COLUMNS//,/ }'" ofmt=csv < "$out/all.ecsv" | sed 's/,,/,nan,/' > "$out/got.csv"
    tables_close "$out/got.csv" "$out/want.csv" 1e-15
    fe-convert "$out/again.ecsv" -f csv -q | plain > "$out/got.csv"
    tables_close "$out/got.csv" "$out/want.csv" 1e-15
    headless tpipe in=all.fits ofmt=fits out="$out/again.fits"
    fe-convert "$out/again.fits" -f csv -q 2> "$out/log" | plain > "$out/got.csv"
    tables_close "$out/got.csv" "$out/want.csv" 1e-15
}

# ---- the standard ----------------------------------------------------------------------------------------------------

@test "fitsverify: every FITS file we write is without error or warning" {
    need_command fitsverify
    for type in $TYPES; do
        for layout in gadf flat; do
            fe-convert points.fits -t "$type" --layout "$layout" -o "$out/$type-$layout.fits" -q
        done
    done
    fe-convert points.fits -f ecsv -q | fe-convert -t flux -f fits -q | fe-convert -t eflux -f fits -q > "$out/history.fits"
    fe-points @pha.txt -e 1:10TeV --method excess --no-history -q -o "$out/band.fits"
    fe-convert "$FE_TOP"/data/published/crab_hess_2006.ecsv -o "$out/published.fits" -q
    printf 'source,time_min,time_max,e_min,e_max,flux,flux_ul,is_ul\na,6e4,60001,1,10,1e-12,nan,false\na,60001,60002,1,10,nan,2e-12,true\n' |
        fe-convert -o "$out/lightcurve.fits" -q
    set -- "$out"/*.fits sim/*.fits asimov/*.fits points.fits all.fits
    [ $# -ge 24 ]
    for file in "$@"; do
        run -0 fitsverify -q "$file"
        assert_output --partial 'verification OK'
    done
}
