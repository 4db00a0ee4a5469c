# Datasets with a known background (Cash): closed forms, free background norms against a direct minimisation, files there and back.
# shellcheck disable=SC2154,SC2016    # output and stderr are set by run; $ is awk's and jq's
MODEL='pl:index=2,amplitude=1e-12 cm-2 s-1 TeV-1'

setup()
{
    load ../helper
    cd "$BATS_TEST_TMPDIR" || return
    need_command jq
}

# known NAME SEED: a spectrum without energy dispersion, whose OFF counts are made a known background: NAME.fits.
known()
{
    fe-simulate -m 'pl:index=2,amplitude=4e-12 cm-2 s-1 TeV-1' --livetime 5h --resolution 0 --bkg-rate 0.5s-1 --seed "$2" -o "run$2" -q > /dev/null
    fe-stack --known-bkg "run$2"/pha_obs1.fits --name "$1" -o . --no-history -q > /dev/null
}

# channels FILE LO HI: counts and background of each channel, by bands of one channel: e_min,e_max,n,b,norm,errn,errp,ul,err,ts.
channels()
{
    local edges
    edges=$(awk -v lo="$2" -v hi="$3" 'BEGIN { for (k = 0; lo * 10^(k / 10) < hi * 1.0001; k++) printf "%s%.15g", k ? "," : "", lo * 10^(k / 10) }')
    fe-points "$1" -m "$MODEL" -e "${edges}TeV" -f json -q |
        jq -r '.rows[] | [.e_min, .e_max, .counts, .background, .norm, .norm_errn, .norm_errp, .norm_ul, .norm_err, .ts] | @csv'
}

# The built-in response: area 3e9 cm2 x^2 / (1 + x^2), x = E / 0.5 TeV, averaged over the two true bins of a channel (uniform in
# ln E); a power law of index 2 and 1e-12 in each of them.
SIGNAL='function mean(e1, e2) { return 3e9 * log((1 + 4 * e2 * e2) / (1 + 4 * e1 * e1)) / (2 * log(e2 / e1)) }
        function part(e1, e2) { return 18000 * mean(e1, e2) * 1e-12 * (1 / e1 - 1 / e2) }
        function signal(e1, e2,  m) { m = sqrt(e1 * e2); return part(e1, m) + part(m, e2) }
        function near(a, b, r) { if ((a > b ? a - b : b - a) <= r * (b < 0 ? -b : b)) return 1; printf "got %.12g, want %.12g\n", a, b; exit bad = 1 }'

@test "one channel, known background: norm = (n - b) / s, errors and limit where the likelihood has risen by 1 and 2.7" {
    known one 1
    channels one.fits 1 10 > rows.csv
    awk -F, "$SIGNAL"'
        # mu above or below n where 2 (mu - n - n ln(mu / n)) = rise
        function cross(n, rise, up,  lo, hi, k, mu) {
            lo = n; hi = up ? n + 10 * sqrt(n) + 20 : 1e-12
            for (k = 0; k < 200; k++) { mu = (lo + hi) / 2; if (2 * (mu - n - n * log(mu / n)) < rise) lo = mu; else hi = mu }
            return lo
        }
        { s = signal($1, $2); n = $3; b = $4 }
        n > 0 && b > 0 {
            near(s * $5, n - b, 1e-6); near($9 * s, sqrt(n), 1e-6); near($7 * s, cross(n, 1, 1) - n, 1e-6)
            near($10, 2 * (b - n - n * log(b / n)), 1e-6); seen++
            if (cross(n, 1, 0) > 0) near($6 * s, n - cross(n, 1, 0), 1e-6)
        }
        n > 0 && b > 0 && n > b { near($8 * s + b, cross(n, 2.705543454095404, 1), 1e-6); limits++ }
        END { exit bad || seen < 8 || limits < 5 }' rows.csv
}

