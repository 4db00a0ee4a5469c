#include "fluxmaps_run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "base/opt.h"
#include "est/combine.h"
#include "io/fluxmap.h"
#include "io/history.h"
#include "io/product.h"
#include "types/estimate_keep.h"

static int open_maps(const fe_bytes *b, fe_fluxmap_file **out, fe_err *err)
{
    if (!(*out = fe_fluxmap_open(b, err)))
        return -1;
    fe_history_input(b->name, b->n, b->data);
    return 0;
}

static fe_sedtype type_of(const fe_fluxmap_file *m)
{
    return fe_args.to ? (fe_sedtype)fe_sedtype_parse(fe_args.to) : fe_fluxmap_head_of(m)->type;
}

/* One band in the type of the product.  The families it came with go, but for that. */
static int read_band(fe_fluxmap_file *m, size_t band, int (*change)(fe_estimate *, fe_err *), fe_estimate **out, fe_err *err)
{
    if (fe_fluxmap_read_band(m, band, out, err) < 0)
        return -1;
    if (change && change(*out, err) < 0)
        return -1;
    if (fe_estimate_convert(*out, type_of(m), err) < 0)
        return -1;
    return fe_args.ul_if ? fe_estimate_apply_ul_rule(*out, fe_args.ul_if, err) : 0;
}

/* ---- to maps --------------------------------------------------------------------------------------------------- */

typedef struct writer { fe_fluxmap *file; fe_fluxmap_head head; const char *output; size_t next; } writer;

static int put_band(writer *w, const fe_estimate *e, fe_err *err)
{
    if (!w->file && !(w->file = fe_fluxmap_create(w->output, &w->head, e, err)))
        return -1;
    return fe_fluxmap_put(w->file, w->next++, e, 0, err);
}

/* Scans belong to norms of the reference model: they stay with it. */
static int put_scans(writer *w, const fe_fluxmap_file *m, size_t first_band, fe_scanlist *all, fe_err *err)
{
    fe_scanlist scans = { 0 };
    int rc = fe_fluxmap_read_scans(m, &scans, err);

    (void)w;
    for (size_t k = 0; k < scans.n; k++)
        scans.scan[k].band += first_band;
    fe_scanlist_join(all, &scans);
    return rc;
}

static int end(writer *w, const fe_scanlist *scans, const fe_estimate *like, int rc, fe_err *err)
{
    if (rc == 0)
        rc = fe_fluxmap_put_scans(w->file, scans, err);
    if (rc == 0)
        return fe_fluxmap_close(w->file, like, err);
    fe_fluxmap_drop(w->file);
    return rc;
}

static writer writer_to(const char *output, const fe_fluxmap_file *m, size_t n_bands, const double *edge_TeV)
{
    return (writer){ .head = { .geom = fe_fluxmap_geom(m), .n_bands = n_bands, .edge_TeV = edge_TeV, .unit = fe_args.unit,
                               .force = fe_args.force, .history = !fe_args.no_history }, .output = output };
}

static int to_maps(fe_fluxmap_file *m, const char *output, int (*change)(fe_estimate *, fe_err *), fe_err *err)
{
    size_t n_bands = fe_fluxmap_n_bands(m);
    writer w = writer_to(output, m, n_bands, fe_fluxmap_edges(m));
    fe_scanlist scans = { 0 };
    fe_estimate *e = NULL;
    int rc = put_scans(&w, m, 0, &scans, err);

    for (size_t band = 0; band < n_bands && rc == 0; band++) {
        fe_estimate_free(e);
        e = NULL;
        rc = read_band(m, band, change, &e, err);
        if (rc == 0)
            rc = put_band(&w, e, err);
    }
    rc = end(&w, &scans, e, rc, err);
    fe_scanlist_free(&scans);
    fe_estimate_free(e);
    return rc;
}

