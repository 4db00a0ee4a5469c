/* Inline text of models: sums and products of leaves "tag:name=value,...", "tag:FILE,name=value,...". */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "phys/spectrum.h"
#include "phys/spectrum_ebl.h"
#include "phys/units.h"

enum { MAX_PARTS = 200 };           /* models, operators and brackets of one text: bounds the depth of the tree */

typedef struct parser {
    size_t n_parts;
    fe_spectrum_reader *read;       /* NULL: no files */
} parser;

static const char NODE_UNIT[] = "cm-2 s-1 TeV-1";

static const char *unit_of_nodes(const fe_spectrum *s)
{
    return s->kind->is_norm ? "" : NODE_UNIT;
}

static const char *name_of_nodes(const fe_spectrum *s)
{
    return s->kind->is_norm ? "norms" : "values";
}

/* ---- leaves ------------------------------------------------------------------------------------------------ */

static int unknown_tag(const char *tag, fe_err *err)
{
    fe_str known = { 0 };

    for (const fe_spectrum_kind *k = fe_spectrum_kinds; k->type; k++)
        fe_str_addf(&known, "%s%s", k == fe_spectrum_kinds ? "" : ", ", k->tag);
    (void)fe_fail(err, FE_EUSAGE, NULL, "unknown model '%s', expected one of %s", tag, known.s);
    fe_str_free(&known);
    return -1;
}

static int unknown_par(const fe_spectrum *s, const char *name, fe_err *err)
{
    fe_str known = { 0 };

    if (fe_spectrum_has_nodes(s))
        fe_str_addf(&known, "energy, %s%s", name_of_nodes(s), s->kind->is_norm ? ", interp=log, interp=lin" : "");
    for (size_t i = 0; i < s->kind->n_par; i++)
        fe_str_addf(&known, "%s%s", i ? ", " : "", s->kind->par[i].name);
    (void)fe_fail(err, FE_EUSAGE, NULL, "model %s has no parameter '%s', expected one of %s", s->kind->tag, name,
                  known.s);
    fe_str_free(&known);
    return -1;
}

/* "[0.5,1,2] TeV" */
static int read_list(const char *text, const char *unit, double **out, size_t *n, fe_err *err)
{
    const char *end = strchr(text, ']');
    fe_strv part = { 0 };
    fe_str one = { 0 };
    char *inside;
    int rc = 0;

    if (*text != '[' || !end)
        return fe_fail(err, FE_EUSAGE, NULL, "'%s' is not a list, expected one like [1,2,3]%s", text, unit);
    inside = fe_strndup(text + 1, (size_t)(end - text - 1));
    fe_strv_split(&part, inside, ",");
    free(*out);
    *out = FE_NEWN(double, part.n);
    *n = part.n;
    for (size_t i = 0; i < part.n && rc == 0; i++) {
        one.len = 0;
        fe_str_addf(&one, "%s%s", part.s[i], end + 1);
        rc = fe_quantity_parse(one.s, unit, &(*out)[i], err);
    }
    fe_str_free(&one);
    fe_strv_free(&part);
    free(inside);
    return rc;
}

static int read_nodes(fe_spectrum *s, const char *name, const char *text, size_t n_read[2], fe_err *err)
{
    if (!strcmp(name, "energy"))
        return read_list(text, "TeV", &s->node_e_TeV, &n_read[0], err);
    if (!strcmp(name, name_of_nodes(s)))
        return read_list(text, unit_of_nodes(s), &s->node_value, &n_read[1], err);
    if (s->kind->is_norm && !strcmp(name, "interp") && (!strcmp(text, "lin") || !strcmp(text, "log"))) {
        s->node_linear = !strcmp(text, "lin");
        return 0;
    }
    return unknown_par(s, name, err);
}

