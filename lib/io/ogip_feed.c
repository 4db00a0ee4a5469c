/* Many files of spectra or datasets as a feed: they are read when their spectra are counted, and few are kept until they are asked for. */
#include "io/ogip_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/dataset_io.h"
#include "io/datasets_io.h"
#include "io/fermi_io.h"

static const size_t KEEP_BYTES = (size_t)3 << 20;

typedef struct content {            /* of a file                                                        */
    fe_bytes bytes;
    int (*read)(const fe_bytes *, fe_dataset **, fe_err *);     /* a dataset of one file; NULL: a PHA        */
} content;

typedef struct source {             /* one file; there are thousands                                    */
    const char *path;               /* borrowed                                                         */
    const char *name;               /* of the dataset in a datasets file, or NULL                       */
    content *content;               /* NULL: not kept                                                   */
    size_t first;                   /* of its datasets, which end where those of the next begin         */
} source;

typedef struct pha_feed {
    source *source;
    size_t n_sources, cap_sources, n_datasets;
    size_t n_kept;                  /* bytes kept of those not yet asked for                            */
    bool is_long;                   /* there were more than are kept: then none is, but the newest      */
    size_t newest;                  /* the file that was looked at last: it is kept whatever its size   */
    fe_strv named, name;            /* paths in datasets files, and what they call them                 */
    fe_ogip_cache *cache;
    fe_ogip_files how;
} pha_feed;

static bool must_keep(const source *s)
{
    return !strcmp(s->path, "-");       /* standard input is there once */
}

static void drop(pha_feed *x, source *s)
{
    if (!s->content)
        return;
    x->n_kept -= s->content->bytes.n;
    fe_bytes_free(&s->content->bytes);
    free(s->content);
    s->content = NULL;
}

/* A hundred files are read once.  Of thousands the first hundred would only take room. */
static void forget_kept(pha_feed *x)
{
    x->is_long = true;
    for (size_t k = 0; k < x->n_sources; k++)
        if (k != x->newest && !must_keep(&x->source[k]))
            drop(x, &x->source[k]);
}

/* A large file is read, and unpacked, once where it is alone: it goes when another one comes. */
static int load(pha_feed *x, source *s, fe_err *err)
{
    source *last = &x->source[x->newest];
    fe_bytes b = { 0 };

    if (last != s && x->newest < x->n_sources && x->is_long && !must_keep(last))
        drop(x, last);
    x->newest = (size_t)(s - x->source);
    if (s->content)
        return 0;
    if (fe_bytes_read(s->path, &b, err) < 0)
        return -1;
    x->n_kept += b.n;
    s->content = FE_NEW(content);
    *s->content = (content){ b, fe_dataset_sniff(&b) ? fe_dataset_read : fe_fermi_sniff(&b) ? fe_fermi_read : NULL };
    if (x->n_kept > KEEP_BYTES && !x->is_long)
        forget_kept(x);
    return 0;
}

/* 1 when it was not read: its beginning has said so, or opening it will say why it cannot be. */
static size_t count_spectra(const source *s)
{
    fe_ogip_file f = { 0 };
    size_t n = 1;

    if (!s->content || s->content->read)
        return 1;
    if (fe_ogip_open(&s->content->bytes, &f, NULL) == 0 && fe_ogip_seek(&f, FE_OGIP_SPECTRUM))
        n = fe_ogip_n_spectra(&f);
    fe_ogip_close(&f);
    return n ? n : 1;
}

/* Of a file that would not be kept the first blocks are read, which mostly say that it holds one spectrum. */
static bool is_one_spectrum(const pha_feed *x, const source *s)
{
    fe_bytes head = { 0 };
    fe_ogip_file f = { 0 };
    bool yes = false;

    if (x->is_long && !must_keep(s) && fe_bytes_read_head(s->path, FE_OGIP_HEAD_BYTES, &head, NULL) == 0)
        yes = fe_ogip_open_head(&head, &f);
    fe_ogip_close(&f);
    fe_bytes_free(&head);
    return yes;
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
    if (!s->content->read || !s->name || !*s->name)
        return;
    free(info->name);
    info->name = fe_strdup(s->name);
}

