/* map_sums_loops.h -- the loops of map_sums.h, included by map_sums.c once for each instruction set.
 *
 * FE_SET(name) makes the name of a thing of the set, FE_TARGET is its attribute, FE_WIDTH the doubles in one of its registers:
 * FE_LANES partial sums are FE_PARTS registers.  No include guard: that is the point.
 */

typedef double FE_SET(wide) __attribute__((vector_size(FE_WIDTH * sizeof(double))));
typedef long long FE_SET(bits) __attribute__((vector_size(FE_WIDTH * sizeof(long long))));
#define wide FE_SET(wide)
#define bits FE_SET(bits)
#define FE_PARTS (FE_LANES / FE_WIDTH)
#define EACH_PART _Pragma("GCC unroll 8") for (size_t v = 0; v < FE_PARTS; v++)

/* Pixels of a row share nothing, so here any number of registers gives the same bits. */
#define AT_ONCE 4
#define EACH_REGISTER _Pragma("GCC unroll 4") for (size_t v = 0; v < AT_ONCE; v++)

FE_TARGET static void FE_SET(row)(const fe_map_plane *p, size_t y, size_t x0, size_t n, double *sum, double *peak)
{
    const size_t T = p->n_terms;

    for (size_t x = 0; x < n; x += AT_ONCE * FE_WIDTH) {
        wide s[AT_ONCE] = { 0 }, u[AT_ONCE] = { 0 };

        for (size_t k = 0; k < p->side; k++) {
            const double *at = p->weight + (y + k) * p->stride + x0 + x, *per_b = p->per_b + (y + k) * p->stride + x0 + x;
            const double *kernel = p->kernel + k * p->side * T;

            for (size_t l = 0; l < p->side; l++, kernel += T) {
                wide m[AT_ONCE], w;
                bits more;

                EACH_REGISTER {
                    LOAD(w, at + l + v * FE_WIDTH);
                    m[v] = w * kernel[0];
                }
                for (size_t t = 1; t < T; t++)
                    EACH_REGISTER {
                        LOAD(w, at + l + t * p->plane + v * FE_WIDTH);
                        m[v] += w * kernel[t];
                    }
                EACH_REGISTER {
                    LOAD(w, per_b + l + v * FE_WIDTH);
                    s[v] += m[v];
                    w *= m[v];
                    more = (bits)(w > u[v]);
                    u[v] = (wide)(((bits)w & more) | ((bits)u[v] & ~more));
                }
            }
        }
        memcpy(sum + x, s, sizeof s);
        memcpy(peak + x, u, sizeof u);
    }
}

FE_TARGET static void FE_SET(boxes)(size_t n, size_t side, const double *column, double *total)
{
    for (size_t x = 0; x < n; x += AT_ONCE * FE_WIDTH) {
        wide s[AT_ONCE] = { 0 }, c;

        for (size_t l = 0; l < side; l++)
            EACH_REGISTER {
                LOAD(c, column + x + l + v * FE_WIDTH);
                s[v] += c;
            }
        EACH_REGISTER {
            LOAD(c, total + x + v * FE_WIDTH);
            c += s[v];
            memcpy(total + x + v * FE_WIDTH, &c, sizeof c);
        }
    }
}

/* The partial sums, added in an order that the width of a register does not change. */
FE_TARGET static double FE_SET(total)(const wide *part)
{
    double v[FE_LANES];

    memcpy(v, part, sizeof v);
    return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7]));
}

FE_TARGET static void FE_SET(slopes)(size_t places, const double *n, const double *u, double x, double out[3])
{
    wide g1[FE_PARTS] = { 0 }, g2[FE_PARTS] = { 0 }, g3[FE_PARTS] = { 0 };

    for (size_t i = 0; i < places; i += FE_LANES)
        EACH_PART {
            wide c, d;

            LOAD(c, n + i + v * FE_WIDTH);
            LOAD(d, u + i + v * FE_WIDTH);
            d = d / (1 + d * x);
            c *= d;
            g1[v] += c;
            c *= d;
            g2[v] += c;
            g3[v] += c * d;
        }
    out[0] = FE_SET(total)(g1);
    out[1] = FE_SET(total)(g2);
    out[2] = FE_SET(total)(g3);
}

