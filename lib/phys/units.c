#include "phys/units.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "phys/const.h"

enum { PER_TIME = -2, NO_DIM = -1, ENERGY, LENGTH, TIME, ANGLE, N_DIM };
enum { MAX_POWER = 20, MAX_POWER_OF_TEN = 300, MAX_DEPTH = 8 };

/*
 * A product of units.  Powers of ten and of the erg are counted apart and applied last, with one rounding each:
 * TeV to keV is 1e9 exactly, TeV to erg the very digits of the constant.
 */
typedef struct product {
    double mant;
    int exp10, erg;                 /* one of it is mant 10^exp10 / FE_ERG_PER_TEV^erg of the internal units */
    int dim[N_DIM];
} product;

typedef struct unit_name {
    const char *name, *prefixes;    /* letters that may stand in front */
    int dim, exp10, erg;
    double mant;
} unit_name;

static const struct { char letter; int exp10; } prefix_exp10[] = {
    { 'n', -9 }, { 'u', -6 }, { 'm', -3 }, { 'c', -2 }, { 'k', 3 }, { 'M', 6 }, { 'G', 9 }, { 'T', 12 }, { 'P', 15 },
    { 'E', 18 }
};

/* A whole name is looked up before a prefix is split off, so min is no milli-inch and d no deci. */
static const unit_name names[] = {
    { "eV", "mkMGTPE", ENERGY, -12, 0, 1 }, { "erg", "", ENERGY, 0, 1, 1 }, { "ergs", "", ENERGY, 0, 1, 1 },
    { "J", "umk", ENERGY, 7, 1, 1 }, { "Joule", "", ENERGY, 7, 1, 1 }, { "joule", "", ENERGY, 7, 1, 1 },
    { "EV", "", ENERGY, -12, 0, 1 }, { "KEV", "", ENERGY, -9, 0, 1 }, { "MEV", "", ENERGY, -6, 0, 1 },
    { "GEV", "", ENERGY, -3, 0, 1 }, { "TEV", "", ENERGY, 0, 0, 1 }, { "Kev", "", ENERGY, -9, 0, 1 },
    { "kev", "", ENERGY, -9, 0, 1 }, { "KeV", "", ENERGY, -9, 0, 1 }, { "Mev", "", ENERGY, -6, 0, 1 },
    { "Gev", "", ENERGY, -3, 0, 1 }, { "Tev", "", ENERGY, 0, 0, 1 },
    { "m", "numck", LENGTH, 2, 0, 1 },
    { "s", "numkM", TIME, 0, 0, 1 }, { "sec", "", TIME, 0, 0, 1 }, { "secs", "", TIME, 0, 0, 1 },
    { "second", "", TIME, 0, 0, 1 }, { "seconds", "", TIME, 0, 0, 1 },
    { "min", "", TIME, 0, 0, 60 }, { "mins", "", TIME, 0, 0, 60 }, { "minute", "", TIME, 0, 0, 60 },
    { "minutes", "", TIME, 0, 0, 60 }, { "h", "", TIME, 0, 0, 3600 }, { "hr", "", TIME, 0, 0, 3600 },
    { "hrs", "", TIME, 0, 0, 3600 }, { "hour", "", TIME, 0, 0, 3600 }, { "hours", "", TIME, 0, 0, 3600 },
    { "d", "", TIME, 0, 0, FE_S_PER_DAY }, { "day", "", TIME, 0, 0, FE_S_PER_DAY },
    { "days", "", TIME, 0, 0, FE_S_PER_DAY }, { "wk", "", TIME, 0, 0, 7 * FE_S_PER_DAY },
    { "week", "", TIME, 0, 0, 7 * FE_S_PER_DAY }, { "weeks", "", TIME, 0, 0, 7 * FE_S_PER_DAY },
    { "yr", "", TIME, 0, 0, 365.25 * FE_S_PER_DAY }, { "year", "", TIME, 0, 0, 365.25 * FE_S_PER_DAY },
    { "years", "", TIME, 0, 0, 365.25 * FE_S_PER_DAY }, { "a", "", TIME, 0, 0, 365.25 * FE_S_PER_DAY },
    { "Hz", "kMG", PER_TIME, 0, 0, 1 },
    { "deg", "", ANGLE, 0, 0, 1 }, { "degree", "", ANGLE, 0, 0, 1 }, { "degrees", "", ANGLE, 0, 0, 1 },
    { "arcmin", "", ANGLE, 0, 0, 1 / 60.0 }, { "arcsec", "m", ANGLE, 0, 0, 1 / 3600.0 },
    { "mas", "", ANGLE, -3, 0, 1 / 3600.0 }, { "rad", "m", ANGLE, 0, 0, FE_DEG_PER_RAD },
    { "radian", "", ANGLE, 0, 0, FE_DEG_PER_RAD }, { "radians", "", ANGLE, 0, 0, FE_DEG_PER_RAD },
    { "sr", "", NO_DIM, 0, 0, 1 }, { "ph", "", NO_DIM, 0, 0, 1 }, { "photon", "", NO_DIM, 0, 0, 1 },
    { "photons", "", NO_DIM, 0, 0, 1 },
    { "ct", "", NO_DIM, 0, 0, 1 }, { "cts", "", NO_DIM, 0, 0, 1 }, { "count", "", NO_DIM, 0, 0, 1 },
    { "counts", "", NO_DIM, 0, 0, 1 },
    { "event", "", NO_DIM, 0, 0, 1 }, { "events", "", NO_DIM, 0, 0, 1 }, { "unitless", "", NO_DIM, 0, 0, 1 },
    { "dimensionless", "", NO_DIM, 0, 0, 1 }
};

