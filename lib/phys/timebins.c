#include "phys/timebins.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "base/str.h"
#include "phys/const.h"
#include "phys/units.h"

enum { MAX_PHASE_BINS = 10000 };

static const double MIN_LENGTH_S = 1e-3;        /* shorter than any good time; an MJD has steps of 6e-7 s       */
static const double BLOCKS_CHANCE = 0.05;       /* Scargle et al. 2013, ApJ 764, 167                            */

typedef struct range { double min, max; } range;

/* ---- lists of edges or ranges: what both languages share --------------------------------------------------------- */

typedef int read_fn(const char *text, const void *ctx, double *x, fe_err *err);

/* "A..B", or "A B" where neither the whole text is one item nor a half is none; false: it is no range. */
static bool split_range(const char *text, read_fn *read, const void *ctx, char **first, const char **second)
{
    const char *dots = strstr(text, "..");
    double x;

    *first = NULL;
    if (dots) {
        *first = fe_strndup(text, (size_t)(dots - text));
        *second = dots + 2;
        return true;
    }
    if (read(text, ctx, &x, NULL) == 0)
        return false;
    for (const char *blank = strchr(text, ' '); blank; blank = strchr(blank + 1, ' ')) {
        *first = fe_strndup(text, (size_t)(blank - text));
        *second = blank + 1;
        if (read(*first, ctx, &x, NULL) == 0 && read(*second, ctx, &x, NULL) == 0)
            return true;
        free(*first);
        *first = NULL;
    }
    return false;
}

static int read_ranges(const fe_strv *part, read_fn *read, const void *ctx, range *bin, fe_err *err)
{
    for (size_t i = 0; i < part->n; i++) {
        char *first;
        const char *second = NULL;
        int rc;

        if (!split_range(part->s[i], read, ctx, &first, &second))
            return fe_fail(err, FE_EUSAGE, NULL, "'%s' stands between bins like A..B, expected a bin", part->s[i]);
        rc = read(first, ctx, &bin[i].min, err) < 0 || read(second, ctx, &bin[i].max, err) < 0 ? -1 : 0;
        free(first);
        if (rc < 0)
            return -1;
    }
    return 0;
}

static int read_edges(const fe_strv *part, read_fn *read, const void *ctx, range *bin, fe_err *err)
{
    double edge = 0;

    for (size_t i = 0; i < part->n; i++) {
        if (read(part->s[i], ctx, &edge, err) < 0)
            return -1;
        if (i > 0)
            bin[i - 1].max = edge;
        if (i + 1 < part->n)
            bin[i].min = edge;
    }
    return 0;
}

/* [*n] bins, to be freed by the caller also where it fails. */
static int read_list(const char *text, const char *what, read_fn *read, const void *ctx, size_t *n, range **bin, fe_err *err)
{
    fe_strv part = { 0 };
    bool has_ranges;
    const char *second;
    char *first = NULL;
    int rc;

    *bin = NULL;
    *n = 0;
    fe_strv_split(&part, text, ",");
    has_ranges = part.n > 0 && split_range(part.s[0], read, ctx, &first, &second);
    free(first);
    *n = has_ranges ? part.n : part.n - (part.n > 0);
    *bin = FE_NEWN(range, part.n + 1);
    rc = has_ranges ? read_ranges(&part, read, ctx, *bin, err) : read_edges(&part, read, ctx, *bin, err);
    if (rc == 0 && *n == 0)
        rc = fe_fail(err, FE_EUSAGE, NULL, "one edge ('%s') makes no %s bin, expected at least two", text, what);
    fe_strv_free(&part);
    return rc;
}

/* "blocks=0.01": 1 when text does not begin with that word; *value is as it was where no number follows. */
static int read_setting(const char *text, const char *word, double low, double high, double *value, fe_err *err)
{
    size_t n = strlen(word);

    if (strncmp(text, word, n) || (text[n] && text[n] != '='))
        return 1;
    if (!text[n])
        return 0;
    if (fe_num_parse(text + n + 1, value) < 0 || !(*value > low) || !(*value < high))
        return fe_fail(err, FE_EUSAGE, NULL, "'%s' in %s is not a number above %g%s", text + n + 1, text, low,
                       isinf(high) ? "" : " and below 1");
    return 0;
}

