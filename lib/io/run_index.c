#include "io/run_index.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"

typedef struct entry { double number; char *text; size_t row; } entry;      /* text NULL: a number */

struct fe_run_index {
    entry *entry;                   /* [n] numbers first                                                */
    size_t *row;                    /* [n] rows in that order                                           */
    size_t n;
};

static entry entry_of(const char *text, size_t row)
{
    entry e = { NAN, NULL, row };

    if (fe_num_parse(text, &e.number) < 0 || !isfinite(e.number))
        e = (entry){ NAN, fe_strdup(text), row };
    return e;
}

static int by_key(const entry *x, const entry *y)
{
    if (!x->text || !y->text)
        return x->text || y->text ? (x->text ? 1 : -1) : x->number != y->number ? (x->number < y->number ? -1 : 1) : 0;
    return strcmp(x->text, y->text);
}

static int by_key_and_row(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    int order = by_key(x, y);

    return order ? order : x->row < y->row ? -1 : 1;
}

fe_run_index *fe_run_index_new(const fe_column *key, size_t n)
{
    fe_run_index *index = FE_NEW(fe_run_index);

    *index = (fe_run_index){ FE_NEWN(entry, n), FE_NEWN(size_t, n), n };
    for (size_t i = 0; i < n; i++) {
        const char *text = fe_column_string(key, i, 0);

        if (text) {
            char *copy = fe_strdup(text);

            index->entry[i] = entry_of(fe_str_trim(copy), i);
            free(copy);
        } else {
            index->entry[i] = (entry){ fe_column_number(key, i, 0), NULL, i };
        }
    }
    qsort(index->entry, n, sizeof *index->entry, by_key_and_row);
    for (size_t i = 0; i < n; i++)
        index->row[i] = index->entry[i].row;
    return index;
}

void fe_run_index_free(fe_run_index *index)
{
    if (!index)
        return;
    for (size_t i = 0; i < index->n; i++)
        free(index->entry[i].text);
    free(index->entry);
    free(index->row);
    free(index);
}

const size_t *fe_run_index_find(const fe_run_index *index, const char *name, size_t *n)
{
    entry wanted = entry_of(name, 0);
    size_t low = 0, high = index->n;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (by_key(&index->entry[mid], &wanted) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    for (*n = 0; low + *n < index->n && by_key(&index->entry[low + *n], &wanted) == 0; ++*n)
        ;
    free(wanted.text);
    return index->row + low;
}
