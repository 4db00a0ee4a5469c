"""What the programs here share: quiet libraries, comparisons that name what differs, tables of numbers."""

import csv
import json
import logging
import sys

import numpy as np

logging.getLogger().setLevel(logging.ERROR)
N_BAD = 0


def check(ok, text):
    global N_BAD
    if not ok:
        N_BAD += 1
        print(text)


def near(what, got, want, rtol=1e-12, atol=0.0):
    """Arrays are close; nan is close to nan."""
    got, want = (np.asarray(x, dtype=float).squeeze() for x in (got, want))
    if got.shape != want.shape:
        check(False, f"{what}: got shape {got.shape}, want {want.shape}")
        return
    ok = np.isclose(got, want, rtol=rtol, atol=atol, equal_nan=True)
    check(np.all(ok), f"{what}: got {got[~ok][:6]}, want {want[~ok][:6]}")


def read_csv(path):
    """Columns of numbers: [n], or [n][m] where the cells are lists."""
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: np.array([number(row[name]) for row in rows]) for name in rows[0]}


def number(text):
    """A cell: a number, True or False, a list; other words and nothing are nan."""
    try:
        return float(text)
    except ValueError:
        pass
    if text.startswith("["):
        return [np.nan if x is None else x for x in json.loads(text)]
    return {"true": 1.0, "false": 0.0}.get(text.lower(), np.nan)


def write_csv(path, columns):
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*([json.dumps(x) for x in np.asarray(values, float).tolist()] for values in columns.values())))


def done():
    sys.exit(N_BAD > 0)
