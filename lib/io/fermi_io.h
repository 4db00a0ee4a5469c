/* fermi_io.h -- files of the Fermitools as a dataset of maps (formats 10): a counts cube (gtbin) and what lies beside it.
 *
 * ccube*.fits, bexpmap* (gtexpcube2), drm* (gtdrm) and psf* (gtpsf): the same name with another word, as fermipy writes them.
 * True energies are those of the DRM, channels the same without the margin it has on both sides.  Exposure: bilinear on the sky,
 * linear in ln E between its nodes, at the middle of a bin.  There is no background: that is a matter of diffuse models.
 */
#ifndef FE_IO_FERMI_IO_H
#define FE_IO_FERMI_IO_H
#include <stdbool.h>
#include "base/str.h"
#include "io/stream.h"
#include "types/dataset.h"

bool fe_fermi_sniff(const fe_bytes *);                  /* a counts cube                                 */
int fe_fermi_read(const fe_bytes *, fe_dataset **out, fe_err *err) FE_RESULT;
/* Append the paths of what lies beside a counts cube, by its name; nothing for other names. */
void fe_fermi_list_beside(const char *ccube, fe_strv *out);
#endif
