/* Names of the files that belong to a PHA: BACKFILE, ANCRFILE, RESPFILE, or the names in use where these are absent. */
#include "io/ogip_parts.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/beside.h"
#include "io/datasets_io.h"
#include "io/fermi_io.h"

enum { MOST_BYTES = 16 << 20 };

static const char GZ[] = ".gz";

static size_t folder_length(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? (size_t)(slash + 1 - path) : 0;
}

/*
 * The path as it is, with .gz, or without; NULL when there is none of them.  Takes path.  Thousands of runs share a response: where
 * it was once is not asked again.
 */
static char *find_packed(const fe_ogip_cache *cache, char *path)
{
    size_t n = strlen(path);
    fe_str other = { 0 };

    if (fe_ogip_cache_knows(cache, path) || access(path, F_OK) == 0)
        return path;
    if (fe_str_ends_nocase(path, GZ))
        fe_str_addn(&other, path, n - strlen(GZ));
    else
        fe_str_addf(&other, "%s%s", path, GZ);
    free(path);
    if (access(other.s, F_OK) == 0)
        return other.s;
    fe_str_free(&other);
    return NULL;
}

static char *find_named(const fe_ogip_cache *cache, const char *pha, const char *name)
{
    fe_str path = { 0 };

    if (*name != '/')
        fe_str_addn(&path, pha, folder_length(pha));
    fe_str_add(&path, name);
    return find_packed(cache, path.s);
}

/* pha_obs1.fits: bkg_obs1.fits; crab.fits: crab_bkg.fits. */
static char *find_usual(const fe_ogip_cache *cache, const char *pha, const char *kind)
{
    size_t folder = folder_length(pha);
    const char *base = pha + folder, *ext;
    char *stem = fe_path_stem(pha), *found = NULL;
    fe_str path = { 0 };

    ext = base + strlen(stem);
    fe_str_addn(&path, pha, folder);
    if (fe_str_starts(base, "pha"))
        fe_str_addf(&path, "%s%s", kind, base + strlen("pha"));
    else
        fe_str_addf(&path, "%s_%s%s", stem, kind, ext);
    found = find_packed(cache, path.s);
    if (!found && fe_str_starts(base, "pha")) {
        path = (fe_str){ 0 };
        fe_str_addn(&path, pha, folder);
        fe_str_addf(&path, "%s_%s%s", stem, kind, ext);
        found = find_packed(cache, path.s);
    }
    free(stem);
    return found;
}

static const struct { const char *key, *kind; } others[FE_OGIP_N_OTHERS] = {
    [FE_OGIP_BKG] = { "BACKFILE", "bkg" }, [FE_OGIP_ARF] = { "ANCRFILE", "arf" }, [FE_OGIP_RMF] = { "RESPFILE", "rmf" },
};

/* text: the value of the keyword; NULL: it is absent. */
static int find_by_text(const fe_ogip_file *pha, fe_ogip_other other, const char *text, const fe_ogip_cache *cache, char **path,
                        fe_err *err)
{
    const char *name = strcmp(pha->bytes->name, "<stdin>") ? pha->bytes->name : "", *key = others[other].key;
    const fe_where at = fe_ogip_here(pha, 0);
    char *value;
    int rc = 0;

    *path = NULL;
    if (!text) {
        *path = *name ? find_usual(cache, name, others[other].kind) : NULL;
        return 0;
    }
    value = fe_strdup(text);
    if (*fe_str_trim(value) && !fe_str_equal_nocase(fe_str_trim(value), "none") &&
        !(*path = find_named(cache, name, fe_str_trim(value))))
        rc = fe_fail(err, FE_EDATA, &at,
                     "keyword %s asks for %s, but there is no such file%s", key,
                     fe_str_trim(value), *fe_str_trim(value) == '/' ? "" : " beside this one");
    free(value);
    return rc;
}

int fe_ogip_find_other(const fe_ogip_file *pha, size_t row, fe_ogip_other other, const fe_ogip_cache *cache, char **path, fe_err *err)
{
    fe_ogip_column c;
    char *text = fe_ogip_find(pha, others[other].key, &c) ? fe_ogip_get_text(pha, &c, row) : fe_ogip_text(pha, others[other].key);
    int rc = find_by_text(pha, other, text, cache, path, err);

    free(text);
    return rc;
}

/* ---- all of them, without their data ------------------------------------------------------------------------- */

static bool has_column(const fe_ogip_file *pha)
{
    fe_ogip_column c;

    for (int k = 0; k < FE_OGIP_N_OTHERS; k++)
        if (fe_ogip_find(pha, others[k].key, &c))
            return true;
    return false;
}

static void list_rows(const fe_ogip_file *f, size_t n, fe_strv *out)
{
    for (size_t row = 0; row < n; row++)
        for (int k = 0; k < FE_OGIP_N_OTHERS; k++) {
            char *path = NULL;

            if (fe_ogip_find_other(f, row, (fe_ogip_other)k, NULL, &path, NULL) == 0 && path)
                fe_strv_add(out, path);
            free(path);
        }
}

static void list_others(const fe_bytes *bytes, fe_strv *out)
{
    fe_ogip_file f = { 0 };

    if (fe_ogip_open(bytes, &f, NULL) == 0 && fe_ogip_seek(&f, FE_OGIP_SPECTRUM))
        list_rows(&f, has_column(&f) ? fe_ogip_n_spectra(&f) : 1, out);
    fe_ogip_close(&f);
}

/* A run of thousands: its beginning mostly says it. */
static bool list_by_head(const char *path, fe_strv *out)
{
    fe_bytes head = { 0 };
    fe_ogip_file f = { 0 };
    bool is = fe_bytes_read_head(path, FE_OGIP_HEAD_BYTES, &head, NULL) == 0 && fe_ogip_open_head(&head, &f);

    if (is)
        list_rows(&f, 1, out);
    fe_ogip_close(&f);
    fe_bytes_free(&head);
    return is;
}

/* A spectrum is small: of a large file, a map, it is not worth reading all to find that it names none. */
static bool is_small(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= MOST_BYTES;
}

void fe_ogip_list_beside(const char *path, fe_strv *out)
{
    fe_bytes bytes = { 0 };
    fe_strv named = { 0 }, name = { 0 };

    if (!strcmp(path, "-") || list_by_head(path, out))
        return;
    fe_fermi_list_beside(path, out);
    if (!is_small(path) || fe_bytes_read(path, &bytes, NULL) < 0)
        return;
    if (!fe_datasets_sniff(&bytes))
        list_others(&bytes, out);
    else if (fe_datasets_parse(&bytes, &named, &name, NULL) == 0)
        for (size_t k = 0; k < named.n; k++) {
            fe_strv_add(out, named.s[k]);
            fe_ogip_list_beside(named.s[k], out);
        }
    fe_strv_free(&named);
    fe_strv_free(&name);
    fe_bytes_free(&bytes);
}
