"""templates.py make|check|compat DIR SHARED -- template models in gammapy: files and what it predicts, and what we predict against that.

check: Asimov maps NAME.fits.out; compat: tables NAME.csv of --compat gammapy, npred_excess / norm in bands of energy.
"""
import csv
import sys
from pathlib import Path

import numpy as np
from astropy.coordinates import SkyCoord
from gammapy.datasets import MapDataset
from gammapy.maps import Map, MapAxis, WcsGeom
from gammapy.modeling.models import (DiskSpatialModel, GaussianSpatialModel, GeneralizedGaussianSpatialModel, Models,
                                     PowerLawNormSpectralModel, PowerLawSpectralModel, Shell2SpatialModel, ShellSpatialModel, SkyModel,
                                     TemplateNPredModel, TemplateSpatialModel)

HERE, SHARED = Path(sys.argv[2]), Path(sys.argv[3])
DATA = {"cta": SHARED / "data/cta-1dc/cta-1dc-gc.fits.gz", "lat": SHARED / "data/fermi-3fhl-gc/fermi-3fhl-gc.fits.gz"}
# name: dataset, largest difference in a pixel in units of the largest value, difference of the sum, pixels from the border that count.
# On the pixels of the data gammapy's values are ours; between them it takes the logarithms of the values, which makes sources fainter.
# diffuse: the wings of the PSF reach the border, where gammapy knows no flux from beyond the map; the last band lacks true energies.
CASES = {"same": ("cta", 1e-5, 1e-6, 0), "cube": ("cta", 1e-5, 1e-6, 0), "turned": ("cta", 6e-3, 1.2e-2, 0), "moved": ("cta", 6e-3, 1e-2, 0),
         "diffuse": ("lat", 2e-2, 3e-3, 45), "background": ("cta", 1e-5, 1e-6, 0),
         "gauss": ("cta", 1e-5, 1e-5, 0), "disk": ("cta", 1e-5, 1e-5, 0), "general": ("cta", 1e-5, 1e-5, 0), "shell": ("cta", 1e-5, 1e-5, 0),
         "shell2": ("cta", 1e-5, 1e-5, 0)}


def blob(geom, lon, lat, sigma, frame="galactic"):
    r = geom.to_image().separation(SkyCoord(lon, lat, unit="deg", frame=frame)).deg
    return np.exp(-0.5 * (r / sigma) ** 2)


def make_maps(dataset):
    """On the pixels of the data and 0 beyond a circle; the same in energies; shining everywhere on larger pixels of another frame."""
    image = dataset.counts.geom.to_image().cutout(SkyCoord(0.3, -0.2, unit="deg", frame="galactic"), (2, 1.5), odd_npix=True)
    same = Map.from_geom(image, data=np.where(blob(image, 0.3, -0.2, 0.3) > 0.1, blob(image, 0.4, -0.1, 0.2), 0), unit="sr-1")
    same.write(HERE / "same.fits", overwrite=True)
    axis = MapAxis.from_energy_bounds("0.05 TeV", "200 TeV", nbin=5, per_decade=False, name="energy_true")
    cube = Map.from_geom(image.to_cube([axis]), unit="sr-1")
    for k, sigma in enumerate([0.5, 0.4, 0.3, 0.2, 0.1]):
        cube.data[k] = 1e-3 + blob(image, 0.3, -0.2, sigma)
    cube.write(HERE / "cube.fits", overwrite=True)
    part = dataset.background.cutout(SkyCoord(0.5, 0.5, unit="deg", frame="galactic"), (4, 3), odd_npix=True)
    part.write(HERE / "background.fits", overwrite=True)
    wide = WcsGeom.create(skydir=(266.6, -29.1), width=(2.0, 1.6), binsz=0.08, frame="icrs", proj="TAN")
    Map.from_geom(wide, data=0.01 + blob(wide, 266.5, -29.2, 0.3, "icrs"), unit="").write(HERE / "turned.fits", overwrite=True)


