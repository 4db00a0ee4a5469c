#include "io/ebl_io.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/note.h"
#include "io/format.h"
#include "phys/const.h"
#include "phys/units.h"

/* Names gammapy gives to the files of its data folder. */
static const struct { const char *name, *file; } builtin[] = {
    { "dominguez", "ebl_dominguez11.fits.gz" },
    { "finke", "frd_abs.fits.gz" },
    { "franceschini", "ebl_franceschini.fits.gz" },
    { "franceschini17", "ebl_franceschini_2017.fits.gz" },
    { "saldana-lopez21", "ebl_saldana-lopez_2021.fits.gz" }
};

typedef struct grid {               /* a table on its way                                               */
    const char *file;
    size_t n_z, n_e;
    double *z, *e_TeV, *transmission;
} grid;

static void free_grid(grid *g)
{
    free(g->z);
    free(g->e_TeV);
    free(g->transmission);
}

static void allocate(grid *g, size_t n_z, size_t n_e)
{
    g->n_z = n_z;
    g->n_e = n_e;
    g->z = FE_NEWN(double, n_z);
    g->e_TeV = FE_NEWN(double, n_e);
    g->transmission = FE_NEWN(double, n_z * n_e);
}

static int lacks(const grid *g, const char *hdu, const char *what, fe_err *err)
{
    return fe_fail(err, FE_EDATA, &(fe_where){ g->file, hdu, 0 }, "no column %s, expected a table of transmissions",
                   what);
}

/* A column of numbers, or NULL with err. */
static const fe_column *numbers(const grid *g, const fe_table *t, const char *name, fe_err *err)
{
    const fe_column *c = fe_table_find(t, name);

    if (c && c->type != FE_COL_STRING && c->width)
        return c;
    (void)lacks(g, *t->name ? t->name : NULL, name, err);
    return NULL;
}

/* ---- XSPEC table models -------------------------------------------------------------------------------------- */

/* The file states no unit: keV.  An energy is the middle of its bin in the logarithm. */
static int read_xspec(const fe_table *energies, const fe_table *spectra, grid *g, fe_err *err)
{
    const fe_column *lo = numbers(g, energies, "ENERG_LO", err);
    const fe_column *hi = lo ? numbers(g, energies, "ENERG_HI", err) : NULL;
    const fe_column *z = hi ? numbers(g, spectra, "PARAMVAL", err) : NULL;
    const fe_column *t = z ? numbers(g, spectra, "INTPSPEC", err) : NULL;

    if (!t)
        return -1;
    if (t->width != energies->n_rows || z->width != 1)
        return fe_fail(err, FE_EDATA, &(fe_where){ g->file, "SPECTRA", 0 }, "column INTPSPEC has %zu elements and "
                       "PARAMVAL %zu, expected %zu and 1: one for each row of ENERGIES, and the redshift alone",
                       t->width, z->width, energies->n_rows);
    allocate(g, spectra->n_rows, energies->n_rows);
    for (size_t k = 0; k < g->n_e; k++)
        g->e_TeV[k] = sqrt(fe_column_number(lo, k, 0) * fe_column_number(hi, k, 0)) / FE_KEV_PER_TEV;
    for (size_t i = 0; i < g->n_z; i++) {
        g->z[i] = fe_column_number(z, i, 0);
        for (size_t k = 0; k < g->n_e; k++)
            g->transmission[i * g->n_e + k] = fe_column_number(t, i, k);
    }
    return 0;
}

/* ---- tables of one row for each redshift and energy ----------------------------------------------------------- */

static size_t rows_of_first_redshift(const fe_table *t, const fe_column *z)
{
    size_t n = 0;

    while (n < t->n_rows && fe_column_number(z, n, 0) == fe_column_number(z, 0, 0))
        n++;
    return n;
}

static int fill_list(const fe_table *t, const fe_column *const c[3], double TeV, bool is_tau, grid *g, fe_err *err)
{
    for (size_t row = 0; row < t->n_rows; row++) {
        size_t i = row / g->n_e, k = row % g->n_e;
        double z = fe_column_number(c[0], row, 0), e_TeV = fe_column_number(c[1], row, 0) * TeV;
        double x = fe_column_number(c[2], row, 0);

        if (k == 0)
            g->z[i] = z;
        if (i == 0)
            g->e_TeV[k] = e_TeV;
        if (z != g->z[i] || e_TeV != g->e_TeV[k])
            return fe_fail(err, FE_EDATA, &(fe_where){ g->file, NULL, (long)row + 1 }, "redshift %g at %g TeV, "
                           "expected %g at %g: the same %zu energies for each redshift", z, e_TeV, g->z[i],
                           g->e_TeV[k], g->n_e);
        g->transmission[row] = is_tau ? exp(-x) : x;
    }
    return 0;
}

