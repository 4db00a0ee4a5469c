# fe-fit: gammapy's global fits of the four H.E.S.S. runs, what was injected, links, flux points, what cannot be fitted, products.
# shellcheck disable=SC2154,SC2016    # output and stderr are set by run; $x is jq's
setup()
{
    load ../helper
    cd "$BATS_TEST_TMPDIR" || return
    need_command jq
    RUNS=$FE_TOP/data/runs
    REF=$FE_SHARED/reference/spectra
    HESS=$FE_SHARED/data/joint-crab/spectra/hess
}

# fit OPTION...: the table of parameters as fit.json.
fit() { fe-fit "$@" -f json > fit.json 2> err.txt; }

# values NAME...: of parameters in fit.json, a line each.
values() { local name; for name; do jq --arg name "$name" '.rows[] | select(.parameter == $name) | .value' fit.json; done; }

# holds 'JQ EXPRESSION' [FILE]: true of fit.json, and of FILE as $x; near(a; b; r) is |a - b| <= r |b|.
holds()
{
    jq -e --slurpfile file "${2:-fit.json}" "\$file[0] as \$x | def abs: if . < 0 then -. else . end; def near(a; b; r): (a - b | abs) <= r * (b | abs);
           def par(n): [.rows[] | select(.parameter == n or \"\(.source).\(.parameter)\" == n)] | first;
           $1" fit.json > /dev/null || fail "$1: $(cat fit.json err.txt)"
}

# as_gammapy NAME COVARIANCE_TOLERANCE MODEL [OPTION]...: parameters within 1e-4 of their error, -2 ln L within 1e-6.
as_gammapy()
{
    fe-fit "$HESS"/pha_obs*.fits -m "$3" --compat gammapy -o fit.yaml --force -q "${@:4}"
    fit "$HESS"/pha_obs*.fits -m "$3" --compat gammapy "${@:4}"
    jq -en --slurpfile ref "$REF/$1.json" --slurpfile got fit.json --rawfile text fit_covariance.dat --argjson tolerance "$2" '
        def abs: if . < 0 then -. else . end;
        $ref[0].exact as $want | [$got[0].rows[] | select(.frozen | not)] as $rows | ($rows | length) as $n |
        [$text | split("\n")[1:][] | select(. != "") | split("|")[2:-1] | map(tonumber)] as $all |
        [range($all | length) | select($all[.][.] > 0)] as $free |
        $n >= 2 and ($free | length) == $n and ($want.values | length) == $n and $got[0].meta.CONVERGE and
        ($got[0].meta.STAT - $want.total_stat | abs) <= 1e-6 and
        all(range($n); ($rows[.].value - $want.values[.] | abs) <= 1e-4 * $want.errors[.]) and
        all(range($n) as $i | range($n) | [$i, .];
            ($all[$free[.[0]]][$free[.[1]]] - $want.covariance[.[0]][.[1]] | abs) <=
            $tolerance * $want.errors[.[0]] * $want.errors[.[1]])' > /dev/null ||
        fail "$(jq -c .exact "$REF/$1.json") and $(jq -c '[.meta.STAT, .rows]' fit.json) $(cat fit_covariance.dat)"
}

# two SHAPE: a soft and a hard source; SHAPE is added to the first index.
two()
{
    cat <<END
components:
-   name: soft
    type: SkyModel
    spectral:
        type: PowerLawSpectralModel
        parameters:
        -   {name: index, value: $1$5}
        -   {name: amplitude, value: $2, unit: cm-2 s-1 TeV-1}
        -   {name: reference, value: 1.0, unit: TeV}
-   name: hard
    type: SkyModel
    spectral:
        type: PowerLawSpectralModel
        parameters:
        -   {name: index, value: $3$5}
        -   {name: amplitude, value: $4, unit: cm-2 s-1 TeV-1}
        -   {name: reference, value: 1.0, unit: TeV}
END
}

# ---- references --------------------------------------------------------------------------------------------------------

@test "fe-fit: four H.E.S.S. runs with a power law as gammapy, jointly and stacked" {
    need_shared reference/spectra
    as_gammapy d4-hess-joint-pl 1e-3 'pl:index=2.6,amplitude=3e-11 cm-2 s-1 TeV-1'
    as_gammapy d4-hess-stacked-pl 1e-3 'pl:index=2.6,amplitude=3e-11 cm-2 s-1 TeV-1' --stack
    holds '.meta.NSETS == 1 and .meta.NBINS < 80'
}

# The covariance of these references is itself a second difference, good to 0.6 % (its step is 0.05 sigma): compared to 1e-2.
@test "fe-fit: four H.E.S.S. runs with a log parabola and a cut-off as gammapy" {
    need_shared reference/spectra
    as_gammapy d4-hess-joint-lp 1e-2 'lp:alpha=2,beta=0.1,amplitude=3e-11 cm-2 s-1 TeV-1,reference=1TeV'
    as_gammapy d4-hess-joint-ecpl 1e-2 'ecpl:index=2,lambda_=0.1TeV-1,amplitude=3e-11 cm-2 s-1 TeV-1'
}

# shellcheck disable=SC2046    # paths without blanks
@test "fe-fit: gammapy reads models and covariance, and has the same statistic there" {
    need_gammapy
    two 3.5 3e-11 1.8 4e-12 > two.yaml
    fe-simulate "$RUNS/pha_obs1.fits" -m two.yaml --livetime 50h --seed 1 --realisations 2 --name a -q > a.txt
    for model in 'lp:reference=1TeV' two.yaml; do
        fe-fit @a.txt -m "$model" --compat gammapy -o fit.yaml --force -q
        fit @a.txt -m "$model" --compat gammapy
        PYTHONDONTWRITEBYTECODE=1 MPLCONFIGDIR=$BATS_TEST_TMPDIR "$FE_GAMMAPY_PYTHON" "$FE_TOP/tests/interchange/fit_read.py" \
            fit.yaml fit.json fit_covariance.dat $(cat a.txt)
    done
}

# ---- what was injected -------------------------------------------------------------------------------------------------

@test "fe-fit: an Asimov set gives back its model, from a bad start as well" {
    fe-simulate "$RUNS/pha_obs1.fits" -m 'ecpl:index=1.9,lambda_=0.07 TeV-1,amplitude=2e-11 cm-2 s-1 TeV-1' --asimov --name a -q > a.txt
    for start in ecpl 'ecpl:index=5,lambda_=3 TeV-1,amplitude=1e-25 cm-2 s-1 TeV-1' \
                 'ecpl:index=-1,lambda_=1 TeV-1,amplitude=1e3 cm-2 s-1 TeV-1'; do
        fit @a.txt -m "$start" --strict
        holds '.meta.CONVERGE and near(par("index").value; 1.9; 1e-9) and near(par("lambda_").value; 0.07; 1e-8) and
               near(par("amplitude").value; 2e-11; 1e-9)'
    done
}

@test "fe-fit: the range is from the lowest edge to the highest; edges that move are said" {
    fit "$RUNS"/pha_obs*.fits -m pl -e 0.5,1,20TeV
    holds '.meta.NBINS == 64'
    grep -qx "fe-fit: energy edges moved to the data's: 0.5 -> 0.475468, 20 -> 18.9287 TeV" err.txt
    run -3 --separate-stderr fe-fit "$RUNS"/pha_obs*.fits -m pl -e 0.5:20TeV --exact-edges
    one_line
    [[ $stderr == *'is not an edge of the data'* ]]
}

@test "fe-fit: two sources in one spectrum, fitted together; one of them alone; its TS is that of a fit without it" {
    two 3.5 2e-11 1.8 4e-12 > truth.yaml
    two 2.5 1e-12 2.4 1e-12 > start.yaml
    fe-simulate "$RUNS/pha_obs1.fits" -m truth.yaml --livetime 100h --asimov --name a -q > a.txt
    fit @a.txt -m start.yaml --ts
    holds '[.rows[] | select(.frozen | not) | .value] | sort as $v | near($v[0]; 4e-12; 1e-7) and near($v[1]; 2e-11; 1e-7) and
           near($v[2]; 1.8; 1e-7) and near($v[3]; 3.5; 1e-7)'
    ts=$(jq '.rows[] | select(.source == "hard" and .parameter == "index") | .ts' fit.json)
    stat=$(jq .meta.STAT fit.json)
    fit @a.txt -m start.yaml -s soft
    jq -e --argjson ts "$ts" --argjson stat "$stat" '.rows[0].source == "soft" and (.rows | length) == 3 and
        (.meta.STAT - $stat - $ts | . * .) < 1e-10 * $ts * $ts' fit.json
}

@test "fe-fit: linked parameters are one, in the fit, the models and the covariance" {
    two 2.6 2e-11 2.6 4e-12 > truth.yaml
    two 2 1e-12 3 1e-12 ', link: x@1' > start.yaml
    fe-simulate "$RUNS/pha_obs1.fits" -m truth.yaml --asimov --name a -q > a.txt
    fit @a.txt -m start.yaml --fix hard.amplitude
    holds '.meta.NFREE == 2 and near(par("soft.index").value; 2.6; 1e-8) and par("hard.index").value == par("soft.index").value and
           par("hard.index").err == par("soft.index").err and near(par("soft.amplitude").value; 2.3e-11; 1e-8)'
    fe-fit @a.txt -m start.yaml --fix hard.amplitude -o fit.yaml -q
    [ "$(grep -c "link: 'x@1'" fit.yaml)" = 2 ]
    awk -F'|' '/soft.spectral.index/ { a = $3; ab = $6 } /hard.spectral.index/ { b = $6 } END { exit !(a > 0 && a == b && ab == a) }' \
        fit_covariance.dat
    if [ -n "${FE_GAMMAPY_PYTHON:-}" ]; then
        fit @a.txt -m start.yaml --fix hard.amplitude
        PYTHONDONTWRITEBYTECODE=1 MPLCONFIGDIR=$BATS_TEST_TMPDIR "$FE_GAMMAPY_PYTHON" "$FE_TOP/tests/interchange/fit_read.py" \
            fit.yaml fit.json fit_covariance.dat
    fi
}

# exp(-(t - 60000) / 2 d): its mean from a to b days is 2 (exp(-a / 2) - exp(-b / 2)) / (b - a).
decay()
{
    cat <<'END'
components:
-   name: flare
    type: SkyModel
    spectral:
        type: PowerLawSpectralModel
        parameters:
        -   {name: index, value: 2.0}
        -   {name: amplitude, value: 1e-12, unit: cm-2 s-1 TeV-1}
        -   {name: reference, value: 1.0, unit: TeV}
    temporal:
        type: ExpDecayTemporalModel
        parameters:
        -   {name: t0, value: 2, unit: d}
        -   {name: t_ref, value: 60000, unit: d}
        scale: tt
END
}

@test "fe-fit: a source that changes with time, in spectra and in a light curve" {
    decay > decay.yaml
    echo time_min,time_max,e_ref,dnde,dnde_err > lc.csv
    for start in 0 3; do
        stop=$(awk "BEGIN { printf \"%.17g\", $start + 5 / 24 }")
        amplitude=$(awk "BEGIN { printf \"%.17g\", 3e-11 * 2 * (exp(-$start / 2) - exp(-$stop / 2)) / ($stop - $start) }")
        fe-simulate "$RUNS/pha_obs1.fits" -m "pl:index=2.4,amplitude=$amplitude cm-2 s-1 TeV-1" --asimov --livetime 5h \
            --start $((60000 + start)) --name "a$start" -q >> a.txt
        for e in 1 4; do
            awk "BEGIN { printf \"%.17g,%.17g,$e,%.17g,1e-13\n\", 60000 + $start, 60000 + $stop, $amplitude * $e^-2.4 }" >> lc.csv
        done
    done
    fit @a.txt -m decay.yaml --strict
    holds 'near(par("index").value; 2.4; 1e-8) and near(par("amplitude").value; 3e-11; 1e-7)'
    fit lc.csv -m decay.yaml --strict
    holds '.meta.NBINS == 4 and near(par("index").value; 2.4; 1e-8) and near(par("amplitude").value; 3e-11; 1e-8)'
    run -2 --separate-stderr fe-fit @a.txt -m decay.yaml --stack
    one_line
    [[ $stderr == *"source 'flare' changes with time"*'(--stack)'* ]]
    run -3 --separate-stderr fe-fit "$FE_TOP/data/published/crab_hess_2006.ecsv" -m decay.yaml
    one_line
    [[ $stderr == *'no good time intervals'* ]]
}

# ---- what is free ------------------------------------------------------------------------------------------------------

@test "fe-fit: --free and --fix say what is free; what is frozen keeps its value and has no error" {
    fit "$RUNS"/pha_obs*.fits -m "$FE_TOP/data/truth.yaml" --free norms
    holds '.meta.NFREE == 1 and par("alpha").value == 2.45 and par("alpha").err == null and par("amplitude").err > 0'
    fit "$RUNS"/pha_obs*.fits -m "$FE_TOP/data/truth.yaml" --free all --fix demo.beta
    holds '.meta.NFREE == 2 and par("beta").value == 0.12 and par("reference").frozen'
    fit "$RUNS"/pha_obs*.fits -m "$FE_TOP/data/truth.yaml" --free alpha
    holds '.meta.NFREE == 1 and par("amplitude").frozen and (par("alpha").frozen | not)'
    fit "$RUNS"/pha_obs*.fits -m "$FE_TOP/data/truth.yaml" --free none
    holds '.meta.NFREE == 0 and .meta.CONVERGE and par("alpha").value == 2.45'
    grep -q 'nothing is free' err.txt
    for option in free fix ul; do
        run -2 --separate-stderr fe-fit "$RUNS/pha_obs1.fits" -m pl "--$option" gamma
        one_line
        [ "$stderr" = "fe-fit: --$option gamma: no such parameter, expected some of source.index, source.amplitude, source.reference" ]
    done
    run -2 --separate-stderr fe-fit "$RUNS/pha_obs1.fits" -m pl --fix index --ul index
    one_line
    [[ $stderr == *'the parameter is frozen'* ]]
}

@test "fe-fit: a parameter that ends at its limit is said, and has no error" {
    sed 's/value: 2.45/value: 2.45\n            max: 2.46/' "$FE_TOP/data/truth.yaml" > limit.yaml
    fit "$RUNS"/pha_obs*.fits -m limit.yaml
    holds '.meta.CONVERGE and par("alpha").value == 2.46 and par("alpha").err == null and par("alpha").max == 2.46 and
           par("beta").err > 0'
    grep -q 'converged with demo.alpha at a limit' err.txt
}

# ---- errors and limits -------------------------------------------------------------------------------------------------

@test "fe-fit: errors and limits of an amplitude alone are those of fe-points for one band" {
    fe-points "$RUNS"/pha_obs*.fits -e 0.1:30TeV -m 'pl:index=2.5,amplitude=1e-11 cm-2 s-1 TeV-1' --n-sigma 2 --ul-cl 0.99 -t likelihood \
        -f json -q > points.json
    fit "$RUNS"/pha_obs*.fits -m 'pl:index=2.5,amplitude=1e-11 cm-2 s-1 TeV-1' --free norms --n-sigma 2 --ul-cl 0.99 --asym \
        --ul amplitude --ts
    holds 'par("amplitude") as $a | $x.rows[0] as $p | near($a.value; 1e-11 * $p.norm; 1e-7) and
           near($a.err; 1e-11 * $p.norm_err; 1e-7) and near($a.errn; 1e-11 * $p.norm_errn; 1e-7) and
           near($a.errp; 1e-11 * $p.norm_errp; 1e-7) and near($a.ul; 1e-11 * $p.norm_ul; 1e-7) and near($a.ts; $p.ts; 1e-7)' points.json ||
        fail "$(cat points.json)"
}

@test "fe-fit: the butterfly is dnde of the model with its error, over the energies of the data" {
    fe-fit "$RUNS"/pha_obs*.fits -m pl --n-sigma 2 --butterfly b.csv -f json -q > fit.json
    jq -r '.rows | map({(.parameter): .}) | add | [.index.value, .amplitude.value, .amplitude.err] | join(",")' fit.json > pl.csv
    # dnde = A E^-G; at 1 TeV only the amplitude has an error, and near it at least that of the pivot
    awk -F, 'FNR == NR { G = $1; A = $2; next }
        FNR == 1 { if ($0 != "source,energy,dnde,dnde_err,dnde_lo,dnde_hi") exit 1; next }
        { n++; want = A * $2^-G; if ($3 / want - 1 > 1e-12 || $3 / want - 1 < -1e-12 || !($4 > 0)) bad = 1
          if ($5 != $3 - $4 && ($3 - $4) / $5 - 1 > 1e-12) bad = 1; if (n == 1) first = $2; last = $2 }
        END { exit bad || n < 20 || first < 0.09 || last > 31 }' pl.csv b.csv
}

# ---- flux points -------------------------------------------------------------------------------------------------------

# A log parabola is a polynomial of the second degree only in the logarithm of dnde, so chi2 has no closed form; what can be
# checked without a second program is that the minimum is one: chi2 by awk there, and around it.
@test "fe-fit: flux points of the Crab (H.E.S.S. 2006) with a log parabola: chi2 is the least around" {
    fit "$FE_TOP/data/published/crab_hess_2006.ecsv" -m 'lp:reference=1TeV'
    holds '.meta.NBINS == 12 and .meta.CONVERGE'
    values amplitude alpha beta > best
    awk 'FNR == NR { p[FNR] = $1; next } /^[0-9]/ { n++; e[n] = $1; y[n] = $2; s[n] = ($3 + $4) / 2 }
        function chi2(a, al, be,    i, m, sum) {
            for (i = 1; i <= n; i++) { m = a * e[i]^(-al - be * log(e[i])); sum += ((y[i] - m) / s[i])^2 }
            return sum
        }
        END { printf "%.12g\n", c = chi2(p[1], p[2], p[3])
              for (k = 1; k <= 3; k++) for (sign = -1; sign <= 1; sign += 2) {
                  for (j = 1; j <= 3; j++) q[j] = p[j]
                  q[k] *= 1 + sign * 1e-4
                  if (chi2(q[1], q[2], q[3]) <= c) exit 1 } }' best "$FE_TOP/data/published/crab_hess_2006.ecsv" > chi2
    holds "near(.meta.STAT; $(cat chi2); 1e-9)"
    # Aharonian et al. 2006, table 6: a pure power law is excluded; the local index at 1 TeV is 2.4
    holds 'par("alpha").value > 2.35 and par("alpha").value < 2.5 and par("beta").value > 5 * par("beta").err'
    fit "$FE_TOP/data/published/crab_hess_2006.ecsv" -m 'lp:reference=1TeV' -e 1:10TeV
    holds '.meta.NBINS == 6'
}

@test "fe-fit: points through a pipe; profile is the joint fit of the bands; flux means the mean in the band" {
    edges=0.475468:18.9287TeV:8
    fit "$RUNS"/pha_obs*.fits -m pl -e "$edges"
    jq '[.rows[0, 1].value, .rows[0].err, .rows[1].err]' fit.json > direct.json
    for how in 'likelihood --stat profile' 'dnde --stat distrib' 'flux --stat chi2'; do
        read -r type option stat <<< "$how"
        fe-points "$RUNS"/pha_obs*.fits -m pl:index=2.5 -e "$edges" --scan -t "$type" -q 2>/dev/null |
            fe-fit -m pl "$option" "$stat" -f json > fit.json 2> err.txt
        holds '$x as $d | .meta.CONVERGE and ([.rows[0, 1].value, .rows[0].err, .rows[1].err] as $v |
               ($v[0] - $d[0] | abs) < 0.5 * $d[2] and ($v[1] - $d[1] | abs) < 0.5 * $d[3] and near($v[2]; $d[2]; 0.2))' direct.json
    done
    # errors of another level are brought to one sigma
    fe-points "$RUNS"/pha_obs*.fits -m pl:index=2.5 -e "$edges" -q -o one.fits
    fe-points "$RUNS"/pha_obs*.fits -m pl:index=2.5 -e "$edges" -q --n-sigma 2 -o two.fits
    fit one.fits -m pl
    jq .meta.STAT fit.json > one.json
    fit two.fits -m pl
    holds 'near(.meta.STAT; $x; 1e-6)' one.json
}

@test "fe-fit: limits among flux points: left out by chi2, counted by distrib" {
    cat > limit.ecsv <<'END'
# %ECSV 1.0
# ---
# datatype:
# - {name: e_ref, unit: TeV, datatype: float64}
# - {name: dnde, unit: cm-2 s-1 TeV-1, datatype: float64}
# - {name: dnde_err, unit: cm-2 s-1 TeV-1, datatype: float64}
# - {name: dnde_ul, unit: cm-2 s-1 TeV-1, datatype: float64}
# - {name: is_ul, datatype: bool}
# meta: {SED_TYPE: dnde, UL_CONF: 0.95}
# schema: astropy-2.0
e_ref dnde dnde_err dnde_ul is_ul
1 1e-11 1e-12 nan False
2 2e-12 2e-13 nan False
4 nan nan 1e-13 True
END
    fit limit.ecsv -m pl
    holds '.meta.NBINS == 2 and near(par("index").value; (5 | log) / (2 | log); 1e-9)'
    fit limit.ecsv -m pl --stat distrib
    holds '.meta.NBINS == 3 and par("index").value > 2.4'
}

# ---- what cannot be fitted ---------------------------------------------------------------------------------------------

@test "fe-fit: what the data do not determine is named; exit status 4 with --strict" {
    run -0 --separate-stderr fe-fit "$RUNS"/pha_obs*.fits -m 'pl + pl' -f csv -q
    [ "$stderr" = 'fe-fit: warning: the fit did not converge: singular: the data do not determine source.model1.amplitude and source.model2.amplitude' ]
    [[ $output == *'source,model1.index,'*',nan,False'* ]]
    run -4 fe-fit "$RUNS"/pha_obs*.fits -m 'pl + pl' -f csv --strict
    run -0 fe-fit "$RUNS"/pha_obs*.fits -m pl -f csv --strict
    # no covariance is written, and none is named
    fe-fit "$RUNS"/pha_obs*.fits -m 'pl + pl' -o fit.yaml -q
    assert_file_not_exists fit_covariance.dat
    run ! grep -q covariance: fit.yaml
}

@test "fe-fit: bad models and data are one clear line" {
    sed 's/value: 2.45/value: .nan/' "$FE_TOP/data/truth.yaml" > nan.yaml
    sed 's/value: 2.45/value: 2.45\n            max: 2.0/' "$FE_TOP/data/truth.yaml" > outside.yaml
    while IFS='|' read -r status text arguments; do
        eval "run -$status --separate-stderr fe-fit $arguments"
        one_line
        [[ $stderr == "fe-fit: "*"$text"* ]] || fail "$arguments: $stderr"
    done <<'END'
2|no model to fit, expected --model M|"$RUNS/pha_obs1.fits"
3|alpha|"$RUNS/pha_obs1.fits" -m nan.yaml
3|expected a value inside its limits|"$RUNS/pha_obs1.fits" -m outside.yaml
3|no channel is left in 1 dataset|"$RUNS/pha_obs1.fits" -q -m pl -e 100:200TeV
2|expected the range of the fit|"$RUNS/pha_obs1.fits" -m pl -e min-sig=3
2|is for flux points|"$RUNS/pha_obs1.fits" -m pl --stat chi2
2|the dataset has OFF counts|"$RUNS/pha_obs1.fits" -m pl --free-background
2|is for spectra|"$FE_TOP/data/published/crab_hess_2006.ecsv" -m pl --stack
3|no flux table|"$FE_TOP/data/published/crab_hess_2006.ecsv" "$RUNS/pha_obs1.fits" -m pl
3|not a FITS file|"$RUNS/pha_obs1.fits" "$FE_TOP/data/published/crab_hess_2006.ecsv" -m pl
3|without scans|"$FE_TOP/data/published/crab_hess_2006.ecsv" -m pl --stat profile
2|factor without unit|"$RUNS/pha_obs1.fits" -m pl-norm
2|no source 'b'|"$RUNS/pha_obs1.fits" -m "$FE_TOP/data/truth.yaml" -s b
3|cannot open absent.fits|absent.fits -m pl
END
}

@test "fe-fit: a spectrum that cannot be read ends it, or is left out" {
    head -c 6000 "$RUNS/pha_obs1.fits" > cut.fits
    run -3 --separate-stderr fe-fit "$RUNS/pha_obs1.fits" cut.fits -m pl
    one_line
    fit "$RUNS/pha_obs1.fits" cut.fits -m pl --skip-bad
    holds '.meta.NSETS == 1'
    grep -q 'warning: dataset left out: cut.fits' err.txt
}

# ---- products ----------------------------------------------------------------------------------------------------------

@test "fe-fit: a model that was fitted is the reference of fe-points" {
    fe-fit "$RUNS"/pha_obs*.fits -m ecpl -o crab.yaml -q && fe-points "$RUNS"/pha_obs*.fits -e 0.5:20TeV:5 -m crab.yaml -o crab.fits -q
    # norms of the bands lie around 1, and the weighted mean of all of them is 1 within its error
    fe-convert crab.fits -t likelihood -f csv -q | awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
        { w = 1 / $(at["norm_err"])^2; sum += w * $(at["norm"]); all += w } END { d = (sum / all - 1)^2 * all; exit !(NR == 6 && d < 1) }'
    # and the fit of what it wrote is there already
    fit "$RUNS"/pha_obs*.fits -m crab.yaml
    fe-fit "$RUNS"/pha_obs*.fits -m @crab.fits -f json -q > again.json
    jq -e -s '.[0].rows[0].value as $a | .[1].rows[0].value / $a - 1 | . * . < 1e-16' fit.json again.json
}

@test "fe-fit: models with provenance, tables by suffix and -f; existing files are refused first" {
    fe-fit "$RUNS"/pha_obs*.fits -m pl > out.yaml 2> err.txt
    grep -q '^# command: fe-fit ' out.yaml
    grep -q '^# note: -2 ln L = ' out.yaml
    run ! grep -q covariance out.yaml
    fe-fit "$RUNS"/pha_obs*.fits -m pl --no-history -q | head -n 1 | grep -qx components:
    fe-fit "$RUNS"/pha_obs*.fits -m pl -o fit.fits -q
    run -0 fe-info fit.fits
    assert_line --partial 'PARAMETERS: 3 rows'
    assert_line --partial 'COVARIANCE: 2 rows'
    fe-fit "$RUNS"/pha_obs*.fits -m pl -f text -q | head -n 1 | grep -q '^source  *parameter  *value'
    for file in out.yaml fit.fits; do
        run -2 --separate-stderr fe-fit "$RUNS"/pha_obs*.fits -m pl -o "$file"
        one_line
    done
    run -2 --separate-stderr fe-fit "$RUNS"/pha_obs*.fits -m pl --butterfly fit.fits
    one_line
}

# ---- work --------------------------------------------------------------------------------------------------------------

@test "fe-fit: a run more is as much work more, with its own background" {
    fe-simulate -m pl:index=2.5 --livetime 1h --realisations 40 --seed 3 -o sim -q > all.txt
    head -n 10 all.txt > ten.txt
    fit @ten.txt -m pl -v
    ten=$(sed -n 's/.*work: \([0-9]*\) evaluations.*/\1/p' err.txt)
    fit @all.txt -m pl -v
    forty=$(sed -n 's/.*work: \([0-9]*\) evaluations.*/\1/p' err.txt)
    [ "$ten" -gt 0 ] && [ "$forty" -le $((8 * ten)) ]
}
