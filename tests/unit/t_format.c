/* Text formats: round trips of documents, warts of files in the wild, and what must be refused. */
#include "base/mem.h"
#include "io/ecsv.h"
#include "io/format.h"
#include "check.h"

#include <stdlib.h>

static fe_err err;

static fe_bytes bytes_of(const char *text, size_t n)
{
    return (fe_bytes){ (char *)"x.txt", (unsigned char *)text, n };
}

/* By content, as fe_document_read does. */
static fe_document *parse(const char *text, const char *format)
{
    fe_bytes b = bytes_of(text, strlen(text));
    fe_document *doc = NULL;

    err = (fe_err){ FE_OK, "" };
    for (const fe_format *f = fe_formats; f->name; f++)
        if (f->sniff && f->sniff(&b)) {
            CHECK_MSG(!strcmp(f->name, format), f->name);
            if (f->read(&b, &doc, &err) < 0)
                return NULL;
            return doc;
        }
    return NULL;
}

static char *print(const fe_document *doc, const char *format)
{
    fe_str out = { 0 };

    CHECK_MSG(fe_format_find(format)->write(doc, &out, &err) == 0, err.text);
    return out.s;
}

/* ---- equality ---------------------------------------------------------------------------------------------- */

static void same_meta(const fe_metalist *a, const fe_metalist *b)
{
    CHECK(a->n == b->n);
    for (size_t i = 0; i < a->n && i < b->n; i++) {
        CHECK_MSG(!strcmp(a->m[i].key, b->m[i].key), a->m[i].key);
        CHECK_MSG(a->m[i].type == b->m[i].type, a->m[i].key);
        CHECK_MSG(!strcmp(a->m[i].text, b->m[i].text), b->m[i].text);
        CHECK_MSG(!strcmp(a->m[i].comment ? a->m[i].comment : "", b->m[i].comment ? b->m[i].comment : ""), a->m[i].key);
    }
}

static void same_column(const fe_column *a, const fe_column *b, size_t n_rows)
{
    bool same = true;

    CHECK(!strcmp(a->name, b->name) && !strcmp(a->unit, b->unit) && a->type == b->type && a->width == b->width);
    CHECK_MSG(!strcmp(a->comment ? a->comment : "", b->comment ? b->comment : ""), a->name);
    CHECK_MSG(a->n_dim == b->n_dim && !memcmp(a->dim, b->dim, a->n_dim * sizeof *a->dim), a->name);
    CHECK_MSG(!a->fits_code || a->fits_code == b->fits_code, a->name);
    for (size_t i = 0; i < n_rows * a->width && a->type == b->type && a->width == b->width; i++) {
        if (a->type == FE_COL_DOUBLE)
            same = same && (a->v.d[i] == b->v.d[i] || (isnan(a->v.d[i]) && isnan(b->v.d[i])));
        same = same && (a->type != FE_COL_INT || a->v.i[i] == b->v.i[i]);
        same = same && (a->type != FE_COL_BOOL || a->v.b[i] == b->v.b[i]);
        same = same && (a->type != FE_COL_STRING || !strcmp(a->v.s[i] ? a->v.s[i] : "", b->v.s[i] ? b->v.s[i] : ""));
    }
    CHECK_MSG(same, a->name);
}

static void same_document(const fe_document *a, const fe_document *b)
{
    CHECK(a->n_parts == b->n_parts);
    same_meta(&a->primary, &b->primary);
    for (size_t p = 0; p < a->n_parts && p < b->n_parts; p++) {
        const fe_table *t = a->part[p].table, *u = b->part[p].table;

        SAME_STR(t->name, u->name);
        CHECK(t->n_rows == u->n_rows && t->n_cols == u->n_cols);
        same_meta(&t->meta, &u->meta);
        for (size_t k = 0; k < t->n_cols && k < u->n_cols; k++)
            same_column(&t->col[k], &u->col[k], t->n_rows);
    }
}

/* ---- a document with everything in it ------------------------------------------------------------------------ */

static fe_column *shape(fe_column *c, size_t n_dim, size_t d0, size_t d1)
{
    c->n_dim = n_dim;
    c->dim[0] = d0;
    c->dim[1] = d1;
    return c;
}

