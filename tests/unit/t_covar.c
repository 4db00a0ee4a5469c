/* Covariance between rows through files: every format that holds it, every type, another order of rows; deabsorption. */
#include <stdlib.h>
#include <unistd.h>

#include "base/note.h"
#include "check.h"
#include "io/gadf.h"
#include "types/deabsorb.h"

static fe_err err;

enum { N = 3 };

static const double matrix[N][N] = { { 0.04, 0.012, -0.003 }, { 0.012, 0.09, 0.02 }, { -0.003, 0.02, 0.25 } };

/* Three bands of a power law of index 2.3. */
static fe_estimate *three(void)
{
    fe_estimate *e = fe_estimate_new();

    fe_estimate_add_rows(e, N);
    for (size_t i = 0; i < N; i++) {
        fe_estimate_key(e, FE_KEY_E_MIN)[i] = pow(2, (double)i);
        fe_estimate_key(e, FE_KEY_E_MAX)[i] = pow(2, (double)i + 1);
        fe_estimate_member(e, FE_SED_LIKELIHOOD, FE_VALUE)[i] = 1 + 0.1 * (double)i;
        fe_estimate_member(e, FE_SED_LIKELIHOOD, FE_ERR)[i] = sqrt(matrix[i][i]);
        for (size_t j = 0; j < N; j++)
            fe_estimate_covar(e)[i * N + j] = matrix[i][j];
    }
    e->model = fe_spectrum_parse("pl:index=2.3,amplitude=2e-12 cm-2 s-1 TeV-1,reference=1TeV", &err);
    return e;
}

/* Write in a format, read again. */
static fe_estimate *through(const fe_estimate *e, const fe_document *from, const char *format, fe_document **kept)
{
    const fe_layout layout = { .gadf = !strcmp(format, "fits") };
    fe_document *doc = fe_estimate_document(e, from, &layout, &err), *back;
    fe_estimate *out = NULL;
    char path[] = "/tmp/t_covar.XXXXXX";
    int fd = mkstemp(path);

    close(fd);
    CHECK(fe_document_write(doc, fe_format_find(format), path, true, &err) == 0);
    back = fe_document_read(path, &err);
    CHECK_MSG(back && fe_estimate_read(back, -1, &out, &err) == 0, err.text);
    unlink(path);
    fe_document_free(doc);
    if (kept)
        *kept = back;
    else
        fe_document_free(back);
    return out;
}

static double correlation(fe_estimate *e, fe_sedtype type, size_t i, size_t j)
{
    return fe_estimate_covariance(e, type, i, j) /
           sqrt(fe_estimate_covariance(e, type, i, i) * fe_estimate_covariance(e, type, j, j));
}

static void check_matrix(const fe_estimate *e, double rtol)
{
    CHECK(e->covar != NULL);
    for (size_t i = 0; e->covar && i < N; i++)
        for (size_t j = 0; j < N; j++)
            NEAR(e->covar[i * N + j], matrix[i][j], rtol);
}

/* corr(dnde) = corr(eflux): a conversion multiplies rows, and one matrix of the norms serves all types. */
static void test_types(const char *format)
{
    fe_estimate *e = three(), *dnde, *eflux;
    fe_document *doc;

    CHECK(fe_estimate_convert(e, FE_SED_DNDE, &err) == 0);
    dnde = through(e, NULL, format, &doc);
    check_matrix(dnde, 0);
    CHECK(fe_estimate_convert(dnde, FE_SED_EFLUX, &err) == 0);
    eflux = through(dnde, doc, format, NULL);
    check_matrix(eflux, 0);
    fe_estimate_fill_refs(e);
    fe_estimate_fill_refs(eflux);
    for (size_t i = 0; i < N; i++) {
        NEAR(sqrt(fe_estimate_covariance(eflux, FE_SED_EFLUX, i, i)), eflux->family[FE_SED_EFLUX][FE_ERR][i], 1e-12);
        for (size_t j = 0; j < N; j++) {
            NEAR(correlation(e, FE_SED_DNDE, i, j), correlation(eflux, FE_SED_EFLUX, i, j), 1e-13);
            NEAR(correlation(e, FE_SED_DNDE, i, j), matrix[i][j] / sqrt(matrix[i][i] * matrix[j][j]), 1e-13);
        }
    }
    fe_document_free(doc);
    fe_estimate_free(e);
    fe_estimate_free(dnde);
    fe_estimate_free(eflux);
}

