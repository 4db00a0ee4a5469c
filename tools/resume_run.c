#include "resume_run.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/note.h"
#include "base/opt.h"
#include "base/tool.h"
#include "est/record.h"
#include "io/history.h"
#include "io/journal.h"
#include "io/ogip.h"
#include "io/stream.h"

enum {
    MIN_SETS = 100,                 /* runs of fewer sets are over before a journal would be missed      */
    MAX_CONFIG = 16 << 10           /* bytes of a configuration that are kept as text                   */
};

/* Records that are no group have one of these bits in their number. */
static const size_t DATASET = (size_t)1 << 62, NOTE = (size_t)1 << 61, INPUTS = (size_t)1 << 60;
static const char KEYWORD[] = "FECONF";
enum { BETWEEN = 32 };              /* bytes between the keyword and its value */

struct resume_run {
    fe_journal *journal;
    const fe_plan *plan;
    fe_models *models;
    const fe_plan_request *request;
    const fe_sink *to;              /* where records go that are read again                             */
    fe_arena *arena;                /* scans of the record that is put                                  */
    bool *done, *seen;              /* [cap_done] groups, [n_datasets]: in the journal                  */
    size_t cap_done, n_datasets, n_seen, n_notes, n_groups;
    fe_err failed;                  /* code: of a dataset that could not be recorded                    */
    fe_str bytes;
};

/* ---- configuration ----------------------------------------------------------------------------------------------- */

