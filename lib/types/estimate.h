/* estimate.h -- flux estimates: quantities x rows + keys + the reference model.  One type for points, curves, profiles.
 *
 * A row is one estimate (source x energy band x time x phase x region).  Quantities that scale with the flux form a
 * *family* (value, err, errn ...) per SED type; the likelihood family (norm, norm_err ...) is what estimators
 * fill, the others are products.  A family that came with a file is kept as it came, so converting a type onto itself copies.
 * NaN is missing; an absent quantity is a NULL array.
 */
#ifndef FE_TYPES_ESTIMATE_H
#define FE_TYPES_ESTIMATE_H
#include <stdbool.h>
#include <stddef.h>
#include "base/expr.h"
#include "types/gti.h"
#include "phys/sedtype.h"
#include "types/table.h"

typedef enum fe_key {               /* key columns, in the order they are written                       */
    FE_KEY_E_MIN, FE_KEY_E_MAX, FE_KEY_E_REF,
    FE_KEY_TIME_MIN, FE_KEY_TIME_MAX, FE_KEY_PHASE_MIN, FE_KEY_PHASE_MAX, FE_KEY_X_MIN, FE_KEY_X_MAX, FE_KEY_X_REF,
    FE_KEY_N
} fe_key;

typedef enum fe_member {            /* members of a family: suffix of the column                        */
    FE_VALUE, FE_ERR, FE_ERRN, FE_ERRP, FE_UL, FE_SENSITIVITY, FE_ERRSYS, FE_ERRSYSN, FE_ERRSYSP, FE_MEMBER_N
} fe_member;

typedef enum fe_quantity {          /* quantities that do not scale with the flux                       */
    FE_Q_TS, FE_Q_SQRT_TS, FE_Q_NPRED, FE_Q_NPRED_EXCESS, FE_Q_COUNTS, FE_Q_BACKGROUND, FE_Q_EXPOSURE, FE_Q_LIVETIME,
    FE_Q_STAT, FE_Q_STAT_NULL, FE_Q_N_DOF, FE_Q_IS_UL, FE_Q_SUCCESS, FE_Q_NITER, FE_Q_STATUS, FE_Q_E_MIN_EFF, FE_Q_E_MAX_EFF,
    FE_Q_E_MIN_ASKED, FE_Q_E_MAX_ASKED, FE_Q_N
} fe_quantity;

typedef struct fe_column_row {      /* one row per key, member, quantity: names, units, words           */
    const char *name;               /* column; for members the suffix ("_err")                          */
    const char *unit;               /* "TeV", "d", "" ...                                               */
    fe_coltype type;
    const char *help;               /* goes to fe-formats(5) and FITS column comments                   */
} fe_column_row;
extern const fe_column_row fe_keys[FE_KEY_N], fe_members[FE_MEMBER_N], fe_quantities[FE_Q_N];

typedef enum fe_status {            /* flags of a row; 0 ok                                             */
    FE_STATUS_EMPTY = 1 << 0,       /* no data in the band                                              */
    FE_STATUS_NOOFF = 1 << 1,       /* bins without OFF region (alpha 0) left out                       */
    FE_STATUS_LOWOFF = 1 << 2,      /* n_off per channel below 1 on average: WStat pulls the norm down  */
    FE_STATUS_NOEXPO = 1 << 3,      /* no exposure, or nothing predicted: no norm                       */
    FE_STATUS_NOCONV = 1 << 4,      /* a root or minimum was not found                                  */
    FE_STATUS_KINK = 1 << 5,        /* best norm at a kink of WStat: no symmetric error                 */
    FE_STATUS_EDGE = 1 << 6,        /* best norm or lower error at the positivity bound                 */
    FE_STATUS_SCANOPEN = 1 << 7,    /* the scan does not bracket what was asked                         */
    FE_STATUS_NOTIME = 1 << 8,      /* no GTI                                                           */
    FE_STATUS_BADINPUT = 1 << 9,    /* a dataset of this row could not be read (--skip-bad)             */
    FE_STATUS_PARTIAL = 1 << 10,    /* the row misses datasets or channels it should have               */
    FE_STATUS_NEGUL = 1 << 11,      /* unbounded limit below 0                                          */
    FE_STATUS_LONGRUN = 1 << 12,    /* a dataset is longer than half its phase bin                      */
    FE_STATUS_APPROX = 1 << 13      /* a likelihood is known by its errors only (--approx)              */
} fe_status;
typedef struct fe_status_row { unsigned flag; const char *name, *help; } fe_status_row;
extern const fe_status_row fe_statuses[];       /* ends with name NULL */
void fe_status_print(unsigned status, fe_str *out);             /* "KINK|LOWOFF", "" for 0              */
int fe_status_parse(const char *text, unsigned *status);        /* names joined by |, or a number       */

