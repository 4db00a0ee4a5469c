# Regions of maps: fe-profile, and --regions of fe-points and fe-lightcurve.
# shellcheck disable=SC2154    # output and stderr are set by run
setup_file()
{
    load ../helper
    cd "$BATS_FILE_TMPDIR" || return
    fe-simulate --map 2deg -m "$FE_TOP/data/sky.yaml" --e-min 0.5TeV --e-max 20TeV --bins 4 --true-bins 6 --livetime 10h --asimov \
        --start 60000 --realisations 2 -o . --name gc
}

setup()
{
    load ../helper
    cd "$BATS_TEST_TMPDIR" || return
    MAP=$BATS_FILE_TMPDIR/gc-1.fits
    need_command jq
}

# against CASE MODEL EDGES BOXES: the exact values of a profile of the references.
against()
{
    local ref=$FE_SHARED/reference/maps/m4-profile/m4_$1_profile.json
    fe-profile "$FE_SHARED/data/$1/${1%-gc}-gc.fits.gz" --boxes "$4" -e "$3" -m "$2" --compat gammapy --ul-sigma 2 --ul-unbounded \
        -t likelihood -f json -q > got.json
    jq -e --slurpfile ref "$ref" '
        def near($a; $b; $scale): $b == null or ($a != null and (($a - $b | fabs) <= 1e-5 * $scale));
        [.rows, [$ref[0].regions[].exact[]]] | transpose | length >= 24 and all(
            .[0] as $g | .[1] as $w | ([($w.norm | fabs), $w.norm_errp] | max) as $scale |
            near($g.norm; $w.norm; $scale) and near($g.norm_err; $w.norm_err; $scale) and near($g.norm_errp; $w.norm_errp; $scale) and near($g.norm_errn; $w.norm_errn; $scale) and
            near($g.norm_ul; $w.norm_ul; [($w.norm_ul | fabs), $scale] | max) and near($g.ts; $w.ts; 10 + $w.ts) and $g.counts == $w.counts)' got.json
}

@test "profile: boxes of the CTA-like map, exact values of the reference" {
    need_shared reference/maps/m4-profile
    against cta-1dc 'pl:index=2.3,amplitude=1e-12 cm-2 s-1 TeV-1' 0.1,1,10TeV gal:3,-0.3/gal:-3,0.3/12/0.4deg
}

@test "profile: boxes of the Fermi-LAT map, also where gammapy's fits fail" {
    need_shared reference/maps/m4-profile
    against fermi-3fhl-gc 'pl:index=2.3,amplitude=1e-10 cm-2 s-1 TeV-1' 10,50,100,500GeV gal:5,0/gal:-5,0/10/0.6deg
}

@test "profile: rings have the flux of their rings, and one that is a circle that of the source" {
    fe-profile "$MAP" --annuli gal:0.375,0.225/0:0.5deg:5 -e 0.5:20TeV -m pl:index=2.3 -f json -q > rings.json
    jq -e '([.rows[].x_ref * 1000 | round] == [50, 150, 250, 350, 450]) and ([.rows[] | .x_max - .x_min] | all(. - 0.1 | fabs < 1e-9))' rings.json
    jq -e '[.rows[].flux] | .[0] > 5 * .[2] and .[4] < 0.2 * .[0]' rings.json
    # a point source seen through its circle: 3e-12 / 1.3 (0.5^-1.3 - 20^-1.3)
    fe-points "$MAP" --regions circle:gal:0.375,0.225,0.15 --psf-correct -e 0.5:20TeV -m pl:index=2.3 -t flux -f json -q |
        jq -e '.rows[0] | .region == "R1" and (.flux / 5.634e-12 - 1 | fabs) < 0.03'
}

@test "profile: excess method, groups, regions of a file, light curves of regions" {
    printf 'galactic\ncircle(0.375,0.225,0.15) # text={point}\nellipse(359.6,-0.3,0.3,0.2,30) # text={cloud}\n' > two.reg
    fe-profile "$MAP" --regions two.reg --method excess -e 0.5,2,20TeV -m pl:index=2.3 -f json -q > excess.json
    jq -e '.rows | length == 4 and .[0].x_ref == 0 and (.[2].x_ref - 0.9357 | fabs) < 1e-3' excess.json
    fe-points "$BATS_FILE_TMPDIR"/gc-?.fits --regions two.reg -e 0.5:20TeV -m pl:index=2.3 -f json -q > points.json
    jq -e '[.rows[].region] == ["point", "cloud"]' points.json
    fe-lightcurve "$BATS_FILE_TMPDIR"/gc-?.fits --regions two.reg -b run -e 0.5:20TeV -m pl:index=2.3 -f json -q > curve.json
    jq -e '.rows | length == 4 and ([.[].region] == ["point", "point", "cloud", "cloud"]) and .[1].time_min > .[0].time_min' curve.json
    fe-profile "$BATS_FILE_TMPDIR"/gc-?.fits --regions two.reg --group-by run -e 0.5:20TeV -m pl:index=2.3 -f json -q |
        jq -e '.rows | length == 4 and ([.[] | .region + .run] | unique | length == 4) and ([.[].x_ref] | unique | length == 2)'
}

