# mkman.awk -- man page source -> man page.
#
#   awk -v version=X -v options=FILE -v tables=FILE -v numbers=DIR -f man/mkman.awk man/fe-points.1.in > fe-points.1
#
# A page man/NAME.SECTION.in is plain mdoc, written by hand, in which
#   @VERSION@       is replaced by the version;
#   @OPTIONS@       alone on a line becomes the options, from `fe-X --dump-options` (the file `options`);
#   @EXIT@          alone on a line becomes the exit status list;
#   @ROWS NAME@     alone on a line becomes a list of the rows of a table of the library, from mktables (the file
#                   `tables`): key member quantity status sedtype format dialect model compat deviation;
#   @TABLE NAME@    alone on a line becomes the table DIR/NAME.tsv: columns separated by tabs, titles in the first line.
# Skeleton of a tool's page:
#   .Dd November 24, 2026
#   .Dt FE-POINTS 1
#   .Os fe-tools @VERSION@
#   .Sh NAME
#   .Nm fe-points
#   .Nd flux points from spectra                        (as in the tool's summary)
#   .Sh SYNOPSIS
#   .Nm
#   .Op Ar option ...
#   .Op Ar file ...
#   .Sh DESCRIPTION
#   @OPTIONS@
#   .Sh EXIT STATUS
#   @EXIT@
#   .Sh EXAMPLES
#   Text that says what is done:
#   .Bd -literal -offset indent
#   fe-points pha_obs*.fits -e 1:10TeV:5 | fe-convert --to e2dnde
#   .Ed
#   .Sh SEE ALSO
#   .Xr fe-tools 7
# Each .Bd -literal block under EXAMPLES is run by the tests, with the tools on PATH, in a copy of data/; its exit
# status must be 0.  In such a block write \e for a backslash.

function escape(s)
{
    gsub(/\\/, "\\e", s)
    gsub(/^[.']/, "\\\\\\&&", s)
    return s
}

# Lines of at most 78 characters.
function print_wrapped(s,    n, i, word, line)
{
    n = split(s, word, " ")
    line = ""
    for (i = 1; i <= n; i++) {
        if (line != "" && length(line) + 1 + length(word[i]) > 78) {
            print escape(line)
            line = ""
        }
        line = line (line == "" ? "" : " ") word[i]
    }
    print escape(line)
}

function print_options(    line, f, title)
{
    print ".Sh OPTIONS"
    while ((getline line < options) > 0) {
        split(line, f, "\t")
        if (f[9] != title) {
            if (title != "")
                print ".El"
            title = f[9]
            print ".Ss " title
            print ".Bl -tag -width Ds"
        }
        printf ".It %s%s\n", f[1] == "" ? "" : "Fl " f[1] " , ", "Fl \\-" f[2] (f[4] == "" ? "" : " Ar " f[4])
        print_wrapped(toupper(substr(f[8], 1, 1)) substr(f[8], 2) (f[10] == "" ? "" : " (" f[10] ")") ".")
    }
    if (title != "")
        print ".El"
}

function print_exit()
{
    print ".Bl -tag -width Ds -compact"
    print ".It 0\nproduct complete"
    print ".It 1\nsystem or I/O failure; a retry may help"
    print ".It 2\nwrong command line"
    print ".It 3\nbad input data; a retry will not help"
    print ".It 4\nproduct complete, some bins flagged\n.Pq only with Fl \\-strict"
    print ".El"
}

# With a capital, unless the first word is a name such as e_ref, and a full stop.
function sentence(s)
{
    if (s !~ /^[^ ]*_/)
        s = toupper(substr(s, 1, 1)) substr(s, 2)
    return s (s ~ /[.!?]$/ ? "" : ".")
}

# One row of a table of the library: name, unit, detail, words.
function print_row(f)
{
    if (f[1] == "member" && f[2] == "")
        f[2] = "(none)"
    if (f[1] == "compat" || f[1] == "deviation") {
        print ".It " f[2]
        print_wrapped("gammapy 2.1: " f[5] ".")
        print_wrapped("Here: " f[4] ".")
        if (f[3] != "")
            print_wrapped("Effect: " f[3] ".")
        if (f[6] != "")
            print_wrapped("As there: " f[6] ".")
        if (f[7] != "")
            print_wrapped("Shown by " f[7] ".")
        return
    }
    printf ".It %s %s", f[1] == "model" || f[1] == "format" ? "Cm" : "Va", f[2]
    print (f[3] == "" ? "" : " Bq " f[3])
    if (f[1] == "model") {
        print_wrapped(f[4] (f[5] == "" ? "" : ": " f[5]))
        return
    }
    print_wrapped(sentence(f[5]))
    if (f[1] == "format")
        print_wrapped(sentence(f[4]))
    if (f[1] == "sedtype")
        print_wrapped("Columns start with " f[4] ".")
    if (f[1] == "status")
        print_wrapped("As a number: " f[4] ".")
}

function print_rows(name,    line, f, any)
{
    print ".Bl -tag -width Ds"
    while ((getline line < tables) > 0) {
        split(line, f, "\t")
        if (f[1] != name)
            continue
        print_row(f)
        any = 1
    }
    close(tables)
    print ".El"
    if (!any)
        fail("no rows of " name " in " tables)
}

function fail(text)
{
    print "mkman.awk: " FILENAME ": " text > "/dev/stderr"
    failed = 1
    exit 1
}

function pad(s, n)
{
    while (length(s) < n)
        s = s " "
    return s
}

function print_table(name,    file, line, n_lines, n, f, i, j, width, cell, out)
{
    file = numbers "/" name ".tsv"
    n_lines = 0
    while ((getline line < file) > 0) {
        n_lines++
        n = split(line, f, "\t")
        for (i = 1; i <= n; i++) {
            cell[n_lines, i] = f[i]
            if (length(f[i]) > width[i])
                width[i] = length(f[i])
        }
        cell[n_lines, 0] = n
    }
    close(file)
    if (!n_lines)
        fail("no table " file)
    print ".Bd -literal -offset 2n"
    for (j = 1; j <= n_lines; j++) {
        out = ""
        for (i = 1; i < cell[j, 0]; i++)
            out = out pad(cell[j, i], width[i] + 2)
        print escape(out cell[j, cell[j, 0]])
    }
    print ".Ed"
}

END { exit failed }

$0 == "@OPTIONS@" { print_options(); next }
$0 == "@EXIT@" { print_exit(); next }
/^@ROWS [a-z]+@$/ { print_rows(substr($2, 1, length($2) - 1)); next }
/^@TABLE [a-z0-9-]+@$/ { print_table(substr($2, 1, length($2) - 1)); next }
{ gsub(/@VERSION@/, version); print }
