/* Many files of spectra or datasets as a feed: they are read when their spectra are counted, and few are kept until they are asked for. */
#include "io/ogip_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/dataset_io.h"
#include "io/datasets_io.h"
#include "io/fermi_io.h"

static const size_t KEEP_BYTES = (size_t)1 << 20;

typedef struct source {             /* one file                                                         */
    char *path, *name;              /* name: of the dataset in a datasets file, or NULL                 */
    int (*read)(const fe_bytes *, fe_dataset **, fe_err *);     /* a dataset of one file; NULL: a PHA        */
    size_t first, n;                /* its datasets                                                     */
    fe_bytes bytes;                 /* data NULL: not kept                                              */
} source;

typedef struct pha_feed {
    source *source;
    size_t n_sources, cap_sources;
    size_t n_kept;                  /* bytes kept of those not yet asked for                            */
    size_t newest;                  /* the file that was looked at last: it is kept whatever its size   */
    fe_ogip_cache *cache;
    fe_ogip_files how;
} pha_feed;

static bool must_keep(const source *s)
{
    return !strcmp(s->path, "-");       /* standard input is there once */
}

static void drop(pha_feed *x, source *s)
{
    x->n_kept -= s->bytes.n;
    fe_bytes_free(&s->bytes);
}

/* A large file is read, and unpacked, once where it is alone: it goes when another one comes. */
static int load(pha_feed *x, source *s, fe_err *err)
{
    source *last = &x->source[x->newest];

    if (last != s && x->newest < x->n_sources && x->n_kept > KEEP_BYTES && !must_keep(last))
        drop(x, last);
    x->newest = (size_t)(s - x->source);
    if (s->bytes.data)
        return 0;
    if (fe_bytes_read(s->path, &s->bytes, err) < 0)
        return -1;
    x->n_kept += s->bytes.n;
    return 0;
}

/* 1 when it cannot be read: opening it will say why. */
static size_t count_spectra(pha_feed *x, source *s)
{
    fe_ogip_file f = { 0 };
    size_t n = 1;

    if (load(x, s, NULL) < 0)
        return 1;
    s->read = fe_dataset_sniff(&s->bytes) ? fe_dataset_read : fe_fermi_sniff(&s->bytes) ? fe_fermi_read : NULL;
    if (!s->read && fe_ogip_open(&s->bytes, &f, NULL) == 0 && fe_ogip_seek(&f, FE_OGIP_SPECTRUM))
        n = fe_ogip_n_spectra(&f);
    fe_ogip_close(&f);
    return n ? n : 1;
}

static source *find(const pha_feed *x, size_t i)
{
    size_t low = 0, high = x->n_sources;

    while (high - low > 1) {
        size_t mid = (low + high) / 2;

        if (x->source[mid].first <= i)
            low = mid;
        else
            high = mid;
    }
    return &x->source[low];
}

/* A datasets file names what it holds: models refer to that.  Spectra keep the number of their run, by which tables are joined. */
static void rename_dataset(const source *s, fe_dataset_info *info)
{
    if (!s->read || !s->name || !*s->name)
        return;
    free(info->name);
    info->name = fe_strdup(s->name);
}

/* Of spectrum `row` of a PHA. */
static int get_pha_info(const source *s, size_t row, fe_dataset_info *info, fe_err *err)
{
    fe_ogip_file f = { 0 };
    fe_metalist meta = { 0 };
    fe_gti *gti = NULL;
    int rc = fe_ogip_open(&s->bytes, &f, err) < 0 || fe_ogip_seek_spectrum(&f, err) < 0 ||
             fe_ogip_get_info(&f, row, &meta, info, &gti, err) < 0 ? -1 : 0;

    info->meta = meta;
    fe_gti_free(gti);
    fe_ogip_close(&f);
    return rc;
}

static int get_info(void *ctx, size_t i, fe_dataset_info *info, fe_err *err)
{
    pha_feed *x = ctx;
    source *s = find(x, i);
    int rc = load(x, s, err);

    *info = (fe_dataset_info){ .mjd_start = NAN, .mjd_stop = NAN };
    if (rc == 0)
        rc = s->read ? fe_dataset_get_info(&s->bytes, info, err) : get_pha_info(s, i - s->first, info, err);
    if (rc < 0)
        fe_dataset_info_free(info);
    else
        rename_dataset(s, info);
    return rc;
}