static void add_gti(fe_document *doc)
{
    fe_table *t = fe_document_add(doc, fe_table_new("GTI", 2));
    fe_column *c = fe_table_add(t, "START", FE_COL_DOUBLE, "s", 1);

    c->v.d[0] = 333778852.435;
    c = shape(fe_table_add(t, "PAIR", FE_COL_DOUBLE, "", 4), 2, 2, 2);
    for (size_t i = 0; i < 7; i++)
        c->v.d[i] = 1e-12 * (double)i;
    c->v.d[3] = -INFINITY;
    c = fe_table_add(t, "WORD", FE_COL_STRING, "", 1);
    c->v.s[0] = fe_strdup("null");
    c->v.s[1] = fe_strdup("two\nlines, \"quoted\" [1] .nan");
    c = shape(fe_table_add(t, "PAIRS", FE_COL_STRING, "", 2), 1, 2, 0);
    c->v.s[0] = fe_strdup("a, \"b\"");
    c->v.s[3] = fe_strdup("]");
    fe_meta_set(&t->meta, "TIMESYS", FE_META_STRING, "TT", "time scale");
    fe_meta_set_number(&t->meta, "MJDREFF", 7.428703703703703e-4, "[d] 'quoted'");
    fe_document_add(doc, fe_table_new("EMPTY", 0));
}

static void add_meta(fe_metalist *m)
{
    fe_meta_set(m, "SED_TYPE", FE_META_STRING, "dnde", "type");
    fe_meta_set_number(m, "UL_CONF", 0.95, NULL);
    fe_meta_set_number(m, "NSIGMA", 1, NULL);
    fe_meta_set(m, "N", FE_META_INT, "-3", NULL);
    fe_meta_set_bool(m, "ULBOUND", true, "bounded: yes");
    fe_meta_set(m, "VERSION", FE_META_STRING, "1.10", NULL);
    fe_meta_set(m, "YES", FE_META_STRING, "yes", NULL);
    fe_meta_set(m, "COLON", FE_META_STRING, "a: b # c, 'd' {e}", NULL);
    fe_meta_set(m, "BLANK", FE_META_STRING, "", NULL);
    fe_meta_set(m, "UMLAUT", FE_META_STRING, "K\xc3\xb6nig", NULL);
    fe_meta_set(m, "MODEL", FE_META_TEXT, "components:\n- name: crab\n  value: 1e-12\n", NULL);
    fe_meta_set(m, "NESTED", FE_META_TEXT, "{a: [1, 2.50], b: {c: 'x: y', d: null}}", NULL);
    fe_meta_set_number(m, "HUGE", 1e300, NULL);
    fe_meta_set_number(m, "GONE", NAN, NULL);
    fe_meta_set(m, "HISTORY", FE_META_STRING, "one", NULL);
    fe_meta_set(m, "HISTORY", FE_META_STRING, "two", NULL);
}

static fe_document *make_document(void)
{
    static const double e[] = { 0.1, 1.0 / 3, 1e22 };
    fe_document *doc = fe_document_new("x.fits");
    fe_table *t = fe_document_add(doc, fe_table_new("FLUXPOINTS", 3));
    fe_column *c = fe_table_add(t, "e_ref", FE_COL_DOUBLE, "TeV", 1);

    for (size_t i = 0; i < 3; i++)
        c->v.d[i] = e[i];
    c->comment = fe_strdup("reference energy, {log centre}: it's");
    c = fe_table_add(t, "dnde", FE_COL_DOUBLE, "cm-2 s-1 TeV-1", 1);
    c->v.d[0] = (double)1.1e-11f;
    c->v.d[2] = INFINITY;
    c->fits_code = 'E';
    c = shape(fe_table_add(t, "stat_scan", FE_COL_DOUBLE, "", 6), 2, 3, 2);
    for (size_t i = 0; i < 17; i++)
        c->v.d[i] = 0.1 * (double)i;
    c = shape(fe_table_add(t, "one", FE_COL_INT, "", 1), 1, 1, 0);
    c->v.i[1] = 7;
    c->fits_code = 'I';
    c = fe_table_add(t, "is_ul", FE_COL_BOOL, "", 1);
    c->v.b[1] = 1;
    c = shape(fe_table_add(t, "mask", FE_COL_BOOL, "", 2), 1, 2, 0);
    c->v.b[3] = 1;
    c = fe_table_add(t, "big", FE_COL_INT, "", 1);
    c->v.i[0] = 9007199254740993;
    c = fe_table_add(t, "source name", FE_COL_STRING, "", 1);
    c->v.s[0] = fe_strdup("Crab \"nebula\"");
    c->v.s[2] = fe_strdup("#1, 2");
    add_meta(&t->meta);
    fe_meta_set(&doc->primary, "ORIGIN", FE_META_STRING, "fe-points", "who");
    add_gti(doc);
    return doc;
}

