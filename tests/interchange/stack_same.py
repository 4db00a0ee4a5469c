"""stack_same.py OURS FILE... [-- OURS FILE...]...: our stack of map datasets is gammapy's of the same files.

The geometry is that of the first file; with --like FILE in front of OURS that of a dataset.  Counts, background, OFF counts, acceptance, masks,
exposure, PSF and dispersion with their exposures, livetime, good times and runs are compared.
"""

import sys

import numpy as np
from near import check, done, near

from gammapy.datasets import Datasets, MapDataset, MapDatasetOnOff

RTOL = 1e-6  # gammapy adds in single precision


def read(name):
    dataset = MapDataset.read(name, name=name)
    return dataset if dataset.background is not None else MapDatasetOnOff.read(name, name=name)


def stack(files, like):
    datasets = Datasets([read(name) for name in files])
    if not like:
        return datasets.stack_reduce(name="sum")
    out = type(datasets[0]).from_geoms(**read(like).geoms, name="sum")
    for dataset in datasets:
        out.stack(dataset)
    return out


def maps_of(dataset):
    out = {
        "counts": dataset.counts,
        "exposure": dataset.exposure,
        "mask": dataset.mask_safe,
        "psf": dataset.psf.psf_map,
        "psf exposure": dataset.psf.exposure_map,
        "edisp": dataset.edisp.edisp_map,
        "edisp exposure": dataset.edisp.exposure_map,
    }
    if not isinstance(dataset, MapDatasetOnOff):
        return out | {"background": dataset.background}
    off = {"counts_off": dataset.counts_off, "acceptance": dataset.acceptance}
    return out | off | {"alpha n_off": dataset.alpha * dataset.counts_off, "alpha": dataset.alpha * dataset.mask_safe.data}


def compare(name, ours, theirs):
    """Relative to the largest value of a plane: of an image, or of all places of a response."""
    got, want = ours.quantity.to_value(theirs.unit).astype(float), np.nan_to_num(theirs.data.astype(float))
    check(ours.geom.to_image().is_aligned(theirs.geom.to_image()), f"{name}: other pixels")
    check(got.shape == want.shape, f"{name}: shape {got.shape}, gammapy has {want.shape}")
    check(want.any(), f"{name}: nothing to compare")
    if got.shape == want.shape:
        near(name, got / np.abs(want).max(), want / np.abs(want).max(), rtol=RTOL, atol=RTOL * 0.1)


def compare_stack(arguments):
    like = arguments[1] if arguments[0] == "--like" else None
    ours, *files = arguments[2:] if like else arguments
    theirs = stack(files, like)
    ours = type(theirs).read(ours)
    got = maps_of(ours)
    for name, want in maps_of(theirs).items():
        compare(name, got[name], want)
    near("livetime", ours.exposure.meta["livetime"].to_value("s"), theirs.exposure.meta["livetime"].to_value("s"))
    near("start", ours.gti.time_start.tt.mjd, theirs.gti.time_start.tt.mjd, 0, 1e-10)
    near("stop", ours.gti.time_stop.tt.mjd, theirs.gti.time_stop.tt.mjd, 0, 1e-10)
    for name in ("TELESCOP", "OBS_ID", "RA_PNT", "DEC_PNT"):
        cells = [np.ravel(d.meta_table[name][0]).tolist() for d in (ours, theirs)]
        check(cells[0] == cells[1], f"{name}: {cells}")


def main(arguments):
    while "--" in arguments:
        end = arguments.index("--")
        compare_stack(arguments[:end])
        arguments = arguments[end + 1 :]
    compare_stack(arguments)


main(sys.argv[1:])
done()
