"""A light curve by run with gammapy: gammapy_curve.py MODEL.yaml OUTPUT.fits PHA...

Writes the seconds of CPU inside the estimator to standard output: "inside 20.1".
"""
import sys
import time

from astropy import units as u
from gammapy.datasets import Datasets, SpectrumDatasetOnOff
from gammapy.estimators import LightCurveEstimator
from gammapy.modeling.models import Models

model, output, *files = sys.argv[1:]
datasets = Datasets([SpectrumDatasetOnOff.read(path, name=f"run-{k}") for k, path in enumerate(files)])
datasets.models = Models.read(model)
estimator = LightCurveEstimator(
    energy_edges=[0.5, 20] * u.TeV, selection_optional=["errn-errp", "ul"]
)
start = time.process_time()
curve = estimator.run(datasets)
print("inside", time.process_time() - start)
curve.write(output, format="lightcurve", overwrite=True)
