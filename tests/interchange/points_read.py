"""points_read.py MODELS_YAML CSV_DIR TYPE FILE [TYPE FILE]...: gammapy reads our flux points; every type as our own conversion has it.

CSV_DIR/T.csv is what fe-convert -t T made of the same product, in canonical units.
"""

import sys
from pathlib import Path

import numpy as np
from near import check, done, near, read_csv

from gammapy.estimators import FluxPoints
from gammapy.estimators.map.core import DEFAULT_UNIT
from gammapy.modeling.models import Models

MEMBERS = "", "_err", "_errn", "_errp", "_ul", "_sensitivity"
models, folder, *pairs = sys.argv[1:]
reference = Models.read(models)[0].spectral_model


def compare(path, sed_type):
    fp = FluxPoints.read(path, reference_model=reference)
    check(fp.sed_type_init == sed_type, f"type is {fp.sed_type_init}, want {sed_type}")
    for to in "dnde", "e2dnde", "flux", "eflux", "likelihood":
        ours = read_csv(Path(folder) / f"{to}.csv")
        table = fp.to_table(sed_type=to)
        for edge in "e_min", "e_max", "e_ref":
            near(edge, table[edge].quantity.to_value("TeV"), ours[edge])
        stem = "norm" if to == "likelihood" else to
        for member in MEMBERS:
            got = table[stem + member].quantity.to_value(DEFAULT_UNIT[to])
            near(f"{to}: {stem}{member}", got, ours[stem + member], 1e-9)
        if to == "likelihood":
            for ref in "ref_dnde", "ref_flux", "ref_eflux":
                near(ref, table[ref].quantity.to_value(DEFAULT_UNIT[ref[4:]]), ours[ref], 1e-9)
        for name in "ts", "sqrt_ts", "npred", "npred_excess", "counts", "stat", "stat_null", "niter", "is_ul":
            near(f"{to}: {name}", table[name], ours[name])

    # scans: gammapy has one axis of norms, that of the first row, for all rows; the values are those of each row
    near("norm_scan of the first row", fp.stat_scan.geom.axes["norm"].center, ours["norm_scan"][0])
    near("stat_scan", fp.stat_scan.data, ours["stat_scan"])
    rise = fp.stat_scan.data[:, :, 0, 0] - fp.stat.data[:, :, 0]
    check(np.all(rise[:, [0, -1]] > 24.9), f"scans end at a rise of {rise[:, [0, -1]]}, want 25")
    check(np.all(abs(rise.min(axis=1)) < 1e-9), f"scans have their lowest at {rise.min(axis=1)} above the best")

    # limits of 0.95 one-sided are 0.90 two-sided, which gammapy has to a tenth of sigma; levels, times
    if path.endswith(".fits"):
        near("n_sigma_ul", fp.n_sigma_ul, 1.6)
        near("GTI", fp.gti.time_delta.to_value("s"), [1800, 1800], 1e-9)
        near("start", fp.gti.time_start.tt.mjd, [60000.9, 60000.9 + 1 / 48], 1e-15)
    check(fp.meta["METHOD"] == "fold" and fp.meta["NSIGMA"] == 1, f"meta is {fp.meta}")


for sed_type, path in zip(pairs[::2], pairs[1::2]):
    compare(path, sed_type)
done()