int fluxmaps_append(size_t n, const fe_bytes *bytes, const char *output, fe_err *err)
{
    fe_fluxmap_file **m = FE_NEWN(fe_fluxmap_file *, n);
    double *edge = NULL;
    size_t n_bands = 0;
    fe_scanlist scans = { 0 };
    fe_estimate *e = NULL;
    writer w = { .file = NULL };
    int rc = 0;

    for (size_t k = 0; k < n && rc == 0; k++) {
        const fe_where at = { bytes[k].name, NULL, 0 };
        size_t more;

        if ((rc = open_maps(&bytes[k], &m[k], err)) < 0)
            break;
        more = fe_fluxmap_n_bands(m[k]);
        if (k > 0 && !fe_geom_equal(fe_fluxmap_geom(m[k]), fe_fluxmap_geom(m[0])))
            rc = fe_fail(err, FE_EDATA, &at, "its pixels are not those of %s", bytes[0].name);
        else if (k > 0 && fabs(fe_fluxmap_edges(m[k])[0] / edge[n_bands] - 1) > 1e-6)
            rc = fe_fail(err, FE_EDATA, &at, "its first band begins at %.6g TeV, expected %.6g, where %s ends", fe_fluxmap_edges(m[k])[0],
                         edge[n_bands], bytes[k - 1].name);
        edge = fe_realloc(edge, n_bands + more + 1, sizeof *edge);
        memcpy(edge + n_bands, fe_fluxmap_edges(m[k]), (more + 1) * sizeof *edge);
        n_bands += more;
    }
    if (rc == 0)
        w = writer_to(output, m[0], n_bands, edge);
    for (size_t k = 0; k < n && rc == 0; k++) {
        rc = put_scans(&w, m[k], w.next, &scans, err);
        for (size_t band = 0; band < fe_fluxmap_n_bands(m[k]) && rc == 0; band++) {
            fe_estimate_free(e);
            e = NULL;
            if ((rc = fe_fluxmap_read_band(m[k], band, &e, err)) == 0 && (rc = fe_estimate_convert(e, type_of(m[0]), err)) == 0)
                rc = put_band(&w, e, err);
        }
    }
    rc = end(&w, &scans, e, rc, err);
    for (size_t k = 0; k < n; k++)
        fe_fluxmap_free(m[k]);
    free(m);
    free(edge);
    fe_scanlist_free(&scans);
    fe_estimate_free(e);
    return rc;
}

/* ---- pixel by pixel ---------------------------------------------------------------------------------------------- */

/* All of them with the pixels and bands of the first. */
static int open_alike(size_t n, const fe_bytes *bytes, fe_fluxmap_file **m, fe_err *err)
{
    for (size_t k = 0; k < n; k++) {
        const fe_where at = { bytes[k].name, NULL, 0 };
        size_t n_bands;

        if (open_maps(&bytes[k], &m[k], err) < 0)
            return -1;
        n_bands = fe_fluxmap_n_bands(m[k]);
        if (!fe_geom_equal(fe_fluxmap_geom(m[k]), fe_fluxmap_geom(m[0])))
            return fe_fail(err, FE_EDATA, &at, "its pixels are not those of %s", bytes[0].name);
        if (n_bands != fe_fluxmap_n_bands(m[0]))
            return fe_fail(err, FE_EDATA, &at, "%zu bands, expected the %zu of %s", n_bands, fe_fluxmap_n_bands(m[0]), bytes[0].name);
        for (size_t i = 0; i <= n_bands; i++)
            if (!fe_num_close(fe_fluxmap_edges(m[k])[i], fe_fluxmap_edges(m[0])[i], 1e-6))
                return fe_fail(err, FE_EDATA, &at, "a band begins or ends at %.6g TeV, expected %.6g as in %s", fe_fluxmap_edges(m[k])[i],
                               fe_fluxmap_edges(m[0])[i], bytes[0].name);
    }
    return 0;
}

/* A sum is a limit or none by the rule of the first part. */
static int combine_band(size_t n, fe_fluxmap_file **m, const fe_scanlist *in, size_t band, bool approx, fe_scanlist *scans,
                        fe_estimate **out, fe_err *err)
{
    fe_estimate **part = FE_NEWN(fe_estimate *, n);
    int rc = 0;

    for (size_t k = 0; k < n && rc == 0; k++)
        rc = fe_fluxmap_read_band(m[k], band, &part[k], err);
    if (rc == 0)
        rc = fe_combine_pixels(n, part, in, band, approx, scans, out, err);
    if (rc == 0)
        rc = fe_estimate_convert(*out, type_of(m[0]), err);
    if (rc == 0 && (fe_args.ul_if || part[0]->q[FE_Q_IS_UL]))
        rc = fe_estimate_apply_ul_rule(*out, fe_args.ul_if ? fe_args.ul_if : part[0]->ul_rule, err);
    for (size_t k = 0; k < n; k++)
        fe_estimate_free(part[k]);
    free(part);
    return rc;
}

