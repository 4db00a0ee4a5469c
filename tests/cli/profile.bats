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
