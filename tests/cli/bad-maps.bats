# Bad map datasets, case by case: fe-tsmap, fe-excessmap, fe-points, fe-stack and fe-info refuse each with exit 3 and one line that names
# file, HDU and value, and write nothing.  All cases of a test are tried, those that fail are named.
# shellcheck disable=SC2154    # output and stderr are set by run
setup_file()
{
    load ../helper
    cd "$BATS_FILE_TMPDIR" || return
    fe-simulate --map 2deg -m "$FE_TOP/data/sky.yaml" --e-min 0.5TeV --e-max 20TeV --bins 4 --true-bins 6 --livetime 10h --seed 1 \
        --start 60000 -o . --name good
}

setup()
{
    load ../helper
    cd "$BATS_TEST_TMPDIR" || return
    mkdir bad
    MAP=$BATS_TEST_TMPDIR/bad/map.fits
    wrong=0
}

report()
{
    wrong=$((wrong + 1))
    echo "wrong: $*"
}

none_wrong() { [ "$wrong" -eq 0 ] || fail "$wrong cases are wrong"; }

# try_tools WORDS FILE: all tools refuse the file with one line like WORDS.
try_tools()
{
    local words=$1 file=$2 tool
    for tool in tsmap excessmap points stack info; do
        case $tool in
            tsmap) run --separate-stderr fe-tsmap "$file" --kernel-width 0.5deg -e 0.5,20TeV -m pl:index=2.3 -q -o no.fits ;;
            excessmap) run --separate-stderr fe-excessmap "$file" --radius 0.1deg -e 0.5,20TeV -m pl:index=2.3 -q -o no.fits ;;
            points) run --separate-stderr fe-points "$file" -s point -m "$FE_TOP/data/sky.yaml" -e 0.5,20TeV -q -o no.fits ;;
            stack) run --separate-stderr fe-stack "$file" -q -o . --name no ;;
            info) run --separate-stderr fe-info "$file" ;;
        esac
        compgen -G 'no*' > left && report "fe-$tool: files left behind: $(cat left)"
        rm -f no*
        # shellcheck disable=SC2053    # a pattern
        if [ "$status" -ne 3 ]; then
            report "fe-$tool: status $status ($stderr): $words"
        elif [ -n "$output" ] || [ "${#stderr_lines[@]}" -ne 1 ]; then
            report "fe-$tool: not one line on standard error alone ($stderr / $output)"
        elif [[ $stderr != "fe-$tool: "$words ]]; then
            report "fe-$tool: '$stderr' is not like '$words'"
        fi
    done
}

# edited WORDS HDU VERB...: one HDU is edited; where HDU is `all`, those on the pixels of the map.
edited()
{
    local words=$1 hdu=$2
    shift 2
    cp "$BATS_FILE_TMPDIR/good.fits" "$MAP"
    for name in ${hdu/all/COUNTS EXPOSURE BACKGROUND MASK_SAFE}; do
        fitsedit "$MAP" "$name" "$@" || report "fitsedit $name $*"
    done
    try_tools "$words" "$MAP"
}

@test "bad maps: cut files, compressed or not" {
    head -c 200000 "$BATS_FILE_TMPDIR/good.fits" > bad/cut.fits
    try_tools '*cut.fits?PSF?: the file is cut: 201600 bytes expected*' bad/cut.fits
    for n in 20 1000 60000; do
        gzip -c "$BATS_FILE_TMPDIR/good.fits" | head -c $n > bad/cut.fits.gz
        try_tools '*cut.fits.gz: *' bad/cut.fits.gz
    done
    : > bad/empty.fits
    try_tools '*empty.fits*' bad/empty.fits
    none_wrong
}

