# fe-stack on map datasets: gammapy's stack_reduce on real runs, joint estimates, parts of a grid, what does not fit together.
# shellcheck disable=SC2154    # output and stderr are set by run
setup_file()
{
    load ../helper
    cd "$BATS_FILE_TMPDIR" || return
    fe-simulate --map 2deg -m "$FE_TOP/data/sky.yaml" --e-min 0.5TeV --e-max 20TeV --bins 4 --true-bins 6 --livetime 3h --seed 5 \
        --start 60000 --realisations 3 -o sim --name run
}

setup()
{
    load ../helper
    cd "$BATS_TEST_TMPDIR" || return
    SIM=$BATS_FILE_TMPDIR/sim
    RUNS=$FE_SHARED/data/cta-1dc/cta-1dc-run
    RING=$FE_SHARED/data/hess-ring/hess-crab-ring
    JOB=(-s point -m "$FE_TOP/data/sky.yaml" -e "0.5,2,20TeV" -f csv -q)
}

# same_stack OURS FILE... [-- OURS FILE...]...: gammapy's sum of the files is ours.
same_stack() { "$FE_GAMMAPY_PYTHON" -W ignore "$FE_TOP/tests/interchange/stack_same.py" "$@"; }

# cutouts IN,OUT,LON,LAT,WIDTH,HEIGHT...: parts of datasets as gammapy cuts them, galactic coordinates, deg.
cutouts()
{
    "$FE_GAMMAPY_PYTHON" -W ignore -c '
import sys
from astropy.coordinates import SkyCoord
from gammapy.datasets import MapDataset

for text in sys.argv[1:]:
    name, out, lon, lat, width, height = text.split(",")
    centre = SkyCoord(float(lon), float(lat), unit="deg", frame="galactic")
    MapDataset.read(name).cutout(centre, (f"{width} deg", f"{height} deg")).write(out)
' "$@"
}

@test "fe-stack: the sum of equal runs is the joint fit: points, light curves, TS maps" {
    fe-points "$SIM"/run-*.fits "${JOB[@]}" > joint.csv
    fe-points --stack "$SIM"/run-*.fits "${JOB[@]}" > stacked.csv
    fe-stack "$SIM"/run-*.fits -o . --name sum -q | fe-points @- "${JOB[@]}" > sum.csv
    cut -d, -f1-23 joint.csv > want.csv                             # up to the counts; niter ... need not be the same
    for f in stacked sum; do
        cut -d, -f1-23 $f.csv > got.csv
        tables_close got.csv want.csv 1e-6
    done
    awk -F, 'NR > 1 && ($10 < 0.5 || $10 > 2) { exit 1 } END { exit NR != 3 }' joint.csv
    fe-lightcurve --stack "$SIM"/run-*.fits "${JOB[@]}" -b 9h | cut -d, -f1-20 > got.csv
    fe-lightcurve "$SIM"/run-*.fits "${JOB[@]}" -b 9h | cut -d, -f1-20 > want.csv
    tables_close got.csv want.csv 1e-6
    for f in sum joint; do
        files=(sum.fits)
        [ $f = sum ] || files=("$SIM"/run-*.fits)
        fe-tsmap "${files[@]}" -m pl:index=2.3 -e 0.5,20TeV --kernel-width 0.5deg -q -o $f-ts.fits
        fe-extract $f-ts.fits --at gal:0.375,0.225 -t likelihood -f csv -q > $f.csv
    done
    cut -d, -f3-11 sum.csv > got.csv
    cut -d, -f3-11 joint.csv > want.csv
    tables_close got.csv want.csv 1e-6
}

