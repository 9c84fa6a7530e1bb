"""How benchmarks/against_plain.py divides films: every arm in the same way, and held out is what none has seen.

    words, column = source_words("../shared/data/nih", Path("out"))     # ["table", …], "split"; of a name no column
    plan = plan_of(prepared, folds=5, seed=0, column=column)
    refuse_another(plan, "before", recorded)

Of a folder the films are held out that benchmarks/_contexts.py kept out of the search for a portfolio, whatever the
seed, which decides the folds alone. Of a source by name the usual share is, another one for every seed.
"""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path

import numpy as np
from _contexts import HELD_BACK, held_back

from trials.files import write_atomically
from xrays.arrays import XrayArrays
from xrays.folds import FoldPlan, make_plan
from xrays.layout import Layout
from xrays.patients import ALONE
from xrays.sources import Order, layout_of
from xrays.splits import Splits

SPLIT = "split"


def source_words(films: str, out: Path) -> tuple[list[str], str]:
    """What is typed after `prepare`, and the column to be given to --split, "" for none. For a folder in the SPR
    layout OUT/films.csv is written, a table with that column, which any version of this suite reads. Raises
    SystemExit for a folder with too few films."""
    if not Path(films).is_dir():
        return [films], ""
    layout = layout_of(films, Order(out))
    if len(layout.ids) <= HELD_BACK:
        raise SystemExit(f"--films {films}: {len(layout.ids)} films, of which {HELD_BACK} would be held out")
    folder = os.path.commonpath([str(Path(path).absolute().parent) for path in layout.paths])
    table = out.resolve() / "films.csv"
    write_atomically(table, table_of(layout, Path(folder)).encode())
    return ["table", folder, "--labels", str(table), "--id", "film", "--patient", "patient", "--split", SPLIT], SPLIT


def table_of(layout: Layout, folder: Path) -> str:
    """CSV: film (path below the folder), the labels, patient, and in SPLIT what is held out."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["film", *layout.labels, "patient", SPLIT])
    held = set(held_back(layout).tolist())
    for row, path in enumerate(layout.paths):
        labels = ["" if np.isnan(known[row]) else str(known[row]) for known in layout.labels.values()]
        group = str(layout.groups[row])
        patient = "" if group.startswith(ALONE) else group.removeprefix("patient ")
        film = Path(path).absolute().relative_to(folder)
        writer.writerow([film, *labels, patient, "test" if row in held else "train"])
    return text.getvalue()


def plan_of(data: Path | XrayArrays, *, folds: int, seed: int, column: str) -> FoldPlan:
    """Which every arm is to have. data: prepared films."""
    arrays = data if isinstance(data, XrayArrays) else XrayArrays.open(data)
    return make_plan(arrays, folds=folds, splits=Splits(seed=seed, column=column))


def refuse_another(plan: FoldPlan, arm: str, recorded: str) -> None:
    """Raises SystemExit where the arm has recorded the fingerprint of another plan."""
    if recorded != plan.fingerprint:
        raise SystemExit(
            f"{arm} has divided the films in another way than the other arms: its plan is {recorded[:12]}, theirs "
            f"{plan.fingerprint[:12]}; nothing that it has found can be compared"
        )