/* Of spectrum `row` of a PHA. */
static int get_pha_info(const fe_bytes *bytes, size_t row, fe_dataset_info *info, fe_err *err)
{
    fe_ogip_file f = { 0 };
    fe_metalist meta = { 0 };
    fe_gti *gti = NULL;
    int rc = fe_ogip_open(bytes, &f, err) < 0 || fe_ogip_seek_spectrum(&f, err) < 0 ||
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
        rc = s->content->read ? fe_dataset_get_info(&s->content->bytes, info, err)
                              : get_pha_info(&s->content->bytes, i - s->first, info, err);
    if (rc < 0)
        fe_dataset_info_free(info);
    else
        rename_dataset(s, info);
    return rc;
}

/* What goes with OGIP files only must not be passed over in silence, and maps not be taken for spectra. */
static int read_dataset(const pha_feed *x, const source *s, fe_dataset **out, fe_err *err)
{
    const content *file = s->content;
    const fe_where at = { file->bytes.name, NULL, 0 };
    const char *option = x->how.bkg ? "bkg" : x->how.arf ? "arf" : x->how.rmf ? "rmf" : NULL;

    if (option)
        return fe_fail(err, FE_EUSAGE, &at, "a dataset that holds its background and response, --%s is for OGIP spectra", option);
    if (file->read(&file->bytes, out, err) < 0)
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

static bool is_last(const pha_feed *x, const source *s, size_t i)
{
    return i + 1 == (s + 1 < x->source + x->n_sources ? s[1].first : x->n_datasets);
}

/* The bytes of a type II stay until its last spectrum is read. */
static int open_dataset(void *ctx, size_t i, fe_dataset **dataset, fe_err *err)
{
    pha_feed *x = ctx;
    source *s = find(x, i);
    int rc = load(x, s, err);

    *dataset = NULL;
    if (rc == 0)
        rc = s->content->read ? read_dataset(x, s, dataset, err)
                              : fe_ogip_read_bytes(&s->content->bytes, x->cache, &x->how, i - s->first, dataset, err);
    if (!must_keep(s) && is_last(x, s, i))
        drop(x, s);
    return rc;
}

static source *add_source(pha_feed *x, const char *path, const char *name)
{
    FE_GROW(x->source, x->n_sources, x->cap_sources);
    x->source[x->n_sources] = (source){ path, name, NULL, x->n_datasets };
    return &x->source[x->n_sources++];
}

static void add_file(pha_feed *x, const char *path, const char *name)
{
    source *s = add_source(x, path, name);

    if (!is_one_spectrum(x, s))
        (void)!load(x, s, NULL);
    x->n_datasets += count_spectra(s);
}

/* An operand: a file of data, or a datasets file, whose files take its place. */
static int add_operand(pha_feed *x, const char *path, fe_err *err)
{
    source *s = add_source(x, path, NULL);
    size_t first = x->named.n;
    int rc;

    if (is_one_spectrum(x, s) || load(x, s, NULL) < 0 || !fe_datasets_sniff(&s->content->bytes)) {
        x->n_datasets += count_spectra(s);
        return 0;
    }
    rc = fe_datasets_parse(&s->content->bytes, &x->named, &x->name, err);
    drop(x, s);
    x->n_sources--;
    for (size_t k = first; rc == 0 && k < x->named.n; k++)
        add_file(x, x->named.s[k], x->name.s[k]);
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
    feed->n = x->n_datasets;
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
    for (size_t k = 0; k < x->n_sources; k++)
        drop(x, &x->source[k]);
    fe_strv_free(&x->named);
    fe_strv_free(&x->name);
    fe_ogip_cache_free(x->cache);
    free(x->source);
    free(x);
    free(feed);
}
