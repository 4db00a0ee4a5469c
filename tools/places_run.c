#include "places_run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/format.h"
#include "phys/sky.h"

void places_free(places *p)
{
    for (size_t k = 0; k < p->n; k++)
        free(p->place[k].name);
    free(p->place);
}

static void add_place(places *p, const char *name, double ra, double dec)
{
    FE_GROW(p->place, p->n, p->cap);
    p->place[p->n++] = (place){ fe_strdup(name), ra, dec };
}

static int read_table(const fe_document *doc, places *out, fe_err *err)
{
    const fe_table *t = fe_document_first(doc);
    const fe_column *name = t ? fe_table_find(t, "name") : NULL, *a = t ? fe_table_find(t, "ra") : NULL;
    const fe_column *b = t ? fe_table_find(t, "dec") : NULL;
    bool galactic = !a || !b;

    if (t && galactic) {
        a = fe_table_find(t, "glon");
        b = fe_table_find(t, "glat");
    }
    if (!a || !b || a->type == FE_COL_STRING || b->type == FE_COL_STRING)
        return fe_fail(err, FE_EDATA, &(fe_where){ doc->file, NULL, 0 }, "no places: expected columns ra and dec, or glon and glat, in degrees");
    for (size_t i = 0; i < t->n_rows; i++) {
        double lon = fe_column_number(a, i, 0), lat = fe_column_number(b, i, 0);
        fe_str text = { 0 };

        if (galactic)
            fe_sky_galactic_to_icrs(lon, lat, &lon, &lat);
        fe_str_addf(&text, "P%zu", i + 1);
        add_place(out, name && name->type == FE_COL_STRING ? fe_column_string(name, i, 0) : text.s, lon, lat);
        fe_str_free(&text);
    }
    return 0;
}

int places_read(const fe_strv *at, const char *table, places *out, fe_err *err)
{
    fe_document *doc = NULL;
    int rc = 0;

    for (size_t k = 0; k < at->n && rc == 0; k++) {
        double ra, dec;

        rc = fe_sky_parse(at->s[k], &ra, &dec, err);
        if (rc == 0)
            add_place(out, at->s[k], ra, dec);
    }
    if (rc == 0 && table) {
        doc = fe_document_read(table, err);
        rc = doc ? read_table(doc, out, err) : -1;
        fe_document_free(doc);
    }
    if (rc == 0 && !at->n && !table)
        rc = fe_fail(err, FE_EUSAGE, NULL, "no places: give --at or --positions");
    return rc;
}

bool places_pixel(fe_geom *g, const place *p, size_t *pixel)
{
    double lon, lat, x, y;

    fe_geom_of_icrs(g, p->ra, p->dec, &lon, &lat);
    fe_geom_to_pixel(g, 1, &lon, &lat, &x, &y);
    x = round(x);
    y = round(y);
    if (!(x >= 0 && y >= 0 && x < (double)fe_geom_nx(g) && y < (double)fe_geom_ny(g)))
        return false;
    *pixel = (size_t)y * fe_geom_nx(g) + (size_t)x;
    return true;
}

void places_copy_pixel(const fe_estimate *from, size_t pixel, fe_estimate *e, size_t row)
{
    for (int k = 0; k < FE_KEY_N; k++)
        if (from->key[k])
            fe_estimate_key(e, (fe_key)k)[row] = from->key[k][pixel];
    for (int t = 0; t < FE_SED_N; t++)
        for (int k = 0; k < FE_MEMBER_N; k++)
            if (from->family[t][k])
                fe_estimate_member(e, (fe_sedtype)t, (fe_member)k)[row] = from->family[t][k][pixel];
    for (int k = 0; k < FE_Q_N; k++)
        if (from->q[k])
            fe_estimate_quantity(e, (fe_quantity)k)[row] = from->q[k][pixel];
}

void places_put_scan(const fe_scanlist *scans, size_t band, size_t pixel, fe_estimate *e, size_t row)
{
    for (size_t k = 0; k < scans->n; k++)
        if (scans->scan[k].band == band && scans->scan[k].pixel == pixel) {
            fe_estimate_scan(e, fe_scanlist_longest(scans));
            memcpy(e->norm_scan + row * e->n_scan, scans->scan[k].norm, scans->scan[k].n * sizeof *e->norm_scan);
            memcpy(e->stat_scan + row * e->n_scan, scans->scan[k].stat, scans->scan[k].n * sizeof *e->stat_scan);
        }
}

void places_put(const places *p, size_t n_bands, fe_estimate *e)
{
    double *ra = fe_table_add(e->rest, "ra", FE_COL_DOUBLE, "deg", 1)->v.d;
    double *dec = fe_table_add(e->rest, "dec", FE_COL_DOUBLE, "deg", 1)->v.d;

    for (size_t row = 0; row < e->n; row++) {
        fe_estimate_set_source(e, row, p->place[row / n_bands].name);
        ra[row] = p->place[row / n_bands].ra;
        dec[row] = p->place[row / n_bands].dec;
    }
}
