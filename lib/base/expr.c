#include "base/expr.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "base/str.h"

typedef enum kind {
    NUMBER, TEXT, NAME, OR, AND, LT, LE, EQ, NE, GE, GT, ADD, SUB, MUL, DIV, NOT, NEGATE, ISNAN
} kind;

typedef struct node {
    kind kind;
    double number;
    char *text;                     /* of TEXT and NAME                                                 */
    size_t left, right;             /* operands, places in the list of nodes                            */
} node;

struct fe_expr {
    char *text;
    node *node;
    size_t n, cap, root;
};

/* Far beyond what anyone types; bounds the recursion of parser and evaluation. */
enum { MAX_NODES = 1000 };

/* ---- parser ------------------------------------------------------------------------------------------------ */

typedef struct parser {
    fe_expr *expr;
    const char *at;
    size_t depth;
    bool failed;
    fe_err *err;
} parser;

typedef struct operator { const char *word; kind kind; } operator;

/* One row per level, loosest first; longer words before those they start with. */
static const operator levels[][7] = {
    { { "or", OR }, { NULL, OR } },
    { { "and", AND }, { NULL, AND } },
    { { "<=", LE }, { ">=", GE }, { "==", EQ }, { "!=", NE }, { "<", LT }, { ">", GT }, { NULL, LT } },
    { { "+", ADD }, { "-", SUB }, { NULL, ADD } },
    { { "*", MUL }, { "/", DIV }, { NULL, MUL } }
};
enum { N_LEVELS = sizeof levels / sizeof *levels, COMPARISON = 2 };

static void skip_blanks(parser *p)
{
    while (isspace((unsigned char)*p->at))
        p->at++;
}

static bool is_name_char(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '.';
}

/* Length of the word at s, for messages. */
static int word_length(const char *s)
{
    int n = 0;

    while (is_name_char(s[n]))
        n++;
    return n ? n : *s != 0;
}

static size_t fail(parser *p, const char *expected)
{
    int n = word_length(p->at);

    if (!p->failed)
        fe_fail(p->err, FE_EUSAGE, NULL, "expression '%.200s', character %td: found %s%.*s%s, expected %s",
                p->expr->text, p->at - p->expr->text + 1, n ? "'" : "the end", n, p->at, n ? "'" : "", expected);
    p->failed = true;
    return 0;
}

static size_t add(parser *p, node x)
{
    fe_expr *e = p->expr;

    if (e->n == MAX_NODES && !p->failed) {
        fe_fail(p->err, FE_EUSAGE, NULL, "expression of more than %d terms", MAX_NODES);
        p->failed = true;
    }
    if (p->failed) {
        free(x.text);
        return 0;
    }
    FE_GROW(e->node, e->n, e->cap);
    e->node[e->n] = x;
    return e->n++;
}

static bool is_next(parser *p, const char *word)
{
    size_t n = strlen(word);

    skip_blanks(p);
    return !strncmp(p->at, word, n) && !(isalpha((unsigned char)*word) && is_name_char(p->at[n]));
}

static bool is_operator(parser *p)
{
    return is_next(p, "and") || is_next(p, "or") || is_next(p, "not");
}

/* Is the word next?  Then it is taken. */
static bool take(parser *p, const char *word)
{
    bool there = is_next(p, word);

    p->at += there ? strlen(word) : 0;
    return there;
}

static size_t parse_level(parser *p, size_t level);

static size_t parse_text(parser *p)
{
    const char *from = p->at + 1, *to = strchr(from, *p->at);

    if (!to)
        return fail(p, "a closing quote");
    p->at = to + 1;
    return add(p, (node){ TEXT, NAN, fe_strndup(from, (size_t)(to - from)), 0, 0 });
}

static size_t parse_bracket(parser *p)
{
    size_t x = parse_level(p, 0);

    if (!p->failed && !take(p, ")"))
        return fail(p, "an operator or ')'");
    return x;
}

