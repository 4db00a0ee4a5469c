#include "io/latex.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "io/text.h"

enum { DIGITS = 4 };

static void print_escaped(const char *text, fe_str *out)
{
    for (; *text; text++) {
        if (strchr("&%$#_{}", *text))
            fe_str_addf(out, "\\%c", *text);
        else if (*text == '\\')
            fe_str_add(out, "\\textbackslash{}");
        else if (*text == '~' || *text == '^')
            fe_str_addf(out, "\\%c{}", *text);
        else if (*text == '<' || *text == '>')
            fe_str_addf(out, "$%c$", *text);
        else
            fe_str_addn(out, *text == '\n' || *text == '\r' ? " " : text, 1);
    }
}

/* "cm-2 s-1" -> "cm$^{-2}$ s$^{-1}$"; other spellings stay as they are. */
static void print_unit(const char *unit, fe_str *out)
{
    const char *from = unit;

    while (*unit) {
        const char *digits = unit + (*unit == '-' || *unit == '+');
        size_t n = strspn(digits, "0123456789");

        if (!n || unit == from || !isalpha((unsigned char)unit[-1])) {
            char one[2] = { *unit++, 0 };

            print_escaped(one, out);
            continue;
        }
        fe_str_addf(out, "$^{%.*s}$", (int)(digits + n - unit), unit);
        unit = digits + n;
    }
}

/* "1.234e-11" -> "$1.234\times10^{-11}$". */
static void print_number(double x, fe_str *out)
{
    fe_str text = { 0 };
    char *exponent;

    fe_str_addf(&text, "%.*g", DIGITS, x);
    if ((exponent = strchr(text.s, 'e')))
        *exponent++ = 0;
    if (exponent)
        fe_str_addf(out, "$%s\\times10^{%ld}$", text.s, strtol(exponent, NULL, 10));
    else
        fe_str_addf(out, *text.s == '-' ? "$%s$" : "%s", text.s);
    fe_str_free(&text);
}

static void print_cell(const fe_column *c, size_t row, fe_str *out)
{
    bool is_scalar = !c->n_dim && c->width == 1;
    fe_str text = { 0 };

    if (is_scalar && c->type == FE_COL_DOUBLE && isfinite(c->v.d[row])) {
        print_number(c->v.d[row], out);
        return;
    }
    if (is_scalar && c->type == FE_COL_DOUBLE && isnan(c->v.d[row])) {
        fe_str_add(out, "--");
        return;
    }
    fe_cell_print_short(c, row, DIGITS, &text);
    print_escaped(text.s, out);
    fe_str_free(&text);
}

int fe_latex_write(const fe_document *doc, fe_str *out, fe_err *err)
{
    const fe_table *t = fe_document_first(doc);

    if (!t || !t->n_cols)
        return fe_fail(err, FE_EDATA, &(fe_where){ doc->file, NULL, 0 }, "no table to write");
    fe_str_add(out, "\\begin{tabular}{");
    for (size_t k = 0; k < t->n_cols; k++)
        fe_str_add(out, t->col[k].type == FE_COL_STRING ? "l" : "r");
    fe_str_add(out, "}\n\\hline\n");
    for (size_t k = 0; k < t->n_cols; k++) {
        fe_str_add(out, k ? " & " : "");
        print_escaped(t->col[k].name, out);
    }
    fe_str_add(out, " \\\\\n");
    for (size_t k = 0; k < t->n_cols; k++) {
        fe_str_add(out, k ? " & " : "");
        print_unit(t->col[k].unit, out);
    }
    fe_str_add(out, " \\\\\n\\hline\n");
    for (size_t row = 0; row < t->n_rows; row++) {
        for (size_t k = 0; k < t->n_cols; k++) {
            fe_str_add(out, k ? " & " : "");
            print_cell(&t->col[k], row, out);
        }
        fe_str_add(out, " \\\\\n");
    }
    fe_str_add(out, "\\hline\n\\end{tabular}\n");
    return 0;
}
