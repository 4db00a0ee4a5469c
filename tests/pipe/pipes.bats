# Pipes and outputs when things go wrong: closed readers, full disks, broken streams, calls that fail, many at once.
# shellcheck disable=SC2154    # output and stderr are set by run
setup_file()
{
    load ../helper
    cd "$BATS_FILE_TMPDIR" || return
    fe-points "$FE_TOP"/data/runs/pha_obs{1,2,3,4}.fits -e 0.5:20TeV:6 -m "$FE_TOP/data/truth.yaml" --scan -q -o points.fits
    fe-convert points.fits -f csv -q -o points.csv
    awk 'BEGIN { print "e_min,e_max,e_ref,dnde"; for (i = 1; i <= 20000; i++) printf "%.6f,%.6f,%.6f,1e-12\n", i, i + 1, i + 0.5 }' > long.csv
}

setup()
{
    load ../helper
    cd "$BATS_TEST_TMPDIR" || return
    RUNS=$FE_TOP/data/runs
    POINTS=$BATS_FILE_TMPDIR/points.fits
    LONG=$BATS_FILE_TMPDIR/long.csv
    ONE=(fe-points "$RUNS/pha_obs1.fits" -e 1:10TeV -m "$FE_TOP/data/truth.yaml" -q)
    cp "$FE_BIN/../testbin/failwrite.so" .              # the loader takes no blanks
}

# says CODE WORDS COMMAND...: this exit code, nothing on standard output, one line like WORDS.
says()
{
    local code=$1 words=$2
    shift 2
    run --separate-stderr "$@"
    [ "$status" -eq "$code" ] || fail "status $status instead of $code: $* ($stderr)"
    one_line
    # shellcheck disable=SC2053    # a pattern
    [[ $stderr == $words ]] || fail "'$stderr' is not like '$words': $*"
}

@test "pipes: simulate, estimate, convert, print" {
    bash -o pipefail -c "fe-simulate -m '$FE_TOP/data/truth.yaml' --livetime 2h --seed 5 -o sim | fe-points @- -e 1:10TeV:3 -q |
        fe-convert -t e2dnde -q | fe-convert -f text -q" > out.txt
    [ "$(grep -c '^ *[0-9]' out.txt)" -eq 3 ]
    grep -q e2dnde out.txt
}

@test "pipes: each tool reads FITS from standard input, and what it writes to standard output is FITS" {
    fe-points - --bkg "$RUNS/bkg_obs1.fits" --arf "$RUNS/arf_obs1.fits" --rmf "$RUNS/rmf_obs1.fits" -m "$FE_TOP/data/truth.yaml" \
        -e 1:10TeV -f csv -q --no-history < "$RUNS/pha_obs1.fits" > got.csv
    "${ONE[@]}" -f csv --no-history > want.csv
    cmp want.csv got.csv
    "${ONE[@]}" -f fits | fe-convert -t flux -f fits -q | fe-convert -t dnde -f fits -q > out.fits
    fitsverify -q out.fits | grep -q 'verification OK'
    fe-info < out.fits | grep -q 'sed type *dnde'
    gzip -c out.fits | fe-info | grep -q 'sed type *dnde'
}

@test "pipes: a reader that leaves kills the writer by SIGPIPE, in every format, without a word" {
    for format in fits ecsv csv tsv json text latex; do
        run --separate-stderr timeout 20 bash -c "fe-convert '$LONG' -f $format -q | head -c 100 > /dev/null; exit \${PIPESTATUS[0]}"
        [ "$status" -eq 141 ] || fail "$format: status $status"
        [ -z "$stderr" ] || fail "$format: $stderr"
    done
    # what fits into a pipe may be written before the reader is gone
    for command in "${ONE[*]@Q} -f ecsv" "fe-info '$POINTS'" 'fe-convert --help' "fe-simulate -o sim -q"; do
        run --separate-stderr timeout 20 bash -c "$command | true; exit \${PIPESTATUS[0]}"
        [ "$status" -eq 0 ] || [ "$status" -eq 141 ] || fail "$command: status $status"
        [ -z "$stderr" ] || fail "$command: $stderr"
    done
}

