#include "base/note.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/progress.h"
#include "base/str.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static fe_strv said, stored;          /* in this run; for the product that is being made */
static const char *tool_name = "fe";
static int verbosity;

void fe_note_setup(const char *tool, int verbose)
{
    tool_name = tool;
    verbosity = verbose;
    fe_progress_setup(verbose);
}

static int remember(fe_strv *list, const char *text)
{
    for (size_t i = 0; i < list->n; i++)
        if (!strcmp(list->s[i], text))
            return 0;
    fe_strv_add(list, text);
    return 1;
}

void fe_note(fe_note_level level, const fe_where *where, const char *fmt, ...)
{
    char text[1024] = "";
    size_t n = 0;
    va_list ap;
    int first;

    if (level == FE_NOTE_DETAIL && verbosity < 1)
        return;
    if (level == FE_NOTE_WARN)
        n = (size_t)snprintf(text, sizeof text, "warning: ");
    n += fe_where_format(where, text + n, sizeof text - n);
    va_start(ap, fmt);
    vsnprintf(text + n, sizeof text - n, fmt, ap);
    va_end(ap);

    pthread_mutex_lock(&lock);
    first = remember(&said, text);
    if (level != FE_NOTE_DETAIL)
        (void)remember(&stored, text);
    if (first && (level == FE_NOTE_WARN || verbosity >= 0)) {
        fe_progress_clear();
        fprintf(stderr, "%s: %s\n", tool_name, text);
    }
    pthread_mutex_unlock(&lock);
}

size_t fe_note_count(void)
{
    return stored.n;
}

const char *fe_note_text(size_t i)
{
    return i < stored.n ? stored.s[i] : NULL;
}

void fe_note_forget(void)
{
    fe_strv_free(&stored);
}
