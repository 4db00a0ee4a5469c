"""curve_series.py: the light curve lc.fits as BinnedTimeSeries of astropy: series.fits, series.ecsv, and with times as text iso.ecsv."""

import warnings

from near import done

from astropy import units as u
from astropy.time import Time
from astropy.timeseries import BinnedTimeSeries
from gammapy.estimators import FluxPoints

warnings.simplefilter("ignore")
lc = FluxPoints.read("lc.fits", format="lightcurve")
table = lc.to_table(sed_type="flux", format="lightcurve")
start = Time(table["time_min"], format="mjd", scale="tt").utc
stop = Time(table["time_max"], format="mjd", scale="tt").utc
for name in "series.fits", "series.ecsv", "iso.ecsv":
    times = Time(start, format="isot", precision=9) if name.startswith("iso") else start
    series = BinnedTimeSeries(time_bin_start=times, time_bin_size=(stop - start).to(u.s))
    for column in "e_ref", "e_min", "e_max", "flux", "flux_err", "is_ul":
        series[column] = table[column]
    series.write(name)
done()
