/* map_reference.h -- for tests against ../shared/reference/maps: datasets, and rows of exact values by jq. */
#ifndef FE_TESTS_MAP_REFERENCE_H
#define FE_TESTS_MAP_REFERENCE_H
#include <stdbool.h>

#include "io/dataset_io.h"
#include "numbers.h"

static const char *shared;

static inline fe_dataset *read_set(const char *name)
{
    char path[4096];
    fe_bytes bytes = { 0 };
    fe_dataset *d = NULL;
    fe_err err = { 0 };

    snprintf(path, sizeof path, "%s/data/%s", shared, name);
    CHECK_MSG(fe_bytes_read(path, &bytes, &err) == 0 && fe_dataset_read(&bytes, &d, &err) == 0, err.text);
    fe_bytes_free(&bytes);
    return d;
}

/* Pixels of a file of ../shared/reference/maps: band, x, y, and the named numbers of .exact, a line each. */
static inline FILE *open_rows(const char *json, const char *rows, const char *keys)
{
    char command[8192];

    snprintf(command, sizeof command, "jq -r '%s[] | [.band, .x, .y] + (.exact | [%s]) | map(tostring) | join(\" \")' "
             "'%s/reference/maps/%s'", rows, keys, shared, json);
    return popen(command, "r");
}

/* n numbers of a line, null: NaN; false: no more. */
static inline bool next_row(FILE *in, size_t n, double *v)
{
    char word[64];

    for (size_t k = 0; k < n; k++) {
        if (fscanf(in, "%63s", word) != 1)
            return false;
        v[k] = strcmp(word, "null") ? atof(word) : NAN;
    }
    return true;
}
#endif
