"""`card` until its pages: what `explain` has found of a model's trials since it was exported comes into its card.

found = renew_card(Path("best_age.h5"), Path("runs"))          # ["border", "explained"]

Scores stay as they were: a hold-out is opened by `export` and `evaluate` alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runners._models.card_facts import border_facts, explained_facts
from runners._models.cards import claim_model, read_card
from trials.experiment import Experiment
from trials.files import write_atomically
from trials.store import RunStore
from xrays.errors import UserError
from xrays.next_command import command
from xrays.strict_json import as_json


def renew_card(model: Path, runs: Path) -> list[str]:
    """Writes the card anew; returns the names of its parts that are other ones now. Raises UserError for a model
    without a card, or whose run is not among `runs`, and where nobody has explained it."""
    card = read_card(model)
    claim_model(model)
    store, trials = _run_of(card, model, runs), _trials(card)
    found = {"border": border_facts(store, trials), "explained": explained_facts(store, trials)}
    if not any(found.values()):
        raise UserError(
            f"{store.path} holds no explanation of trial {' or '.join(map(str, sorted(trials)))}",
            "a run that was explained: its best trial, or the one of the model",
            command("explain", store.path, trial=card["trial"]),
        )
    changed = [name for name, facts in found.items() if facts and facts != card.get(name)]
    if changed:
        renewed = {**card, **{name: found[name] for name in changed}}
        write_atomically(model.with_suffix(".json"), as_json(renewed, indent=1).encode())
    return changed


def _run_of(card: Mapping[str, Any], model: Path, runs: Path) -> RunStore:
    place = runs / card["run"]
    if not (place / "experiment.json").exists():
        raise UserError(
            f"{model} is of run {card['run']}, which is not in {runs}",
            "--runs with the folder of its run",
            f"{command('card', model)} --runs DIR",
        )
    store = RunStore.open(place)
    if Experiment.from_json(card["experiment"]).digest != store.experiment.digest:
        raise UserError(
            f"{place} is another search than that of {model}",
            "the run that it was exported from",
            f"{command('card', model)} --runs DIR",
        )
    return store


def _trials(card: Mapping[str, Any]) -> set[int]:
    """Those that it is made of, of a stranger's card as far as it can be read."""
    way = card.get("way")
    members = way.get("members") if isinstance(way, Mapping) else None
    rows = [row for row in members if isinstance(row, Mapping)] if isinstance(members, list) else []
    return {row["trial"] for row in rows if type(row.get("trial")) is int} | {card["trial"]}
