#include "est/sigma_hist.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/num.h"

static const double STEP = 0.5, LEAST_REACH = 6;

void fe_sigma_hist_free(fe_sigma_hist *h)
{
    free(h->value);
    *h = (fe_sigma_hist){ 0 };
}

void fe_sigma_hist_add(fe_sigma_hist *h, size_t n, const double *sqrt_ts, const bool *used)
{
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(sqrt_ts[i]) || (used && !used[i]))
            continue;
        FE_GROW(h->value, h->n, h->cap);
        h->value[h->n++] = sqrt_ts[i];
    }
}

fe_sigma_normal fe_sigma_hist_fit(const fe_sigma_hist *h, size_t circle)
{
    fe_sum sum = { 0, 0 }, square = { 0, 0 };
    double n = (double)h->n, circles = n / (double)circle;
    fe_sigma_normal f = { NAN, NAN, NAN, NAN };

    if (h->n == 0)
        return f;
    for (size_t i = 0; i < h->n; i++)
        fe_sum_add(&sum, h->value[i]);
    f.mean = fe_sum_value(&sum) / n;
    for (size_t i = 0; i < h->n; i++)
        fe_sum_add(&square, (h->value[i] - f.mean) * (h->value[i] - f.mean));
    f.width = sqrt(fe_sum_value(&square) / n);
    f.mean_err = f.width / sqrt(circles);
    f.width_err = f.width / sqrt(2 * circles);
    return f;
}

static double expected(const fe_sigma_normal *f, double n, double lo, double hi)
{
    return 0.5 * n * (erf((hi - f->mean) / (f->width * sqrt(2))) - erf((lo - f->mean) / (f->width * sqrt(2))));
}

fe_table *fe_sigma_hist_table(const fe_sigma_hist *h, size_t circle)
{
    fe_sigma_normal f = fe_sigma_hist_fit(h, circle);
    double reach = LEAST_REACH;
    size_t n_bins;
    fe_table *t;

    for (size_t i = 0; i < h->n; i++)
        reach = fmax(reach, STEP * (floor(fabs(h->value[i]) / STEP) + 1));
    n_bins = (size_t)lround(2 * reach / STEP);
    t = fe_table_new("SIGMA_HIST", n_bins);
    double *lo = fe_table_add(t, "sigma_min", FE_COL_DOUBLE, "", 1)->v.d;
    double *hi = fe_table_add(t, "sigma_max", FE_COL_DOUBLE, "", 1)->v.d;
    int64_t *pixels = fe_table_add(t, "pixels", FE_COL_INT, "", 1)->v.i;
    double *normal = fe_table_add(t, "normal", FE_COL_DOUBLE, "", 1)->v.d;

    for (size_t k = 0; k < n_bins; k++) {
        lo[k] = -reach + STEP * (double)k;
        hi[k] = lo[k] + STEP;
        normal[k] = expected(&f, (double)h->n, lo[k], hi[k]);
    }
    for (size_t i = 0; i < h->n; i++)
        pixels[(size_t)((h->value[i] + reach) / STEP)]++;
    fe_meta_set_number(&t->meta, "MEAN", f.mean, "of the normal distribution of largest likelihood");
    fe_meta_set_number(&t->meta, "MEANERR", f.mean_err, "1 sigma, for independent circles");
    fe_meta_set_number(&t->meta, "WIDTH", f.width, "its standard deviation");
    fe_meta_set_number(&t->meta, "WIDTHERR", f.width_err, "1 sigma, for independent circles");
    fe_meta_set_number(&t->meta, "NPIX", (double)h->n, "pixels outside the exclusion regions");
    return t;
}
