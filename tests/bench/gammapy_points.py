"""Flux points of OGIP runs with gammapy: everything computed, as fe-points does it in tests/bench/run.

gammapy_points.py MODEL.yaml OUTPUT.fits PHA...
"""
import sys

import numpy as np
from astropy import units as u
from gammapy.datasets import Datasets, SpectrumDatasetOnOff
from gammapy.estimators import FluxPointsEstimator
from gammapy.modeling.models import Models

model, output, *files = sys.argv[1:]
datasets = Datasets([SpectrumDatasetOnOff.read(name) for name in files])
datasets.models = Models.read(model)
estimator = FluxPointsEstimator(
    energy_edges=np.geomspace(0.66, 30, 11) * u.TeV,
    selection_optional=["errn-errp", "ul", "scan", "sensitivity"],
)
estimator.run(datasets).write(output, format="gadf-sed", sed_type="likelihood", overwrite=True)
