/* The same rows for people (--help) and for programs (--dump-options: man page, completions, tests). */
#include <stdio.h>
#include <string.h>

#include "base/opt.h"

enum { HELP_COLUMN = 27, HELP_WIDTH = 80 };

static const char *const kind_name[] = { "flag", "count", "string", "list", "choice", "number", "integer" };

/* "0 to 1", "above 0", "at least 1": a range in words. */
static void add_range(const fe_opt *opt, fe_str *out)
{
    const char *range = opt->range, *dots;
    bool open = *range == '(';
    int n_min, n_max;

    if (opt->kind == FE_ARG_CHOICE) {
        fe_str_add(out, "one of ");
        for (; *range; range++)
            fe_str_add(out, *range == '|' ? ", " : (char[]){ *range, 0 });
        return;
    }
    range += open;
    dots = strstr(range, "..");
    n_min = (int)(dots - range);
    n_max = (int)strcspn(dots + 2, ")");
    if (!n_max)
        fe_str_addf(out, "%s %.*s", open ? "above" : "at least", n_min, range);
    else if (!n_min)
        fe_str_addf(out, "%s %.*s", open ? "below" : "at most", n_max, dots + 2);
    else
        fe_str_addf(out, "%s %.*s %s %.*s", open ? "above" : "from", n_min, range, open ? "and below" : "to", n_max,
                    dots + 2);
}

/* "in UNIT; RANGE; default: X", as far as there is anything to say. */
static void add_facts(const fe_opt *opt, fe_str *out)
{
    const char *def = opt->def_text ? opt->def_text : opt->def;
    size_t start = out->len;

    if (opt->kind == FE_ARG_LIST)
        fe_str_add(out, "may be repeated");
    if (opt->unit)
        fe_str_addf(out, "%sin %s", out->len > start ? "; " : "", opt->unit);
    if (opt->range && (opt->kind != FE_ARG_CHOICE || strchr(opt->range, '|'))) {
        fe_str_add(out, out->len > start ? "; " : "");
        add_range(opt, out);
    }
    if (def)
        fe_str_addf(out, "%sdefault: %s", out->len > start ? "; " : "", def);
}

/* Words of text from column `at` on, wrapped, each line starting at HELP_COLUMN. */
static void add_wrapped(fe_str *out, size_t at, const char *text)
{
    while (*text) {
        size_t n = strcspn(text, " ");

        if (at > HELP_COLUMN && at + 1 + n > HELP_WIDTH) {
            fe_str_addf(out, "\n%*s", HELP_COLUMN, "");
            at = HELP_COLUMN;
        } else if (at > HELP_COLUMN) {
            fe_str_add(out, " ");
            at++;
        }
        fe_str_addn(out, text, n);
        at += n;
        text += n + strspn(text + n, " ");
    }
    fe_str_add(out, "\n");
}

static void add_row(const fe_opt *opt, fe_str *out)
{
    size_t start = out->len, width;
    fe_str text = { 0 }, facts = { 0 };

    if (opt->letter)
        fe_str_addf(out, "  -%c, --%s", opt->letter, opt->name);
    else
        fe_str_addf(out, "      --%s", opt->name);
    if (opt->arg)
        fe_str_addf(out, " %s", opt->arg);
    width = out->len - start;
    if (width + 2 > HELP_COLUMN) {
        fe_str_add(out, "\n");
        width = 0;
    }
    fe_str_addf(out, "%*s", (int)(HELP_COLUMN - width), "");
    fe_str_add(&text, opt->help);
    add_facts(opt, &facts);
    if (facts.len)
        fe_str_addf(&text, " (%s)", facts.s);
    add_wrapped(out, HELP_COLUMN, text.s);
    fe_str_free(&text);
    fe_str_free(&facts);
}

void fe_opt_help(const fe_opt *const *tables, fe_str *out)
{
    bool titled = false;

    for (; *tables; tables++)
        for (const fe_opt *opt = *tables; opt->name; opt++) {
            if (!opt->help)
                continue;
            if (!opt->name[0] || !titled)
                fe_str_addf(out, "\n%s:\n", opt->name[0] ? "Options" : opt->help);
            titled = true;
            if (opt->name[0])
                add_row(opt, out);
        }
}

static void add_cell(fe_str *out, const char *text)
{
    fe_str_addf(out, "\t%s", text ? text : "");
}

void fe_opt_dump(const fe_opt *const *tables, fe_str *out)
{
    const char *title = "Options";

    for (; *tables; tables++)
        for (const fe_opt *opt = *tables; opt->name; opt++) {
            if (!opt->name[0])
                title = opt->help;
            if (!opt->name[0] || !opt->help)
                continue;
            if (opt->letter)
                fe_str_addn(out, &opt->letter, 1);
            add_cell(out, opt->name);
            add_cell(out, kind_name[opt->kind]);
            add_cell(out, opt->arg);
            add_cell(out, opt->range);
            add_cell(out, opt->unit);
            add_cell(out, opt->def_text ? opt->def_text : opt->def);
            add_cell(out, opt->help);
            add_cell(out, title);
            fe_str_add(out, "\t");
            add_facts(opt, out);
            fe_str_add(out, "\n");
        }
}
