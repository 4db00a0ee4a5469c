# fe-combine and fe-convert --recompute: sums of scans against joint estimates, restated levels against direct ones.
# shellcheck disable=SC2154    # output and stderr are set by run
setup()
{
    load ../helper
    cd "$BATS_TEST_TMPDIR" || return
    RUNS=$FE_TOP/data/runs
    BANDS=(-e 0.5:20TeV:6 -m pl:index=2.5 -q)
}

close_to() { awk -v rtol="$1" -v columns="$4" -v error="$5" -f "$FE_TOP/tests/compare.awk" "$2" "$3"; }

norms() { fe-convert "$1" -t likelihood -f csv -q "${@:2}"; }

# more SEED: four runs of 20 h with the responses and backgrounds of data/runs; their paths.
more() { fe-simulate "$RUNS"/pha_obs[1-4].fits -m "$FE_TOP/data/truth.yaml" --livetime 20h --seed "$1" -o "sim$1" -q; }

# halves [OPTION]...: all.fits, and a.fits and b.fits of two runs each, of the runs in runs.txt.
halves()
{
    fe-points @runs.txt "${BANDS[@]}" --scan "$@" -o all.fits
    head -n 2 runs.txt | fe-points @- "${BANDS[@]}" --scan "$@" -o a.fits
    tail -n 2 runs.txt | fe-points @- "${BANDS[@]}" --scan "$@" -o b.fits
}

@test "fe-combine: two halves of the data by their scans are the joint estimate, to 1e-4" {
    for seed in 1 2; do
        more $seed > runs.txt
        halves --force
        fe-combine a.fits b.fits --likelihood -o both.fits --force -q
        norms all.fits > want.csv
        norms both.fits > got.csv
        close_to 1e-4 want.csv got.csv e_min,e_max,norm,norm_err,norm_errn,norm_errp,norm_ul,ts,counts,livetime,exposure,is_ul,status norm_errp
    done
}

@test "fe-combine: the same for the few counts of data/runs, and at other levels" {
    ls "$RUNS"/pha_obs*.fits > runs.txt
    halves --n-sigma 2 --ul-cl 0.99
    fe-combine a.fits b.fits --likelihood -o both.fits -q
    norms all.fits > want.csv
    norms both.fits > got.csv
    close_to 1e-4 want.csv got.csv norm,norm_err,norm_errn,norm_errp,norm_ul,ts norm_errp
    fe-info both.fits | grep -q 'upper limits *0.99 one-sided'
    fe-info both.fits | grep -q 'errors *2 sigma'
}

@test "fe-combine: a product of all inputs says so, and is a table like any other" {
    ls "$RUNS"/pha_obs*.fits > runs.txt
    halves
    fe-combine a.fits b.fits --likelihood -o both.fits -q
    fe-combine a.fits b.fits --likelihood -f ecsv -q > both.ecsv
    for name in a b; do
        grep -q "\"$name.fits size=[0-9]* sha256=" both.ecsv
    done
    fe-convert both.fits --to eflux -u 'erg cm-2 s-1' -f csv -q > got.csv
    fe-convert both.ecsv --to eflux -u 'erg cm-2 s-1' -f csv -q > want.csv
    close_to 1e-12 want.csv got.csv eflux,eflux_err,eflux_ul
}

@test "fe-combine: --rebin of six bands into three is the estimate in three, to 1e-4" {
    more 1 > runs.txt
    fe-points @runs.txt -e 1.0,1.5,2.5,4,6,10,15TeV -m pl:index=2.5 -q --scan -o six.fits
    fe-convert six.fits -t likelihood -f csv -q > six.csv
    edges=$(awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next } NR % 2 == 0 { printf "%s,", $(at["e_min"]) }
        { last = $(at["e_max"]) } END { printf "%sTeV", last }' six.csv)
    fe-points @runs.txt -e "$edges" --exact-edges -m pl:index=2.5 -q --scan -o three.fits
    fe-combine six.fits --rebin "$edges" -o got.fits -q
    norms three.fits > want.csv
    norms got.fits > got.csv
    close_to 1e-4 want.csv got.csv e_min,e_max,e_ref,norm,norm_err,norm_errn,norm_errp,norm_ul,ts,counts,ref_flux,ref_eflux,ref_dnde norm_errp
    head -n 2 runs.txt | fe-points @- -e 1.0,1.5,2.5,4,6,10,15TeV -m pl:index=2.5 -q --scan -o a.fits
    tail -n 2 runs.txt | fe-points @- -e 1.0,1.5,2.5,4,6,10,15TeV -m pl:index=2.5 -q --scan -o b.fits
    fe-combine a.fits b.fits --likelihood --rebin "$edges" -o got2.fits -q
    norms got2.fits > got.csv
    close_to 1e-4 want.csv got.csv norm,norm_err,norm_errn,norm_errp,norm_ul,ts norm_errp
}

