# The tables of fe-numbers(7) are those that the tests give today; those of reference.bats and convert.bats are compared there.

setup()
{
    load ../helper
    # programs that write tables: `make numbers` runs the same
    mapfile -t programs < <(cd "$FE_TOP/tests/unit" && grep -lE 'open_table|write_differences' t_*.c)
    fresh=$BATS_TEST_TMPDIR/numbers
    mkdir "$fresh"
    [ -e "$FE_SHARED" ] || unset FE_SHARED          # the programs leave out what needs it
}

# tables_of PROGRAM: what it writes stands in the page.
tables_of()
{
    local table
    FE_NUMBERS_DIR=$fresh "$FE_TOP/$FE_BUILD/unit/$1" > "$fresh/log" || fail "$(cat "$fresh/log")"
    for table in "$fresh"/*.tsv; do
        [ -e "$table" ] || skip "$(grep 'no shared data' "$fresh/log")"
        [ "$(wc -l < "$table")" -ge 2 ]
        awk -f "$FE_TOP/tests/numbers.awk" "$FE_TOP/man/numbers/${table##*/}" "$table"
    done
}

@test "numbers: coverage of intervals and limits" { tables_of t_intervals; }

@test "numbers: empty OFF channels and pulls" { tables_of t_coverage; }

@test "numbers: pulls of fits" { tables_of t_fit; }

@test "numbers: fits of real spectra" { tables_of t_fit_reference; }

@test "numbers: TS maps of real data" { tables_of t_tsmap_reference; }

@test "numbers: excess maps of real data" { tables_of t_excess_reference; }

@test "numbers: combined scans" { tables_of t_combine; }

@test "numbers: restated limits" { tables_of t_recompute; }

@test "numbers: every program that writes a table is compared here, every table is printed" {
    for program in "${programs[@]}"; do
        grep -q "tables_of ${program%.c};" "$BATS_TEST_FILENAME" || fail "$program"
    done
    for table in "$FE_TOP"/man/numbers/*.tsv; do
        name=${table##*/}
        grep -qx "@TABLE ${name%.tsv}@" "$FE_TOP/man/fe-numbers.7.in" || fail "$name"
    done
}

@test "numbers: the comparison sees a digit, a bound and a row that changed" {
    differ() { run ! awk -f "$FE_TOP/tests/numbers.awk" "$fresh/page" "$fresh/today"; }
    printf 'a\tb\n95.1\t< 1e-7\n' > "$fresh/page"
    printf 'a\tb\n95.2\t< 1e-6\n' > "$fresh/today"      # the last digit, the next power of ten: another machine
    awk -f "$FE_TOP/tests/numbers.awk" "$fresh/page" "$fresh/today"
    printf 'a\tb\n95.3\t< 1e-7\n' > "$fresh/today"
    differ
    printf 'a\tb\n95.1\t< 1e-5\n' > "$fresh/today"
    differ
    printf 'a\tc\n95.1\t< 1e-7\n' > "$fresh/today"
    differ
    printf 'a\tb\n95.1\t< 1e-7\n1\t2\n' > "$fresh/today"
    differ
    printf 'a\tb\n' > "$fresh/today"
    differ
}
