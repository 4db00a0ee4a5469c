"""series_same.py: our binned time series ours.ecsv, ours.fits of lc.fits are what gammapy makes of it, and astropy reads them;
gammapy's own go to theirs.ecsv and (through astropy, as its write() cannot) theirs.fits."""

import warnings

import numpy as np
from near import check, done, near

from astropy.table import Table
from astropy.timeseries import BinnedTimeSeries
from gammapy.estimators import FluxPoints

warnings.simplefilter("ignore")
lc = FluxPoints.read("lc.fits", format="lightcurve")
theirs = lc.to_table(sed_type="flux", format="binned-time-series")
for name, options in ("ours.ecsv", {}), ("ours.fits", {"astropy_native": True}):
    for reader in Table, BinnedTimeSeries:
        label = f"{name} as {reader.__name__}"
        ours = reader.read(name, **options)
        check(ours.colnames[:2] == theirs.colnames[:2], f"{label}: columns are {ours.colnames}")
        start, size = ours["time_bin_start"], ours["time_bin_size"]
        check(start.scale == theirs["time_bin_start"].scale, f"{label}: scale is {start.scale}")
        size = size.to_value("s") if hasattr(size, "to_value") else size.quantity.to_value("s")
        near(f"{label}: start", (start - theirs["time_bin_start"]).to_value("s"), np.zeros(len(theirs)), atol=1.5e-6)
        near(f"{label}: size", size, theirs["time_bin_size"].to_value("s"), 1e-9, atol=1.5e-6)
        for column in theirs.colnames[2:]:
            got = getattr(ours[column], "value", ours[column])
            near(f"{label}: {column}", np.ravel(got).astype(float), np.ravel(theirs[column].value).astype(float), 1e-9)
        check(str(ours["flux"].unit) == "1 / (s cm2)", f"{label}: flux in {ours['flux'].unit}")
lc.write("theirs.ecsv", sed_type="flux", format="binned-time-series", overwrite=True)
theirs.write("theirs.fits", overwrite=True)
done()
