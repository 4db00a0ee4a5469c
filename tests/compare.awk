# compare.awk -- compare two tables with a header row column by column, numbers with a tolerance.
#
#   awk -v rtol=1e-6 -v atol=0 [-v columns=a,b] [-v error=C] [-v sep=,] [-v largest=FILE -v what=TEXT] -f compare.awk WANT GOT
#
# Every column of WANT (or those named) must be in GOT, in any order; a number is close when |got - want| <= atol + rtol
# |want|, or rtol of column C of WANT in that row where that is more (for values near 0); nan is close to nan and inf to inf;
# other cells must be the same text, and "*" in WANT is close to anything.  Prints each difference; status 1 if any.
#
# With `largest`, a line is added to that file for each column: TEXT, column, values compared, the largest difference in
# units of what the tolerance is a part of; numbers.awk makes a table of these.
BEGIN {
    FS = sep == "" ? "," : sep
    if (rtol == "") rtol = 1e-6
    if (atol == "") atol = 0
    n_named = split(columns, named, ",")
    for (i = 1; i <= n_named; i++) wanted[named[i]] = 1
}

function is_number(s) { return s ~ /^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?$/ }

function is_close(got, want, scale, column,    d)
{
    if (want == "*")
        return 1
    if (!is_number(got) || !is_number(want))
        return tolower(got) == tolower(want)
    d = got - want
    if (d < 0)
        d = -d
    if (want < 0)
        want = -want
    scale = atol + rtol * (is_number(scale) && scale > want ? scale : want)
    n_numbers[column]++
    if (scale > 0 && d / scale * rtol > max[column])
        max[column] = d / scale * rtol
    return d <= scale
}

function complain(text)
{
    if (n_bad++ < 20)
        print text
}

{ sub(/\r$/, "") }

FNR == NR && FNR == 1 {
    n_columns = split($0, name, FS)
    for (i = 1; i <= n_columns; i++) want_at[name[i]] = i
    next
}
FNR == NR {
    for (i = 1; i <= n_columns; i++) want[FNR, i] = $i
    n_want = FNR
    next
}
FNR == 1 {
    for (i = 1; i <= NF; i++) at[$i] = i
    for (i = 1; i <= n_columns; i++)
        if (!(name[i] in at) && (!n_named || name[i] in wanted))
            complain("column " name[i] " is missing")
    for (i = 1; i <= n_named; i++)
        if (!(named[i] in at))
            complain("column " named[i] " is missing")
    next
}
{
    n_got = FNR
    scale = error == "" ? "" : want[FNR, want_at[error]]
    for (i = 1; i <= n_columns && FNR <= n_want; i++)
        if (name[i] in at && (!n_named || name[i] in wanted) && !is_close($(at[name[i]]), want[FNR, i], scale, name[i]))
            complain("row " FNR - 1 " column " name[i] ": got " $(at[name[i]]) ", want " want[FNR, i])
}
END {
    if (n_got != n_want)
        complain("rows: got " n_got - 1 ", want " n_want - 1)
    for (i = 1; largest != "" && i <= n_columns; i++)
        if (n_numbers[name[i]])
            printf "%s\t%s\t%d\t%.17g\n", what, name[i], n_numbers[name[i]], max[name[i]] >> largest
    exit n_bad > 0
}
