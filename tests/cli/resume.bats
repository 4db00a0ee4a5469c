# --resume: a run that is killed anywhere and started again makes the bytes of one that was not interrupted.
# shellcheck disable=SC2154    # output and stderr are set by run
setup_file()
{
    load ../helper
    cd "$BATS_FILE_TMPDIR" || return
    cp "$FE_BIN/../testbin/failwrite.so" .              # the loader takes no blanks
    fe-simulate -m 'pl:index=2.5,amplitude=2e-11 cm-2 s-1 TeV-1' --e-min 0.5TeV --e-max 20TeV --bins 12 --livetime 30min --realisations 100 \
        --seed 11 --alpha 0.2 -o runs > runs.txt
    head -12 runs.txt > few.txt
    awk 'BEGIN { print "OBS_ID,START,STOP"; for (k = 1; k <= 100; k++) { t = 60000.1 + (k - 1) * 0.7 / 24; printf "%d,%.9f,%.9f\n", k, t, t + 0.5 / 24 } }' > gti.csv
    points @few.txt -o out.fits || return
    mv out.fits few.fits
    points @runs.txt -o out.fits || return
    mv out.fits whole.fits
    for j in 1 2 4; do                                  # the command line is part of the product
        points @runs.txt -j $j -o out.fits || return
        mv out.fits whole$j.fits
    done
}

setup()
{
    load ../helper
    cd "$BATS_FILE_TMPDIR" || return
    rm -f out.fits out.fits.part
}

points()
{
    fe-points -q "$@" --group-by run -e 1:10TeV:2 --resume
}

# Nothing under the final name but the whole product, and no file of the run but its journal.
no_half_product()
{
    [ ! -e out.fits ] || cmp "$1" out.fits || fail "out.fits is not the product"
    rm -f .out.fits.*
}

@test "killed at every write, sync and rename, then resumed: the same bytes" {
    local call n
    for call in write fsync rename; do
        for ((n = 1; ; n++)); do
            rm -f out.fits out.fits.part
            status=0
            LD_PRELOAD=./failwrite.so ASAN_OPTIONS=verify_asan_link_order=0 FE_FAIL_CALL=$call FE_FAIL_AT=$n FE_FAIL_KILL=1 \
                points @few.txt -o out.fits 2> /dev/null || status=$?
            [ "$status" -ne 0 ] || break
            [ "$status" -eq 137 ] || fail "$call $n: status $status"
            no_half_product few.fits
            points @few.txt -o out.fits || fail "$call $n: cannot be resumed"
            cmp few.fits out.fits || fail "$call $n: other bytes"
            [ ! -e out.fits.part ] || fail "$call $n: the journal is left"
        done
        case $call in write) [ "$n" -gt 24 ] ;; *) [ "$n" -gt 1 ] ;; esac || fail "$call: only $n calls"
    done
}

@test "a write that fails, with no space on the device: exit 1, and the run goes on from there" {
    local n
    for n in 2 9 20; do
        rm -f out.fits out.fits.part
        LD_PRELOAD=./failwrite.so ASAN_OPTIONS=verify_asan_link_order=0 FE_FAIL_CALL=write FE_FAIL_AT=$n FE_FAIL_ERRNO=28 \
            run -1 points @few.txt -o out.fits
        [ ! -e out.fits ]
        points @few.txt -o out.fits
        cmp few.fits out.fits
    done
}

@test "SIGKILL at 50 moments, then resumed: the same bytes, with 1, 2 and 4 threads" {
    local k pid j killed=0 start took_us
    start=$(date +%s%N)
    points @runs.txt -o out.fits
    took_us=$((($(date +%s%N) - start) / 1000))         # the moments lie within a run, however fast it is
    RANDOM=5
    for ((k = 0; k < 50; k++)); do
        rm -f out.fits out.fits.part
        fe-points -q @runs.txt -j $((1 << k % 3)) -o out.fits --group-by run -e 1:10TeV:2 --resume 2> /dev/null &
        pid=$!
        sleep "$(printf '0.%06d' $((RANDOM * 8 % took_us)))"
        kill -KILL $pid 2> /dev/null && killed=$((killed + 1))
        wait $pid 2> /dev/null || true
        no_half_product whole$((1 << k % 3)).fits
        j=$((1 << (k + k / 3) % 3))
        rm -f out.fits
        points @runs.txt -j $j -o out.fits || fail "moment $k: cannot be resumed"
        cmp whole$j.fits out.fits || fail "moment $k: other bytes"
    done
    [ "$killed" -gt 10 ] || fail "only $killed were killed"
}

