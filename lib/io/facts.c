/* The list of facts itself, and its two forms. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "io/cells.h"
#include "io/info.h"

void fe_facts_add(fe_facts *facts, const char *key, const char *fmt, ...)
{
    char text[1024];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    FE_GROW(facts->fact, facts->n, facts->cap);
    facts->fact[facts->n++] = (fe_fact){ fe_strdup(key), fe_strdup(text) };
}

void fe_facts_free(fe_facts *facts)
{
    for (size_t i = 0; i < facts->n; i++) {
        free(facts->fact[i].key);
        free(facts->fact[i].text);
    }
    free(facts->fact);
    *facts = (fe_facts){ NULL, 0, 0 };
}

void fe_facts_print(const fe_facts *facts, const char *path, fe_str *out)
{
    fe_str_addf(out, "%s\n", path);
    for (size_t i = 0; i < facts->n; i++) {
        char words[32];

        snprintf(words, sizeof words, "%s", facts->fact[i].key);
        for (char *p = words; *p; p++)
            if (*p == '_')
                *p = ' ';
        fe_str_addf(out, "  %-18s %s\n", words, facts->fact[i].text);
    }
}

static void print_value(const char *text, fe_str *out)
{
    double x;

    if (fe_num_parse(text, &x) == 0 && x - x == 0)
        fe_str_addnum(out, x);
    else
        fe_text_quote(text, out);
}

/* Values of the key of fact i; `before`: only those in front of it. */
static size_t count_key(const fe_facts *facts, size_t i, bool before)
{
    size_t n = 0;

    for (size_t k = 0; k < (before ? i : facts->n); k++)
        n += !strcmp(facts->fact[k].key, facts->fact[i].key);
    return n;
}

void fe_facts_print_json(const fe_facts *facts, const char *path, fe_str *out)
{
    fe_str_add(out, "{\"file\": ");
    fe_text_quote(path, out);
    for (size_t i = 0; i < facts->n; i++) {
        bool list = count_key(facts, i, false) > 1, first = true;

        if (count_key(facts, i, true))
            continue;                               /* stands in the list of the first one */
        fe_str_add(out, ", ");
        fe_text_quote(facts->fact[i].key, out);
        fe_str_add(out, list ? ": [" : ": ");
        for (size_t k = i; k < facts->n; k++)
            if (!strcmp(facts->fact[k].key, facts->fact[i].key)) {
                fe_str_add(out, first ? "" : ", ");
                print_value(facts->fact[k].text, out);
                first = false;
            }
        fe_str_add(out, list ? "]" : "");
    }
    fe_str_add(out, "}\n");
}
