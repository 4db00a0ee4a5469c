"""models_write.py DIR: gammapy writes spectral models, DIR/NAME.yaml, and their values in three bands, DIR/NAME.csv."""

import operator
import sys
from pathlib import Path

import astropy.units as u
import numpy as np
from near import write_csv

from gammapy.modeling.models import (
    CompoundSpectralModel,
    EBLAbsorptionNormSpectralModel,
    ExpCutoffPowerLawSpectralModel,
    LogParabolaSpectralModel,
    Models,
    PiecewiseNormSpectralModel,
    PowerLaw2SpectralModel,
    PowerLawNormSpectralModel,
    PowerLawSpectralModel,
    SkyModel,
    SmoothBrokenPowerLawSpectralModel,
    TemplateSpectralModel,
)

AMPLITUDE = "3.4e-11 cm-2 s-1 TeV-1"
pl = PowerLawSpectralModel(index=2.43, amplitude=AMPLITUDE, reference="1.2 TeV")
ecpl = ExpCutoffPowerLawSpectralModel(index=1.9, amplitude=AMPLITUDE, lambda_="0.08 TeV-1", alpha=1.2)
energy = np.geomspace(0.05, 200, 60) * u.TeV
redshift = np.linspace(0.01, 0.5, 8)
transmission = np.exp(-np.outer(redshift, (energy / u.TeV).to_value("") ** 0.7))
ebl = EBLAbsorptionNormSpectralModel(energy=energy, param=redshift, data=transmission, redshift=0.12, alpha_norm=0.9)
MODELS = {
    "pl": pl,
    "pl2": PowerLaw2SpectralModel(index=2.3, amplitude="4e-12 cm-2 s-1", emin="0.5 TeV", emax="20 TeV"),
    "lp": LogParabolaSpectralModel(alpha=2.2, beta=0.13, amplitude=AMPLITUDE, reference="800 GeV"),
    "ecpl": ecpl,
    "sbpl": SmoothBrokenPowerLawSpectralModel(index1=1.7, index2=2.9, amplitude=AMPLITUDE, ebreak="3 TeV", beta=0.8),
    "compound": CompoundSpectralModel(ecpl, PowerLawNormSpectralModel(tilt=0.2, norm=1.3), operator.mul),
    "piecewise": CompoundSpectralModel(pl, PiecewiseNormSpectralModel([0.1, 1, 10, 100] * u.TeV, [0.9, 1.1, 1.3, 0.8]), operator.mul),
    "ebl": CompoundSpectralModel(pl, ebl, operator.mul),
    "template": TemplateSpectralModel(energy, ecpl(energy).to("GeV-1 m-2 s-1")),
}
folder = Path(sys.argv[1])
e_min, e_max = [0.3, 1, 4] * u.TeV, [1, 4, 30] * u.TeV
e_ref = np.sqrt(e_min * e_max)
for name, spectrum in MODELS.items():
    Models([SkyModel(spectral_model=spectrum, name="source")]).write(folder / f"{name}.yaml", write_covariance=False, overwrite=True)
    columns = {"e_min": e_min, "e_max": e_max, "e_ref": e_ref}
    write_csv(folder / f"{name}-dnde.csv", {**columns, "dnde": spectrum(e_ref).to_value("cm-2 s-1 TeV-1")})
    # gammapy's own quadrature has some 1e-4: many more nodes
    flux = [spectrum.integral(lo, hi, ndecade=20000).to_value("cm-2 s-1") for lo, hi in zip(e_min, e_max)]
    write_csv(folder / f"{name}-flux.csv", {**columns, "flux": flux})
