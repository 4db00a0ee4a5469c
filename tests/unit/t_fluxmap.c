/* Flux maps written band by band, in any order: images as readers of maps see them, model beside them, checksums. */
#include <unistd.h>

#include "base/str.h"
#include "io/fluxmap.h"
#include "io/format.h"
#include "io/map_hdu.h"
#include "map_set.h"

static fe_err err;
static const double edge[3] = { 1, 3, 10 };

static double value_of(size_t band, size_t q, int what)
{
    return q == 7 ? NAN : 1e-12 * (double)(band + 1) * (double)(q + 1) * (what + 1);
}

/* The pixels of one band. */
static fe_estimate *band_rows(size_t band)
{
    fe_estimate *e = fe_estimate_new();

    fe_estimate_add_rows(e, N_PIXELS);
    e->type = FE_SED_FLUX;
    for (size_t q = 0; q < N_PIXELS; q++) {
        fe_estimate_member(e, FE_SED_FLUX, FE_VALUE)[q] = value_of(band, q, 0);
        fe_estimate_member(e, FE_SED_FLUX, FE_UL)[q] = value_of(band, q, 1);
        fe_estimate_quantity(e, FE_Q_TS)[q] = (double)q;
        fe_estimate_quantity(e, FE_Q_IS_UL)[q] = (double)(q % 2);
    }
    e->model_yaml = strdup("components: []\n");
    e->n_sigma = 1;
    return e;
}

static void write_map(const char *path, const char *unit, bool as_float)
{
    fe_geom *geom = map_geom();
    fe_fluxmap_head head = { .geom = geom, .n_bands = 2, .edge_TeV = edge, .unit = unit, .as_float = as_float, .force = true };
    fe_estimate *e = band_rows(1), *first = band_rows(0);
    fe_fluxmap *m = fe_fluxmap_create(path, &head, e, &err);

    CHECK_MSG(m != NULL, err.text);
    if (m) {
        CHECK(fe_fluxmap_put(m, 1, e, 0, &err) == 0 && fe_fluxmap_put(m, 0, first, 0, &err) == 0);
        CHECK(access(path, F_OK) < 0);
        CHECK_MSG(fe_fluxmap_close(m, e, &err) == 0, err.text);
    }
    fe_estimate_free(e);
    fe_estimate_free(first);
    fe_geom_free(geom);
}

static void check_image(fe_map_file *f, const char *hdu, int what, double factor, double rtol)
{
    fe_geom *geom = map_geom();
    fe_map *m = fe_map_read(f, hdu, &err);

    CHECK_MSG(m != NULL, err.text);
    if (m) {
        CHECK(m->nx == NX && m->ny == NY && m->n_axes == 1 && m->axis[0].n == 2);
        CHECK(fe_geom_equal(m->geom, geom));
        NEAR(m->axis[0].edge[1], 3, 1e-15);
        for (size_t band = 0; band < 2; band++)
            for (size_t q = 0; q < N_PIXELS; q += 7)
                NEAR(m->value[band * N_PIXELS + q], factor * value_of(band, q, what), rtol);
    }
    fe_map_free(m);
    fe_geom_free(geom);
}

static void there_and_back(const char *path, const char *unit, bool as_float, double factor, double rtol)
{
    fe_bytes bytes = { 0 };
    fe_map_file *f;
    fe_map *m;

    write_map(path, unit, as_float);
    CHECK_MSG(fe_bytes_read(path, &bytes, &err) == 0 && fe_bytes_check_fits(&bytes, &err) == 0, err.text);
    f = fe_map_file_open(&bytes, &err);
    CHECK_MSG(f != NULL, err.text);
    if (f) {
        check_image(f, "FLUX", 0, factor, rtol);
        check_image(f, "FLUX_UL", 1, factor, rtol);
        CHECK(!fe_map_file_has(f, "FLUX_ERR") && fe_map_file_has(f, "TS_BANDS"));
        m = fe_map_read(f, "IS_UL", &err);
        CHECK(m && m->value[1] == 1 && m->value[2] == 0);
        fe_map_free(m);
        CHECK(fe_document_table(fe_map_file_document(f), "REFMODEL") != NULL);
        fe_map_file_close(f);
    }
    fe_bytes_free(&bytes);
}

int main(void)
{
    char dir[] = "/tmp/t_fluxmap.XXXXXX";
    fe_str command = { 0 };

    if (!mkdtemp(dir) || chdir(dir) < 0)
        return 1;
    there_and_back("map.fits", NULL, false, 1, 0);
    there_and_back("unit.fits", "m-2 s-1", false, 1e4, 1e-15);
    there_and_back("float.fits", NULL, true, 1, 1e-7);
    CHECK(access("map.fits_model.yaml", F_OK) == 0);
    CHECK(system("! command -v fitsverify > /dev/null || fitsverify -q -e map.fits > /dev/null") == 0);
    fe_str_addf(&command, "rm -r %s", dir);
    CHECK(system(command.s) == 0);
    fe_str_free(&command);
    return check_done();
}