# Channels from rows.csv: the signal norm x and the background norm y of the least -2 ln L, by Newton steps and bisection.
DIRECT='{ n[NR] = $3; b[NR] = $4; s[NR] = signal($1, $2); N += $3; B += $4 }
        function stat(x, y,  i, sum) { for (i = 1; i <= NR; i++) if (x * s[i] + y * b[i] > 0) sum += 2 * (x * s[i] + y * b[i] - (n[i] ? n[i] * log(x * s[i] + y * b[i]) : 0)); return sum }
        # the best y at x, by Newton steps that are halved where they would leave y > 0
        function profile(x,  y, k, i, g, h, d) { y = 1
            for (k = 0; k < 200; k++) { g = h = 0
                for (i = 1; i <= NR; i++) if (b[i] > 0) { g += b[i] * (1 - n[i] / (x * s[i] + y * b[i])); h += n[i] * (b[i] / (x * s[i] + y * b[i]))^2 }
                d = g / h; while (y - d <= 0) d /= 2; y -= d }
            return y }
        function slope(x,  y, i, g) { y = profile(x); for (i = 1; i <= NR; i++) g += s[i] * (1 - n[i] / (x * s[i] + y * b[i])); return g }
        function solve(  lo, hi, k, x) { lo = 1e-6; hi = 100; for (k = 0; k < 100; k++) { x = (lo + hi) / 2; if (slope(x) < 0) lo = x; else hi = x } return x }
        function error(x, y,  i, a, c, d, w) { for (i = 1; i <= NR; i++) { w = n[i] / (x * s[i] + y * b[i])^2; a += s[i] * s[i] * w; c += s[i] * b[i] * w; d += b[i] * b[i] * w } return sqrt(d / (a * d - c * c)) }
        function rise(x, to,  best, lo, hi, k, m) { best = stat(x, profile(x)); lo = x; hi = 5 * x; for (k = 0; k < 100; k++) { m = (lo + hi) / 2; if (stat(m, profile(m)) - best < to) lo = m; else hi = m } return lo }'

@test "fe-points --free bkg: norm, errors, limit and ts of a direct minimisation over norm and background norm" {
    known two 2
    channels two.fits 0.1 10 > rows.csv
    fe-points two.fits -m "$MODEL" -e 0.1:10TeV --free bkg -f json -q > free.json
    fe-points two.fits -m "$MODEL" -e 0.1:10TeV -f json -q > fixed.json
    jq -r '.rows[0] | [.norm, .norm_err, .norm_errp, .norm_ul, .ts] | @csv' free.json > free.csv
    awk -F, "$SIGNAL$DIRECT"' END {
        x = solve(); y = profile(x); printf "%.12g,%.12g,%.12g,%.12g,%.12g\n", x, error(x, y), rise(x, 1) - x, rise(x, 2.705543454095404),
            stat(0, N / B) - stat(x, y) }' rows.csv > direct.csv
    paste -d, free.csv direct.csv | awk -F, "$SIGNAL"' { for (k = 1; k <= 5; k++) near($k, $(k + 5), 1e-6) } END { exit bad || NR != 1 }'
    jq -e --slurpfile fixed fixed.json '(.rows[0].norm / $fixed[0].rows[0].norm - 1 | fabs) > 1e-3' free.json   # it makes a difference
}

@test "fe-fit --free-background: amplitude and -2 ln L of the same minimisation" {
    known three 3
    channels three.fits 0.1 10 > rows.csv
    fe-fit three.fits -m "$MODEL" --free amplitude -e 0.1:10TeV --free-background -f json -q > fit.json
    awk -F, "$SIGNAL$DIRECT"' END { x = solve(); y = profile(x); printf "%.12g,%.12g,%.12g\n", x * 1e-12, error(x, y) * 1e-12, stat(x, y) }' rows.csv > direct.csv
    jq -r '([.rows[] | select(.parameter == "amplitude")][0] | [.value, .err]) + [.meta.STAT] | @csv' fit.json | paste -d, - direct.csv |
        awk -F, "$SIGNAL"' { for (k = 1; k <= 3; k++) near($k, $(k + 3), 1e-6) } END { exit bad || NR != 1 }'
}

