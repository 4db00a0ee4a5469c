"""points_write.py DIR MODELS_YAML PHA...: gammapy estimates flux points and writes them in every type, DIR/T.fits and DIR/T.ecsv,
and what they hold in canonical units as DIR/T.csv: npred, counts ... are a list, a number for each dataset.
"""

import sys
from pathlib import Path

import astropy.units as u
from near import write_csv

from gammapy.datasets import Datasets, SpectrumDatasetOnOff
from gammapy.estimators import FluxPointsEstimator
from gammapy.estimators.map.core import DEFAULT_UNIT
from gammapy.modeling.models import Models

folder, models = Path(sys.argv[1]), Models.read(sys.argv[2])
datasets = Datasets([SpectrumDatasetOnOff.read(pha) for pha in sys.argv[3:]])
datasets.models = models
estimator = FluxPointsEstimator([0.5, 2, 8] * u.TeV, source="source", selection_optional="all")
estimator.norm.scan_n_values = 7
fp = estimator.run(datasets)
for sed_type in "dnde", "e2dnde", "flux", "eflux", "likelihood":
    table = fp.to_table(sed_type=sed_type)
    for suffix in "fits", "ecsv":
        fp.write(folder / f"{sed_type}.{suffix}", sed_type=sed_type, overwrite=True)
    columns = {}
    for name in table.colnames:
        values = table[name].quantity
        if name in ("e_min", "e_max", "e_ref"):
            columns[name] = values.to_value("TeV")
        elif name.startswith("ref_"):
            columns[name] = values.to_value(DEFAULT_UNIT[name[4:]])
        elif values.unit.is_unity():
            columns[name] = values.value
        else:
            columns[name] = values.to_value(DEFAULT_UNIT[sed_type])
    write_csv(folder / f"{sed_type}.csv", columns)