static int check_nodes(fe_spectrum *s, const size_t n_read[2], fe_err *err)
{
    if (n_read[0] < 2 || n_read[0] != n_read[1])
        return fe_fail(err, FE_EUSAGE, NULL, "model %s has %zu energies and %zu %s, expected two or more of each",
                       s->kind->tag, n_read[0], n_read[1], name_of_nodes(s));
    s->n_node = n_read[0];
    for (size_t k = 0; k < s->n_node; k++)
        if (!(s->node_e_TeV[k] > (k ? s->node_e_TeV[k - 1] : 0)) || !isfinite(s->node_e_TeV[k]) ||
            !(s->node_value[k] >= 0) || !isfinite(s->node_value[k]))
            return fe_fail(err, FE_EUSAGE, NULL, "node %zu of model %s is %g at %g TeV, expected ascending positive "
                           "energies and values of at least 0", k + 1, s->kind->tag, s->node_value[k],
                           s->node_e_TeV[k]);
    return 0;
}

/* Position of the parameter, also without a trailing underscore (lambda); n_par if there is none. */
static size_t find_par(const fe_spectrum *s, const char *name)
{
    size_t i = 0, len = strlen(name);

    while (i < s->kind->n_par && !(fe_str_starts(s->kind->par[i].name, name) &&
                                   (!s->kind->par[i].name[len] || !strcmp(s->kind->par[i].name + len, "_"))))
        i++;
    return i;
}

static int read_value(fe_spectrum *s, const char *name, const char *text, unsigned *seen, fe_err *err)
{
    size_t i = find_par(s, name);
    const fe_par_spec *spec = &s->kind->par[i];
    fe_err cause;
    double x;

    if (i == s->kind->n_par)
        return unknown_par(s, name, err);
    if (*seen & 1u << i)
        return fe_fail(err, FE_EUSAGE, NULL, "model %s has parameter '%s' twice", s->kind->tag, name);
    *seen |= 1u << i;
    if (fe_quantity_parse(text, spec->unit, &x, &cause) < 0)
        return fe_fail(err, FE_EUSAGE, NULL, "parameter '%s' of model %s: %s", name, s->kind->tag, cause.text);
    if (!isfinite(x) || (!strcmp(spec->unit, "TeV") && !(x > 0)))
        return fe_fail(err, FE_EUSAGE, NULL, "parameter '%s' of model %s is '%s', expected a finite%s number", name,
                       s->kind->tag, text, *spec->unit ? " positive" : "");
    s->par[i].value = x;
    return 0;
}

static int read_par(fe_spectrum *s, const char *text, unsigned *seen, size_t n_read[2], fe_err *err)
{
    const char *equals = strchr(text, '=');
    char *name, *trimmed;
    int rc;

    if (!equals)
        return fe_fail(err, FE_EUSAGE, NULL, "'%s' in model %s is not NAME=VALUE", text, s->kind->tag);
    name = fe_strndup(text, (size_t)(equals - text));
    trimmed = fe_str_trim(name);
    equals += 1 + strspn(equals + 1, " ");
    rc = fe_spectrum_has_nodes(s) ? read_nodes(s, trimmed, equals, n_read, err)
                                  : read_value(s, trimmed, equals, seen, err);
    free(name);
    return rc;
}

/* gammapy's log parabolas pivot at 10 TeV, all others at 1: silence about it would shift a flux a hundredfold. */
static int check_reference(const fe_spectrum *s, unsigned seen, fe_err *err)
{
    for (size_t i = 0; i < s->kind->n_par; i++)
        if (!strcmp(s->kind->par[i].name, "reference") && s->kind->par[i].value != 1 && !(seen & 1u << i))
            return fe_fail(err, FE_EUSAGE, NULL, "model %s needs its reference energy, like %s:reference=1TeV",
                           s->kind->tag, s->kind->tag);
    return 0;
}

/* "template:FILE", "ebl:FILE,...": the first part of a leaf that may come from a file, when it is no NAME=VALUE. */
static bool is_file(const fe_spectrum *s, const char *part)
{
    bool may_be = fe_spectrum_has_table(s) || (fe_spectrum_has_nodes(s) && !s->kind->is_norm);

    return may_be && *part && !strchr(part, '=');
}