# rows FILE FILTER: region, counts, flux, flux_err of the rows a jq filter leaves.
rows() { jq -c "[.rows[] | select($2) | [.region, .counts, .flux, .flux_err, .ts]]" "$1"; }

@test "profile: bins of time, of phase, and groups: the rows of a bin are a profile of its maps alone" {
    cd "$BATS_FILE_TMPDIR"
    job=(--annuli gal:0.375,0.225/0:0.5deg:3 -e 0.5,2,20TeV -m pl:index=2.3 -f json -q)
    out=$BATS_TEST_TMPDIR
    for k in 1 2; do fe-profile gc-$k.fits "${job[@]}" > "$out/alone-$k.json"; done
    fe-profile gc-?.fits "${job[@]}" -b run > "$out/run.json"
    jq -e '.rows | length == 12 and ([.[].x_ref] | unique | length == 3) and ([.[].time_min] | unique | length == 2)' "$out/run.json"
    [ "$(rows "$out/run.json" '.time_min < 60000.1')" = "$(rows "$out/alone-1.json" true)" ]
    [ "$(rows "$out/run.json" '.time_min > 60000.1')" = "$(rows "$out/alone-2.json" true)" ]
    fe-profile gc-?.fits "${job[@]}" -b 59999.9,60000.42,60001 > "$out/list.json"
    jq -e '.rows | all(.time_max - .time_min < 0.6)' "$out/list.json"
    [ "$(rows "$out/list.json" '.time_max < 60000.5')" = "$(rows "$out/alone-1.json" true)" ]
    # mid times at phases 0.104 and 0.313 of two days
    fe-profile gc-?.fits "${job[@]}" --period 2d --t0 60000 --phase-bins 0,0.2,0.5,1 > "$out/phase.json"
    jq -e '.rows | length == 18 and all(.[] | select(.phase_min == 0.5); .counts == null and .status == "EMPTY")' "$out/phase.json"
    [ "$(rows "$out/phase.json" '.phase_min == 0')" = "$(rows "$out/alone-1.json" true)" ]
    [ "$(rows "$out/phase.json" '.phase_min == 0.2')" = "$(rows "$out/alone-2.json" true)" ]
    # both in one bin of time, apart by a keyword
    printf 'OBS_ID,ZEN\ngc-1,10\ngc-2,40\n' > "$out/obs.csv"
    fe-profile gc-?.fits "${job[@]}" -b 59999,60002 --obs-table "$out/obs.csv" --group-by ZEN:0,25,50 > "$out/zen.json"
    jq -e '.rows | length == 12 and all(.time_min == 59999)' "$out/zen.json"
    [ "$(rows "$out/zen.json" '.ZEN_min == 25')" = "$(rows "$out/alone-2.json" true)" ]
    fe-profile gc-?.fits "${job[@]}" > "$out/all.json"
    jq -e '.rows | length == 6 and all(has("time_min") | not)' "$out/all.json"
    run --separate-stderr -2 fe-profile gc-?.fits "${job[@]}" -b min-sig=3
    one_line
    [[ $stderr == *'--time-bins min-sig=3: bins that follow the data are those of one region'* ]]
    run --separate-stderr -2 fe-lightcurve gc-?.fits --regions 'circle:gal:0,0,0.1;circle:gal:0.3,0,0.1' -b blocks -m pl -q
    one_line
    fe-lightcurve gc-?.fits --regions circle:gal:0.375,0.225,0.15 -b min-sig=3 -m pl -q > "$out/one.ecsv"
}

@test "profile: in bins of time it is one row per estimate, which is said, and a table of each bin is a profile again" {
    cd "$BATS_FILE_TMPDIR"
    job=(--annuli gal:0.375,0.225/0:0.5deg:3 -e 0.5,2,20TeV -m pl:index=2.3)
    out=$BATS_TEST_TMPDIR
    run -0 --separate-stderr fe-profile gc-?.fits "${job[@]}" -b run -o "$out/runs.fits"
    [[ $stderr == *'profiles in bins of time have no place in a table of gammapy'*'fe-select --split-by time_min'* ]]
    fe-info "$out/runs.fits" > info
    grep -q 'kind *profile' info
    grep -q 'positions *0 to 0.5 deg' info
    grep -q 'FLUXPOINTS: 12 rows' info
    fe-select "$out/runs.fits" -q --split-by time_min -o "$out/p_{}.fits"
    fe-info "$out/p_60000.fits" | grep -q 'FLUXPOINTS: 3 rows'
    fe-convert "$out/p_60000.fits" -q -f json | jq -e '.rows | length == 6'
    fe-profile "$MAP" "${job[@]}" -q | fe-info - | grep -q 'kind *profile'
    fe-lightcurve gc-?.fits --regions circle:gal:0.375,0.225,0.15 -e 0.5:20TeV -m pl -q | fe-info - | grep -q 'kind *light curve'
    fe-lightcurve gc-?.fits --regions circle:gal:0.375,0.225,0.15 --period 2d --phase-bins 2 -m pl -q | fe-info - > info
    grep -q 'kind *phase curve' info
    grep -q 'phases *0 to 1' info
    fe-points "$MAP" --regions circle:gal:0.375,0.225,0.15 -m pl -q | fe-info - | grep -q 'kind *flux points'
}

