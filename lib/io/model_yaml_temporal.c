/* Temporal models in models files, and the tables of light curves and phases that some of them name. */
#include "io/model_yaml_parts.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "io/beside.h"
#include "io/format.h"
#include "phys/time.h"
#include "phys/units.h"

static int unknown_type(const fe_model_yaml *p, const fe_yaml_node *node, const char *type)
{
    fe_str known = { 0 };

    for (const fe_temporal_kind *k = fe_temporal_kinds; k->type; k++)
        fe_str_addf(&known, "%s%s", k == fe_temporal_kinds ? "one of " : ", ", k->type);
    (void)fe_model_yaml_complain(p, node, type ? "unknown temporal model" : "temporal model without type", type,
                                 known.s);
    fe_str_free(&known);
    return -1;
}

static int read_pars(fe_model_yaml *p, const fe_yaml_node *node, fe_temporal *t)
{
    const fe_yaml_node *list = fe_yaml_get(node, "parameters");

    for (size_t i = 0; i < fe_yaml_size(list); i++) {
        const fe_yaml_node *item = fe_yaml_item(list, i);
        const char *name = fe_model_yaml_text(item, "name");
        fe_par *par = name ? fe_temporal_par(t, name) : NULL;

        if (!par)
            return fe_model_yaml_complain(p, item ? item : list, "unknown parameter of a temporal model",
                                          name ? name : "", NULL);
        if (fe_model_yaml_par(p, item, name, t->kind->par[par - t->par].unit, par) < 0)
            return -1;
    }
    return 0;
}

/* "tt" -> "TT"; only scales that times of good time intervals can be brought to. */
static int read_scale(const fe_model_yaml *p, const fe_yaml_node *node, fe_temporal *t)
{
    const fe_yaml_node *scale = fe_yaml_get(node, "scale");

    if (!scale)
        return 0;
    snprintf(t->scale, sizeof t->scale, "%s", fe_yaml_text(scale) ? fe_yaml_text(scale) : "");
    for (char *c = t->scale; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    if (isnan(fe_time_tt(t->scale, 51544, 0)))
        return fe_model_yaml_complain(p, scale, "time scale", fe_yaml_text(scale), "utc, tt, tdb or tai");
    return 0;
}

/* ---- tables -------------------------------------------------------------------------------------------------- */

static double meta_or(const fe_table *t, const char *key, double missing)
{
    double x = fe_meta_number(&t->meta, key);

    return isnan(x) ? missing : x;
}

/* The reference of the times stands in the table (MJDREFI, MJDREFF, TIMESYS), not among the parameters. */
static int read_reference(const char *path, const fe_table *table, fe_temporal *t, double *day, fe_err *err)
{
    const fe_column *time = fe_table_find(table, "TIME");
    const char *unit = *time->unit ? time->unit : fe_meta_text(&table->meta, "TIMEUNIT");
    const char *timesys = fe_meta_text(&table->meta, "TIMESYS");

    if (!unit || fe_unit_factor(unit, "d", day, NULL) < 0)
        return fe_fail(err, FE_EDATA, &(fe_where){ path, NULL, 0 }, "column TIME has the unit '%s', expected that of a "
                       "time", unit ? unit : "");
    fe_temporal_par(t, "t_ref")->value = meta_or(table, "MJDREFI", 0) + meta_or(table, "MJDREFF", 0);
    if (timesys && *timesys) {
        snprintf(t->scale, sizeof t->scale, "%s", timesys);
        for (char *c = t->scale; *c; c++)
            *c = (char)toupper((unsigned char)*c);
        if (isnan(fe_time_tt(t->scale, 51544, 0)))
            return fe_fail(err, FE_EDATA, &(fe_where){ path, NULL, 0 }, "time scale '%s', expected UTC, TT, TDB or TAI",
                           timesys);
    }
    return 0;
}

static int take_table(const char *path, const fe_table *table, fe_temporal *t, bool normalize, fe_err *err)
{
    const fe_column *x = fe_table_find(table, t->kind->column), *y = fe_table_find(table, "NORM");
    size_t n = table->n_rows;
    double *node, *norm, unit = 1;
    int rc = 0;

    if (!x || !y || x->type == FE_COL_STRING || y->type == FE_COL_STRING)
        return fe_fail(err, FE_EDATA, &(fe_where){ path, NULL, 0 }, "no column %s of numbers, expected %s and NORM",
                       x && x->type != FE_COL_STRING ? "NORM" : t->kind->column, t->kind->column);
    if (!strcmp(t->kind->column, "TIME") && read_reference(path, table, t, &unit, err) < 0)
        return -1;
    node = FE_NEWN(double, n);
    norm = FE_NEWN(double, n);
    for (size_t i = 0; i < n; i++) {
        node[i] = fe_column_number(x, i, 0) * unit;
        norm[i] = fe_column_number(y, i, 0);
    }
    if (fe_temporal_set_nodes(t, n, node, norm, normalize) < 0)
        rc = fe_fail(err, FE_EDATA, &(fe_where){ path, NULL, 0 }, "%zu rows of %s and NORM are no curve, expected two "
                     "or more in ascending order%s", n, t->kind->column,
                     strcmp(t->kind->column, "PHASE") ? "" : ", from 0 to 1");
    free(node);
    free(norm);
    return rc;
}

static int read_table(const fe_model_yaml *p, const fe_yaml_node *node, fe_temporal *t)
{
    const char *name = fe_model_yaml_text(node, "filename"), *normalize = fe_model_yaml_text(node, "normalize");
    const fe_table *table;
    fe_document *doc;
    char *path;
    int rc = -1;

    if (!name)
        return fe_model_yaml_complain(p, node, "temporal model without filename", t->kind->type, NULL);
    path = fe_path_beside(p->file, name);
    doc = fe_document_read(path, p->err);
    table = doc ? fe_document_first(doc) : NULL;
    if (table)
        rc = take_table(path, table, t, !normalize || strcasecmp(normalize, "false") != 0, p->err);
    else if (doc)
        rc = fe_fail(p->err, FE_EDATA, &(fe_where){ path, NULL, 0 }, "no table, expected one of %s and NORM",
                     t->kind->column);
    fe_document_free(doc);
    free(path);
    return rc;
}

int fe_model_yaml_temporal(fe_model_yaml *p, const fe_yaml_node *node, fe_temporal **out)
{
    const char *type = fe_model_yaml_text(node, "type");
    const fe_yaml_node *at = fe_yaml_get(node, "type");
    fe_temporal *t = type ? fe_temporal_new(type) : NULL;

    if (!t)
        return unknown_type(p, at ? at : node, type);
    if (read_pars(p, node, t) < 0 || read_scale(p, node, t) < 0 || (t->kind->column && read_table(p, node, t) < 0)) {
        fe_temporal_free(t);
        return -1;
    }
    *out = t;
    return 0;
}
