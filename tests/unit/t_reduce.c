/* A region of a map as a spectrum: sums over its pixels, masks, mean exposure, alpha. */
#include "est/reduce.h"
#include "map_set.h"

static void sums(void)
{
    fe_dataset *d = map_set(), *s;
    bool in[N_PIXELS] = { false };
    fe_err err = { FE_OK, "" };

    in[3] = in[40] = in[41] = in[200] = true;
    d->mask[40] = false;                            /* in the first channel only */
    d->exposure_cm2_s[3] = 5e12;
    s = fe_dataset_reduce(d, in, 83, 22, &err);
    CHECK_MSG(s != NULL, err.text);
    CHECK(s->n_e == N_E && s->ny == 1 && s->nx == 1 && !s->geom);
    NEAR(s->counts[0], 3, 0);
    NEAR(s->counts[1], 8, 0);
    NEAR(s->background[0], 1.5, 1e-15);
    NEAR(s->background[1], 2, 1e-15);
    NEAR(s->exposure_cm2_s[0], (5e12 + 3e12) / 4, 1e-15);
    NEAR(s->exposure_cm2_s[2], 3e12, 1e-15);
    NEAR(s->edisp->value[1], 0.1, 0);
    fe_dataset_free(s);
    memset(in, 0, sizeof in);
    CHECK(!fe_dataset_reduce(d, in, 83, 22, &err) && err.code == FE_EUSAGE);
    fe_dataset_free(d);
}

/* OFF counts of different alpha: alpha n_off is the sum; pixels without OFF region have no say. */
static void off(void)
{
    fe_dataset *d = map_set(), *s;
    bool in[N_PIXELS] = { false };
    const size_t n = N_E * N_PIXELS;

    free(d->background);
    d->background = NULL;
    d->n_off = calloc(n, sizeof *d->n_off);
    d->alpha = calloc(n, sizeof *d->alpha);
    in[0] = in[1] = in[2] = true;
    d->n_off[0] = 10;
    d->alpha[0] = 0.1;
    d->n_off[1] = 4;
    d->alpha[1] = 0.5;
    d->n_off[2] = 7;                                /* alpha 0 */
    d->alpha[N_PIXELS] = 0.2;                       /* no counts at all in the second channel */
    d->alpha[N_PIXELS + 1] = 0.4;
    s = fe_dataset_reduce(d, in, 83, 22, NULL);
    NEAR(s->counts[0], 2, 0);
    NEAR(s->n_off[0], 14, 0);
    NEAR(s->alpha[0] * s->n_off[0], 3, 1e-15);
    NEAR(s->alpha[1], 2 / (1 / 0.2 + 1 / 0.4), 1e-15);
    NEAR(s->acceptance[1] / s->acceptance_off[1], s->alpha[1], 1e-15);
    fe_dataset_free(s);
    fe_dataset_free(d);
}

int main(void)
{
    sums();
    off();
    return check_done();
}