static void ecsv_round_trip(void)
{
    fe_document *doc = make_document(), *back;
    char *text = print(doc, "ecsv"), *again;

    back = parse(text, "ecsv");
    CHECK_MSG(back != NULL, err.text);
    same_document(doc, back);
    again = print(back, "ecsv");
    SAME_STR(text, again);
    CHECK(strstr(text, "# - {name: dnde, unit: cm-2 s-1 TeV-1, datatype: float32}\n") != NULL);
    CHECK(strstr(text, "subtype: 'float64[2,3]'") != NULL);
    CHECK(strstr(text, "[[0,0.1,0.2],[0.3") != NULL);
    free(text);
    free(again);
    fe_document_free(doc);
    fe_document_free(back);
}

static double number(const fe_document *doc, const char *name, size_t row, size_t k)
{
    const fe_column *c = doc ? fe_table_find(fe_document_first(doc), name) : NULL;

    return c ? fe_column_number(c, row, k) : -99;
}

#define HEAD "# %ECSV 1.0\n# ---\n# datatype:\n"

static void ecsv_warts(void)
{
    fe_document *doc = parse("# %ECSV 0.9\r\n# ---\r\n# datatype:\r\n# - {name: e, datatype: float32, unit: TeV }\r\n"
                             "# - {name: y, unit: erg/s ,datatype: float64}\r\n# meta: !!omap\r\n# - data_type: sed\r\n"
                             "# - keywords: {cl: {value: 0.95}}\r\n# - {COMMENTS: [Name=1ES0229+200, 70.2]}\r\n"
                             "e\ty\r\n\r\n0.75 9.5052e-13   \r\n# comment\r\n1.58 \t\"\"\r\n", "ecsv");
    const fe_table *t;

    CHECK_MSG(doc != NULL, err.text);
    t = fe_document_first(doc);
    CHECK(t->n_rows == 2 && t->col[0].fits_code == 'E');
    SAME_STR(t->col[0].unit, "TeV");
    SAME_STR(t->col[1].unit, "erg/s");
    NEAR(number(doc, "e", 1, 0), 1.58, 0);
    CHECK(isnan(number(doc, "y", 1, 0)));
    SAME_STR(fe_meta_text(&t->meta, "keywords"), "{cl: {value: 0.95}}");
    SAME_STR(fe_meta_text(&t->meta, "COMMENTS"), "['Name=1ES0229+200', 70.2]");
    fe_document_free(doc);

    doc = parse(HEAD "# - {name: n, datatype: int64}\n# - {name: ok, datatype: bool}\n"
                "# - {name: v, datatype: string, subtype: 'float64[null]'}\n# - {name: w, unit: !astropy.units.Unit {unit: m},"
                " datatype: string, subtype: 'float64[1,2]'}\n# delimiter: ','\n# meta: !!omap\n# - __serialized_columns__:\n"
                "#     w:\n#       unit: &id001 !astropy.units.Unit {unit: ''}\n#       other: *id001\n# - {SED_TYPE: flux}\n"
                "n,ok,v,w\n1,True,\"[1,2,3]\",\"[[1.5, null]]\"\n,False,[4],\n", "ecsv");
    CHECK_MSG(doc != NULL, err.text);
    t = fe_document_first(doc);
    CHECK(t->col[0].type == FE_COL_DOUBLE && t->col[1].type == FE_COL_BOOL && t->col[2].width == 3);
    CHECK(isnan(number(doc, "n", 1, 0)) && isnan(number(doc, "v", 1, 1)) && isnan(number(doc, "w", 0, 1)));
    NEAR(number(doc, "v", 1, 0), 4.0, 0);
    NEAR(number(doc, "w", 0, 0), 1.5, 0);
    CHECK(t->col[3].n_dim == 2 && t->col[3].dim[0] == 2 && t->col[3].dim[1] == 1);
    SAME_STR(t->col[3].unit, "m");
    SAME_STR(fe_meta_text(&t->meta, "SED_TYPE"), "flux");
    fe_document_free(doc);
}