def background():
    """Part of the background of the data, as a background of its own."""
    tilted = PowerLawNormSpectralModel(norm=0.3, tilt=0.5, reference="0.5 TeV")
    return TemplateNPredModel(Map.read(HERE / "background.fits"), spectral_model=tilted, name="part", filename="background.fits")


def models():
    pl = PowerLawSpectralModel(index=2.2, amplitude="1e-11 cm-2 s-1 TeV-1")
    norm = PowerLawNormSpectralModel(norm=1.1, tilt=0.05, reference="0.1 TeV")
    yield "same", pl, TemplateSpatialModel.read(HERE / "same.fits")
    yield "cube", pl, TemplateSpatialModel.read(HERE / "cube.fits")
    yield "turned", pl, TemplateSpatialModel.read(HERE / "turned.fits")
    moved = TemplateSpatialModel.read(HERE / "cube.fits")
    moved.lon_0.value += 0.0875
    moved.lat_0.value += 0.1
    yield "moved", pl, moved
    place = {"lon_0": "0.4 deg", "lat_0": "-0.13 deg", "frame": "galactic"}
    yield "gauss", pl, GaussianSpatialModel(sigma="0.15 deg", e=0.6, phi="30 deg", **place)
    yield "disk", pl, DiskSpatialModel(r_0="0.4 deg", e=0.5, phi="70 deg", **place)
    yield "general", pl, GeneralizedGaussianSpatialModel(r_0="0.2 deg", eta=0.8, e=0.4, phi="20 deg", **place)
    yield "shell", pl, ShellSpatialModel(radius="0.35 deg", width="0.1 deg", **place)
    yield "shell2", pl, Shell2SpatialModel(r_0="0.5 deg", eta=0.3, **place)
    yield "background", pl, TemplateSpatialModel.read(HERE / "same.fits")
    yield "diffuse", norm, TemplateSpatialModel.read(SHARED / "data/fermi-3fhl-gc/gll_iem_v06_gc.fits.gz", normalize=False)


def make():
    make_maps(MapDataset.read(DATA["cta"]))
    for name, spectral, spatial in models():
        sky = [SkyModel(spectral_model=spectral, spatial_model=spatial, name=name)] + [background()] * (name == "background")
        Models(sky).write(HERE / f"{name}.yaml", overwrite=True)
        dataset = MapDataset.read(DATA[CASES[name][0]])
        dataset.models = sky
        dataset.npred_signal().write(HERE / f"{name}_npred.fits", overwrite=True)


def check():
    bad = False
    for name, (data, rtol, sum_rtol, border) in CASES.items():
        dataset = MapDataset.read(DATA[data])
        got = MapDataset.read(HERE / f"{name}.fits.out").counts.data - dataset.npred_background().data
        want = Map.read(HERE / f"{name}_npred.fits").data
        inner = (slice(None, -1 if data == "lat" else None),) + (slice(border, -border or None),) * 2
        got, want = got[inner], want[inner]
        worst = np.max(np.abs(got - want)) / want.max()
        total = abs(got.sum() / want.sum() - 1)
        print(f"{name}: largest difference {worst:.2e} of the peak, sum {total:.2e}, {want.sum():.6g} counts")
        bad |= not (worst < rtol and total < sum_rtol)
    sys.exit(bad)


def compat():
    dataset = MapDataset.read(DATA["cta"])
    for name in ("same", "cube", "turned", "moved"):
        want = (Map.read(HERE / f"{name}_npred.fits").data * dataset.mask.data).sum(axis=(1, 2))
        got = [float(r["npred_excess"]) / float(r["norm"]) for r in csv.DictReader(open(HERE / f"{name}.csv"))]
        print(name, np.array(got) / want - 1)
        np.testing.assert_allclose(got, want, rtol=2e-6)


{"make": make, "check": check, "compat": compat}[sys.argv[1]]()
