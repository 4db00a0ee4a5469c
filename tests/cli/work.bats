# What is asserted instead of time: datasets and files opened, evaluations of the likelihood, bytes held.
# shellcheck disable=SC2154    # output and stderr are set by run
setup_file()
{
    load ../helper
    cd "$BATS_FILE_TMPDIR" || return
    fe-simulate -m "$FE_TOP/data/truth.yaml" --livetime 1h --realisations 80 --seed 1 -o sim > list
}

setup()
{
    load ../helper
    cd "$BATS_FILE_TMPDIR" || return
    RUNS=("$FE_TOP"/data/runs/pha_obs{1,2,3,4}.fits)
    MODEL=(-m "$FE_TOP/data/truth.yaml")
}

# work OPTION...: the line of fe-points -v in the variables n_opened n_groups n_bins n_evaluations n_bytes.
work()
{
    local line
    fe-points "$@" -j 2 -v -f csv > /dev/null 2> log || fail "$(cat log)"
    line=$(sed -n 's/^fe-points: work: \([0-9]*\) datasets opened, \([0-9]*\) groups, \([0-9]*\) bins, \([0-9]*\) evaluations, \([0-9]*\) bytes held at most$/\1 \2 \3 \4 \5/p' log)
    [ -n "$line" ] || fail "no line about the work: $(cat log)"
    read -r n_opened n_groups n_bins n_evaluations n_bytes <<< "$line"
    echo "$*: $line"
}

# first N: the first runs of the list, as @first.N
first() { head -n "$1" list > "first.$1"; }

# opened COMMAND...: the files that the command opens, one a line, a line each time.
opened()
{
    # the leak sanitizer does not work under strace
    ASAN_OPTIONS=detect_leaks=0 strace -f -e trace=open,openat -o trace "$@" > /dev/null 2> log || fail "$(cat log)"
    sed -n 's/.*open[at]*(.*"\([^"]*\)".* = [0-9]*$/\1/p' trace
}

@test "work: each dataset is opened once, whatever is computed" {
    for option in '' --scan --sensitivity --stack '--method excess' '--group-by run' '--group-off 3'; do
        # shellcheck disable=SC2086    # words
        work "${RUNS[@]}" "${MODEL[@]}" -e 0.5:20TeV:6 $option
        [ "$n_opened" -eq 4 ] || fail "$option: $n_opened datasets opened"
    done
}

@test "work: a group of bins costs few evaluations: the norm, two errors, the limit, each some Newton steps" {
    work "${RUNS[@]}" "${MODEL[@]}" -e 0.5:20TeV:6
    [ "$n_groups" -eq 6 ]
    [ "$n_evaluations" -le $((40 * n_groups)) ]
    work "${RUNS[@]}" "${MODEL[@]}" -e 0.5:20TeV:6 --group-by run
    [ "$n_groups" -eq 24 ]
    [ "$n_evaluations" -le $((40 * n_groups)) ]
    work "${RUNS[@]}" "${MODEL[@]}" -e 0.5:20TeV:6 --scan --scan-points 41
    [ "$n_evaluations" -le $((260 * n_groups)) ]       # 41 points, each sought by its rise
}

@test "work: evaluations do not grow with the runs of a joint fit" {
    first 5
    work @first.5 "${MODEL[@]}" -e 0.5:20TeV:6
    few=$n_evaluations
    work @list "${MODEL[@]}" -e 0.5:20TeV:6
    [ "$n_opened" -eq 80 ]
    [ "$n_evaluations" -le $((few + few / 4)) ]
}

