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

void fe_facts_print_json(const fe_facts *facts, const char *path, fe_str *out)
{
    fe_str_add(out, "{\"file\": ");
    fe_text_quote(path, out);
    for (size_t i = 0; i < facts->n; i++) {
        double x;

        fe_str_add(out, ", ");
        fe_text_quote(facts->fact[i].key, out);
        fe_str_add(out, ": ");
        if (fe_num_parse(facts->fact[i].text, &x) == 0 && x - x == 0)
            fe_str_addnum(out, x);
        else
            fe_text_quote(facts->fact[i].text, out);
    }
    fe_str_add(out, "}\n");
}
