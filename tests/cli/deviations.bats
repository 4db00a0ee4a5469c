# What gammapy 2.1 loses in a table and these tools keep: rows of fe-numbers(7) that no other test shows.
setup()
{
    load ../helper
    cd "$BATS_TEST_TMPDIR" || return
}

@test "deviations: e_ref beside edges, and gaps between bands, stay as they are" {
    printf 'e_min,e_max,e_ref,dnde\n1,2,1.1,1e-12\n4,9,8,2e-14\n' > in.csv
    for format in fits ecsv csv; do
        fe-convert in.csv --index 3 --to flux -f "$format" -o "flux.$format" -q
        fe-convert "flux.$format" --to dnde -f csv -q > out.csv
        tables_close out.csv in.csv 1e-14
    done
}

@test "deviations: the levels of errors and limits and the reference model come back from the file" {
    fe-simulate -m 'pl:index=3.1,amplitude=1e-11 cm-2 s-1 TeV-1' --livetime 2h --seed 2 -o run > run.txt
    fe-points @run.txt -m 'pl:index=3.1,amplitude=1e-11 cm-2 s-1 TeV-1' -e 1:10TeV:2 --n-sigma 2 --ul-cl 0.99 -t flux -o points.fits -q
    fe-info points.fits > info
    grep -Eq 'errors.* 2 sigma|2 sigma.*error' info
    grep -q '99' info
    fe-convert points.fits --to dnde -f csv -q > dnde.csv
    fe-convert points.fits --to dnde --model 'pl:index=2' -f csv -q > other.csv     # what is stored comes first
    tables_close other.csv dnde.csv 0
    # dnde / flux of index 3.1 between the edges of each band
    fe-convert points.fits --to flux -f csv -q | paste -d , dnde.csv - | awk -F, '
        NR == 1 { for (i = 1; i <= NF; i++) if (!($i in at)) at[$i] = i; next }
        { g = -2.1; lo = $(at["e_min"]); hi = $(at["e_max"])
          want = $(at["e_ref"]) ^ -3.1 * g / (hi ^ g - lo ^ g); x = $(at["dnde"]) / $(at["flux"]) / want - 1
          n++; if (x > 1e-12 || x < -1e-12) bad = 1 } END { exit bad || n != 2 }'
}
