# Flux points of sources in map datasets against references in double precision (FE_SHARED/reference/maps).
setup()
{
    load ../helper
    cd "$BATS_TEST_TMPDIR" || return
    need_shared reference/maps
    need_command jq
    REF=$FE_SHARED/reference/maps/m2-cta-1dc
    MAP=$FE_SHARED/data/cta-1dc/cta-1dc-gc.fits.gz
}

# points [OPTION]...: a point source at the Galactic centre in four bands, as norms in got.csv.
points()
{
    fe-points "$MAP" -m "$REF/m2_fp_models.yaml" -e 0.1,0.32,1,3.2,10TeV --ul-sigma 2 --ul-unbounded --compat gammapy -t likelihood \
        -f csv -q "$@" > got.csv
}

# want REOPTIMIZE COLUMN=KEY...: columns of the exact values.
want()
{
    local how=$1 pair header=() keys=()
    shift
    for pair; do
        header+=("${pair%%=*}") keys+=(".${pair#*=}")
    done
    (IFS=,; echo "${header[*]}") > want.csv
    jq -r ".reoptimize[\"$how\"].rows[].exact | [$(IFS=,; echo "${keys[*]}")] | map(tojson) | join(\",\")" "$REF/m2_fp_rows.json" >> want.csv
}

close() { awk -v rtol="$1" "${@:2}" -f "$FE_TOP/tests/compare.awk" want.csv got.csv; }

@test "maps: flux points of a point source, background fixed" {
    points
    want False norm=norm norm_err=norm_err norm_errp=norm_errp norm_ul=norm_ul
    close 1e-6 -v atol=5e-7
    want False norm_errn=norm_errn
    close 5e-6
    want False ts=ts
    close 1e-6
    want False stat=stat stat_null=stat_null
    close 1e-8
    want False counts=counts background=background
    close 1e-9
}

@test "maps: flux points of a point source, the norm of the background refitted in each band" {
    points --free bkg
    want True norm=norm norm_err=norm_err norm_errn=norm_errn norm_errp=norm_errp norm_ul=norm_ul ts=ts
    close 1e-6
}

cut_column() { awk -F, -v name="$1" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) c = i } { print $c }' "$2"; }

# hawc [OPTION]...: the Crab as a log parabola, PSF in reconstructed energy, as norms in got.csv.
hawc()
{
    fe-points "$FE_SHARED/data/hawc/DL4/nHit-5.fits.gz" -m "$REF/m5_hawc-nHit-5_fp_models.yaml" -e 3.16,5.62,10,17.8,31.6TeV --ul-sigma 2 \
        --ul-unbounded --compat gammapy -t likelihood -f csv -q "$@" > got.csv
}

@test "maps: flux points with a PSF in reconstructed energy, background fixed and refitted" {
    REF=$FE_SHARED/reference/maps/m5-hawc
    local keys=(norm=norm norm_err=norm_err norm_errn=norm_errn norm_errp=norm_errp norm_ul=norm_ul ts=ts)
    cp "$REF/m5_hawc-nHit-5_fp_rows.json" m2_fp_rows.json
    local models=$REF
    hawc
    REF=$PWD
    want False "${keys[@]}"
    close 1e-6
    want False stat=stat stat_null=stat_null counts=counts background=background
    close 1e-9
    REF=$models
    hawc --free bkg
    REF=$PWD
    want True "${keys[@]}"
    close 1e-6
}

@test "maps: a background model scales the background of the dataset it names, and --free bkg starts there" {
    points
    cp got.csv one.csv
    sed '/name: norm/,/value:/ s/value: 1.0/value: 1.25/' "$REF/m2_fp_models.yaml" > bkg.yaml
    sed 's/- cta-1dc-gc$/- another/' bkg.yaml > another.yaml
    local range=(-e 0.1,0.32,1,3.2,10TeV --ul-sigma 2 --ul-unbounded --compat gammapy -t likelihood -f csv -q)
    fe-points "$MAP" -m another.yaml "${range[@]}" > got.csv
    cmp one.csv got.csv
    fe-points "$MAP" -m bkg.yaml "${range[@]}" > got.csv
    paste -d, <(cut_column background one.csv) <(cut_column background got.csv) | awk -F, 'NR > 1 && ($2 / $1 - 1.25)^2 > 1e-20 { exit 1 }'
    fe-points "$MAP" -m bkg.yaml "${range[@]}" --free bkg > got.csv
    want True norm=norm norm_err=norm_err norm_ul=norm_ul ts=ts
    close 1e-6
}

@test "maps: a lightcurve of one map is its flux point" {
    local range=(-m "$REF/m2_fp_models.yaml" -e 1:10TeV -t likelihood -f csv -q) columns=norm,norm_err,norm_ul,ts,stat,counts
    fe-points "$MAP" "${range[@]}" > want.csv
    fe-lightcurve "$MAP" "${range[@]}" > got.csv
    awk -v rtol=1e-12 -v columns=$columns -f "$FE_TOP/tests/compare.awk" want.csv got.csv
    [ "$(wc -l < got.csv)" -eq 2 ]
}