static bool has_table(const fe_document *doc)
{
    return fe_document_table(doc, "COVAR") != NULL;
}

/* What came with a file and is not changed stays; what is changed is replaced; what is gone is gone. */
static void test_follows(void)
{
    const fe_layout layout = { .gadf = true };
    fe_estimate *e = three(), *read;
    fe_document *doc, *out;

    read = through(e, NULL, "fits", &doc);
    out = fe_estimate_document(read, doc, &layout, &err);
    CHECK(has_table(out) && out->n_parts == doc->n_parts);
    fe_document_free(out);
    fe_estimate_covar(read)[1] = 7;
    out = fe_estimate_document(read, doc, &layout, &err);
    NEAR(fe_table_find(fe_document_table(out, "COVAR"), "norm_covar")->v.d[1], 7, 0);
    fe_document_free(out);
    free(read->covar);
    read->covar = NULL;
    out = fe_estimate_document(read, doc, &layout, &err);
    CHECK(!has_table(out));
    fe_document_free(out);
    fe_document_free(doc);
    fe_estimate_free(read);
    fe_estimate_free(e);
}

/* Two bands in two nights, band after band; energies in cells go night after night: the matrix goes with the rows. */
static void test_order(void)
{
    fe_estimate *e = fe_estimate_new(), *read;

    fe_estimate_add_rows(e, 4);
    for (size_t i = 0; i < 4; i++) {
        fe_estimate_key(e, FE_KEY_E_MIN)[i] = i < 2 ? 1 : 2;
        fe_estimate_key(e, FE_KEY_E_MAX)[i] = i < 2 ? 2 : 4;
        fe_estimate_key(e, FE_KEY_TIME_MIN)[i] = 53945 + (double)(i % 2);
        fe_estimate_key(e, FE_KEY_TIME_MAX)[i] = 53946 + (double)(i % 2);
        fe_estimate_member(e, FE_SED_LIKELIHOOD, FE_VALUE)[i] = (double)i;
        for (size_t j = 0; j < 4; j++)
            fe_estimate_covar(e)[i * 4 + j] = (double)(10 * i + j);
    }
    e->timesys = strdup("TT");
    e->model = fe_spectrum_parse("pl:index=2.3", &err);
    read = through(e, NULL, "fits", NULL);
    CHECK(read->n == 4 && read->covar && read->family[FE_SED_LIKELIHOOD][FE_VALUE][1] == 2);
    for (size_t i = 0; read->covar && i < 4; i++)
        for (size_t j = 0; j < 4; j++)
            NEAR(read->covar[i * 4 + j], 10 * read->family[FE_SED_LIKELIHOOD][FE_VALUE][i] +
                                         read->family[FE_SED_LIKELIHOOD][FE_VALUE][j], 0);
    fe_estimate_free(read);
    fe_estimate_free(e);
}

/* Rows of a matrix may stand in any order; one of other rows is not used. */
static void test_places(void)
{
    const fe_layout layout = { .gadf = false };
    fe_estimate *e = three(), *read = NULL;
    fe_document *doc = fe_estimate_document(e, NULL, &layout, &err);
    fe_column *row = fe_table_find(fe_document_table(doc, "COVAR"), "row");

    row->v.i[0] = 2;
    row->v.i[1] = 1;
    CHECK(fe_estimate_read(doc, -1, &read, &err) == 0);
    NEAR(read->covar[0], matrix[1][0], 0);
    NEAR(read->covar[1 * N], matrix[0][0], 0);
    fe_estimate_free(read);
    for (int64_t bad = 1; bad < 5; bad += 3) {          /* twice the same row; a row that is not there */
        row->v.i[0] = bad;
        CHECK(fe_estimate_read(doc, -1, &read, &err) == 0 && !read->covar);
        fe_estimate_free(read);
    }
    fe_document_free(doc);
    fe_estimate_free(e);
}

/* ---- absorption ------------------------------------------------------------------------------------------------ */

/* tau = z E: transmission exp(-z E), straight in ln E between close nodes. */
enum { N_NODES = 4001 };

