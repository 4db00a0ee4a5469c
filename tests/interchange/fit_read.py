"""fit_read.py MODELS.yaml FIT.json COVARIANCE.dat [PHA...]: gammapy reads what fe-fit wrote: values, errors and covariance are
those of the table and the file beside it; with spectra, its -2 ln L of these models is that of the fit (--compat gammapy)."""

import json
import sys

import numpy as np
from gammapy.datasets import Datasets, SpectrumDatasetOnOff
from gammapy.modeling.models import Models
from near import check, done, near

models_path, fit_path, covariance_path, *spectra = sys.argv[1:]
models = Models.read(models_path)
with open(fit_path) as f:
    fit = json.load(f)
found = {}
for model in models:
    for par in model.spectral_model.parameters:
        found[model.name, par.name] = par
for row in fit["rows"]:
    par = found[row["source"], row["parameter"]]
    name = f"{row['source']}.{row['parameter']}"
    near(f"{name} value", par.quantity.to_value(row["unit"] or ""), row["value"], 1e-14)
    near(f"{name} error", par.error, row["err"] or 0.0, 1e-12)
    check(par.frozen == row["frozen"], f"{name}: frozen is {par.frozen}")

with open(covariance_path) as f:
    cells = [[c.strip() for c in line.strip().strip("|").split("|")] for line in f][1:]
matrix = np.array([[float(x) for x in row[1:]] for row in cells])
start = 0
for model in models:
    block = slice(start, start + len(model.parameters))
    near(f"covariance of {model.name}", model.covariance.data, matrix[block, block], 1e-12)
    start = block.stop
if len(models.parameters) == len(models.parameters.unique_parameters):  # gammapy loses what links join across models
    near("covariance", models.covariance.data, matrix, 1e-12)
free = {(model.name, par.name) for model in models for par in model.spectral_model.parameters if not par.frozen}
variances = dict(zip([row[0] for row in cells], np.diag(matrix)))
check(all(variances[f"{source}.spectral.{name}"] > 0 for source, name in free), "a free parameter has no variance")
if spectra:
    datasets = Datasets([SpectrumDatasetOnOff.read(name) for name in spectra])
    datasets.models = models
    near("-2 ln L", datasets.stat_sum(), fit["meta"]["STAT"], 1e-10)
done()