static int read_list(const fe_table *t, grid *g, fe_err *err)
{
    bool is_tau = !fe_table_find(t, "transmission") && fe_table_find(t, "tau");
    const fe_column *c[3] = { NULL, NULL, NULL };
    size_t n_e;
    double TeV;

    if (!(c[0] = numbers(g, t, "redshift", err)) || !(c[1] = numbers(g, t, "energy", err)) ||
        !(c[2] = numbers(g, t, is_tau ? "tau" : "transmission", err)))
        return -1;
    if (fe_unit_factor(c[1]->unit, "TeV", &TeV, NULL) < 0)
        return fe_fail(err, FE_EDATA, &(fe_where){ g->file, NULL, 0 }, "column energy has the unit '%s', expected that "
                       "of an energy", c[1]->unit);
    n_e = rows_of_first_redshift(t, c[0]);
    if (!n_e || t->n_rows % n_e)
        return fe_fail(err, FE_EDATA, &(fe_where){ g->file, NULL, 0 }, "%zu rows, of which %zu for the first redshift, "
                       "expected as many for each", t->n_rows, n_e);
    allocate(g, t->n_rows / n_e, n_e);
    return fill_list(t, c, TeV, is_tau, g, err);
}

/* ---- files --------------------------------------------------------------------------------------------------- */

/* Path of a file that is there or of a name in the data folder; NULL with err. */
static char *find_file(const char *file, fe_err *err)
{
    const char *folder = getenv("GAMMAPY_DATA"), *name = file;
    fe_str path = { 0 };

    if (access(file, F_OK) == 0)
        return fe_strdup(file);
    for (size_t i = 0; i < sizeof builtin / sizeof *builtin; i++)
        if (!strcmp(file, builtin[i].name))
            name = builtin[i].file;
    name = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
    fe_str_addf(&path, "%s/ebl/%s", folder ? folder : "", name);
    if (folder && *folder && access(path.s, F_OK) == 0)
        return path.s;
    if (folder && *folder)
        (void)fe_fail(err, FE_EDATA, NULL, "no EBL table '%s': neither a file of that name nor %s; give a file, like "
                      "ebl:FILE,redshift=0.1", file, path.s);
    else
        (void)fe_fail(err, FE_EDATA, NULL, "no EBL table '%s': no file of that name, and GAMMAPY_DATA names no "
                      "folder of data; give a file, like ebl:FILE,redshift=0.1", file);
    fe_str_free(&path);
    return NULL;
}

static int read_document(const fe_document *doc, grid *g, fe_err *err)
{
    const fe_table *energies = fe_document_table(doc, "ENERGIES"), *spectra = fe_document_table(doc, "SPECTRA");
    const fe_table *first = fe_document_first(doc);

    if (energies && spectra)
        return read_xspec(energies, spectra, g, err);
    return first ? read_list(first, g, err) : lacks(g, NULL, "redshift", err);
}

int fe_ebl_read(const char *file, fe_ebl **out, fe_err *err)
{
    char *path = find_file(file, err);
    fe_document *doc = path ? fe_document_read(path, err) : NULL;
    grid g = { .file = path };
    int rc = doc ? read_document(doc, &g, err) : -1;

    if (rc == 0 && !(*out = fe_ebl_new(file, g.n_z, g.z, g.n_e, g.e_TeV, g.transmission)))
        rc = fe_fail(err, FE_EDATA, &(fe_where){ path, NULL, 0 }, "%zu redshifts and %zu energies are no table of "
                     "transmissions, expected ascending energies and finite numbers of at least 0", g.n_z, g.n_e);
    free_grid(&g);
    fe_document_free(doc);
    free(path);
    return rc;
}

void fe_ebl_warn_outside(const fe_ebl *ebl, double redshift)
{
    double first = ebl->z[0], last = ebl->z[ebl->n_z - 1];

    if (redshift < first || redshift > last)
        fe_note(FE_NOTE_WARN, NULL, "redshift %g lies outside the EBL table%s%s (%g to %g): %s", redshift,
                *ebl->name ? " " : "", ebl->name, first, last,
                ebl->n_z > 1 ? "extrapolated" : "the only one of the table is used");
}

int fe_ebl_typed(const char *file, double redshift, fe_ebl **out, fe_err *err)
{
    *out = NULL;
    if (!file != !!isnan(redshift))
        return fe_fail(err, FE_EUSAGE, NULL, "--tau and --redshift belong together");
    if (!file)
        return 0;
    if (fe_ebl_read(file, out, err) < 0)
        return -1;
    fe_ebl_warn_outside(*out, redshift);
    return 0;
}