static size_t parse_name(parser *p)
{
    int n = word_length(p->at);
    char *name = fe_strndup(p->at, (size_t)n);

    p->at += n;
    return add(p, (node){ NAME, NAN, name, 0, 0 });
}

static size_t parse_operand(parser *p)
{
    double x;

    if (take(p, "("))
        return parse_bracket(p);
    if (take(p, "isnan")) {
        if (!take(p, "("))
            return fail(p, "'(' after isnan");
        size_t operand = parse_bracket(p);
        return add(p, (node){ ISNAN, NAN, NULL, operand, 0 });
    }
    if (*p->at == '\'' || *p->at == '"')
        return parse_text(p);
    if (take(p, "nan"))
        return add(p, (node){ NUMBER, NAN, NULL, 0, 0 });
    if ((isalpha((unsigned char)*p->at) || *p->at == '_') && !is_operator(p))
        return parse_name(p);
    if ((isdigit((unsigned char)*p->at) || *p->at == '.') && fe_num_scan(p->at, &x, &p->at) == 0)
        return add(p, (node){ NUMBER, x, NULL, 0, 0 });
    return fail(p, "a column name, a number, a string or '('");
}

static size_t parse_unary(parser *p)
{
    size_t x;

    if (++p->depth > MAX_NODES)
        return fail(p, "less nesting");
    if (take(p, "-")) {
        x = parse_unary(p);
        x = add(p, (node){ NEGATE, NAN, NULL, x, 0 });
    } else {
        x = parse_operand(p);
    }
    p->depth--;
    return x;
}

/* "not" binds looser than comparisons: not a < b is not (a < b). */
static size_t parse_not(parser *p)
{
    size_t x;

    if (!take(p, "not"))
        return parse_level(p, COMPARISON + 1);
    if (++p->depth > MAX_NODES)
        return fail(p, "less nesting");
    x = parse_level(p, COMPARISON);
    p->depth--;
    return add(p, (node){ NOT, NAN, NULL, x, 0 });
}

static const operator *take_operator(parser *p, size_t level)
{
    for (const operator *o = levels[level]; o->word; o++)
        if (take(p, o->word))
            return o;
    return NULL;
}

static size_t parse_level(parser *p, size_t level)
{
    const operator *o;
    size_t x;

    if (level == N_LEVELS)
        return parse_unary(p);
    x = level == COMPARISON ? parse_not(p) : parse_level(p, level + 1);
    while (!p->failed && (o = take_operator(p, level))) {
        size_t y = parse_level(p, level + 1);

        x = add(p, (node){ o->kind, NAN, NULL, x, y });
    }
    return x;
}

fe_expr *fe_expr_parse(const char *text, fe_err *err)
{
    parser p = { FE_NEW(fe_expr), NULL, 0, false, err };

    p.expr->text = fe_strdup(text);
    p.at = p.expr->text;
    p.expr->root = parse_level(&p, 0);
    skip_blanks(&p);
    if (!p.failed && *p.at)
        fail(&p, p.at[0] == '=' ? "'=='" : "an operator or the end");
    if (p.failed) {
        fe_expr_free(p.expr);
        return NULL;
    }
    return p.expr;
}

void fe_expr_free(fe_expr *e)
{
    if (!e)
        return;
    for (size_t i = 0; i < e->n; i++)
        free(e->node[i].text);
    free(e->node);
    free(e->text);
    free(e);
}

/* ---- evaluation -------------------------------------------------------------------------------------------- */

typedef struct evaluation {
    const fe_expr *expr;
    fe_expr_lookup lookup;
    void *ctx;
    fe_err *err;
} evaluation;

static fe_value number(double x)
{
    return (fe_value){ x, NULL };
}

static bool is_true(double x)
{
    return !isnan(x) && x != 0;
}

/* Of a value where a number is wanted; a text that is none is missing. */
static double number_of(fe_value v)
{
    double x;

    return isnan(v.number) && v.text && fe_num_parse(v.text, &x) == 0 ? x : v.number;
}