@test "a run of 100 sets has a journal without being asked, one of 12 has none; what is in it is not read again" {
    LD_PRELOAD=./failwrite.so ASAN_OPTIONS=verify_asan_link_order=0 FE_FAIL_CALL=rename FE_FAIL_AT=1 FE_FAIL_KILL=1 \
        run -137 fe-points -q @runs.txt -j 1 --group-by run -e 1:10TeV:2 -o out.fits
    [ ! -e out.fits ] && [ -s out.fits.part ]
    run --separate-stderr fe-points -v @runs.txt --group-by run -e 1:10TeV:2 -o out.fits --resume
    assert_success
    [[ $stderr =~ work:\ 0\ datasets ]]                 # all was there
    rm -f out.fits
    LD_PRELOAD=./failwrite.so ASAN_OPTIONS=verify_asan_link_order=0 FE_FAIL_CALL=write FE_FAIL_AT=60 FE_FAIL_KILL=1 \
        run -137 fe-points -q @runs.txt -j 1 --group-by run -e 1:10TeV:2 -o out.fits --resume
    [ ! -e out.fits ] && [ -s out.fits.part ]
    run --separate-stderr fe-points -v @runs.txt --group-by run -e 1:10TeV:2 -o out.fits --resume
    assert_success
    echo "$stderr"
    [[ $stderr =~ ([0-9]+)\ groups\ are\ there ]]
    [ "${BASH_REMATCH[1]}" -gt 20 ]
    [[ $stderr =~ work:\ ([0-9]+)\ datasets ]]
    [ "${BASH_REMATCH[1]}" -lt 90 ]                     # those that are done are not opened
    rm -f out.fits
    LD_PRELOAD=./failwrite.so ASAN_OPTIONS=verify_asan_link_order=0 FE_FAIL_CALL=write FE_FAIL_AT=1 FE_FAIL_KILL=1 \
        run -137 fe-points -q @few.txt --group-by run -e 1:10TeV:2 -o out.fits
    [ ! -e out.fits.part ]
}

@test "SIGTERM, SIGINT and SIGHUP end the run by the signal, with a journal and nothing under the final name" {
    local signal status
    for signal in TERM INT HUP; do
        rm -f out.fits out.fits.part
        status=0
        ( trap - INT; exec env LD_PRELOAD=./failwrite.so ASAN_OPTIONS=verify_asan_link_order=0 FE_FAIL_CALL=write FE_FAIL_AT=60 FE_FAIL_SIGNAL=$signal \
            fe-points -q @runs.txt --group-by run -e 1:10TeV:2 -j 1 -o out.fits --resume ) 2> /dev/null || status=$?
        [ "$status" -eq $((128 + $(kill -l $signal))) ] || fail "$signal: status $status"
        [ ! -e out.fits ] && [ -s out.fits.part ]
        points @runs.txt -j 1 -o out.fits
        cmp whole1.fits out.fits
    done
}

@test "already complete: exit 0, nothing is done; other data, other options: refused; --force: again" {
    points @few.txt -o out.fits
    local before
    before=$(stat -c %i.%Y out.fits)
    run --separate-stderr fe-points @few.txt -o out.fits --group-by run -e 1:10TeV:2 --resume
    assert_success
    [[ $stderr == *"already complete"* ]]
    [ "$(stat -c %i.%Y out.fits)" = "$before" ]
    # the sum elsewhere than in its keyword says nothing
    LC_ALL=C sed 's/FECONF  =/SOMEWHER=/' out.fits > moved.fits
    mv out.fits kept.fits
    mv moved.fits out.fits
    run -2 fe-points @few.txt -o out.fits --group-by run -e 1:10TeV:2 --resume
    mv kept.fits out.fits
    run -2 fe-points @few.txt -o out.fits --group-by run -e 1:10TeV:3 --resume
    run -2 fe-points @few.txt -o out.fits --group-by run -e 1:10TeV:2
    points @few.txt -o out.fits --force
    [ "$(stat -c %i.%Y out.fits)" != "$before" ]
}