@test "profile: rows of regions have the centre of their region" {
    fe-points "$MAP" --regions 'circle:gal:0.375,0.225,0.15;box:266.9,-28.9,0.2,0.3,20' -e 0.5,2,20TeV -m pl:index=2.3 -f json -q > points.json
    # galactic 0.375, 0.225 by astropy
    jq -e '[.rows[] | [(.ra * 1e7 | round), (.dec * 1e7 | round)]] ==
        [[2664087859, -284988699], [2664087859, -284988699], [2669000000, -289000000], [2669000000, -289000000]]' points.json
    fe-lightcurve "$BATS_FILE_TMPDIR"/gc-?.fits --regions circle:266.9,-28.9,0.2 -e 0.5:20TeV -m pl:index=2.3 -q -o lc.fits
    fe-convert lc.fits -q -f json --layout flat | jq -e '.rows | length == 2 and all(.ra == 266.9 and .dec == -28.9 and .region == "R1")'
    fe-profile "$MAP" --boxes gal:0.9,0/gal:-0.9,0/3/0.2deg -e 0.5:20TeV -m pl:index=2.3 -f json -q | jq -e '.rows[1] | .ra - 266.405 | fabs < 1e-2'
}

@test "profile: other sources of the models are background in the pixels of a region" {
    fe-points "$MAP" -m "$FE_TOP/data/sky.yaml" -s point --regions circle:gal:0.375,0.225,0.3 --psf-correct -e 0.5:20TeV -t flux -f json -q > alone.json
    fe-points "$MAP" -m "$FE_TOP/data/sky.yaml" -s cloud --regions circle:gal:-0.4,-0.3,0.5 -e 0.5:20TeV -t flux -f json -q > cloud.json
    jq -e '.rows[0].flux / 5.634e-12 - 1 | fabs < 0.03' alone.json
    # the same place, its sources known: nothing is left
    fe-points "$MAP" -m "$FE_TOP/data/sky.yaml" -s point --regions circle:gal:-0.4,-0.3,0.3 -e 0.5:20TeV -t flux -f json -q |
        jq -e '.rows[0] | (.sqrt_ts | fabs) < 0.2'
}

@test "profile: regions of one name stay apart; excluded shapes are no regions" {
    printf 'galactic\ncircle(0.375,0.225,0.15) # text={a}\ncircle(0.375,0.225,0.15) # text={a}\n-circle(0.375,0.225,0.05)\n' > same.reg
    fe-points "$MAP" --regions same.reg -e 0.5:20TeV -m pl:index=2.3 -f json -q > same.json
    jq -e '.rows | length == 2 and .[0].counts == .[1].counts and .[1].region == "a"' same.json
    fe-points "$MAP" --regions circle:gal:0.375,0.225,0.15 -e 0.5:20TeV -m pl:index=2.3 -f json -q |
        jq -e --slurpfile hole same.json '.rows[0].counts > 1.3 * $hole[0].rows[0].counts'
}

@test "profile: bad input" {
    run --separate-stderr -2 fe-profile "$MAP" -m pl -q
    one_line
    run --separate-stderr -2 fe-profile "$MAP" -m pl -q --boxes gal:1,0/gal:-1,0/12
    one_line
    run --separate-stderr -2 fe-profile "$MAP" -m pl -q --annuli gal:1,0/0.5:0.1deg:4
    one_line
    run --separate-stderr -2 fe-profile "$MAP" -m pl -q --regions circle:gal:0,0,0.1
    one_line
    run --separate-stderr -2 fe-points "$MAP" -m pl -q --regions circle:gal:40,0,0.1
    one_line
    [[ $stderr == *"region R1: "*"no pixel centre of the map lies in the region" ]]
    run --separate-stderr -3 fe-points "$FE_TOP/data/runs/pha_obs1.fits" -m pl -q --regions circle:gal:0,0,0.1
    one_line
    printf 'blob(1,2,3)\n' > bad.reg
    run --separate-stderr -3 fe-points "$MAP" -m pl -q --regions bad.reg
    one_line
    [[ $stderr == *bad.reg* ]]
}

@test "profile: gammapy reads it" {
    need_gammapy
    fe-profile "$MAP" --boxes gal:0.9,0.225/gal:-0.9,0.225/9/0.2deg -e 0.5,2,20TeV -m pl:index=2.3 -q -o p.fits
    "$FE_GAMMAPY_PYTHON" -W ignore -c '
import sys
from gammapy.estimators import FluxPoints
p = FluxPoints.read(sys.argv[1], format="profile")
assert p.geom.axes["projected-distance"].nbin == 9 and p.flux.data.shape == (9, 2, 1, 1), p
' p.fits
}
