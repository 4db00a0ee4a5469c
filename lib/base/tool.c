#include "base/tool.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/note.h"
#include "base/str.h"

static const char *name = "fe";
static int line_argc;
static char **line_argv;
static const fe_opt *const *tables;

const char *fe_tool_name(void)
{
    return name;
}

/* ---- the command line as typed --------------------------------------------------------------------------- */

static void add_quoted(fe_str *out, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./,:@%";

    if (*word && !word[strspn(word, plain)]) {
        fe_str_add(out, word);
        return;
    }
    fe_str_add(out, "'");
    for (; *word; word++)
        fe_str_add(out, *word == '\'' ? "'\\''" : (char[]){ *word, 0 });
    fe_str_add(out, "'");
}

const fe_opt *const *fe_tool_options(void)
{
    return tables;
}

/* Without --resume, for a product does not depend on how often its run was interrupted. */
const char *fe_tool_command_line(void)
{
    bool ended = false;

    static fe_str line;

    if (!line.s) {
        fe_str_add(&line, name);
        for (int i = 1; i < line_argc; i++) {
            ended = ended || !strcmp(line_argv[i], "--");
            if (!ended && !strcmp(line_argv[i], "--resume"))
                continue;
            fe_str_add(&line, " ");
            add_quoted(&line, line_argv[i]);
        }
    }
    return line.s;
}

/* ---- texts ----------------------------------------------------------------------------------------------- */

/* A heading, and the lines of a text indented below it. */
static void print_block(FILE *to, const char *title, const char *text)
{
    fprintf(to, "\n%s:\n", title);
    while (*text) {
        int n = (int)strcspn(text, "\n");

        fprintf(to, "%s%.*s\n", *text == ' ' ? "" : "  ", n, text);
        text += n + (text[n] == '\n');
    }
}

static void print_help(const fe_tool *tool)
{
    fe_str options = { 0 };

    fe_opt_help(tool->options, &options);
    printf("Usage: %s [OPTION]... %s\n%s\n\n%s\n", tool->name, tool->operands, tool->summary, tool->about);
    fputs(options.s ? options.s : "", stdout);
    print_block(stdout, "Examples", tool->examples);
    print_block(stdout, "Exit status",
                "0  product complete\n"
                "1  system or I/O failure\n"
                "2  wrong command line\n"
                "3  bad input data\n"
                "4  product complete, some bins flagged (only with --strict)\n");
    printf("\nSee man %s; man fe-tools has energy edges, models, quantities, expressions.\n", tool->name);
    fe_str_free(&options);
}

static void print_version(const fe_tool *tool)
{
    printf("%s (fe-tools) %s\n", tool->name, fe_version);
    for (size_t i = 0; tool->libraries && tool->libraries[i]; i++)
        printf("%s%s%s", i ? ", " : "Libraries: ", tool->libraries[i](), tool->libraries[i + 1] ? "" : "\n");
    puts("Licence GPLv3+: GNU GPL version 3 or later <https://gnu.org/licenses/gpl.html>.\n"
         "This is free software: you are free to change and redistribute it.\n"
         "There is NO WARRANTY, to the extent permitted by law.");
}

static void print_options(const fe_tool *tool)
{
    fe_str rows = { 0 };

    fe_opt_dump(tool->options, &rows);
    fputs(rows.s ? rows.s : "", stdout);
    fe_str_free(&rows);
}

static int print_usage(const fe_tool *tool)
{
    fprintf(stderr, "Usage: %s [OPTION]... %s\n%s\n", tool->name, tool->operands, tool->summary);
    print_block(stderr, "Examples", tool->examples);
    fprintf(stderr, "\n%s --help lists the options.\n", tool->name);
    return FE_EUSAGE;
}

/* ---- operands and the run -------------------------------------------------------------------------------- */

/* Each @LIST becomes the lines of that file, "@-" those of standard input; no operand at all means "-". */
static int expand_operands(const fe_tool *tool, const fe_strv *typed, fe_strv *out, fe_err *err)
{
    for (size_t i = 0; i < typed->n; i++) {
        const char *word = typed->s[i];
        size_t before = out->n;

        if (word[0] != '@' || !tool->read_list) {
            fe_strv_add(out, word);
            continue;
        }
        if (tool->read_list(word + 1, out, err) < 0)
            return -1;
        if (out->n == before)
            return fe_fail(err, FE_EDATA, &(fe_where){ strcmp(word, "@-") ? word + 1 : "<stdin>", NULL, 0 },
                           "the list names no file");
    }
    if (!typed->n && !tool->no_operand_ok)
        fe_strv_add(out, "-");
    return 0;
}

int fe_tool_report(const fe_err *err)
{
    fprintf(stderr, "%s: %s\n", name, err->text);
    return err->code ? (int)err->code : FE_ESYS;
}

static int finish(int rc, const fe_err *err)
{
    bool written = !ferror(stdout) && !fflush(stdout);

    if (rc < 0)
        return fe_tool_report(err);
    if (!written || fclose(stdout)) {
        fe_err full = { 0 };

        (void)fe_fail_errno(&full, FE_ESYS, NULL, "cannot write standard output");
        return fe_tool_report(&full);
    }
    return rc;
}

static int answer(const fe_tool *tool)
{
    if (fe_args.help)
        print_help(tool);
    else if (fe_args.version)
        print_version(tool);
    else
        print_options(tool);
    return finish(0, NULL);
}

int fe_tool_main(int argc, char **argv, const fe_tool *tool)
{
    fe_strv typed = { 0 }, operands = { 0 };
    fe_err err = { FE_OK, "" };
    int rc;

    name = tool->name;
    line_argc = argc;
    line_argv = argv;
    tables = tool->options;
    signal(SIGPIPE, SIG_DFL);
    signal(SIGXFSZ, SIG_IGN);
    fe_note_setup(name, 0);

    rc = fe_opt_parse(tool->options, argc, argv, &typed, &err);
    fe_note_setup(name, fe_args.quiet ? -1 : fe_args.verbose);
    if (fe_args.help || fe_args.version || fe_args.dump_options)
        rc = answer(tool);
    else if (!rc && !typed.n && !tool->no_operand_ok && isatty(STDIN_FILENO))
        rc = print_usage(tool);
    else {
        if (!rc)
            rc = expand_operands(tool, &typed, &operands, &err);
        if (!rc)
            rc = tool->run(operands.n, operands.s, &err);
        rc = finish(rc, &err);
    }
    fe_strv_free(&typed);
    fe_strv_free(&operands);
    return rc;
}
