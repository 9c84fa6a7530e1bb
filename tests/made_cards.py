"""Cards as export writes them, of networks that nobody has trained.

card = made_card(tmp_path, prepared, "age")          # best_age.json and a file best_age.h5 lie in tmp_path
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from predicted_runs import predicted_run
from run_folders import opened_ways

from runners._models.card import model_card
from runners._models.choice import BestRun
from runners._models.ways import Ways
from runners._workers.messages import Written
from trials.final import standings
from trials.lineage import SeenFilms
from xrays.arrays import XrayArrays
from xrays.strict_json import as_json
from xrays.tasks import TASKS


def made_card(parent: Path, prepared: XrayArrays, task: str, *, ensemble: bool = False) -> dict[str, Any]:
    """Of the best of three trials on made-up labels, whose hold-out was opened; pixels are those of `prepared`."""
    own = TASKS[task]
    store = predicted_run(parent, task, [0.5, 0.9, 2.0], pixels=prepared.pixels)
    films = store.films()
    arrays = replace(prepared, ids=films.ids, groups=films.groups, labels=films.labels)
    best = standings([store])[0]
    ways = Ways(best)
    way = ways.best(2) if ensemble else ways.refit()
    truth = films.targets(own)
    wrong = np.random.default_rng(1).normal(0, 8, len(truth)) if own.kind == "regression" else 0.2
    said = truth + wrong if own.kind == "regression" else np.where(np.arange(len(truth)) % 4, truth, 1 - truth)
    predictions = np.where(films.hold_out(), said, np.nan).astype(np.float32)
    written = Written(predictions, 12345, 30.0, 0.5, {"keras": "3.15.1"})
    opening = opened_ways(task, best.result.number)
    opening["by_patient"] = {"patients": 10, **{name: opening[name] for name in ("metrics", "interval", "intervals")}}
    model = parent / f"best_{task}.h5"
    model.write_bytes(b"no network")
    choice = BestRun(best, 3, (store,))
    seen = SeenFilms(frozenset({1, 2}))
    card = model_card(arrays, choice, way, written, opening, model, seen, seconds=30.0)
    text = as_json(card, indent=1)
    model.with_suffix(".json").write_text(text)
    read: dict[str, Any] = json.loads(text)
    return read
