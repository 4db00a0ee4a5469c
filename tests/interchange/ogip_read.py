"""ogip_read.py ASIMOV_PHA MODELS_YAML INFO_JSON: gammapy reads a run of fe-simulate --asimov as our tools see it, and predicts its counts."""

import json
import sys

import numpy as np
from near import check, done, near

from gammapy.datasets import SpectrumDatasetOnOff
from gammapy.modeling.models import Models

pha, models, info = sys.argv[1:]
dataset = SpectrumDatasetOnOff.read(pha)
with open(info) as file:
    ours = json.load(file)

# what fe-info says
edges = dataset.counts.geom.axes["energy"].edges.to_value("TeV")
lo, hi = (float(x) for x in ours["energies"].split(" TeV")[0].split(" to "))
near("channels", edges.size - 1, ours["channels"])
near("first and last edge", [edges[0], edges[-1]], [lo, hi], 1e-8)
near("counts", dataset.counts.data.sum(), ours["counts"], 1e-5)
near("off counts", dataset.counts_off.data.sum(), ours["off_counts"], 1e-5)
near("background", dataset.background.data.sum(), ours["background"], 1e-5)
near("channels in use", dataset.mask_safe.data.sum(), ours["channels_used"])
near("livetime", dataset.exposure.meta["livetime"].to_value("s"), ours["livetime_s"])
true = dataset.exposure.geom.axes["energy_true"].edges.to_value("TeV")
check(ours["true_energies"].endswith(f"in {true.size - 1} bins"), f"true energies: {ours['true_energies']}, {true.size - 1} bins")

# the built-in response: area A E / (E + knee) averaged over each true bin, resolution normalised, ratio of acceptances
near("alpha", dataset.alpha.data, np.full(dataset.alpha.data.shape, 0.2), 1e-15)
kernel = dataset.edisp.get_edisp_kernel().pdf_matrix
check(np.all(kernel.sum(axis=1) < 1 + 1e-6) and kernel.sum(axis=1).max() > 1 - 1e-6, "redistribution is not normalised")

# good time intervals
start, stop = dataset.gti.time_start, dataset.gti.time_stop
near("start", start.tt.mjd, 60000.9, 1e-15)
near("length", (stop - start).to_value("s"), 1800, 1e-9)
check(dataset.gti.time_ref.scale == "tt", f"time scale is {dataset.gti.time_ref.scale}")

# signal predicted by gammapy for the true model = counts less the background
dataset.models = Models.read(models)
excess = dataset.counts - dataset.background
near("predicted signal", dataset.npred_signal().data, excess.data, 1e-6, 1e-9)
done()