static fe_ebl *absorption(void)
{
    static double e[N_NODES], t[2 * N_NODES];
    const double z[] = { 0, 1 };

    for (int k = 0; k < N_NODES; k++) {
        e[k] = 0.1 * pow(1000, k / (N_NODES - 1.));
        t[k] = 1;
        t[N_NODES + k] = exp(-e[k]);
    }
    return fe_ebl_new("tables/linear.fits", 2, z, N_NODES, e, t);
}

static void test_deabsorb(void)
{
    static const fe_sedtype types[] = { FE_SED_DNDE, FE_SED_E2DNDE, FE_SED_FLUX, FE_SED_EFLUX };
    fe_ebl *ebl = absorption();
    fe_estimate *e = three();
    const double z = 0.4;

    /* the reference is what arrives of a power law: then it is the power law again, in the integrals, too */
    fe_spectrum *factor = fe_spectrum_new("ebl-norm"), *pl = fe_spectrum_copy(e->model);
    factor->ebl = fe_ebl_share(ebl);
    fe_spectrum_par(factor, "redshift")->value = z;
    e->model = fe_spectrum_join('*', e->model, factor);
    for (int k = 0; k < 4; k++)
        CHECK(fe_estimate_convert(e, types[k], &err) == 0);
    double before = e->family[FE_SED_DNDE][FE_VALUE][1], e_ref = e->key[FE_KEY_E_REF][1];
    CHECK(fe_estimate_deabsorb(e, ebl, z, &err) == 0);
    NEAR(e->family[FE_SED_DNDE][FE_VALUE][1], before * exp(z * e_ref), 1e-5);
    for (size_t i = 0; i < N; i++) {
        double lo = e->key[FE_KEY_E_MIN][i], hi = e->key[FE_KEY_E_MAX][i], norm = e->family[FE_SED_LIKELIHOOD][FE_VALUE][i];

        NEAR(norm, 1 + 0.1 * (double)i, 0);
        NEAR(e->family[FE_SED_DNDE][FE_VALUE][i], norm * fe_spectrum_dnde(pl, e->key[FE_KEY_E_REF][i]), 1e-12);
        NEAR(e->family[FE_SED_FLUX][FE_VALUE][i], norm * fe_spectrum_flux(pl, lo, hi), 1e-8);
        NEAR(e->family[FE_SED_EFLUX][FE_ERR][i], sqrt(matrix[i][i]) * fe_spectrum_eflux(pl, lo, hi), 1e-8);
        NEAR(e->ref[FE_SED_FLUX][i], fe_spectrum_flux(pl, lo, hi), 1e-8);
        NEAR(fe_spectrum_flux(e->model, lo, hi), fe_spectrum_flux(pl, lo, hi), 1e-8);
    }
    SAME_STR(fe_meta_text(&e->rest->meta, "ABSORB"), "deabsorbed");
    SAME_STR(fe_meta_text(&e->rest->meta, "EBLMODEL"), "linear.fits");
    CHECK(fe_estimate_deabsorb(e, ebl, z, &err) < 0 && err.code == FE_EDATA);
    CHECK_MSG(strstr(err.text, "deabsorbed already"), err.text);
    fe_estimate_free(e);

    /* without a model: dnde alone can be divided, fluxes cannot */
    e = three();
    CHECK(fe_estimate_convert(e, FE_SED_DNDE, &err) == 0);
    fe_spectrum_free(e->model);
    e->model = NULL;
    for (int t = 0; t < FE_SED_N; t++) {
        free(e->ref[t]);
        e->ref[t] = NULL;
    }
    before = e->family[FE_SED_DNDE][FE_VALUE][2];
    CHECK(fe_estimate_deabsorb(e, ebl, z, &err) == 0);
    NEAR(e->family[FE_SED_DNDE][FE_VALUE][2], before * exp(z * sqrt(32)), 1e-5);
    fe_meta_remove(&e->rest->meta, "ABSORB");
    fe_estimate_member(e, FE_SED_FLUX, FE_VALUE);
    CHECK(fe_estimate_deabsorb(e, ebl, z, &err) < 0 && strstr(err.text, "needs the reference model"));
    fe_estimate_free(e);
    fe_spectrum_free(pl);
    fe_ebl_free(ebl);
}

int main(void)
{
    fe_note_setup("t_covar", -2);
    test_types("fits");
    test_types("ecsv");
    test_follows();
    test_order();
    test_places();
    test_deabsorb();
    return check_done();
}
