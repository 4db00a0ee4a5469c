#include "base/opt.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"

typedef struct parser {
    const fe_opt *const *tables;
    int argc, next;
    char **argv;
    fe_err *err;
} parser;

static const fe_opt *typed[64];     /* rows of the last line parsed; more than 64 options are not remembered */
static size_t n_typed;

#define FOR_EACH_ROW(row, tables)                                       \
    for (const fe_opt *const *table_ = (tables); *table_; table_++)     \
        for (const fe_opt *row = *table_; row->name; row++)             \
            if (row->name[0])

static bool takes_value(const fe_opt *opt)
{
    return opt->kind != FE_ARG_FLAG && opt->kind != FE_ARG_COUNT;
}

/* ---- values ---------------------------------------------------------------------------------------------- */

static bool is_choice(const char *range, const char *value)
{
    size_t n = strlen(value);

    for (const char *p = range; p; p = strchr(p, '|') ? strchr(p, '|') + 1 : NULL)
        if (!strncmp(p, value, n) && (p[n] == '|' || !p[n]))
            return n > 0;
    return false;
}

/* The number written in [from, to), or `open_end` where there is none. */
static double bound(const char *from, const char *to, double open_end)
{
    char text[FE_NUM_SIZE];
    double x;

    snprintf(text, sizeof text, "%.*s", (int)(to - from), from);
    return fe_num_parse(text, &x) < 0 ? open_end : x;
}

/* "0..1", "0..", "(0..1)": round brackets leave the ends out. */
static bool in_range(const char *range, double x)
{
    bool open = range && *range == '(';
    const char *dots = range ? strstr(range, "..") : NULL;
    double min, max;

    if (!dots)
        return true;
    min = bound(range + open, dots, -INFINITY);
    max = bound(dots + 2, dots + 2 + strcspn(dots + 2, ")"), INFINITY);
    return open ? x > min && x < max : x >= min && x <= max;
}

static int set_number(const fe_opt *opt, const char *value, fe_err *err)
{
    double x = NAN;
    long i = 0;
    bool ok = opt->kind == FE_ARG_DOUBLE ? !fe_num_parse(value, &x) : !fe_num_parse_long(value, &i);

    if (!ok)
        return fe_fail(err, FE_EUSAGE, NULL, "option --%s: '%s' is not %s", opt->name, value,
                       opt->kind == FE_ARG_DOUBLE ? "a number" : "a whole number");
    if (!in_range(opt->range, opt->kind == FE_ARG_DOUBLE ? x : (double)i))
        return fe_fail(err, FE_EUSAGE, NULL, "option --%s: %s is outside %s", opt->name, value, opt->range);
    if (opt->kind == FE_ARG_DOUBLE)
        *(double *)opt->dest = x;
    else
        *(long *)opt->dest = i;
    return 0;
}

static int set_value(const fe_opt *opt, const char *value, fe_err *err)
{
    switch (opt->kind) {
    case FE_ARG_FLAG:
        *(bool *)opt->dest = true;
        return 0;
    case FE_ARG_COUNT:
        ++*(int *)opt->dest;
        return 0;
    case FE_ARG_LIST:
        fe_strv_add(opt->dest, value);
        return 0;
    case FE_ARG_CHOICE:
        if (!is_choice(opt->range, value))
            return fe_fail(err, FE_EUSAGE, NULL, "option --%s: '%s' is not one of %s", opt->name, value, opt->range);
        *(const char **)opt->dest = value;
        return 0;
    case FE_ARG_STR:
        *(const char **)opt->dest = value;
        return 0;
    case FE_ARG_DOUBLE:
    case FE_ARG_LONG:
        return set_number(opt, value, err);
    }
    return fe_fail(err, FE_EUSAGE, NULL, "option --%s: unknown kind", opt->name);
}

static void set_missing(const fe_opt *opt)
{
    switch (opt->kind) {
    case FE_ARG_FLAG:   *(bool *)opt->dest = false; break;
    case FE_ARG_COUNT:  *(int *)opt->dest = 0; break;
    case FE_ARG_LIST:   break;
    case FE_ARG_STR:
    case FE_ARG_CHOICE: *(const char **)opt->dest = NULL; break;
    case FE_ARG_DOUBLE: *(double *)opt->dest = NAN; break;
    case FE_ARG_LONG:   *(long *)opt->dest = -1; break;
    }
}

static int set_defaults(const fe_opt *const *tables, fe_err *err)
{
    FOR_EACH_ROW(opt, tables) {
        set_missing(opt);
        if (opt->def && set_value(opt, opt->def, err) < 0)
            return -1;
    }
    return 0;
}

/* ---- names ----------------------------------------------------------------------------------------------- */

