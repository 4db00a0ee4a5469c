# The rooms of lib/ hold, and tests/layers.sh sees when one is broken: each breach is planted in a copy of the tree.

setup()
{
    load ../helper
    copy=$BATS_TEST_TMPDIR/copy
}

copy_tree()
{
    mkdir "$copy"
    cp -R "$FE_TOP/lib" "$FE_TOP/tools" "$copy"
}

# breach FILE LINE WORDS: append a line to a file of the copy; the check must fail with these words.
breach()
{
    copy_tree
    printf '%s\n' "$2" >> "$copy/$1"
    run -1 "$FE_TOP/tests/layers.sh" "$copy"
    assert_line --partial "$3"
    assert_line --partial "$1"
}

@test "layers: the tree keeps its own rules" {
    run -0 "$FE_TOP/tests/layers.sh"
    assert_output ''
}

@test "layers: a copy of the tree passes, and a folder without sources is an error" {
    copy_tree
    run -0 "$FE_TOP/tests/layers.sh" "$copy"
    mkdir "$BATS_TEST_TMPDIR/empty"
    run -2 "$FE_TOP/tests/layers.sh" "$BATS_TEST_TMPDIR/empty"
}

@test "layers: an estimator that includes io" {
    breach lib/est/response.c '#include "io/ogip.h"' 'est and io do not know each other'
}

@test "layers: io that includes an estimator" {
    breach lib/io/lines.c '#include "est/norm.h"' 'io and est do not know each other'
}

@test "layers: a lower room that includes a higher one" {
    breach lib/phys/units.h '#include "types/table.h"' 'phys must not include "types/table.h": types stands above it'
    rm -r "$copy"
    breach lib/types/model.c '#include "est/bins.h"' 'types must not include "est/bins.h": est stands above it'
}

@test "layers: libraries outside their rooms" {
    breach lib/base/str.c '#include <gsl/gsl_math.h>' '<gsl/gsl_math.h> may only be included'
    rm -r "$copy"
    breach lib/est/response.c '#include <fitsio.h>' '<fitsio.h> may only be included'
    rm -r "$copy"
    breach lib/io/lines.c '#include <yaml.h>' '<yaml.h> may only be included'
    rm -r "$copy"
    breach lib/types/table.h '#include <wcslib/wcs.h>' '<wcslib/wcs.h> may only be included'
}

@test "layers: a loop of includes" {
    breach lib/base/err.h '#include "base/opt.h"' 'part of a loop of includes'
}

@test "layers: a header that does not compile alone" {
    breach lib/base/num.h 'FILE *fe_num_open(void);' 'does not compile alone'
}

@test "layers: banned calls, but not in comments or strings" {
    breach lib/types/table.c 'int f(char *s) { return sprintf(s, "x"); }' 'sprintf() is banned'
    rm -r "$copy"
    breach lib/base/str.c 'void f(char *s, char *t) { strcat(s, t); }' 'strcat() is banned'
    rm -r "$copy"
    copy_tree
    cat >> "$copy/lib/base/str.c" <<'END'
/* sprintf(s, "x") is never called,
   nor is strcat(s, t) */
const char f[] = "atoi(\"7\")";     // nor strtok(s, t)
END
    run -0 "$FE_TOP/tests/layers.sh" "$copy"
}

@test "layers: a library that ends the program or prints" {
    breach lib/io/lines.c 'void f(void) { exit(1); }' 'exit() may only be called'
    rm -r "$copy"
    breach lib/est/response.c 'void f(void) { printf("x"); }' 'printf() may only be called'
    rm -r "$copy"
    breach lib/est/response.c 'void f(void) { fputs("x", stdout); }' 'standard output belongs to'
}

@test "layers: files and functions that grew too long; tables of data may be long" {
    copy_tree
    { echo 'static void f(void)'; echo '{'; yes '    f();' | head -n 58; echo '}'; } >> "$copy/lib/base/str.c"
    run -0 "$FE_TOP/tests/layers.sh" "$copy"
    { echo 'static void g(void)'; echo '{'; yes '    g();' | head -n 59; echo '}'; } >> "$copy/lib/base/str.c"
    run -1 "$FE_TOP/tests/layers.sh" "$copy"
    assert_output --partial 'function of 60 lines'
    { echo 'static const int h[] = {'; yes '    1,' | head -n 600; echo '};'; } >> "$copy/lib/base/mem.c"
    yes 'int x;' | head -n 500 >> "$copy/lib/base/err.c"
    run -1 "$FE_TOP/tests/layers.sh" "$copy"
    assert_line --regexp '^lib/base/err.c: [0-9]+ lines, at most 499'
    refute_output --partial 'mem.c'
}

@test "layers: words that say that something is unfinished" {
    breach lib/base/str.c "/* FIX""ME */" 'unfinished'
}
