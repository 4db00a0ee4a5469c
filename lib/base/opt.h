/* opt.h -- the option table: one row per option drives parsing, --help, --dump-options, man page check, completion.
 *
 * Rows give type, argument name, unit, default and range; the default text is parsed as if it had been typed, so table
 * and behaviour cannot differ.  Long options must be spelled out; no option has an optional argument.  A range of
 * numbers includes its ends unless it stands in round brackets.  A row without help is hidden.
 * Errors are FE_EUSAGE and name the option, the value found and what was expected.
 */
#ifndef FE_BASE_OPT_H
#define FE_BASE_OPT_H
#include <stdbool.h>
#include <stddef.h>
#include "base/err.h"
#include "base/str.h"

typedef enum fe_arg {
    FE_ARG_FLAG,            /* bool *                                                           */
    FE_ARG_COUNT,           /* int *; each use adds one                                         */
    FE_ARG_STR,             /* const char **; NULL when not given and no default                */
    FE_ARG_LIST,            /* fe_strv *; repeatable                                            */
    FE_ARG_CHOICE,          /* const char **; one of the words in `range`, "a|b|c"              */
    FE_ARG_DOUBLE,          /* double *; NaN when not given and no default; `range` "MIN..MAX"  */
    FE_ARG_LONG             /* long *; -1 when not given and no default; `range` "MIN..MAX"     */
} fe_arg;

typedef struct fe_opt {
    char letter;            /* short form, or 0                                                 */
    const char *name;       /* long form without "--"; NULL ends a table                        */
    fe_arg kind;
    void *dest;
    const char *arg;        /* argument's name in help: "FILE", "TYPE"; NULL for flags          */
    const char *range;      /* "a|b|c" (choice); "0..1", "0..", "(0..1)" (numbers) or NULL       */
    const char *unit;       /* of a number, or NULL                                             */
    const char *def;        /* default as the user would type it, or NULL                       */
    const char *def_text;   /* words for help where the default is not a value, or NULL         */
    const char *help;       /* one sentence, lower case, no full stop                           */
} fe_opt;

/* A heading in --help and the man page; rows before the first one stand under "Options". */
#define FE_OPT_GROUP(title) { 0, "", FE_ARG_FLAG, NULL, NULL, NULL, NULL, NULL, NULL, title }
#define FE_OPT_END { 0, NULL, FE_ARG_FLAG, NULL, NULL, NULL, NULL, NULL, NULL, NULL }

/* Parse argv[1..] against NULL-terminated list of tables; defaults are set first; operands are appended. */
int fe_opt_parse(const fe_opt *const *tables, int argc, char **argv, fe_strv *operands, fe_err *err) FE_RESULT;

void fe_opt_help(const fe_opt *const *tables, fe_str *out);     /* OPTIONS part of --help                    */
/* One line per option, separated by tabs: letter, name, kind, arg, range, unit, default, help, heading, and range, unit
 * and default in words; what a row does not have is left empty. */
void fe_opt_dump(const fe_opt *const *tables, fe_str *out);

bool fe_opt_typed(const char *name);        /* stood in the last line parsed; else its default holds  */

/* Pairs of options that exclude each other, by name, for every tool; ends with NULL. */
extern const char *const fe_opts_exclusive[][2];

/* ---- options that mean the same in every tool; tools list the groups they take -------------------------- */
typedef struct fe_common {
    const char *output, *format, *layout;
    bool force, strict, no_history;
    int quiet, verbose;
    const char *to, *unit, *energy_unit;
    const char *model, *source, *edges;
    bool exact_edges;
    double n_sigma, ul_cl, ul_sigma;    /* ul_sigma NaN: ul_cl counts */
    bool ul_unbounded;
    const char *ul_if;
    bool sensitivity, sens_profiled;
    double sens_sigma;
    const char *bkg, *arf, *rmf;        /* files given by hand, in place of those that keywords name */
    bool no_grouping, known_bkg;
    const char *regions;                /* of maps, as spectra: a file of shapes, or shapes           */
    bool psf_correct;
    const char *where, *obs_table, *gti, *time_range, *time_scale;
    long threads;
    bool skip_bad, dry_run, resume;
    const char *compat;                 /* NULL or "gammapy" */
    bool help, version, dump_options;   /* answered by the tool frame */
} fe_common;

extern fe_common fe_args;               /* filled by the parser                                   */
int fe_threads_typed(const fe_common *);        /* --threads, else the CPUs this process may use  */
extern const fe_opt fe_opts_talk[];     /* -q -v --help --version (--dump-options is hidden)     */
extern const fe_opt fe_opts_output[];   /* -o -f --layout --force --no-history                    */
extern const fe_opt fe_opts_flux[];     /* -t -u --energy-unit                                    */
extern const fe_opt fe_opts_model[];    /* -m -s                                                  */
extern const fe_opt fe_opts_energy[];   /* -e --exact-edges                                       */
extern const fe_opt fe_opts_levels[];   /* --n-sigma --ul-cl --ul-sigma --ul-unbounded           */
extern const fe_opt fe_opts_limits[];   /* --n-sigma --ul-cl --ul-sigma --ul-unbounded --ul-if    */
extern const fe_opt fe_opts_sens[];     /* --sensitivity --sens-sigma --sens-profiled             */
extern const fe_opt fe_opts_input[];    /* --bkg --arf --rmf --no-grouping --known-bkg --where --obs-table */
extern const fe_opt fe_opts_regions[];  /* --regions --psf-correct                                */
extern const fe_opt fe_opts_times[];    /* --gti --time-range --time-scale                        */
extern const fe_opt fe_opts_resume[];   /* --resume                                               */
extern const fe_opt fe_opts_run[];      /* -j --dry-run --skip-bad --strict --compat              */
#endif
