# fe-plot: pictures by gnuplot, the scripts they come from, and names that are no commands.
# shellcheck disable=SC2154,SC2016,SC1003    # output and stderr are set by run; names that look like commands
setup_file()
{
    load ../helper
    cd "$BATS_FILE_TMPDIR" || return
    cp -R "$FE_TOP/data/runs" "$FE_TOP/data/published" "$FE_TOP/data/truth.yaml" .
    fe-points runs/pha_*.fits -e 0.5:20TeV:8 -m pl:index=2.5 --scan -q -o points.fits
    cat > lc.csv <<'CSV'
time_min,time_max,e_min,e_max,flux,flux_err,flux_ul,is_ul
60000,60000.5,1,10,1e-11,2e-12,nan,0
60001,60001.5,1,10,3e-11,2e-12,nan,0
60002,60002.5,1,10,nan,nan,4e-12,1
60000,60000.5,10,30,1e-12,2e-13,nan,0
60001,60001.5,10,30,2e-12,2e-13,nan,0
CSV
}

setup()
{
    load ../helper
    cd "$BATS_FILE_TMPDIR" || return
    out=$BATS_TEST_TMPDIR
}

# png_size FILE: "900 640", from the header chunk (PNG specification, 11.2.2).
png_size()
{
    [ "$(head -c 8 "$1" | od -An -tx1 | tr -d ' \n')" = 89504e470d0a1a0a ] || return 1
    od -An -j 16 -N 8 --endian=big -tu4 "$1" | tr -s ' ' | sed 's/^ //'
}

# blank_png WIDTH HEIGHT: the bytes that a picture with nothing in it takes.
blank_png()
{
    printf "set terminal pngcairo size %d,%d\nunset border\nunset tics\nunset key\nplot [0:1][0:1] 2\n" "$1" "$2" |
        gnuplot | wc -c
}

@test "plot: runs to a picture in one pipe; it has the size asked for, and something in it" {
    need_command gnuplot
    fe-points runs/pha_*.fits -e 0.5:20TeV:5/dec -m truth.yaml -q | fe-convert --to e2dnde -u 'erg cm-2 s-1' -q |
        fe-plot -o "$out/crab.png"
    [ "$(png_size "$out/crab.png")" = "900 640" ]
    [ "$(wc -c < "$out/crab.png")" -gt $((2 * $(blank_png 900 640))) ]
    fe-plot points.fits --size 400x300 -f png > "$out/small.png"
    [ "$(png_size "$out/small.png")" = "400 300" ]
    fe-plot points.fits -f pdf | head -c 5 | grep -q '%PDF-'
}

@test "plot: the same bytes a second time, and from the script by hand" {
    need_command gnuplot
    for suffix in svg png; do
        fe-plot points.fits --curve truth.yaml -o "$out/a.$suffix" --script "$out/$suffix.gp"
        fe-plot points.fits --curve truth.yaml -o "$out/b.$suffix"
        cmp "$out/a.$suffix" "$out/b.$suffix"
        (cd "$out" && gnuplot -d "$suffix.gp" > "by-hand.$suffix")
        cmp "$out/a.$suffix" "$out/by-hand.$suffix"
    done
    grep -q '</svg>' "$out/a.svg"
}

@test "plot: the script holds the columns of -f plot, and needs no gnuplot" {
    fe-convert points.fits --to e2dnde -f plot | awk '!/^#/ && NF == 7 && $7 == 0 { print $1, $2, $3, $4, $5, $6 }' > "$out/points"
    fe-convert points.fits --to e2dnde -f plot | awk '!/^#/ && NF == 7 && $7 == 1 { print $1, $2, $3, $4 }' > "$out/limits"
    PATH=$FE_BIN fe-plot points.fits --script - > "$out/gp"
    awk '/^\$points1 / { on = 1; next } /^END/ { on = 0 } on && !/^#/' "$out/gp" | diff - "$out/points"
    awk '/^\$limits1 / { on = 1; next } /^END/ { on = 0 } on && !/^#/' "$out/gp" | diff - "$out/limits"
    [ -s "$out/points" ]
    [ -s "$out/limits" ]
    fe-plot points.fits --no-limits --script - > "$out/none.gp"
    run -1 grep -c limit "$out/none.gp"
    fe-plot points.fits --ul-if 'sqrt_ts<1e9' --script - > "$out/all.gp"
    run -1 grep -c points1 "$out/all.gp"
}

