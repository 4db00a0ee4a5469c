"""fit_maps.py FITTED.yaml FIT.json START.yaml|- NAME=FILE...: what fe-fit found in map datasets (those whose name begins
with onoff have OFF counts) is gammapy's minimum.

-2 ln L of gammapy with the fitted models is that of the table.  With START.yaml gammapy's Fit starts from there: values within
1e-4 of their error, errors within 1 %.  With '-' its gradient at the fitted models, taken by differences, and the covariance of
fe-fit say how far its minimum is from there: within 1e-4 of the errors."""

import json
import sys

import numpy as np
from gammapy.datasets import Datasets, MapDataset, MapDatasetOnOff
from gammapy.modeling import Fit
from gammapy.modeling.models import Models
from near import check, done, near

fitted_path, fit_path, start_path, *named = sys.argv[1:]
with open(fit_path) as f:
    fit = json.load(f)


def read(item):
    name, path = item.split("=")
    return (MapDatasetOnOff if name.startswith("onoff") else MapDataset).read(path, name=name)


datasets = Datasets([read(item) for item in named])


def free_pars(models):
    return {(m.name, p.name): p for m in models for p in m.parameters if not p.frozen}


rows = {(row["source"], row["parameter"]): row for row in fit["rows"] if not row["frozen"]}
fitted = Models.read(fitted_path)
datasets.models = fitted
near("-2 ln L", datasets.stat_sum(), fit["meta"]["STAT"], 1e-8)
check(set(free_pars(fitted)) == set(rows), f"free: {set(free_pars(fitted))}, expected {set(rows)}")
for model in fitted:
    for par in model.parameters:
        if (model.name, par.name) in rows:
            near(f"{par.name} error", par.error, rows[model.name, par.name]["err"], 1e-12)

if start_path == "-":
    index = [i for i, p in enumerate(fitted.parameters) if not p.frozen]
    c = Models.read(fitted_path).covariance.data[np.ix_(index, index)]
    step = 0.02 / np.sqrt(np.diag(np.linalg.inv(c)))
    gradient = []
    for i, h in zip(index, step):
        par = fitted.parameters[i]
        at, side = par.value, []
        for k in (1, -1, 2, -2):
            par.value = at + k * h
            side.append(datasets.stat_sum())
        par.value = at
        gradient.append((8 * (side[0] - side[1]) - (side[2] - side[3])) / (12 * h))
    offset = 0.5 * c @ np.array(gradient) / np.sqrt(np.diag(c))
    check(np.all(np.abs(offset) < 1e-4), f"the minimum lies {offset} errors away")
else:
    datasets.models = Models.read(start_path)
    result = Fit(optimize_opts={"tol": 1e-7, "strategy": 1, "print_level": 0}).run(datasets)
    check(result.success, "gammapy's fit did not converge")
    for key, par in free_pars(datasets.models).items():
        row = rows[key]
        value = par.quantity.to_value(row["unit"] or "")
        check(abs(value - row["value"]) <= 1e-4 * row["err"], f"{key}: {value}, expected {row['value']} +- {row['err']}")
        near(f"error of {key}", par.error, row["err"], 1e-2)
done()
