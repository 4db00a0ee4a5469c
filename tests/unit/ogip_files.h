/* ogip_files.h -- for tests of io/ogip: a small run, its files in a folder of the test, and changes to them. */
#ifndef FE_TESTS_OGIP_FILES_H
#define FE_TESTS_OGIP_FILES_H
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/note.h"
#include "check.h"
#include "io/fits.h"
#include "io/ogip.h"

enum { N_E = 5, N_TRUE = 6 };

static char folder[] = "/tmp/t_ogip.XXXXXX";
static fe_err err;

/* ---- files of the test -------------------------------------------------------------------------------------- */

static inline const char *path_of(const char *name)
{
    static char path[4][256];
    static int k;

    k = (k + 1) % 4;
    snprintf(path[k], sizeof path[k], "%s/%s", folder, name);
    return path[k];
}

static inline fe_document *load(const char *name)
{
    fe_bytes b = { 0 };
    fe_document *doc = NULL;

    CHECK_MSG(fe_bytes_read(path_of(name), &b, &err) == 0 && fe_fits_read(&b, &doc, &err) == 0, err.text);
    fe_bytes_free(&b);
    return doc;
}

static inline void save(fe_document *doc, const char *name)
{
    fe_str bytes = { 0 };

    CHECK_MSG(fe_fits_write(doc, &bytes, &err) == 0, err.text);
    CHECK_MSG(fe_bytes_write(path_of(name), bytes.s, bytes.len, true, &err) == 0, err.text);
    fe_str_free(&bytes);
    fe_document_free(doc);
}

static inline void copy_file(const char *from, const char *to)
{
    save(load(from), to);
}

static inline void remove_part(fe_document *doc, const char *name)
{
    for (size_t k = 0; k < doc->n_parts; k++)
        if (doc->part[k].table && !strcmp(doc->part[k].table->name, name)) {
            fe_table_free(doc->part[k].table);
            free(doc->part[k].name);
            doc->n_parts--;
            memmove(doc->part + k, doc->part + k + 1, (doc->n_parts - k) * sizeof *doc->part);
            return;
        }
}

static inline void put_text(fe_table *t, const char *key, const char *text)
{
    fe_meta_set(&t->meta, key, FE_META_STRING, text, NULL);
}

static inline double *column(fe_table *t, const char *name, const char *unit, const double *x, size_t n)
{
    fe_column *c;

    fe_table_remove(t, name);
    c = fe_table_add(t, name, FE_COL_DOUBLE, unit, 1);
    for (size_t i = 0; i < n; i++)
        c->v.d[i] = x[i];
    return c->v.d;
}

/* ---- a run -------------------------------------------------------------------------------------------------- */

/* Two groups of channels in true bin 2, none in bin 5; the rows are numbers of single precision. */
static inline fe_edisp *make_edisp(void)
{
    static const struct { int i, j; double p; } entry[] = {
        { 0, 0, 0.5 }, { 1, 0, 0.75 }, { 1, 1, 0.25 }, { 2, 0, 0.125 }, { 2, 2, 0.5 }, { 2, 3, 0.25 }, { 3, 3, 1 },
        { 4, 4, 0.5 }
    };
    size_t n = sizeof entry / sizeof *entry;
    fe_edisp *r = fe_edisp_new(N_TRUE, N_E, n);

    for (size_t k = 0; k < n; k++) {
        r->col[k] = entry[k].j;
        r->value[k] = entry[k].p;
        for (int i = entry[k].i; i < N_TRUE; i++)
            r->row[i + 1] = k + 1;
    }
    return r;
}

static inline fe_dataset *make_run(void)
{
    static const double on[N_E] = { 3, 0, 7, 2, 1 }, off[N_E] = { 10, 4, 0, 1, 2 };
    fe_dataset *d = fe_dataset_new(N_E, N_TRUE, 1, 1);

    d->info.name = fe_strdup("17");
    d->info.file = fe_strdup("memory");
    d->info.telescop = fe_strdup("HESS");
    d->info.instrume = fe_strdup("CT5");
    d->n_off = FE_NEWN(double, N_E);
    d->alpha = FE_NEWN(double, N_E);
    for (int j = 0; j <= N_E; j++)
        d->e_edge_TeV[j] = 0.5 * (1 << j);
    for (int i = 0; i <= N_TRUE; i++)
        d->etrue_edge_TeV[i] = 0.25 * (1 << i);
    for (int j = 0; j < N_E; j++) {
        d->counts[j] = on[j];
        d->n_off[j] = off[j];
        d->alpha[j] = 0.25;
        d->mask[j] = j > 0;
    }
    for (int i = 0; i < N_TRUE; i++)
        d->exposure_cm2_s[i] = 1500.5 * (i + 1) * 1e8;
    fe_edisp_free(d->edisp);
    d->edisp = make_edisp();
    d->livetime_s = 1500.5;
    d->gti = fe_gti_new();
    d->gti->mjdref_i = 51910;
    d->gti->mjdref_f = 0.5;
    snprintf(d->gti->timesys, sizeof d->gti->timesys, "TT");
    fe_gti_add(d->gti, 86400, 86400 + 700);
    fe_gti_add(d->gti, 86400 + 800, 86400 + 1700);
    return d;
}

