/* numbers.h -- tables of fe-numbers(7), written where FE_NUMBERS_DIR says (make numbers; compared by tests/cli/numbers.bats). */
#ifndef FE_TESTS_NUMBERS_H
#define FE_TESTS_NUMBERS_H
#include <stdlib.h>

#include "check.h"

enum { MAX_DIFFERENCES = 128 };

typedef struct difference { const char *what, *quantity; size_t n; double largest; } difference;
static difference differences[MAX_DIFFERENCES];
static size_t n_differences;

static inline FILE *open_table(const char *name, const char *titles)
{
    const char *dir = getenv("FE_NUMBERS_DIR");
    char path[4096];
    FILE *out;

    if (!dir)
        return NULL;
    snprintf(path, sizeof path, "%s/%s.tsv", dir, name);
    out = fopen(path, "w");
    CHECK_MSG(out != NULL, path);
    if (out)
        fprintf(out, "%s\n", titles);
    return out;
}

static inline void close_table(FILE *out)
{
    if (out)
        CHECK(fclose(out) == 0);
}

/* Keep the largest |got - want| / scale of each quantity; texts are borrowed. */
static inline void note_difference(const char *what, const char *quantity, double got, double want, double scale)
{
    double x = got == want || (isnan(got) && isnan(want)) ? 0 : fabs((got - want) / scale);
    difference *d = differences;

    while (d < differences + n_differences && (strcmp(d->what, what) || strcmp(d->quantity, quantity)))
        d++;
    if (d == differences + n_differences) {
        CHECK(n_differences < MAX_DIFFERENCES);
        if (n_differences == MAX_DIFFERENCES)
            return;
        n_differences++;
        *d = (difference){ .what = what, .quantity = quantity };
    }
    d->n++;
    d->largest = x > d->largest || isnan(x) ? x : d->largest;
}

/* As tests/numbers.awk prints them: rounded up to a power of ten. */
static inline void write_differences(const char *name)
{
    FILE *out = open_table(name, "compared\tquantity\tvalues\tlargest difference");

    for (size_t i = 0; out && i < n_differences; i++) {
        int k = -12;

        while (differences[i].largest >= pow(10, k) && k < 12)
            k++;
        fprintf(out, "%s\t%s\t%zu\t< 1e%d\n", differences[i].what, differences[i].quantity, differences[i].n, k);
    }
    close_table(out);
}
#endif
