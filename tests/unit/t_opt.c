/* The option table: parsing, refusals, defaults, help and dump. */
#include "base/opt.h"
#include "check.h"

static const char *text, *choice;
static double number, open_number;
static long count;
static bool flag;
static fe_strv list;

static const fe_opt own[] = {
    { 'x', "text", FE_ARG_STR, &text, "T", NULL, NULL, NULL, "none", "some text" },
    { 0, "choice", FE_ARG_CHOICE, &choice, "C", "red|green|blue", NULL, "green", NULL, "a colour" },
    { 0, "number", FE_ARG_DOUBLE, &number, "X", "0..1", "s", "0.5", NULL, "a number" },
    { 0, "open", FE_ARG_DOUBLE, &open_number, "X", "(0..)", NULL, NULL, NULL, "a number above 0" },
    { 'n', "count", FE_ARG_LONG, &count, "N", "1..", NULL, NULL, "all", "a whole number" },
    { 'w', "flag", FE_ARG_FLAG, &flag, NULL, NULL, NULL, NULL, NULL, "a flag" },
    { 0, "list", FE_ARG_LIST, &list, "ITEM", NULL, NULL, NULL, NULL, "a list" },
    FE_OPT_END
};
static const fe_opt *const tables[] = { own, fe_opts_output, fe_opts_flux, fe_opts_limits, fe_opts_talk, NULL };

static fe_strv operands;
static fe_err err;

/* Words are separated by '|', so that a word may hold blanks. */
static int parse(const char *line)
{
    static char buf[256];
    char *argv[32] = { "t_opt" }, *save = NULL;
    int argc = 1;

    fe_strv_free(&operands);
    fe_strv_free(&list);
    snprintf(buf, sizeof buf, "%s", line);
    for (char *w = strtok_r(buf, "|", &save); w; w = strtok_r(NULL, "|", &save))
        argv[argc++] = w;
    err = (fe_err){ FE_OK, "" };
    return fe_opt_parse(tables, argc, argv, &operands, &err);
}

static void refused(const char *line, const char *message)
{
    CHECK_MSG(parse(line) < 0 && err.code == FE_EUSAGE, line);
    check_(!strcmp(err.text, message), err.text, line, 0);
}

static void defaults(void)
{
    CHECK(parse("") == 0);
    CHECK(!text && !flag && count == -1 && !operands.n && !list.n);
    CHECK(number == 0.5 && isnan(open_number));
    SAME_STR(choice, "green");
    CHECK(fe_args.ul_cl == 0.95 && isnan(fe_args.ul_sigma) && fe_args.n_sigma == 1);
}

static void accepted(void)
{
    CHECK(parse("a|--text=-1|-w|b|--list|one|--list=two|-vv|--number|1|-n3") == 0);
    SAME_STR(text, "-1");
    CHECK(flag && number == 1 && count == 3 && fe_args.verbose == 2);
    CHECK(operands.n == 2 && list.n == 2);
    SAME_STR(operands.s[1], "b");
    SAME_STR(list.s[1], "two");
    CHECK(parse("-wvx|value|-|--|--text|-w") == 0);
    SAME_STR(text, "value");
    CHECK(flag && fe_args.verbose == 1 && operands.n == 3);
    SAME_STR(operands.s[0], "-");
    SAME_STR(operands.s[1], "--text");
    CHECK(parse("--text|-") == 0);
    SAME_STR(text, "-");
    CHECK(parse("--text|a|--text|b") == 0);
    SAME_STR(text, "b");
    CHECK(fe_opt_typed("text") && !fe_opt_typed("number"));
    CHECK(parse("--number=0.5") == 0 && fe_opt_typed("number") && !fe_opt_typed("text"));
}

static void refusals(void)
{
    refused("--tex|a", "unknown option '--tex': did you mean --text? (names are spelled out)");
    refused("--nmber=3", "unknown option '--nmber': did you mean --number? (names are spelled out)");
    refused("--zzzzzzz", "unknown option '--zzzzzzz' (--help lists all)");
    refused("--dump", "unknown option '--dump' (--help lists all)");
    refused("-text|a", "unknown option '-text': did you mean --text?");
    refused("-Z", "unknown option '-Z' (--help lists all)");
    refused("-x=a", "option -x: write '-x a' or '--text=a'");
    refused("--text", "option --text needs a value (T)");
    refused("--text|-1", "option --text needs a value (T), found '-1'; if that is the value, write --text=-1");
    refused("-n|-1", "option --count needs a value (N), found '-1'; if that is the value, write --count=-1");
    refused("--flag=yes", "option --flag takes no value, found 'yes'");
    refused("--choice|gre", "option --choice: 'gre' is not one of red|green|blue");
    refused("--choice=", "option --choice: '' is not one of red|green|blue");
    refused("--number|1.5", "option --number: 1.5 is outside 0..1");
    refused("--number|nan", "option --number: nan is outside 0..1");
    refused("--number|1x", "option --number: '1x' is not a number");
    refused("--open|0", "option --open: 0 is outside (0..)");
    refused("-n|0", "option --count: 0 is outside 1..");
    refused("-n|1.5", "option --count: '1.5' is not a whole number");
    refused("--ul-sigma|2|--ul-cl|0.9", "options --ul-cl and --ul-sigma exclude each other");
}

static void texts(void)
{
    fe_str s = { 0 };

    fe_opt_dump(tables, &s);
    CHECK(strstr(s.s, "\tnumber\tnumber\tX\t0..1\ts\t0.5\ta number\tOptions\tin s; from 0 to 1; default: 0.5\n"));
    CHECK(strstr(s.s, "w\tflag\tflag\t\t\t\t\ta flag\tOptions\t\n"));
    CHECK(!strstr(s.s, "dump-options"));
    fe_str_free(&s);
    fe_opt_help(tables, &s);
    CHECK(strstr(s.s, "\nOptions:\n  -x, --text T "));
    CHECK(strstr(s.s, "a number (in s; from 0 to 1; default: 0.5)\n"));
    CHECK(strstr(s.s, "a number above 0 (above 0)\n"));
    CHECK(strstr(s.s, "a whole number (at least 1; default: all)\n"));
    CHECK(strstr(s.s, "\nOutput:\n  -o, --output FILE"));
    for (char *line = s.s, *end; (end = strchr(line, '\n')); line = end + 1)
        CHECK_MSG(end - line <= 80, line);
    fe_str_free(&s);
}

int main(void)
{
    defaults();
    accepted();
    refusals();
    texts();
    fe_strv_free(&operands);
    fe_strv_free(&list);
    return check_done();
}