@test "fe-stack: what is said of the sum; a sum of sums is the sum" {
    need_command jq
    run -0 --separate-stderr fe-stack "$SIM"/run-*.fits -o out --name sum
    [ "$output" = out/sum.fits ]
    [ -z "$stderr" ]
    fe-info --json out/sum.fits | jq -e '.kind == "dataset: counts with background and response" and .observation == "sum" and
        .map == "40 x 40 pixels of 0.05 x 0.05 deg, GLON-CAR GLAT-CAR" and .livetime_s == 32400'
    counts=$(fe-info --json out/sum.fits | jq .counts)
    [ "$(for k in 1 2 3; do fe-info --json "$SIM/run-$k.fits"; done | jq -s 'map(.counts) | add')" = "$counts" ]
    run --separate-stderr -2 fe-stack "$SIM"/run-*.fits -o out --name sum
    one_line
    fe-stack "$SIM"/run-[12].fits --name two -o . -q
    fe-stack two.fits "$SIM/run-3.fits" --name sum -o . --no-history -q
    fe-stack "$SIM"/run-*.fits -o out --name sum --no-history --force -q
    cmp sum.fits out/sum.fits
    need_command fitsverify
    fitsverify -q sum.fits
}

@test "fe-stack: --like gives the pixels; what lies outside of the sum is told" {
    need_command jq
    fe-simulate --map 1deg -m "$FE_TOP/data/sky.yaml" --e-min 0.5TeV --e-max 20TeV --bins 4 --true-bins 6 --seed 1 -o . --name small -q
    run -0 --separate-stderr fe-stack "$SIM/run-1.fits" --like small.fits -o . --name part
    [ "$stderr" = "fe-stack: $SIM/run-1.fits: 7200 of its 9600 bins lie outside of the sum and are left out" ] || fail "$stderr"
    fe-info --json part.fits | jq -e '.map | startswith("20 x 20 pixels")'
    run -0 --separate-stderr fe-stack small.fits "$SIM/run-1.fits" -o . --name first
    [[ $stderr == *"7200 of its 9600 bins lie outside of the sum"* ]]
    run -0 --separate-stderr fe-stack small.fits --like "$SIM/run-1.fits" -o . --name wide
    [ -z "$stderr" ]
    fe-info --json wide.fits | jq -e '(.map | startswith("40 x 40 pixels")) and .bins_used == "2400 of 9600"'
}

@test "fe-stack: maps that do not fit together: one line, nothing written" {
    small=(-m "$FE_TOP/data/sky.yaml" --e-min 0.5TeV --e-max 20TeV --bins 4 --true-bins 6 -o . -q)
    fe-simulate --map 1deg --center gal:5,0 "${small[@]}" --name far
    fe-simulate --map 2deg --center gal:0.02,0 "${small[@]}" --name shifted
    fe-simulate --map 2deg --psf 0.2deg "${small[@]}" --name wide
    fe-simulate --map 2deg "${small[@]}" --bins 5 --name bins
    fe-simulate --map 2deg "${small[@]}" --true-bins 5 --name true
    ln -s "$FE_TOP/data/runs" runs                      # its own path may have blanks
    while read -r file text; do
        run --separate-stderr -3 fe-stack "$SIM/run-1.fits" "$file" -o . --name no
        one_line
        [[ $stderr == *"$text"* ]] || fail "$stderr"
    done << END
far.fits its pixels are not those of
shifted.fits its pixels are not those of $SIM/run-1.fits, nor a part of the same grid
wide.fits the axes of its PSF are not those of $SIM/run-1.fits
bins.fits reconstructed energy axis differs from that of
true.fits true energy axis differs from that of
runs/pha_obs1.fits a spectrum cannot be stacked with a map
END
    run --separate-stderr -3 fe-stack "$FE_TOP/data/runs/pha_obs1.fits" --like "$SIM/run-1.fits" -o . --name no
    one_line
    run --separate-stderr -3 fe-stack "$SIM/run-1.fits" --like "$FE_TOP/data/runs/pha_obs1.fits" -o . --name no
    one_line
    [[ $stderr == *"pha_obs1.fits: there is no image" ]]
    assert_file_not_exists no.fits
}