static int read_file(const parser *p, fe_spectrum *s, const char *file, size_t n_read[2], fe_err *err)
{
    if (!p->read)
        return fe_fail(err, FE_EUSAGE, NULL, "model %s names a file '%s', which cannot be read here", s->kind->tag,
                       file);
    if (p->read(s, file, err) < 0)
        return -1;
    n_read[0] = n_read[1] = s->n_node;
    return 0;
}

static int check_leaf(fe_spectrum *s, const size_t n_read[2], unsigned seen, fe_err *err)
{
    if (fe_spectrum_has_nodes(s))
        return check_nodes(s, n_read, err);
    if (fe_spectrum_has_table(s) && !s->ebl)
        return fe_fail(err, FE_EUSAGE, NULL, "model %s needs its table, like ebl:FILE,redshift=0.1", s->kind->tag);
    return check_reference(s, seen, err);
}

static fe_spectrum *read_leaf(const parser *p, const char *text, fe_err *err)
{
    size_t len = strcspn(text, ":"), n_read[2] = { 0, 0 };
    char *tag = fe_strndup(text, len);
    fe_spectrum *s = fe_spectrum_new(fe_str_trim(tag));
    unsigned seen = 0;
    fe_strv part = { 0 };
    int rc = s ? 0 : unknown_tag(fe_str_trim(tag), err);

    free(tag);
    if (s && text[len])
        fe_strv_split(&part, text + len + 1, ",");
    for (size_t i = 0; i < part.n && rc == 0; i++)
        rc = i == 0 && is_file(s, part.s[i]) ? read_file(p, s, part.s[i], n_read, err)
                                             : read_par(s, part.s[i], &seen, n_read, err);
    fe_strv_free(&part);
    if (rc == 0)
        rc = check_leaf(s, n_read, seen, err);
    if (rc == 0)
        return s;
    fe_spectrum_free(s);
    return NULL;
}

/* ---- sums and products --------------------------------------------------------------------------------------- */

/* Last of the operators between blanks and outside brackets; NULL when there is none. */
static const char *find_operator(const char *text, size_t len, const char *operators)
{
    const char *found = NULL;
    int depth = 0;

    for (size_t i = 0; i < len; i++) {
        depth += (strchr("([{", text[i]) != NULL) - (strchr(")]}", text[i]) != NULL);
        if (!depth && i && i + 1 < len && strchr(operators, text[i]) && text[i - 1] == ' ' && text[i + 1] == ' ')
            found = text + i;
    }
    return found;
}

/* May these two be joined?  Spectra add to spectra, factors to factors; a product holds one spectrum at most. */
static int check_join(char op, const fe_spectrum *a, const fe_spectrum *b, const char *text, fe_err *err)
{
    bool norm_a = fe_spectrum_is_norm(a), norm_b = fe_spectrum_is_norm(b);

    if (op == '*' && !norm_a && !norm_b)
        return fe_fail(err, FE_EUSAGE, NULL,
                       "'%s' multiplies two spectra, expected at least one factor such as pl-norm or scale", text);
    if (op != '*' && norm_a != norm_b)
        return fe_fail(err, FE_EUSAGE, NULL, "'%s' adds a factor to a spectrum, expected two spectra", text);
    return 0;
}

static fe_spectrum *read_tree(const char *text, size_t len, parser *p, fe_err *err);

static fe_spectrum *read_join(const char *text, size_t len, const char *op, parser *p, fe_err *err)
{
    fe_spectrum *left = read_tree(text, (size_t)(op - text), p, err), *right = NULL;
    char *whole;
    int rc = -1;

    if (left)
        right = read_tree(op + 1, (size_t)(text + len - op - 1), p, err);
    if (right) {
        whole = fe_strndup(text, len);
        rc = check_join(*op, left, right, whole, err);
        free(whole);
    }
    if (rc == 0)
        return fe_spectrum_join(*op, left, right);
    fe_spectrum_free(left);
    fe_spectrum_free(right);
    return NULL;
}

