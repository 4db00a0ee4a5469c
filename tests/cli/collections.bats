# Light curves and collections as files: every layout and format has the same numbers and instants; gammapy and astropy read ours.
# shellcheck disable=SC2154    # output and stderr are set by run
setup()
{
    load ../helper
    cd "$BATS_TEST_TMPDIR" || return
}

# collection SOURCES TIMES BANDS [TIMESYS]: likelihood rows with every kind of column, as ECSV; row k has values made of k.
collection()
{
    awk -v sources="$1" -v times="$2" -v bands="$3" -v scale="${4:-TT}" '
    function column(name, unit) { print "# - {name: " name (unit ? ", unit: " unit : "") ", datatype: float64}" }
    BEGIN {
        print "# %ECSV 1.0\n# ---\n# datatype:\n# - {name: source, datatype: string}"
        column("e_min", "TeV"); column("e_max", "TeV"); column("e_ref", "TeV"); column("time_min", "d"); column("time_max", "d")
        n = split("norm norm_err norm_errn norm_errp norm_ul norm_sensitivity ts sqrt_ts npred npred_excess counts stat stat_null", name)
        for (i = 1; i <= n; i++) column(name[i])
        column("ref_dnde", "cm-2 s-1 TeV-1"); column("ref_flux", "cm-2 s-1"); column("ref_eflux", "TeV cm-2 s-1")
        print "# - {name: is_ul, datatype: bool}\n# - {name: success, datatype: bool}"
        print "# - {name: norm_scan, datatype: string, subtype: '\''float64[3]'\''}"
        print "# - {name: stat_scan, datatype: string, subtype: '\''float64[3]'\''}"
        print "# meta: {SED_TYPE: likelihood, NSIGMA: 1, UL_CONF: 0.95, ULSIDE: one, TIMESYS: " scale "}\n# schema: astropy-2.0"
        printf "source e_min e_max e_ref time_min time_max"
        for (i = 1; i <= n; i++) printf " %s", name[i]
        print " ref_dnde ref_flux ref_eflux is_ul success norm_scan stat_scan"
        for (s = 0; s < sources; s++) for (t = 0; t < times; t++) for (e = 0; e < bands; e++) {
            k++; lo = 10^e; hi = 10 * lo; start = 53735.99999 + 0.123456789012 * t
            printf "s%d %.17g %.17g %.17g %.17g %.17g", s, lo, hi, sqrt(lo * hi), start, start + 0.0987654321
            norm = 1 + k / 7
            printf " %.17g %.17g %.17g %.17g %.17g %.17g", norm, 0.1 + k / 100, 0.11, 0.12 + k / 90, norm + 0.3, 0.5 + k / 50
            printf " %d %.17g %.17g %.17g %d %.17g %.17g", k * k, k, 10 + k / 3, 5 + k / 9, 20 + k, 100 + k / 11, 100 + k / 11 + k * k
            dnde = 1e-12 * (lo * hi)^-1
            printf " %.17g %.17g %.17g %s True [0.5,1,%d]", dnde, 1e-12 * (1 / lo - 1 / hi), 1e-12 * log(hi / lo), k < 2 ? "True" : "False", 9
            printf " [%.17g,%.17g,%.17g]\n", 100 + k / 11 + k * k, 100 + k / 11, 100 + k / 11 + k * k
        } }'
}

# as_csv FILE: the rows of a file as flat csv, scans and their twins left out, in canonical order of columns.
as_csv() { fe-convert "$1" -q -f csv --layout flat > as.csv; cat as.csv; }

