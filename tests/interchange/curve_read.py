"""curve_read.py: gammapy and astropy read our light curves TYPE.fits as our own conversions TYPE.csv have them."""

import numpy as np
from near import check, done, near, read_csv

from astropy.table import Table
from astropy.time import Time
from gammapy.estimators import FluxPoints
from gammapy.estimators.map.core import DEFAULT_UNIT

SHAPE = 3, 2
for sed_type in "dnde", "e2dnde", "flux", "eflux", "likelihood":
    ours = read_csv(f"{sed_type}.csv")
    table = Table.read(f"{sed_type}.fits", hdu="FLUXPOINTS")
    lc = FluxPoints.read(f"{sed_type}.fits", format="lightcurve")
    got = lc.to_table(sed_type=sed_type, format="lightcurve")
    check(lc.geom.data_shape[:2] == SHAPE, f"shape is {lc.geom.data_shape}, want {SHAPE}")
    check(lc.sed_type_init == sed_type, f"type is {lc.sed_type_init}, want {sed_type}")
    stem = "norm" if sed_type == "likelihood" else sed_type
    names = [stem + m for m in ("", "_err", "_errn", "_errp", "_ul", "_sensitivity")]
    for name in names + ["e_min", "e_max", "e_ref"]:
        unit = "TeV" if name.startswith("e_") else DEFAULT_UNIT[sed_type]
        near(f"{sed_type}: {name}", got[name].quantity.to_value(unit), np.reshape(ours[name], SHAPE), 1e-9)
        near(f"{sed_type}: astropy: {name}", table[name].quantity.to_value(unit), np.reshape(ours[name], SHAPE), 1e-12)
    for name in "ts", "sqrt_ts", "npred", "npred_excess", "counts", "stat", "stat_null", "is_ul", "success":
        near(f"{sed_type}: {name}", got[name], np.reshape(ours[name], SHAPE))
    near(f"{sed_type}: stat_scan", table["stat_scan"], np.reshape(ours["stat_scan"], (*SHAPE, 3)))

    # instants: all are in TT, also those that were UTC, for which gammapy loses the leap seconds
    axis = lc.geom.axes["time"]
    check(axis.time_min.scale == "tt", f"scale is {axis.time_min.scale}, want tt")
    for name, instants in ("time_min", axis.time_min), ("time_max", axis.time_max):
        want = Time(np.reshape(ours[name], SHAPE)[:, 0], format="mjd", scale="tt")
        near(f"{sed_type}: {name} [s]", (instants.tt - want).to_value("s"), np.zeros(3), atol=1.5e-6)
        direct = Time(table[name], format="mjd", scale=table.meta["TIMESYS"].lower())
        near(f"{sed_type}: astropy: {name} [s]", (direct.tt - want).to_value("s"), np.zeros(3), atol=1.5e-6)
done()
