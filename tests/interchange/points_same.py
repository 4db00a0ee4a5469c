"""points_same.py A B [A B]...: gammapy reads the same from two files of flux points: numbers, types, times, meta."""

import sys

import numpy as np
from near import check, done, near

from gammapy.estimators import FluxPoints


def compare(paths):
    a, b = (FluxPoints.read(path) for path in paths)
    one, two = (fp.to_table() for fp in (a, b))
    check(one.colnames == two.colnames, f"columns: {one.colnames}, {two.colnames}")
    for name in one.colnames:
        check(one[name].unit == two[name].unit, f"{name}: units {one[name].unit}, {two[name].unit}")
        check(one[name].dtype.kind == two[name].dtype.kind, f"{name}: types {one[name].dtype}, {two[name].dtype}")
        check(one[name].shape == two[name].shape, f"{name}: shapes {one[name].shape}, {two[name].shape}")
        check(np.array_equal(one[name], two[name], equal_nan=True), f"{name}: {one[name]}, {two[name]}")
    check(a.sed_type_init == b.sed_type_init and a.n_sigma_ul == b.n_sigma_ul, "type or level of limits")
    check((a.gti is None) == (b.gti is None), "GTI")
    if a.gti:
        near("start", b.gti.time_start.tt.mjd, a.gti.time_start.tt.mjd, 1e-15)
        near("stop", b.gti.time_stop.tt.mjd, a.gti.time_stop.tt.mjd, 1e-15)
    for key, value in a.meta.items():
        check(b.meta.get(key) == value, f"meta {key}: {value}, {b.meta.get(key)}")


for i in range(1, len(sys.argv), 2):
    compare(sys.argv[i : i + 2])
done()
