/* note.h -- what the user is told besides the product: assumptions, warnings, details.
 *
 * Every assumption made (model, side of a limit, moved edges ...) is said once on stderr and stored in the product.
 * So a note is remembered: the same text is said once a run, and io/history writes the list.
 * Nothing here goes to stdout.  Safe to call from worker threads.
 */
#ifndef FE_BASE_NOTE_H
#define FE_BASE_NOTE_H
#include "base/err.h"

typedef enum fe_note_level {
    FE_NOTE_DETAIL,         /* said with -v                                                     */
    FE_NOTE_SAID,           /* an assumption: said unless -q, stored in the product             */
    FE_NOTE_WARN            /* "warning: ...": said even with -q, stored in the product         */
} fe_note_level;

void fe_note(fe_note_level level, const fe_where *where, const char *fmt, ...) FE_PRINTF(3, 4);

/* Where notes go: name of the tool in front, verbosity -1 (-q), 0, 1 (-v) ...; the tool frame sets them. */
void fe_note_setup(const char *tool, int verbosity);

size_t fe_note_count(void);                  /* notes of level SAID and WARN for the product, oldest first */
const char *fe_note_text(size_t i);
void fe_note_forget(void);                   /* another product begins: nothing is stored for it yet   */
#endif
