#!/bin/sh
# data/demo.sh: the main job on the files of this folder, with the truth beside what was found.  Products go to build/demo.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
bin=$(cd "${FE_BIN:-$top/build/bin}" && pwd)
out=$top/build/demo
PATH=$bin:$PATH
mkdir -p "$out"
cd "$top/data"

say()
{
    printf '%s\n' "$*"
}

# Show a command as it would be typed, and run it.
show()
{
    say "    \$ $*"
    "$@"
}

say '1. Four simulated runs of 28 minutes on a source like the Crab nebula, one of them:'
say
show fe-info runs/pha_obs1.fits
say
say '2. Flux points: in each of eight bands, the norm of a reference model, fitted jointly over the four runs.'
say '   The reference is a plain power law; the source, which the tool does not know, is a log parabola.'
say
say '    $ fe-points runs/pha_obs*.fits -e 0.5:20TeV:8 -m pl:index=2.5 --scan -o build/demo/points.fits'
fe-points runs/pha_obs*.fits -e 0.5:20TeV:8 -m pl:index=2.5 --scan --force -q -o "$out/points.fits"
say
say '3. The product remembers its model, so it can be converted: here to E^2 dN/dE in erg cm-2 s-1.'
say
say '    $ fe-convert build/demo/points.fits --to e2dnde -f csv > build/demo/points.csv'
fe-convert "$out/points.fits" --to e2dnde -f csv > "$out/points.csv"

# What the truth is worth in the same bands: the ref_e2dnde of points that have it as reference model.
fe-points runs/pha_obs*.fits -e 0.5:20TeV:8 -m truth.yaml -q --to e2dnde -f csv > "$out/truth.csv"

say
say '4. What was found, and what was simulated:'
say
awk -F , -v truth_file="$out/truth.csv" '
    # Columns of a header line by their names.
    function learn(column,    i) { for (i = 1; i <= NF; i++) column[$i] = i }
    BEGIN {
        while ((getline < truth_file) > 0)
            if (!n++)
                learn(t)
            else
                truth[n - 1] = $t["ref_e2dnde"]
        print "     band (TeV)         E^2 dN/dE       error       truth   (found - truth)   sqrt_ts"
        print "                     ----------- erg cm-2 s-1 ----------        / error"
    }
    NR == 1 { learn(c); next }
    {
        value = $c["e2dnde"]; error = $c["e2dnde_err"]; true = truth[NR - 1]
        printf "%8.3f - %7.3f    %11.3e %11.3e %11.3e   %15.2f   %7.1f\n", $c["e_min"], $c["e_max"], value, error, true,
               (value - true) / error, $c["sqrt_ts"]
        sum += ((value - true) / error) ^ 2
        n_points++
    }
    END { printf "\nchi2 of the %d points against the truth: %.1f\n", n_points, sum }' "$out/points.csv"

# Drawn where gnuplot is: in the terminal, and as a picture.
say
say '5. The same as a picture:'
say
if command -v gnuplot >/dev/null; then
    fe-plot "$out/points.fits" --label found --curve truth.yaml --size 78x22 -f text
    say '    $ fe-plot build/demo/points.fits --label found --curve truth.yaml -o build/demo/spectrum.png'
    fe-plot "$out/points.fits" --label found --curve truth.yaml --force -o "$out/spectrum.png"
else
    say '(gnuplot is not installed)'
fi
say
say 'The tools are in build/bin, their pages in build/man; README has a first session.'