@test "every tool that takes spectra takes a dataset, by content, packed or not, from a pipe, or named by a datasets file" {
    known one 1
    known two 2
    fe-points one.fits two.fits -m "$MODEL" -e 1:10TeV -f csv -q > want.csv
    gzip -k one.fits
    mv one.fits.gz packed
    fe-points packed two.fits -m "$MODEL" -e 1:10TeV -f csv -q | cmp - want.csv
    fe-points - two.fits -m "$MODEL" -e 1:10TeV -f csv -q < one.fits | cmp - want.csv
    printf 'datasets:\n-   name: one\n    type: SpectrumDataset\n    filename: one.fits\n-   name: two\n    type: SpectrumDataset\n    filename: two.fits\n' > all.yaml
    fe-points all.yaml -m "$MODEL" -e 1:10TeV -f csv -q | cmp - want.csv
    fe-points run1/pha_obs1.fits two.fits -m "$MODEL" -e 1:10TeV -f csv -q > mixed.csv     # WStat and Cash in one band
    [ "$(wc -l < mixed.csv)" -eq 2 ]
    fe-sensitivity one.fits -m "$MODEL" -e 1:10TeV -f csv -q > sens.csv
    fe-info --json one.fits | jq -e '.kind == "dataset: counts with background and response" and .statistic == "cash" and .channels == 30 and
        .livetime_s == 18000'
    fe-points one.fits two.fits -m "$MODEL" -e 1:10TeV --group-by run -f csv -q > runs.csv
    [ "$(wc -l < runs.csv)" -eq 3 ]
}

@test "fe-stack and fe-simulate write a known background as a dataset: sums, draws, the same bytes every time" {
    known one 1
    known two 2
    fe-stack one.fits two.fits --name sum -o . -q > path.txt
    [ "$(cat path.txt)" = ./sum.fits ]
    for f in one two sum; do fe-points "$f.fits" -m "$MODEL" -e 0.1:100TeV -f json -q > "$f.json"; done
    jq -en --slurpfile a one.json --slurpfile b two.json --slurpfile s sum.json '[$a, $b, $s] | map(.[0].rows[0]) |
        .[2].counts == .[0].counts + .[1].counts and (.[2].background / (.[0].background + .[1].background) - 1 | fabs) < 1e-12 and
        (.[2].exposure / (.[0].exposure + .[1].exposure) - 1 | fabs) < 1e-12 and .[2].livetime == 36000'
    fe-simulate one.fits -m "$MODEL" --seed 7 --realisations 2 -o sim --no-history -q > list.txt
    [ "$(tr '\n' ' ' < list.txt)" = "sim/one-1.fits sim/one-2.fits " ]
    fe-simulate one.fits -m "$MODEL" --seed 7 --realisations 2 -o again --no-history -q > /dev/null
    cmp sim/one-1.fits again/one-1.fits
    cmp sim/one-2.fits again/one-2.fits
    run ! cmp -s sim/one-1.fits sim/one-2.fits
    fe-simulate one.fits -m "$MODEL" --asimov -o asimov -q > asimov.txt
    fe-points @asimov.txt -m "$MODEL" -e 0.1:100TeV -f json -q | jq -e --slurpfile one one.json '.rows[0] | (.norm - 1 | fabs) < 1e-6 and
        .background == $one[0].rows[0].background'
    fe-stack one.fits -o copy --name one --no-history -q > /dev/null                  # a stack of one: the same file
    cmp copy/one.fits one.fits
    run --separate-stderr -2 fe-stack one.fits two.fits --name sum -o . -q
    one_line
}

