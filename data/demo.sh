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
fe-convert "$out/points.fits" --to e2dnde -f plot > "$out/points.dat"

# What the truth is worth in the same bands: the ref_e2dnde of points that have it as reference model.
fe-points runs/pha_obs*.fits -e 0.5:20TeV:8 -m truth.yaml -q --to e2dnde -f csv > "$out/truth.csv"

say
say '4. What was found, and what was simulated:'
say
awk -F , -v truth_file="$out/truth.csv" -v plot_file="$out/truth.dat" '
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
        printf "%.9g %.9g\n", $c["e_ref"], true > plot_file
        sum += ((value - true) / error) ^ 2
        n_points++
    }
    END { printf "\nchi2 of the %d points against the truth: %.1f\n", n_points, sum }' "$out/points.csv"

# Drawn where gnuplot is: in the terminal, and as a picture.
if command -v gnuplot >/dev/null; then
    cat > "$out/draw.gp" <<'END'
set logscale xy
set xrange [0.4:25]
set yrange [2e-12:2e-10]
set format y "10^{%T}"
set xlabel "energy (TeV)"
set ylabel "E^2 dN/dE (erg cm^{-2} s^{-1})"
set key bottom left
limit(is) = is > 0 ? 1 : 1/0
plot "truth.dat" using 1:2 with lines lw 2 lc rgb "#999999" title "truth", \
    "points.dat" using 1:($7 > 0 ? 1/0 : $4):2:3:5:6 with xyerrorbars pt 7 lw 1.5 lc rgb "#0060ad" title "found", \
    "" using 1:($4*limit($7)):($2-$1):(0) with vectors nohead lw 1.5 lc rgb "#dd181f" notitle, \
    "" using 1:($4*limit($7)):($3-$1):(0) with vectors nohead lw 1.5 lc rgb "#dd181f" notitle, \
    "" using 1:($4*limit($7)):(0):(-0.45*$4) with vectors head filled lw 1.5 lc rgb "#dd181f" title "95 % upper limit"
END
    (cd "$out" && gnuplot -e 'set term dumb 78 22' draw.gp) || say '(no preview: gnuplot failed)'
    (cd "$out" && gnuplot -e 'set term pngcairo size 900,640 font "sans,13"; set output "spectrum.png"' draw.gp) &&
        say 'build/demo/spectrum.png is the same as a picture.'
fi
say 'The tools are in build/bin, their pages in build/man; README has a first session.'
