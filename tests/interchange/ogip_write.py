"""ogip_write.py DIR PHA...: gammapy writes what it read, and spoils nothing: DIR/pha_NAME.fits with companions."""

import sys
from pathlib import Path

import near  # noqa: F401  (quiet)
import numpy as np

from gammapy.datasets import SpectrumDatasetOnOff

for pha in sys.argv[2:]:
    dataset = SpectrumDatasetOnOff.read(pha)
    mask = dataset.mask_safe.data
    mask[:2] = False  # so that QUALITY says something
    dataset.mask_safe.data = np.array(mask, dtype=bool)
    dataset.write(Path(sys.argv[1]) / f"pha_{dataset.name}.fits", format="ogip")
