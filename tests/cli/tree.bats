# What stands around the code: scripts are clean, texts agree with each other and with what is there.

setup()
{
    load ../helper
    cd "$FE_TOP" || return 1
}

@test "tree: shell scripts pass shellcheck" {
    need_command shellcheck
    run -0 shellcheck -x .ci/run data/*.sh tools/*.sh tests/run tests/layers.sh tests/bench/run tests/bench/maps tests/bench/curves tests/helper.bash
    assert_output ''
}

@test "tree: one version in VERSION, CITATION.cff and NEWS" {
    version=$(< VERSION)
    grep -qx "version: $version" CITATION.cff
    grep -q "^fe-tools ${version%.0} " NEWS
}

@test "tree: NEWS has a place for numbers that changed" {
    grep -qx 'Numbers that changed' NEWS
}

@test "tree: the targets that README names are there" {
    grep -o '\bmake [a-z]\+' README | sort -u | grep -v 'make git' > "$BATS_TEST_TMPDIR/targets"
    [ "$(wc -l < "$BATS_TEST_TMPDIR/targets")" -ge 4 ]
    while read -r _ target; do
        run -0 make -n "$target"
    done < "$BATS_TEST_TMPDIR/targets"
}

@test "tree: the files that README and lib/README name are there" {
    for name in data/README data/published lib/README NEWS CITATION.cff LICENSE tests/layers.sh; do
        assert_exists "$name"
    done
    grep -o '\(base\|phys\|types\|est\|io\)/[a-z_]*\.[ch]' lib/README | sort -u > "$BATS_TEST_TMPDIR/sources"
    [ "$(wc -l < "$BATS_TEST_TMPDIR/sources")" -ge 10 ]
    while read -r name; do
        assert_file_exists "lib/$name"
    done < "$BATS_TEST_TMPDIR/sources"
}

@test "tree: make help names every target that a user types" {
    run -0 make help
    for target in demo check bench install uninstall deps dist clean numbers; do
        assert_output --partial "$target"
    done
}
