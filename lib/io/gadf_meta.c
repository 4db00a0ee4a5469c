/* Keywords of flux tables: type, levels of errors and limits, time system (interface 5; user demands 2, 10, 19). */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/note.h"
#include "io/gadf_columns.h"
#include "phys/stat.h"

static const char *const ours[] = { "SED_TYPE", "UL_CONF", "ULSIDE", "ULDTS", "ULBOUND", "UL_RULE", "NSIGMA", "TIMESYS",
                                    "MJDREF", "MJDREFI", "MJDREFF", "TIMEUNIT", "TIMEREF", "REFMODEL" };

bool fe_meta_is_ours(const char *key)
{
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        if (fe_str_equal_nocase(key, ours[i]))
            return true;
    return false;
}

/* MJDREF as one keyword or as two; 0 when there is none: the times are MJD. */
double fe_meta_mjdref(const fe_metalist *meta)
{
    double whole = fe_meta_number(meta, "MJDREFI"), part = fe_meta_number(meta, "MJDREFF");
    double one = fe_meta_number(meta, "MJDREF");

    if (!isnan(whole))
        return whole + (isnan(part) ? 0 : part);
    return isnan(one) ? 0 : one;
}

/* ---- reading ------------------------------------------------------------------------------------------------ */

/* UL_CONF that is the content of so many sigma, as gammapy writes it (rounded to 7 digits): the sigma, or 0. */
static double sigma_of_content(double conf)
{
    static const double ROUNDED = 6e-8, SIGMA_MAX = 5;

    for (double k = 5; k <= 10 * SIGMA_MAX; k++)
        if (fabs(2 * fe_stat_cl_of_drop(k * k / 100) - 1 - conf) < ROUNDED)
            return k / 10;
    return 0;
}

static const char *side_by_producer(const fe_table *t, double conf)
{
    const char *creator = fe_meta_text(&t->meta, "CREATOR");

    if (fe_str_equal_nocase(t->name, "SED") || (creator && fe_str_starts(creator, "fermipy")))
        return "one";               /* norm_ul: rise of 2.71 for 0.95 */
    if (creator && fe_str_starts(creator, "csspec"))
        return "two";               /* ctulimit: rise of 3.84 for 0.95 */
    return sigma_of_content(conf) > 0 ? "two" : NULL;
}

static double drop_of(double conf, const char *side)
{
    double sigma = sigma_of_content(conf);

    if (!side || !(conf > 0 && conf < 1))
        return NAN;
    if (!strcmp(side, "one"))
        return fe_stat_drop_of_cl(conf);
    return sigma > 0 ? sigma * sigma : fe_stat_drop_of_cl((1 + conf) / 2);
}

static bool has_limits(const fe_table *t)
{
    for (size_t k = 0; k < t->n_cols; k++) {
        fe_slot slot = fe_slot_of_column(t->col[k].name);

        if (slot.kind == FE_SLOT_MEMBER && slot.b == FE_UL)
            return true;
    }
    return false;
}

static void read_limits(const fe_table *t, fe_estimate *e)
{
    const fe_where where = { e->file, *t->name ? t->name : NULL, 0 };
    const char *side = fe_meta_text(&t->meta, "ULSIDE");
    const fe_meta *bound = fe_meta_find(&t->meta, "ULBOUND");

    e->n_sigma = fe_meta_number(&t->meta, "NSIGMA");
    e->ul_conf = fe_meta_number(&t->meta, "UL_CONF");
    e->ul_drop = fe_meta_number(&t->meta, "ULDTS");
    e->ul_bounded = bound && bound->number != 0;
    if (!side && !isnan(e->ul_conf))
        side = side_by_producer(t, e->ul_conf);
    e->ul_side = fe_strdup(side);
    if (isnan(e->ul_drop))
        e->ul_drop = drop_of(e->ul_conf, side);
    if (!has_limits(t))
        return;
    if (isnan(e->ul_conf) && isnan(e->ul_drop))
        fe_note(FE_NOTE_WARN, &where, "upper limits without a confidence level (no UL_CONF)");
    else if (!side && isnan(e->ul_drop))
        fe_note(FE_NOTE_SAID, &where, "upper limits at UL_CONF %g, but one- or two-sided is not said (no ULSIDE)",
                e->ul_conf);
}

void fe_meta_to_estimate(const fe_document *doc, const fe_table *t, fe_estimate *e)
{
    const char *timesys = fe_meta_text(&t->meta, "TIMESYS");

    read_limits(t, e);
    e->ul_rule = fe_strdup(fe_meta_text(&t->meta, "UL_RULE"));
    e->timesys = fe_strdup(timesys ? timesys : fe_document_is_bare(doc) ? "TT" : NULL);
    for (char *p = e->timesys; p && *p; p++)
        *p = (char)toupper((unsigned char)*p);
    for (size_t i = 0; i < t->meta.n; i++) {
        const fe_meta *m = &t->meta.m[i];

        if (!fe_meta_is_ours(m->key))
            fe_meta_set(&e->rest->meta, m->key, m->type, m->text, m->comment);
    }
}

/* ---- writing ------------------------------------------------------------------------------------------------ */