@test "work: bytes held: a joint fit keeps counts, not responses; a stack keeps nothing of a run; groups leave when done" {
    first 20
    work @first.20 "${MODEL[@]}" -e 0.5:20TeV:6
    few=$n_bytes
    work @list "${MODEL[@]}" -e 0.5:20TeV:6
    [ "$n_bytes" -lt 1000000 ]
    [ $(((n_bytes - few) / 60)) -lt 8000 ] || fail "$(((n_bytes - few) / 60)) bytes for each further run"
    work @first.20 "${MODEL[@]}" -e 0.5:20TeV:6 --stack
    few=$n_bytes
    work @list "${MODEL[@]}" -e 0.5:20TeV:6 --stack
    [ "$n_bytes" -eq "$few" ]
    work @list "${MODEL[@]}" -e 0.5:20TeV:6 --group-by run
    [ "$n_groups" -eq 480 ]
    [ "$n_bytes" -lt 3000000 ]
}

@test "work: runs that share a response open it once" {
    need_command strace
    first 20
    for option in '' --stack '--group-by run'; do
        # shellcheck disable=SC2086    # words
        opened fe-points @first.20 "${MODEL[@]}" -e 0.5:20TeV:6 -f csv -q -j 1 $option | grep '^sim/' > files
        [ "$(grep -c '/arf_' files)" -eq 1 ]
        [ "$(grep -c '/rmf_' files)" -eq 1 ]
        [ "$(grep -c '/pha_' files)" -eq 20 ]
        [ "$(grep -c '/bkg_' files)" -eq 20 ]
        [ "$(sort files | uniq -d | wc -l)" -eq 0 ] || fail "opened twice: $(sort files | uniq -d)"
    done
}

# 80 runs are more than is kept: the beginning of a PHA, all of it for the names, all of it for the data.
@test "work: of many runs a PHA is opened three times, a BKG once, and a response is looked for once" {
    need_command strace
    ASAN_OPTIONS=detect_leaks=0 strace -f -e trace=openat,access -o trace fe-lightcurve @list "${MODEL[@]}" -e 0.5:20TeV -b run \
        -f csv -q -j 1 > /dev/null 2> log || fail "$(cat log)"
    [ "$(grep -c 'openat(.*sim/pha_' trace)" -le 240 ]
    [ "$(grep -c 'openat(.*sim/bkg_' trace)" -eq 80 ]
    [ "$(grep -c 'openat(.*sim/[ar][rm]f_' trace)" -eq 2 ]
    [ "$(grep -c 'access(.*sim/[ar][rm]f_' trace)" -eq 2 ]
}

@test "work: fe-convert and fe-info open each file once" {
    need_command strace
    mkdir -p points
    for n in 1 2 3; do
        fe-points "sim/pha_obs0$n.fits" "${MODEL[@]}" -e 0.5:20TeV:6 -q --force -o points/$n.fits
    done
    opened fe-convert points/*.fits --to flux --output-dir flux --force -q | grep '^points/' > files
    [ "$(sort files | tr '\n' ' ')" = 'points/1.fits points/2.fits points/3.fits ' ]
    opened fe-info points/*.fits | grep '^points/' > files
    [ "$(sort files | tr '\n' ' ')" = 'points/1.fits points/2.fits points/3.fits ' ]
}

@test "work: one thread and four give the same bytes, in every format" {
    first 20
    for format in fits ecsv csv json; do
        for option in '' '--group-by run' '--sensitivity --sens-profiled'; do
            for j in 1 4; do
                # shellcheck disable=SC2086    # words
                fe-points @first.20 "${MODEL[@]}" -e 0.5:20TeV:6 --scan $option --no-history -q -f $format -j $j > out.$j 2> /dev/null
            done
            cmp out.1 out.4 || fail "$format $option"
        done
    done
}

@test "work: --dry-run tells each run and band, and writes nothing" {
    first 5
    mkdir -p dry
    before=$(ls -AR sim dry)
    run --separate-stderr -0 fe-points @first.5 "${MODEL[@]}" -e 0.5:20TeV:6 --dry-run -o dry/out.fits
    [ "$(grep -c "$(printf '^all\t')" <<< "$output")" -eq 31 ]          # names of the columns; 5 runs, 6 bands
    [ "$(ls -AR sim dry)" = "$before" ]
}