@test "collections: several sources, times and bands through every format and layout and back: the same numbers" {
    collection 2 3 3 > in.ecsv
    as_csv in.ecsv > want.csv
    [ "$(wc -l < want.csv)" -eq 19 ]
    for f in csv tsv ecsv fits json; do
        fe-convert in.ecsv -q --layout flat -o flat.$f
        as_csv flat.$f > got.csv
        tables_close got.csv want.csv 1e-15
    done
    # gammapy has no place for two sources, which is said
    run -0 --separate-stderr fe-convert in.ecsv -o lc.fits
    [[ $stderr == *'several sources'*'fe-select --split-by source'* ]]
    as_csv lc.fits > got.csv
    tables_close got.csv want.csv 1e-15
    fe-select lc.fits --split-by source -o 'lc_{}.fits' 2> split.log
    fe-info lc_s1.fits | grep -q 'FLUXPOINTS: 3 rows'
    as_csv lc_s1.fits > got.csv
    { head -n 1 want.csv; grep '^s1' want.csv; } > part.csv
    tables_close got.csv part.csv 1e-15
}

@test "collections: bands that differ from interval to interval are one row per estimate, which is said" {
    collection 1 2 2 | sed '$d' > in.ecsv
    run -0 --separate-stderr fe-convert in.ecsv -o lc.fits
    [[ $stderr == *'energy bands are not the same'* ]]
    as_csv lc.fits > got.csv
    as_csv in.ecsv > want.csv
    tables_close got.csv want.csv 1e-15
}

@test "collections: the type of a whole collection, in any layout" {
    collection 2 2 3 > in.ecsv
    for to in dnde e2dnde flux eflux; do
        fe-convert in.ecsv -q --to $to -f csv > want.csv
        fe-convert in.ecsv -q -o flat.fits --layout flat --force
        fe-convert flat.fits -q --to $to -f csv > got.csv
        tables_close got.csv want.csv 1e-14
        fe-select in.ecsv -q -s s0 -o lc.fits --force
        fe-convert lc.fits -q --to $to -o lc_to.fits --force
        fe-convert lc_to.fits -q -f csv > got.csv
        fe-select want.csv -s s0 -f csv > part.csv
        tables_close got.csv part.csv 1e-14
    done
    # a power law of index 2: E^2 dN/dE is the amplitude in every band
    fe-convert in.ecsv -q --to e2dnde -u 'TeV cm-2 s-1' -f csv |
        awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
            { x = $(at["e2dnde"]) / (1e-12 * (1 + (NR - 1) / 7)) - 1; if (x > 1e-12 || x < -1e-12) exit 1 }'
}

@test "collections: gammapy and astropy read a light curve: all quantities, instants to a microsecond, TT and UTC" {
    need_gammapy
    for scale in TT UTC; do
        collection 1 3 2 $scale > in.ecsv
        for to in dnde e2dnde flux eflux likelihood; do
            fe-convert in.ecsv -q --to $to -f csv > $to.csv
            fe-convert in.ecsv -q --to $to -o $to.fits --force
        done
        PYTHONDONTWRITEBYTECODE=1 MPLCONFIGDIR=$BATS_TEST_TMPDIR "$FE_GAMMAPY_PYTHON" "$FE_TOP/tests/interchange/curve_read.py"
    done
}

@test "collections: astropy's BinnedTimeSeries, ECSV and FITS, are read: the same instants and scale" {
    need_gammapy
    collection 1 3 1 UTC > in.ecsv
    fe-convert in.ecsv -q -o lc.fits --to flux
    PYTHONDONTWRITEBYTECODE=1 MPLCONFIGDIR=$BATS_TEST_TMPDIR "$FE_GAMMAPY_PYTHON" "$FE_TOP/tests/interchange/curve_series.py"
    for f in series.fits series.ecsv iso.ecsv; do
        fe-info $f | grep -q 'timesys *UTC'
        fe-convert $f -q -f csv -o copy.csv --force
        fe-convert in.ecsv -q --to flux -f csv > want.csv
        awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[FNR != NR, $i] = i }
            NR == FNR { if (FNR > 1) start[FNR] = $(at[0, "time_min"]); next }
            FNR == 1 { for (i = 1; i <= NF; i++) at[1, $i] = i; next }
            { x = $(at[1, "time_min"]) - start[FNR]; n++; if (x > 1.5e-11 || x < -1.5e-11) bad = 1 } END { exit bad || n != 3 }' want.csv copy.csv
        fe-select $f -q --time '2006-01-01T02:57:46 UTC' -f csv > one.csv
        [ "$(wc -l < one.csv)" -eq 2 ]
        fe-select $f -q --stats -f csv | awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
            { print $(at["n"]) > "n" ; print $(at["t_double_mjd"]) > "mjd" }'
        [ "$(cat n)" = 3 ]
        awk '{ x = $1 - (53735.99999 + 0.04938271605); exit !(x < 3e-11 && x > -3e-11) || NR != 1 }' mjd ||
            fail "$f: first instant at $(cat mjd)"
    done
}

