/* Spectral models that hold a table in models files: nodes, absorption. */
#include "io/model_yaml_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/beside.h"
#include "io/ebl_io.h"

/* ---- nodes -------------------------------------------------------------------------------------------------- */

/* Norms of a piecewise norm are parameters norm_0, norm_1 ... in the order of the energies. */
static int read_norms(const fe_model_yaml *p, const fe_yaml_node *node, size_t *n, double **x)
{
    const fe_yaml_node *list = fe_yaml_get(node, "parameters");

    *n = fe_yaml_size(list);
    *x = FE_NEWN(double, *n);
    for (size_t i = 0; i < *n; i++) {
        const fe_yaml_node *item = fe_yaml_item(list, i);
        const char *name = fe_model_yaml_text(item, "name");

        if (fe_model_yaml_value(p, item ? item : list, name ? name : "norm", 1, &(*x)[i]) < 0)
            return -1;
    }
    return 0;
}

static int check_nodes(const fe_model_yaml *p, const fe_yaml_node *node, const double *e, size_t n_e, const double *y,
                       size_t n_y)
{
    if (n_e != n_y || n_e < 2)
        return fe_fail(p->err, FE_EDATA, &(fe_where){ p->file, NULL, 0 },
                       "line %ld: %zu energies and %zu values, expected two or more of each", fe_yaml_line(node), n_e,
                       n_y);
    for (size_t i = 0; i < n_e; i++)
        if (!(e[i] > (i ? e[i - 1] : 0)) || !(y[i] >= 0))
            return fe_fail(p->err, FE_EDATA, &(fe_where){ p->file, NULL, 0 },
                           "line %ld: node %zu is %g at %g TeV, expected ascending energies and values of at least 0",
                           fe_yaml_line(node), i + 1, y[i], e[i]);
    return 0;
}

fe_spectrum *fe_model_yaml_nodes(const fe_model_yaml *p, const fe_yaml_node *node, const fe_spectrum_kind *kind)
{
    double *e = NULL, *y = NULL;
    size_t n_e = 0, n_y = 0;
    const char *interp = fe_model_yaml_text(node, "interp");
    fe_spectrum *s = NULL;

    if (fe_model_yaml_list(p, node, "energy", "TeV", &n_e, &e) == 0 &&
        (kind->is_norm ? read_norms(p, node, &n_y, &y)
                       : fe_model_yaml_list(p, node, "values", "cm-2 s-1 TeV-1", &n_y, &y)) == 0 &&
        check_nodes(p, node, e, n_e, y, n_y) == 0)
        s = fe_spectrum_nodes(kind->type, n_e, e, y);
    if (s && kind->is_norm)
        s->node_linear = interp && !strcmp(interp, "lin");
    free(e);
    free(y);
    return s;
}

/* ---- tables of the extragalactic background light ------------------------------------------------------------ */

/* One list of transmissions for each redshift; the array is the caller's. */
static int read_rows(const fe_model_yaml *p, const fe_yaml_node *node, size_t n_z, size_t n_e, double **x)
{
    const fe_yaml_node *rows = fe_yaml_get(fe_yaml_get(node, "values"), "data");

    if (fe_yaml_size(rows) != n_z || fe_yaml_size(fe_yaml_item(rows, 0)) != n_e)
        return fe_model_yaml_complain(p, rows ? rows : node, "table of transmissions of another size", NULL,
                                      "one list for each of param, as long as energy");
    *x = FE_NEWN(double, n_z * n_e);
    for (size_t i = 0; i < n_z * n_e; i++)
        (*x)[i] = fe_yaml_number(fe_yaml_item(fe_yaml_item(rows, i / n_e), i % n_e));
    return 0;
}

static int read_inline(const fe_model_yaml *p, const fe_yaml_node *node, const char *name, fe_ebl **out)
{
    double *e = NULL, *z = NULL, *t = NULL;
    size_t n_e = 0, n_z = 0;
    int rc = -1;

    if (fe_model_yaml_list(p, node, "energy", "TeV", &n_e, &e) < 0 ||
        fe_model_yaml_list(p, node, "param", "", &n_z, &z) < 0 || read_rows(p, node, n_z, n_e, &t) < 0)
        goto done;
    *out = fe_ebl_new(name, n_z, z, n_e, e, t);
    rc = *out ? 0 : fe_model_yaml_complain(p, node, "no table of transmissions", NULL,
                                           "ascending energies and values of at least 0");
done:
    free(e);
    free(z);
    free(t);
    return rc;
}

/* The table itself, or the name of the file it is in (gammapy's filename), or of the model (reference). */
int fe_model_yaml_ebl(const fe_model_yaml *p, const fe_yaml_node *node, fe_spectrum *leaf)
{
    const char *file = fe_model_yaml_text(node, "filename");
    char *path;
    fe_err cause;
    int rc;

    if (!file)
        file = fe_model_yaml_text(node, "reference");
    if (fe_yaml_get(node, "values"))
        return read_inline(p, node, file, &leaf->ebl);
    if (!file)
        return fe_model_yaml_complain(p, node, "absorption without a table", NULL,
                                      "filename, reference, or energy, param and values");
    path = fe_path_beside(p->file, file);
    rc = fe_ebl_read(path, &leaf->ebl, &cause);
    free(path);
    return rc < 0 ? fe_model_yaml_complain(p, node, cause.text, NULL, NULL) : 0;
}
