#include "io/spectrum_io.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/note.h"
#include "base/num.h"
#include "io/ebl_io.h"
#include "io/format.h"
#include "phys/const.h"
#include "phys/units.h"

typedef struct nodes {
    size_t n, cap, cap_value;
    double *e_TeV, *value;
} nodes;

static void add_node(nodes *t, double e_TeV, double value)
{
    size_t n = t->n;

    FE_GROW(t->e_TeV, n, t->cap);
    FE_GROW(t->value, n, t->cap_value);
    t->e_TeV[n] = e_TeV;
    t->value[n] = value;
    t->n++;
}

static void say_steradian(const char *file)
{
    fe_note(FE_NOTE_SAID, &(fe_where){ file, NULL, 0 }, "values are per steradian: the template is for a solid angle "
            "of 1 sr");
}

/* ---- bare numbers -------------------------------------------------------------------------------------------- */

/* Numbers of a line, at most `max`; 0 when anything else stands in it. */
static size_t scan_line(const char *line, size_t len, double *x, size_t max)
{
    char *text = fe_strndup(line, len);
    const char *p = text;
    size_t n = 0;

    while (*(p += strspn(p, " \t\r,")) && n < max)
        if (fe_num_scan(p, &x[n++], &p) < 0 || !strchr(" \t\r,", *p)) {
            n = 0;
            break;
        }
    free(text);
    return n;
}

/* 1 when the text is lines of numbers, 0 when it is something else, -1 with err. */
static int read_bare(const fe_bytes *bytes, nodes *t, fe_err *err)
{
    long row = 0;

    for (const char *p = (const char *)bytes->data, *next; *p; p = next) {
        size_t len = strcspn(p, "\n"), blank = strspn(p, " \t\r");
        double x[3];

        next = p + len + (p[len] != 0);
        row++;
        if (blank >= len || p[blank] == '#')
            continue;
        if (scan_line(p, len, x, 3) < 2)
            return t->n ? fe_fail(err, FE_EDATA, &(fe_where){ bytes->name, NULL, row }, "'%.*s' is not two numbers, "
                                  "expected energy and value", (int)(len < 40 ? len : 40), p) : 0;
        add_node(t, x[0] / FE_MEV_PER_TEV, x[1] * FE_MEV_PER_TEV);
    }
    if (t->n)
        fe_note(FE_NOTE_SAID, &(fe_where){ bytes->name, NULL, 0 },
                "numbers without units are taken as MeV and cm-2 s-1 MeV-1, as Fermi-LAT and ctools write them");
    return t->n > 0;
}

/* ---- tables -------------------------------------------------------------------------------------------------- */

static const fe_column *column_like(const fe_table *t, const char *unit, double *factor)
{
    for (size_t k = 0; k < t->n_cols; k++)
        if (t->col[k].type != FE_COL_STRING && *t->col[k].unit &&
            fe_unit_factor(t->col[k].unit, unit, factor, NULL) == 0)
            return &t->col[k];
    return NULL;
}

static int read_table(const char *file, nodes *t, fe_err *err)
{
    fe_document *doc = fe_document_read(file, err);
    const fe_table *table = doc ? fe_document_first(doc) : NULL;
    const fe_column *e, *y;
    double TeV = 1, dnde = 1;
    int rc = -1;

    if (!doc)
        return -1;
    e = table ? column_like(table, "TeV", &TeV) : NULL;
    y = table ? column_like(table, FE_UNIT_DNDE, &dnde) : NULL;
    if (!e || !y) {
        (void)fe_fail(err, FE_EDATA, &(fe_where){ file, NULL, 0 }, "no column in a unit of %s, expected one in TeV and "
                      "one in cm-2 s-1 TeV-1, or the like", e ? "dnde" : "energy");
    } else {
        for (size_t i = 0; i < table->n_rows; i++)
            add_node(t, fe_column_number(e, i, 0) * TeV, fe_column_number(y, i, 0) * dnde);
        if (strstr(y->unit, "sr"))
            say_steradian(file);
        rc = 0;
    }
    fe_document_free(doc);
    return rc;
}

/* ---- templates ----------------------------------------------------------------------------------------------- */

static int check_nodes(const char *file, const nodes *t, fe_err *err)
{
    if (t->n < 2)
        return fe_fail(err, FE_EDATA, &(fe_where){ file, NULL, 0 }, "%zu rows, expected two or more", t->n);
    for (size_t k = 0; k < t->n; k++)
        if (!(t->e_TeV[k] > (k ? t->e_TeV[k - 1] : 0)) || !isfinite(t->e_TeV[k]) || !(t->value[k] >= 0) ||
            !isfinite(t->value[k]))
            return fe_fail(err, FE_EDATA, &(fe_where){ file, NULL, 0 }, "node %zu is %g cm-2 s-1 TeV-1 at %g TeV, "
                           "expected ascending energies and values of at least 0", k + 1, t->value[k], t->e_TeV[k]);
    return 0;
}

static int read_template(fe_spectrum *leaf, const char *file, fe_err *err)
{
    fe_bytes bytes = { 0 };
    nodes t = { 0 };
    int rc = fe_bytes_read(file, &bytes, err) < 0 ? -1 : 0;

    if (rc == 0)
        rc = memchr(bytes.data, 0, bytes.n) ? 0 : read_bare(&bytes, &t, err);
    if (rc == 0)
        rc = read_table(file, &t, err);
    fe_bytes_free(&bytes);
    if (rc < 0 || check_nodes(file, &t, err) < 0) {
        free(t.e_TeV);
        free(t.value);
        return -1;
    }
    free(leaf->node_e_TeV);
    free(leaf->node_value);
    leaf->n_node = t.n;
    leaf->node_e_TeV = t.e_TeV;
    leaf->node_value = t.value;
    return 0;
}

int fe_spectrum_read_file(fe_spectrum *leaf, const char *file, fe_err *err)
{
    if (!fe_spectrum_has_table(leaf))
        return read_template(leaf, file, err);
    fe_ebl_free(leaf->ebl);
    leaf->ebl = NULL;
    return fe_ebl_read(file, &leaf->ebl, err);
}
