"""tables.py CSV FILE...: astropy reads our tables (FITS, ECSV, CSV) without a warning, all to the numbers of CSV, which has canonical units."""

import sys
import warnings

import astropy.units as u
import numpy as np
from near import check, done, near, read_csv

from astropy.table import QTable, Table

warnings.simplefilter("error")
UNITS = {"dnde": u.Unit("cm-2 s-1 TeV-1"), "flux": u.Unit("cm-2 s-1"), "eflux": u.Unit("erg cm-2 s-1"), "e2dnde": u.Unit("erg cm-2 s-1")}
OTHERS = {"exposure": u.Unit("cm2 s"), "livetime": u.s}


def unit_of(name):
    if name.startswith("e_"):
        return u.TeV
    return UNITS.get(name.removeprefix("ref_").split("_")[0]) or OTHERS.get(name)


def check_column(path, name, column, want):
    unit = unit_of(name)
    if unit is None:
        near(f"{path}: {name}", column, want)
    else:
        check(column.unit == unit, f"{path}: {name} has unit {column.unit}, want {unit}")
        near(f"{path}: {name}", column.to_value(unit), want)


csv, *paths = sys.argv[1:]
want = read_csv(csv)
for path in paths:
    kind = path.rsplit(".", 1)[1]
    if kind == "csv":
        table = Table.read(path, format="ascii.csv")
        check(table.colnames == list(want), f"{path}: columns {table.colnames}")
        continue
    table = QTable.read(path, hdu=1, mask_invalid=False) if kind == "fits" else QTable.read(path, format="ascii.ecsv")
    masked = [name for name in table.colnames if np.any(getattr(table[name], "mask", False))]
    check(masked in ([], ["status"]), f"{path}: masked cells in {masked}")  # astropy masks "", in its own ECSV files too
    check(table["is_ul"].dtype == bool, f"{path}: is_ul is {table['is_ul'].dtype}")
    check(table["niter"].dtype.kind == "i", f"{path}: niter is {table['niter'].dtype}")
    check(table["status"].dtype.kind in "US", f"{path}: status is {table['status'].dtype}")
    check(table["stat_scan"].shape == (len(table), 41), f"{path}: stat_scan is {table['stat_scan'].shape}")
    for name in want:
        if name in table.colnames and name not in ("status", "source"):
            check_column(path, name, table[name], want[name])
    check(set(want) <= set(table.colnames), f"{path}: no columns {set(want) - set(table.colnames)}")
    table.write(path + ".again." + kind, format="fits" if kind == "fits" else "ascii.ecsv")  # and can write it
    check(np.isnan(table["dnde_err"]).any(), f"{path}: the test wants a nan")
done()
