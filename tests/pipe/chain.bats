# Tools joined by pipes, products that are whole or not there, and the work that is done.
# shellcheck disable=SC2154    # output and stderr are set by run
setup()
{
    load ../helper
    cd "$BATS_TEST_TMPDIR" || return
    RUNS=$FE_TOP/data/runs
    POINTS=(fe-points "$RUNS"/pha_obs{1,2,3,4}.fits -e 0.5:20TeV:6 -m "$FE_TOP/data/truth.yaml" -q)
    FAIL=$FE_BIN/../testbin/failwrite.so
    cp "$FAIL" failwrite.so             # the loader takes no blanks
}

@test "chain: simulate, estimate, convert, look" {
    bash -o pipefail -c "fe-simulate -m '$FE_TOP/data/truth.yaml' --livetime 2h --seed 5 -o sim | fe-points @- -e 1:10TeV:2 -q |
        fe-convert --to e2dnde -u 'TeV cm-2 s-1' -q -f fits | fe-convert -f csv -q" > out.csv
    [ "$(wc -l < out.csv)" -eq 3 ]
    bash -o pipefail -c "cat out.csv | fe-info" | grep -q 'sed type *e2dnde'
}

@test "chain: what was simulated without noise comes back" {
    fe-simulate -m "$FE_TOP/data/truth.yaml" --livetime 5h --asimov -o sim > list
    fe-points @list -m "$FE_TOP/data/truth.yaml" -e 0.5:20TeV:6 -t likelihood -f csv -q > out.csv
    awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next } { d = $(at["norm"]) - 1; if (d > 1e-9 || d < -1e-9) exit 1 }' out.csv
}

@test "chain: FITS through standard input and output" {
    "${POINTS[@]}" -f fits > a.fits
    fe-convert --to flux -f fits -q < a.fits > b.fits
    fitsverify -q b.fits | grep -q 'verification OK'
    fe-convert -q -f csv < b.fits > b.csv
    "${POINTS[@]}" -t flux -f csv > want.csv
    tables_close b.csv want.csv 1e-14
}

@test "chain: a reader that goes away ends the tool without a word" {
    run --separate-stderr bash -c "${POINTS[*]@Q} -f ecsv | head -c 10 > /dev/null"
    [ "$status" -eq 0 ]
    [ -z "$stderr" ]
}

@test "chain: a full disk is an error" {
    run --separate-stderr -1 bash -c "${POINTS[*]@Q} -f ecsv > /dev/full"
    [ "${#stderr_lines[@]}" -eq 1 ]
}

# Fail, or be killed, at call number 1, 2 ... of one kind until the tool gets through.
at_every()
{
    local call=$1 kill=$2 n=1 code
    for ((n = 1; n < 20; n++)); do
        rm -f out.fits .out.fits*              # a kill between link and rename leaves the temporary name
        code=0
        env ${kill:+FE_FAIL_KILL=$kill} FE_FAIL_CALL="$call" FE_FAIL_AT=$n LD_PRELOAD=./failwrite.so \
            ASAN_OPTIONS=verify_asan_link_order=0 "${POINTS[@]}" -o out.fits 2> err.txt || code=$?
        if [ "$code" -eq 0 ]; then
            [ "$n" -gt 1 ] || fail "no $call happened"
            cmp whole.fits out.fits
            return 0
        fi
        [ ! -e out.fits ] || cmp whole.fits out.fits
        [ -n "$kill" ] || [ -z "$(find . -name '.out.fits*')" ] || fail "temporary file left at $call $n"
    done
    fail "never got through"
}

@test "chain: at each write, sync and rename that fails or kills, the product is whole or not there" {
    "${POINTS[@]}" -o out.fits              # its own command line is in the product
    mv out.fits whole.fits
    for call in fsync rename; do
        at_every $call ''
        at_every $call 1
    done
}

@test "chain: fifty conversions at once are those done one by one" {
    "${POINTS[@]}" -o p.fits
    fe-convert p.fits --to flux -o one.ecsv --no-history -q
    mkdir many
    seq 50 | xargs -P 8 -I{} fe-convert p.fits --to flux -o many/{}.ecsv --no-history -q
    for f in many/*.ecsv; do
        cmp one.ecsv "$f"
    done
    [ "$(find many -type f | wc -l)" -eq 50 ]
}

@test "work: every dataset is opened once, memory and evaluations are bounded, threads change nothing" {
    run --separate-stderr -0 "${POINTS[@]:0:9}" -m "$FE_TOP/data/truth.yaml" -e 0.5:20TeV:6 -v -f csv
    [[ $stderr == *'work: 4 datasets opened, 6 groups, '* ]]
    evaluations=$(sed -n 's/.*bins, \([0-9]*\) evaluations.*/\1/p' <<< "$stderr")
    bytes=$(sed -n 's/.*evaluations, \([0-9]*\) bytes.*/\1/p' <<< "$stderr")
    [ "$evaluations" -lt 300 ]              # 6 groups: minimum, two errors, limit, each a few Newton steps
    [ "$bytes" -lt 1000000 ]
    "${POINTS[@]}" --scan -j 1 --no-history -f ecsv > one
    for n in 2 4; do
        "${POINTS[@]}" --scan -j $n --no-history -f ecsv > "threads$n"
        cmp one "threads$n"
    done
}

@test "work: runs that share a response read it once" {
    need_command strace
    strace -o /dev/null true 2> /dev/null || skip "strace may not trace here"
    strace -f -e trace=openat -o trace "${POINTS[@]}" -f csv > /dev/null
    for file in arf_obs1 rmf_obs1 pha_obs1 pha_obs2 bkg_obs1; do
        [ "$(grep -c "$file.fits" trace)" -eq 1 ] || fail "$file: $(grep "$file.fits" trace)"
    done
}

@test "chain: data/make.sh makes data/runs again byte for byte" {
    FE_BIN=$FE_BIN sh "$FE_TOP/data/make.sh" "$PWD/again" > /dev/null
    diff -r "$RUNS" again
}

# 40 channels with 0.3 expected signal and 0.2 background counts each, alpha 1: the case of interface section 7.
@test "chain: empty OFF channels are flagged, and --group-off and --method excess cure it" {
    model='pl:index=1.2,amplitude=7.7e-15 cm-2 s-1 TeV-1'
    fe-simulate -m "$model" --livetime 50h --alpha 1 --bkg-rate 9.9e-4s-1 --bkg-index 1.01 --e-min 1TeV --e-max 100TeV \
        --bins 20 --seed 2 --realisations 100 -o sim > list
    # mean norm, rows flagged LOWOFF
    mean()
    {
        fe-points @list --group-by run -m "$model" -e 1:100TeV -t likelihood -f csv -q "$@" 2> /dev/null |
            awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
                { sum += $(at["norm"]); flagged += $(at["status"]) ~ /LOWOFF/ } END { printf "%.3f %d\n", sum / (NR - 1), flagged }'
    }
    read -r norm flagged < <(mean)
    echo "fold: $norm, $flagged flagged"
    [ "$flagged" -eq 100 ]
    awk -v a="$norm" 'BEGIN { exit !(a < 0.3) }'
    for cure in '--group-off 3' '--method excess'; do
        # shellcheck disable=SC2086    # two words
        read -r norm flagged < <(mean $cure)
        echo "$cure: $norm, $flagged flagged"
        [ "$flagged" -eq 0 ]
        awk -v a="$norm" 'BEGIN { exit !(a > 0.8 && a < 1.2) }'         # 1 +- 0.04 (standard error)
    done
}