enum { N_NAMES = sizeof names / sizeof *names, N_PREFIXES = sizeof prefix_exp10 / sizeof *prefix_exp10 };

/* x 10^n with one rounding for |n| <= 22, where the power is exact. */
static double scale10(double x, int n)
{
    double p = pow(10, abs(n));

    return n < 0 ? x / p : x * p;
}

static double value_of(const product *p)
{
    double x = scale10(p->mant, p->exp10);

    for (int i = 0; i < p->erg; i++)
        x /= FE_ERG_PER_TEV;
    for (int i = 0; i > p->erg; i--)
        x *= FE_ERG_PER_TEV;
    return x;
}

/* a *= b^power */
static int multiply(product *a, const product *b, int power)
{
    for (int i = 0; i < abs(power); i++)
        a->mant = power < 0 ? a->mant / b->mant : a->mant * b->mant;
    a->exp10 += power * b->exp10;
    a->erg += power * b->erg;
    for (int k = 0; k < N_DIM; k++) {
        a->dim[k] += power * b->dim[k];
        if (abs(a->dim[k]) > MAX_POWER)
            return -1;
    }
    return abs(a->exp10) > MAX_POWER_OF_TEN || abs(a->erg) > MAX_POWER ? -1 : 0;
}

static product product_of(const unit_name *u, int exp10)
{
    product p = { u->mant, u->exp10 + exp10, u->erg, { 0 } };

    if (u->dim >= 0)
        p.dim[u->dim] = 1;
    if (u->dim == PER_TIME)
        p.dim[TIME] = -1;
    return p;
}

static bool spelled(const char *name, const char *word, size_t len)
{
    return strlen(name) == len && !strncmp(name, word, len);
}

static int look_up(const char *word, size_t len, product *out)
{
    for (int i = 0; i < N_NAMES; i++)
        if (spelled(names[i].name, word, len)) {
            *out = product_of(&names[i], 0);
            return 0;
        }
    for (int i = 0; i < N_NAMES && len > 1; i++)
        for (int k = 0; k < N_PREFIXES; k++)
            if (prefix_exp10[k].letter == *word && strchr(names[i].prefixes, *word) &&
                spelled(names[i].name, word + 1, len - 1)) {
                *out = product_of(&names[i], prefix_exp10[k].exp10);
                return 0;
            }
    return -1;
}

static const char *skip(const char *s)
{
    while (*s == ' ')
        s++;
    return s;
}

/* -2 | +2 | 2 | (-2) | {-2}, or nothing, behind an optional ** or ^ that demands it. */
static int read_power(const char **at, int max, int *power)
{
    const char *s = *at;
    bool demanded = *s == '^' || (s[0] == '*' && s[1] == '*'), negative;
    char close = 0;

    *power = 1;
    if (demanded)
        s = skip(s + (*s == '^' ? 1 : 2));
    if (*s == '(' || *s == '{')
        close = *s++ == '(' ? ')' : '}';
    negative = *s == '-';
    s += *s == '-' || *s == '+';
    if (!isdigit((unsigned char)*s))
        return s == *at ? 0 : -1;
    for (*power = 0; isdigit((unsigned char)*s); s++) {
        *power = 10 * *power + (*s - '0');
        if (*power > max)
            return -1;
    }
    if (s[0] == '.' && s[1] == '0' && !isdigit((unsigned char)s[2]))
        s += 2;
    if (close && *s++ != close)
        return -1;
    if (negative)
        *power = -*power;
    *at = s;
    return 0;
}

static bool starts_number(const char *s)
{
    return isdigit((unsigned char)s[*s == '.']);
}

static int read_product(const char **at, product *out, int depth);

/* 1e-13, 10**-12, 10^-12 */
static int read_number(const char **at, product *out)
{
    int power;

    if (fe_num_scan(*at, &out->mant, at) < 0 || !(out->mant > 0) || !isfinite(out->mant) ||
        read_power(at, MAX_POWER_OF_TEN, &power) < 0)
        return -1;
    if (power == 1)
        return 0;
    if (out->mant != 10)
        return -1;
    out->mant = 1;
    out->exp10 = power;
    return 0;
}

