# Option table, --help, pages and completions say the same; the pages are clean, and their examples run.

setup()
{
    load ../helper
    man=$FE_BIN/../man
    cd "$BATS_TEST_TMPDIR" || return 1
    tools=()
    for tool in "$FE_BIN"/fe-*; do
        tools+=("${tool##*/}")
    done
}

options_of()
{
    "$1" --dump-options | cut -f 2
}

# Options that --help describes, in its order.
options_in_help()
{
    "$1" --help | sed -n 's/^  \(-[A-Za-z], \|    \)--\([a-z0-9-]*\).*/\2/p'
}

# Options that a page describes, in its order.
options_in_page()
{
    sed -n 's/^\.It.* \(Fl . , \|\)Fl \\-\([a-z0-9-]*\).*/\2/p; s/^\.It Fl \\-\([a-z0-9-]*\).*/\1/p' "$man/$1.1" | uniq
}

@test "pages: every tool has one, and it stands in fe-tools(7)" {
    [ "${#tools[@]}" -ge 4 ]
    for tool in "${tools[@]}"; do
        assert_file_exists "$man/$tool.1"
        grep -q "^\.It Xr $tool 1$" "$man/fe-tools.7"
    done
}

@test "pages: no warning of mandoc" {
    for page in "$man"/fe-*.[1-9]; do
        run -0 mandoc -T lint -W warning "$page"
        assert_output ''
    done
}

@test "pages: table, --help and page have the same options" {
    for tool in "${tools[@]}"; do
        options_of "$tool" > table
        options_in_help "$tool" > help
        options_in_page "$tool" > page
        [ "$(wc -l < table)" -ge 5 ]
        diff table help
        diff table page
    done
}

@test "pages: every short option and default stands in --help and page" {
    for tool in "${tools[@]}"; do
        "$tool" --help > help
        while IFS=$'\t' read -r name letter; do
            [ -z "$letter" ] || grep -q -- "^  -$letter, --$name" help
            [ -z "$letter" ] || grep -q "^\.It Fl $letter , Fl .-$name" "$man/$tool.1"
        done < <("$tool" --dump-options | awk -F '\t' '{ printf "%s\t%s\n", $2, $1 }')
    done
}

@test "pages: no page speaks of an option that does not exist" {
    for tool in "${tools[@]}"; do
        options_of "$tool"
    done | sort -u > known
    for page in "$man"/fe-*.[1-9]; do
        grep -o 'Fl \\-[a-z][a-z0-9-]*' "$page" | sed 's/^Fl ..//' | sort -u | comm -23 - known > unknown
        [ ! -s unknown ] || fail "${page##*/}: --$(head -n 1 unknown)"
    done
}

@test "pages: the tests that fe-numbers(7) names are there" {
    grep -o '\bt_[a-z][a-z_]*' "$man/fe-numbers.7" | sort -u > names
    [ -s names ]
    while read -r name; do
        assert_file_exists "$FE_TOP/tests/unit/$name.c"
    done < names
    grep -o '\b[a-z]*\.bats' "$man/fe-numbers.7" | sort -u > names
    [ -s names ]
    while read -r name; do
        assert_file_exists "$FE_TOP/tests/cli/$name"
    done < names
}

@test "help: goes to standard output, --version names version and licence" {
    for tool in "${tools[@]}"; do
        run -0 --separate-stderr "$tool" --help
        [ -z "$stderr" ]
        assert_line --index 0 --partial "Usage: $tool "
        run -0 --separate-stderr "$tool" --version
        [ -z "$stderr" ]
        assert_line --index 0 "$tool (fe-tools) $(cat "$FE_TOP/VERSION")"
        assert_line --partial 'cfitsio'
        assert_line --partial 'GPL version 3 or later'
    done
}

@test "completions: bash completes options and the words of a choice" {
    for tool in "${tools[@]}"; do
        options_of "$tool" | sed 's/^/--/' | sort > table
        bash -c '
            source "$1" || exit 1
            COMP_WORDS=("$2" "--") COMP_CWORD=1
            "_${2//-/_}"
            printf "%s\n" "${COMPREPLY[@]}"' - "$FE_BIN/../bash/$tool" "$tool" | sort > completed
        diff table completed
    done
    # shellcheck disable=SC2016    # expanded by the inner bash
    run -0 bash -c '
        source "$1" || exit 1
        COMP_WORDS=(fe-convert --to e) COMP_CWORD=2
        _fe_convert
        echo "${COMPREPLY[@]}"' - "$FE_BIN/../bash/fe-convert"
    assert_output 'e2dnde eflux'
}

@test "completions: zsh lists every option" {
    for tool in "${tools[@]}"; do
        options_of "$tool" | sort > table
        sed -n "s/^ *'\**--\([a-z0-9-]*\).*/\1/p" "$FE_BIN/../zsh/_$tool" | sort > listed
        diff table listed
    done
}

# run_examples PAGE: each literal block under EXAMPLES, in a copy of data/.
run_examples()
{
    cp -R "$FE_TOP/data" data
    awk -v out="$BATS_TEST_TMPDIR/block" '
        /^\.Sh/                          { examples = $2 == "EXAMPLES" }
        examples && /^\.Bd -literal/     { file = out (++n) ".sh"; next }
        /^\.Ed/                          { file = ""; next }
        file != ""                       { gsub(/\\e/, "\\"); gsub(/\\-/, "-"); sub(/^\\&/, ""); print > file }' "$man/$1"
    [ -s block1.sh ]
    cd data || return 1
    for block in ../block*.sh; do
        run bash -euo pipefail "$block" < /dev/null
        [ "$status" -eq 0 ] || fail "status $status of: $(cat "$block")
$output"
    done
}

@test "examples: fe-points(1)" { run_examples fe-points.1; }

@test "examples: fe-fit(1)" { run_examples fe-fit.1; }

@test "examples: fe-convert(1)" { run_examples fe-convert.1; }

@test "examples: fe-select(1)" { run_examples fe-select.1; }

@test "examples: fe-combine(1)" { run_examples fe-combine.1; }

@test "examples: fe-sensitivity(1)" { run_examples fe-sensitivity.1; }

@test "examples: fe-stack(1)" { run_examples fe-stack.1; }

@test "examples: fe-tsmap(1)" { run_examples fe-tsmap.1; }

@test "examples: fe-excessmap(1)" { run_examples fe-excessmap.1; }

@test "examples: fe-peaks(1)" { run_examples fe-peaks.1; }

@test "examples: fe-extract(1)" { run_examples fe-extract.1; }

@test "examples: fe-profile(1)" { run_examples fe-profile.1; }

@test "examples: fe-plot(1)" {
    need_command gnuplot
    run_examples fe-plot.1
}

@test "examples: fe-info(1)" { run_examples fe-info.1; }

@test "examples: fe-simulate(1)" { run_examples fe-simulate.1; }

@test "examples: fe-tools(7)" { run_examples fe-tools.7; }

@test "examples: fe-formats(5)" { run_examples fe-formats.5; }

@test "examples: fe-numbers(7)" { run_examples fe-numbers.7; }

@test "examples: of --help start with a tool that exists" {
    for tool in "${tools[@]}"; do
        "$tool" --help | sed -n '/^Examples:/,/^Exit status:/p' | grep -o '\bfe-[a-z]*' | sort -u > named
        [ -s named ]
        while read -r name; do
            [ -x "$FE_BIN/$name" ]
        done < named
    done
}
