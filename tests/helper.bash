# helper.bash -- what every bats file loads: the tools on PATH, where things are, and the words tests are written in.
#
# FE_TOP     top of the source tree           FE_BUILD  build folder (default: the newest build)
# FE_BIN     the tools, on PATH               FE_SHARED real data and references; tests that need them call need_shared
bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert
bats_load_library bats-file

FE_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
FE_BIN=${FE_BUILD:+$FE_TOP/$FE_BUILD/bin}
FE_BIN=$(cd "${FE_BIN:-$FE_TOP/build/bin}" && pwd -P)
FE_BUILD=${FE_BIN%/bin}
FE_SHARED=${FE_SHARED:-$FE_TOP/../shared}
FE_SHARED=$(cd "$FE_TOP" && cd "$FE_SHARED" 2>/dev/null && pwd) || FE_SHARED=/nonexistent
FE_BUILD=${FE_BUILD#"$(cd "$FE_TOP" && pwd -P)/"}
PATH=$FE_BIN:$FE_BIN/../testbin:$PATH
export FE_TOP FE_BIN FE_BUILD FE_SHARED PATH
unset LC_ALL LANG POSIXLY_CORRECT

# need_shared data/joint-crab: skip where the real data are absent.
need_shared()
{
    [ -e "$FE_SHARED/$1" ] || skip "no shared data (FE_SHARED/$1)"
}

# need_command stilts: skip where a program is absent.
need_command()
{
    command -v "$1" >/dev/null || skip "no $1"
}

# has_terminal: can `script` make a pseudo-terminal?  need_terminal: skip where it cannot.
has_terminal() { command -v script >/dev/null && script -qec true /dev/null < /dev/null > /dev/null 2>&1; }
need_terminal() { has_terminal || skip "no pseudo-terminal"; }

# need_gammapy: skip unless FE_GAMMAPY_PYTHON names a Python that has gammapy.
need_gammapy()
{
    [ -n "${FE_GAMMAPY_PYTHON:-}" ] || skip "FE_GAMMAPY_PYTHON names no Python with gammapy"
}

# tables_close GOT WANT [RTOL [ATOL]]: two csv tables, column by column (compare.awk); columns of WANT that matter.
tables_close()
{
    awk -v rtol="${3:-1e-6}" -v atol="${4:-0}" -f "$FE_TOP/tests/compare.awk" "$2" "$1"
}

# page_table NAME: the last test of a file that keeps its largest differences (compare.awk, `largest`) in
# $BATS_FILE_TMPDIR/differences: they are those of man/numbers/NAME.tsv, and go to FE_NUMBERS_DIR (make numbers).
page_table()
{
    local fresh=$BATS_FILE_TMPDIR/$1.tsv
    [ -e "$BATS_FILE_TMPDIR/differences" ] || skip "nothing was compared"
    awk -v make=1 -f "$FE_TOP/tests/numbers.awk" "$BATS_FILE_TMPDIR/differences" > "$fresh"
    if [ -n "${FE_NUMBERS_DIR:-}" ]; then
        cp "$fresh" "$FE_NUMBERS_DIR"
    else
        awk -f "$FE_TOP/tests/numbers.awk" "$FE_TOP/man/numbers/$1.tsv" "$fresh"
    fi
}

# one_line: standard error of the last `run --separate-stderr` is one line, and standard output is empty.
# shellcheck disable=SC2154
one_line()
{
    [ -z "$output" ] || fail "standard output is not empty: $output"
    [ "${#stderr_lines[@]}" -eq 1 ] || fail "expected one line on standard error, found: $stderr"
}
