/* ogip_parts.h -- the parts of OGIP data sets as they stand in files: between the ogip_*.c only.
 *
 * ogip_file.c   HDUs, keywords             ogip_response.c  ARF, RMF, EBOUNDS    ogip_find.c  the other files of a PHA
 * ogip_table.c  columns                    ogip_plain.c     the same without CFITSIO
 * ogip_pha.c    SPECTRUM of a PHA or BKG   ogip_cache.c     responses read once  ogip_info.c  names and times of a run
 * ogip_read.c   all together: a dataset    ogip_feed.c      many of them
 */
#ifndef FE_IO_OGIP_PARTS_H
#define FE_IO_OGIP_PARTS_H
#include <fitsio.h>
#include <stdbool.h>
#include "base/str.h"
#include "io/ogip.h"
#include "io/stream.h"
#include "types/dataset.h"

/* ---- a FITS file in memory, standing at one of its HDUs ----------------------------------------------------- */

typedef enum fe_ogip_kind {
    FE_OGIP_OTHER, FE_OGIP_SPECTRUM, FE_OGIP_EBOUNDS, FE_OGIP_GTI, FE_OGIP_SPECRESP, FE_OGIP_MATRIX
} fe_ogip_kind;

typedef struct fe_ogip_field {      /* a column of a table that is plain                                */
    const char *name;               /* in the header                                                    */
    size_t n_name;
    int type;                       /* CFITSIO's                                                        */
    size_t repeat, offset;          /* elements a row, bytes before it                                  */
} fe_ogip_field;

typedef struct fe_ogip_hdu {
    fe_ogip_kind kind;
    char name[FLEN_VALUE];
    const char *header;
    size_t n_cards, n_used;         /* up to the data, before END                                       */
    size_t n_rows;
    size_t data, row_bytes;         /* of a file that is plain: where the rows begin                    */
    size_t first_field, n_fields;   /* the same: of the file's fields                                   */
} fe_ogip_hdu;

typedef struct fe_ogip_cfitsio {    /* CFITSIO's view of the file: where it stands                      */
    void *data;                     /* it keeps the addresses of these two                              */
    size_t n_data;
    fitsfile *fits;                 /* NULL: not opened yet                                             */
    size_t at;
} fe_ogip_cfitsio;

typedef struct fe_ogip_file {
    const fe_bytes *bytes;          /* borrowed                                                         */
    bool is_plain;                  /* its columns are found without CFITSIO                            */
    fe_ogip_cfitsio *cfitsio;
    fe_ogip_hdu *hdu;               /* [n_hdus]                                                         */
    size_t n_hdus, cap_hdus;
    fe_ogip_field *field;           /* of all tables                                                    */
    size_t n_fields, cap_fields;
    size_t at;                      /* the HDU at hand                                                  */
    const char *header;             /* its cards                                                        */
    size_t n_cards, n_rows;
} fe_ogip_file;

int fe_ogip_open(const fe_bytes *, fe_ogip_file *out, fe_err *err) FE_RESULT;
void fe_ogip_close(fe_ogip_file *);
long fe_ogip_n_cfitsio(void);                           /* files given to CFITSIO so far; tests assert on it */
bool fe_ogip_seek(fe_ogip_file *, fe_ogip_kind);        /* to the first of the kind; false: there is none */
int fe_ogip_no_hdu(const fe_ogip_file *, const char *wanted, fe_err *err);     /* fails: names those there are  */
fe_where fe_ogip_here(const fe_ogip_file *, size_t row);

fitsfile *fe_ogip_cfitsio_at(const fe_ogip_file *, int *status);        /* CFITSIO at the HDU at hand; NULL: status says why */
int fe_ogip_refuse(const fe_ogip_file *, const char *what, int status, fe_err *err);   /* fails: what cannot be read, and its status */

/* ogip_plain.c: whether all HDUs of the list are plain; a column; numbers of it, false: ask CFITSIO. */
bool fe_ogip_lay_out(fe_ogip_file *);
struct fe_ogip_column;
bool fe_ogip_find_plain(const fe_ogip_file *, const char *name, struct fe_ogip_column *);
bool fe_ogip_get_plain(const fe_ogip_file *, const struct fe_ogip_column *, size_t row, size_t n, double *out);

char *fe_ogip_text(const fe_ogip_file *, const char *key);      /* NULL: absent; caller frees            */
/* A number, `missing` when the keyword is absent or blank. */
int fe_ogip_number(const fe_ogip_file *, const char *key, double missing, double *out, fe_err *err) FE_RESULT;

typedef struct fe_ogip_column {
    const char *name;               /* as asked for                                                     */
    int number;                     /* 1-based                                                          */
    int type, stored;               /* CFITSIO's, after and before TSCAL and TZERO                      */
    bool is_variable;
    size_t width;                   /* elements a row; 0 when variable                                  */
} fe_ogip_column;

size_t fe_ogip_n_columns(const fe_ogip_file *);
bool fe_ogip_find(const fe_ogip_file *, const char *name, fe_ogip_column *);
int fe_ogip_need(const fe_ogip_file *, const char *name, fe_ogip_column *, fe_err *err) FE_RESULT;
/* Rows from `row` (0-based) on of a column of fixed width, as doubles. */
int fe_ogip_get(const fe_ogip_file *, const fe_ogip_column *, size_t row, size_t n_rows, double *out,
                fe_err *err) FE_RESULT;
char *fe_ogip_get_text(const fe_ogip_file *, const fe_ogip_column *, size_t row);      /* NULL: no string        */
char *fe_ogip_unit_text(const fe_ogip_file *, const fe_ogip_column *);     /* NULL: none, or blank; caller frees */
/* Factor to `unit`; a column without a unit is in `silent`, which is noted. */
int fe_ogip_unit(const fe_ogip_file *, const fe_ogip_column *, const char *unit, const char *silent, double *factor,
                 fe_err *err) FE_RESULT;