/* ---- time bins --------------------------------------------------------------------------------------------------- */

static int read_time(const char *text, const void *scale, double *mjd, fe_err *err)
{
    return fe_time_parse_tt(text, *(const fe_timescale *)scale, mjd, err);
}

static int by_start(const void *a, const void *b)
{
    const range *x = a, *y = b;

    if (x->min != y->min)
        return x->min < y->min ? -1 : 1;
    return (x->max > y->max) - (x->max < y->max);
}

static int read_times(const char *text, fe_timescale scale, fe_timebins *bins, fe_err *err)
{
    range *bin;
    size_t n;
    int rc = read_list(text, "time", read_time, &scale, &n, &bin, err);

    for (size_t i = 0; i < n && rc == 0; i++)
        if (!(bin[i].max > bin[i].min))
            rc = fe_fail(err, FE_EUSAGE, NULL, "time bin from MJD %.9g to %.9g is empty, expected ascending times",
                         bin[i].min, bin[i].max);
    if (rc == 0) {
        qsort(bin, n, sizeof *bin, by_start);
        bins->n = n;
        bins->min_mjd = FE_NEWN(double, n);
        bins->max_mjd = FE_NEWN(double, n);
        for (size_t i = 0; i < n; i++) {
            bins->min_mjd[i] = bin[i].min;
            bins->max_mjd[i] = bin[i].max;
        }
    }
    free(bin);
    return rc;
}

static int read_duration(const char *text, double *days, fe_err *err)
{
    double seconds = 0;

    if (fe_quantity_parse(text, "s", &seconds, err) < 0)
        return -1;
    if (!(seconds >= MIN_LENGTH_S) || !isfinite(seconds))
        return fe_fail(err, FE_EUSAGE, NULL, "time bins of '%s', expected at least %g s", text, MIN_LENGTH_S);
    *days = seconds / FE_S_PER_DAY;
    return 0;
}

/* "30min" or "30min/10min" */
static int read_length(const char *text, fe_timebins *bins, fe_err *err)
{
    const char *slash = strchr(text, '/');
    char *length = slash ? fe_strndup(text, (size_t)(slash - text)) : fe_strdup(text);
    int rc = read_duration(length, &bins->length_d, err);

    bins->kind = FE_TIMEBINS_LENGTH;
    bins->step_d = bins->length_d;
    if (rc == 0 && slash)
        rc = read_duration(slash + 1, &bins->step_d, err);
    free(length);
    return rc;
}

/* A number and letters behind it, and no list: a length.  "2006-07-29 UTC" has a sign behind its number. */
static bool looks_like_length(const char *text)
{
    const char *rest;
    double x;

    if (strchr(text, ',') || strstr(text, "..") || fe_num_scan(text, &x, &rest) < 0)
        return false;
    rest += strspn(rest, " ");
    return *rest && strchr("dhmsuwya", *rest);
}

int fe_timebins_parse(const char *text, fe_timescale scale, fe_timebins *bins, fe_err *err)
{
    static const struct { const char *word; fe_timebins_kind kind; int example; } adaptive[] = {
        { "min-sig", FE_TIMEBINS_MIN_SIG, 3 }, { "min-counts", FE_TIMEBINS_MIN_COUNTS, 50 }
    };
    int rc;

    *bins = (fe_timebins){ .kind = FE_TIMEBINS_LIST, .threshold = NAN };
    if (!strcmp(text, "run") || !strcmp(text, "night")) {
        bins->kind = *text == 'r' ? FE_TIMEBINS_RUN : FE_TIMEBINS_NIGHT;
        return 0;
    }
    for (size_t k = 0; k < sizeof adaptive / sizeof *adaptive; k++)
        if ((rc = read_setting(text, adaptive[k].word, 0, INFINITY, &bins->threshold, err)) <= 0) {
            bins->kind = adaptive[k].kind;
            return rc == 0 && isnan(bins->threshold) ? fe_fail(err, FE_EUSAGE, NULL, "%s without a number, expected one like %s=%d",
                                                               adaptive[k].word, adaptive[k].word, adaptive[k].example) : rc;
        }
    bins->threshold = BLOCKS_CHANCE;
    if ((rc = read_setting(text, "blocks", 0, 1, &bins->threshold, err)) <= 0) {
        bins->kind = FE_TIMEBINS_BLOCKS;
        return rc;
    }
    bins->threshold = NAN;
    return looks_like_length(text) ? read_length(text, bins, err) : read_times(text, scale, bins, err);
}