@test "collections: binned-time-series is what gammapy makes of a light curve, as ECSV and FITS, and gammapy's own is read" {
    need_gammapy
    for scale in TT UTC; do
        collection 1 5 1 $scale > in.ecsv
        fe-convert in.ecsv -q --to flux -o lc.fits --force
        fe-convert in.ecsv -q --to flux --layout binned-time-series -o ours.ecsv --force
        fe-convert lc.fits -q --layout binned-time-series -o ours.fits --force
        PYTHONDONTWRITEBYTECODE=1 MPLCONFIGDIR=$BATS_TEST_TMPDIR "$FE_GAMMAPY_PYTHON" "$FE_TOP/tests/interchange/series_same.py"
        fe-convert lc.fits -q --layout flat -f csv > want.csv
        for f in ours.ecsv ours.fits theirs.ecsv theirs.fits; do
            fe-convert $f -q --layout flat -f csv > got.csv
            for column in time_min time_max flux flux_err flux_ul ts stat; do
                awk -F, -v name=$column 'FNR == 1 { for (i = 1; i <= NF; i++) at[FILENAME, $i] = i }
                    FNR > 1 { print $(at[FILENAME, name]) > (FILENAME "." name) }' want.csv got.csv
                paste "want.csv.$column" "got.csv.$column" | awk -v column=$column '
                    { x = $1 - $2; most = column ~ /^time/ ? 1.5e-11 : 1e-9 * $1; n++; if (x > most || x < -most || NF != 2) exit 1 }
                    END { exit n != 5 }' || fail "$f, $scale: $column"
            done
        done
    done
}

@test "collections: binned-time-series and back: to the last bit, with what stands beside; one line for what it cannot hold" {
    collection 1 4 1 TT > in.ecsv
    fe-convert in.ecsv -q --layout flat -o flat.ecsv --no-history
    for f in ecsv fits json; do
        fe-convert in.ecsv -q --layout binned-time-series -o s.$f --no-history
        fe-convert s.$f -q -f csv --layout flat > got.csv
        fe-convert flat.ecsv -q -f csv > want.csv
        tables_close got.csv want.csv 0
    done
    fe-convert s.ecsv -q --layout flat --no-history > back.ecsv
    grep -q 'time_min' back.ecsv
    run ! grep -q -e 'time_bin' -e 'astropy.time' back.ecsv
    fe-convert s.fits -q --layout gadf --no-history -o back.fits
    run ! grep -aq 'TCTYP' back.fits
    grep -aq "TCTYP1  = 'TT" s.fits
    # rows that were taken stay a series where that is asked for
    fe-select s.ecsv -q --time-range 53736.05.. --layout binned-time-series -o part.ecsv
    [ "$(grep -c '^537' part.ecsv)" -eq 3 ]
    grep -q 'astropy.time.core.TimeDelta' part.ecsv
    collection 2 2 1 > two.ecsv
    run -3 --separate-stderr fe-convert two.ecsv --layout binned-time-series -o no.fits
    [ "$stderr" = "fe-convert: two.ecsv row 3: another source than that of row 1 has no place in the layout binned-time-series, which has one: fe-select --split-by source makes a table of each" ]
    [ ! -e no.fits ]
    collection 1 2 2 > two.ecsv
    run -3 --separate-stderr fe-convert two.ecsv --layout binned-time-series
    [ "$stderr" = "fe-convert: two.ecsv row 2: another energy band than that of row 1 has no place in the layout binned-time-series, which has one: fe-select --energy takes one" ]
}