# bands MODELS [OPTION]...: bands that reach 10 sigma.
bands() { fe-points "$MAP" -m "$1" -e min-sig=10 -t likelihood -f csv -q "${@:2}" > bands.csv; }

@test "maps: min-sig bands reach it by the fit of the source over the background of its model, and without their lowest channel they do not" {
    local model e_min e_max next sig
    sed '/name: norm/,/value:/ s/value: 1.0/value: 1.12/' "$REF/m2_fp_models.yaml" > bkg.yaml
    for model in "$REF/m2_fp_models.yaml" bkg.yaml; do
        bands "$model"
        cut_column sqrt_ts bands.csv | awk 'NR > 1 && !($1 >= 10) { exit 1 }'
        cut_column e_min bands.csv | tail -n +3 > min.txt               # of all but the lowest band, which takes what is left
        cut_column e_max bands.csv | tail -n +3 > max.txt
        paste min.txt max.txt | while read -r e_min e_max; do           # without its lowest channel
            next=$(awk "BEGIN { printf \"%.9g\", $e_min * 10^0.25 }")
            if awk "BEGIN { exit !($next < 0.99 * $e_max) }"; then
                sig=$(fe-points "$MAP" -m "$model" -e "$next:${e_max}TeV" -t likelihood -f json -q | jq '.rows[0].sqrt_ts')
                awk "BEGIN { exit !($sig < 10) }"
            fi
        done
        wc -l < bands.csv >> n.txt
    done
    [ "$(sort -u n.txt | wc -l)" -eq 2 ]                                # the background matters
    fe-points "$MAP" -m "$REF/m2_fp_models.yaml" -e min-counts=3000 -t likelihood -f csv -q > counts.csv
    cut_column counts counts.csv | awk 'NR > 1 && $1 < 3000 { exit 1 }'
    run --separate-stderr -3 fe-points "$MAP" "$FE_SHARED/data/hess-ring/hess-crab-ring.fits.gz" -m "$REF/m2_fp_models.yaml" -e min-sig=5 -q \
        --multi-instrument
    one_line
    [[ $stderr == *'differ from those of the first map'* ]]
    run --separate-stderr -2 fe-points "$FE_TOP/data/runs/pha_obs1.fits" "$MAP" -m "$REF/m2_fp_models.yaml" -e min-sig=5 -q
    one_line
}

@test "maps: threads 1 and 2 give the same bytes; a source off the map has nothing to say" {
    points -j 1
    cp got.csv one.csv
    points -j 2
    cmp one.csv got.csv
    sed 's/name: lat_0/&/; /name: lat_0/,/value:/ s/value: 0.0/value: 60.0/' "$REF/m2_fp_models.yaml" > far.yaml
    fe-points "$MAP" -m far.yaml -e 1:10TeV -f csv -q > far.csv
    grep -q NOEXPO far.csv
}

@test "maps: a source without a place is refused in one sentence" {
    run --separate-stderr -2 fe-points "$MAP" -m pl -e 1:10TeV -q
    one_line
    [[ $stderr == *"source 'source' has no place on the sky, which a map needs"* ]]
}

# bins_of [OPTION]...: of the line of fe-points -v about the work: n_opened n_bins n_evaluations, four bands of the map.
bins_of()
{
    fe-points "$MAP" -m "$REF/m2_fp_models.yaml" -e 0.1,0.32,1,3.2,10TeV -v -f csv "$@" > /dev/null 2> log || fail "$(cat log)"
    read -r n_opened n_bins n_evaluations < <(sed -n \
        's/^fe-points: work: \([0-9]*\) datasets opened, 4 groups, \([0-9]*\) bins, \([0-9]*\) evaluations, .*/\1 \2 \3/p' log)
    [ -n "$n_evaluations" ] || fail "no line about the work: $(cat log)"
}

@test "maps: of 211 176 bins only those with counts where the source shines are looked at, in few evaluations" {
    local how
    for how in none bkg; do
        bins_of --free $how
        echo "$how: $n_opened $n_bins $n_evaluations"
        [ "$n_opened" -eq 1 ]
        [ "$n_bins" -gt 100 ]
        [ "$n_bins" -le 1000 ]
        [ "$n_evaluations" -le $((4 * 45)) ]
    done
}

@test "maps: a large file is opened, and unpacked, once" {
    need_command strace
    ASAN_OPTIONS=detect_leaks=0 strace -f -e trace=open,openat -o trace fe-points "$MAP" -m "$REF/m2_fp_models.yaml" -e 1:10TeV -q -f csv > /dev/null
    [ "$(grep -c "\"$MAP\"" trace)" -eq 1 ]
}
