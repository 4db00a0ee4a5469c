#include "types/model_pars.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* ---- the list -------------------------------------------------------------------------------------------------- */

static void add(fe_model_pars *list, const fe_models *models, size_t source, fe_spectrum *s, const char *path)
{
    fe_str name = { 0 };

    for (int side = 0; !s->kind && side < 2; side++) {
        name.len = 0;
        fe_str_addf(&name, "%s.model%d", path, side + 1);
        add(list, models, source, side ? s->right : s->left, name.s);
    }
    for (size_t i = 0; s->kind && i < s->kind->n_par; i++) {
        const char *own = fe_models_at(models, source)->name;

        name.len = 0;
        fe_str_addf(&name, "%s.%s", path, s->kind->par[i].name);
        FE_GROW(list->par, list->n, list->cap);
        list->par[list->n++] = (fe_model_par){ source, own && *own ? own : "source", fe_strdup(name.s), &s->par[i],
                                               &s->kind->par[i], SIZE_MAX };
    }
    fe_str_free(&name);
}

static void number_free(const fe_models *models, fe_model_pars *list)
{
    size_t *of_link = FE_NEWN(size_t, models->link.n), n = 0;       /* number + 1 of each link; 0: none yet */

    for (size_t k = 0; k < list->n; k++) {
        unsigned link = list->par[k].par->link;

        if (list->par[k].par->frozen)
            continue;
        list->par[k].number = link && of_link[link - 1] ? of_link[link - 1] - 1 : n++;
        if (link)
            of_link[link - 1] = list->par[k].number + 1;
    }
    free(of_link);
}

void fe_model_pars_list(const fe_models *models, fe_model_pars *out)
{
    fe_str path = { 0 };

    *out = (fe_model_pars){ 0 };
    for (size_t k = 0; k < fe_models_n_all(models); k++) {
        const fe_model *m = fe_models_at(models, k);

        path.len = 0;
        fe_str_addf(&path, "%s.spectral", m->name && *m->name ? m->name : "source");
        add(out, models, k, m->spectrum, path.s);
    }
    fe_str_free(&path);
    number_free(models, out);
}

void fe_model_pars_free(fe_model_pars *list)
{
    for (size_t k = 0; k < list->n; k++)
        free(list->par[k].name);
    free(list->par);
    *list = (fe_model_pars){ 0 };
}

void fe_models_free_names(const fe_models *models, fe_strv *out)
{
    fe_model_pars list;
    size_t first = out->n;

    fe_model_pars_list(models, &list);
    for (size_t k = 0; k < list.n; k++)
        if (list.par[k].number == out->n - first)
            fe_strv_add(out, list.par[k].name);
    fe_model_pars_free(&list);
}

/* ---- names ----------------------------------------------------------------------------------------------------- */

const char *fe_model_par_short(const fe_model_par *p)
{
    return p->name + strlen(p->source_name) + strlen(".spectral.");
}

bool fe_model_par_is(const fe_model_par *p, const char *typed)
{
    size_t n = strlen(p->source_name);

    if (!strcmp(typed, p->name) || !strcmp(typed, p->spec->name) || !strcmp(typed, fe_model_par_short(p)))
        return true;
    return !strncmp(typed, p->source_name, n) && typed[n] == '.' &&
           (!strcmp(typed + n + 1, p->spec->name) || !strcmp(typed + n + 1, fe_model_par_short(p)));
}

int fe_model_pars_check(const fe_model_pars *list, const char *option, const char *typed, fe_err *err)
{
    fe_str names = { 0 };

    for (size_t k = 0; k < list->n; k++) {
        if (fe_model_par_is(&list->par[k], typed)) {
            fe_str_free(&names);
            return 0;
        }
        fe_str_addf(&names, "%s%s.%s", k ? ", " : "", list->par[k].source_name, fe_model_par_short(&list->par[k]));
    }
    (void)fe_fail(err, FE_EUSAGE, NULL, "--%s %s: no such parameter, expected some of %s", option, typed,
                  names.s ? names.s : "none");
    fe_str_free(&names);
    return -1;
}

/* ---- what is free ---------------------------------------------------------------------------------------------- */

static bool is_norm(const fe_par_spec *spec)
{
    return !strcmp(spec->name, "amplitude") || !strcmp(spec->name, "norm") || !strcmp(spec->name, "const");
}

/* Is it one of those that a word of --free means?  was_free: in the model. */
static bool is_meant(const fe_model_par *p, bool was_free, const char *word)
{
    if (!strcmp(word, "as-in-model"))
        return was_free;
    if (!strcmp(word, "none"))
        return false;
    if (!strcmp(word, "norms"))
        return is_norm(p->spec) && !p->spec->frozen;
    return !strcmp(word, "all") ? !p->spec->frozen : fe_model_par_is(p, word);
}