@test "pipes: a full disk is exit 1 and one line, in every tool and format" {
    for format in fits ecsv csv tsv json text latex; do
        says 1 'fe-convert: cannot write *No space left on device' bash -c "fe-convert '$LONG' -f $format -q > /dev/full"
        says 1 'fe-points: cannot write *No space left on device' bash -c "${ONE[*]@Q} -f $format > /dev/full"
    done
    says 1 'fe-info: cannot write *No space left on device' bash -c "fe-info '$POINTS' > /dev/full"
    says 1 'fe-simulate: cannot write *No space left on device' bash -c 'fe-simulate -o sim -q > /dev/full'
    says 1 'fe-points: cannot write *No space left on device' bash -c 'fe-points --help > /dev/full'
}

@test "pipes: a disk that fills under -o leaves nothing behind" {
    mkdir small
    mount -t tmpfs -o size=64k tmpfs small 2> /dev/null || skip "no tmpfs can be mounted"
    for format in fits ecsv csv json; do
        run --separate-stderr fe-convert "$LONG" -f $format -q -o small/out
        listing=$(ls -A small)
        if [ "$status" -ne 1 ] || [ "${#stderr_lines[@]}" -ne 1 ] || [ -n "$listing" ]; then
            umount small
            fail "$format: status $status, $stderr, left: $listing"
        fi
    done
    umount small
}

@test "pipes: empty and broken streams" {
    for tool in 'fe-convert -q' fe-info 'fe-points -q'; do
        says 3 "${tool% *}: <stdin>: no data (0 bytes)" bash -c "$tool - < /dev/null"
        says 3 "${tool% *}: <stdin>*cut inside a header*" bash -c "head -c 4000 '$POINTS' | $tool -"
        says 3 "${tool% *}: <stdin>*the file is cut*" bash -c "head -c -1 '$POINTS' | $tool -"
        says 3 "${tool% *}: <stdin>*" bash -c "cat '$POINTS' '$POINTS' | $tool -"
        says 3 "${tool% *}: <stdin>*" bash -c "{ echo junk; cat '$POINTS'; } | $tool -"
        says 3 "${tool% *}: <stdin>*" bash -c "gzip -c '$POINTS' | head -c 1000 | $tool -"
    done
    says 3 'fe-points: <stdin>*names no file*' bash -c 'printf "\n" | fe-points @- -q'
    says 3 'fe-points: cannot open none.fits: *' bash -c 'echo none.fits | fe-points @- -q'
    says 3 'fe-convert: <stdin> row 3: expected 4 values, found 2' bash -c "head -n 4 '$LONG' | sed '4s/,[^,]*,[^,]*\$//' | fe-convert -q"
    says 3 'fe-points: <stdin>?SPECTRUM?: keyword * asks for *' bash -c "fe-points - -q < '$RUNS/pha_obs1.fits'"
}

# at_every CALL KILL NEW COMMAND...: at the first, second ... CALL that fails (or kills), out is absent or like `whole`, or
# like `old` where it was there before (NEW empty); nothing else is left, but for a kill.
at_every()
{
    local call=$1 kill=$2 new=$3 n code
    shift 3
    for ((n = 1; n < 100; n++)); do
        rm -rf out .out*
        [ -n "$new" ] || cp old out
        code=0
        env ${kill:+FE_FAIL_KILL=1} FE_FAIL_CALL="$call" FE_FAIL_AT=$n FE_FAIL_ERRNO=28 LD_PRELOAD=./failwrite.so \
            ASAN_OPTIONS=verify_asan_link_order=0 "$@" -o out 2> err || code=$?
        if [ "$code" -eq 0 ]; then
            [ "$n" -gt 1 ] || fail "no $call happened: $*"
            cmp whole out
            return 0
        fi
        if [ -n "$kill" ]; then
            [ "$code" -eq 137 ] || fail "$call $n: status $code, not killed: $(cat err)"
        else
            [ "$code" -eq 1 ] || fail "$call $n: status $code: $(cat err)"
            [ "$(wc -l < err)" -eq 1 ] || fail "$call $n: $(cat err)"
            [ -z "$(find . -name '.out*')" ] || fail "$call $n: a temporary file is left"
        fi
        if [ -e out ]; then
            cmp -s whole out || { [ -z "$new" ] && cmp -s old out; } || fail "$call $n: out is neither whole nor old"
        else
            [ -n "$new" ] || fail "$call $n: the old file is gone"
        fi
    done
    fail "never got through: $call, $*"
}

