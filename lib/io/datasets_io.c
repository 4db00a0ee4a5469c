#include "io/datasets_io.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/note.h"
#include "io/beside.h"
#include "io/yaml.h"

/* A line that begins with the key, before anything but comments and other keys could stand. */
static bool has_key(const fe_bytes *b, const char *key)
{
    const char *line = (const char *)b->data;

    while (line && *line) {
        if (fe_str_starts(line, key) && line[strlen(key) + strspn(line + strlen(key), " ")] == ':')
            return true;
        line = strchr(line, '\n');
        line += line != NULL;
    }
    return false;
}

/* The sections that every configuration of fermipy has; its components may have a binning of their own. */
static bool is_fermipy(const fe_bytes *b)
{
    return has_key(b, "selection") && (has_key(b, "binning") || has_key(b, "components"));
}

bool fe_datasets_sniff(const fe_bytes *b)
{
    if (memchr(b->data, 0, b->n))               /* a FITS file has many */
        return false;
    return has_key(b, "datasets") || is_fermipy(b);
}

static bool is_known(const char *type)
{
    static const char *const types[] = { "SpectrumDatasetOnOff", "SpectrumDataset", "MapDataset", "MapDatasetOnOff" };

    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (type && !strcmp(type, types[i]))
            return true;
    return false;
}

/* A path is relative to the folder of the file that says it. */
static void add_path(const fe_bytes *b, const char *folder, const char *file, const char *name, fe_strv *path, fe_strv *names)
{
    const char *slash = strrchr(b->name, '/'), *first = folder ? folder : file;
    fe_str full = { 0 };

    if (*first != '/' && slash)
        fe_str_addn(&full, b->name, (size_t)(slash - b->name) + 1);
    if (folder)
        fe_str_addf(&full, "%s%s", folder, *folder && folder[strlen(folder) - 1] != '/' ? "/" : "");
    fe_str_add(&full, file);
    fe_strv_add(path, full.s);
    fe_strv_add(names, name);
    fe_str_free(&full);
}

static int add_file(const fe_bytes *b, const fe_yaml_node *item, fe_strv *path, fe_strv *names, fe_err *err)
{
    const char *name = fe_yaml_text(fe_yaml_get(item, "name")), *type = fe_yaml_text(fe_yaml_get(item, "type"));
    const char *file = fe_yaml_text(fe_yaml_get(item, "filename"));
    const fe_where where = { b->name, NULL, fe_yaml_line(item) };

    if (!is_known(type))
        return fe_fail(err, FE_EDATA, &where, "dataset '%s' is a %s, expected a SpectrumDataset or MapDataset, with OnOff or without", name ? name : "",
                       type ? type : "thing without type");
    if (!file)
        return fe_fail(err, FE_EDATA, &where, "dataset '%s' has no filename", name ? name : "");
    add_path(b, NULL, file, name ? name : "", path, names);
    return 0;
}

static int add_listed(const fe_bytes *b, const fe_yaml_node *root, fe_strv *path, fe_strv *name, fe_err *err)
{
    const fe_yaml_node *list = fe_yaml_get(root, "datasets");

    if (!list || fe_yaml_is_map(list) || fe_yaml_size(list) == 0)
        return fe_fail(err, FE_EDATA, &(fe_where){ b->name, NULL, 0 }, "'datasets' holds no list of datasets");
    for (size_t i = 0; i < fe_yaml_size(list); i++)
        if (add_file(b, fe_yaml_item(list, i), path, name, err) < 0)
            return -1;
    return 0;
}

/* ---- configurations of fermipy (formats 10) ---------------------------------------------------------------------- */

/* What a component says itself, else what all have; NULL: neither. */
static const fe_yaml_node *setting(const fe_yaml_node *root, const fe_yaml_node *component, const char *section, const char *key)
{
    const fe_yaml_node *own = component ? fe_yaml_get(fe_yaml_get(component, section), key) : NULL;

    return own ? own : fe_yaml_get(fe_yaml_get(root, section), key);
}

/* As gammapy names the datasets: by the isotropic template, iso_NAME.txt. */
static void name_component(const fe_yaml_node *iso, fe_str *name)
{
    const char *file = iso && fe_yaml_size(iso) ? fe_yaml_text(fe_yaml_item(iso, 0)) : iso ? fe_yaml_text(iso) : NULL;
    char *stem = file ? fe_path_stem(file) : NULL;

    fe_str_add(name, stem && strlen(stem) > strlen("iso_") ? stem + strlen("iso_") : "");
    free(stem);
}

/* The counts cube of each component; what else belongs to it lies beside it (io/fermi_io). */
static int add_components(const fe_bytes *b, const fe_yaml_node *root, fe_strv *path, fe_strv *names, fe_err *err)
{
    const fe_yaml_node *list = fe_yaml_get(root, "components");
    size_t n = list && !fe_yaml_is_map(list) ? fe_yaml_size(list) : 0;
    bool has_iso = false;

    for (size_t i = 0; i < (n ? n : 1); i++) {
        const fe_yaml_node *component = n ? fe_yaml_item(list, i) : NULL;
        const fe_yaml_node *folder = setting(root, component, "fileio", "outdir"), *iso = setting(root, component, "model", "isodiff");
        fe_str name = { 0 };
        char file[32];

        if (folder && !fe_yaml_text(folder))
            return fe_fail(err, FE_EDATA, &(fe_where){ b->name, NULL, fe_yaml_line(folder) }, "fileio.outdir is no text");
        snprintf(file, sizeof file, "ccube_%02zu.fits", i);
        name_component(iso, &name);
        add_path(b, folder ? fe_yaml_text(folder) : NULL, file, name.s, path, names);
        has_iso = has_iso || name.len;
        fe_str_free(&name);
    }
    if (has_iso)
        fe_note(FE_NOTE_SAID, NULL, "%s: isotropic and Galactic emission are no part of the data: they are sources of a models file (--model)",
                b->name);
    return 0;
}

int fe_datasets_parse(const fe_bytes *b, fe_strv *path, fe_strv *name, fe_err *err)
{
    fe_yaml *yaml = fe_yaml_parse((const char *)b->data, b->n, b->name, err);
    int rc;

    if (!yaml)
        return -1;
    rc = has_key(b, "datasets") ? add_listed(b, fe_yaml_root(yaml), path, name, err)
                                 : add_components(b, fe_yaml_root(yaml), path, name, err);
    fe_yaml_free(yaml);
    return rc;
}
