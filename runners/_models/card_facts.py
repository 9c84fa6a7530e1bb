"""What a card tells of a model's films, and of the search that found it and what it did to its score.

card |= {"data": data_facts(arrays, store), "search": search_facts(store)}
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from runners._models.choice import BestRun
from trials.altered import verdicts
from trials.choice import selection_of
from trials.collected import REASONS
from trials.explained import load_explained
from trials.frame import trials_frame
from trials.kept import DamagedRun
from trials.seeds import finals_of
from trials.store import RunStore
from xrays.arrays import XrayArrays
from xrays.flow import flow
from xrays.split_table import named_splits, split_table

# Of an explanation: pictures, single films, and what `border` has.
OF_FILMS = {"groups", "few", "fewest", "shown", "altered"}


def data_facts(arrays: XrayArrays, store: RunStore) -> dict[str, Any]:
    """Where the films come from, their flow, and how they were divided. splits: rows of `split_table`, the films of
    all folds as one."""
    films, provenance = store.films(), store.provenance
    named = {"folds": films.development(), **named_splits(films.assignment)}
    parts = {name: which for name, which in named.items() if not name.startswith("fold ") and which.any()}
    columns = split_table(parts, films.groups, films.labels)
    return {
        "name": arrays.name,
        "source": str(arrays.meta["source"]),
        "fingerprint": str(arrays.meta["films"]),
        "pixels": arrays.pixels,
        "size": arrays.size,
        "flow": flow(len(arrays.ids), arrays.rejected(), arrays.left_out(), REASONS),
        "conflicts": arrays.meta.get("conflicts", {}),
        "splits": columns.filter(regex="(?<!_shares)$").to_dict("records"),
        "division": str(provenance.splits),
        "division_notes": list(provenance.split_notes),
        "split_seed": provenance.splits.seed,
        "stress": provenance.splits.stress,
        "audit": _audited(arrays),
    }


def _audited(arrays: XrayArrays) -> dict[str, Any] | None:
    """What the audit that lies beside the films says of these very films; None where there is none."""
    try:
        record = json.loads((Path(arrays.path) / "audit.json").read_text())
        if record["pixels"] != arrays.pixels:
            return None
        checks = [{name: str(check[name]) for name in ("code", "title", "severity", "found")}
                  for check in record["checks"]]  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return {
        "passed": sum(check["severity"] == "passed" for check in checks),
        "alarms": [check for check in checks if check["severity"] in ("problem", "hint")],
    }


def search_facts(store: RunStore) -> dict[str, Any]:
    """How much was tried: trials by what became of them, and who was trained with how many further seeds. What the
    search was is in the card's `experiment`."""
    finals = finals_of(store.path)
    return {
        "trials": dict(Counter(result.state for result in store.trials())),
        "finalists": len(finals[-1].trials) if finals else 0,
        "further_seeds": len(finals[-1].seeds) if finals else 0,
        "learns_from": store.provenance.fork_of,
        "weight_files": dict(store.provenance.weight_files),
    }


def border_facts(store: RunStore, trials: Collection[int]) -> dict[str, Any] | None:
    """What `explain` has found without the films' border and marks, as explain.json has it, with what it says in
    words; None where none of these trials was asked, or what it has left cannot be read."""
    numbers = _explained(store, trials)
    if not numbers.get("altered"):
        return None
    return {"trial": numbers["trial"], "said": verdicts(numbers["altered"]), **numbers["altered"]}


def explained_facts(store: RunStore, trials: Collection[int]) -> dict[str, Any] | None:
    """What `explain` has found of the maps of one of these trials, without films; None as of `border_facts`."""
    return {name: given for name, given in _explained(store, trials).items() if name not in OF_FILMS} or None


def _explained(store: RunStore, trials: Collection[int]) -> Mapping[str, Any]:
    try:
        explained = load_explained(store.path)
    except DamagedRun:  # no reason to lose a model that was trained for hours
        return {}
    return explained.numbers if explained and explained.numbers.get("trial") in trials else {}


def corrected(choice: BestRun) -> dict[str, Any] | None:
    """The score of the best in cross-validation without the luck of being picked, and its 95 % interval
    (trials/selection.py); None for a trial that is not the best, and where that is not known."""
    selection = selection_of(choice.runs, trials_frame(choice.runs)) if choice.first else None
    if selection is None or math.isnan(selection.corrected):
        return None
    interval = None if math.isnan(selection.interval.low) else list(selection.interval)
    return {"score": selection.corrected, "interval": interval, "trials": selection.among}
