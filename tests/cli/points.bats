# fe-points: several sources, refitted nuisances, groups, systematic errors, inputs given by hand.  Spectra are simulated.
setup_file()
{
    load ../helper
    cd "$BATS_FILE_TMPDIR" || return
    cat > two.yaml <<'EOF'
components:
- name: A
  type: SkyModel
  spectral:
    type: PowerLawSpectralModel
    parameters:
    - {name: index, value: 2.0}
    - {name: amplitude, value: 3.0e-11, unit: cm-2 s-1 TeV-1}
    - {name: reference, value: 1.0, unit: TeV}
- name: B
  type: SkyModel
  spectral:
    type: PowerLawSpectralModel
    parameters:
    - {name: index, value: 3.5}
    - {name: amplitude, value: 2.0e-11, unit: cm-2 s-1 TeV-1}
    - {name: reference, value: 1.0, unit: TeV}
EOF
    fe-simulate -m two.yaml -s all --livetime 20h --asimov -o asimov > asimov.txt
    fe-simulate -m two.yaml -s all --livetime 1h --realisations 4 --seed 3 -o runs > runs.txt
    printf 'OBS_ID,zenith,state\n1,12,new\n2,25,old\n3,41,old\n4,60,new\n' > obs.csv
}

setup()
{
    load ../helper
    cd "$BATS_FILE_TMPDIR" || return
}

# values COLUMN FILE: that column of a csv table, a line each.
values() { awk -F, -v name="$1" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) c = i; next } { print $c }' "$2"; }

# near WANT RTOL: every line of standard input is that number.
near() { awk -v want="$1" -v rtol="$2" '{ n++; if (($1 - want) ^ 2 > (rtol * want) ^ 2) bad = 1 } END { exit bad || !n }'; }

points() { fe-points @asimov.txt -m two.yaml -e 0.5:50TeV:2 -t likelihood -f csv -q "$@" > "$BATS_TEST_TMPDIR/got.csv"; }
got() { values "$1" "$BATS_TEST_TMPDIR/got.csv"; }

@test "fe-points -s: a row for each source and band; the others are predicted, not forgotten" {
    points -s A,B
    assert_equal "$(got source | paste -sd ' ')" "A A B B"
    got norm | near 1 1e-9
    points -s B
    assert_equal "$(got source | paste -sd ' ')" "B B"
    got norm | near 1 1e-9
    points -s all
    assert_equal "$(got source | paste -sd ' ')" "A A B B"
    run --separate-stderr -2 fe-points @asimov.txt -m two.yaml
    one_line
    assert_equal "$stderr" "fe-points: the model has 2 sources (A, B), choose with --source"
    run --separate-stderr -2 fe-points @asimov.txt -m two.yaml -s C
    assert_equal "$stderr" "fe-points: no source 'C' to choose, expected each of A, B at most once"
}

@test "fe-points: a product of several sources converts, and gives its models back" {
    fe-points @asimov.txt -m two.yaml -s all -e 1:10TeV -q -o two.fits --force
    fe-convert two.fits -t eflux -f csv -q > back.csv
    assert_equal "$(values source back.csv | paste -sd ' ')" "A B"
    fe-points @asimov.txt -m @two.fits -s B -e 1:10TeV -t likelihood -f csv -q > again.csv
    values norm again.csv | near 1 1e-9
}

@test "fe-points --free: norms of others are refitted, errors grow, and the list is stored" {
    points -s A
    local fixed
    fixed=$(got norm_err | head -1)
    points -s A --free norms
    got norm | near 1 1e-9
    awk -v a="$fixed" -v b="$(got norm_err | head -1)" 'BEGIN { exit !(b > 1.3 * a) }'
    points -s A --free B
    got norm | near 1 1e-9
    fe-points @asimov.txt -m two.yaml -s A,B --free all -e 1:10TeV -f ecsv -q > free.ecsv
    grep -q "FREEPAR: 'bkg,A.norm,B.norm'" free.ecsv
    fe-points @asimov.txt -m two.yaml -s A -e 1:10TeV -f ecsv -q > none.ecsv
    grep -q 'FREEPAR: none' none.ecsv
}