@test "plot: axes, units and names" {
    run -0 fe-plot points.fits --script - --energy-unit GeV -u 'TeV cm-2 s-1' --title "Crab's"
    assert_line "set xlabel 'Energy (GeV)'"
    assert_line "set ylabel 'E^{2} dN/dE (TeV cm^{-2} s^{-1})'"
    assert_line "set title 'Crab''s' noenhanced"
    assert_line "set logscale x"
    assert_line "set logscale y"
    assert_line --partial "title 'points' noenhanced"
    assert_line --partial "title '95% upper limit' noenhanced"
    run -0 fe-plot points.fits -t flux --script -
    assert_line "set ylabel 'Flux (cm^{-2} s^{-1})'"
    run -0 fe-plot published/crab_hess_2006.ecsv points.fits --label H.E.S.S. --script -
    assert_line --partial "title 'H.E.S.S.' noenhanced"
    assert_line --partial "title 'points' noenhanced"
}

@test "plot: tables are named by telescope, else source, else file" {
    for name in one two; do
        fe-convert points.fits -f csv -q | awk -v s="$name" 'NR == 1 { print "source," $0; next } { print s "," $0 }' > "$out/$name.csv"
        cp points.fits "$out/$name.fits"
        fitsedit "$out/$name.fits" FLUXPOINTS key TELESCOP "T-$name"
    done
    run -0 fe-plot "$out/one.csv" "$out/two.csv" --script - -q
    assert_line --partial "title 'two' noenhanced"
    run -0 fe-plot "$out/one.fits" "$out/two.fits" --script - -q
    assert_line --partial "title 'T-two' noenhanced"
    run -0 fe-plot "$out/one.csv" "$out/one.csv" points.fits --script - -q
    assert_line --partial "title 'points' noenhanced"
}

@test "plot: models; the reference times 1, and any other" {
    fe-points runs/pha_*.fits -e 0.5:20TeV:8 -m truth.yaml -q -o "$out/truth.fits"
    fe-convert "$out/truth.fits" -t e2dnde -f csv -q |
        awk -F , 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next } { print $c["e_ref"], $c["ref_e2dnde"] }' > "$out/refs"
    fe-plot "$out/truth.fits" --show-model --curve truth.yaml --script "$out/gp" -o "$out/x.png"
    for line in line1 line2; do         # both are the truth; at e_ref they are ref_e2dnde, between points of a fine grid
        awk -v line="\$$line" '$1 == line { on = 1; next } /^END/ { on = 0 } on && !/^#/' "$out/gp" > "$out/curve"
        [ "$(wc -l < "$out/curve")" -gt 100 ]
        awk 'NR == FNR { x[NR] = log($1); y[NR] = log($2); n = NR; next }
             { e = log($1); for (i = 1; x[i + 1] < e; i++); rows++
               d = y[i] + (y[i + 1] - y[i]) * (e - x[i]) / (x[i + 1] - x[i]) - log($2); if (d * d > 1e-6) bad++ }
             END { exit !rows || bad }' "$out/curve" "$out/refs"
    done
    run -0 fe-plot points.fits -t flux --show-model --script -
    assert_line --partial "title 'reference model' noenhanced"
    run -2 --separate-stderr fe-plot points.fits -k scan --curve truth.yaml --script -
    one_line
}

@test "plot: light curves by band, on a linear axis from 0, as MJD and as dates" {
    run -0 fe-plot lc.csv --script - -q
    assert_line "set xlabel 'MJD (TT)'"
    assert_line --partial "title '1–10 TeV' noenhanced"
    assert_line --partial "title '10–30 TeV' noenhanced"
    assert_line --partial '60000.25 60000 60000.5 1e-11 8e-12 1.'
    assert_line --partial '60002.25 60002 60002.5 4e-12'
    refute_line 'set logscale y'
    assert_line "set ylabel 'Flux (10^{-11} cm^{-2} s^{-1})'"
    run -0 fe-plot lc.csv --time-axis date --y-axis log --script - -q
    assert_line 'set logscale y'
    # MJD 60000.25 is 2023-02-25 06:00
    assert_line --partial "$(date -u -d '2023-02-25 06:00' +%s) "
    assert_line "set xlabel 'Date from 2023-02 (TT)'"
    run -0 fe-plot lc.csv -k sed --script - -q
    assert_line --partial "MJD 60001' noenhanced"
}