@test "fe-combine: --append keeps every row and number; --tag tells the files apart" {
    ls "$RUNS"/pha_obs*.fits > runs.txt
    halves
    fe-combine a.fits b.fits --append --tag half -f csv -q > got.csv
    fe-convert a.fits -f csv -q > a.csv
    fe-convert b.fits -f csv -q > b.csv
    { cat a.csv; tail -n +2 b.csv; } > want.csv
    close_to 0 want.csv got.csv e_ref,dnde,dnde_err,dnde_ul,norm,ts,counts,is_ul
    [ "$(sed 's/.*,//' got.csv | uniq -c | tr -s ' ')" = " 1 half
 6 a
 6 b" ]
}

@test "fe-combine: what the scans do not hold is NaN and SCANOPEN, never extrapolated; --strict says 4" {
    ls "$RUNS"/pha_obs*.fits > runs.txt
    halves
    # two tables of one source that exclude each other: no common range
    fe-convert a.fits -t flux -f ecsv -q > low.ecsv
    fe-convert low.ecsv -f json -q | jq '.rows |= map(.norm_scan |= map(. * 10 + 1000) | .norm += 1000 | .flux *= 30)' > high.json
    run -4 --separate-stderr fe-combine low.ecsv high.json --likelihood --strict -t likelihood -f csv -o got.csv -q
    awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next } $(at["norm"]) != "nan" || $(at["norm_ul"]) != "nan" ||
        $(at["status"]) !~ /SCANOPEN/ { bad = 1 } END { exit bad || NR != 7 }' got.csv
}

@test "fe-combine: messages and exit codes" {
    ls "$RUNS"/pha_obs*.fits > runs.txt
    halves
    fe-points @runs.txt "${BANDS[@]}" -o plain.fits
    expect() { run --separate-stderr "-$1" fe-combine "${@:3}" -q -f csv; one_line; [[ $stderr == "fe-combine: "$2 ]] || fail "$stderr"; }
    expect 2 'expected either --append, or --likelihood or --rebin or both' a.fits b.fits
    expect 2 'expected either --append*' a.fits b.fits --append --likelihood
    expect 2 '--tag is for --append' a.fits b.fits --likelihood --tag x
    expect 2 '--rebin joins the bands of one table, found 2: add --likelihood' a.fits b.fits --rebin 1,3TeV
    expect 2 "--rebin is 'all', expected energy edges" a.fits --rebin all
    expect 3 'a.fits row 1: the band * lies in no new band*' a.fits --rebin 0.6,3TeV
    expect 3 'plain.fits: there are no likelihood scans to combine*' a.fits plain.fits --likelihood
    expect 3 'cannot open gone.fits: *' a.fits gone.fits --likelihood
    fe-convert b.fits --swap-model pl:index=3.5 -o steep.fits -q
    expect 3 'steep.fits row 1: its reference model has another shape than that of a.fits*--swap-model' a.fits steep.fits --likelihood
    expect 2 '--tag: e_ref is a column of its own meaning*' a.fits --append --tag e_ref
}

