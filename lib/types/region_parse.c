#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/num.h"
#include "base/str.h"
#include "phys/sky.h"
#include "phys/units.h"
#include "types/region.h"

static const struct { const char *name; fe_region_shape shape; size_t n_sizes; bool has_angle; const char *form; } shapes[] = {
    { "circle", FE_REGION_CIRCLE, 1, false, "a place and a radius" },
    { "annulus", FE_REGION_ANNULUS, 2, false, "a place and two radii, the inner one first" },
    { "box", FE_REGION_BOX, 2, true, "a place, width and height, perhaps an angle" },
    { "ellipse", FE_REGION_ELLIPSE, 2, true, "a place, two half axes, perhaps an angle" },
    { "polygon", FE_REGION_POLYGON, 0, false, "three places or more" },
    { "point", FE_REGION_POINT, 0, false, "a place" }
};
enum { N_SHAPES = sizeof shapes / sizeof *shapes };

typedef enum frame { NOT_SAID, ICRS, GALACTIC } frame;

typedef struct parser {
    fe_where at;
    fe_code code;                   /* of its errors */
    frame frame;                    /* of the DS9 shapes that follow */
    fe_regions *out;
    fe_err *err;
} parser;

/* ---- words ------------------------------------------------------------------------------------------------------- */

/* fe_strv_split will not do: to it ' and " are quotes, here they are minutes and seconds. */
static void split(char *text, fe_strv *out)
{
    static const char *const between = ", \t()";
    char *rest;

    for (char *word = strtok_r(text, between, &rest); word; word = strtok_r(NULL, between, &rest))
        fe_strv_add(out, word);
}

/* 0.2 (degrees), 0.2d, 12', 720", 0.2deg, 12arcmin. */
static int parse_size(const char *text, double *deg)
{
    static const struct { const char *mark; double deg; } marks[] = { { "", 1 }, { "d", 1 }, { "'", 1 / 60.0 }, { "\"", 1 / 3600.0 } };
    const char *end;

    if (fe_num_scan(text, deg, &end) < 0 || !isfinite(*deg))
        return -1;
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (!strcmp(end, marks[i].mark)) {
            *deg *= marks[i].deg;
            return 0;
        }
    return fe_quantity_parse(text, "deg", deg, NULL);
}

/* text={Crab}, also in quotes; "" = none. */
static char *parse_name(const char *comment)
{
    const char *at = comment ? strstr(comment, "text=") : NULL, *end;

    if (!at || !at[5])
        return fe_strdup("");
    end = strchr(at + 6, at[5] == '{' ? '}' : at[5]);
    return end ? fe_strndup(at + 6, (size_t)(end - at - 6)) : fe_strdup("");
}

/* ---- shapes ------------------------------------------------------------------------------------------------------ */

static int parse_places(const fe_strv *word, size_t n, fe_region *r)
{
    r->n = n;
    r->lon_deg = FE_NEWN(double, n);
    r->lat_deg = FE_NEWN(double, n);
    for (size_t i = 0; i < n; i++)
        if (fe_sky_parse_pair(word->s[2 * i], word->s[2 * i + 1], r->galactic, &r->lon_deg[i], &r->lat_deg[i]) < 0)
            return -1;
    return 0;
}

/* Words into the numbers of shape k; -1: they do not fit it. */
static int parse_words(const fe_strv *word, size_t k, fe_region *r)
{
    size_t n_sizes = shapes[k].n_sizes, at = 2;

    if (r->shape == FE_REGION_POLYGON)
        return word->n < 6 || word->n % 2 ? -1 : parse_places(word, word->n / 2, r);
    if (word->n < 2 + n_sizes || word->n > 2 + n_sizes + shapes[k].has_angle || parse_places(word, 1, r) < 0)
        return -1;
    for (size_t i = 0; i < n_sizes; i++)
        if (parse_size(word->s[at++], &r->size_deg[i]) < 0 || r->size_deg[i] < 0 ||
            (r->size_deg[i] == 0 && !(r->shape == FE_REGION_ANNULUS && i == 0)))
            return -1;
    if (r->shape == FE_REGION_ANNULUS && r->size_deg[1] <= r->size_deg[0])
        return -1;
    return at < word->n ? parse_size(word->s[at], &r->angle_deg) : 0;
}