@test "fe-stack: runs of CTA's data challenge as gammapy's Datasets.stack_reduce, and the stack it was made into" {
    need_shared data/cta-1dc
    need_gammapy
    fe-stack "$RUNS"-*.fits.gz -o . --name cta -q
    same_stack cta.fits "$RUNS"-*.fits.gz -- cta.fits "$FE_SHARED/data/cta-1dc/cta-1dc-gc.fits.gz"
}

@test "fe-stack: OFF counts of a ring as gammapy sums them, in either order; times in UTC and in TT" {
    need_shared data/hess-ring
    need_gammapy
    fe-stack "$RING.fits.gz" "$RING-run-23523.fits.gz" -o . --name one -q
    fe-stack "$RING-run-23523.fits.gz" "$RING.fits.gz" -o . --name two -q
    same_stack one.fits "$RING.fits.gz" "$RING-run-23523.fits.gz" -- two.fits "$RING-run-23523.fits.gz" "$RING.fits.gz"
}

@test "fe-stack: parts that gammapy has cut out, on a geometry that holds them and on that of the first" {
    need_shared data/cta-1dc
    need_gammapy
    all=$FE_SHARED/data/cta-1dc/cta-1dc-gc.fits.gz
    cutouts "$RUNS-110380.fits.gz,a.fits,1,0.5,4,3" "$RUNS-111140.fits.gz,b.fits,-1,-0.5,5,4" "$RUNS-111159.fits.gz,c.fits,0.3,0.2,3,3"
    fe-stack --like "$all" a.fits b.fits c.fits -o . --name like -q
    fe-stack b.fits a.fits "$RUNS-111159.fits.gz" -o . --name first -q
    fe-stack "$RUNS-111159.fits.gz" a.fits b.fits -o . --name whole -q
    same_stack --like "$all" like.fits a.fits b.fits c.fits -- first.fits b.fits a.fits "$RUNS-111159.fits.gz" -- \
        whole.fits "$RUNS-111159.fits.gz" a.fits b.fits
}

# Its PSF has two places on the whole sky, in ICRS, with a node in the centre; nobody has weighed its dispersion: exposures are 0.
@test "fe-stack: a map of Fermi-LAT with few places of responses, in another frame, stays what it is" {
    need_shared data/fermi-3fhl-crab
    fermi=$FE_SHARED/data/fermi-3fhl-crab/Fermi-LAT-3FHL_data_Fermi-LAT.fits
    fe-stack "$fermi" -o . --name one -q
    for f in "$fermi" one.fits; do
        fe-tsmap "$f" -m pl:index=2 -e 20,100,500GeV --kernel-width 1deg --center 83.63,22.01 --width 0.5deg -q -o ts.fits --force
        fe-extract ts.fits --at 83.63,22.01 -t likelihood -f csv -q | cut -d, -f3-11 > "$(basename "$f" .fits).csv"
    done
    tables_close one.csv Fermi-LAT-3FHL_data_Fermi-LAT.csv 1e-9
    run -0 cat one.csv
    [ "${#lines[@]}" -eq 3 ]
}

# A run takes 40 MB in memory, its file 23: two runs and a file fit, eight runs do not.
@test "fe-stack: memory is that of one dataset and the sum" {
    nm "$FE_BIN/fe-stack" 2>/dev/null | grep -q __asan && skip "the sanitizer takes the address space"
    fe-simulate --map 10deg -m "$FE_TOP/data/sky.yaml" --livetime 1h --e-min 0.1TeV --e-max 100TeV --bins 10 --seed 1 -o . --name big -q
    run ! bash -c 'ulimit -v 80000; fe-stack big.fits -o . --name no -q'        # the limit is one
    mapfile -t files < <(yes big.fits | head -n 8)
    (ulimit -v 250000; fe-stack "${files[@]}" -o . --name sum -q)
}
