"""models_read.py VALUES_CSV PRODUCT [VALUES_CSV PRODUCT]...: gammapy reads the models stored in our FITS products, with the same values.

models_read.py --print PRODUCT: the models YAML of a product.
"""

import sys

import astropy.units as u
from astropy.io import fits
from near import check, done, near, read_csv


def stored(path):
    with fits.open(path) as hdus:
        return "\n".join(line.rstrip() for line in hdus["REFMODEL"].data["YAML"])


def compare(csv, product):
    from gammapy.modeling.models import Models

    ours = read_csv(csv)
    models = Models.from_yaml(stored(product))
    check(models.names == ["source"], f"{product}: names {models.names}")
    spectrum = models["source"].spectral_model
    near(product, spectrum(ours["e_ref"] * u.TeV).to_value("cm-2 s-1 TeV-1"), ours["dnde"], 1e-12)


args = sys.argv[1:]
if args[0] == "--print":
    print(stored(args[1]))
else:
    for csv, product in zip(args[::2], args[1::2]):
        compare(csv, product)
done()