@test "plot: scans rise from 0, and cross 1 where the errors are" {
    run -0 fe-plot points.fits -k scan --script -
    assert_line --partial "title '0.475–0.754 TeV' noenhanced"
    assert_line --partial '2.7055 with lines'
    echo "$output" > "$out/gp"
    fe-convert points.fits -t likelihood -f csv -q |
        awk -F , 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i } NR == 2 { print $c["norm"], $c["norm_errn"], $c["norm_errp"] }' > "$out/norm"
    awk '/^\$line1 / { on = 1; next } /^END/ { on = 0 } on && !/^#/' "$out/gp" > "$out/scan"
    awk 'function at(e,    i) { for (i = 1; x[i + 1] < e; i++); return y[i] + (y[i + 1] - y[i]) * (e - x[i]) / (x[i + 1] - x[i]) }
         NR == FNR { x[NR] = $1; y[NR] = $2; if (NR == 1 || $2 < low) low = $2; next }
         { a = at($1 - $2); b = at($1 + $3); exit !(low >= 0 && low < 1e-3 && a > 0.95 && a < 1.1 && b > 0.95 && b < 1.1) }' \
        "$out/scan" "$out/norm"
    run -0 fe-plot points.fits -k scan -t flux --script -
    assert_line "set xlabel 'Flux (cm^{-2} s^{-1})'"
    run -3 --separate-stderr fe-plot published/crab_hess_2006.ecsv -k scan --script - -q
    one_line
    assert_equal "$stderr" 'fe-plot: published/crab_hess_2006.ecsv: no scans are stored (fe-points --scan stores them)'
}

@test "plot: a hostile name is drawn and not run" {
    need_command gnuplot
    cd "$out"
    evil='`touch ran1` $(touch ran2) '"'; system 'touch ran3' #"' "; system("touch ran4") # {/Bold x}_a^b & <@y> %s \'
    printf 'source,e_min,e_max,dnde,dnde_err\n' > evil.csv
    for row in 1,2,1e-12,2e-13 2,4,1e-13,2e-14; do
        printf '"%s",%s\n"a\n!touch ran5\nb",%s\n' "${evil//\"/\"\"}" "$row" "$row"
    done >> evil.csv
    for suffix in png svg; do
        fe-plot evil.csv -q --title "$evil" -o "evil.$suffix" --script "$suffix.gp"
        gnuplot -d "$suffix.gp" > /dev/null
    done
    [ -z "$(compgen -G 'ran*')" ]
    # it is there as text; in the script every line that holds it keeps it in single quotes
    grep -qF '`touch ran1` $(touch ran2)' evil.svg
    [ "$(grep -c ran1 svg.gp)" -ge 2 ]
    fe-plot evil.csv -q --label "$evil" --title $'x\n!touch ran6\ny' -o label.png
    run -1 grep -E '^!|"[^"]*`' <(sed "s/'[^']*'//g" svg.gp)
    cp evil.csv "${evil//\//|}.csv"
    fe-plot -q -o file.png "./${evil//\//|}.csv"
    [ -z "$(compgen -G 'ran*')" ]
}

@test "plot: one row, only limits, nothing but nan, nothing at all" {
    need_command gnuplot
    head -n 2 lc.csv > "$out/one.csv"
    sed -n '1p;4p' lc.csv > "$out/limits.csv"
    cut -d , -f 1-6 lc.csv | awk -F , -v OFS=, 'NR > 1 { $5 = $6 = "nan" } { print }' > "$out/nan.csv"
    head -n 1 "$out/nan.csv" > "$out/empty.csv"
    for name in one limits; do
        for kind in sed lightcurve; do
            fe-plot "$out/$name.csv" -k "$kind" -q -o "$out/$name-$kind.png"
            [ "$(png_size "$out/$name-$kind.png")" = "900 640" ]
        done
    done
    run -3 --separate-stderr fe-plot "$out/nan.csv" -qf png
    one_line
    assert_equal "$stderr" 'fe-plot: nothing to draw: none of the 5 rows has a value that can be drawn'
    run -3 --separate-stderr fe-plot "$out/empty.csv" -qf png
    one_line
    run -0 --separate-stderr fe-plot - --script - < <(printf 'e_min,e_max,dnde\n1,2,1e-12\n2,4,-1e-12\n')
    [[ $stderr == *'1 row without a positive value has no place on a log axis'* ]]
}