static bool holds(kind k, double order)     /* order: below, at or above 0, NaN = none */
{
    switch (k) {
    case LT: return order < 0;
    case LE: return order <= 0;
    case EQ: return order == 0;
    case NE: return !(order == 0);
    case GE: return order >= 0;
    default: return order > 0;
    }
}

static double compare(kind k, fe_value a, fe_value b)
{
    double x, y;

    if (a.text && b.text)
        return holds(k, strcmp(a.text, b.text));
    x = number_of(a);
    y = number_of(b);
    return holds(k, isnan(x) || isnan(y) ? NAN : (x > y) - (x < y));
}

static double calculate(kind k, double a, double b)
{
    switch (k) {
    case ADD: return a + b;
    case SUB: return a - b;
    case MUL: return a * b;
    default: return a / b;
    }
}

static int eval(const evaluation *e, size_t i, fe_value *v);

static int eval_number(const evaluation *e, size_t i, double *x)
{
    fe_value v;

    if (eval(e, i, &v) < 0)
        return -1;
    *x = number_of(v);
    if (v.text && isnan(*x))
        return fe_fail(e->err, FE_EUSAGE, NULL, "expression '%.200s': '%.100s' is a text, expected a number",
                       e->expr->text, v.text);
    return 0;
}

static int eval_logic(const evaluation *e, const node *n, fe_value *v)
{
    double x;

    if (eval_number(e, n->left, &x) < 0)
        return -1;
    if (is_true(x) == (n->kind == AND) && eval_number(e, n->right, &x) < 0)
        return -1;
    *v = number(is_true(x));
    return 0;
}

static int eval_unary(const evaluation *e, const node *n, fe_value *v)
{
    double x;

    if (n->kind == ISNAN) {
        if (eval(e, n->left, v) < 0)
            return -1;
        *v = number(!v->text && isnan(v->number));
        return 0;
    }
    if (eval_number(e, n->left, &x) < 0)
        return -1;
    *v = number(n->kind == NOT ? !is_true(x) : -x);
    return 0;
}

static int eval_binary(const evaluation *e, const node *n, fe_value *v)
{
    fe_value a, b;
    double x, y;

    if (n->kind <= AND)
        return eval_logic(e, n, v);
    if (n->kind <= GT) {
        if (eval(e, n->left, &a) < 0 || eval(e, n->right, &b) < 0)
            return -1;
        *v = number(compare(n->kind, a, b));
        return 0;
    }
    if (eval_number(e, n->left, &x) < 0 || eval_number(e, n->right, &y) < 0)
        return -1;
    *v = number(calculate(n->kind, x, y));
    return 0;
}

static int eval(const evaluation *e, size_t i, fe_value *v)
{
    const node *n = &e->expr->node[i];

    if (n->kind == NUMBER || n->kind == TEXT) {
        *v = (fe_value){ n->number, n->text };
        return 0;
    }
    if (n->kind == NAME) {
        *v = number(NAN);
        if (!e->lookup(e->ctx, n->text, v))
            return fe_fail(e->err, FE_EUSAGE, NULL, "expression '%.200s': there is no column '%.100s'",
                           e->expr->text, n->text);
        return 0;
    }
    return n->kind >= NOT ? eval_unary(e, n, v) : eval_binary(e, n, v);
}

int fe_expr_eval(const fe_expr *e, fe_expr_lookup lookup, void *ctx, fe_value *value, fe_err *err)
{
    return eval(&(evaluation){ e, lookup, ctx, err }, e->root, value);
}

int fe_expr_is_true(const fe_expr *e, fe_expr_lookup lookup, void *ctx, bool *truth, fe_err *err)
{
    double x;

    if (eval_number(&(evaluation){ e, lookup, ctx, err }, e->root, &x) < 0)
        return -1;
    *truth = is_true(x);
    return 0;
}