@test "what belongs to OGIP files, unknown livetimes, other axes: one line" {
    known one 1
    fe-stack one.fits -o . --name plain --no-history -q > /dev/null
    run --separate-stderr -2 fe-points --bkg run1/bkg_obs1.fits one.fits -m "$MODEL" -q
    one_line
    [[ $stderr == *"one.fits: a dataset that holds its background and response, --bkg is for OGIP spectra" ]]
    fe-points --known-bkg one.fits run1/pha_obs1.fits -m "$MODEL" -e 1:10TeV -f csv -q > all.csv      # known as it is
    fe-points one.fits one.fits -m "$MODEL" -e 1:10TeV -f csv -q | cmp - all.csv
    LC_ALL=C sed 's/"livetime": "18000 s"/"lifetime": "18000 s"/' one.fits > unknown.fits
    run --separate-stderr -3 fe-simulate unknown.fits -m "$MODEL" --livetime 1h -o no -q
    one_line
    [[ $stderr == *"unknown.fits: its livetime is not known, which --livetime needs" ]]
    fe-simulate unknown.fits -m "$MODEL" -o yes -q > /dev/null
    run --separate-stderr -3 fe-stack one.fits run1/pha_obs1.fits -o no -q
    one_line
}

@test "gammapy reads what was written" {
    need_gammapy
    known one 1
    known two 2
    fe-stack one.fits two.fits --name sum -o . -q > /dev/null
    for f in one two sum; do fe-points "$f.fits" -m "$MODEL" -e 0.1:100TeV -f json -q > "$f.json"; done
    "$FE_GAMMAPY_PYTHON" -W ignore - <<'PY'
import json
import numpy as np
from gammapy.datasets import SpectrumDataset
from gammapy.modeling.models import PowerLawSpectralModel, SkyModel
for name in "one", "two", "sum":
    d = SpectrumDataset.read(name + ".fits")
    row = json.load(open(name + ".json"))["rows"][0]
    assert d.name == name, d.name
    m = d.mask_safe.data
    assert d.counts.data[m].sum() == row["counts"]
    assert abs(d.background.data[m].sum() / row["background"] - 1) < 1e-12
    d.models = [SkyModel(spectral_model=PowerLawSpectralModel(index=2, amplitude="1e-12 cm-2 s-1 TeV-1"))]
    s = d.npred_signal().data[m].sum()
    assert abs(s / (row["npred_excess"] / row["norm"]) - 1) < 1e-6, s
PY
}