@test "fe-points --free: what has no answer is refused in one sentence" {
    local text
    while IFS='|' read -r options text; do
        # shellcheck disable=SC2086
        run --separate-stderr -2 fe-points @asimov.txt -m two.yaml -s A -e 1:10TeV -q $options
        one_line
        [[ $stderr == "fe-points: $text"* ]] || fail "$options: $stderr"
    done <<'EOF'
--free index|--free index: shapes are not refitted in a band, only norms and backgrounds; fe-fit finds shapes
--free A|--free A: this is the source that is estimated
--free C|--free C: expected none, bkg, norms, all or the name of a source
--free norms --method excess|--free norms needs --method fold: in the one bin of --method excess the other sources
--free bkg|asimov/pha_obs1.fits: the dataset has OFF counts, whose background is fitted in any case
--free bkg --bkg-syst 0.1|--bkg-syst says how well the background is known, but --free bkg leaves it open
EOF
    run --separate-stderr -2 fe-points @asimov.txt -m pl --free norms -q
    assert_equal "$stderr" "fe-points: --free norms: the model has no source beside the one that is estimated"
}

@test "fe-points --free norms: a band of one channel cannot tell two norms apart, and says so" {
    fe-points @asimov.txt -m two.yaml -s A --free norms -f csv -q > own.csv
    assert_equal "$(values status own.csv | grep -c NOCONV)" "$(values status own.csv | wc -l)"
    run -4 fe-points @asimov.txt -m two.yaml -s A --free norms --strict -q -o strict.csv --force
}

@test "fe-points --bkg-syst: limits grow with it, for both methods; stored" {
    local method f last ul
    for method in fold excess; do
        last=0
        for f in 0.01 0.1 0.3 1; do
            fe-points @asimov.txt -m two.yaml -s A -e 0.5:2TeV --method $method --bkg-syst $f -f csv -q -t likelihood > syst.csv
            ul=$(values norm_ul syst.csv)
            awk -v a="$last" -v b="$ul" 'BEGIN { exit !(b > a) }' || fail "$method $f: $last $ul"
            last=$ul
        done
    done
    fe-points @runs.txt -m pl:index=2 -e 1:10TeV --bkg-syst 0.05 -f ecsv -q > syst.ecsv
    grep -q 'BKGSYST: 0.05' syst.ecsv
    run --separate-stderr -2 fe-points @runs.txt -m pl --bkg-syst=-1
}

@test "fe-points --integral: one band to the end of the data, as a flux" {
    fe-points @asimov.txt -m two.yaml -s A --integral 1TeV: -f csv -q > integral.csv
    fe-points @asimov.txt -m two.yaml -s A -e 1:100TeV -t flux -f csv -q > band.csv
    assert_equal "$(wc -l < integral.csv)" 2
    assert_equal "$(values flux integral.csv)" "$(values flux band.csv)"
    assert_equal "$(values flux_ul integral.csv)" "$(values flux_ul band.csv)"
    values e_max integral.csv | near 100 1e-9
    run --separate-stderr -2 fe-points @asimov.txt -m pl --integral 1TeV -e 1:10TeV -q
    assert_equal "$stderr" "fe-points: --integral is a band of its own: not with --energy-edges"
    run --separate-stderr -2 fe-points @asimov.txt -m pl --integral 1 -q
    one_line
}

@test "fe-points -e min-sig, min-counts: each band reaches what was asked, and they touch" {
    fe-points @runs.txt -m pl:index=2 -e min-counts=100 -f csv -q > counts.csv
    values counts counts.csv | awk '{ n++; if ($1 < 100) bad = 1 } END { exit bad || n < 2 }'
    diff <(values e_max counts.csv | sed '$d') <(values e_min counts.csv | sed 1d)
    fe-points @runs.txt -m pl:index=2 -e min-sig=5 --method excess --stack -f csv -q > sig.csv
    values sqrt_ts sig.csv | awk '{ n++; if ($1 < 5 - 1e-9) bad = 1 } END { exit bad || n < 2 }'
    run --separate-stderr fe-points @runs.txt -m pl:index=2 -e min-sig=5 -f csv
    [[ $stderr == *"bins chosen by the data bias fluxes"* ]]
}

