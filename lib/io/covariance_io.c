#include "io/covariance_io.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "io/lines.h"
#include "io/yaml.h"

/* "| name | 1.0 | 2.0 |" */
static void split_row(const char *line, fe_strv *cell)
{
    fe_str inner = { 0 };

    line += *line == '|';
    fe_str_addn(&inner, line, strlen(line));
    if (inner.len && inner.s[inner.len - 1] == '|')
        inner.s[inner.len - 1] = 0;
    fe_strv_split(cell, inner.s ? inner.s : "", "|");
    fe_str_free(&inner);
}

static int read_row(const char *path, const char *line, size_t row, size_t n, fe_covariance *c, fe_err *err)
{
    fe_strv cell = { 0 };
    const fe_where at = { path, NULL, (long)row + 1 };
    int rc = 0;

    split_row(line, &cell);
    if (cell.n != n + 1)
        rc = fe_fail(err, FE_EDATA, &at, "%zu cells, expected the name of a parameter and %zu numbers, one for each",
                     cell.n, n);
    for (size_t k = 1; k < cell.n && rc == 0; k++)
        if (fe_num_parse(cell.s[k], &c->value[row * n + k - 1]) < 0)
            rc = fe_fail(err, FE_EDATA, &at, "'%s' in column %zu is no number", cell.s[k], k - 1);
    if (rc == 0)
        fe_strv_add(&c->name, cell.s[0]);
    fe_strv_free(&cell);
    return rc;
}

int fe_covariance_read(const char *path, fe_covariance **out, fe_err *err)
{
    fe_strv lines = { 0 };
    fe_covariance *c = NULL;
    int rc = fe_lines_read(path, &lines, err);

    if (rc == 0 && (lines.n < 2 || !strchr(lines.s[0], '|')))
        rc = fe_fail(err, FE_EDATA, &(fe_where){ path, NULL, 0 }, "no covariance, expected lines like '| Parameters | "
                     "0 |' and '| crab.spectral.index | 0.01 |'");
    if (rc == 0) {
        c = FE_NEW(fe_covariance);
        c->value = FE_NEWN(double, (lines.n - 1) * (lines.n - 1));
    }
    for (size_t row = 0; rc == 0 && row + 1 < lines.n; row++)
        rc = read_row(path, lines.s[row + 1], row, lines.n - 1, c, err);
    fe_strv_free(&lines);
    if (rc < 0)
        fe_covariance_free(c);
    else
        *out = c;
    return rc;
}

void fe_covariance_scale(fe_covariance *c, const fe_strv *name, const double *factor)
{
    size_t n = c->name.n;

    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < name->n; k++)
            if (!strcmp(c->name.s[i], name->s[k])) {
                for (size_t j = 0; j < n; j++) {
                    c->value[i * n + j] *= factor[k];
                    c->value[j * n + i] *= factor[k];
                }
                break;
            }
}

/* Cells are padded: readers of fixed-width tables count columns of text. */
static void print_row(const fe_strv *cell, const size_t *width, fe_str *out)
{
    for (size_t k = 0; k < cell->n; k++)
        fe_str_addf(out, "| %*s ", (int)width[k], cell->s[k]);
    fe_str_add(out, "|\n");
}

static void fill_cells(const fe_covariance *c, size_t row, fe_strv *cell)
{
    char text[FE_NUM_SIZE];

    fe_strv_add(cell, c->name.s[row]);
    for (size_t k = 0; k < c->name.n; k++)
        fe_strv_add(cell, fe_num_format(c->value[row * c->name.n + k], text));
}

void fe_covariance_print(const fe_covariance *c, fe_str *out)
{
    size_t n = c->name.n, *width = FE_NEWN(size_t, n + 1);
    fe_strv *cell = FE_NEWN(fe_strv, n + 1);

    fe_strv_add(&cell[0], "Parameters");
    for (size_t k = 0; k < n; k++) {
        char text[FE_NUM_SIZE];

        fe_strv_add(&cell[0], fe_num_format((double)k, text));
        fill_cells(c, k, &cell[k + 1]);
    }
    for (size_t row = 0; row <= n; row++)
        for (size_t k = 0; k <= n; k++)
            if (strlen(cell[row].s[k]) > width[k])
                width[k] = strlen(cell[row].s[k]);
    for (size_t row = 0; row <= n; row++) {
        print_row(&cell[row], width, out);
        fe_strv_free(&cell[row]);
    }
    free(cell);
    free(width);
}

