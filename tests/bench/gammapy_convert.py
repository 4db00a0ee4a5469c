"""One conversion with gammapy: gammapy_convert.py INPUT OUTPUT SED_TYPE."""
import sys

from gammapy.estimators import FluxPoints

FluxPoints.read(sys.argv[1]).write(sys.argv[2], sed_type=sys.argv[3], overwrite=True)
