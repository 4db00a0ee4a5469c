/* Provenance: inputs in the order in which they were read, sums, and no clock of its own. */
#include <stdlib.h>

#include "base/note.h"
#include "base/opt.h"
#include "base/str.h"
#include "check.h"
#include "io/history.h"

/* Value of the n-th row with that key, or "". */
static const char *value(const fe_table *t, const char *key, int n)
{
    const fe_column *keys = fe_table_find(t, "key"), *values = fe_table_find(t, "value");

    for (size_t i = 0; i < t->n_rows; i++)
        if (!strcmp(fe_column_string(keys, i, 0), key) && n-- == 0)
            return fe_column_string(values, i, 0);
    return "";
}

static int count(const fe_table *t, const char *key)
{
    int n = 0;

    while (*value(t, key, n))
        n++;
    return n;
}

/* A long run looks at each file before it reads it: one input, however many there are, also after a table was made. */
static void test_many(void)
{
    fe_table *t;
    char name[32];

    for (int pass = 0; pass < 3; pass++) {
        for (int i = 0; i < 1000; i++) {
            snprintf(name, sizeof name, "run%04d.fits", 999 - i);
            fe_history_input(name, 9, "123456789");
        }
        CHECK(fe_history_n_inputs() == 1000);
        t = fe_history_table();
        CHECK(count(t, "input") == 1000);
        SAME_STR(value(t, "input", 0), "run0999.fits size=9 crc32=cbf43926");
        SAME_STR(value(t, "input", 999), "run0000.fits size=9 crc32=cbf43926");
        fe_table_free(t);
    }
    fe_history_input("run0000.fits", 9, "other 9 b");       /* changed meanwhile */
    CHECK(fe_history_n_inputs() == 1001);
    fe_history_forget();
    CHECK(fe_history_n_inputs() == 0);
}

/* Handed over in parts and taken back it is the same table; so are the parts beside each other; a later run knows what was. */
static void test_handed(void)
{
    fe_str bytes = { 0 };
    fe_table *want, *back, *part = NULL;
    fe_err err;
    char name[32];

    for (int n = 3; n < 200; n += 97) {             /* with SHA-256, and without */
        for (int i = 0; i < n; i++) {
            snprintf(name, sizeof name, "run%d.fits", i);
            fe_history_input(name, 9, "123456789");
        }
        want = fe_history_table();
        fe_history_hand_over(&bytes);
        fe_history_input("run1.fits", 9, "123456789");
        CHECK(fe_history_n_inputs() == (size_t)n);
        back = fe_history_table();
        CHECK(count(back, "input") == 0);
        fe_table_free(back);
        CHECK(fe_history_handed(bytes.s, bytes.len, &part, &err) == 0 && part->n_rows == (size_t)n);
        CHECK(fe_history_take_back(bytes.s, bytes.len, &err) == 0);
        back = fe_history_table();
        for (int i = 0; i < n; i++) {
            SAME_STR(value(back, "input", i), value(want, "input", i));
            SAME_STR(value(part, "input", i), value(want, "input", i));
        }
        fe_history_forget();
        CHECK(fe_history_know(bytes.s, bytes.len, &err) == 0 && fe_history_n_inputs() == (size_t)n);
        fe_history_input("run1.fits", 9, "123456789");
        CHECK(fe_history_n_inputs() == (size_t)n);
        fe_history_forget();
        fe_history_input("run2.fits", 9, "123456789");      /* before the journal was opened */
        CHECK(fe_history_know(bytes.s, bytes.len, &err) == 0 && fe_history_n_inputs() == (size_t)n);
        back = (fe_table_free(back), fe_history_table());
        CHECK(count(back, "input") == 0);
        CHECK(fe_history_know(bytes.s, bytes.len - 1, &err) < 0 && fe_history_know("12 ab", 5, &err) < 0);
        fe_history_forget();
        fe_table_free(want);
        fe_table_free(back);
        fe_table_free(part);
        fe_str_free(&bytes);
    }
}

int main(void)
{
    fe_table *t;
    char name[32];

    unsetenv("SOURCE_DATE_EPOCH");
    test_many();
    test_handed();
    fe_note_setup("t_history", -1);
    fe_note(FE_NOTE_SAID, NULL, "power law of index 2 assumed");
    fe_history_input("b.fits", 3, "abc");
    fe_history_input("a.fits", 0, "");
    fe_history_input("b.fits", 3, "abc");
    fe_args.no_history = true;
    fe_history_input("c.fits", 3, "abc");
    fe_args.no_history = false;
    t = fe_history_table();
    SAME_STR(t->name, "PROV");
    CHECK(count(t, "input") == 2);
    /* FIPS 180-4 examples */
    SAME_STR(value(t, "input", 0),
             "b.fits size=3 sha256=ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    SAME_STR(value(t, "input", 1),
             "a.fits size=0 sha256=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    SAME_STR(value(t, "note", 0), "power law of index 2 assumed");
    CHECK(count(t, "date") == 0 && count(t, "tool") == 1 && count(t, "version") == 1);
    fe_table_free(t);

    setenv("SOURCE_DATE_EPOCH", "1700000000", 1);
    for (int i = 0; i < 70; i++) {
        snprintf(name, sizeof name, "run%02d.fits", 69 - i);
        fe_history_input(name, 9, "123456789");
    }
    t = fe_history_table();
    SAME_STR(value(t, "date", 0), "2023-11-14T22:13:20Z");
    CHECK(count(t, "input") == 72);
    SAME_STR(value(t, "input", 2), "run69.fits size=9 crc32=cbf43926");     /* the check value of CRC-32 */
    SAME_STR(value(t, "input", 71), "run00.fits size=9 crc32=cbf43926");
    fe_table_free(t);
    return check_done();
}
