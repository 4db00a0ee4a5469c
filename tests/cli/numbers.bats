# The tables of fe-numbers(7) are those that the simulations give today.

setup()
{
    load ../helper
}

@test "numbers: coverage, empty OFF channels and pulls come out as the page prints them" {
    mkdir "$BATS_TEST_TMPDIR/numbers"
    FE_NUMBERS_DIR=$BATS_TEST_TMPDIR/numbers "$FE_TOP/$FE_BUILD/unit/t_coverage" > "$BATS_TEST_TMPDIR/log"
    for name in coverage empty-off pulls; do
        [ "$(wc -l < "$BATS_TEST_TMPDIR/numbers/$name.tsv")" -ge 2 ]
        diff "$FE_TOP/man/numbers/$name.tsv" "$BATS_TEST_TMPDIR/numbers/$name.tsv"
    done
}
