#!/bin/sh
# data/make.sh [DIR]: make the four runs again, byte for byte, from truth.yaml (into data/runs, or into DIR).
# A source like the Crab, 28 minutes a run, four runs in one night; the response is the built-in one of fe-simulate(1).
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
out=${1:-$top/data/runs}
PATH=${FE_BIN:-$top/build/bin}:$PATH
mkdir -p "$out"
fe-simulate -m "$top/data/truth.yaml" --livetime 28min --realisations 4 --seed 1054 --start 60000.9 --step 30min \
    --e-min 0.3TeV --e-max 30TeV --bins 10 --alpha 0.1 --bkg-rate 0.15s-1 --bkg-index 2.2 \
    --no-history --force -q -o "$out"
