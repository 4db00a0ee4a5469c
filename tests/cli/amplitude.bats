# The amplitude of the reference model is a unit, no more: over 12 decades no flux changes.
setup_file()
{
    load ../helper
    cd "$BATS_FILE_TMPDIR" || return
    fe-simulate -m 'pl:index=2.4,amplitude=2e-12 cm-2 s-1 TeV-1' --livetime 1h --realisations 2 --seed 8 --alpha 0.2 -o runs > runs.txt
}

setup()
{
    load ../helper
    cd "$BATS_FILE_TMPDIR" || return
}

# points AMPLITUDE TYPE [OPTION]...: everything that scales with the flux, and the significance.
points()
{
    fe-points @runs.txt -m "$SHAPE,amplitude=$1 cm-2 s-1 TeV-1" -e 0.3:30TeV:6 -t "$2" --sensitivity --group-off 3 -f csv -q "${@:3}"
}

# The same numbers whatever the amplitude: of all types and columns, but for those of the reference itself.
same_fluxes()
{
    local type amplitude columns
    for type in dnde flux e2dnde eflux; do
        points 1e-12 "$type" "$@" > want.csv
        [ "$(wc -l < want.csv)" -eq 7 ]
        columns=$(head -n 1 want.csv | tr , '\n' | grep -E "^(${type}.*|ts|sqrt_ts|stat|stat_null|npred.*)$" | paste -sd ,)
        [[ $columns == *${type}_errn*${type}_ul*${type}_sensitivity* ]] || fail "columns: $columns"
        for amplitude in 1e-18 3e-17 1e-15 1e-13 1e-9 1e-6; do
            points "$amplitude" "$type" "$@" > got.csv
            awk -v rtol=1e-12 -v error="${type}_errp" -v columns="$columns" -f "$FE_TOP/tests/compare.awk" want.csv got.csv ||
                fail "amplitude $amplitude, $type $*"
        done
    done
}

@test "amplitude: no flux, error, limit or sensitivity depends on it, power law" {
    SHAPE=pl:index=2
    same_fluxes
    same_fluxes --method excess
}

@test "amplitude: no flux, error, limit or sensitivity depends on it, log parabola" {
    SHAPE=lp:alpha=2.1,beta=0.2,reference=1TeV
    same_fluxes
    same_fluxes --stack
}