@test "bad maps: HDUs and axes that are missing, too many or swapped" {
    edited '*: there is no HDU EXPOSURE, without which there are no fluxes' EXPOSURE delhdu
    for hdu in COUNTS EXPOSURE BACKGROUND EDISP PSF PSF_EXPOSURE MASK_SAFE; do
        edited "*?$hdu?: its axes are missing: there is no table ${hdu}_BANDS" ${hdu}_BANDS delhdu
    done
    edited '*?COUNTS?: an image with 1 axes, expected 2 to 6' COUNTS resize 40
    edited '*?COUNTS?: NAXIS3 is 1, but axis 1 (energy) has 6 cells: axes missing or in another order' COUNTS resize 40 40
    edited '*?COUNTS?: NAXIS3 is 1, but axis 1 (energy) has 6 cells*' COUNTS resize 40 40 1 6
    edited '*?COUNTS?: NAXIS4 is 2, but axis 2 (none) has 1 cells*' COUNTS resize 40 40 6 2
    edited '*?COUNTS?: an image of 0 x 40 x 6 pixels*' COUNTS resize 0 40 6
    edited '*?EDISP?: NAXIS3 is 16, but axis 1 (energy) has 6 cells*' EDISP resize 1 1 16 6
    edited '*?PSF?: NAXIS3 is 16, but axis 1 (rad) has 60 cells*' PSF resize 1 1 16 60
    edited '*?EDISP?: NAXIS4 is 16, but axis 2 (energy) has 6 cells*' EDISP key AXCOLS2 E_MIN,E_MAX
    edited '*?COUNTS_BANDS?: there is no column ENERGY_TRUE_MIN, which AXCOLS names*' COUNTS key AXCOLS1 ENERGY_TRUE_MIN,ENERGY_TRUE_MAX
    edited '*?COUNTS?: AXCOLS1 is *, expected one or two columns' COUNTS key AXCOLS1 E_MIN,E_MAX,ENERGY
    edited '*?COUNTS_BANDS?: axis E_MIN: a bin ends at 1.70*, the next begins at 3.16*' COUNTS_BANDS delrows 3 1
    edited '*?COUNTS_BANDS?: axis E_MIN has no values' COUNTS_BANDS delrows 1 6
    edited '*?COUNTS_BANDS?: axis E_MIN begins at -1, expected a positive value' COUNTS_BANDS set E_MIN 2 -1
    edited '*?COUNTS_BANDS? row 2: column E_MIN is not finite' COUNTS_BANDS set E_MIN 2 nan
    edited '*?EXPOSURE?: NAXIS3 is 16, but axis 1 (energy_true) has 15 cells*' EXPOSURE_BANDS delrows 1 1
    none_wrong
}

@test "bad maps: masks, exposures and backgrounds of other shapes, energies or places" {
    edited '*?MASK_SAFE?: 20 x 20 pixels, COUNTS has 40 x 40' MASK_SAFE resize 20 20 6
    edited '*?EXPOSURE?: 39 x 40 pixels, COUNTS has 40 x 40' EXPOSURE resize 39 40 16
    edited '*?BACKGROUND?: 40 x 41 pixels, COUNTS has 40 x 40' BACKGROUND resize 40 41 6
    edited '*?MASK_SAFE?: NAXIS3 is 5, but axis 1 (energy) has 6 cells*' MASK_SAFE resize 40 40 5
    edited '*?MASK_SAFE?: its energies (6 bins from 0.5 to 21 TeV) are not those of COUNTS (6 from 0.5 to 20 TeV)' \
        MASK_SAFE_BANDS set E_MAX 6 21
    edited '*?EXPOSURE?: its pixels are at other places of the sky than those of COUNTS' EXPOSURE key CRVAL1 1
    edited '*?MASK_SAFE?: its pixels are at other places*' MASK_SAFE key CRPIX1 3
    edited '*?PSF_EXPOSURE?: 32 values on 2 x 1 pixels, expected 16 energies on 1 x 1 pixels' PSF_EXPOSURE resize 2 1 1 16
    none_wrong
}

