/* Names of the files that belong to a PHA: BACKFILE, ANCRFILE, RESPFILE, or the names in use where these are absent. */
#include "io/ogip_parts.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/beside.h"

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

int fe_ogip_companion(const fe_bytes *pha, const fe_ogip_cache *cache, const char *hdu, const char *key, const char *text,
                      const char *kind, char **path, fe_err *err)
{
    const char *name = strcmp(pha->name, "<stdin>") ? pha->name : "";
    char *value;
    int rc = 0;

    *path = NULL;
    if (!text) {
        *path = *name ? find_usual(cache, name, kind) : NULL;
        return 0;
    }
    value = fe_strdup(text);
    if (*fe_str_trim(value) && !fe_str_equal_nocase(fe_str_trim(value), "none") &&
        !(*path = find_named(cache, name, fe_str_trim(value))))
        rc = fe_fail(err, FE_EDATA, &(fe_where){ pha->name, hdu, 0 },
                     "keyword %s asks for %s, but there is no such file%s", key,
                     fe_str_trim(value), *fe_str_trim(value) == '/' ? "" : " beside this one");
    free(value);
    return rc;
}
