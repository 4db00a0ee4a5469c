#include "types/deabsorb.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static const char KEYWORD[] = "ABSORB", DONE[] = "deabsorbed";

static bool has_type(const fe_estimate *e, int type)
{
    for (int m = 0; m < FE_MEMBER_N; m++)
        if (e->family[type][m])
            return true;
    return e->ref[type] != NULL;
}

/* M / T: exp(-alpha tau) with alpha -1 (algorithms 4). */
static fe_spectrum *emitted(const fe_spectrum *model, fe_ebl *ebl, double redshift)
{
    fe_spectrum *inverse = fe_spectrum_new("ebl-norm");

    inverse->ebl = fe_ebl_share(ebl);
    fe_spectrum_par(inverse, "redshift")->value = redshift;
    fe_spectrum_par(inverse, "alpha_norm")->value = -1;
    return fe_spectrum_join('*', fe_spectrum_copy(model), inverse);
}

/* A flux of the whole table times k[row]; what has no finite answer is missing. */
static void scale(fe_estimate *e, int type, const double *k)
{
    for (int m = 0; m <= FE_MEMBER_N; m++) {
        double *x = m < FE_MEMBER_N ? e->family[type][m] : e->ref[type];

        for (size_t i = 0; x && i < e->n; i++) {
            x[i] *= k[i];
            if (isinf(x[i]))
                x[i] = NAN;
        }
    }
}

/* What each type is multiplied with in a row; `new` NULL: e_ref alone decides. */
static double factor(const fe_estimate *e, const fe_spectrum *new, const fe_ebl *ebl, double redshift, int type,
                     size_t i)
{
    const double *lo = e->key[FE_KEY_E_MIN], *hi = e->key[FE_KEY_E_MAX], e_ref = e->key[FE_KEY_E_REF][i];

    if (!fe_sedtypes[type].needs_band)
        return 1 / fe_ebl_transmission(ebl, redshift, e_ref);
    if (!lo || !hi)
        return NAN;
    return fe_sedtype_ref((fe_sedtype)type, new, lo[i], hi[i], e_ref) /
           fe_sedtype_ref((fe_sedtype)type, e->model, lo[i], hi[i], e_ref);
}

static int check(const fe_estimate *e, fe_err *err)
{
    const fe_where where = { e->file, NULL, 0 };
    const char *state = fe_meta_text(&e->rest->meta, KEYWORD);
    bool dnde = has_type(e, FE_SED_DNDE) || has_type(e, FE_SED_E2DNDE);

    if (state && fe_str_equal_nocase(state, DONE))
        return fe_fail(err, FE_EDATA, &where, "its values are deabsorbed already (%s = %s)", KEYWORD, state);
    if (!e->key[FE_KEY_E_REF])
        return fe_fail(err, FE_EDATA, &where, "absorption needs energies, but the table has no e_ref, e_min and e_max");
    for (int t = 0; t < FE_SED_LIKELIHOOD; t++)
        if (!e->model && ((fe_sedtypes[t].needs_band && has_type(e, t)) || !dnde))
            return fe_fail(err, FE_EDATA, &where, "absorption is not the same all over a band: its mean needs the "
                           "reference model, and the table stores none: give --swap-model M, or --model M where there are no ref_* columns");
    return 0;
}

static void describe(fe_estimate *e, const fe_ebl *ebl, double redshift)
{
    fe_metalist *meta = &e->rest->meta;
    const char *slash = strrchr(ebl->name, '/');

    fe_meta_set(meta, KEYWORD, FE_META_STRING, DONE, "absorption on the way is taken out");
    fe_meta_set(meta, "EBLMODEL", FE_META_STRING, slash ? slash + 1 : ebl->name, "table of the transmission");
    fe_meta_set_number(meta, "REDSHIFT", redshift, "of the source");
}

int fe_estimate_deabsorb(fe_estimate *e, fe_ebl *ebl, double redshift, fe_err *err)
{
    double *k = FE_NEWN(double, e->n ? e->n : 1);
    fe_spectrum *new = NULL;
    int rc;

    fe_estimate_complete_e_ref(e);
    rc = check(e, err);
    if (rc == 0 && e->model) {
        fe_estimate_fill_refs(e);
        new = emitted(e->model, ebl, redshift);
    }
    for (int t = 0; rc == 0 && t < FE_SED_LIKELIHOOD; t++) {
        if (!has_type(e, t))
            continue;
        for (size_t i = 0; i < e->n; i++)
            k[i] = factor(e, new, ebl, redshift, t, i);
        scale(e, t, k);
    }
    if (rc == 0)
        describe(e, ebl, redshift);
    if (new) {
        fe_spectrum_free(e->model);
        e->model = new;
        free(e->model_yaml);
        e->model_yaml = NULL;
    }
    free(k);
    return rc;
}
