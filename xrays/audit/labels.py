"""How labels are spread, one against the other, and values that too many films have."""

from __future__ import annotations

import numpy as np

from xrays.audit._collection import Collection
from xrays.audit._finding import Chart, Check, Finding, Part, Table
from xrays.heaps import heaps
from xrays.label_values import groups_of
from xrays.labels import LABELS, Label

CHECK = Check(
    order=50,
    title="Labels",
    note="Films by band of one label and class of the other. A network learns little of bands with few films. A "
    "value that far more films have than the values next to it often stands for something else: a cap, "
    "a default, unknown.",
)
FEW = 20  # films of a band


def look(collection: Collection) -> Finding:
    """A hint for heaps of one value and for bands of few films."""
    labels = [LABELS[name] for name in collection.labels]
    said, parts, found = [], [], {}
    for label in labels:
        values = collection.labels[label.name]
        known = int(np.isfinite(values).sum())
        said.append(f"{known:,} of {len(values):,} films have the {label.name.replace('_', ' ')}")
        if label.kind == "number":
            parts += _by_band(collection, label)
            found[label.name] = heaps(label, values)
    numbers = [(name, heap) for name, of_label in found.items() for heap in of_label]
    listed = "; ".join(f"{heap.films:,} films have the {name} {heap.value:g}" for name, heap in numbers[:5])
    warning = f" Far more than have the values next to it: {listed}. A cap or a stand-in?" if numbers else ""
    figures = {"heaps": {name: {f"{heap.value:g}": heap.films for heap in of} for name, of in found.items()}}
    return Finding("hint" if numbers else "passed", f"{'; '.join(said)}.{warning}", "", figures, tuple(parts))


def _by_band(collection: Collection, label: Label) -> list[Part]:
    """The films of every band, those of each class beside each other, as a table and a chart."""
    band = groups_of(label, collection.labels[label.name])
    bands = [number for number in range(len(label.group_names)) if (band == number).any()]
    names = [label.group_names[number] for number in bands]
    series = {"all": np.ones(len(band), bool)}
    for name, values in collection.labels.items():
        other = LABELS[name]
        if other.kind == "binary":
            series |= {other.class_names[group]: values == group for group in (0, 1)}
            series[f"{name.replace('_', ' ')} unknown"] = ~np.isfinite(values)
    counts = {name: [int((chosen & (band == number)).sum()) for number in bands] for name, chosen in series.items()}
    counts = {name: given for name, given in counts.items() if any(given)}
    titled = label.name.replace("_", " ")
    head = (f"{titled[:1].upper()}{titled[1:]}", *counts)
    rows = tuple((name, *(f"{given[at]:,}" for given in counts.values())) for at, name in enumerate(names))
    drawn = {name: (names, given) for name, given in counts.items() if name != "all" or len(counts) == 1}
    unit = f", {label.unit}" if label.unit else ""
    return [Chart(f"{titled}{unit}", "films", drawn, "bars"), Table(f"Films by {titled}", head, rows)]
