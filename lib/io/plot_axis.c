#include "io/plot_axis.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#include "io/cells.h"

enum { MAX_TEXT = 72, MAX_EXPLICIT_DECADES = 6 };

/* ---- ranges ------------------------------------------------------------------------------------------------- */

fe_plot_range fe_plot_range_none(bool is_log)
{
    return (fe_plot_range){ INFINITY, -INFINITY, is_log };
}

bool fe_plot_range_has(const fe_plot_range *r, double x)
{
    return isfinite(x) && (!r->is_log || x > 0);
}

void fe_plot_range_add(fe_plot_range *r, double x)
{
    if (!fe_plot_range_has(r, x))
        return;
    r->lo = fmin(r->lo, x);
    r->hi = fmax(r->hi, x);
}

void fe_plot_range_widen(fe_plot_range *r, double part, double decades)
{
    double room;

    if (r->lo > r->hi)
        *r = (fe_plot_range){ r->is_log ? 0.1 : 0, r->is_log ? 10 : 1, r->is_log };
    if (r->is_log) {
        double length = log10(r->hi / r->lo);

        room = pow(10, fmax(part * length, (decades - length) / 2));
        r->lo /= room;
        r->hi *= room;
        return;
    }
    room = part * (r->hi - r->lo);
    if (!(room > 0))
        room = r->lo ? 0.5 * fabs(r->lo) : 1;
    r->lo -= room;
    r->hi += room;
}

double fe_plot_range_place(const fe_plot_range *r, double x)
{
    return r->is_log ? log(x / r->lo) / log(r->hi / r->lo) : (x - r->lo) / (r->hi - r->lo);
}

/* ---- ticks -------------------------------------------------------------------------------------------------- */

static void print_tick(int digit, int power, bool plain, bool rich, fe_str *out)
{
    if (plain)
        fe_str_addf(out, "'%.6g' ", digit * pow(10, power));
    else if (!rich)
        fe_str_addf(out, "'%de%d' ", digit, power);
    else if (digit == 1)
        fe_str_addf(out, "'10^{%d}' ", power);
    else
        fe_str_addf(out, "'%d\xc3\x97" "10^{%d}' ", digit, power);
}

void fe_plot_ticks(const fe_plot_range *r, char axis, bool plain, bool rich, fe_str *out)
{
    int first = (int)floor(log10(r->lo)), last = (int)ceil(log10(r->hi));
    int n_powers = (int)floor(log10(r->hi)) - (int)ceil(log10(r->lo)) + 1;
    bool between = n_powers < (plain ? 3 : 2);
    const char *comma = "";

    if (last - first > MAX_EXPLICIT_DECADES) {
        fe_str_addf(out, "set m%ctics 10\nset format %c %s\n", axis, axis, rich ? "'10^{%T}'" : "'1e%T'");
        return;
    }
    fe_str_addf(out, "set %ctics (", axis);
    for (int power = first; power <= last; power++)
        for (int digit = 1; digit < 10; digit++) {
            bool major = digit == 1 || (between && (digit == 2 || digit == 5));
            double x = digit * pow(10, power);

            if (x < r->lo || x > r->hi)
                continue;
            fe_str_add(out, comma);
            if (major)
                print_tick(digit, power, plain, rich, out);
            fe_str_addf(out, "%s%de%d%s", major ? "" : "'' ", digit, power, major ? "" : " 1");
            comma = ", ";
        }
    fe_str_add(out, ")\n");
}

double fe_plot_scale(const fe_plot_range *r)
{
    double most = fmax(fabs(r->lo), fabs(r->hi));
    int power = most > 0 && isfinite(most) ? (int)floor(log10(most)) : 0;

    return power >= -2 && power <= 4 ? 1 : pow(10, power);
}

/* ---- texts -------------------------------------------------------------------------------------------------- */

static void add_doubled(char c, fe_str *out)
{
    fe_str_addn(out, "''", c == '\'' ? 2 : 0);
    if (c != '\'')
        fe_str_addn(out, &c, 1);
}

/* Units: an exponent behind letters becomes a superscript; what gnuplot's markup would take for itself is left out. */
static void add_unit(const char *unit, bool rich, fe_str *out)
{
    bool behind_letter = false, raised = false;

    for (const char *s = unit; *s; s++) {
        bool digit = isdigit((unsigned char)*s), sign = *s == '-' && isdigit((unsigned char)s[1]);

        if (rich && !raised && behind_letter && (digit || sign)) {
            fe_str_add(out, "^{");
            raised = true;
        } else if (raised && !digit) {
            fe_str_add(out, "}");
            raised = false;
        }
        behind_letter = isalpha((unsigned char)*s) || (behind_letter && raised);
        if (isalnum((unsigned char)*s) || strchr(" -+*/().%'", *s))
            add_doubled(*s, out);
    }
    fe_str_add(out, raised ? "}" : "");
}

void fe_plot_axis_label(const char *name, double scale, const char *unit, bool rich, fe_str *out)
{
    bool scaled = scale != 1;
    int power = (int)lround(log10(scale));

    fe_str_addf(out, "'%s", name);
    if (scaled || *unit)
        fe_str_add(out, " (");
    if (scaled)
        fe_str_addf(out, rich ? "10^{%d}%s" : "1e%d%s", power, *unit ? " " : "");
    add_unit(unit, rich, out);
    fe_str_add(out, scaled || *unit ? ")'" : "'");
}

void fe_plot_quote(const char *text, fe_str *out)
{
    size_t n = 0;

    fe_str_add(out, "'");
    while (*text && n++ < MAX_TEXT) {
        bool control = (unsigned char)*text < ' ' || *text == 0x7f;

        if (!control && *text != '\'') {
            text += fe_utf8_add(text, out);
            continue;
        }
        fe_str_add(out, control ? " " : "''");
        text++;
    }
    fe_str_add(out, *text ? "\xe2\x80\xa6'" : "'");
}
