"""Whether labels follow from the order of the ids: films that were numbered ward by ward, or sorted by age."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from xrays.audit._blocks import blocks_of
from xrays.audit._collection import Collection
from xrays.audit._finding import Chart, Check, Finding, Table
from xrays.audit._probe import Answers, Probe, judged
from xrays.next_command import command

CHECK = Check(
    order=10,
    title="Labels from the order of the ids",
    note="Each film is answered with the mean of the ten films before and the ten after it by id, those of its own "
    "fold left out. Where that beats the constant, ids, file names or times must never reach a model, a split by "
    "order is not a split of alike films, and whatever else changes from block to block, such as the machine, can "
    "stand in for the label.",
)
EACH_SIDE = 10
SHOWN = 12


def look(collection: Collection) -> Finding:
    """The labels of neighbours by id, and the blocks of ids where labels are others than elsewhere."""
    task = next((task.name for task in collection.tasks), "TASK")
    data = "DIR" if collection.images is None else collection.arrays.path  # labels alone are nothing to search on
    stress = command("search", task=task, stress="id-blocks", data=data)
    finding, probes = judged(collection, neighbours(collection.ids), "the order of the ids", command=stress)
    alarming = [probe for probe in probes if probe.severity() != "passed"]
    if not alarming:
        return finding
    ids: dict[str, object] = {}
    said, parts = [], [*finding.parts]
    for probe in alarming:
        rows = _blocks(collection, probe)
        label = probe.task.label.name
        ids[label] = [{"from": low, "to": high, "films": n, "mean": mean} for low, high, n, mean in rows]
        mean = float(np.nanmean(collection.values(probe.task)))
        strange = sorted(rows, key=lambda row: -row[2] * abs(row[3] - mean))[:3]
        listed = ", ".join(f"{low}–{high} (mean {_shown(probe, of)})" for low, high, _, of in sorted(strange))
        if len(rows) > 1:
            said.append(f"{_titled(probe)}, on the whole {_shown(probe, mean)}, differs most in the ids {listed}.")
        else:
            said.append(f"{_titled(probe)} changes along the ids, and no stretch of them stands out.")
        parts += [_chart(collection, probe), _table(probe, rows)]
    return replace(
        finding,
        found=" ".join([finding.found, *said]),
        figures={**finding.figures, "blocks": ids},
        parts=tuple(parts),
    )


def neighbours(ids: NDArray[np.int64]) -> Answers:
    """Answers with the mean label of the nearest training films by id (N,), ascending."""

    def answers(train: NDArray[np.intp], test: NDArray[np.intp], values: NDArray[np.float64]) -> NDArray[np.float64]:
        sums = np.concatenate([[0.0], np.cumsum(values[train])])
        place = np.searchsorted(ids[train], ids[test])
        low, high = (place - EACH_SIDE).clip(0), (place + EACH_SIDE).clip(max=len(train))
        return np.asarray((sums[high] - sums[low]) / (high - low))

    return answers


def _blocks(collection: Collection, probe: Probe) -> list[tuple[int, int, int, float]]:
    """(first id, last id, films, mean) of every block."""
    values = collection.values(probe.task)
    rows = np.flatnonzero(np.isfinite(values))
    return [
        (int(collection.ids[rows[low]]), int(collection.ids[rows[high - 1]]), high - low, float(mean))
        for low, high in blocks_of(values[rows])
        for mean in [values[rows[low:high]].mean()]
    ]


def _titled(probe: Probe) -> str:
    if probe.task.kind == "binary":
        return f"The share of {probe.task.class_names[1]}"
    return f"The {probe.task.label.name.replace('_', ' ')}"


def _shown(probe: Probe, value: float) -> str:
    return f"{100 * value:.0f} %" if probe.task.kind == "binary" else f"{value:.{probe.task.label.decimals}f}"


def _table(probe: Probe, rows: list[tuple[int, int, int, float]]) -> Table:
    return Table(
        f"Blocks of ids by {probe.task.label.name.replace('_', ' ')}",
        ("Ids", "Films", _titled(probe)),
        tuple((f"{low}–{high}", f"{films:,}", _shown(probe, mean)) for low, high, films, mean in rows),
    )


def _chart(collection: Collection, probe: Probe) -> Chart:
    """The answers by id, thinned to what a picture can show."""
    known = np.flatnonzero(np.isfinite(probe.answers))
    shown = known[:: max(1, len(known) // 400)]
    unit = f", {probe.task.unit}" if probe.task.unit else ""
    what = f"share of {probe.task.class_names[1]}" if probe.task.kind == "binary" else probe.task.label.name
    title = f"{what.replace('_', ' ')} of the nearest films{unit}"
    places, heights = collection.ids[shown].tolist(), probe.answers[shown].round(3).tolist()
    return Chart("imageId", title, {"": (places, heights)}, "dots")