@test "collections: fe-lightcurve writes binned-time-series; what it cannot hold is said before the work" {
    cp -R "$FE_TOP/data/runs" .
    curve() { fe-lightcurve runs/pha_obs*.fits -m pl:index=2.5 -q --no-history "$@"; }
    curve -e 1:10TeV -o s.ecsv --layout binned-time-series
    grep -q 'astropy.time.core.Time$' s.ecsv
    curve -e 1:10TeV -f csv > want.csv
    fe-convert s.ecsv -q -f csv --layout flat > got.csv
    tables_close got.csv want.csv 0
    for name in a b; do
        printf '%s\n' "- name: $name" '  type: SkyModel' '  spectral:' '    type: PowerLawSpectralModel' '    parameters:' \
            '    - {name: index, value: 2.5}' '    - {name: amplitude, value: 1.0e-11, unit: cm-2 s-1 TeV-1}' '    - {name: reference, value: 1.0, unit: TeV}'
    done | sed '1i components:' > two.yaml
    for wrong in '-e 1,3,10TeV' '-e 1:10TeV -s all -m two.yaml' '-e 1:10TeV --period 3d'; do
        # shellcheck disable=SC2086    # words
        run --separate-stderr -2 curve $wrong --layout binned-time-series -o no.fits
        one_line
        [[ $stderr == *'--layout binned-time-series is of '* ]] || fail "$wrong: $stderr"
    done
    run --separate-stderr -2 fe-points runs/pha_obs1.fits -m pl -q -e 1:10TeV --layout binned-time-series
    [[ $stderr == *'is of bins of time'* ]]
}

@test "collections: csv has TT, whatever the scale was" {
    collection 1 1 1 UTC > in.ecsv
    fe-convert in.ecsv -q -f csv | awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
        { x = ($(at["time_min"]) - 53735.99999) * 86400 }
        END { exit !(x > 64.183 && x < 66.185) }'       # 64.184 s before the leap second of 2006-01-01, whose day has 86401
}

@test "collections: published tables have the unit MJD; what is not asked to change stays" {
    printf '%s\n' '# %ECSV 1.0' '# ---' '# datatype:' '# - {name: e_min, unit: TeV, datatype: float64}' \
        '# - {name: time_min, unit: MJD, datatype: float64}' '# - {name: time_max, unit: MJD, datatype: float64}' \
        '# - {name: flux, unit: cm-2 s-1, datatype: float64}' '# meta:' '#   SED_TYPE: flux' '# schema: astropy-2.0' \
        'e_min time_min time_max flux' '1 53087.75 53088.75 1e-13' '1 53353 53356 4e-13' > in.ecsv
    fe-convert in.ecsv -f ecsv --no-history | diff in.ecsv -
    fe-convert in.ecsv -q -o out.fits
    fe-convert out.fits -q -f csv > got.csv
    printf 'e_min,time_min,time_max,flux\n1,53087.75,53088.75,1e-13\n1,53353,53356,4e-13\n' | diff - got.csv
    fe-convert out.fits -q -f ecsv | grep -q 'name: time_min, unit: d,'
}

@test "collections: fermipy's light curve: fluxes, limits, times, scans" {
    need_shared data/peers/fermipy/pks_2155-304_lightcurve.fits
    lc=$FE_SHARED/data/peers/fermipy/pks_2155-304_lightcurve.fits
    fe-select "$lc" -q -f ecsv -o first.ecsv --where "source=='PKS 2155-304' and time_min==54682.65603222222 and \
        time_max==54712.65603222222 and flux==1.6666666666666665e-07 and flux_err==2.090220689737188e-08 and \
        flux_ul==2.0268250593870186e-07 and ts==113.86536096375221 and stat==-2*652.0278104374122 and e_ref==0.0015"
    fe-info first.ecsv | grep -q 'rows *1$'
    fe-info "$lc" > info
    grep -q 'time *mjd' info
    grep -q '0.95 one-sided' info
    # -2 ln L of the scan has its lowest at the flux: TSvar is finite and the failed month is left out
    fe-select "$lc" --stats -q -f csv | awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
        END { exit !($(at["n"]) == 5 && $(at["ts_var_ndf"]) == 4 && $(at["ts_var"]) > 50) || NR != 2 }'
}

