#include "phys/spectrum.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "phys/spectrum_ebl.h"

const fe_spectrum_kind *fe_spectrum_kind_find(const char *type_or_tag)
{
    if (!strcmp(type_or_tag, "ebl"))
        type_or_tag = "ebl-norm";
    for (const fe_spectrum_kind *k = fe_spectrum_kinds; k->type; k++)
        if (!strcmp(type_or_tag, k->type) || !strcmp(type_or_tag, k->tag))
            return k;
    return NULL;
}

fe_spectrum *fe_spectrum_new(const char *type_or_tag)
{
    const fe_spectrum_kind *kind = fe_spectrum_kind_find(type_or_tag);
    fe_spectrum *s;

    if (!kind)
        return NULL;
    s = FE_NEW(fe_spectrum);
    s->kind = kind;
    for (size_t i = 0; i < kind->n_par; i++)
        s->par[i] = (fe_par){ .value = kind->par[i].value, .min = NAN, .max = NAN, .frozen = kind->par[i].frozen };
    return s;
}

fe_spectrum *fe_spectrum_join(char op, fe_spectrum *left, fe_spectrum *right)
{
    fe_spectrum *s = FE_NEW(fe_spectrum);

    s->op = op;
    s->left = left;
    s->right = right;
    return s;
}

static double *copy_array(const double *x, size_t n)
{
    double *y = FE_NEWN(double, n);

    if (n)
        memcpy(y, x, n * sizeof *y);
    return y;
}

fe_spectrum *fe_spectrum_nodes(const char *type_or_tag, size_t n, const double *e_TeV, const double *value)
{
    fe_spectrum *s = fe_spectrum_new(type_or_tag);

    if (!s)
        return NULL;
    s->n_node = n;
    s->node_e_TeV = copy_array(e_TeV, n);
    s->node_value = copy_array(value, n);
    return s;
}

fe_spectrum *fe_spectrum_template(size_t n, const double *e_TeV, const double *dnde)
{
    return fe_spectrum_nodes("template", n, e_TeV, dnde);
}

fe_spectrum *fe_spectrum_copy(const fe_spectrum *s)
{
    fe_spectrum *copy;

    if (!s)
        return NULL;
    copy = FE_NEW(fe_spectrum);
    *copy = *s;
    copy->node_e_TeV = s->node_e_TeV ? copy_array(s->node_e_TeV, s->n_node) : NULL;
    copy->node_value = s->node_value ? copy_array(s->node_value, s->n_node) : NULL;
    copy->ebl = fe_ebl_share(s->ebl);
    copy->left = fe_spectrum_copy(s->left);
    copy->right = fe_spectrum_copy(s->right);
    return copy;
}

void fe_spectrum_free(fe_spectrum *s)
{
    if (!s)
        return;
    fe_spectrum_free(s->left);
    fe_spectrum_free(s->right);
    free(s->node_e_TeV);
    free(s->node_value);
    fe_ebl_free(s->ebl);
    free(s);
}

fe_par *fe_spectrum_par(fe_spectrum *s, const char *name)
{
    for (size_t i = 0; s->kind && i < s->kind->n_par; i++)
        if (!strcmp(name, s->kind->par[i].name))
            return &s->par[i];
    return NULL;
}

void fe_spectrum_negate(fe_spectrum *s)
{
    static const char *const factors[] = { "amplitude", "norm", "const" };
    fe_par *p = NULL;

    if (!s->kind) {
        bool is_right = s->op == '*' && fe_spectrum_is_norm(s->left);

        if (!is_right)
            fe_spectrum_negate(s->left);
        if (is_right || s->op != '*')
            fe_spectrum_negate(s->right);
        return;
    }
    for (size_t i = 0; !p && i < sizeof factors / sizeof *factors; i++)
        p = fe_spectrum_par(s, factors[i]);
    if (p) {
        double min = p->min;

        p->value = -p->value;
        p->min = -p->max;
        p->max = -min;
    }
    for (size_t k = 0; k < s->n_node; k++)
        s->node_value[k] = -s->node_value[k];
}

bool fe_spectrum_has_nodes(const fe_spectrum *s)
{
    return s->kind && !s->kind->n_par;
}

bool fe_spectrum_has_table(const fe_spectrum *s)
{
    return s->kind && !strcmp(s->kind->tag, "ebl-norm");
}

bool fe_spectrum_is_norm(const fe_spectrum *s)
{
    return s->kind ? s->kind->is_norm : fe_spectrum_is_norm(s->left) && fe_spectrum_is_norm(s->right);
}

double fe_spectrum_dnde(const fe_spectrum *s, double e_TeV)
{
    double a, b;

    if (s->kind)
        return s->kind->dnde(s, e_TeV);
    a = fe_spectrum_dnde(s->left, e_TeV);
    b = fe_spectrum_dnde(s->right, e_TeV);
    return s->op == '*' ? a * b : s->op == '+' ? a + b : a - b;
}