@test "pipes: at each write, sync and rename that fails or kills, the product is whole or as it was" {
    echo old > old
    for format in fits ecsv; do
        convert=(fe-convert "$POINTS" -f "$format" --no-history -q)
        "${convert[@]}" > whole
        for call in write fsync rename; do
            for kill in '' 1; do
                at_every $call "$kill" new "${convert[@]}"
                at_every $call "$kill" '' "${convert[@]}" --force
            done
        done
    done
    "${ONE[@]}" -f fits --no-history > whole
    for call in write fsync rename; do
        at_every $call '' new "${ONE[@]}" -f fits --no-history
        at_every $call 1 new "${ONE[@]}" -f fits --no-history
    done
}

@test "pipes: a long product, written in many pieces" {
    convert=(fe-convert "$LONG" -f csv --no-history -q)
    "${convert[@]}" > whole
    at_every write '' new "${convert[@]}"
    at_every write 1 new "${convert[@]}"
}

@test "pipes: a simulation that fails leaves whole files only" {
    fe-simulate --seed 3 --livetime 1h --no-history -q -o whole > /dev/null
    for call in write fsync rename; do
        for ((n = 1; n < 50; n++)); do
            rm -rf sim
            code=0
            FE_FAIL_CALL=$call FE_FAIL_AT=$n LD_PRELOAD=./failwrite.so ASAN_OPTIONS=verify_asan_link_order=0 \
                fe-simulate --seed 3 --livetime 1h --no-history -q -o sim > list 2> err || code=$?
            [ "$code" -ne 0 ] || break
            [ "$code" -eq 1 ] || fail "$call $n: status $code"
            [ "$(wc -l < err)" -eq 1 ] || fail "$call $n: $(cat err)"
            # temporary files would have no counterpart
            [ ! -d sim ] || ! diff -r whole sim | grep -v '^Only in whole' || fail "$call $n: $(ls -A sim)"
        done
        [ "$n" -gt 4 ] || fail "$call: only $((n - 1)) of four files"
        diff -r whole sim
    done
}

@test "pipes: of fifty at once that write one file, one makes it; with --force it is whole, and nothing is left" {
    export POINTS
    mkdir many
    # shellcheck disable=SC2016    # expanded by sh
    seq 50 | xargs -P 8 -I{} sh -c 'fe-convert "$POINTS" -t flux -f ecsv --no-history -q -o many/out 2>> many.err; echo $?' > codes
    [ "$(grep -c '^0$' codes)" -eq 1 ]
    [ "$(grep -c '^2$' codes)" -eq 49 ]
    [ "$(grep -vc 'exists already' many.err)" -eq 0 ]
    fe-convert "$POINTS" -t flux -f ecsv --no-history -q | cmp - many/out
    # shellcheck disable=SC2016    # expanded by sh
    seq 50 | xargs -P 8 -I{} sh -c 'fe-convert "$POINTS" -t flux -f ecsv --no-history -q -o many/out --force; echo $?' > codes
    [ "$(sort -u codes)" = 0 ]
    fe-convert "$POINTS" -t flux -f ecsv --no-history -q | cmp - many/out
    [ "$(ls -A many)" = out ]
}

@test "pipes: fifty conversions at once into one folder are those done one by one" {
    mkdir many
    seq 50 | xargs -P 8 -I{} fe-convert "$POINTS" -t eflux -f fits --no-history -q -o many/{}.fits
    fe-convert "$POINTS" -t eflux -f fits --no-history -q -o one.fits
    for file in many/*; do
        cmp one.fits "$file"
    done
    [ "$(find many -type f | wc -l)" -eq 50 ]
}
