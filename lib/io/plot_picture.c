#include "io/plot_picture.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/num.h"
#include "io/gnuplot.h"

enum { MIN_PIXELS = 100, MAX_PIXELS = 20000, MIN_CHARACTERS = 20, MAX_CHARACTERS = 1000, COLUMNS = 79, LINES = 24 };

static bool is_stdout(const char *path)
{
    return !path || !strcmp(path, "-");
}

/* "--script -" without -o wants the script alone. */
static bool wants_picture(const fe_plot_picture *p)
{
    return p->output || !(p->script && !strcmp(p->script, "-"));
}

static int choose_format(fe_plot_picture *p, fe_err *err)
{
    static const char *const by_suffix[] = { "png", "svg", "pdf" };
    bool terminal = wants_picture(p) && is_stdout(p->output) && isatty(STDOUT_FILENO);

    if (terminal && p->look.format && strcmp(p->look.format, "text") != 0)
        return fe_fail(err, FE_EUSAGE, NULL, "%s is not for a terminal: give --output, or pipe it", p->look.format);
    if (p->look.format)
        return 0;
    if (is_stdout(p->output)) {
        p->look.format = terminal ? "text" : "png";
        return 0;
    }
    for (size_t i = 0; i < sizeof by_suffix / sizeof *by_suffix && !p->look.format; i++) {
        size_t n = strlen(p->output);

        if (n > 4 && p->output[n - 4] == '.' && fe_str_equal_nocase(p->output + n - 3, by_suffix[i]))
            p->look.format = by_suffix[i];
    }
    return p->look.format ? 0 : fe_fail(err, FE_EUSAGE, NULL, "%s: a picture ends in .png, .svg or .pdf, or give --format", p->output);
}

/* "900x640". */
static int parse_size(const char *size, long min, long max, fe_plot_look *look, fe_err *err)
{
    const char *x = strchr(size, 'x');
    char *width = x ? strndup(size, (size_t)(x - size)) : NULL;
    bool good = width && fe_num_parse_long(width, &look->width) == 0 && fe_num_parse_long(x + 1, &look->height) == 0 &&
                look->width >= min && look->width <= max && look->height >= min && look->height <= max;

    free(width);
    return good ? 0 : fe_fail(err, FE_EUSAGE, NULL, "--size: '%s' is no size; expected WIDTHxHEIGHT, each %ld to %ld, as 900x640",
                              size, min, max);
}

static int choose_size(fe_plot_picture *p, fe_err *err)
{
    struct winsize terminal = { 0 };

    if (strcmp(p->look.format, "text") != 0)
        return parse_size(p->size ? p->size : "900x640", MIN_PIXELS, MAX_PIXELS, &p->look, err);
    if (p->size)
        return parse_size(p->size, MIN_CHARACTERS, MAX_CHARACTERS, &p->look, err);
    p->look.width = COLUMNS;
    p->look.height = LINES;
    if (is_stdout(p->output) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &terminal) == 0 && terminal.ws_col >= MIN_CHARACTERS &&
        terminal.ws_row >= MIN_CHARACTERS / 2) {
        p->look.width = terminal.ws_col - 1;    /* the last column would wrap on some terminals */
        p->look.height = terminal.ws_row - 2;   /* room for the prompt */
    }
    return 0;
}

int fe_plot_picture_check(fe_plot_picture *p, fe_err *err)
{
    if (p->script && is_stdout(p->script) && p->output && is_stdout(p->output))
        return fe_fail(err, FE_EUSAGE, NULL, "--script - and --output -: standard output has room for one");
    if (choose_format(p, err) < 0 || choose_size(p, err) < 0)
        return -1;
    if (p->script && fe_output_check(p->script, p->force, err) < 0)
        return -1;
    return wants_picture(p) ? fe_output_check(p->output, p->force, err) : 0;
}

int fe_plot_picture_draw(const fe_plot_picture *p, const fe_str *script, fe_err *err)
{
    fe_str picture = { 0 };
    int rc = -1;

    if (p->script && fe_bytes_write(p->script, script->s, script->len, p->force, err) < 0)              goto done;
    if (wants_picture(p) && fe_gnuplot_run(script, &picture, err) < 0)                                  goto done;
    rc = wants_picture(p) ? fe_bytes_write(p->output, picture.s, picture.len, p->force, err) : 0;
done:
    fe_str_free(&picture);
    return rc;
}

int fe_plot_picture_write(const fe_plot_picture *p, const fe_plot_page *page, fe_err *err)
{
    fe_str script = { 0 };
    int rc = fe_plot_script(page, &p->look, &script, err);

    if (rc == 0)
        rc = fe_plot_picture_draw(p, &script, err);
    fe_str_free(&script);
    return rc;
}