@test "fe-points --group-by: run, keyword, column of --obs-table, its bins" {
    fe-points @runs.txt -m pl -e 1:10TeV --group-by run -f csv -q > run.csv
    assert_equal "$(values run run.csv | paste -sd ' ')" "1 2 3 4"
    fe-points @runs.txt -m pl -e 1:10TeV --group-by OBS_ID -f csv -q > id.csv
    assert_equal "$(values dnde id.csv)" "$(values dnde run.csv)"
    fe-points @runs.txt -m pl -e 1:10TeV --obs-table obs.csv --group-by state -f csv -q > state.csv
    assert_equal "$(values state state.csv | paste -sd ' ')" "new old"
    fe-points "$(sed -n 1p runs.txt)" "$(sed -n 4p runs.txt)" -m pl -e 1:10TeV -f csv -q > new.csv
    assert_equal "$(values dnde state.csv | head -1)" "$(values dnde new.csv)"
    fe-points @runs.txt -m pl -e 1:10TeV --obs-table obs.csv --group-by zenith:0,20,50,55 -f csv > bins.csv 2> err.txt
    assert_equal "$(values zenith_min bins.csv | paste -sd ' ')" "0 20 50"
    assert_equal "$(values zenith_max bins.csv | paste -sd ' ')" "20 50 55"
    assert_equal "$(values status bins.csv | tail -1)" EMPTY
    grep -q 'zenith 60 lies in no bin of --group-by: left out' err.txt
    run --separate-stderr -2 fe-points @runs.txt -m pl --group-by nosuch -q
    one_line
    [[ $stderr == *"there is no keyword or column 'nosuch' to group by, found "* ]]
}

@test "fe-points --where: only these datasets" {
    fe-points @runs.txt -m pl -e 1:10TeV --obs-table obs.csv --where 'zenith > 50 or zenith < 20' -f csv -q > where.csv
    fe-points "$(sed -n 1p runs.txt)" "$(sed -n 4p runs.txt)" -m pl -e 1:10TeV -f csv -q > new.csv
    cmp where.csv new.csv
    run --separate-stderr -2 fe-points @runs.txt -m pl --obs-table obs.csv --where 'zenith > 80' -q
    assert_equal "$stderr" "fe-points: no dataset satisfies --where"
    run --separate-stderr -2 fe-points @runs.txt -m pl --where 'zenith >' -q
    one_line
    printf 'OBS_ID,zenith\n1,12\n' > short.csv
    run --separate-stderr -3 fe-points @runs.txt -m pl --obs-table short.csv --group-by zenith -q
    assert_equal "$stderr" "fe-points: short.csv: OBS_ID 2 (runs/pha_obs2.fits) is there 0 times, expected once"
    printf 'run,zenith\n1,12\n' > keyless.csv
    run --separate-stderr -3 fe-points @runs.txt -m pl --obs-table keyless.csv --group-by zenith -q
    assert_equal "$stderr" "fe-points: keyless.csv: there is no column OBS_ID to join the datasets on"
}

@test "fe-points --dry-run: the groups, and nothing is estimated" {
    run --separate-stderr -0 fe-points @runs.txt -m pl -e 1,3,10TeV --obs-table obs.csv --group-by state --dry-run -q
    assert_equal "${lines[0]}" $'state\te_min_TeV\te_max_TeV\tdataset\tfile'
    assert_equal "${lines[1]}" $'new\t1\t3\t1\truns/pha_obs1.fits'
    assert_equal "${#lines[@]}" 9
}