@test "plot: no gnuplot, a gnuplot that complains, one that draws nothing, one that dies" {
    mkdir -p "$out/none" "$out/bad"
    run -1 --separate-stderr env PATH="$out/none" "$FE_BIN/fe-plot" points.fits -f png
    one_line
    [[ $stderr == 'fe-plot: gnuplot is not installed: '* ]]
    fake()
    {
        printf '#!/bin/sh\n%s\n' "$1" > "$out/bad/gnuplot"
        chmod +x "$out/bad/gnuplot"
        run "$2" --separate-stderr env PATH="$out/bad:$PATH" fe-plot points.fits -f png
    }
    fake 'echo picture; echo "line 7: undefined variable: x" >&2' -1
    one_line
    assert_equal "$stderr" 'fe-plot: gnuplot failed: line 7: undefined variable: x'
    fake 'cat > /dev/null' -1
    assert_equal "$stderr" 'fe-plot: gnuplot drew nothing'
    fake 'kill -9 $$' -1
    assert_equal "$stderr" 'fe-plot: gnuplot was ended by signal 9'
    fake 'exit 5' -1
    one_line
    fake 'echo picture; echo "Fontconfig warning: no fonts" >&2' -0
    assert_output picture
}

@test "plot: wrong command lines" {
    run -2 --separate-stderr fe-plot points.fits -o "$out/x.gif"
    one_line
    run -2 --separate-stderr fe-plot points.fits -f png --size 900
    one_line
    run -2 --separate-stderr fe-plot points.fits -f png --size 9x640
    one_line
    run -2 --separate-stderr fe-plot points.fits --script - -o -
    one_line
    run -2 --separate-stderr fe-plot points.fits --index 2 -m pl:index=2 -f png
    one_line
    touch "$out/there.png"
    run -2 --separate-stderr fe-plot points.fits -o "$out/there.png"
    one_line
    [ ! -s "$out/there.png" ]
}

@test "plot: a preview in characters" {
    need_command gnuplot
    run -0 fe-plot points.fits -f text --size 70x20
    assert_output --partial 'E^2 dN/dE (erg cm-2 s-1)'
    assert_output --partial 'Energy (TeV)'
    assert_output --partial '95% upper limit'
    [ "${#lines[@]}" -le 20 ]
}

@test "fe-plot: profiles along their places, phase curves along their phases, though both have times" {
    cat > profile.csv <<'CSV'
time_min,time_max,x_min,x_max,x_ref,e_min,e_max,flux,flux_err
60000,60001,0,0.5,0.25,1,10,1e-11,2e-12
60001,60002,0,0.5,0.25,1,10,2e-11,2e-12
60000,60001,0.5,1,0.75,1,10,3e-11,2e-12
60001,60002,0.5,1,0.75,1,10,4e-11,2e-12
CSV
    fe-plot profile.csv --script - > profile.gp
    grep -q 'set xlabel.*Position' profile.gp
    grep -A3 '^.points2' profile.gp | grep -v '^#' | tr '\n' ' ' | grep -q '^.points2 << END 0.25 0 0.5 2e-11 .* 0.75 0.5 1 4e-11 '
    grep -q "title 'MJD 60001'" profile.gp
    fe-convert profile.csv -f plot | grep -c '^# time: 6000[01]$' | grep -qx 2
    cat > phase.csv <<'CSV'
time_min,time_max,phase_min,phase_max,e_min,e_max,flux,flux_err
60000,60001,0,0.5,1,10,1e-11,2e-12
60000.5,60001.5,0.5,1,1,10,2e-11,2e-12
CSV
    fe-plot phase.csv --script - > phase.gp
    grep -q 'set xlabel.*[Pp]hase' phase.gp
    grep -q '^0.75 0.5 1 2e-11' phase.gp
}

@test "fe-plot: light curves whose columns have other names: binned time series, those of fermipy and of ctools" {
    fe-convert lc.csv -q --layout flat -o flat.ecsv --force
    fe-select flat.ecsv -q --energy 2TeV --layout binned-time-series -o series.ecsv --force
    fe-plot series.ecsv -q --script - > series.gp
    grep -q '^60001.25 60001 60001.5 3e-11' series.gp
    fe-convert series.ecsv -q -f plot | grep -q '^60001.25 60001 60001.5 3e-11'
    need_shared data/peers/ctools/repo_lightcurve.fits
    fe-plot -q "$FE_SHARED/data/peers/ctools/repo_lightcurve.fits" --script - > ctools.gp
    grep -q '^51544.5002' ctools.gp
    fe-plot -q "$FE_SHARED/data/peers/fermipy/pks_2155-304_lightcurve.fits" --script - > fermipy.gp
    grep -q 'MJD' fermipy.gp
}