/* ---- of models ------------------------------------------------------------------------------------------------- */

typedef struct list {               /* parameters in the order of the YAML                              */
    fe_strv name;
    size_t *first;                  /* [name.n] the one it is linked to, or itself                      */
    double *variance;               /* [name.n]                                                         */
    size_t cap_first, cap_variance;
    size_t *link;                   /* [links] first parameter of each, SIZE_MAX: none yet              */
} list;

static void add_name(list *l, const char *path, const char *name, const fe_par *par)
{
    size_t n = l->name.n, *link = par && par->link ? &l->link[par->link - 1] : NULL;
    fe_str full = { 0 };

    fe_str_addf(&full, "%s.%s", path, name);
    FE_GROW(l->variance, n, l->cap_variance);
    FE_GROW(l->first, n, l->cap_first);
    if (link && *link == SIZE_MAX)
        *link = n;
    l->first[n] = link ? *link : n;
    l->variance[n] = par ? par->error * par->error : 0;
    fe_strv_add(&l->name, full.s);
    fe_str_free(&full);
}

static void add_spectrum(list *l, const char *path, const fe_spectrum *s)
{
    fe_str name = { 0 };

    for (int side = 0; !s->kind && side < 2; side++) {
        name.len = 0;
        fe_str_addf(&name, "%s.model%d", path, side + 1);
        add_spectrum(l, name.s, side ? s->right : s->left);
    }
    for (size_t i = 0; s->kind && i < s->kind->n_par; i++)
        add_name(l, path, s->kind->par[i].name, &s->par[i]);
    for (size_t i = 0; s->kind && s->kind->is_norm && i < s->n_node; i++) {
        name.len = 0;
        fe_str_addf(&name, "norm_%zu", i);
        add_name(l, path, name.s, NULL);
    }
    fe_str_free(&name);
}

/* Parameters of a part that is kept as text. */
static void add_part(list *l, const fe_model *m, const fe_yaml_node *component, const char *part)
{
    const fe_yaml_node *pars = fe_yaml_get(fe_yaml_get(component, part), "parameters");
    fe_str path = { 0 };

    fe_str_addf(&path, "%s.%s", m->name, part);
    for (size_t i = 0; i < fe_yaml_size(pars); i++) {
        const char *name = fe_yaml_text(fe_yaml_get(fe_yaml_item(pars, i), "name"));

        if (name)
            add_name(l, path.s, name, NULL);
    }
    fe_str_free(&path);
}

static void add_model(list *l, const fe_model *m)
{
    fe_yaml *tree = m->yaml ? fe_yaml_parse(m->yaml, strlen(m->yaml), m->name, NULL) : NULL;
    const fe_yaml_node *component = tree ? fe_yaml_item(fe_yaml_root(tree), 0) : NULL;
    fe_str path = { 0 };

    fe_str_addf(&path, "%s.spectral", *m->name ? m->name : "source");
    add_spectrum(l, path.s, m->spectrum);
    if (component) {
        add_part(l, m, component, "spatial");
        add_part(l, m, component, "temporal");
    }
    fe_str_free(&path);
    fe_yaml_free(tree);
}

/* gammapy ties linked parameters together after it has read the matrix: each has a row of its own there. */
void fe_models_print_covariance(const fe_models *models, fe_str *out)
{
    list l = { .link = FE_NEWN(size_t, models->link.n) };
    fe_covariance full;
    size_t n;

    for (size_t k = 0; k < models->link.n; k++)
        l.link[k] = SIZE_MAX;
    for (size_t k = 0; k < fe_models_n_all(models); k++)
        add_model(&l, fe_models_at(models, k));
    n = l.name.n;
    full = (fe_covariance){ l.name, FE_NEWN(double, n * n) };
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            const char *a = l.name.s[l.first[i]], *b = l.name.s[l.first[j]];
            double c = models->covariance ? fe_covariance_of(models->covariance, a, b) : NAN;

            full.value[i * n + j] = isfinite(c) ? c : l.first[i] == l.first[j] ? l.variance[i] : 0;
        }
    fe_covariance_print(&full, out);
    fe_strv_free(&l.name);
    free(full.value);
    free(l.variance);
    free(l.first);
    free(l.link);
}