/* What goes with OGIP files only must not be passed over in silence, and maps not be taken for spectra. */
static int read_dataset(const pha_feed *x, const source *s, fe_dataset **out, fe_err *err)
{
    const fe_where at = { s->bytes.name, NULL, 0 };
    const char *option = x->how.bkg ? "bkg" : x->how.arf ? "arf" : x->how.rmf ? "rmf" : NULL;

    if (option)
        return fe_fail(err, FE_EUSAGE, &at, "a dataset that holds its background and response, --%s is for OGIP spectra", option);
    if (s->read(&s->bytes, out, err) < 0)
        return -1;
    rename_dataset(s, &(*out)->info);
    if (x->how.known_bkg && (*out)->n_off)
        fe_fail(err, FE_EUSAGE, &at, "a dataset with OFF counts, --known-bkg is for OGIP spectra");
    else if ((*out)->geom && !x->how.maps)
        fe_fail(err, FE_EDATA, &at, "a map of %zu x %zu pixels, expected a spectrum", (*out)->nx, (*out)->ny);
    else
        return 0;
    fe_dataset_free(*out);
    *out = NULL;
    return -1;
}

/* The bytes of a type II stay until its last spectrum is read. */
static int open_dataset(void *ctx, size_t i, fe_dataset **dataset, fe_err *err)
{
    pha_feed *x = ctx;
    source *s = find(x, i);
    int rc = load(x, s, err);

    *dataset = NULL;
    if (rc == 0)
        rc = s->read ? read_dataset(x, s, dataset, err)
                           : fe_ogip_read_bytes(&s->bytes, x->cache, &x->how, i - s->first, dataset, err);
    if (s->bytes.data && !must_keep(s) && i - s->first + 1 == s->n)
        drop(x, s);
    return rc;
}

static source *add_source(pha_feed *x, const char *path)
{
    FE_GROW(x->source, x->n_sources, x->cap_sources);
    x->source[x->n_sources] = (source){ .path = fe_strdup(path) };
    return &x->source[x->n_sources++];
}

/* An operand: a file of data, or a datasets file, whose files take its place. */
static int add_operand(pha_feed *x, const char *path, fe_err *err)
{
    source *s = add_source(x, path);
    fe_strv named = { 0 }, name = { 0 };
    int rc;

    if (load(x, s, NULL) < 0 || !fe_datasets_sniff(&s->bytes)) {
        s->n = count_spectra(x, s);
        return 0;
    }
    rc = fe_datasets_parse(&s->bytes, &named, &name, err);
    drop(x, s);
    free(s->path);
    x->n_sources--;
    for (size_t k = 0; rc == 0 && k < named.n; k++) {
        s = add_source(x, named.s[k]);
        s->name = fe_strdup(name.s[k]);
        s->n = count_spectra(x, s);
    }
    fe_strv_free(&named);
    fe_strv_free(&name);
    return rc;
}

static int add_operands(fe_feed *feed, size_t n, char *const *path, fe_err *err)
{
    pha_feed *x = feed->ctx;
    size_t n_stdin = 0;

    for (size_t k = 0; k < n; k++)
        n_stdin += !strcmp(path[k], "-");
    if (n_stdin > 1)
        return fe_fail(err, FE_EUSAGE, NULL, "standard input (-) is named %zu times", n_stdin);
    for (size_t k = 0; k < n; k++)
        if (add_operand(x, path[k], err) < 0)
            return -1;
    for (size_t k = 0; k < x->n_sources; k++) {
        x->source[k].first = feed->n;
        feed->n += x->source[k].n;
    }
    if (x->how.bkg && feed->n > 1)
        return fe_fail(err, FE_EUSAGE, NULL, "--bkg gives one background to %zu spectra, expected one spectrum", feed->n);
    return 0;
}

fe_feed *fe_ogip_feed_new_with(size_t n, char *const *path, const fe_ogip_files *files, fe_err *err)
{
    fe_feed *feed = FE_NEW(fe_feed);
    pha_feed *x = FE_NEW(pha_feed);

    *feed = (fe_feed){ x, 0, get_info, open_dataset };
    x->cache = fe_ogip_cache_new();
    if (files)
        x->how = *files;
    if (add_operands(feed, n, path, err) == 0)
        return feed;
    fe_ogip_feed_free(feed);
    return NULL;
}

fe_ogip_files fe_ogip_files_typed(const fe_common *args)
{
    return (fe_ogip_files){ args->bkg, args->arf, args->rmf, args->no_grouping, args->known_bkg, false };
}

fe_feed *fe_ogip_feed_new(size_t n, char *const *path, fe_err *err)
{
    return fe_ogip_feed_new_with(n, path, NULL, err);
}

void fe_ogip_feed_free(fe_feed *feed)
{
    pha_feed *x = feed ? feed->ctx : NULL;

    if (!x)
        return;
    for (size_t k = 0; k < x->n_sources; k++) {
        free(x->source[k].path);
        free(x->source[k].name);
        fe_bytes_free(&x->source[k].bytes);
    }
    fe_ogip_cache_free(x->cache);
    free(x->source);
    free(x);
    free(feed);
}
