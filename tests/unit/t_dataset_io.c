/* io/dataset_io: spectra there and back, maps of the test, real maps against gammapy's sums, bad maps. */
#include "io/dataset_io.h"

#include "map_files.h"

static fe_err err;

/* ---- a spectrum --------------------------------------------------------------------------------------------- */

enum { N_E = 3, N_TRUE = 4 };

static fe_dataset *make_spectrum(bool off)
{
    const double counts[N_E] = { 10, 4, 0 }, b[N_E] = { 2.5, 1.25, 0.5 }, n_off[N_E] = { 12, 6, 0 }, on[N_E] = { 1, 1, 1 };
    const double n_acc[N_E] = { 5, 4, 0 };
    const int col[] = { 0, 1, 0, 1, 2, 2 };
    const double value[] = { 0.5, 0.25, 0.2, 0.7, 0.1, 0.9 };
    fe_dataset *d = fe_dataset_new(N_E, N_TRUE, 1, 1);

    d->info.name = fe_strdup("run 7");
    d->info.telescop = fe_strdup("HESS");
    for (int j = 0; j <= N_E; j++)
        d->e_edge_TeV[j] = pow(10, j / 3.);
    for (int i = 0; i <= N_TRUE; i++)
        d->etrue_edge_TeV[i] = 0.5 * pow(3, i);
    for (int i = 0; i < N_TRUE; i++)
        d->exposure_cm2_s[i] = 1e13 * (i + 1) / 3;
    memcpy(d->counts, counts, sizeof counts);
    d->mask[2] = false;
    fe_edisp_free(d->edisp);
    d->edisp = fe_edisp_new(N_TRUE, N_E, 6);
    memcpy(d->edisp->row, (const size_t[]){ 0, 2, 5, 5, 6 }, 5 * sizeof(size_t));
    memcpy(d->edisp->col, col, sizeof col);
    memcpy(d->edisp->value, value, sizeof value);
    d->livetime_s = 1234.5678901234567;
    d->gti = fe_gti_new();
    d->gti->mjdref_i = 51544;
    strcpy(d->gti->timesys, "TT");
    fe_gti_add(d->gti, 86400, 88000);
    if (!off) {
        d->background = FE_NEWN(double, N_E);
        memcpy(d->background, b, sizeof b);
        return d;
    }
    d->n_off = FE_NEWN(double, N_E);
    d->alpha = FE_NEWN(double, N_E);
    d->acceptance = FE_NEWN(double, N_E);
    d->acceptance_off = FE_NEWN(double, N_E);
    memcpy(d->n_off, n_off, sizeof n_off);
    memcpy(d->acceptance, on, sizeof on);
    memcpy(d->acceptance_off, n_acc, sizeof n_acc);
    d->alpha[0] = 0.2;
    d->alpha[1] = 0.25;
    return d;
}

static fe_bytes print(const fe_dataset *d)
{
    fe_str text = { 0 };
    fe_bytes b = { fe_strdup("dir/file.fits"), NULL, 0 };

    CHECK_MSG(fe_dataset_print(d, false, &text, &err) == 0, err.text);
    b.data = (unsigned char *)text.s;
    b.n = text.len;
    return b;
}

static bool same(const double *a, const double *b, size_t n)
{
    return (!a && !b) || (a && b && !memcmp(a, b, n * sizeof *a));
}

static void test_round_trip(bool off)
{
    fe_dataset *d = make_spectrum(off), *back = NULL;
    fe_bytes b = print(d), again;
    fe_dataset_info info;

    CHECK(fe_dataset_sniff(&b));
    CHECK_MSG(fe_dataset_read(&b, &back, &err) == 0, err.text);
    if (!back)
        return;
    CHECK(back->n_e == N_E && back->n_etrue == N_TRUE && back->nx == 1 && back->ny == 1 && !back->geom && !back->psf && !back->edisp_map);
    CHECK(same(back->e_edge_TeV, d->e_edge_TeV, N_E + 1) && same(back->etrue_edge_TeV, d->etrue_edge_TeV, N_TRUE + 1));
    CHECK(same(back->counts, d->counts, N_E) && same(back->exposure_cm2_s, d->exposure_cm2_s, N_TRUE));
    CHECK(back->mask[0] && back->mask[1] && !back->mask[2]);
    CHECK(same(back->background, d->background, N_E) && same(back->n_off, d->n_off, N_E) && same(back->alpha, d->alpha, N_E));
    CHECK(same(back->acceptance, d->acceptance, N_E) && same(back->acceptance_off, d->acceptance_off, N_E));
    CHECK(!memcmp(back->edisp->row, d->edisp->row, 5 * sizeof(size_t)) && same(back->edisp->value, d->edisp->value, 6));
    CHECK(!memcmp(back->edisp->col, d->edisp->col, 6 * sizeof(int)));
    CHECK(back->livetime_s == d->livetime_s && back->info.mjd_start == 51545);
    SAME_STR(back->info.name, "run 7");
    SAME_STR(back->info.telescop, "HESS");
    CHECK(fe_dataset_is_known_bkg(back) == !off);
    again = print(back);
    CHECK(again.n == b.n && !memcmp(again.data, b.data, b.n));
    CHECK(fe_dataset_get_info(&b, &info, &err) == 0);
    SAME_STR(info.name, "run 7");
    SAME_STR(fe_meta_text(&info.meta, "OBS_ID"), "run 7");
    CHECK(info.mjd_stop > 51545.01 && info.livetime_s == d->livetime_s);
    fe_dataset_info_free(&info);
    fe_dataset_free(d);
    fe_dataset_free(back);
    fe_bytes_free(&b);
    fe_bytes_free(&again);
}