/* Edits (letter in, out, changed) between a and b; names here are short. */
static size_t edit_distance(const char *a, size_t na, const char *b)
{
    size_t row[64], nb = strlen(b);

    if (nb >= 64)
        return SIZE_MAX;
    for (size_t j = 0; j <= nb; j++)
        row[j] = j;
    for (size_t i = 1; i <= na; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= nb; j++) {
            size_t best = diagonal + (a[i - 1] != b[j - 1]);

            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[nb];
}

/* The option that was meant: what the word begins, else the one fewest edits away; NULL when nothing is near. */
static const fe_opt *nearest(const fe_opt *const *tables, const char *name, size_t n)
{
    const fe_opt *best = NULL;
    size_t least = n / 3 + 2;

    FOR_EACH_ROW(opt, tables) {
        size_t d = n > 1 && !strncmp(opt->name, name, n) ? 0 : edit_distance(name, n, opt->name);

        if (opt->help && d < least) {
            least = d;
            best = opt;
        }
    }
    return best;
}

static int unknown_name(const parser *p, const char *name, size_t n)
{
    const fe_opt *near = nearest(p->tables, name, n);

    if (near)
        return fe_fail(p->err, FE_EUSAGE, NULL, "unknown option '--%.*s': did you mean --%s? (names are spelled out)",
                       (int)n, name, near->name);
    return fe_fail(p->err, FE_EUSAGE, NULL, "unknown option '--%.*s' (--help lists all)", (int)n, name);
}

static const fe_opt *find_name(const fe_opt *const *tables, const char *name, size_t n)
{
    FOR_EACH_ROW(opt, tables) {
        if (strlen(opt->name) == n && !strncmp(opt->name, name, n))
            return opt;
    }
    return NULL;
}

static const fe_opt *find_letter(const fe_opt *const *tables, char letter)
{
    FOR_EACH_ROW(opt, tables) {
        if (opt->letter == letter)
            return opt;
    }
    return NULL;
}

/* ---- the line -------------------------------------------------------------------------------------------- */

static int take(parser *p, const fe_opt *opt, const char *value)
{
    if (n_typed < sizeof typed / sizeof *typed)
        typed[n_typed++] = opt;
    return set_value(opt, value, p->err);
}

/* The value of an option that stands in the word after it. */
static int take_next(parser *p, const fe_opt *opt)
{
    const char *value = p->next < p->argc ? p->argv[p->next] : NULL;

    if (!value)
        return fe_fail(p->err, FE_EUSAGE, NULL, "option --%s needs a value (%s)", opt->name, opt->arg);
    if (value[0] == '-' && value[1])
        return fe_fail(p->err, FE_EUSAGE, NULL,
                       "option --%s needs a value (%s), found '%s'; if that is the value, write --%s=%s", opt->name,
                       opt->arg, value, opt->name, value);
    p->next++;
    return take(p, opt, value);
}

static int parse_long(parser *p, const char *word)
{
    size_t n = strcspn(word, "=");
    const fe_opt *opt = find_name(p->tables, word, n);

    if (!opt)
        return unknown_name(p, word, n);
    if (takes_value(opt))
        return word[n] ? take(p, opt, word + n + 1) : take_next(p, opt);
    if (word[n])
        return fe_fail(p->err, FE_EUSAGE, NULL, "option --%s takes no value, found '%s'", opt->name, word + n + 1);
    return take(p, opt, NULL);
}

/* "-v", "-qv", "-o FILE", "-oFILE"; a long name behind a single '-' is a slip worth naming. */
static int parse_short(parser *p, const char *word)
{
    const fe_opt *slip = word[1] ? find_name(p->tables, word, strcspn(word, "=")) : NULL;

    if (slip)
        return fe_fail(p->err, FE_EUSAGE, NULL, "unknown option '-%s': did you mean --%s?", word, slip->name);
    for (; *word; word++) {
        const fe_opt *opt = find_letter(p->tables, *word);

        if (!opt)
            return fe_fail(p->err, FE_EUSAGE, NULL, "unknown option '-%c' (--help lists all)", *word);
        if (takes_value(opt)) {
            if (word[1] == '=')
                return fe_fail(p->err, FE_EUSAGE, NULL, "option -%c: write '-%c %s' or '--%s=%s'", *word, *word,
                               word + 2, opt->name, word + 2);
            return word[1] ? take(p, opt, word + 1) : take_next(p, opt);
        }
        if (take(p, opt, NULL) < 0)
            return -1;
    }
    return 0;
}

bool fe_opt_typed(const char *name)
{
    for (size_t i = 0; i < n_typed; i++)
        if (!strcmp(typed[i]->name, name))
            return true;
    return false;
}

static int check_exclusive(fe_err *err)
{
    for (size_t pair = 0; fe_opts_exclusive[pair][0]; pair++) {
        if (fe_opt_typed(fe_opts_exclusive[pair][0]) && fe_opt_typed(fe_opts_exclusive[pair][1]))
            return fe_fail(err, FE_EUSAGE, NULL, "options --%s and --%s exclude each other",
                           fe_opts_exclusive[pair][0], fe_opts_exclusive[pair][1]);
    }
    return 0;
}

int fe_opt_parse(const fe_opt *const *tables, int argc, char **argv, fe_strv *operands, fe_err *err)
{
    parser p = { .tables = tables, .argc = argc, .next = 1, .argv = argv, .err = err };
    bool ended = false;

    n_typed = 0;
    if (set_defaults(tables, err) < 0)
        return -1;
    while (p.next < argc) {
        const char *word = argv[p.next++];
        int rc = 0;

        if (ended || word[0] != '-' || !word[1])
            fe_strv_add(operands, word);
        else if (!strcmp(word, "--"))
            ended = true;
        else
            rc = word[1] == '-' ? parse_long(&p, word + 2) : parse_short(&p, word + 1);
        if (rc < 0)
            return -1;
    }
    return check_exclusive(err);
}
