/* const.h -- physical constants; the only place where their digits stand.
 *
 * Sources: SI brochure 9th ed. (2019), exact: e = 1.602176634e-19 C, so 1 eV = 1.602176634e-12 erg;
 * IAU 1976: day = 86400 s.  WCSLIB's eV is 8.4e-8 off (CODATA 2006) and is not used.
 */
#ifndef FE_PHYS_CONST_H
#define FE_PHYS_CONST_H

#define FE_ERG_PER_TEV 1.602176634          /* erg TeV-1 */
#define FE_KEV_PER_TEV 1e9
#define FE_MEV_PER_TEV 1e6
#define FE_EV_PER_TEV 1e12
#define FE_S_PER_DAY 86400.0
#define FE_S_PER_HOUR 3600.0
#define FE_DEG_PER_RAD 57.295779513082320877
#define FE_MJDREF_TT 51544.0                /* gammapy's reference: 2000-01-01T00:00 TT */
#define FE_TINY_DOUBLE 2.2250738585072014e-308
#endif