interrupt()
{
    LD_PRELOAD=./failwrite.so ASAN_OPTIONS=verify_asan_link_order=0 FE_FAIL_CALL=write FE_FAIL_AT=20 FE_FAIL_KILL=1 \
        run -137 points @few.txt -o out.fits
    [ -s out.fits.part ]
}

@test "a file beside a spectrum that has changed is noticed: by a journal, and by a product that is there" {
    local kind file
    mkdir -p beside && cp runs/*_obs00[0-9].fits beside/
    curve() { fe-lightcurve -q "$@" -b run -e 1:10TeV -o out.fits --resume; }
    for kind in bkg arf rmf pha; do
        rm -f out.fits out.fits.part
        LD_PRELOAD=./failwrite.so ASAN_OPTIONS=verify_asan_link_order=0 FE_FAIL_CALL=write FE_FAIL_AT=10 FE_FAIL_KILL=1 \
            run -137 curve beside/pha_obs00?.fits
        [ -s out.fits.part ]
        file=$(ls beside/${kind}_obs*.fits | head -n 1)
        cp -p "$file" kept.fits
        touch -d '2026-01-01 00:00' "$file"
        run --separate-stderr -2 curve beside/pha_obs00?.fits
        [[ $stderr == *'out.fits.part is of another run'* ]] || fail "$kind: $stderr"
        cp -p kept.fits "$file"
        curve beside/pha_obs00?.fits || fail "$kind: cannot be resumed"
        run --separate-stderr -0 fe-lightcurve beside/pha_obs00?.fits -b run -e 1:10TeV -o out.fits --resume
        [[ $stderr == *'already complete'* ]]
        touch -d '2026-01-01 00:00' "$file"
        run --separate-stderr -2 curve beside/pha_obs00?.fits
        [[ $stderr == *exists* ]] || fail "$kind: $stderr"
        cp -p kept.fits "$file"
    done
    # what a datasets file names, and what is beside that
    printf 'datasets:\n- {name: a, type: SpectrumDatasetOnOff, filename: beside/pha_obs001.fits}\n' > two.yaml
    printf '%s\n' '- {name: b, type: SpectrumDatasetOnOff, filename: beside/pha_obs002.fits}' >> two.yaml
    rm -f out.fits
    curve two.yaml
    curve two.yaml
    for file in pha_obs002 bkg_obs001; do
        cp -p beside/$file.fits kept.fits
        touch -d '2026-01-01 00:00' beside/$file.fits
        run -2 curve two.yaml
        cp -p kept.fits beside/$file.fits
        curve two.yaml
    done
}

@test "a journal of another configuration is refused; one that is damaged is used as far as it is whole" {
    interrupt
    run -2 --separate-stderr fe-points @few.txt -o out.fits --group-by run -e 1:10TeV:3 --resume
    [[ $stderr == *"is of another run"* ]]
    local size k
    size=$(stat -c %s out.fits.part)
    cp out.fits.part whole.part
    for k in 3 50 400 $((size / 2)) $((size - 5)); do
        rm -f out.fits
        cp whole.part out.fits.part
        printf 'X' | dd of=out.fits.part bs=1 seek="$k" conv=notrunc status=none
        status=0
        points @few.txt -o out.fits 2> err.txt || status=$?
        if [ "$k" -lt 8 ]; then
            [ "$status" -eq 2 ] && grep -q 'no journal' err.txt
        else
            [ "$status" -eq 0 ] && cmp few.fits out.fits
        fi
    done
}

@test "progress is told on a terminal alone, and not with -q" {
    local many=()
    for _ in $(seq 160); do many+=(@runs.txt); done      # a second, at 10 000 a second
    run --separate-stderr fe-points "${many[@]}" --group-by run -m pl:index=2 -o many.fits --force
    [[ $stderr != *" left)"* ]]
    need_terminal
    script -qec "fe-points ${many[*]} --group-by run -m pl:index=2 -o many.fits --force -j 1" /dev/null > said.txt
    grep -qE '[0-9]+ of 16000 \([0-9.e+]+/s, [0-9]+ (s|min) left\), [0-9]+ groups' said.txt
    script -qec "fe-points -q ${many[*]} --group-by run -m pl:index=2 -o many.fits --force -j 1" /dev/null > said.txt
    run -1 grep -q ' left)' said.txt
}

@test "--resume needs a file to write and files to read" {
    run -2 --separate-stderr fe-points @few.txt --resume
    [[ $stderr == *"needs --output"* ]]
    run -2 --separate-stderr fe-points - -o out.fits --resume < /dev/null
    [[ $stderr == *"needs files"* ]]
}

@test "bad data leaves no journal: a retry would not help; --skip-bad goes on behind it" {
    cp -r runs bad
    sed 's,^runs,bad,' few.txt > bad.txt
    echo junk > "$(sed -n 5p bad.txt)"
    run -3 points @bad.txt -o out.fits
    [ ! -e out.fits ] && [ ! -e out.fits.part ]
    points @bad.txt -o out.fits --skip-bad 2> /dev/null
    mv out.fits want.fits
    LD_PRELOAD=./failwrite.so ASAN_OPTIONS=verify_asan_link_order=0 FE_FAIL_CALL=write FE_FAIL_AT=35 FE_FAIL_KILL=1 \
        run -137 points @bad.txt -o out.fits --skip-bad
    points @bad.txt -o out.fits --skip-bad 2> /dev/null
    cmp want.fits out.fits
}

@test "fe-lightcurve by night, with scans, times and good time intervals: the same bytes" {
    local n curve=(fe-lightcurve -q @runs.txt --gti gti.csv -b night -e '1,3,10TeV' --scan --stack --resume -o out.fits)
    "${curve[@]}"
    mv out.fits curve.fits
    for n in 3 30 100 160; do
        rm -f out.fits
        LD_PRELOAD=./failwrite.so ASAN_OPTIONS=verify_asan_link_order=0 FE_FAIL_CALL=write FE_FAIL_AT=$n FE_FAIL_KILL=1 run -137 "${curve[@]}"
        "${curve[@]}"
        cmp curve.fits out.fits
    done
}

# The values and keywords of a product, but for what its call says, and the mark of a run with a journal.
values()
{
    fe-convert "$1" -f ecsv --no-history | sed -e '/^# *FECONF/d; s/, FECONF: [^,}]*//; s/"fe-[^"]*"//g'
}