/* ---- bad spectra -------------------------------------------------------------------------------------------- */

static fe_document *document(bool off)
{
    fe_dataset *d = make_spectrum(off);
    fe_bytes b = print(d);
    fe_document *doc = NULL;

    CHECK(fe_fits_read(&b, &doc, &err) == 0);
    fe_dataset_free(d);
    fe_bytes_free(&b);
    return doc;
}

static fe_dataset *read_document(fe_document *doc)
{
    fe_bytes b = to_bytes(doc);
    fe_dataset *d = NULL;

    if (fe_dataset_read(&b, &d, &err) < 0)
        CHECK(!d && err.code == FE_EDATA && !strchr(err.text, '\n'));
    fe_bytes_free(&b);
    fe_document_free(doc);
    return d;
}

static void refused(fe_document *doc, const char *message)
{
    fe_dataset *d = read_document(doc);

    CHECK(!d);
    if (!d)
        CHECK_MSG(strstr(err.text, message), err.text);
    fe_dataset_free(d);
}

static fe_document *with_value(bool off, const char *hdu, size_t i, double x)
{
    fe_document *doc = document(off);

    fe_table_find(fe_document_table(doc, hdu), "DATA")->v.d[i] = x;
    return doc;
}

static fe_document *with_unit(const char *hdu, const char *column, const char *unit)
{
    fe_document *doc = document(false);
    fe_column *c = fe_table_find(fe_document_table(doc, hdu), column);

    free(c->unit);
    c->unit = fe_strdup(unit);
    return doc;
}

static void rename_table(fe_document *doc, const char *from, const char *to)
{
    fe_table *t = fe_document_table(doc, from);

    free(t->name);
    t->name = fe_strdup(to);
}

static fe_document *without(bool off, const char *hdu)
{
    fe_document *doc = document(off);

    rename_table(doc, hdu, "OTHER");
    return doc;
}