static bool same(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static bool same_text(const char *a, const char *b)
{
    return a && b ? !strcmp(a, b) : a == b;
}

/* 2 0.95 - 1 is 0.9, not 0.8999999999999999. */
static double tidy(double conf)
{
    return round(conf * 1e12) / 1e12;
}

/*
 * UL_CONF: one-sided in our layout, two-sided in gammapy's, which takes it for that.  What came with a file of the same
 * layout stays in the convention it came in.
 */
static void put_limits(const fe_estimate *e, const fe_estimate *was, bool gadf, fe_meta_state state, fe_metalist *meta)
{
    bool kept = was && same(e->ul_conf, was->ul_conf) && same(e->ul_drop, was->ul_drop) &&
                same_text(e->ul_side, was->ul_side);
    const char *side;
    double one = !isnan(e->ul_drop) ? fe_stat_cl_of_drop(e->ul_drop) : e->ul_conf;

    if (!e->family[e->type][FE_UL] || (isnan(e->ul_conf) && isnan(e->ul_drop)) || (kept && state == FE_META_SAME))
        return;
    if (!e->ul_side) {
        if (!isnan(e->ul_conf))
            fe_meta_set_number(meta, "UL_CONF", e->ul_conf, "confidence level of limits");
        return;
    }
    side = gadf ? "two" : kept && state == FE_META_SAME_LAYOUT ? e->ul_side : "one";
    if (isnan(e->ul_drop) && strcmp(e->ul_side, "one"))
        one = (1 + e->ul_conf) / 2;
    if (strcmp(side, e->ul_side) || isnan(e->ul_conf))
        one = tidy(strcmp(side, "one") ? 2 * one - 1 : one);
    else
        one = tidy(e->ul_conf);
    fe_meta_set_number(meta, "UL_CONF", one, "confidence level of limits");
    fe_meta_set(meta, "ULSIDE", FE_META_STRING, side, "UL_CONF is one- or two-sided");
    if (!isnan(e->ul_drop))
        fe_meta_set_number(meta, "ULDTS", e->ul_drop, "rise of -2 ln L at the limits");
    if (!was || e->ul_bounded || fe_meta_find(meta, "ULBOUND"))
        fe_meta_set_bool(meta, "ULBOUND", e->ul_bounded, "limits count from norm 0 where the norm is negative");
}

bool fe_meta_is_moved_to_tt(const char *timesys, bool gadf, bool same_layout)
{
    return gadf && !same_layout && fe_str_equal_nocase(timesys, "UTC");
}

/* The scale in the letters the reader of the layout knows: gammapy takes "tt", not "TT". */
static void put_timesys(const char *timesys, bool gadf, fe_metalist *meta)
{
    char *text = fe_strdup(timesys);

    for (char *p = text; gadf && *p; p++)
        *p = (char)tolower((unsigned char)*p);
    fe_meta_set(meta, "TIMESYS", FE_META_STRING, text, "time scale");
    free(text);
}

/* Times that came with a file keep their reference (gadf_encode.c writes them so). */
static void put_times(const fe_estimate *e, const fe_estimate *was, bool gadf, fe_meta_state state, fe_metalist *meta)
{
    bool new = !was || !was->key[FE_KEY_TIME_MIN] || (state == FE_META_NEW && !fe_meta_find(meta, "TIMESYS"));

    if (!e->key[FE_KEY_TIME_MIN])
        return;
    if (new) {
        fe_meta_set(meta, "MJDREFI", FE_META_INT, "0", "[d] times are MJD");
        fe_meta_set_number(meta, "MJDREFF", 0, "[d] times are MJD");
    }
    if (e->timesys && (new || state == FE_META_NEW ||
                       (state != FE_META_SAME && !fe_str_equal_nocase(fe_meta_text(meta, "TIMESYS"), e->timesys))))
        put_timesys(fe_meta_is_moved_to_tt(e->timesys, gadf, state != FE_META_NEW) ? "TT" : e->timesys, gadf, meta);
    if (new) {
        fe_meta_set(meta, "TIMEUNIT", FE_META_STRING, "d", "unit of time_min, time_max");
        fe_meta_set(meta, "TIMEREF", FE_META_STRING, "LOCAL", "no barycentre correction");
    }
}

/* Keywords of tools and of the file: what is new, has another value, or is gone. */
static void put_rest(const fe_metalist *rest, const fe_metalist *was, fe_metalist *meta)
{
    for (size_t i = 0; i < rest->n; i++) {
        const fe_meta *m = &rest->m[i], *old = was ? fe_meta_find(was, m->key) : NULL;

        if (!old || (!same_text(m->text, old->text) && fe_meta_find(rest, m->key) == m))
            fe_meta_set(meta, m->key, m->type, m->text, m->comment);
    }
    for (size_t i = 0; was && i < was->n; i++)
        if (!fe_meta_find(rest, was->m[i].key))
            fe_meta_remove(meta, was->m[i].key);
}

void fe_meta_of_estimate(const fe_estimate *e, const fe_estimate *was, bool gadf, fe_meta_state state,
                         fe_metalist *meta)
{
    if (!was || e->type != was->type || (state == FE_META_NEW && !fe_meta_find(meta, "SED_TYPE")))
        fe_meta_set(meta, "SED_TYPE", FE_META_STRING, fe_sedtypes[e->type].name, "type of the values");
    if (!isnan(e->n_sigma) && !(was && same(e->n_sigma, was->n_sigma)))
        fe_meta_set_number(meta, "NSIGMA", e->n_sigma, "level of errors, standard deviations");
    put_limits(e, was, gadf, state, meta);
    if (e->ul_rule && !(was && same_text(e->ul_rule, was->ul_rule)))
        fe_meta_set(meta, "UL_RULE", FE_META_STRING, e->ul_rule, "when a row counts as a limit (is_ul)");
    put_times(e, was, gadf, state, meta);
    put_rest(&e->rest->meta, was ? &was->rest->meta : NULL, meta);
}