int fluxmaps_combine(size_t n, const fe_bytes *bytes, bool approx, const char *output, fe_err *err)
{
    fe_fluxmap_file **m = FE_NEWN(fe_fluxmap_file *, n);
    fe_scanlist *in = FE_NEWN(fe_scanlist, n), scans = { 0 };
    fe_estimate *e = NULL;
    writer w = { .file = NULL };
    int rc = open_alike(n, bytes, m, err);

    for (size_t k = 0; k < n && rc == 0; k++)
        rc = fe_fluxmap_read_scans(m[k], &in[k], err);
    if (rc == 0)
        w = writer_to(output, m[0], fe_fluxmap_n_bands(m[0]), fe_fluxmap_edges(m[0]));
    for (size_t band = 0; rc == 0 && band < fe_fluxmap_n_bands(m[0]); band++) {
        fe_estimate_free(e);
        e = NULL;
        rc = combine_band(n, m, in, band, approx, &scans, &e, err);
        if (rc == 0)
            rc = put_band(&w, e, err);
    }
    rc = end(&w, &scans, e, rc, err);
    for (size_t k = 0; k < n; k++) {
        fe_fluxmap_free(m[k]);
        fe_scanlist_free(&in[k]);
    }
    free(m);
    free(in);
    fe_scanlist_free(&scans);
    fe_estimate_free(e);
    return rc;
}

/* ---- to a table ------------------------------------------------------------------------------------------------ */

/* Where the pixels are, as columns. */
static void add_places(fe_geom *g, fe_estimate *e)
{
    double *ra = fe_table_add(e->rest, "ra", FE_COL_DOUBLE, "deg", 1)->v.d;
    double *dec = fe_table_add(e->rest, "dec", FE_COL_DOUBLE, "deg", 1)->v.d;
    double *x = FE_NEWN(double, e->n), *y = FE_NEWN(double, e->n);

    for (size_t i = 0; i < e->n; i++) {
        x[i] = (double)(i % fe_geom_nx(g));
        y[i] = (double)(i / fe_geom_nx(g));
    }
    fe_geom_to_sky(g, e->n, x, y, ra, dec);
    for (size_t i = 0; i < e->n; i++)
        fe_geom_to_icrs(g, ra[i], dec[i], &ra[i], &dec[i]);
    free(x);
    free(y);
}

static void keep_known(fe_estimate *e)
{
    size_t *row = FE_NEWN(size_t, e->n), n = 0;
    const double *value = e->family[e->type][FE_VALUE], *ts = e->q[FE_Q_SQRT_TS];

    for (size_t i = 0; i < e->n; i++)
        if ((value && !isnan(value[i])) || (ts && !isnan(ts[i])))
            row[n++] = i;
    fe_estimate_keep(e, n, row);
    free(row);
}

static int to_table(fe_fluxmap_file *m, const fe_format *format, const char *output, int (*change)(fe_estimate *, fe_err *), fe_err *err)
{
    size_t n_bands = fe_fluxmap_n_bands(m);
    fe_estimate **part = FE_NEWN(fe_estimate *, n_bands), *all = NULL;
    int rc = 0;

    for (size_t band = 0; band < n_bands && rc == 0; band++) {
        rc = read_band(m, band, change, &part[band], err);
        if (rc == 0) {
            add_places(fe_fluxmap_geom(m), part[band]);
            keep_known(part[band]);
        }
    }
    if (rc == 0)
        rc = fe_combine_append(n_bands, part, NULL, NULL, &all, err);
    if (rc == 0)
        rc = fe_product_write(all, type_of(m), NULL, &fe_args, format, output, err);
    for (size_t band = 0; band < n_bands; band++)
        fe_estimate_free(part[band]);
    free(part);
    fe_estimate_free(all);
    return rc;
}

int fluxmaps_convert(const fe_bytes *b, const fe_format *format, const char *output, int (*change)(fe_estimate *, fe_err *), fe_err *err)
{
    fe_fluxmap_file *m = NULL;
    int rc = open_maps(b, &m, err);

    if (rc == 0)
        rc = !format || !strcmp(format->name, "fits") ? to_maps(m, output, change, err) : to_table(m, format, output, change, err);
    fe_fluxmap_free(m);
    return rc;
}
