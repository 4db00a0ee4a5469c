/* Free parameters of the sources and backgrounds of a fit. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "est/fit_parts.h"

static int check_par(const fe_model *m, const fe_spectrum *leaf, size_t i, fe_err *err)
{
    const fe_par *p = &leaf->par[i];
    const char *name = leaf->kind->par[i].name;

    if (!isfinite(p->value))
        return fe_fail(err, FE_EDATA, NULL, "source '%s': parameter %s is %g, expected a finite number", m->name, name,
                       p->value);
    if (!p->frozen && (p->value < p->min || p->value > p->max))
        return fe_fail(err, FE_EDATA, NULL, "source '%s': parameter %s starts at %g, expected a value inside its "
                       "limits %g to %g", m->name, name, p->value, p->min, p->max);
    return 0;
}

bool fe_fit_is_linear(const char *name)
{
    return !strcmp(name, "amplitude") || !strcmp(name, "norm") || !strcmp(name, "const");
}

/* Number of a free parameter that this one is linked to, or SIZE_MAX. */
static size_t linked_to(const fe_fit *f, const fe_par *p)
{
    for (size_t i = 0; p->link && i < f->n_own; i++)
        if (f->own[i].par->link == p->link)
            return f->own[i].number;
    return SIZE_MAX;
}

static void add_par(fe_fit *f, const fe_model *m, fe_spectrum *leaf, size_t i)
{
    const fe_par *p = &leaf->par[i];
    const fe_par_spec *spec = &leaf->kind->par[i];
    size_t linked = linked_to(f, p);

    f->own = fe_realloc(f->own, f->n_own + 1, sizeof *f->own);
    f->own[f->n_own++] = (fe_fit_target){ &leaf->par[i], linked == SIZE_MAX ? f->n_par : linked };
    if (linked != SIZE_MAX) {                       /* the limits are those of the first, as a models file says */
        f->is_amplitude[linked] = f->is_amplitude[linked] && fe_fit_is_linear(spec->name);
        return;
    }
    f->par = fe_realloc(f->par, f->n_par + 1, sizeof *f->par);
    f->is_amplitude = fe_realloc(f->is_amplitude, f->n_par + 1, sizeof *f->is_amplitude);
    f->is_amplitude[f->n_par] = fe_fit_is_linear(spec->name);
    f->par[f->n_par++] = (fe_fit_par){ .source = m->name, .name = spec->name, .unit = spec->unit, .start = p->value,
                                       .value = p->value, .error = NAN, .min = p->min, .max = p->max };
}

static int collect(fe_fit *f, const fe_model *m, fe_spectrum *s, fe_err *err)
{
    if (!s->kind)
        return collect(f, m, s->left, err) < 0 || collect(f, m, s->right, err) < 0 ? -1 : 0;
    for (size_t i = 0; i < s->kind->n_par; i++) {
        if (check_par(m, s, i, err) < 0)
            return -1;
        if (!s->par[i].frozen)
            add_par(f, m, s, i);
    }
    return 0;
}

int fe_fit_model_new(fe_fit *f, fe_err *err)
{
    for (size_t k = 0; k < fe_models_n_all(f->models); k++) {
        fe_model *m = fe_models_at(f->models, k);

        if (k < f->models->n && fe_spectrum_is_norm(m->spectrum))
            return fe_fail(err, FE_EDATA, NULL, "source '%s': its model is a factor without a unit, expected a "
                           "spectrum", m->name);
        if (collect(f, m, m->spectrum, err) < 0)
            return -1;
    }
    return 0;
}

/* ---- fewer ----------------------------------------------------------------------------------------------------- */

void fe_fit_par_remove(fe_fit *f, size_t k)
{
    for (size_t i = 0; i < f->n_own; i++)
        if (f->own[i].number > k)
            f->own[i].number--;
    for (; k + 1 < f->n_par; k++) {
        f->par[k] = f->par[k + 1];
        f->is_amplitude[k] = f->is_amplitude[k + 1];
    }
    f->n_par--;
}

static bool has_other_owner(const fe_fit *f, size_t i)
{
    for (size_t k = 0; k < f->n_own; k++)
        if (k != i && f->own[k].number == f->own[i].number)
            return true;
    return false;
}

/* Parameter i of those owned is the model's own no longer. */
static void freeze(fe_fit *f, size_t i)
{
    size_t number = f->own[i].number;
    bool shared = has_other_owner(f, i);

    f->own[i].par->frozen = true;
    for (size_t k = i; k + 1 < f->n_own; k++)
        f->own[k] = f->own[k + 1];
    f->n_own--;
    if (!shared)
        fe_fit_par_remove(f, number);
}

static bool is_in(const fe_spectrum *s, const fe_par *p)
{
    if (!s->kind)
        return is_in(s->left, p) || is_in(s->right, p);
    return p >= s->par && p < s->par + s->kind->n_par;
}

void fe_fit_freeze_model(fe_fit *f, size_t k)
{
    for (size_t i = f->n_own; i-- > 0;)
        if (is_in(fe_models_at(f->models, k)->spectrum, f->own[i].par))
            freeze(f, i);
}
