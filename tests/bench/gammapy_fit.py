"""A log parabola fitted to OGIP runs with gammapy, as fe-fit does it in tests/bench/run.

gammapy_fit.py MODEL.yaml OUTPUT.yaml PHA...
"""
import sys

from gammapy.datasets import Datasets, SpectrumDatasetOnOff
from gammapy.modeling import Fit
from gammapy.modeling.models import Models

model, output, *files = sys.argv[1:]
datasets = Datasets([SpectrumDatasetOnOff.read(name) for name in files])
datasets.models = Models.read(model)
Fit().run(datasets)
datasets.models.write(output, overwrite=True)
