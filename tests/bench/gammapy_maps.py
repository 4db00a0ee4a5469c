"""One map job with gammapy, single thread: gammapy_maps.py JOB INPUT OUTPUT [MODELS].

Writes the seconds of CPU inside the estimator to standard output: "inside 6.1".
JOB: ts, ts-all (errors and limit), excess (Cash), excess-onoff (WStat, errors and limit), points, points-free, points-hawc,
points-hawc-free, fit (index, amplitude, norm of the background).
"""
import sys
import time

import numpy as np
from astropy import units as u
from gammapy.datasets import Datasets, MapDataset, MapDatasetOnOff
from gammapy.estimators import ExcessMapEstimator, FluxPointsEstimator, TSMapEstimator
from gammapy.modeling import Fit
from gammapy.modeling.models import (
    Models,
    PointSpatialModel,
    PowerLawSpectralModel,
    SkyModel,
)

job, source, output, *models = sys.argv[1:]
all_of_it = ["errn-errp", "ul"]


def ts(selection):
    spectrum = PowerLawSpectralModel(index=2, amplitude="1e-10 cm-2 s-1 TeV-1")
    estimator = TSMapEstimator(
        SkyModel(spectral_model=spectrum, spatial_model=PointSpatialModel()),
        kernel_width="1 deg",
        energy_edges=[10, 500] * u.GeV,
        selection_optional=selection,
    )
    return estimator, MapDataset.read(source)


def excess(kind, radius, selection):
    estimator = ExcessMapEstimator(
        correlation_radius=radius, selection_optional=selection, n_sigma_ul=2, correlate_off=False
    )
    return estimator, kind.read(source)


def points(free, name="cta-1dc-gc", edges=np.geomspace(0.1, 10, 5)):
    dataset = MapDataset.read(source, name=name)
    dataset.models = Models.read(models[0])
    estimator = FluxPointsEstimator(
        source=dataset.models.names[0],
        energy_edges=edges * u.TeV,
        selection_optional=all_of_it,
        reoptimize=free,
    )
    return estimator, Datasets([dataset])


class Fitter:
    """The fit as an estimator; its result is the models."""

    def run(self, datasets):
        Fit().run(datasets)
        return datasets.models


hawc = np.array([3.16, 5.62, 10, 17.8, 31.6])
jobs = {
    "ts": lambda: ts([]),
    "ts-all": lambda: ts(all_of_it),
    "excess": lambda: excess(MapDataset, "0.1 deg", []),
    "excess-onoff": lambda: excess(MapDatasetOnOff, "0.12 deg", all_of_it),
    "points": lambda: points(False),
    "points-free": lambda: points(True),
    "points-hawc": lambda: points(False, "nHit-5", hawc),
    "points-hawc-free": lambda: points(True, "nHit-5", hawc),
    "fit": lambda: (Fitter(), points(False)[1]),
}
estimator, data = jobs[job]()
start = time.process_time()
result = estimator.run(data)
print("inside", time.process_time() - start)
result.write(output, overwrite=True)
