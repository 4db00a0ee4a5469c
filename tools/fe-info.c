/* fe-info -- what a file is, in plain words. */
#include <stdio.h>

#include "base/tool.h"
#include "io/info.h"
#include "io/libraries.h"
#include "io/lines.h"

static struct {
    bool json;
} arg;

static const fe_opt own[] = {
    FE_OPT_GROUP("Output"),
    { 0, "json", FE_ARG_FLAG, &arg.json, NULL, NULL, NULL, NULL, NULL, "one JSON object per file, a line each" },
    FE_OPT_END
};
static const fe_opt *const options[] = { own, fe_opts_talk, NULL };

static int info(const char *path, fe_err *err)
{
    fe_facts facts = { 0 };
    fe_str text = { 0 };
    int rc = fe_info_collect(path, &facts, err);

    if (rc == 0) {
        (arg.json ? fe_facts_print_json : fe_facts_print)(&facts, path, &text);
        fputs(text.s, stdout);
    }
    fe_str_free(&text);
    fe_facts_free(&facts);
    return rc;
}

static int run(size_t n, char **operand, fe_err *err)
{
    int rc = 0;

    for (size_t i = 0; i < n; i++) {
        if (n == 1)
            return info(operand[i], err);
        if (info(operand[i], err) < 0) {
            rc = fe_tool_report(err);
            *err = (fe_err){ FE_OK, "" };
        }
    }
    return rc;
}

int main(int argc, char **argv)
{
    return fe_tool_main(argc, argv, &(fe_tool){
        .name = "fe-info",
        .summary = "Say what a file is: kind, type, units, limits, reference model, times.",
        .operands = "[FILE]...",
        .about = "FILE is a spectrum, a dataset of maps, a response, flux points, a light curve, or models; it is recognised by content.",
        .examples = "fe-info crab.fits\n"
                    "fe-info --json *.fits | jq -r 'select(.kind == \"flux points\") | .file'",
        .options = options,
        .libraries = fe_libraries,
        .read_list = fe_lines_read,
        .run = run });
}