static bool is_word(const char *word)
{
    static const char *const words[] = { "as-in-model", "none", "norms", "all" };

    for (size_t k = 0; k < sizeof words / sizeof *words; k++)
        if (!strcmp(word, words[k]))
            return true;
    return false;
}

static int check_words(const fe_model_pars *list, const char *option, const fe_strv *words, bool any_word, fe_err *err)
{
    for (size_t i = 0; i < words->n; i++)
        if (!(any_word && is_word(words->s[i])) && fe_model_pars_check(list, option, words->s[i], err) < 0)
            return -1;
    return 0;
}

static bool any_means(const fe_model_par *p, bool was_free, const fe_strv *words)
{
    for (size_t i = 0; i < words->n; i++)
        if (is_meant(p, was_free, words->s[i]))
            return true;
    return false;
}

/* A link is one parameter: free when one of its names was meant, and fixed likewise. */
static void join_links(const fe_models *models, fe_model_pars *list, bool *chosen)
{
    for (size_t label = 1; label <= models->link.n; label++) {
        bool any = false;

        for (size_t k = 0; k < list->n; k++)
            any = any || (list->par[k].par->link == label && chosen[k]);
        for (size_t k = 0; k < list->n; k++)
            chosen[k] = list->par[k].par->link == label ? any : chosen[k];
    }
}

static void apply(const fe_models *models, fe_model_pars *list, const fe_strv *freed, const fe_strv *fixed)
{
    bool *is_free = FE_NEWN(bool, list->n), *is_fixed = FE_NEWN(bool, list->n);

    for (size_t k = 0; k < list->n; k++) {
        is_free[k] = any_means(&list->par[k], !list->par[k].par->frozen, freed);
        is_fixed[k] = any_means(&list->par[k], false, fixed);
    }
    join_links(models, list, is_free);
    join_links(models, list, is_fixed);
    for (size_t k = 0; k < list->n; k++) {
        list->par[k].par->frozen = !is_free[k] || is_fixed[k];
        list->par[k].par->error = 0;
    }
    free(is_free);
    free(is_fixed);
}

/* ---- places and shapes on the sky ------------------------------------------------------------------------------ */

/* "lon_0", "crab.lon_0" or "crab.spatial.lon_0" */
static bool is_spatial(const fe_model *m, const char *name, const char *word)
{
    size_t n = strlen(m->name);

    if (!strcmp(word, name))
        return true;
    if (strncmp(word, m->name, n) || word[n] != '.')
        return false;
    word += n + 1;
    return !strcmp(fe_str_starts(word, "spatial.") ? word + strlen("spatial.") : word, name);
}

/* Freeze what the word means, all where it is NULL.  Is there any? */
static bool freeze_spatial(fe_models *models, const char *word)
{
    bool any = false;

    for (size_t k = 0; k < models->n; k++) {
        fe_spatial *s = models->model[k].spatial;

        for (size_t i = 0; s && i < s->kind->n_par; i++)
            if (!word || is_spatial(&models->model[k], s->kind->par[i].name, word)) {
                s->par[i].frozen = true;
                any = true;
            }
    }
    return any;
}

/* What is left of the words are names of spectral parameters, which need not be there where a spatial one has the name. */
static void fix_spatial(fe_models *models, const fe_model_pars *list, fe_strv *fixed)
{
    fe_strv left = { 0 };

    for (size_t i = 0; i < fixed->n; i++)
        if (!strcmp(fixed->s[i], "spatial"))
            (void)freeze_spatial(models, NULL);
        else if (!freeze_spatial(models, fixed->s[i]) || fe_model_pars_check(list, "fix", fixed->s[i], NULL) == 0)
            fe_strv_add(&left, fixed->s[i]);
    fe_strv_free(fixed);
    *fixed = left;
}

static bool has_word(const fe_strv *words, const char *word)
{
    for (size_t i = 0; i < words->n; i++)
        if (!strcmp(words->s[i], word))
            return true;
    return false;
}

int fe_models_set_free(fe_models *models, const char *free_text, const char *fix_text, fe_err *err)
{
    fe_model_pars list;
    fe_strv freed = { 0 }, fixed = { 0 };
    int rc;

    fe_model_pars_list(models, &list);
    fe_strv_split(&freed, free_text, ",");
    if (fix_text)
        fe_strv_split(&fixed, fix_text, ",");
    fix_spatial(models, &list, &fixed);
    if (!has_word(&freed, "as-in-model"))
        (void)freeze_spatial(models, NULL);
    rc = check_words(&list, "free", &freed, true, err);
    if (rc == 0)
        rc = check_words(&list, "fix", &fixed, false, err);
    if (rc == 0)
        apply(models, &list, &freed, &fixed);
    fe_strv_free(&freed);
    fe_strv_free(&fixed);
    fe_model_pars_free(&list);
    return rc;
}