@test "fe-points --skip-bad: flagged rows, exit 0; 4 with --strict; 3 without" {
    mkdir -p bad
    cp runs/* bad
    head -c 4000 runs/pha_obs2.fits > bad/pha_obs2.fits
    run -3 fe-points bad/pha_obs*.fits -m pl -e 1:10TeV -q
    fe-points bad/pha_obs*.fits -m pl -e 1:10TeV --skip-bad -f csv -q > skip.csv
    assert_equal "$(values status skip.csv)" "BADINPUT|PARTIAL"
    fe-points bad/pha_obs[134].fits -m pl -e 1:10TeV -f csv -q > good.csv
    assert_equal "$(values dnde skip.csv)" "$(values dnde good.csv)"
    run -4 fe-points bad/pha_obs*.fits -m pl -e 1:10TeV --skip-bad --strict -q -o strict.csv --force
    assert_file_exist strict.csv
}

@test "fe-points --bkg --arf --rmf: files given by hand are those of the keywords" {
    mkdir -p apart
    cp runs/pha_obs1.fits apart/one.fits
    run -3 fe-points apart/one.fits -m pl -e 1:10TeV -q
    fe-points apart/one.fits --bkg runs/bkg_obs1.fits --arf runs/arf_obs1.fits --rmf runs/rmf_obs1.fits -m pl -e 1:10TeV \
        -f csv -q > hand.csv
    fe-points runs/pha_obs1.fits -m pl -e 1:10TeV -f csv -q > named.csv
    cmp hand.csv named.csv
    run --separate-stderr -2 fe-points @runs.txt -m pl --bkg runs/bkg_obs1.fits -q
    assert_equal "$stderr" "fe-points: --bkg gives one background to 4 spectra, expected one spectrum"
    run --separate-stderr -3 fe-points runs/pha_obs1.fits -m pl --arf nosuch.fits -q
    one_line
}

@test "fe-points: a datasets YAML stands for its spectra; other datasets are refused by name" {
    mkdir -p yaml
    cat > yaml/datasets.yaml <<'EOF'
datasets:
-   name: one
    type: SpectrumDatasetOnOff
    filename: ../runs/pha_obs1.fits
-   name: four
    type: SpectrumDatasetOnOff
    filename: ../runs/pha_obs4.fits
metadata: {creator: someone, date: '2026-01-01', origin: null}
EOF
    fe-points yaml/datasets.yaml -m pl -e 1:10TeV -f csv -q > yaml.csv
    fe-points "$(sed -n 1p runs.txt)" "$(sed -n 4p runs.txt)" -m pl -e 1:10TeV -f csv -q > two.csv
    cmp yaml.csv two.csv
    sed '2,4s/SpectrumDatasetOnOff/FluxPointsDataset/' yaml/datasets.yaml > yaml/map.yaml
    run --separate-stderr -3 fe-points yaml/map.yaml -m pl -q
    one_line
    [[ $stderr == *"dataset 'one' is a FluxPointsDataset, expected a SpectrumDataset or MapDataset, with OnOff or without" ]]
}

@test "fe-points --abs-ref: a negative reference is refused, or turned round and recorded" {
    local model='pl:index=2,amplitude=-1e-11 cm-2 s-1 TeV-1'
    run --separate-stderr -2 fe-points @runs.txt -m "$model" -e 1:10TeV -q
    one_line
    [[ $stderr == "fe-points: the model of source "*" is negative at "*"(--abs-ref takes its absolute value)" ]]
    fe-points @runs.txt -m "$model" -e 1:10TeV --abs-ref -f ecsv -q > turned.ecsv
    grep -q 'ABSREF: true' turned.ecsv
    fe-points @runs.txt -m "$model" -e 1:10TeV --abs-ref -f csv -q > turned.csv
    fe-points @runs.txt -m 'pl:index=2,amplitude=1e-11 cm-2 s-1 TeV-1' -e 1:10TeV -f csv -q > straight.csv
    cmp turned.csv straight.csv
    run --separate-stderr -2 fe-points @runs.txt -m 'pl:amplitude=1e-12 cm-2 s-1 TeV-1 - pl:index=3,amplitude=3e-12 cm-2 s-1 TeV-1' \
        -e 0.5:10TeV --abs-ref -q
    [[ $stderr == *"it changes its sign: --abs-ref does not help"* ]]
}

# The keyword of a simulated spectrum is changed in place: same length, 80 characters.
with_telescope() { LC_ALL=C sed "s/TELESCOP= '[^']*'/$(printf "TELESCOP= '%-8s'" "$1")/" "$2" > "$3"; }

@test "fe-points --multi-instrument: two telescopes are kept apart without it; the list is stored" {
    mkdir -p both
    cp runs/* both
    with_telescope HESS runs/pha_obs1.fits both/pha_obs1.fits
    with_telescope MAGIC runs/pha_obs2.fits both/pha_obs2.fits
    [ "$(stat -c %s both/pha_obs1.fits)" = "$(stat -c %s runs/pha_obs1.fits)" ]
    run --separate-stderr -2 fe-points both/pha_obs1.fits both/pha_obs2.fits -m pl -e 1:10TeV -q
    one_line
    assert_equal "$stderr" "fe-points: both/pha_obs2.fits: TELESCOP is MAGIC, but that of datasets before is HESS: --multi-instrument takes them together"
    fe-points both/pha_obs1.fits both/pha_obs2.fits -m pl -e 1:10TeV --multi-instrument -f ecsv -q > both.ecsv
    grep -q "INSTRUM: 'HESS,MAGIC'" both.ecsv
    fe-points both/pha_obs1.fits both/pha_obs2.fits -m pl -e 1:10TeV --group-by TELESCOP -f csv -q > each.csv
    assert_equal "$(values TELESCOP each.csv | paste -sd ' ')" "HESS MAGIC"
}

@test "datasets_names: a source belongs to the datasets it names, as if the others were not there" {
    cd "$BATS_TEST_TMPDIR" || return
    set -- "$FE_TOP/data/runs/pha_obs1.fits" "$FE_TOP/data/runs/pha_obs2.fits"
    source_of() { printf -- '- name: %s\n  type: SkyModel\n  spectral: {type: pl}\n  datasets_names: %s\n' "$1" "$2"; }
    { echo components:; source_of a '["1"]'; source_of b 2; } > split.yaml
    { echo components:; source_of a '["1"]'; } > one.yaml
    fe-points "$@" -e 1:10TeV -m split.yaml -s all -q -f csv > both.csv
    fe-points "$1" -e 1:10TeV -m pl -q -f csv > first.csv
    fe-points "$2" -e 1:10TeV -m pl -q -f csv > second.csv
    for column in dnde dnde_err dnde_ul ts counts; do
        assert_equal "$(values $column both.csv | paste -sd ' ')" "$(values $column first.csv) $(values $column second.csv)"
    done
    fe-fit "$@" -m split.yaml -q -o fitted.yaml
    fe-fit "$1" -m one.yaml -q -o alone.yaml
    amplitude() { awk '/name: amplitude/ { getline; print $2; exit }' "$1"; }
    awk -v x="$(amplitude fitted.yaml)" -v y="$(amplitude alone.yaml)" 'BEGIN { exit !(x > 0 && (x / y - 1) ^ 2 < 1e-10) }'
    grep -q 'datasets_names: \["1"\]' fitted.yaml
    run --separate-stderr -2 fe-points "$@" -e 1:10TeV -m split.yaml -s all -q --stack
    one_line
    [[ $stderr == *"source 'a' belongs to some datasets only"* ]]
    run --separate-stderr -0 fe-points "$2" -e 1:10TeV -m one.yaml -q -f csv
    [[ $stderr == *"warning: source 'a' belongs to datasets by name (datasets_names), none of which is here"* ]]
}

@test "fe-fit: spectra of two telescopes are taken together on demand" {
    run --separate-stderr -2 fe-fit both/pha_obs1.fits both/pha_obs2.fits -m pl -q
    one_line
    assert_equal "$stderr" "fe-fit: both/pha_obs2.fits: TELESCOP is MAGIC, but that of datasets before is HESS: --multi-instrument takes them together"
    fe-fit both/pha_obs1.fits both/pha_obs2.fits -m pl -q --multi-instrument | grep -q 'name: index'
}
