#include "io/typed.h"

#include <string.h>

#include "base/note.h"
#include "io/lines.h"
#include "io/model_io.h"

static int name_them(const fe_models *models, fe_err *err)
{
    fe_str names = { 0 };

    for (size_t i = 0; i < models->n; i++)
        fe_str_addf(&names, "%s%s", i ? ", " : "", models->model[i].name);
    (void)fe_fail(err, FE_EUSAGE, NULL, "the model has %zu sources (%s), choose with --source", models->n, names.s);
    fe_str_free(&names);
    return -1;
}

static int read_models(const fe_common *args, const char *fallback, bool sky, fe_models **out, fe_err *err)
{
    if (!args->model)
        fe_note(FE_NOTE_SAID, NULL, "reference model: %s (give yours with --model)", fallback);
    if ((sky ? fe_models_read_sky : fe_models_read)(args->model ? args->model : fallback, out, err) < 0)
        return -1;
    return (*out)->n > 1 && !args->source ? name_them(*out, err) : 0;
}

static int select_models(const fe_common *args, const char *fallback, bool sky, fe_models **out, fe_err *err)
{
    int rc;

    *out = NULL;
    if (!args->model && !fallback)
        return 0;
    rc = read_models(args, fallback, sky, out, err);
    if (rc == 0 && args->source && strcmp(args->source, "all"))
        rc = fe_models_select(*out, args->source, err);
    if (rc < 0) {
        fe_models_free(*out);
        *out = NULL;
    }
    return rc;
}

int fe_models_typed(const fe_common *args, const char *fallback, fe_models **out, fe_err *err)
{
    return select_models(args, fallback, false, out, err);
}

int fe_sky_models_typed(const fe_common *args, const char *fallback, fe_models **out, fe_err *err)
{
    return select_models(args, fallback, true, out, err);
}

int fe_models_index_typed(const fe_common *args, const char *index, fe_models **out, fe_err *err)
{
    fe_common asked = *args;
    fe_str text = { 0 };
    int rc;

    if (index && args->model)
        return fe_fail(err, FE_EUSAGE, NULL, "--index and --model exclude each other");
    if (index) {
        fe_str_addf(&text, "pl:index=%s", index);
        asked.model = text.s;
    }
    rc = fe_models_typed(&asked, NULL, out, err);
    fe_str_free(&text);
    return rc;
}

int fe_sources_typed(const fe_common *args, const char *fallback, fe_models **out, fe_err *err)
{
    int rc;

    *out = NULL;
    rc = read_models(args, fallback, true, out, err);
    if (rc == 0 && args->source)
        rc = fe_models_choose(*out, args->source, err);
    if (rc == 0)
        rc = fe_models_check_fluxes(*out, fe_models_n_chosen(*out), err);
    if (rc < 0) {
        fe_models_free(*out);
        *out = NULL;
    }
    return rc;
}

int fe_edges_typed(const fe_common *args, fe_edges *edges, fe_err *err)
{
    fe_strv lines = { 0 };
    fe_err cause = { FE_OK, "" };
    fe_str text = { 0 };
    int rc;

    if (args->edges[0] != '@')
        return fe_edges_parse(args->edges, edges, err);
    rc = fe_lines_read(args->edges + 1, &lines, err);
    for (size_t i = 0; i < lines.n; i++)
        fe_str_addf(&text, "%s%s", i ? "," : "", lines.s[i]);
    if (rc == 0)
        rc = fe_edges_parse(text.s ? text.s : "", edges, &cause);
    if (cause.code)                             /* the words are the file's, not those of the command line */
        rc = fe_fail(err, FE_EDATA, &(fe_where){ args->edges + 1, NULL, 0 }, "%s", cause.text);
    fe_strv_free(&lines);
    fe_str_free(&text);
    return rc;
}