#define MIXINS "# meta: !!omap\n# - __serialized_columns__:\n#     flux:\n#       __class__: astropy.units.quantity.Quantity\n" \
               "#       value: !astropy.table.SerializedColumn {name: flux}\n"
#define SIZE "#     time_bin_size:\n#       __class__: astropy.time.core.TimeDelta\n#       format: jd\n#       scale: tai\n"
#define START "#     time_bin_start:\n#       __class__: astropy.time.core.Time\n#       format: %s\n#       in_subfmt: '*'\n" \
              "#       scale: utc\n"

/* Columns of times: what astropy says of them, in the order in which it does, and again in what we write. */
static void ecsv_times(void)
{
    static const char names[] = "# - {name: time_bin_start, datatype: float64}\n# - {name: time_bin_size, datatype: float64}\n"
                                "# - {name: flux, unit: TeV, datatype: float64}\n";
    static const char rows[] = "# - {NOTE: text}\ntime_bin_start time_bin_size flux\n2453946.5 0.25 1\n";
    static const char *const formats[] = { "jd", "mjd", "unix" };
    char text[2000], start[400];

    for (int k = 0; k < 3; k++) {
        fe_document *doc, *back;
        const fe_table *t;
        char *again;

        snprintf(start, sizeof start, START, formats[k]);
        snprintf(text, sizeof text, "%s%s%s%s%s%s", HEAD, names, MIXINS, SIZE, start, rows);
        doc = parse(text, "ecsv");
        CHECK_MSG(doc != NULL, err.text);
        t = fe_document_first(doc);
        SAME_STR(fe_meta_text(&t->meta, "TIMESYS"), "UTC");         /* not the TAI of the span before it */
        SAME_STR(fe_meta_text(&t->meta, "NOTE"), "text");
        NEAR(number(doc, "time_bin_start", 0, 0), k == 0 ? 53946 : 2453946.5, 0);
        SAME_STR(t->col[0].unit, k == 2 ? "unix" : "");
        CHECK(k == 2 ? !t->col[0].timescale : !strcmp(t->col[0].timescale, "UTC"));
        CHECK(!t->col[0].is_span && t->col[1].is_span && !t->col[2].timescale);
        SAME_STR(t->col[1].timescale, "TAI");
        again = print(doc, "ecsv");
        CHECK((strstr(again, "format: mjd") != NULL) == (k < 2));
        back = parse(again, "ecsv");
        CHECK_MSG(back != NULL, err.text);
        CHECK(back && fe_document_first(back)->col[1].is_span);
        NEAR(number(back, "time_bin_start", 0, 0), number(doc, "time_bin_start", 0, 0), 0);
        free(again);
        fe_document_free(back);
        fe_document_free(doc);
    }
}