typedef struct fe_estimate {
    char *file;                                 /* where it came from, for messages; or NULL            */
    size_t n, cap;                              /* rows                                                 */
    char **source;                              /* [n] or NULL                                          */
    double *key[FE_KEY_N];                      /* [n] TeV, MJD, ...; NULL = absent                     */
    double *family[FE_SED_N][FE_MEMBER_N];      /* [n] internal units; NULL = absent                    */
    double *ref[FE_SED_N];                      /* [n] ref_dnde, ref_e2dnde ...; [LIKELIHOOD] unused    */
    double *q[FE_Q_N];                          /* [n] NULL = absent; STATUS holds fe_status bits       */
    size_t n_scan;                              /* points of the longest scan; 0 = none                 */
    double *norm_scan, *stat_scan;              /* [n][n_scan]; stat as -2 ln L, absolute; NaN behind a shorter scan */
    double *covar;                              /* [n][n] covariance of the norms, or NULL; 1 sigma      */
    fe_sedtype type;                            /* the type it came in, or will be written as           */
    fe_spectrum *model;                         /* reference model, or NULL                             */
    bool gammapy_grid;                          /* its integrals by gammapy's quadrature (--compat gammapy) */
    char *model_yaml;                           /* as stored; may hold more than the spectrum; or NULL  */
    char *model_origin;                         /* where it is from: "stored", "--index 2.4" ... or NULL */
    double n_sigma, ul_drop;                    /* level of errors; drop in -2 ln L of limits; NaN unknown */
    char *ul_side;                              /* "one", "two", or NULL = not said                     */
    double ul_conf;                             /* as stored, at ul_side; NaN unknown                   */
    bool ul_bounded;
    char *ul_rule;                              /* when a row counts as a limit: "sqrt_ts<2"            */
    char *timesys;                              /* scale of the time keys: "TT"                         */
    fe_gti *gti;                                /* or NULL                                              */
    char *energy_unit;                          /* energies as they came ("keV"), for writing back      */
    fe_table *rest;                             /* columns and keywords that are none of the above      */
    fe_strv order;                              /* column names in the order of the file they came from */
} fe_estimate;

fe_estimate *fe_estimate_new(void);
void fe_estimate_free(fe_estimate *);
size_t fe_estimate_add_row(fe_estimate *);              /* index of a new row, all NaN; arrays grow     */
size_t fe_estimate_add_rows(fe_estimate *, size_t n);   /* index of the first of n new rows             */
/* The array, made (NaN) when it was absent. */
double *fe_estimate_key(fe_estimate *, fe_key);
bool fe_estimate_has(const fe_estimate *, fe_key);      /* in some row                                  */
bool fe_estimate_varies(const fe_estimate *, fe_key);   /* has it, and not the same in all rows         */
double *fe_estimate_member(fe_estimate *, fe_sedtype, fe_member);
double *fe_estimate_ref(fe_estimate *, fe_sedtype);
double *fe_estimate_quantity(fe_estimate *, fe_quantity);
void fe_estimate_set_source(fe_estimate *, size_t row, const char *name);
void fe_estimate_scan(fe_estimate *, size_t n_scan);    /* make room for scans of n_scan points         */
size_t fe_estimate_scan_length(const fe_estimate *, size_t row);        /* points of this row           */

double *fe_estimate_covar(fe_estimate *);               /* [n][n], made (NaN) when it was absent            */
/*
 * Covariance of two rows in a type: C_ij ref_i ref_j, so that one matrix, of the norms, serves all of them and a conversion leaves it
 * alone.  NaN without matrix, or where ref[type] is not known (fe_estimate_fill_refs).
 */
double fe_estimate_covariance(const fe_estimate *, fe_sedtype, size_t row_i, size_t row_j);

/*
 * A model the user states.  Order of trust: ref_* columns, the stored model, then this one; it becomes the reference only
 * where those leave a gap.  Takes the model; `origin` says where it is from.
 */
void fe_estimate_offer_model(fe_estimate *, fe_spectrum *model, const char *origin);

void fe_estimate_complete_e_ref(fe_estimate *);         /* where it is absent: the geometric mean of the band */

/*
 * Fill ref[] of all types where they are absent; NaN where a band is missing.  Values come from the ref_* columns there
 * are, and what these lack from the shape of the model, else of a power law between neighbouring ref_dnde (as gammapy).
 */
void fe_estimate_fill_refs(fe_estimate *);

/*
 * Make `to` the type of the table: its family is copied if it is there, else it is norm * ref[to], norm being family /
 * ref of what there is.  dnde <-> e2dnde needs e_ref only.  0, or -1 (FE_EDATA): no reference to convert with.
 */
int fe_estimate_convert(fe_estimate *, fe_sedtype to, fe_err *err) FE_RESULT;

/*
 * Change the reference model: fluxes stay (flux-preserving: norm' = norm ref_flux / ref_flux'; rows without a band keep
 * dnde), norms and scans move, ref[] is the new model's.
 */
int fe_estimate_swap_model(fe_estimate *, const fe_spectrum *model, fe_err *err) FE_RESULT;

/* Value of a column by its name ("sqrt_ts", "dnde_ul", "e_min" in TeV ...) in a row; NaN with *found false when there is none. */
double fe_estimate_lookup(const fe_estimate *, const char *column, size_t row, bool *found);

/* Is the expression (base/expr.h) true in this row?  It sees what lookup sees, text columns, and status as words, too. */
int fe_estimate_test(const fe_estimate *, size_t row, const fe_expr *, bool *is_true, fe_err *err) FE_RESULT;

/* is_ul by the rule (expression on columns); without a rule the stored column stays, and where there is none: "sqrt_ts<2". */
int fe_estimate_apply_ul_rule(fe_estimate *, const char *rule, fe_err *err) FE_RESULT;
#endif