static fe_spectrum *read_tree(const char *text, size_t len, parser *p, fe_err *err)
{
    const char *op;
    fe_spectrum *s;
    char *leaf;

    if (++p->n_parts > MAX_PARTS) {
        (void)fe_fail(err, FE_EUSAGE, NULL, "model text has more than %d models, operators and brackets", MAX_PARTS);
        return NULL;
    }
    for (; len && isspace((unsigned char)*text); len--)
        text++;
    while (len && isspace((unsigned char)text[len - 1]))
        len--;
    if ((op = find_operator(text, len, "+-")) || (op = find_operator(text, len, "*")))
        return read_join(text, len, op, p, err);
    if (len > 1 && *text == '(' && text[len - 1] == ')')
        return read_tree(text + 1, len - 2, p, err);
    leaf = fe_strndup(text, len);
    s = read_leaf(p, leaf, err);
    free(leaf);
    return s;
}

fe_spectrum *fe_spectrum_parse(const char *text, fe_err *err)
{
    return fe_spectrum_parse_files(text, NULL, err);
}

fe_spectrum *fe_spectrum_parse_files(const char *text, fe_spectrum_reader *read, fe_err *err)
{
    parser p = { 0, read };
    fe_spectrum *s;

    if (!text[strspn(text, " ")]) {
        (void)fe_fail(err, FE_EUSAGE, NULL, "empty model, expected one like pl:index=2");
        return NULL;
    }
    s = read_tree(text, strlen(text), &p, err);
    if (s && fe_spectrum_is_norm(s)) {
        (void)fe_fail(err, FE_EUSAGE, NULL, "model '%s' is a factor without unit, expected a spectrum, like pl * %s",
                      text, text);
        fe_spectrum_free(s);
        return NULL;
    }
    return s;
}

/* ---- printing ------------------------------------------------------------------------------------------------ */

static void print_list(fe_str *out, const double *x, size_t n, const char *unit)
{
    for (size_t i = 0; i < n; i++) {
        fe_str_add(out, i ? "," : "[");
        fe_str_addnum(out, x[i]);
    }
    fe_str_addf(out, "]%s", unit);
}

static void print_leaf(const fe_spectrum *s, fe_str *out)
{
    fe_str_add(out, s->kind->tag);
    if (s->n_node) {
        fe_str_add(out, ":energy=");
        print_list(out, s->node_e_TeV, s->n_node, "TeV");
        fe_str_addf(out, ",%s=", name_of_nodes(s));
        print_list(out, s->node_value, s->n_node, unit_of_nodes(s));
        fe_str_add(out, s->node_linear ? ",interp=lin" : "");
    }
    if (s->ebl && *s->ebl->name)
        fe_str_addf(out, ":%s", s->ebl->name);
    for (size_t i = 0; i < s->kind->n_par; i++) {
        const fe_par_spec *spec = &s->kind->par[i];

        fe_str_addf(out, "%s%s=", i || (s->ebl && *s->ebl->name) ? "," : ":", spec->name);
        fe_str_addnum(out, s->par[i].value);
        fe_str_addf(out, "%s%s", *spec->unit ? " " : "", spec->unit);
    }
}

static void print_child(const fe_spectrum *child, bool bracket, fe_str *out)
{
    if (bracket)
        fe_str_add(out, "(");
    fe_spectrum_print(child, out);
    if (bracket)
        fe_str_add(out, ")");
}

/* Brackets keep the tree, and with it the order of rounding: operators join to the left. */
void fe_spectrum_print(const fe_spectrum *s, fe_str *out)
{
    if (s->kind) {
        print_leaf(s, out);
        return;
    }
    print_child(s->left, s->op == '*' && !s->left->kind && s->left->op != '*', out);
    fe_str_addf(out, " %c ", s->op);
    print_child(s->right, !s->right->kind && (s->op == '*' || s->right->op != '*'), out);
}