static void delimited(void)
{
    fe_document *doc = make_document(), *back;
    char *text = print(doc, "csv");

    back = parse(text, "csv");
    CHECK_MSG(back != NULL, err.text);
    CHECK(!strncmp(text, "e_ref,dnde,stat_scan,one,is_ul,mask,big,source name\n0.1,", 56));
    NEAR(number(back, "e_ref", 1, 0), 1.0 / 3, 0);
    CHECK(isnan(number(back, "dnde", 1, 0)) && isinf(number(back, "dnde", 2, 0)));
    NEAR(number(back, "stat_scan", 1, 2), 0.8, 1e-15);
    NEAR(number(back, "is_ul", 1, 0), 1, 0);
    SAME_STR(fe_column_string(fe_table_find(fe_document_first(back), "source name"), 0, 0), "Crab \"nebula\"");
    free(text);
    text = print(doc, "tsv");
    fe_document_free(back);
    back = parse(text, "tsv");
    CHECK_MSG(back != NULL, err.text);
    SAME_STR(fe_column_string(fe_table_find(fe_document_first(back), "source name"), 2, 0), "#1, 2");
    free(text);
    fe_document_free(back);
    fe_document_free(doc);

    doc = parse("\xef\xbb\xbf\"e_ref\",dnde (cm-2 s-1 TeV-1),name\r\nTeV,,\r\n1,,\"a,b\"\r\n2,3e-12,--\r\n", "csv");
    CHECK_MSG(doc != NULL, err.text);
    SAME_STR(fe_document_first(doc)->col[0].unit, "TeV");
    SAME_STR(fe_document_first(doc)->col[1].unit, "cm-2 s-1 TeV-1");
    SAME_STR(fe_document_first(doc)->col[1].name, "dnde");
    CHECK(fe_document_first(doc)->n_rows == 2 && isnan(number(doc, "dnde", 0, 0)));
    NEAR(number(doc, "dnde", 1, 0), 3e-12, 0);
    SAME_STR(fe_column_string(&fe_document_first(doc)->col[2], 0, 0), "a,b");
    fe_document_free(doc);
}

static void json(void)
{
    fe_document *doc = make_document(), *back;
    char *text = print(doc, "json"), *again;

    back = parse(text, "json");
    CHECK_MSG(back != NULL, err.text);
    again = print(back, "json");
    CHECK(strstr(text, "\"dnde\": null") && strstr(text, "\"HISTORY\": \"one\\ntwo\""));
    CHECK(strstr(text, "\"UL_CONF\": 0.95") && strstr(text, "\"VERSION\": \"1.10\"") && !strstr(text, "nan"));
    NEAR(number(back, "e_ref", 2, 0), 1e22, 0);
    CHECK(isnan(number(back, "dnde", 1, 0)) && isinf(number(back, "dnde", 2, 0)));
    SAME_STR(fe_document_first(back)->col[0].unit, "TeV");
    SAME_STR(fe_meta_text(&fe_document_first(back)->meta, "VERSION"), "1.10");
    fe_document_free(back);
    free(again);
    free(text);
    fe_document_free(doc);

    doc = parse(" [{\"a\": 1, \"b\": \"x\"}, {\"a\": null, \"c\": [1, 2]}]\n", "json");
    CHECK_MSG(doc != NULL, err.text);
    CHECK(fe_document_first(doc)->n_cols == 3 && isnan(number(doc, "a", 1, 0)));
    fe_document_free(doc);
}

static void text(void)
{
    fe_document *doc = make_document(), *back;
    char *words = print(doc, "text");

    CHECK(!strncmp(words, "   e_ref              dnde  stat_scan  one  is_ul  mask", 52));
    CHECK(strstr(words, "0.333333") && strstr(words, "[6]") && strstr(words, "\"Crab \"\"nebula\"\"\""));
    back = parse(words, "text");
    CHECK_MSG(back != NULL, err.text);
    SAME_STR(back ? fe_table_find(fe_document_first(back), "dnde")->unit : "", "cm-2 s-1 TeV-1");
    NEAR(number(back, "e_ref", 1, 0), 0.333333, 0);
    free(words);
    fe_document_free(doc);
    fe_document_free(back);

    doc = parse("\\ Crab\n\\cl = 0.99\n| energy | flux          | ul  |\n| float  | float         | int |\n"
                "| TeV    | 1/(cm2 s TeV) |     |\n  0.25     2.50e-09        1\n 0.519 1.81e-10 0\n", "text");
    CHECK_MSG(doc != NULL, err.text);
    SAME_STR(doc ? fe_document_first(doc)->col[1].unit : "", "1/(cm2 s TeV)");
    NEAR(fe_meta_number(&fe_document_first(doc)->meta, "cl"), 0.99, 0);
    NEAR(number(doc, "energy", 1, 0), 0.519, 0);
    fe_document_free(doc);

    doc = parse("# words\n# 1 energy [TeV]\n# 2 flux [cm-2 s-1 TeV-1]\n# 3 ul\n0.33\t2.29e-10 0\n", "text");
    CHECK_MSG(doc != NULL, err.text);
    SAME_STR(doc ? fe_document_first(doc)->col[1].unit : "", "cm-2 s-1 TeV-1");
    fe_document_free(doc);

    doc = parse("e_ref dnde\nTeV  cm^-2.s^-1.TeV^-1\n1 2 # no comment\n", "text");
    CHECK(!doc && strstr(err.text, "x.txt row 1: expected 2 values, found 5"));
}

