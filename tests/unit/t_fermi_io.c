/* io/fermi_io: the Fermitools files of the tests of gammapy against its own reader; files that are missing or do not fit. */
#include "io/fermi_io.h"

#include "map_files.h"

static char folder[] = "/tmp/t_fermi.XXXXXX";
static fe_err err;

static const char *path_of(const char *name)
{
    static char path[256];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void save(const fe_document *doc, const char *name)
{
    fe_bytes b = to_bytes(doc);

    CHECK_MSG(fe_bytes_write(path_of(name), b.data, b.n, true, &err) == 0, err.text);
    fe_bytes_free(&b);
}

static fe_document *load(const char *path)
{
    fe_bytes b = { 0 };
    fe_document *doc = NULL;

    CHECK_MSG(fe_bytes_read(path, &b, &err) == 0 && fe_fits_read(&b, &doc, &err) == 0, err.text);
    fe_bytes_free(&b);
    return doc;
}

static fe_dataset *read_cube(const char *path)
{
    fe_bytes b = { 0 };
    fe_dataset *d = NULL;

    CHECK_MSG(fe_bytes_read(path, &b, &err) == 0 && fe_fermi_sniff(&b), err.text);
    if (fe_fermi_read(&b, &d, &err) < 0)
        CHECK(!d && err.code == FE_EDATA);
    fe_bytes_free(&b);
    return d;
}

/* gammapy 2.1, FermipyDatasetsReader.create_dataset: counts, exposure (cm2 s) in all and of pixel (0, 0), DRM; gtpsf at true energy 0. */
static const struct real {
    const char *cube;
    double counts, exposure, first[4], matrix[16], psf_below, psf_above;
} reals[] = {
    { "ccube_00.fits", 12, 48305576905668.875, { 1.54937992e+11, 1.35535757e+11, 1.11298350e+11, 7.95927909e+10 },
      { 8.96659851e-01, 2.04092339e-02, 3.04728339e-04, 1.00321859e-05, 8.54717866e-02, 8.71354520e-01, 2.29443517e-02, 1.00994203e-03,
        1.92750171e-02, 1.36960596e-01, 7.98079073e-01, 3.12898122e-02, 8.40910058e-03, 3.79604623e-02, 2.13461637e-01, 6.82057858e-01 },
      43859.3, 79851.6 },
    { "ccube_01.fits", 19, 54070538830628.1, { 1.56899363e+11, 1.51785230e+11, 1.31005652e+11, 9.72864475e+10 },
      { 9.05243874e-01, 1.54638942e-02, 2.28767458e-04, 2.30987262e-05, 7.75328577e-02, 8.89386654e-01, 1.65137090e-02, 6.30891416e-04,
        1.54112242e-02, 1.16192080e-01, 8.29769075e-01, 2.52482723e-02, 6.36906782e-03, 2.92966515e-02, 1.90213889e-01, 7.24550545e-01 },
      343723.8, 530825.9 }
};

static void compare(const struct real *r, fe_dataset *d)
{
    size_t n = d->nx * d->ny;
    double counts = 0, exposure = 0, edges[] = { 0.398107168, 0.630957376, 1, 1.584893184, 2.511886336 }, psf[20];

    CHECK(d->n_e == 4 && d->n_etrue == 4 && d->nx == 10 && d->ny == 10 && d->geom && d->psf && !d->background && !d->n_off);
    for (size_t i = 0; i < 4 * n; i++) {
        counts += d->counts[i];
        exposure += d->exposure_cm2_s[i];
    }
    CHECK(counts == r->counts);
    NEAR(exposure, r->exposure, 1e-6);                          /* gammapy: in single precision */
    for (size_t i = 0; i < 4; i++)
        NEAR(d->exposure_cm2_s[i * n], r->first[i], 1e-6);
    for (size_t i = 0; i < 16; i++)
        NEAR(d->edisp->value[i], r->matrix[i], 1e-7);
    for (size_t j = 0; j < 5; j++) {
        NEAR(d->e_edge_TeV[j], edges[j], 1e-8);
        NEAR(d->etrue_edge_TeV[j], edges[j], 1e-8);
    }
    CHECK(d->psf->n_axis == 20 && d->psf->n_e == 8 && d->psf->axis_edge[0] == 0);
    fe_irfmap_psf(d->psf, 0, 0, sqrt(edges[0] * edges[1]), psf);
    NEAR(psf[0], r->psf_below, 1e-5);
    fe_irfmap_psf(d->psf, 0, 0, sqrt(edges[3] * edges[4]), psf);
    NEAR(psf[0], r->psf_above, 1e-5);
    SAME_STR(d->info.telescop, "GLAST");
    CHECK(d->gti && d->gti->n == 89705 && d->info.mjd_start > 54682 && d->info.mjd_start < 54683);
}

static void copy_to(const char *from, const char *name)
{
    fe_document *doc = load(from);

    save(doc, name);
    fe_document_free(doc);
}

static void refused(const char *cube, const char *message)
{
    fe_dataset *d = read_cube(path_of(cube));

    CHECK(!d);
    if (!d)
        CHECK_MSG(strstr(err.text, message), err.text);
    fe_dataset_free(d);
}

static void test_misfits(const char *shared)
{
    char path[4][512];
    const char *const part[] = { "ccube", "bexpmap", "psf", "drm" };
    fe_document *doc;
    fe_dataset *d;

    for (int k = 0; k < 4; k++)
        snprintf(path[k], sizeof path[k], "%s/data/tests/fermi/%s_00.fits", shared, part[k]);
    copy_to(path[0], "my_ccube.fits");
    refused("my_ccube.fits", "a counts cube without a drm file beside it, of the same name with drm for ccube");
    copy_to(path[3], "my_drm.fits");
    refused("my_ccube.fits", "without a bexpmap file");
    copy_to(path[1], "my_bexpmap.fits");
    d = read_cube(path_of("my_ccube.fits"));
    CHECK_MSG(d && !d->psf, err.text);                          /* no PSF: a dataset without */
    fe_dataset_free(d);
    doc = load(path[2]);
    for (size_t i = 0; i < 160; i++)
        fe_table_find(fe_document_table(doc, "PSF"), "Psf")->v.d[i] *= 5;
    save(doc, "my_psf.fits");
    refused("my_ccube.fits", "my_psf.fits[PSF]: the PSF at ");
    fe_document_free(doc);
    copy_to(path[2], "my_psf.fits");
    doc = load(path[3]);
    fe_meta_set(&fe_document_table(doc, "DRM")->meta, "DETCHANS", FE_META_INT, "2", NULL);
    save(doc, "my_drm.fits");
    refused("my_ccube.fits", "my_drm.fits[DRM] row 1: N_CHAN is 4, expected all 2 channels of DETCHANS");
    fe_meta_set(&fe_document_table(doc, "DRM")->meta, "DETCHANS", FE_META_INT, "3", NULL);
    save(doc, "my_drm.fits");
    refused("my_ccube.fits", "DETCHANS is 3 with 4 true energies");
    fe_meta_set(&fe_document_table(doc, "DRM")->meta, "DETCHANS", FE_META_INT, "4", NULL);
    for (size_t i = 0; i < 4; i++) {
        fe_table_find(fe_document_table(doc, "DRM"), "ENERG_LO")->v.d[i] *= 2;
        fe_table_find(fe_document_table(doc, "DRM"), "ENERG_HI")->v.d[i] *= 2;
    }
    save(doc, "my_drm.fits");
    refused("my_ccube.fits", "my_ccube.fits[PRIMARY]: 4 channels from 0.398107 to 2.51189 TeV, expected the 4 of ");
    fe_document_free(doc);
}

int main(void)
{
    const char *shared = check_shared();
    char path[512];

    for (size_t k = 0; shared && k < sizeof reals / sizeof *reals; k++) {
        fe_dataset *d;

        snprintf(path, sizeof path, "%s/data/tests/fermi/%s", shared, reals[k].cube);
        if (access(path, R_OK) < 0)
            return check_done();
        d = read_cube(path);
        CHECK_MSG(d, err.text);
        if (d)
            compare(&reals[k], d);
        fe_dataset_free(d);
    }
    if (shared && mkdtemp(folder)) {
        const char *const names[] = { "my_ccube.fits", "my_drm.fits", "my_bexpmap.fits", "my_psf.fits" };

        test_misfits(shared);
        for (int k = 0; k < 4; k++)
            unlink(path_of(names[k]));
        rmdir(folder);
    }
    return check_done();
}
