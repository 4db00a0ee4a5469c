# mkman.awk -- man page source -> man page.
#
#   awk -v version=X -v options=FILE -f man/mkman.awk man/fe-points.1.in > fe-points.1
#
# A page man/NAME.SECTION.in is plain mdoc, written by hand, in which
#   @VERSION@       is replaced by the version;
#   @OPTIONS@       alone on a line becomes the options, from `fe-X --dump-options` (the file `options`);
#   @EXIT@          alone on a line becomes the exit status list.
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

$0 == "@OPTIONS@" { print_options(); next }
$0 == "@EXIT@" { print_exit(); next }
{ gsub(/@VERSION@/, version); print }