static void add_file(fe_str *out, const char *path)
{
    struct stat st;

    if (*path == '@')
        path++;
    if (stat(path, &st) == 0 && S_ISREG(st.st_mode))
        fe_str_addf(out, " %lld bytes %lld.%09ld", (long long)st.st_size, (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
}

static void add_value(fe_str *out, const fe_opt *opt)
{
    const char *text = opt->kind == FE_ARG_STR || opt->kind == FE_ARG_CHOICE ? *(const char *const *)opt->dest : NULL;
    const fe_strv *list = opt->kind == FE_ARG_LIST ? opt->dest : NULL;

    fe_str_addf(out, "--%s=", opt->name);
    if (opt->kind == FE_ARG_FLAG)
        fe_str_add(out, *(const bool *)opt->dest ? "yes" : "no");
    else if (opt->kind == FE_ARG_DOUBLE)
        fe_str_addnum(out, *(const double *)opt->dest);
    else if (opt->kind == FE_ARG_LONG)
        fe_str_addf(out, "%ld", *(const long *)opt->dest);
    for (size_t i = 0; list && i < list->n; i++)
        fe_str_addf(out, "%s\t", list->s[i]);
    if (text) {
        fe_str_add(out, text);
        add_file(out, text);
    }
    fe_str_add(out, "\n");
}

/* Options that say where and how, not what. */
static bool is_about_product(const fe_opt *opt)
{
    static const char *const others[] = { "output", "force", "threads", "dry-run", "resume", "strict", "help", "version", "dump-options" };

    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (!strcmp(opt->name, others[i]))
            return false;
    return opt->name[0] && opt->kind != FE_ARG_COUNT;
}

/* The sum stands for what was there: of ten thousand files the text would be a megabyte, kept to the end of the run. */
static void roll_up(fe_str *out)
{
    char sum[FE_JOURNAL_SUM_SIZE];

    if (out->len < MAX_CONFIG)
        return;
    fe_journal_print_sum(out->s, sum);
    out->len = 0;
    fe_str_addf(out, "%s\n", sum);
}

/* A file of data, and what is read with it. */
static void add_data(fe_str *out, const char *path)
{
    fe_strv beside = { 0 };

    fe_ogip_list_beside(path, &beside);
    fe_str_add(out, path);
    add_file(out, path);
    for (size_t k = 0; k < beside.n; k++) {
        fe_str_addf(out, "\t%s", beside.s[k]);
        add_file(out, beside.s[k]);
    }
    fe_str_add(out, "\n");
    fe_strv_free(&beside);
}

void resume_config(size_t n, char **operand, fe_str *out)
{
    fe_str_addf(out, "%s %s\n", fe_tool_name(), fe_version);
    for (const fe_opt *const *table = fe_tool_options(); *table; table++)
        for (const fe_opt *opt = *table; opt->name; opt++)
            if (is_about_product(opt))
                add_value(out, opt);
    for (size_t i = 0; i < n; i++) {
        add_data(out, operand[i]);
        roll_up(out);
    }
}

void resume_mark(const char *config, fe_estimate *e)
{
    char sum[FE_JOURNAL_SUM_SIZE];

    fe_journal_print_sum(config, sum);
    fe_meta_set(&e->rest->meta, KEYWORD, FE_META_STRING, sum, "SHA-256 of the configuration, for --resume");
}

/* The sum as the value of its keyword, wherever the format has put it: not one that is quoted elsewhere. */
static bool says_sum(const fe_bytes *product, const char *sum)
{
    const unsigned char *from = product->data, *end = product->data + product->n, *at;

    while ((at = memmem(from, (size_t)(end - from), sum, strlen(sum)))) {
        const unsigned char *before = at - product->data > BETWEEN ? at - BETWEEN : product->data;

        if (memmem(before, (size_t)(at - before), KEYWORD, strlen(KEYWORD)))
            return true;
        from = at + 1;
    }
    return false;
}

bool resume_is_complete(const char *config)
{
    char sum[FE_JOURNAL_SUM_SIZE];
    fe_bytes product = { 0 };
    bool found;

    if (access(fe_args.output, R_OK) < 0 || fe_bytes_read(fe_args.output, &product, NULL) < 0)
        return false;
    fe_journal_print_sum(config, sum);
    found = says_sum(&product, sum);
    fe_bytes_free(&product);
    return found;
}

static int ignore_record(void *ctx, const fe_journal_found *found, fe_err *err)
{
    (void)ctx, (void)found, (void)err;
    return 0;
}

/* Of a run that was killed when its product was there, and only its own. */
int resume_clean(const char *config, fe_err *err)
{
    char *path = fe_journal_path(fe_args.output);
    fe_journal *journal = access(path, F_OK) == 0 ? fe_journal_open(path, config, true, ignore_record, NULL, NULL) : NULL;

    free(path);
    return fe_journal_close(journal, true, err);
}

/* ---- when there is a journal ------------------------------------------------------------------------------------- */

int resume_check(size_t n, char **operand, fe_err *err)
{
    if (!fe_args.resume)
        return 0;
    if (!fe_args.output || !strcmp(fe_args.output, "-"))
        return fe_fail(err, FE_EUSAGE, NULL, "--resume needs --output: the journal lies beside the product");
    for (size_t i = 0; i < n; i++)
        if (!strcmp(operand[i], "-"))
            return fe_fail(err, FE_EUSAGE, NULL, "--resume needs files: standard input cannot be read again");
    return 0;
}

/* A device has no place beside it. */
bool resume_wants_journal(const fe_plan *plan)
{
    struct stat st;

    if (!fe_args.output || !strcmp(fe_args.output, "-") || (stat(fe_args.output, &st) == 0 && !S_ISREG(st.st_mode)))
        return false;
    return fe_args.resume || plan->n_sets >= MIN_SETS;
}

/* ---- records that are there -------------------------------------------------------------------------------------- */

static bool *flag_of(resume_run *r, size_t group)
{
    size_t before = r->cap_done;

    if (group >= before) {
        r->cap_done = 2 * group + 64;
        r->done = fe_realloc(r->done, r->cap_done, sizeof *r->done);
        memset(r->done + before, 0, r->cap_done - before);
    }
    return &r->done[group];
}

static void say_again(const char *text, size_t n)
{
    static const char warning[] = "warning: ";
    size_t skip = n > strlen(warning) && !strncmp(text, warning, strlen(warning)) ? strlen(warning) : 0;

    fe_note(skip ? FE_NOTE_WARN : FE_NOTE_SAID, NULL, "%.*s", (int)(n - skip), text + skip);
}

static int take_dataset(resume_run *r, size_t i, fe_err *err)
{
    if (i >= r->n_datasets)
        return fe_fail(err, FE_ESYS, NULL, "the journal has dataset %zu, there are %zu", i, r->n_datasets);
    r->seen[i] = true;
    r->n_seen++;
    return 0;
}

/* What an earlier run has left: the results themselves stay where they are until the product is made. */
static int take_record(void *ctx, const fe_journal_found *found, fe_err *err)
{
    resume_run *r = ctx;

    if (found->group == NOTE) {
        say_again(found->bytes, found->n);
    } else if (found->group == INPUTS) {
        return fe_history_know(found->bytes, found->n, err);
    } else if (found->group & DATASET) {
        return take_dataset(r, found->group & ~DATASET, err);
    } else {
        *flag_of(r, found->group) = true;
        r->n_groups++;
    }
    return 0;
}

/* ---- the records again ------------------------------------------------------------------------------------------- */

static int see_again(const fe_sink *to, const fe_journal_found *found, fe_err *err)
{
    fe_dataset *d = NULL;

    if (fe_record_dataset_read(found->bytes, found->n, &d, err) < 0)
        return -1;
    to->see(to->ctx, found->group & ~DATASET, d);
    fe_dataset_free(d);
    return 0;
}

static int read_result(resume_run *r, const fe_journal_found *found, fe_group_result *out, fe_err *err)
{
    *out = (fe_group_result){ .plan = r->plan, .sources = r->models, .request = r->request };
    fe_arena_clear(r->arena);
    if (fe_record_result_read(found->bytes, found->n, r->arena, out, err) < 0)
        return -1;
    if (out->set >= r->plan->n_sets || out->source >= fe_models_n_chosen(r->models))
        return fe_fail(err, FE_ESYS, NULL, "the journal has set %zu and source %zu, which are not in this run", out->set,
                       out->source);
    out->model = &r->models->model[out->source];
    return 0;
}

static int fill(void *ctx, const fe_journal_found *found, fe_err *err)
{
    resume_run *r = ctx;
    fe_group_result result;

    if (found->group == NOTE)
        return 0;
    if (found->group == INPUTS)
        return fe_history_take_back(found->bytes, found->n, err);
    if (found->group & DATASET)
        return see_again(r->to, found, err);
    return read_result(r, found, &result, err) < 0 ? -1 : r->to->put(r->to->ctx, found->group, &result, err);
}

int resume_run_fill(resume_run *r, const fe_sink *to, fe_err *err)
{
    r->to = to;
    return fe_journal_replay(r->journal, fill, r, err);
}

typedef struct index_job { const fe_sink *to; size_t *at, n; } index_job;

static int note_place(void *ctx, const fe_journal_found *found, fe_err *err)
{
    index_job *j = ctx;

    if (found->group & (NOTE | INPUTS))
        return 0;
    if (found->group & DATASET)
        return see_again(j->to, found, err);
    if (found->group < j->n)
        j->at[found->group] = found->at;
    return 0;
}

int resume_run_index(resume_run *r, const fe_sink *to, size_t n, size_t *at, fe_err *err)
{
    return fe_journal_replay(r->journal, note_place, &(index_job){ to, at, n }, err);
}

int resume_run_get(resume_run *r, size_t at, fe_group_result *out, fe_err *err)
{
    fe_journal_found found;

    return fe_journal_get(r->journal, at, &found, err) < 0 ? -1 : read_result(r, &found, out, err);
}

typedef struct inputs_job { fe_inputs_use use; void *ctx; } inputs_job;

static int use_inputs(void *ctx, const fe_journal_found *found, fe_err *err)
{
    const inputs_job *j = ctx;

    return found->group == INPUTS ? j->use(j->ctx, found->bytes, found->n, err) : 0;
}

int resume_run_inputs(resume_run *r, fe_inputs_use use, void *ctx, fe_err *err)
{
    return fe_journal_replay(r->journal, use_inputs, &(inputs_job){ use, ctx }, err);
}

/* ---- the sink ---------------------------------------------------------------------------------------------------- */

/* Without a dataset that could be read the run has to find out again that there is none. */
static bool has(void *ctx, size_t group)
{
    const resume_run *r = ctx;

    return r->n_seen > 0 && group < r->cap_done && r->done[group];
}

/* What was said and read since the last record goes before it, so that a product made from records has it, too. */
static int record(resume_run *r, size_t number, fe_err *err)
{
    fe_str inputs = { 0 };
    int rc = 0;

    for (; rc == 0 && r->n_notes < fe_note_count(); r->n_notes++)
        rc = fe_journal_put(r->journal, NOTE, fe_note_text(r->n_notes), strlen(fe_note_text(r->n_notes)), err);
    fe_history_hand_over(&inputs);
    if (rc == 0 && inputs.len)
        rc = fe_journal_put(r->journal, INPUTS, inputs.s, inputs.len, err);
    if (rc == 0)
        rc = fe_journal_put(r->journal, number, r->bytes.s, r->bytes.len, err);
    fe_str_free(&inputs);
    return rc;
}

static int put(void *ctx, size_t group, const fe_group_result *result, fe_err *err)
{
    resume_run *r = ctx;

    if (r->failed.code) {
        *err = r->failed;
        return -1;
    }
    if (group < r->cap_done && r->done[group])      /* solved again, to the same numbers (has) */
        return 0;
    r->bytes.len = 0;
    fe_record_result_write(result, &r->bytes);
    return record(r, group, err);
}

static void see(void *ctx, size_t i, const fe_dataset *d)
{
    resume_run *r = ctx;

    if (r->seen[i])
        return;
    r->seen[i] = true;
    r->bytes.len = 0;
    fe_record_dataset_write(d, &r->bytes);
    if (!r->failed.code && record(r, DATASET | i, &r->failed) < 0 && !r->failed.code)
        r->failed.code = FE_ESYS;
}

fe_sink resume_run_sink(resume_run *r)
{
    return (fe_sink){ .ctx = r, .has = has, .put = put, .see = see };
}

static void free_run(resume_run *r)
{
    fe_arena_free(r->arena);
    fe_str_free(&r->bytes);
    free(r->done);
    free(r->seen);
    free(r);
}

resume_run *resume_run_new(const char *config, const fe_plan *plan, const fe_feed *feed, fe_models *models,
                           const fe_plan_request *request, fe_err *err)
{
    resume_run *r = FE_NEW(resume_run);
    char *path = fe_journal_path(fe_args.output);

    r->plan = plan;
    r->models = models;
    r->request = request;
    r->n_datasets = feed->n;
    r->seen = FE_NEWN(bool, feed->n);
    r->arena = fe_arena_new();
    r->journal = fe_journal_open(path, config, fe_args.resume, take_record, r, err);
    r->n_notes = fe_note_count();
    if (r->journal && fe_args.resume)               /* who asks for it counts on every group */
        fe_journal_write_every(r->journal, 0);
    if (r->journal && r->n_groups)
        fe_note(FE_NOTE_DETAIL, NULL, "%s: %zu groups are there", path, r->n_groups);
    free(path);
    if (r->journal)
        return r;
    free_run(r);
    return NULL;
}

int resume_run_close(resume_run *r, int rc, fe_err *err)
{
    fe_err unasked = { FE_OK, "" };
    int closed;

    if (!r)
        return rc;
    closed = fe_journal_close(r->journal, rc >= 0 || err->code != FE_ESYS, rc < 0 ? &unasked : err);
    free_run(r);
    return closed < 0 ? -1 : rc;
}
