/* gadf.h -- documents <-> estimates: GADF "gadf-sed", gammapy's flux points and light curves, our flat tables. */
#ifndef FE_IO_GADF_H
#define FE_IO_GADF_H
#include "io/format.h"
#include "types/estimate.h"

typedef struct fe_dialect {         /* one row per producer, recognised by content                      */
    const char *name;               /* "fe", "gammapy", "gadf" ...                                      */
    const char *help;
    bool (*is)(const fe_document *);
    int (*read)(const fe_document *, int type, fe_estimate **out, fe_err *err);
} fe_dialect;
extern const fe_dialect fe_dialects[];          /* ends with name NULL */

/*
 * The flux table of a document, as fe_sedtype `type` (-1: what it says itself); err when there is none, or when a unit
 * contradicts its column's name.
 */
int fe_estimate_read(const fe_document *, int type, fe_estimate **out, fe_err *err) FE_RESULT;

typedef struct fe_layout {          /* how an estimate becomes a table                                  */
    bool gadf;                      /* gadf (what gammapy reads), else flat: one row per estimate       */
    bool series;                    /* flat, as gammapy's binned-time-series: starts and lengths of intervals */
    bool stated;                    /* asked for: a series does not stay one where another layout is    */
    const char *unit;               /* of the flux columns; NULL = as it came, else canonical           */
    const char *energy_unit;        /* NULL = as it came, else TeV                                      */
    bool bare;                      /* for formats without units (csv): canonical ones, plain cells     */
    bool history;                   /* provenance                                                       */
} fe_layout;

/* `from`: the document it came from, whose other HDUs and keywords pass through; or NULL. */
fe_document *fe_estimate_document(const fe_estimate *, const fe_document *from, const fe_layout *, fe_err *err);
/* Of a new one the flux table alone, and what stands behind it but for the history: model, good time intervals, covariance. */
int fe_estimate_table(const fe_estimate *, const fe_layout *, fe_table **out, fe_err *err) FE_RESULT;
fe_document *fe_estimate_beside(const fe_estimate *);
#endif