@test "collections: cslightcrv and csphasecrv of ctools, in every tool" {
    need_shared data/peers/ctools/cslightcrv_gap.fits
    lc=$FE_SHARED/data/peers/ctools/cslightcrv_gap.fits
    run -0 --separate-stderr fe-info "$lc"
    [[ $output == *'kind'*'light curve'*'sed type'*dnde*'timesys'*TT* ]]
    [[ $stderr == *'pivot energy of the model, which the file does not hold'* ]]
    fe-convert "$lc" -q -f csv > all.csv
    [ "$(wc -l < all.csv)" -eq 5 ]
    fe-select "$lc" -q --time 58849.01 -f csv > one.csv
    [ "$(wc -l < one.csv)" -eq 2 ]
    grep -q '^58849.00774518518,58849.01468962962,5.952264047696417e-10,2.7118752413031988e-11,' one.csv
    fe-select "$lc" -q --stats -f csv | awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next } { exit $(at["n"]) != 3 }'
    fe-combine -q --append "$lc" "$FE_SHARED/data/peers/ctools/cslightcrv_3d.fits" -f csv > both.csv
    [ "$(wc -l < both.csv)" -eq 10 ]
    fe-convert "$lc" -q -o ours.fits
    fe-convert ours.fits -q --layout flat -f csv > back.csv
    tables_close back.csv all.csv 0
    run -3 --separate-stderr fe-convert "$lc" -q --to flux
    [[ $stderr == *'needs the energy bands'* ]]
    fe-convert "$FE_SHARED/data/peers/ctools/repo_lightcurve.fits" -q -u 'TeV cm-2 s-1' -f csv |
        awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next } NR == 3 { x = $(at["eflux_ul"]) / 5.3211811285701196e-12 - 1 }
            END { exit !(x < 1e-6 && x > -1e-6) || NR != 51 }'
    fe-convert "$FE_SHARED/data/peers/ctools/csphasecrv.fits" -q -f csv | grep -q '^0.3333333333333333,0.6666666666666666,2.503551685339042e-10,'
}

@test "collections: only limits, one row, zero rows: every tool takes them" {
    collection 1 3 2 > lc.ecsv
    fe-select lc.ecsv -q --where 'ts<0' -o zero.ecsv
    fe-select lc.ecsv -q --where 'ts==1' -o one.ecsv
    printf 'time_min,time_max,e_min,e_max,flux,flux_err,flux_ul,is_ul\n1,2,1,2,nan,nan,3e-12,True\n2,3,1,2,nan,nan,4e-12,True\n' > limits.csv
    fe-convert limits.csv -q -o limits.ecsv
    for f in zero one limits; do
        for layout in flat gadf; do
            fe-convert $f.ecsv -q -o $f.$layout.fits --layout $layout
        done
        for in in $f.ecsv $f.flat.fits $f.gadf.fits; do
            fe-convert "$in" -q -f csv > again.csv
            fe-convert $f.ecsv -q -f csv > want.csv
            [ "$(wc -l < want.csv)" -eq "$(wc -l < again.csv)" ]
            [ "$f" = zero ] || tables_close again.csv want.csv 1e-15
            fe-info "$in" > info.txt
            fe-select "$in" -q --stats -f csv > stats.csv
            fe-combine --append "$in" "$in" -q -f csv > appended.csv
            [ "$(wc -l < appended.csv)" -ge "$(wc -l < again.csv)" ]
            # there is nothing to draw in no rows, which is one line
            run --separate-stderr fe-plot "$in" -k lightcurve --script - -q
            if [ "$f" = zero ]; then
                [ "$status" -eq 3 ]
                [[ $stderr == *'nothing to draw'* ]]
            else
                [ "$status" -eq 0 ]
            fi
        done
    done
}