static inline void write_run(const char *name)
{
    fe_ogip_output out = { .dir = folder, .name = name, .response = name, .write_response = true, .force = true };
    fe_dataset *d = make_run();

    CHECK_MSG(fe_ogip_write(d, &out, &err) == 0, err.text);
    fe_dataset_free(d);
}

static inline fe_dataset *read_run(const char *name)
{
    fe_dataset *d = NULL;

    err.text[0] = 0;
    CHECK_MSG(fe_ogip_read(path_of(name), NULL, &d, 0, &err) == 0, err.text);
    return d;
}

/* The one line that reading gives, without the folder of the test. */
static inline int fails(const char *name, const char *expected)
{
    fe_dataset *d = NULL;
    const char *text;

    err.text[0] = 0;
    if (fe_ogip_read(path_of(name), NULL, &d, 0, &err) == 0) {
        printf("no error: expected %s\n", expected);
        fe_dataset_free(d);
        return 0;
    }
    text = strstr(err.text, expected);
    if (!text || err.code != FE_EDATA || strchr(err.text, '\n'))
        printf("got:  %s\nwant: %s\n", err.text, expected);
    return text && err.code == FE_EDATA && !strchr(err.text, '\n') && fe_str_starts(err.text, folder);
}

static inline bool was_noted(const char *text)
{
    for (size_t i = 0; i < fe_note_count(); i++)
        if (strstr(fe_note_text(i), text))
            return true;
    return false;
}

/* A new run named k, one of its files open for changes: doc, and t its first table. */
typedef struct edit { char file[32]; fe_document *doc; fe_table *t; } edit;

static inline edit begin(const char *kind)
{
    edit e;

    write_run("e");
    snprintf(e.file, sizeof e.file, "%s_obse.fits", kind);
    e.doc = load(e.file);
    e.t = fe_document_first(e.doc);
    return e;
}

static inline const char *finish(edit *e)
{
    save(e->doc, e->file);
    return "pha_obse.fits";
}

static inline void check_same(const fe_dataset *d, const fe_dataset *want)
{
    CHECK(d->n_e == N_E && d->n_etrue == N_TRUE && d->ny == 1 && d->nx == 1);
    for (size_t j = 0; j <= N_E; j++)
        NEAR(d->e_edge_TeV[j], want->e_edge_TeV[j], 1e-14);
    for (size_t i = 0; i <= N_TRUE; i++)
        NEAR(d->etrue_edge_TeV[i], want->etrue_edge_TeV[i], 1e-14);
    for (size_t j = 0; j < N_E; j++)
        CHECK(d->counts[j] == want->counts[j] && d->n_off[j] == want->n_off[j] && d->alpha[j] == want->alpha[j] &&
              d->mask[j] == want->mask[j]);
    for (size_t i = 0; i < N_TRUE; i++) {
        NEAR(d->exposure_cm2_s[i], want->exposure_cm2_s[i], 1e-15);
        CHECK(d->edisp->row[i + 1] == want->edisp->row[i + 1]);
    }
    for (size_t k = 0; k < want->edisp->row[N_TRUE]; k++)
        CHECK(d->edisp->col[k] == want->edisp->col[k] && d->edisp->value[k] == want->edisp->value[k]);
    CHECK(d->livetime_s == want->livetime_s);
}

static inline void scale(fe_table *t, const char *name, const char *unit, double factor)
{
    fe_column *c = fe_table_find(t, name);

    free(c->unit);
    c->unit = fe_strdup(unit);
    for (size_t i = 0; i < t->n_rows; i++)
        c->v.d[i] *= factor;
}

static inline void ogip_begin(const char *test)
{
    CHECK(mkdtemp(folder) != NULL);
    fe_note_setup(test, -1);
}

static inline int ogip_done(void)
{
    char remove[64];

    snprintf(remove, sizeof remove, "rm -rf '%s'", folder);
    CHECK(system(remove) == 0);
    return check_done();
}
#endif