@test "fe-convert: --recompute of scans is the direct estimate at those levels, to 1e-4" {
    more 1 > runs.txt
    fe-points @runs.txt "${BANDS[@]}" --scan -o all.fits
    fe-points @runs.txt "${BANDS[@]}" --ul-cl 0.99 --n-sigma 2 -t likelihood -f csv > want.csv
    norms all.fits --recompute ul,err,errn,errp --ul-cl 0.99 --n-sigma 2 > got.csv
    close_to 1e-4 want.csv got.csv norm,norm_err,norm_errn,norm_errp,norm_ul,ts,status norm_errp
    fe-convert all.fits --recompute ul,errp --ul-sigma 3 --n-sigma 2 -o three.fits -q
    fe-info three.fits | grep -q 'errors *2 sigma'
    fe-points @runs.txt "${BANDS[@]}" --ul-sigma 3 --n-sigma 2 -t likelihood -f csv > want.csv
    norms three.fits > got.csv
    close_to 1e-4 want.csv got.csv norm_ul,norm_err,norm_errn,norm_errp norm_errp       # errors move along with errp
}

@test "fe-convert: --recompute ul of deficits, bounded and not, is the direct limit to 1e-4" {
    fe-simulate -m 'pl:index=2.5,amplitude=1e-15 cm-2 s-1 TeV-1' --livetime 5h --realisations 12 --seed 4 -o weak -q > runs.txt
    weak=(-e '1,3,10TeV' -m pl:index=2.5 --group-by run -q)
    fe-points @runs.txt "${weak[@]}" --scan -o w.fits
    for level in '--ul-cl 0.9999' '--ul-sigma 4.9' '--ul-cl 0.99 --ul-unbounded'; do
        # shellcheck disable=SC2086    # options
        fe-points @runs.txt "${weak[@]}" $level -t likelihood -f csv > want.csv
        # shellcheck disable=SC2086
        norms w.fits --recompute ul $level > got.csv
        close_to 1e-4 want.csv got.csv norm,norm_ul
    done
    [ "$(awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next } $(at["norm"]) < 0' want.csv | wc -l)" -ge 8 ]
}

@test "fe-convert: --recompute beyond the scan is NaN with SCANOPEN; unknown words and idle levels are refused" {
    fe-points "$RUNS/pha_obs1.fits" "${BANDS[@]}" --scan -o one.fits
    norms one.fits --recompute ul --ul-sigma 7 > got.csv
    awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
        $(at["norm_ul"]) != "nan" || $(at["status"]) !~ /SCANOPEN/ || $(at["norm_err"]) == "nan" { bad = 1 } END { exit bad || NR != 7 }' got.csv
    norms one.fits --recompute ul > back.csv
    run ! grep -q SCANOPEN back.csv
    run --separate-stderr -2 fe-convert one.fits --recompute ul,sensitivity
    one_line
    [ "$stderr" = "fe-convert: --recompute: 'sensitivity' cannot be recomputed, expected some of ul,err,errn,errp" ]
    run --separate-stderr -2 fe-convert one.fits --ul-cl 0.99
    one_line
    [[ $stderr == *"give --recompute ul,err,errn,errp"* ]]
    fe-points "$RUNS/pha_obs1.fits" "${BANDS[@]}" -o plain.fits
    run --separate-stderr -3 fe-convert plain.fits --recompute ul
    one_line
    [[ $stderr == "fe-convert: plain.fits: there are no likelihood scans"* ]]
}

@test "fe-combine: --approx takes norms and errors where there are no scans, and flags the sum" {
    more 1 > runs.txt
    fe-points @runs.txt "${BANDS[@]}" -o all.fits
    head -n 2 runs.txt | fe-points @- "${BANDS[@]}" -o a.fits
    tail -n 2 runs.txt | fe-points @- "${BANDS[@]}" --scan -o b.fits
    run --separate-stderr -3 fe-combine a.fits b.fits --likelihood -q
    one_line
    [[ $stderr == *"a.fits: there are no likelihood scans to combine (norm_scan, stat_scan); --approx takes norms and errors instead" ]]
    fe-combine a.fits b.fits --likelihood --approx -o both.fits -q
    norms all.fits > want.csv
    norms both.fits > got.csv
    close_to 0.02 want.csv got.csv norm,norm_err,norm_errn,norm_errp,norm_ul norm_errp
    [ "$(grep -c APPROX got.csv)" -eq 6 ]
    fe-combine a.fits --rebin 0.4,30TeV --approx -q -f csv | grep -q APPROX
    run --separate-stderr -2 fe-combine a.fits b.fits --append --approx
    one_line
}