@test "bad maps: values that are no counts, exposures or probabilities" {
    for value in nan inf -1; do
        edited "*?COUNTS?: the value at energy 1 of 6, pixel (7, 0) is $value, expected a number*" COUNTS pixel 8 $value
        edited "*?BACKGROUND?: the value at energy 2 of 6, pixel (0, 0) is $value, expected a number*" BACKGROUND pixel 1601 $value
        edited "*?EXPOSURE?: the exposure at energy_true 1 of 16, pixel (6, 1) is $value, expected*" EXPOSURE pixel 47 $value
        edited "*?EDISP?: the dispersion at energy 5 of 6, energy_true 1 of 16, pixel (0, 0) is $value, *" EDISP pixel 5 $value
    done
    for value in nan inf -1e+20; do
        edited "*?PSF?: the PSF at rad 3 of 60, energy_true 2 of 16, pixel (0, 0) is $value, *" PSF pixel 63 $value
        edited "*?PSF_EXPOSURE?: the exposure at rad 1 of 1, energy_true 3 of 16, *" PSF_EXPOSURE pixel 3 $value
    done
    edited '*?EDISP_EXPOSURE?: the exposure at energy 1 of 1, energy_true 1 of 16, pixel (0, 0) is nan*' EDISP_EXPOSURE scale nan
    edited '*?PSF?: the PSF at * TeV integrates to 2.0* over the sky, expected 1' PSF scale 2
    edited '*?PSF?: the PSF at * TeV integrates to 0.1* over the sky, expected 1' PSF scale 0.1
    edited '*?PSF?: the PSF at * TeV integrates to 0 over the sky, expected 1' PSF scale 0
    edited '*?EDISP?: the dispersion at * TeV has the sum 7*, expected at most 1' EDISP pixel 5 7
    edited '*?EDISP?: the dispersion is 0 everywhere, expected sums of 1' EDISP scale 0
    edited '*?GTI? row 1: columns START and STOP go from nan *' GTI set START 1 nan
    none_wrong
}

@test "bad maps: units that lie" {
    for unit in cm2 s foo ''; do
        edited '*?EXPOSURE?: unit of the values: *' EXPOSURE key BUNIT "$unit"
    done
    edited "*?COUNTS?: unit of the values: unit 's-1' does not convert to ''" COUNTS key BUNIT s-1
    edited "*?BACKGROUND?: unit of the values: unit 'TeV-1' *" BACKGROUND key BUNIT TeV-1
    edited "*?BACKGROUND?: its unit is 'sr-1', expected counts in pixels, without a unit" BACKGROUND key BUNIT sr-1
    edited "*?EDISP?: unit of the values: unit 'TeV-1' *" EDISP key BUNIT TeV-1
    edited "*?PSF?: unit of the values: unit 'deg' does not convert to 'sr-1'" PSF key BUNIT deg
    edited '*?PSF?: the PSF at * TeV integrates to 3295 over the sky, expected 1' PSF key BUNIT deg-2
    edited "*?PSF_EXPOSURE?: unit of the values: unit 'cm' *" PSF_EXPOSURE key BUNIT cm
    edited "*?COUNTS?: CUNIT1 is 'm', expected an angle" COUNTS key CUNIT1 m
    edited "*?COUNTS_BANDS?: column E_MIN: unit 'm' does not convert to 'TeV'" COUNTS_BANDS unit E_MIN m
    edited '*?COUNTS_BANDS?: column E_MIN has no unit, expected one of energy' COUNTS_BANDS unit E_MIN ''
    edited '*?COUNTS_BANDS?: axis E_MIN: a bin ends at *, expected bins that touch' COUNTS_BANDS unit E_MIN GeV
    edited '*?PSF_BANDS?: column RAD_MIN has no unit, expected one of angle' PSF_BANDS unit RAD_MIN ''
    edited '*?PSF_BANDS?: axis RAD_MIN: a bin ends at *' PSF_BANDS unit RAD_MIN rad
    none_wrong
}

@test "bad maps: pixels that are nowhere" {
    edited '*?COUNTS?: CDELT1 is 0, expected the size of a pixel' all key CDELT1 0
    edited '*?PSF?: CDELT2 is 0, expected the size of a pixel' PSF key CDELT2 0
    edited "*?COUNTS?: CDELT1 is 'wide', expected a number" COUNTS key CDELT1 wide
    edited "*?COUNTS?: CRVAL1 is 'here', expected a number" COUNTS key CRVAL1 here
    edited '*?COUNTS?: no map of the sky: *: its pixels are larger than the sky' all key CDELT1 1e30
    edited '*?COUNTS?: no map of the sky: *: CRVAL is no place on the sky' all key CRVAL2 95
    edited '*?COUNTS?: no map of the sky: *: CRVAL is no place on the sky' all key CRVAL1 1e300
    edited '*?COUNTS?: the middle of its 40 x 40 pixels is no place on the sky (CRPIX, CRVAL, CDELT)' all key CRPIX1 100000
    edited "*?COUNTS?: no map of the sky: CTYPE 'GLON-XXX', *" all key CTYPE1 GLON-XXX
    edited "*?COUNTS?: no map of the sky: CTYPE '', 'GLAT-CAR'*" all delkey CTYPE1
    edited "*?COUNTS?: no map of the sky: CTYPE 'GLAT-CAR', 'GLAT-CAR'*" all key CTYPE1 GLAT-CAR
    edited "*?COUNTS?: the map is in HEALPix pixels (CTYPE1 'GLON-HPX')*" all key CTYPE1 GLON-HPX
    edited '*?COUNTS?: no map of the sky: *' all key PC1_1 0
    none_wrong
}

