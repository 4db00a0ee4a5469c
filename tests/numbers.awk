# numbers.awk -- tables of fe-numbers(7): made from differences, and compared with what was committed.
#
#   awk -v make=1 -f numbers.awk RAW           the table of the lines that compare.awk wrote with `largest`
#   awk -f numbers.awk COMMITTED FRESH         prints each difference; status 1 if any
#
# A largest difference is rounded up to a power of ten ("< 1e-7"), and may be another one on another machine.  Numbers with a
# point may differ by one in the last place; everything else must be the same.
BEGIN { FS = OFS = "\t" }

function bound(x,    k)
{
    if (x < 1e-12)
        return "< 1e-12"
    for (k = -12; x >= 10 ^ k; k++)
        ;
    return "< 1e" k
}

function places(s) { return s ~ /^-?[0-9]+\.[0-9]+$/ ? length(s) - index(s, ".") : 0 }

function is_same(want, got,    d)
{
    if (want == got)
        return 1
    if (want ~ /^< 1e-?[0-9]+$/ && got ~ /^< 1e-?[0-9]+$/) {
        d = substr(want, 5) - substr(got, 5)
        return d >= -1 && d <= 1
    }
    d = want - got
    return places(want) > 0 && places(want) == places(got) && (d < 0 ? -d : d) < 1.5 * 10 ^ -places(want)
}

function complain(text)
{
    print text
    n_bad++
}

make {
    row = $1 OFS $2
    if (!(row in values))
        order[++n_rows] = row
    values[row] += $3
    if ($4 + 0 > max[row])
        max[row] = $4 + 0
    next
}
FNR == NR { want[FNR] = $0; n_want = FNR; next }
{
    n = split(want[FNR], cell)
    if (n != NF && FNR <= n_want)
        complain("line " FNR ": " NF " columns instead of " n)
    for (i = 1; i <= n && i <= NF; i++)
        if (!is_same(cell[i], $i))
            complain("line " FNR " column " i ": " $i " today, " cell[i] " in the page")
    n_got = FNR
}
END {
    if (make) {
        print "compared", "quantity", "values", "largest difference"
        for (i = 1; i <= n_rows; i++)
            print order[i], values[order[i]], bound(max[order[i]])
        exit 0
    }
    if (n_got != n_want)
        complain(n_got " lines today, " n_want " in the page")
    exit n_bad > 0
}
