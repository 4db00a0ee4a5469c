/* tool.h -- the program frame: a tool is an option table and a run() that reads as the pipeline; main() is one line. */
#ifndef FE_BASE_TOOL_H
#define FE_BASE_TOOL_H
#include "base/err.h"
#include "base/opt.h"

typedef struct fe_tool {
    const char *name;                   /* "fe-points"                                            */
    const char *summary;                /* one sentence: what it does                             */
    const char *operands;               /* "[FILE]..."                                            */
    const char *about;                  /* paragraph for --help: what goes in, what comes out     */
    const char *examples;               /* lines for --help, each a command                       */
    const fe_opt *const *options;       /* NULL-terminated list of tables                         */
    const char *(*const *libraries)(void);      /* each says "cfitsio 4.2.0 (static)" for --version; ends with NULL, or NULL */
    bool no_operand_ok;                 /* without operands run gets none, and not "-"            */
    int (*read_list)(const char *path, fe_strv *lines, fe_err *err);    /* io's fe_lines_read, for @LIST; NULL: none */
    int (*run)(size_t n, char **operand, fe_err *err);
    /* run returns 0, or -1 with err, or FE_EFLAGGED / FE_EDATA when it has reported itself and only the code is left */
} fe_tool;

/*
 * Parse (with @LIST operands expanded; no operand means "-"), answer --help --version --dump-options, call run, print
 * the one error line, check stdout's last write, return the exit status.  SIGPIPE is left to kill, SIGXFSZ is ignored.
 */
int fe_tool_main(int argc, char **argv, const fe_tool *tool);

/* Print the error line of one of many inputs, where the others go on; returns its exit status. */
int fe_tool_report(const fe_err *err);

extern const char fe_version[];         /* from the file VERSION                                  */
const char *fe_tool_command_line(void); /* as typed, quoted for a shell; for provenance           */
const fe_opt *const *fe_tool_options(void);      /* the tables of the tool that runs                         */
const char *fe_tool_name(void);         /* "fe" before fe_tool_main                               */
#endif