static int parse_shape(parser *p, const char *text, char *rest, const char *comment, fe_region r)
{
    size_t k = 0, n_name = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
    fe_strv word = { 0 };
    int rc = 0;

    while (k < N_SHAPES && (strlen(shapes[k].name) != n_name || strncasecmp(text, shapes[k].name, n_name) != 0))
        k++;
    if (k == N_SHAPES)
        return fe_fail(p->err, p->code, &p->at, "region '%s', expected circle, annulus, box, ellipse, polygon or point", text);
    r.shape = shapes[k].shape;
    split(rest, &word);
    if (parse_words(&word, k, &r) < 0) {
        rc = fe_fail(p->err, p->code, &p->at, "region '%s', expected %s", text, shapes[k].form);
        free(r.lon_deg);
        free(r.lat_deg);
    } else {
        r.name = parse_name(comment);
        FE_GROW(p->out->region, p->out->n, p->out->cap);
        p->out->region[p->out->n++] = r;
    }
    fe_strv_free(&word);
    return rc;
}

/* One word that sets the frame; 0, 1: it is no such word, -1. */
static int parse_frame(parser *p, const char *text)
{
    static const struct { const char *word; frame frame; } frames[] = {
        { "icrs", ICRS }, { "fk5", ICRS }, { "j2000", ICRS }, { "galactic", GALACTIC }, { "fk4", NOT_SAID }, { "b1950", NOT_SAID },
        { "ecliptic", NOT_SAID }, { "image", NOT_SAID }, { "physical", NOT_SAID }, { "linear", NOT_SAID }, { "detector", NOT_SAID },
        { "amplifier", NOT_SAID }
    };

    for (size_t i = 0; i < sizeof frames / sizeof *frames; i++) {
        if (!fe_str_equal_nocase(text, frames[i].word))
            continue;
        p->frame = frames[i].frame;
        return p->frame ? 0 : fe_fail(p->err, p->code, &p->at, "regions in the frame '%s', expected icrs, fk5 or galactic", text);
    }
    return 1;
}

static int parse_statement(parser *p, char *text, const char *comment)
{
    fe_region r = { 0 };
    char *rest, *colon;
    int rc;

    text = fe_str_trim(text);
    if (!*text || fe_str_starts(text, "global") || (rc = parse_frame(p, text)) == 0)
        return 0;
    if (rc < 0)
        return -1;
    r.excluded = *text == '-';
    text += *text == '-' || *text == '+';
    text += strspn(text, " \t");
    rest = fe_strdup(text);
    colon = rest + strcspn(rest, ":( \t");
    if (*colon == ':') {                /* as typed: gal: or ICRS */
        r.galactic = fe_str_starts(colon + 1, "gal:");
        for (char *s = colon; (s = strstr(s, "gal:"));)
            memset(s, ' ', 4);
        *colon = ' ';
        rc = parse_shape(p, text, colon, comment, r);
    } else if (p->frame == NOT_SAID) {
        rc = fe_fail(p->err, p->code, &p->at, "region '%s' before its frame is said, expected icrs, fk5 or galactic", text);
    } else {
        r.galactic = p->frame == GALACTIC;
        rc = parse_shape(p, text, colon, comment, r);
    }
    free(rest);
    return rc;
}

static int parse_line(parser *p, char *line)
{
    char *comment = strchr(line, '#'), *rest;
    int rc = 0;

    if (comment)
        *comment++ = 0;
    for (char *s = strtok_r(line, ";", &rest); rc == 0 && s; s = strtok_r(NULL, ";", &rest))
        rc = parse_statement(p, s, comment);
    return rc;
}

int fe_regions_parse(const char *text, const char *file, fe_regions *out, fe_err *err)
{
    parser p = { { file, NULL, 0 }, file ? FE_EDATA : FE_EUSAGE, NOT_SAID, out, err };
    int rc = 0;

    *out = (fe_regions){ 0 };
    for (const char *s = text; rc == 0 && *s;) {
        size_t n = strcspn(s, "\r\n");
        char *line = fe_strndup(s, n);

        p.at.row += file != NULL;
        rc = parse_line(&p, line);
        free(line);
        s += n;
        s += *s == '\r' && s[1] == '\n' ? 2 : *s != 0;
    }
    if (rc == 0 && out->n == 0)
        rc = fe_fail(err, p.code, &(fe_where){ file, NULL, 0 }, "no region, expected such as circle:83.63,22.01,0.2deg");
    if (rc < 0)
        fe_regions_free(out);
    return rc;
}