static void test_bad_spectra(void)
{
    fe_document *doc;

    refused(with_value(false, "COUNTS", 1, -3), "file.fits[COUNTS]: the value at energy 2 of 3 is -3, expected a number that is not negative");
    refused(with_value(false, "COUNTS", 0, NAN), "[COUNTS]: the value at energy 1 of 3 is nan");
    refused(with_value(false, "BACKGROUND", 0, -0.01), "[BACKGROUND]: the value at energy 1 of 3 is -0.01");
    refused(with_value(true, "COUNTS_OFF", 0, INFINITY), "[COUNTS_OFF]: the value at energy 1 of 3 is inf");
    refused(with_value(false, "EXPOSURE", 2, NAN), "[EXPOSURE]: the exposure at energy_true 3 of 4 is nan");
    refused(with_value(false, "EXPOSURE", 0, -1), "[EXPOSURE]: the exposure at energy_true 1 of 4 is -1");
    refused(with_value(false, "EDISP", 0, -0.5), "[EDISP]: the dispersion at energy 1 of 3, energy_true 1 of 4 is -0.5");
    refused(with_value(false, "EDISP", 0, 3), "[EDISP]: the dispersion at ");
    refused(with_unit("EDISP", "DATA", "s"), "[EDISP]: unit of the values: ");
    refused(with_unit("BACKGROUND", "DATA", "sr-1"), "[BACKGROUND]: its unit is 'sr-1', expected counts in pixels");
    refused(with_unit("EXPOSURE", "DATA", "cm2"), "[EXPOSURE]: unit of the values: ");
    refused(with_unit("COUNTS", "DATA", "TeV"), "[COUNTS]: unit of the values: ");
    refused(with_unit("COUNTS_BANDS", "E_MIN", "s"), "[COUNTS_BANDS]: column E_MIN: ");
    refused(without(false, "EXPOSURE"), "there is no HDU EXPOSURE, without which there are no fluxes");
    refused(without(false, "EXPOSURE_BANDS"), "its axes are missing: there is no table EXPOSURE_BANDS");
    refused(without(true, "ACCEPTANCE"), "there is no ACCEPTANCE that belongs to it");
    doc = document(false);
    fe_meta_set(&fe_document_table(doc, "BACKGROUND")->meta, "BANDSHDU", FE_META_STRING, "EXPOSURE_BANDS", NULL);
    refused(doc, "[EXPOSURE_BANDS]: there is no column E_MIN");
    doc = document(false);
    fe_table_find(fe_document_table(doc, "BACKGROUND_BANDS"), "E_MIN")->v.d[0] = 0.5;
    refused(doc, "[BACKGROUND]: its energies (3 bins from 0.5 to 10 TeV) are not those of COUNTS (3 from 1 to 10 TeV)");
    doc = document(false);
    fe_meta_set(&fe_document_table(doc, "EDISP")->meta, "AXCOLS1", FE_META_STRING, "ENERGY_TRUE_MIN,ENERGY_TRUE_MAX", NULL);
    fe_meta_set(&fe_document_table(doc, "EDISP")->meta, "AXCOLS2", FE_META_STRING, "E_MIN,E_MAX", NULL);
    refused(doc, "[EDISP]: its axes are energy_true, energy, expected energy, energy_true");
}

static void test_repaired_spectra(void)
{
    fe_dataset *d = read_document(with_value(false, "BACKGROUND", 1, -1e-13));

    CHECK_MSG(d && d->background[1] == 0 && d->background[0] == 2.5, err.text);     /* a rounded 0 */
    fe_dataset_free(d);
    d = read_document(with_value(false, "COUNTS", 2, NAN));
    CHECK_MSG(d && d->counts[2] == 0 && !d->mask[2], err.text);                     /* masked: no matter */
    fe_dataset_free(d);
    d = read_document(without(false, "EDISP"));
    CHECK_MSG(d && d->edisp->n_true == N_TRUE && d->edisp->n_reco == N_E, err.text);
    fe_dataset_free(d);
    d = read_document(without(false, "BACKGROUND"));
    CHECK_MSG(d && !d->background && !d->n_off, err.text);
    fe_dataset_free(d);
    fe_document *doc = document(false);
    rename_table(doc, "MASK_SAFE", "MASK_FIT");
    rename_table(doc, "MASK_SAFE_BANDS", "MASK_FIT_BANDS");
    fe_meta_set(&fe_document_table(doc, "MASK_FIT")->meta, "BANDSHDU", FE_META_STRING, "MASK_FIT_BANDS", NULL);
    d = read_document(doc);
    CHECK_MSG(d && d->mask[0] && !d->mask[2], err.text);
    fe_dataset_free(d);
}

/* ---- maps --------------------------------------------------------------------------------------------------- */

#define RECO ";AXCOLS1='E_MIN,E_MAX';INTERP1='log';BANDSHDU='RECO'"
#define TRUE_AXIS ";AXCOLS1='ENERGY_TRUE_MIN,ENERGY_TRUE_MAX';INTERP1='log';BANDSHDU='TRUE'"
#define PSF_AXES ";AXCOLS1='RAD_MIN,RAD_MAX';INTERP1='lin';AXCOLS2='ENERGY_TRUE_MIN,ENERGY_TRUE_MAX';INTERP2='log';BANDSHDU='PSFB'"

