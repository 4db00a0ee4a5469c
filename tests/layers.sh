#!/usr/bin/env bash
# tests/layers.sh [TOP]: hold the rooms of lib/ apart (lib/README).  Prints each breach; exit status 1 if there is any.
#
# Seen in the text (layers.awk): includes go to the same or a lower room, libraries stay where they belong, no banned call,
# nothing too long, nothing unfinished.  Seen here: no loop of includes, every header compiles alone.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "${1:-$here/..}" || exit 2
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT

sources=(lib/*/*.[ch] tools/*.c)
headers=(lib/*/*.h)
if [ ! -f "${sources[0]}" ] || [ ! -f "${headers[0]}" ]; then
    echo "layers.sh: no sources below $PWD" >&2
    exit 2
fi
: > "$work/pairs"
: > "$work/breaches"

awk -v pairs="$work/pairs" -f "$here/layers.awk" "${sources[@]}" > "$work/breaches" || exit 2

if ! tsort "$work/pairs" > /dev/null 2> "$work/loop"; then
    sed -n 's/^tsort: *\(lib.*\)/\1: is part of a loop of includes/p' "$work/loop" >> "$work/breaches"
    grep -q 'loop of includes' "$work/breaches" || cat "$work/loop" >> "$work/breaches"
fi

# The libraries' own headers may stand in folders of their own.
read -r -a flags <<< "$(pkg-config --cflags cfitsio gsl yaml-0.1 erfa expat nettle zlib wcslib fftw3 2>/dev/null)"
compile_alone()
{
    printf '#include "%s"\ntypedef int not_empty;\n' "${1#lib/}" > "$work/alone.c"
    ${CC:-cc} -std=c11 -D_GNU_SOURCE -Ilib -Wall -Wextra -Wpedantic -Werror ${flags[@]+"${flags[@]}"} -fsyntax-only \
        "$work/alone.c" > "$work/alone.out" 2>&1
}
for header in "${headers[@]}"; do
    compile_alone "$header" && continue
    printf '%s: does not compile alone: %s\n' "$header" "$(grep -m 1 'error' "$work/alone.out")" >> "$work/breaches"
done

cat "$work/breaches"
[ ! -s "$work/breaches" ]
