/* spectrum_closed.h -- integrals in closed form, for the rows of spectrum_kinds.c and temporal.c.  Private to phys. */
#ifndef FE_PHYS_SPECTRUM_CLOSED_H
#define FE_PHYS_SPECTRUM_CLOSED_H
#include "phys/spectrum.h"

/*
 * Integral of x^(g-1) from x1 to x2, smooth in g: log(x2/x1) at g = 0.  Written as expm1 from the edge that dominates,
 * so nothing cancels near g = 0 and an edge at 0 or infinity gives the limit where there is one.
 */
double fe_power_integral(double x1, double x2, double g);

/* erf(v) - erf(u) without cancellation in the tails. */
double fe_erf_between(double u, double v);

double fe_pl_flux(const fe_spectrum *, double e1_TeV, double e2_TeV);
double fe_pl_eflux(const fe_spectrum *, double e1_TeV, double e2_TeV);
double fe_pl2_flux(const fe_spectrum *, double e1_TeV, double e2_TeV);
double fe_pl2_eflux(const fe_spectrum *, double e1_TeV, double e2_TeV);
double fe_bpl_flux(const fe_spectrum *, double e1_TeV, double e2_TeV);
double fe_bpl_eflux(const fe_spectrum *, double e1_TeV, double e2_TeV);
double fe_gauss_flux(const fe_spectrum *, double e1_TeV, double e2_TeV);
double fe_gauss_eflux(const fe_spectrum *, double e1_TeV, double e2_TeV);
double fe_const_flux(const fe_spectrum *, double e1_TeV, double e2_TeV);
double fe_const_eflux(const fe_spectrum *, double e1_TeV, double e2_TeV);
double fe_template_flux(const fe_spectrum *, double e1_TeV, double e2_TeV);
double fe_template_eflux(const fe_spectrum *, double e1_TeV, double e2_TeV);

/* Nodes k, k+1 of the segment that holds e; the outermost ones outside the nodes.  Needs two nodes. */
size_t fe_node_segment(const fe_spectrum *, double e_TeV);
/* ln value of a node; values of 0 are floored at the smallest normal double (algorithms 4). */
double fe_node_log(const fe_spectrum *, size_t k);
#endif
