#include "io/product.h"

#include <string.h>

static bool is_gadf(const fe_common *args, const fe_format *format)
{
    return args->layout ? !strcmp(args->layout, "gadf") : !strcmp(format->name, "fits");
}

static bool is_series(const fe_common *args)
{
    return args->layout && !strcmp(args->layout, "binned-time-series");
}

fe_layout fe_product_layout(const fe_common *args, const fe_format *format)
{
    return (fe_layout){ .gadf = is_gadf(args, format), .series = is_series(args),
                        .stated = args->layout || !format->read, .unit = args->unit,
                        .energy_unit = args->energy_unit, .bare = format->bare, .history = !args->no_history };
}

int fe_product_prepare(fe_estimate *e, fe_sedtype type, const fe_common *args, fe_err *err)
{
    if (fe_estimate_convert(e, args->to ? (fe_sedtype)fe_sedtype_parse(args->to) : type, err) < 0)
        return -1;
    return args->ul_if ? fe_estimate_apply_ul_rule(e, args->ul_if, err) : 0;
}

int fe_product_write(fe_estimate *e, fe_sedtype type, const fe_document *from, const fe_common *args,
                     const fe_format *format, const char *path, fe_err *err)
{
    const fe_layout layout = fe_product_layout(args, format);
    fe_document *doc;
    int rc;

    if (fe_product_prepare(e, type, args, err) < 0 || !(doc = fe_estimate_document(e, from, &layout, err)))
        return -1;
    rc = fe_document_write(doc, format, path, args->force, err);
    fe_document_free(doc);
    return rc;
}

bool fe_product_is_flagged(const fe_estimate *e)
{
    const double *status = e->q[FE_Q_STATUS];

    for (size_t i = 0; status && i < e->n; i++)
        if (status[i] > 0)
            return true;
    return false;
}