void fe_timebins_free(fe_timebins *bins)
{
    free(bins->min_mjd);
    free(bins->max_mjd);
    *bins = (fe_timebins){ .kind = FE_TIMEBINS_LIST, .threshold = NAN };
}

/* ---- phase bins -------------------------------------------------------------------------------------------------- */

static int read_phase(const char *text, const void *ctx, double *phase, fe_err *err)
{
    (void)ctx;
    if (fe_num_parse(text, phase) < 0 || !(*phase >= -1) || !(*phase <= 2))
        return fe_fail(err, FE_EUSAGE, NULL, "'%s' is not a phase, expected one from 0 to 1", text);
    return 0;
}

/* "10": 1 when it is no single number. */
static int read_number_of_bins(const char *text, fe_phasebins *bins, fe_err *err)
{
    double n;

    if (fe_num_parse(text, &n) < 0)
        return 1;
    if (!(n >= 1) || n != rint(n) || n > MAX_PHASE_BINS)
        return fe_fail(err, FE_EUSAGE, NULL, "%s phase bins, expected a whole number from 1 to %d", text, MAX_PHASE_BINS);
    bins->n = (size_t)n;
    bins->min = FE_NEWN(double, bins->n);
    bins->max = FE_NEWN(double, bins->n);
    for (size_t i = 0; i < bins->n; i++) {
        bins->min[i] = (double)i / n;
        bins->max[i] = (double)(i + 1) / n;
    }
    return 0;
}

/* Into 0 .. 1.  "0.9..1.1" is 0.9..0.1; a start at 1 is one at 0, a stop at 0 is one at 1. */
static int set_phases(const range *bin, fe_phasebins *bins, size_t i, fe_err *err)
{
    double width = bin->max - bin->min, max = bin->max - (ceil(bin->max) - 1);

    if (width < 0)
        width++;
    if (!(width > 0) || width > 1)
        return fe_fail(err, FE_EUSAGE, NULL, "phase bin from %g to %g is empty or longer than a period", bin->min, bin->max);
    bins->min[i] = bin->min - floor(bin->min);
    bins->max[i] = width == 1 && bins->min[i] != 0 ? bins->min[i] : max;
    return 0;
}

int fe_phasebins_parse(const char *text, fe_phasebins *bins, fe_err *err)
{
    range *bin = NULL;
    size_t n = 0;
    int rc;

    *bins = (fe_phasebins){ 0, NULL, NULL };
    rc = read_number_of_bins(text, bins, err);
    if (rc <= 0)
        return rc;
    rc = read_list(text, "phase", read_phase, NULL, &n, &bin, err);
    if (rc == 0) {
        bins->n = n;
        bins->min = FE_NEWN(double, n);
        bins->max = FE_NEWN(double, n);
    }
    for (size_t i = 0; i < n && rc == 0; i++)
        rc = set_phases(&bin[i], bins, i, err);
    free(bin);
    if (rc < 0)
        fe_phasebins_free(bins);
    return rc;
}

void fe_phasebins_free(fe_phasebins *bins)
{
    free(bins->min);
    free(bins->max);
    *bins = (fe_phasebins){ 0, NULL, NULL };
}

bool fe_phasebins_holds(const fe_phasebins *bins, size_t i, double phase)
{
    if (bins->max[i] > bins->min[i])
        return phase >= bins->min[i] && phase < bins->max[i];
    return phase >= bins->min[i] || phase < bins->max[i];
}

double fe_phasebins_width(const fe_phasebins *bins, size_t i)
{
    double width = bins->max[i] - bins->min[i];

    return width > 0 ? width : width + 1;
}

double fe_phase(double mjd, double t0_mjd, double period_d)
{
    double turns = (mjd - t0_mjd) / period_d, phase = turns - floor(turns);

    return phase >= 1 ? 0 : phase;              /* -1e-20 turns are 1 less 1e-20, which a double rounds to 1 */
}