static void latex(void)
{
    fe_document *doc = fe_document_new("x");
    fe_table *t = fe_document_add(doc, fe_table_new("", 2));
    fe_column *c = fe_table_add(t, "dnde_err", FE_COL_DOUBLE, "cm-2 s-1 TeV-1", 1);
    char *text_;

    c->v.d[0] = -1.23456e-11;
    c = fe_table_add(t, "source", FE_COL_STRING, "", 1);
    c->v.s[0] = fe_strdup("A&B 100% \\x^~");
    text_ = print(doc, "latex");
    SAME_STR(text_, "\\begin{tabular}{rl}\n\\hline\ndnde\\_err & source \\\\\ncm$^{-2}$ s$^{-1}$ TeV$^{-1}$ &  \\\\\n\\hline\n"
             "$-1.235\\times10^{-11}$ & A\\&B 100\\% \\textbackslash{}x\\^{}\\~{} \\\\\n-- &  \\\\\n\\hline\n\\end{tabular}\n");
    free(text_);
    fe_document_free(doc);
}

static void plot(void)
{
    fe_document *doc = parse("e_ref,e_min,e_max,flux,dnde,dnde_err,dnde_errn,dnde_ul,is_ul\nTeV,TeV,TeV,,cm-2 s-1 TeV-1,,,,\n"
                             "2,1,4,9,10,2,,20,false\n,4,16,9,3,,1,7,true\n", "csv");
    char *text_;

    CHECK_MSG(doc != NULL, err.text);
    text_ = print(doc, "plot");
    SAME_STR(text_, "# x: e_ref, y: dnde\n# x[TeV] xlo[TeV] xhi[TeV] y[cm-2 s-1 TeV-1] ylo[cm-2 s-1 TeV-1] "
             "yhi[cm-2 s-1 TeV-1] is_ul\n2 1 4 10 8 12 0\n8 4 16 7 nan nan 1\n");
    free(text_);
    fe_meta_set(&fe_document_first(doc)->meta, "SED_TYPE", FE_META_STRING, "flux", NULL);
    text_ = print(doc, "plot");
    CHECK_MSG(strstr(text_, "y: flux") && strstr(text_, "\n8 4 16 9 nan nan 0\n"), text_);
    free(text_);
    fe_document_free(doc);

    doc = parse("source,time_min,time_max,e_min,e_max,flux\nA,1,3,1,10,5\nA,1,3,10,20,6\nA,3,5,1,10,7\n", "csv");
    text_ = print(doc, "plot");
    CHECK_MSG(strstr(text_, "# source: \"A\"\n# energy: 1 \n2 1 3 5 nan nan 0\n4 3 5 7 nan nan 0\n\n\n") &&
              strstr(text_, "# energy: 10 \n2 1 3 6 nan nan 0\n"), text_);
    free(text_);
    fe_document_free(doc);
}

/* Bytes of other encodings, control bytes, brackets: what is written can be read, and is UTF-8. */
static void odd_strings(void)
{
    static const char *const odd[] = { "caf\xe9", "[open", "[a] b", "nan", "--", "\x85", "tab\tbed", " x " };
    fe_document *doc = fe_document_new("x"), *back;
    fe_table *t = fe_document_add(doc, fe_table_new("", sizeof odd / sizeof *odd));
    fe_column *c = fe_table_add(t, "na\xefve", FE_COL_STRING, "", 1);
    char *words;

    for (size_t i = 0; i < t->n_rows; i++)
        c->v.s[i] = fe_strdup(odd[i]);
    words = print(doc, "ecsv");
    back = parse(words, "ecsv");
    CHECK_MSG(back != NULL, err.text);
    c = &fe_document_first(back)->col[0];
    SAME_STR(c->name, "na\xc3\xafve");
    SAME_STR(c->v.s[0], "caf\xc3\xa9");
    for (size_t i = 1; i < t->n_rows; i++)
        CHECK_MSG(i == 5 || !strcmp(c->v.s[i], odd[i]), odd[i]);
    free(words);
    fe_document_free(doc);
    fe_document_free(back);
}

