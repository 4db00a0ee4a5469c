"""csv_near.py RTOL WANT GOT [WANT GOT]...: every column of WANT is in GOT, with numbers and lists of numbers that are close."""

import sys

from near import check, done, near, read_csv

rtol, paths = float(sys.argv[1]), sys.argv[2:]
for want, got in zip(paths[::2], paths[1::2]):
    wanted, found = read_csv(want), read_csv(got)
    for name, values in wanted.items():
        check(name in found, f"{got}: no column {name}")
        if name in found:
            near(f"{got}: {name}", found[name], values, rtol, 1e-30)  # nothing real is that small
done()
