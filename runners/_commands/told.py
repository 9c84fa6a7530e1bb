"""What `prepare` says of a collection that its labels must not hide.

for line in told_of(arrays, words=("spr",)): print(line)
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from xrays.arrays import XrayArrays
from xrays.heaps import heaps
from xrays.labels import LABELS
from xrays.next_command import command
from xrays.patients import patients_said

SHOWN = 3


def told_of(arrays: XrayArrays, words: tuple[str, ...]) -> Iterator[str]:
    """Lines about prepared films: what was left out and rejected, for how many patients are known, heaps of one
    value, patients whose films contradict each other. words: what was typed after `prepare`."""
    for reason, films in arrays.meta["left_out"].items():
        yield f"{films:,} left out: {reason} (all of them: {arrays.path / 'left_out.csv'})"
    if arrays.meta["rejected"]:
        rejected = arrays.meta["rejected"]
        how_many = "1 film was" if rejected == 1 else f"{rejected:,} films were"
        yield f"{how_many} rejected, with reasons in {arrays.path / 'rejected.csv'}"
    if said := patients_said(arrays.groups):
        yield said if arrays.meta["patients_known"] else f"warning: {said}"
    for name, values in arrays.labels.items():
        for heap in heaps(LABELS[name], values):
            yield (
                f"warning: {heap.films:,} films have the {name} {heap.value:g}, about {heap.expected:.0f} each the "
                "values around it: a cap, or a number that stands for none?"
            )
    yield from _conflicts(arrays, words)


def _conflicts(arrays: XrayArrays, words: tuple[str, ...]) -> Iterator[str]:
    found = arrays.meta["conflicts"]
    if not found:
        return
    listed = arrays.path / "conflicts.csv"
    for what, patients in found.items():
        yield f"warning: {patients:,} patient{'s' * (patients > 1)}: {what}"
    for row in pd.read_csv(listed, dtype=str).head(SHOWN).itertuples():
        yield f"  {row.patient}: {row.conflict}: {row.films}"
    out = arrays.path.with_name(f"{arrays.path.name}-2")
    again = command("prepare", *words, conflicts="drop", size=arrays.size, out=out)
    yield f"  all of them: {listed}; without their films: {again}"