static void refuses(void)
{
    static const struct { const char *text, *format, *message; } bad[] = {
        { "1 2\n3 4\n", "text", "x.txt: no line of column names: the first line holds the number 1" },
        { "1.0,2.0\n", "csv", "no line of column names" },
        { "a,b\n1,2\n3,4,5\n", "csv", "x.txt row 2: expected 2 values, found 3" },
        { "a\tb\n1\t2\n\"3\t4\n", "tsv", "row 2: a quote is not closed" },
        { "a,,b\n", "csv", "column 2 has no name" },
        { "# only a comment\n", "text", "no line of column names, only comments" },
        { HEAD "a b\n", "ecsv", "the header has no list of columns" },
        { HEAD "# - {name: a, datatype: float64}\n", "ecsv", "no line of column names behind the header" },
        { HEAD "# - {name: a, datatype: float64}\nb\n1\n", "ecsv", "column 1 is 'a' in the header and 'b'" },
        { HEAD "# - {name: a, datatype: float64}\na\n1\nx\n", "ecsv", "x.txt row 2: column a: 'x' is not a number" },
        { HEAD "# - {name: a, datatype: complex128}\na\n1\n", "ecsv", "datatype 'complex128' has no counterpart" },
        { HEAD "# - {name: a, datatype: string, subtype: 'float64[3]'}\na\n[1,2]\n", "ecsv", "expected a list of 3 values, found 2" },
        { HEAD "# - {name: a, datatype: string, subtype: 'float64[4000000000]'}\na\n[1,2]\n", "ecsv", "far more than there are" },
        { HEAD "# - {name: a, datatype: string, subtype: 'float64[2,2]'}\na\n[1,2,3,4]\n", "ecsv", "lists 2 deep, found 1" },
        { HEAD "# - {name: a datatype: float64}\na\n", "ecsv", "not YAML" },
        { HEAD "# - {name: a, datatype: float64}\n# delimiter: ';'\na\n", "ecsv", "expected a blank or a comma" },
        { "{\"a\": 1}", "json", "JSON without rows" },
        { "[1, 2]", "json", "row 1: not an object" },
        { "{\"rows\": [", "json", "not YAML" },
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK_MSG(parse(bad[i].text, bad[i].format) == NULL, bad[i].text);
        CHECK_MSG(err.code == FE_EDATA && strstr(err.text, bad[i].message), err.text);
    }
}

static void junk(void)
{
    static const char nul[] = "a,b\n1,\0\n";
    fe_bytes b = bytes_of(nul, sizeof nul - 1);
    fe_document *doc;

    for (const fe_format *f = fe_formats; f->name; f++) {
        CHECK_MSG(!f->sniff || !f->sniff(&b), f->name);
        if (f->read && !f->binary) {
            CHECK_MSG(f->read(&b, &doc, &err) < 0 && strstr(err.text, "byte 0x00 at offset 6"), err.text);
            CHECK(doc == NULL);
        }
    }
    b = bytes_of(" \n", 2);
    CHECK(fe_format_find("csv")->read(&b, &doc, &err) < 0 && strstr(err.text, "x.txt: empty"));
}

static void choose(void)
{
    CHECK(fe_format_choose("csv", "a.fits", &err) == fe_format_find("csv"));
    CHECK(fe_format_choose(NULL, "a.FITS", &err) == fe_format_find("fits"));
    CHECK(fe_format_choose(NULL, "a.tex", &err) == fe_format_find("latex"));
    CHECK(fe_format_choose(NULL, "a.out", &err) == fe_format_find("ecsv"));
    CHECK(!fe_format_choose("xls", NULL, &err) && err.code == FE_EUSAGE && strstr(err.text, "known are fits, ecsv"));
    CHECK(!fe_format_choose(NULL, "a.fits.gz", &err) && err.code == FE_EUSAGE);
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    ecsv_round_trip();
    ecsv_warts();
    ecsv_times();
    delimited();
    json();
    text();
    latex();
    plot();
    odd_strings();
    refuses();
    junk();
    choose();
    return check_done();
}
