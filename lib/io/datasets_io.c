#include "io/datasets_io.h"

#include <string.h>

#include "io/yaml.h"

static const char KEY[] = "datasets:";

/* A line that begins with the key, before anything but comments and other keys could stand. */
bool fe_datasets_sniff(const fe_bytes *b)
{
    const char *text = (const char *)b->data, *line = text;

    if (memchr(b->data, 0, b->n))               /* a FITS file has many */
        return false;
    while (line && *line) {
        if (fe_str_starts(line, KEY))
            return true;
        line = strchr(line, '\n');
        line += line != NULL;
    }
    return false;
}

static bool is_known(const char *type)
{
    static const char *const types[] = { "SpectrumDatasetOnOff", "SpectrumDataset", "MapDataset", "MapDatasetOnOff" };

    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (type && !strcmp(type, types[i]))
            return true;
    return false;
}

static int add_file(const fe_bytes *b, const fe_yaml_node *item, fe_strv *path, fe_strv *names, fe_err *err)
{
    const char *name = fe_yaml_text(fe_yaml_get(item, "name")), *type = fe_yaml_text(fe_yaml_get(item, "type"));
    const char *file = fe_yaml_text(fe_yaml_get(item, "filename")), *slash = strrchr(b->name, '/');
    const fe_where where = { b->name, NULL, fe_yaml_line(item) };
    fe_str full = { 0 };

    if (!is_known(type))
        return fe_fail(err, FE_EDATA, &where, "dataset '%s' is a %s, expected a SpectrumDataset or MapDataset, with OnOff or without", name ? name : "",
                       type ? type : "thing without type");
    if (!file)
        return fe_fail(err, FE_EDATA, &where, "dataset '%s' has no filename", name ? name : "");
    if (*file != '/' && slash)
        fe_str_addn(&full, b->name, (size_t)(slash - b->name) + 1);
    fe_str_add(&full, file);
    fe_strv_add(path, full.s);
    fe_strv_add(names, name ? name : "");
    fe_str_free(&full);
    return 0;
}

int fe_datasets_parse(const fe_bytes *b, fe_strv *path, fe_strv *name, fe_err *err)
{
    fe_yaml *yaml = fe_yaml_parse((const char *)b->data, b->n, b->name, err);
    const fe_yaml_node *list;
    int rc = 0;

    if (!yaml)
        return -1;
    list = fe_yaml_get(fe_yaml_root(yaml), "datasets");
    if (!list || fe_yaml_is_map(list) || fe_yaml_size(list) == 0)
        rc = fe_fail(err, FE_EDATA, &(fe_where){ b->name, NULL, 0 }, "'datasets' holds no list of datasets");
    for (size_t i = 0; rc == 0 && i < fe_yaml_size(list); i++)
        rc = add_file(b, fe_yaml_item(list, i), path, name, err);
    fe_yaml_free(yaml);
    return rc;
}
