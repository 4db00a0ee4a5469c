#include "base/progress.h"

#include <stdbool.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static const double FIRST_S = 0.5, EVERY_S = 0.2;

/* Of one run: the thread that takes datasets is the only one that tells it. */
static struct { bool is_on, is_shown; size_t first; double start_s, shown_s; } line;

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void fe_progress_setup(int verbosity)
{
    line.is_on = verbosity >= 0 && isatty(STDERR_FILENO);
    line.start_s = 0;
}

static void add_duration(double s, fe_str *out)
{
    if (s < 100)
        fe_str_addf(out, "%.0f s", s);
    else if (s < 6000)
        fe_str_addf(out, "%.0f min", s / 60);
    else
        fe_str_addf(out, "%.1f h", s / 3600);
}

void fe_progress_print(size_t done, size_t total, double elapsed_s, size_t n_results, const char *results, fe_str *out)
{
    double rate = elapsed_s > 0 ? (double)done / elapsed_s : 0;

    fe_str_addf(out, "%zu of %zu", done, total);
    if (rate > 0) {
        fe_str_addf(out, " (%.3g/s, ", rate);
        add_duration((double)(total - done) / rate, out);
        fe_str_add(out, " left)");
    }
    fe_str_addf(out, ", %zu %s", n_results, results);
}

void fe_progress(size_t done, size_t total, size_t n_results, const char *results)
{
    double t_s;
    fe_str text = { 0 };

    if (!line.is_on)
        return;
    t_s = now_s();
    if (line.start_s == 0) {
        line.start_s = t_s;
        line.first = done;
    }
    if (t_s - line.start_s < FIRST_S || t_s - line.shown_s < EVERY_S)
        return;
    line.shown_s = t_s;
    line.is_shown = true;
    fe_progress_print(done - line.first, total - line.first, t_s - line.start_s, n_results, results, &text);
    fprintf(stderr, "\r%s\033[K", text.s);
    fe_str_free(&text);
}

void fe_progress_clear(void)
{
    if (!line.is_shown)
        return;
    line.is_shown = false;
    fputs("\r\033[K", stderr);
}