/* out = ln y for normal y > 0: the algorithm of phys/stat_log.c. */
#define LOG(out, y)                                                                                                \
    do {                                                                                                           \
        bits b_ = (bits)(y), high_;                                                                                \
        wide m_, e_, f_, u_, z_, h_, p_;                                                                           \
        m_ = (wide)((b_ & 0x000fffffffffffffLL) | 0x3ff0000000000000LL);                                           \
        high_ = (bits)(m_ > SQRT_TWO);                                                                             \
        m_ = (wide)((bits)m_ - (high_ & 0x0010000000000000LL));                                                    \
        e_ = (wide)((((b_ >> 52) & 0xfff) - high_) | 0x4330000000000000LL) - (4503599627370496.0 + 1023);          \
        f_ = m_ - 1;                                                                                               \
        u_ = f_ / (2 + f_);                                                                                        \
        z_ = u_ * u_;                                                                                              \
        h_ = 0.5 * f_ * f_;                                                                                        \
        p_ = z_ * (6.666666666666735130e-01 + z_ * (3.999999999940941908e-01 + z_ * (2.857142874366239149e-01 +    \
             z_ * (2.222219843214978396e-01 + z_ * (1.818357216161805012e-01 + z_ * (1.531383769920937332e-01 +    \
             z_ * 1.479819860511658591e-01))))));                                                                  \
        (out) = e_ * LN2_HI - (((h_ - u_ * (h_ + p_)) - e_ * LN2_LO) - f_);                                        \
    } while (0)

FE_TARGET static void FE_SET(gain)(size_t places, const double *n, const double *u, double from, double x, double out[4])
{
    wide g1[FE_PARTS] = { 0 }, g2[FE_PARTS] = { 0 }, g3[FE_PARTS] = { 0 }, gain[FE_PARTS] = { 0 };

    for (size_t i = 0; i < places; i += FE_LANES)
        EACH_PART {
            wide c, d, to, logarithm;

            LOAD(c, n + i + v * FE_WIDTH);
            LOAD(d, u + i + v * FE_WIDTH);
            to = 1 + d * x;
            LOG(logarithm, to / (1 + d * from));
            gain[v] += c * logarithm;
            d = d / to;
            c *= d;
            g1[v] += c;
            c *= d;
            g2[v] += c;
            g3[v] += c * d;
        }
    out[0] = FE_SET(total)(g1);
    out[1] = FE_SET(total)(g2);
    out[2] = FE_SET(total)(g3);
    out[3] = FE_SET(total)(gain);
}

FE_TARGET static void FE_SET(asimov)(size_t places, const double *b, const double *m, const double *u, double x, double out[2])
{
    wide value[FE_PARTS] = { 0 }, slope[FE_PARTS] = { 0 };

    for (size_t i = 0; i < places; i += FE_LANES)
        EACH_PART {
            wide s, d, c, logarithm;

            LOAD(c, b + i + v * FE_WIDTH);
            LOAD(s, m + i + v * FE_WIDTH);
            LOAD(d, u + i + v * FE_WIDTH);
            LOG(logarithm, 1 + d * x);
            value[v] += (c + s * x) * logarithm;
            slope[v] += s * logarithm;
        }
    out[0] = FE_SET(total)(value);
    out[1] = FE_SET(total)(slope);
}

static const fe_map_loops FE_SET(loops) = {
    FE_SET_NAME, FE_SET(row), FE_SET(boxes), FE_SET(slopes), FE_SET(gain), FE_SET(asimov)
};

#undef LOG
#undef wide
#undef bits
#undef FE_PARTS
#undef EACH_PART
#undef AT_ONCE
#undef EACH_REGISTER
#undef FE_TARGET
#undef FE_WIDTH
#undef FE_SET
#undef FE_SET_NAME
