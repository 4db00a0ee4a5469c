#include "types/lint.h"

#include <math.h>
#include <string.h>

typedef enum code { BAD_BAND, BAD_EREF, NOT_ASCENDING, NEGATIVE_ERROR, SWAPPED_ERRORS, LOW_LIMIT, JUMP } code;

const fe_lint_code fe_lint_codes[] = {
    [BAD_BAND] = { "EBAND", "a band without width, or an energy that is not above 0" },
    [BAD_EREF] = { "EREF", "e_ref outside e_min to e_max" },
    [NOT_ASCENDING] = { "EORDER", "energies that do not ascend from row to row of a source and time" },
    [NEGATIVE_ERROR] = { "NEGERR", "an error below 0" },
    [SWAPPED_ERRORS] = { "SWAPERR",
        "lower errors above the upper ones in most rows and by 5 % in the mean, as when they are exchanged" },
    [LOW_LIMIT] = { "ULLOW", "an upper limit below the value" },
    [JUMP] = { "JUMP", "energy fluxes of neighbouring rows that differ by more than a factor 1000" },
    { NULL, NULL }
};

static const double JUMP_MAX = 1e3, SWAPPED_RATIO = 1.05, EDGE_RTOL = 1e-6;     /* float32 edges */

enum { FEWEST_ROWS = 3 };           /* that tell exchanged errors from chance                            */

typedef struct lint {
    const fe_estimate *e;
    fe_str *out;
    size_t n;
} lint;

static const char *file_of(const lint *l)
{
    return l->e->file ? l->e->file : "table";
}

/* row from 1 */
static void find(lint *l, code c, size_t row, const char *column, double value, const char *what, double other)
{
    fe_str_addf(l->out, "%s row %zu: %s: %s is %.6g, %s %.6g\n", file_of(l), row, fe_lint_codes[c].code, column,
                value, what, other);
    l->n++;
}

static double key(const lint *l, fe_key k, size_t row)
{
    return l->e->key[k] ? l->e->key[k][row] : NAN;
}

static double member(const lint *l, fe_member m, size_t row)
{
    const double *x = l->e->family[l->e->type][m];

    return x ? x[row] : NAN;
}

static void name(const lint *l, fe_member m, fe_str *out)
{
    out->len = 0;
    fe_str_addf(out, "%s%s", fe_sedtypes[l->e->type].column, fe_members[m].name);
}

static void check_energies(lint *l, size_t i)
{
    double lo = key(l, FE_KEY_E_MIN, i), hi = key(l, FE_KEY_E_MAX, i), ref = key(l, FE_KEY_E_REF, i);

    if (lo < 0 || hi <= lo)                     /* a first edge at 0 occurs in data */
        find(l, BAD_BAND, i + 1, "e_max", hi, "e_min", lo);
    if (ref <= 0)
        find(l, BAD_BAND, i + 1, "e_ref", ref, "expected above", 0);
    else if (ref < lo * (1 - EDGE_RTOL))
        find(l, BAD_EREF, i + 1, "e_ref", ref, "below e_min", lo);
    else if (ref > hi * (1 + EDGE_RTOL))
        find(l, BAD_EREF, i + 1, "e_ref", ref, "above e_max", hi);
}

static void check_values(lint *l, size_t i, fe_str *text)
{
    static const fe_member errors[] = { FE_ERR, FE_ERRN, FE_ERRP, FE_ERRSYS, FE_ERRSYSN, FE_ERRSYSP };
    double value = member(l, FE_VALUE, i), ul = member(l, FE_UL, i);

    for (size_t k = 0; k < sizeof errors / sizeof *errors; k++)
        if (member(l, errors[k], i) < 0) {
            name(l, errors[k], text);
            find(l, NEGATIVE_ERROR, i + 1, text->s, member(l, errors[k], i), "expected at least", 0);
        }
    if (ul < value) {
        name(l, FE_UL, text);
        find(l, LOW_LIMIT, i + 1, text->s, ul, "below the value", value);
    }
}

/* Poisson errors are longer upwards, and so are errors that are even in the logarithm. */
static void check_swapped(lint *l, fe_str *text)
{
    size_t n = 0, n_swapped = 0;
    double ratio = 0;

    for (size_t i = 0; i < l->e->n; i++) {
        double errn = member(l, FE_ERRN, i), errp = member(l, FE_ERRP, i);

        if (!(errn > 0) || !(errp > 0))
            continue;
        n++;
        n_swapped += errn > errp * (1 + EDGE_RTOL);
        ratio += errn / errp;
    }
    if (n < FEWEST_ROWS || 2 * n_swapped <= n || ratio < SWAPPED_RATIO * (double)n)
        return;
    name(l, FE_ERRN, text);
    fe_str_addf(l->out, "%s: %s: %s is %.6g times the upper error in the mean, above it in %zu of %zu rows\n",
                file_of(l), fe_lint_codes[SWAPPED_ERRORS].code, text->s, ratio / (double)n, n_swapped, n);
    l->n++;
}

/* ---- neighbours ------------------------------------------------------------------------------------------------ */

static bool same_place(const lint *l, size_t i, size_t j)
{
    char *const *source = l->e->source;

    if (source && strcmp(source[i] ? source[i] : "", source[j] ? source[j] : ""))
        return false;
    for (int k = FE_KEY_TIME_MIN; k < FE_KEY_N; k++) {
        double a = key(l, (fe_key)k, i), b = key(l, (fe_key)k, j);

        if (a != b && !(isnan(a) && isnan(b)))
            return false;
    }
    for (size_t c = 0; c < l->e->rest->n_cols; c++) {
        const fe_column *x = &l->e->rest->col[c];

        if (x->type == FE_COL_STRING && strcmp(fe_column_string(x, i, 0), fe_column_string(x, j, 0)))
            return false;
    }
    return true;
}

/* What varies slowly along a spectrum, whatever the type: E^2 dN/dE but for a factor. */
static double height(const lint *l, size_t i)
{
    double e = key(l, FE_KEY_E_REF, i), x = member(l, FE_VALUE, i);

    e = isnan(e) ? sqrt(key(l, FE_KEY_E_MIN, i) * key(l, FE_KEY_E_MAX, i)) : e;
    return l->e->type == FE_SED_DNDE ? e * e * x : l->e->type == FE_SED_FLUX ? e * x : x;
}

static void check_neighbours(lint *l, size_t i, fe_str *text)
{
    fe_key k = l->e->key[FE_KEY_E_REF] ? FE_KEY_E_REF : FE_KEY_E_MIN;
    double ratio = height(l, i) / height(l, i - 1);

    if (!same_place(l, i, i - 1))
        return;
    if (key(l, k, i) < key(l, k, i - 1))
        find(l, NOT_ASCENDING, i + 1, fe_keys[k].name, key(l, k, i), "below that of the row before,", key(l, k, i - 1));
    if (ratio > JUMP_MAX || (ratio > 0 && ratio < 1 / JUMP_MAX)) {
        name(l, FE_VALUE, text);
        find(l, JUMP, i + 1, text->s, member(l, FE_VALUE, i), "that of the row before", member(l, FE_VALUE, i - 1));
    }
}

size_t fe_estimate_lint(const fe_estimate *e, fe_str *out)
{
    lint l = { e, out, 0 };
    fe_str text = { 0 };

    for (size_t i = 0; i < e->n; i++) {
        check_energies(&l, i);
        check_values(&l, i, &text);
        if (i > 0)
            check_neighbours(&l, i, &text);
    }
    check_swapped(&l, &text);
    fe_str_free(&text);
    return l.n;
}