@test "kernels wider than the map: what is beyond it has no data; sources and pixels of absurd sizes are refused" {
    for width in 3.95deg 30deg 1e300deg; do
        fe-tsmap "$BATS_FILE_TMPDIR/good.fits" --kernel-width $width -e 0.5,20TeV -m pl:index=2.3 -q --no-history > out.$width
        cmp out.$width out.3.95deg
    done
    fe-tsmap "$BATS_FILE_TMPDIR/good.fits" --kernel-width 1e6deg --compat gammapy -e 0.5,20TeV -m pl:index=2.3 -q -o compat.fits
    run --separate-stderr -3 fe-tsmap "$BATS_FILE_TMPDIR/good.fits" --spatial gauss:30deg -e 0.5,20TeV -m pl:index=2.3 -q -o no.fits
    one_line
    [[ $stderr == *"source and point spread function reach over 6017 x 6017 pixels of the map, in 16 energies: too wide, or"* ]]
    cp "$BATS_FILE_TMPDIR/good.fits" map.fits
    for hdu in COUNTS EXPOSURE BACKGROUND MASK_SAFE; do
        fitsedit map.fits $hdu key CDELT1 1e-9
        fitsedit map.fits $hdu key CDELT2 1e-9
    done
    run --separate-stderr -3 fe-tsmap map.fits -e 0.5,20TeV -m pl:index=2.3 -q -o no.fits
    one_line
    run --separate-stderr -3 fe-points map.fits -s point -m "$FE_TOP/data/sky.yaml" -e 0.5,20TeV -q -o no.fits
    one_line
    run ! compgen -G 'no*'
}

@test "masks and exclusion regions of other shapes; those behind an empty primary HDU are read" {
    good=$BATS_FILE_TMPDIR/good.fits
    fe-simulate --map 1deg -m "$FE_TOP/data/sky.yaml" --seed 1 -o . --name small -q
    for job in "fe-tsmap --kernel-width 0.5deg --mask" "fe-excessmap --radius 0.1deg --mask" "fe-excessmap --radius 0.1deg --exclusion"; do
        # shellcheck disable=SC2086    # options
        run --separate-stderr -3 ${job% *} "$good" ${job##* } small.fits -e 0.5,20TeV -m pl:index=2.3 -q -o no.fits
        one_line
        [[ $stderr == *"small.fits[COUNTS]: its pixels are not those of $good" ]] || fail "$stderr"
    done
    assert_file_not_exists no.fits
    fe-tsmap "$good" --mask "$good" --kernel-width 0.5deg -e 0.5,20TeV -m pl:index=2.3 -q -o masked.fits        # where there are counts
    fe-tsmap "$good" --kernel-width 0.5deg -e 0.5,20TeV -m pl:index=2.3 -q -o all.fits
    run ! cmp masked.fits all.fits
}

@test "maps in which nothing is used, or without exposure: every row says so" {
    need_command jq
    for edit in "MASK_SAFE EMPTY" "EXPOSURE NOEXPO"; do
        cp "$BATS_FILE_TMPDIR/good.fits" map.fits
        fitsedit map.fits "${edit% *}" scale 0
        fe-points map.fits -s point -m "$FE_TOP/data/sky.yaml" -e 0.5,2,20TeV -q -f json |
            jq -e --arg status "${edit#* }" '.rows | length == 2 and all(.status == $status and .dnde == null)'
        fe-tsmap map.fits --kernel-width 0.5deg -e 0.5,20TeV -m pl:index=2.3 -q -o ts.fits --force
        fe-extract ts.fits --at gal:0,0 -f json -q | jq -e '.rows | length == 1 and all(.dnde == null)'
    done
}