@test "gammapy's own file: flux points and a free background agree with scipy on gammapy's prediction" {
    need_gammapy
    "$FE_GAMMAPY_PYTHON" -W ignore - <<'PY'
import json
import numpy as np, astropy.units as u
from scipy.optimize import minimize
from astropy.coordinates import SkyCoord
from astropy.time import Time
from regions import CircleSkyRegion
from gammapy.data import GTI
from gammapy.datasets import SpectrumDataset, SpectrumDatasetOnOff
from gammapy.irf import EDispKernelMap, EDispMap
from gammapy.maps import Map, MapAxis, RegionGeom, RegionNDMap
from gammapy.modeling.models import PowerLawSpectralModel, SkyModel
reco = MapAxis.from_energy_bounds("1 TeV", "10 TeV", 8)
true = MapAxis.from_energy_bounds("0.5 TeV", "20 TeV", 30, name="energy_true")
region = CircleSkyRegion(SkyCoord(83.63, 22.01, unit="deg"), 0.1 * u.deg)
g, gt = RegionGeom.create(region, axes=[reco]), RegionGeom.create(region, axes=[true])
rng = np.random.default_rng(5)
d = SpectrumDataset(name="mine", counts=RegionNDMap(g), background=RegionNDMap(g, data=30 * np.arange(1, 9.0) ** -1.5),
                    exposure=RegionNDMap(gt, data=np.linspace(1e9, 4e9, 30), unit="m2 s"),
                    edisp=EDispKernelMap.from_gauss(reco, true, sigma=0.15, bias=0),
                    mask_safe=RegionNDMap(g, data=np.arange(8) != 7), gti=GTI.create(0 * u.s, 1800 * u.s, Time(58000, format="mjd", scale="tt")))
d.models = [SkyModel(spectral_model=PowerLawSpectralModel(index=2, amplitude="1e-12 cm-2 s-1 TeV-1"))]
s, b, m = d.npred_signal().data.ravel(), d.background.data.ravel(), d.mask_safe.data.ravel()
n = rng.poisson(2 * s + 1.1 * b).astype(float)
d.counts.data = n.reshape(d.counts.data.shape)
d.write("mine.fits")
o = SpectrumDatasetOnOff.from_spectrum_dataset(dataset=d, acceptance=1, acceptance_off=5, counts_off=RegionNDMap(g, data=rng.poisson(5 * b).astype(float)))
o.write("onoff.fits", format="gadf")
o.exposure.meta = {"livetime": 1800 * u.s}
o.write("pha_obsonoff.fits", format="ogip")
migra = MapAxis.from_bounds(0.2, 2, 90, name="migra", node_type="edges")
e = EDispMap(Map.from_geom(EDispMap.from_diagonal_response(true).edisp_map.geom.to_image().to_cube([migra, true])))
x = e.edisp_map.geom.axes["migra"].center.value[:, np.newaxis, np.newaxis]
e.edisp_map.data[...] = np.exp(-((x - 1.05) / 0.15) ** 2 / 2) / (0.15 * np.sqrt(2 * np.pi))
c = SpectrumDataset(name="migra", counts=d.counts, background=d.background, exposure=d.exposure, mask_safe=d.mask_safe, gti=d.gti, edisp=e)
c.models = d.models
c.write("migra.fits")
f = lambda p: 2 * (p[0] * s + p[1] * b - n * np.log(p[0] * s + p[1] * b))[m].sum()
r = minimize(f, [1, 1], method="Nelder-Mead", options=dict(xatol=1e-10, fatol=1e-13, maxiter=10000))
json.dump(dict(migra=c.npred_signal().data.ravel()[m].sum(), norm=r.x[0], stat=r.fun, s=s[m].sum(), b=b[m].sum(), n=n[m].sum()), open("want.json", "w"))
PY
    fe-points mine.fits -m "$MODEL" -e 1:10TeV --free bkg -f json -q > free.json
    jq -en --slurpfile want want.json --slurpfile got free.json '$got[0].rows[0] as $g | $want[0] as $w |
        ($g.norm / $w.norm - 1 | fabs) < 1e-6 and ($g.stat - $w.stat | fabs) < 1e-6 and $g.counts == $w.n and
        ($g.npred_excess / $g.norm / $w.s - 1 | fabs) < 1e-6'
    fe-fit mine.fits -m "$MODEL" --free amplitude --free-background -f json -q | jq -e --slurpfile want want.json '
        ([.rows[] | select(.parameter == "amplitude")][0].value / 1e-12 / $want[0].norm - 1 | fabs) < 1e-6 and (.meta.STAT - $want[0].stat | fabs) < 1e-6'
    fe-points migra.fits -m "$MODEL" -e 1:10TeV -f json -q > migra.json                 # dispersion as a density in migra
    jq -en --slurpfile want want.json --slurpfile got migra.json '$got[0].rows[0] | (.npred_excess / .norm / $want[0].migra - 1 | fabs) < 1e-5'
    run --separate-stderr -2 fe-points onoff.fits --known-bkg -m "$MODEL" -e 1:10TeV -q
    one_line
    fe-points onoff.fits -m "$MODEL" -e 1:10TeV -f csv -q > onoff.csv                   # gadf and OGIP of one dataset
    fe-points pha_obsonoff.fits -m "$MODEL" -e 1:10TeV -f csv -q > ogip.csv
    tables_close onoff.csv <(cut -d, -f1-24 ogip.csv) 1e-6
    fe-stack mine.fits -o out --name mine -q > /dev/null
    "$FE_GAMMAPY_PYTHON" -W ignore -c '
from gammapy.datasets import SpectrumDataset
a, b = SpectrumDataset.read("mine.fits"), SpectrumDataset.read("out/mine.fits")
assert (a.counts.data == b.counts.data)[:-1].all() and (abs(a.background.data / b.background.data - 1) < 1e-12)[:-1].all()
assert (a.mask_safe.data == b.mask_safe.data).all() and len(b.gti.table) == 1'
}