/* Two channels, two true energies, 2 x 1 pixels; a PSF that is flat within `radius` degrees and holds `total`. */
static fe_document *make_map(double total, const char *psf_unit, const char *background_sky)
{
    const double counts[] = { 5, 1, 2, 0 }, bkg[] = { 3, 1.5, 1, 0.5 }, exposure[] = { 1e9, 2e9, 3e9, 4e9 }, mask[] = { 1, 1, 1, 0 };
    const double lo[] = { 1, 3 }, hi[] = { 3, 9 }, rad_lo[] = { 0, 1, 0, 1 }, rad_hi[] = { 1, 2, 1, 2 }, e4[] = { 1, 1, 3, 3 }, f4[] = { 3, 3, 9, 9 };
    const double rad = acos(-1) / 180, sr = 2 * acos(-1) * (1 - cos(2 * rad)), deg2 = sr / rad / rad;
    double psf[8];
    char cards[512];
    fe_document *doc = fe_document_new("");
    fe_table *t;

    for (int i = 0; i < 8; i++)
        psf[i] = total / (strcmp(psf_unit, "sr-1") ? deg2 : sr);
    add_double_image(doc, "COUNTS", 3, (const long[]){ 2, 1, 2 }, SKY RECO, counts);
    t = fe_document_add(doc, fe_table_new("RECO", 2));
    add_column(t, "E_MIN", "TeV", lo);
    add_column(t, "E_MAX", "TeV", hi);
    snprintf(cards, sizeof cards, "%s%s", background_sky, RECO);
    add_double_image(doc, "BACKGROUND", 3, (const long[]){ 2, 1, 2 }, cards, bkg);
    add_double_image(doc, "MASK_SAFE", 3, (const long[]){ 2, 1, 2 }, SKY RECO, mask);
    add_double_image(doc, "EXPOSURE", 3, (const long[]){ 2, 1, 2 }, SKY TRUE_AXIS ";BUNIT='m2 s';META='{\"livetime\": \"0.5 h\"}'", exposure);
    t = fe_document_add(doc, fe_table_new("TRUE", 2));
    add_column(t, "ENERGY_TRUE_MIN", "TeV", lo);
    add_column(t, "ENERGY_TRUE_MAX", "TeV", hi);
    snprintf(cards, sizeof cards, "%s%s;BUNIT='%s'", SKY, PSF_AXES, psf_unit);
    add_double_image(doc, "PSF", 4, (const long[]){ 2, 1, 2, 2 }, cards, psf);
    t = fe_document_add(doc, fe_table_new("PSFB", 4));
    add_column(t, "RAD_MIN", "deg", rad_lo);
    add_column(t, "RAD_MAX", "deg", rad_hi);
    add_column(t, "ENERGY_TRUE_MIN", "TeV", e4);
    add_column(t, "ENERGY_TRUE_MAX", "TeV", f4);
    return doc;
}

static void test_maps(void)
{
    static const char *const units[] = { "sr-1", "deg-2" };

    for (int k = 0; k < 2; k++) {
        fe_dataset *d = read_document(make_map(1, units[k], SKY));

        CHECK_MSG(d, err.text);
        if (!d)
            return;
        CHECK(d->geom && d->nx == 2 && d->ny == 1 && d->n_e == 2 && d->counts[0] == 5 && d->counts[2] == 2 && d->background[1] == 1.5);
        CHECK(d->mask[2] && !d->mask[3] && d->exposure_cm2_s[1] == 2e13 && d->livetime_s == 1800);
        CHECK(d->psf && d->psf->kind == FE_IRF_PSF && !d->psf->reco && d->psf->n_axis == 2 && d->psf->nx == 2 && d->psf->geom);
        NEAR(d->psf->value[7], 1 / (2 * acos(-1) * (1 - cos(2 * acos(-1) / 180))), 1e-12);
        NEAR(d->psf->e_node_TeV[1], sqrt(27), 1e-15);
        SAME_STR(d->info.name, "file");
        fe_dataset_free(d);
    }
    refused(make_map(0.2, "sr-1", SKY), "file.fits[PSF]: the PSF at 1.732 TeV integrates to 0.2 over the sky, expected 1");
    refused(make_map(10, "deg-2", SKY), "integrates to 10 over the sky");
    refused(make_map(NAN, "sr-1", SKY), "[PSF]: the PSF at rad 1 of 2, energy_true 1 of 2, pixel (0, 0) is nan, expected a number that is not negative");
    refused(make_map(1, "cm-2", SKY), "[PSF]: unit of the values: ");
    refused(make_map(1, "sr-1", "CTYPE1='GLON-CAR';CTYPE2='GLAT-CAR';CRPIX1=1.5;CRPIX2=1;CRVAL1=1;CRVAL2=0;CDELT1=-0.5;CDELT2=0.5"),
            "[BACKGROUND]: its pixels are at other places of the sky than those of COUNTS");
}

/* ---- real maps: sums of gammapy 2.1 ------------------------------------------------------------------------- */