@test "the product of a long run is written in pieces: the same as at once, in memory" {
    local options
    for options in '-b run' '-b run -e 1,3,10TeV --scan' '-b run --ul-if sqrt_ts<3 --to eflux' '-b run --layout flat' '-b 42min'; do
        # shellcheck disable=SC2086    # options are words
        fe-lightcurve -q @runs.txt --gti gti.csv -e 1:10TeV -f fits $options > once.fits
        # shellcheck disable=SC2086
        fe-lightcurve -q @runs.txt --gti gti.csv -e 1:10TeV $options -o pieces.fits --force
        cmp <(values once.fits) <(values pieces.fits) || fail "$options"
        fe-info pieces.fits > /dev/null
    done
    fe-points -q @runs.txt --group-by run -e 1:10TeV:2 -f fits > once.fits
    fe-points -q @runs.txt --group-by run -e 1:10TeV:2 -o pieces.fits --force
    cmp <(values once.fits) <(values pieces.fits)
}

@test "rows that are not of one kind are written all the same: two telescopes with other bins, piece for piece; runs without times" {
    fe-simulate -m 'pl:index=2.5,amplitude=2e-11 cm-2 s-1 TeV-1' --e-min 0.4TeV --e-max 30TeV --bins 17 --livetime 30min --seed 5 --alpha 0.2 \
        --start 59000 --step 1h --realisations 128 -o others > others.txt          # 256 rows are a piece
    cat others.txt runs.txt > mixed.txt
    for options in '-b run -e 1:10TeV:2' '-b run -e 1:10TeV:2 --gti gti.csv'; do
        # shellcheck disable=SC2086
        fe-lightcurve -q @mixed.txt $options -f fits > once.fits
        # shellcheck disable=SC2086
        fe-lightcurve -q @mixed.txt $options -o mixed.fits --force
        cmp <(values once.fits) <(values mixed.fits) || fail "$options"
        [ "$(fe-select mixed.fits -f csv | wc -l)" -eq 457 ]
    done
}