/* A number, a name or a bracket, with its power. */
static int read_term(const char **at, product *out, int depth, int *power)
{
    const char *s = *at;
    size_t len = 0;

    *out = (product){ .mant = 1 };
    *power = 1;
    if (starts_number(s))
        return read_number(at, out);
    if (*s == '(') {
        *at = s + 1;
        if (depth >= MAX_DEPTH || read_product(at, out, depth + 1) < 0 || *(*at)++ != ')')
            return -1;
        return read_power(at, MAX_POWER, power);
    }
    while (isalpha((unsigned char)s[len]))
        len++;
    *at = s + len;
    return len && look_up(s, len, out) == 0 ? read_power(at, MAX_POWER, power) : -1;
}

/*
 * Factors until the end or a closing bracket.  What follows a slash is below the line up to the end, as in astropy
 * (erg/cm2 s); a negative power there, as in MeV/cm2 s-1, could mean either and is refused.
 */
static int read_product(const char **at, product *out, int depth)
{
    bool below = false, first = true;

    *out = (product){ .mant = 1 };
    for (*at = skip(*at); **at && **at != ')'; *at = skip(*at)) {
        bool slash = **at == '/', operator = slash || **at == '*' || (**at == '.' && !isdigit((unsigned char)(*at)[1]));
        product term;
        int power;

        if (operator) {
            if (first && !slash)
                return -1;
            below |= slash;
            *at = skip(*at + 1);
        } else if (!first && starts_number(*at)) {          /* "cm 2", "cm-2.5": a power gone astray */
            return -1;
        }
        if (read_term(at, &term, depth, &power) < 0 || (below && power < 0) ||
            multiply(out, &term, below ? -power : power) < 0)
            return -1;
        first = false;
    }
    return 0;
}

static bool printable(const char *s)
{
    for (; *s; s++)
        if (*s < ' ' || *s > '~')
            return false;
    return true;
}

static int parse(const char *text, product *p)
{
    const char *at = text ? text : "";

    return printable(at) && read_product(&at, p, 0) == 0 && !*at && isfinite(p->mant) && p->mant > 0 ? 0 : -1;
}

int fe_unit_parse(const char *text, fe_unit *unit)
{
    product p;

    if (parse(text, &p) < 0)
        return -1;
    *unit = (fe_unit){ value_of(&p), (signed char)p.dim[ENERGY], (signed char)p.dim[LENGTH], (signed char)p.dim[TIME],
                       (signed char)p.dim[ANGLE] };
    return 0;
}

bool fe_unit_same_dim(fe_unit a, fe_unit b)
{
    return a.energy == b.energy && a.length == b.length && a.time == b.time && a.angle == b.angle;
}

/* from /= to, so that value_of is the factor between them; -1: unlike. */
static int divide(product *from, const product *to)
{
    return multiply(from, to, -1) < 0 || from->dim[ENERGY] || from->dim[LENGTH] || from->dim[TIME] || from->dim[ANGLE]
               ? -1 : 0;
}

int fe_unit_factor(const char *from, const char *to, double *factor, fe_err *err)
{
    product a, b;

    if (parse(from, &a) < 0)
        return fe_fail(err, FE_EDATA, NULL, "unknown unit '%s', expected one like '%s'", from, to ? to : "");
    if (parse(to, &b) < 0)
        return fe_fail(err, FE_EDATA, NULL, "unknown unit '%s'", to);
    if (divide(&a, &b) < 0)
        return fe_fail(err, FE_EDATA, NULL, "unit '%s' does not convert to '%s'", from ? from : "", to ? to : "");
    *factor = value_of(&a);
    return 0;
}

int fe_quantity_parse(const char *text, const char *unit, double *value, fe_err *err)
{
    const char *rest = NULL, *like = *unit ? unit : "a number";
    bool bare;
    double x = 1;
    product a, b;

    text = skip(text);
    if (fe_num_scan(text, &x, &rest) < 0 || isnan(x))
        return fe_fail(err, FE_EUSAGE, NULL, "'%s' is not a quantity, expected %s%s", text,
                       *unit ? "a number and a unit like " : "", like);
    if (*rest == '^' || (rest[0] == '*' && rest[1] == '*')) {       /* 10**-12 erg: the number is part of the unit */
        x = 1;
        rest = text;
    }
    bare = !*skip(rest);
    if (bare && *unit)
        return fe_fail(err, FE_EUSAGE, NULL, "'%s' has no unit, expected one like %s", text, unit);
    if (parse(rest, &a) < 0)
        return fe_fail(err, FE_EUSAGE, NULL, "unknown unit in '%s', expected %s%s", text, *unit ? "one like " : "",
                       like);
    if (parse(unit, &b) < 0 || divide(&a, &b) < 0)
        return fe_fail(err, FE_EUSAGE, NULL, "'%s' does not convert to %s", text,
                       *unit ? unit : "a number without unit");
    x *= a.mant;
    a.mant = 1;
    *value = a.erg ? x * value_of(&a) : scale10(x, a.exp10);
    return 0;
}