/*
 * The same for what needs no unit: none is `unit` without a word, one that is not known as well, with a warning; one of another
 * kind is refused.  `what`: how that is said.
 */
int fe_ogip_unit_loose(const fe_ogip_file *, const fe_ogip_column *, const char *unit, const char *what, double *factor,
                       fe_err *err) FE_RESULT;

typedef struct fe_ogip_cells {      /* all cells of a column, of fixed or variable width                */
    size_t *start;                  /* [n_rows + 1] first element of a row                              */
    double *value;
} fe_ogip_cells;

int fe_ogip_get_cells(const fe_ogip_file *, const fe_ogip_column *, size_t row, size_t n_rows, fe_ogip_cells *out,
                      fe_err *err)
    FE_RESULT;
void fe_ogip_cells_free(fe_ogip_cells *);

/* Edges [n_rows + 1] of the bins of columns low and high, which must touch each other. */
int fe_ogip_get_edges(const fe_ogip_file *, const char *low, const char *high, double **edge_TeV,
                      fe_err *err) FE_RESULT;
bool fe_ogip_same_edges(const double *a, const double *b, size_t n);

/* ---- SPECTRUM ----------------------------------------------------------------------------------------------- */

typedef struct fe_ogip_spectrum {
    size_t n;                       /* channels                                                         */
    double first;                   /* number of the first of them                                      */
    double *counts, *backscal, *areascal;       /* [n]                                                  */
    bool *good;                     /* [n] QUALITY is 0                                                 */
    bool *goes_on;                  /* [n] GROUPING is -1: part of the bin before; NULL: not grouped    */
    bool is_model;                  /* POISSERR is F, and some counts are no whole numbers              */
    bool has_errors;                /* POISSERR is F, and STAT_ERR is not that of counts                */
    double exposure_s;              /* NaN: not said                                                    */
} fe_ogip_spectrum;

size_t fe_ogip_n_spectra(const fe_ogip_file *);         /* of the SPECTRUM at hand: rows of a type II   */
bool fe_ogip_is_type_ii(const fe_ogip_file *);
/* From the first blocks of a file, for its header alone: it stands at the spectrum of a type I; false: it is not known to be one. */
bool fe_ogip_open_head(const fe_bytes *head, fe_ogip_file *out);
enum { FE_OGIP_HEAD_BYTES = 5 * 2880 };
int fe_ogip_get_spectrum(const fe_ogip_file *, size_t row, fe_ogip_spectrum *out, fe_err *err) FE_RESULT;
void fe_ogip_spectrum_free(fe_ogip_spectrum *);

/* ---- EBOUNDS, ARF, RMF -------------------------------------------------------------------------------------- */

typedef struct fe_ogip_ebounds { size_t n; double first, *edge_TeV; } fe_ogip_ebounds;

typedef struct fe_ogip_response {   /* what a response file holds; shared                               */
    char *file;
    int n_owners;
    size_t n_bytes;
    size_t n_arf;                   /* bins of SPECRESP; 0 = none                                       */
    double *arf_edge_TeV, *area_cm2;
    fe_edisp *edisp;                /* MATRIX, or NULL                                                  */
    double *rmf_edge_TeV;           /* [edisp->n_true + 1]                                              */
    double *rmf_area_cm2;           /* [edisp->n_true] area that was in the matrix, or NULL             */
    bool has_large_sum;             /* a row of the matrix sums to more than 1                          */
    fe_ogip_ebounds ebounds;        /* n 0: none                                                        */
} fe_ogip_response;

int fe_ogip_get_ebounds(fe_ogip_file *, fe_ogip_ebounds *out, fe_err *err) FE_RESULT;  /* n 0: there is none     */
int fe_ogip_response_read(const char *path, fe_ogip_response **out, fe_err *err) FE_RESULT;
void fe_ogip_response_free(fe_ogip_response *);

bool fe_ogip_cache_knows(const fe_ogip_cache *, const char *path);      /* a file of this name has been read */
/* The response in a file, from the cache (NULL: none) or read; caller frees. */
int fe_ogip_cache_get(fe_ogip_cache *, const char *path, fe_ogip_response **out, fe_err *err) FE_RESULT;

/* ---- files -------------------------------------------------------------------------------------------------- */

typedef enum fe_ogip_other { FE_OGIP_BKG, FE_OGIP_ARF, FE_OGIP_RMF, FE_OGIP_N_OTHERS } fe_ogip_other;

/*
 * Path of a file that belongs to spectrum `row` of a PHA: a column of type II asks for it, else a keyword, else the usual names are
 * tried.  *path NULL: there is none; caller frees.  The PHA stands at its SPECTRUM.
 */
int fe_ogip_find_other(const fe_ogip_file *pha, size_t row, fe_ogip_other, const fe_ogip_cache *, char **path, fe_err *err) FE_RESULT;

/* ---- datasets ----------------------------------------------------------------------------------------------- */

/* To the SPECTRUM of a PHA; fails when there is none. */
int fe_ogip_seek_spectrum(fe_ogip_file *, fe_err *err) FE_RESULT;
/* files: given by hand, or NULL. */
int fe_ogip_read_bytes(const fe_bytes *pha, fe_ogip_cache *, const fe_ogip_files *files, size_t row, fe_dataset **out,
                       fe_err *err) FE_RESULT;

/* Keywords, names and times of a run; *gti NULL: none.  The file, which has a SPECTRUM, stands at it afterwards. */
int fe_ogip_get_info(fe_ogip_file *, size_t row, fe_metalist *meta, fe_dataset_info *out, fe_gti **gti,
                     fe_err *err) FE_RESULT;
#endif