static const struct real {
    const char *file;
    size_t n_e, ny, nx, n_etrue;
    double counts, used, n_mask, background, exposure, n_off, alpha_off, livetime_s, mjd_start;
    double edisp;                   /* sum of the matrix at the centre; NaN: pixels around it are as near */
    bool reco_psf;
} reals[] = {
    { "fermi-3fhl-gc/fermi-3fhl-gc.fits.gz", 11, 200, 400, 12, 32684, 27727, 633600, 28548.632302860686, 3.129498700654838e+17, 0, 0, NAN, NAN,
      11.000000029802322, false },
    { "cta-1dc/cta-1dc-gc.fits.gz", 8, 160, 200, 16, 137091, 137091, 211176, 121711.73024741188, 1.441946451138438e+19, 0, 0, 5292.000102978, 59235.5,
      NAN, false },
    { "cta-1dc/cta-1dc-run-110380.fits.gz", 8, 160, 200, 16, 45705, 45705, 115376, 40570.2915218398, 4.806415850536526e+18, 0, 0, 1764.000034326,
      59235.5, NAN, false },
    { "hess-ring/hess-crab-ring-run-23523.fits.gz", 3, 125, 125, 14, 4248, 3936, 34923, NAN, 7.612383462307976e+17, 2764000.0117143528,
      3967.28184545747, 1581.736764695497, 53343.92234009259, 10.543935336300706, false },
    { "hess-ring/hess-crab-ring.fits.gz", 3, 125, 125, 14, 12636, 12636, 46389, NAN, 2.5023589889127757e+18, 7900859.010355473, 11987.220502355136,
      6313.81165942, 53343.92234009259, 10.135834956920007, false },
    { "hawc/DL4/nHit-5.fits.gz", 10, 120, 120, 50, 8275, 7234, 57600, 8014.864828475047, 4.582409877804668e+18, 0, 0, 1, 57184.914382349234,
      21.63037498182897, true },
    { "hawc/DL4/nHit-6.fits.gz", 10, 120, 120, 50, 2243, 1825, 57600, 2135.234355897039, 4.918470738398502e+18, 0, 0, 1, 57184.914382349234,
      19.506776630546465, true },
    { "fermi-3fhl-crab/Fermi-LAT-3FHL_data_Fermi-LAT.fits", 5, 40, 50, 5, 3004, 2932, 8280, 318.2737310405731, 2916306127242267.0, 0, 0, NAN, NAN,
      5, false }
};

static double sum(const double *x, size_t n)
{
    double s = 0;

    for (size_t i = 0; x && i < n; i++)
        s += x[i];
    return s;
}

static void compare(const struct real *r, const fe_dataset *d)
{
    size_t n = fe_dataset_n_bins(d), n_mask = 0;
    double used = 0, alpha_off = 0;

    CHECK(d->n_e == r->n_e && d->ny == r->ny && d->nx == r->nx && d->n_etrue == r->n_etrue && d->geom && d->psf);
    for (size_t i = 0; i < n; i++) {
        n_mask += d->mask[i];
        used += d->mask[i] ? d->counts[i] : 0;
        alpha_off += d->n_off ? d->alpha[i] * d->n_off[i] : 0;
    }
    CHECK(sum(d->counts, n) == r->counts && used == r->used && (double)n_mask == r->n_mask);
    if (!isnan(r->background))
        NEAR(sum(d->background, n), r->background, 1e-10);
    CHECK(!isnan(r->background) == !d->n_off);
    NEAR(sum(d->exposure_cm2_s, r->n_etrue * r->ny * r->nx), r->exposure, 1e-9);      /* gammapy: partly in single precision */
    NEAR(sum(d->n_off, n), r->n_off, 1e-8);
    NEAR(alpha_off, r->alpha_off, 1e-9);
    NEAR(d->livetime_s, r->livetime_s, 1e-10);
    NEAR_ABS(d->info.mjd_start, r->mjd_start, 1e-9);
    if (!isnan(r->edisp))
        NEAR(sum(d->edisp->value, d->edisp->row[d->edisp->n_true]), r->edisp, 1e-12);
    CHECK(d->psf->reco == r->reco_psf);
}

static void test_real(const char *shared)
{
    for (size_t k = 0; k < sizeof reals / sizeof *reals; k++) {
        char path[512];
        fe_bytes b = { 0 };
        fe_dataset *d = NULL;

        snprintf(path, sizeof path, "%s/data/%s", shared, reals[k].file);
        if (access(path, R_OK) < 0)
            continue;
        CHECK_MSG(fe_bytes_read(path, &b, &err) == 0 && fe_dataset_sniff(&b) && fe_dataset_read(&b, &d, &err) == 0, err.text);
        if (d)
            compare(&reals[k], d);
        fe_dataset_free(d);
        fe_bytes_free(&b);
    }
}

int main(void)
{
    test_round_trip(false);
    test_round_trip(true);
    test_bad_spectra();
    test_repaired_spectra();
    test_maps();
    if (check_shared())
        test_real(check_shared());
    return check_done();
}
