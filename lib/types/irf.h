/* irf.h -- instrument response of one dataset: exposure along true energy, energy dispersion as a sparse matrix. */
#ifndef FE_TYPES_IRF_H
#define FE_TYPES_IRF_H
#include <stddef.h>

typedef struct fe_edisp {           /* R[i][j]: true bin i is reconstructed in channel j; row-compressed */
    size_t n_true, n_reco;
    size_t *row;                    /* [n_true + 1] start of row i in col[], value[]                    */
    int *col;                       /* [row[n_true]] channel, ascending within a row                    */
    double *value;                  /* [row[n_true]] probability; rows are not renormalised             */
    int n_owners;                   /* datasets that share this matrix                                  */
} fe_edisp;

fe_edisp *fe_edisp_new(size_t n_true, size_t n_reco, size_t n_values);
fe_edisp *fe_edisp_share(fe_edisp *);               /* one more owner                                    */
void fe_edisp_free(fe_edisp *);                     /* one owner less                                    */
/* No dispersion: the overlap of true and reconstructed bins, len(true & reco) / len(true), linear in energy. */
fe_edisp *fe_edisp_overlap(size_t n_true, const double *true_edge_TeV, size_t n_reco, const double *reco_edge_TeV);
/* out[j] += sum_i in[i] R[i][j] */
void fe_edisp_apply(const fe_edisp *, const double *in, double *out);
#endif
