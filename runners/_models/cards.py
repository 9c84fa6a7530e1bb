"""Models and their cards as files: read with care, and overwritten only where an export has made them.

card = read_card(Path("best_age.h5"))          # UserError for a card that is missing, damaged or of another model
claim_model(Path("best_age.h5"))               # UserError where anything else lies
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from trials.experiment import Experiment
from trials.products import CARD_PAGE, CARD_TEXT, claim, holds
from trials.typed import typed
from xrays.errors import UserError
from xrays.next_command import command, option
from xrays.pixels.recipe import PixelRecipe
from xrays.statistics.conformal import Around
from xrays.tasks import TASKS

LARGEST = 2**27  # bytes: that of a model which has seen ten million films

# What is read of a card, and of which kind it is.
NEEDED: dict[str, Any] = {
    "task": str,
    "output": str,
    "class_names": list[str],
    "input": dict[str, Any],
    "synthetic": bool,
    "model_sha256": str,
    "run": str,
    "trial": int,
    "params": dict[str, Any],
    "recipe": dict[str, Any],
    "experiment": dict[str, Any],
}


def read_card(model: Path) -> dict[str, Any]:
    """The card beside a model (.h5), which has all that NEEDED names and is of this very file. Raises UserError for
    one that is missing, damaged, of another model or of another preprocessing."""
    for path in (model, model.with_name(f"{model.stem}.json")) if model.name else (model,):
        if not path.is_file():
            raise UserError(
                f"{path} is no file" if path.exists() else f"{path} does not exist",
                "a model that export has written, with its .json beside it",
                command("export", task=task_beside(model)),
            )
    file = model.with_suffix(".json")
    try:
        card = _card(file)
    except ValueError as error:
        raise UserError(
            f"{file} is no model card: {error}",
            "the .json that export wrote",
            "put it back from a copy, or write both anew: "
            + command("export", task=task_beside(model), out="OTHER.h5"),
        ) from None
    if card["model_sha256"] != digest(model):
        raise UserError(
            f"{file} describes another model than {model}",
            "model and card from the same export",
            command("export", task=card["task"], out="OTHER.h5"),
        )
    try:
        if not takes_vectors(card):
            recipe_of(card)
    except ValueError as error:
        raise UserError(
            f"{model} was made with {error}", "a model exported by this version", command("export", task=card["task"])
        ) from None
    return card


def takes_vectors(card: Mapping[str, Any]) -> bool:
    """Whether its model takes no films but vectors that another model has made of them."""
    return len(card["input"]["shape"]) == 1


def recipe_of(card: Mapping[str, Any]) -> PixelRecipe:
    """What the model's films went through. Raises ValueError for what this version does otherwise."""
    return PixelRecipe.from_record(card["input"].get("preprocessing"))


def around_of(card: Mapping[str, Any], of: str = "film") -> Around | None:
    """The interval that a card promises, which may be a stranger's, around an answer of a film, or of a `patient`
    with several. None where there is none. Raises ValueError for what is no interval."""
    if (promised := card.get("around_patient" if of == "patient" else "around")) is None:
        return None
    around = typed(Around, promised)
    rising = all(one < other for one, other in pairwise(around.at))
    numbers = (around.level, around.quantile, *around.at, *around.scale)
    if not (rising and len(around.at) == len(around.scale) >= 1 and all(map(math.isfinite, numbers))):
        raise ValueError("around: it is no interval")
    if min(around.quantile, *around.scale) < 0:
        raise ValueError("around: it is less than no interval")
    return around


def constant_of(card: Mapping[str, Any]) -> float | None:
    """What whoever knows the training labels alone would say; None where the card does not tell. Raises ValueError
    for what is no number."""
    if (given := card.get("constant")) is None:
        return None
    if not math.isfinite(constant := typed(float, given)):
        raise ValueError("constant: it is no number")
    return constant


def claim_model(model: Path) -> None:
    """Raises UserError where model, card or one of the card's pages would overwrite what no export has made."""
    card = model.with_suffix(".json")
    other = option("out", model.with_name(f"{model.stem}-2.h5"))
    claim(card, "export", _is_card, other)
    claim(model.with_suffix(".md"), "export", holds(CARD_TEXT), other)
    claim(model.with_suffix(".html"), "export", holds(CARD_PAGE), other)
    claim(model, "export", lambda file: _is_card(card) and _card(card)["model_sha256"] == digest(file), other)


def card_beside(model: Path) -> dict[str, Any] | None:
    """Whatever model it describes, which may be a stranger's; None where there is none."""
    try:
        return _card(model.with_suffix(".json"))
    except (OSError, ValueError):
        return None


def task_beside(model: Path) -> str:
    """The task that the card beside a model tells, however odd it is else; TASK where it tells none."""
    try:
        file = model.with_suffix(".json")
        told = json.loads(file.read_bytes())["task"] if file.stat().st_size <= LARGEST else ""
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        told = ""
    return told if isinstance(told, str) and told in TASKS else "TASK"


def _is_card(file: Path) -> bool:
    return card_beside(file) is not None


def _card(file: Path) -> dict[str, Any]:
    """Raises ValueError for what is none."""
    if file.stat().st_size > LARGEST:
        raise ValueError("it is larger than that of any model")
    try:
        card = typed(dict[str, Any], json.loads(file.read_bytes()))
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    for name, kind in NEEDED.items():
        if name not in card:
            raise ValueError(f"it lacks {name}")
        try:
            typed(kind, card[name])
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
    run = card["run"]  # `explain` writes into this folder of --runs
    if Path(run).name != run or run in ("", "..") or "\0" in run:
        raise ValueError(f"run: {card['run'][:60]!r} is no name of a run")
    for name, ends in typed(dict[str, list[float]], card["input"].get("pictures", {})).items():
        if len(ends) != 2:
            raise ValueError(f"pictures: {name[:60]!r} has {len(ends)} ends")
    around_of(card), around_of(card, "patient"), constant_of(card)
    if card["task"] not in TASKS:
        raise ValueError(f"there is no task {card['task']!r}")
    try:
        taken = list(Experiment.from_json(card["experiment"]).shape)
    except UserError:  # of another version: whoever needs the whole experiment says so
        taken = [card["experiment"].get("size")] * 2 + [1]
    shape = card["input"].get("shape")
    if shape != taken:
        raise ValueError(f"its input has the shape {shape}, what it was trained on had {taken}")
    if not all(0 < side <= (2**16 if takes_vectors(card) else 2**10) for side in shape):  # as `prepare` takes them
        raise ValueError(f"its input has the shape {shape}")
    if takes_vectors(card):
        typed(dict[str, Any], card["input"].get("vectors"))
    if len(card["class_names"]) != len(TASKS[card["task"]].class_names):
        raise ValueError(f"class_names: {card['class_names']} for {card['task']}")
    return card


def digest(file: Path) -> str:
    """Its SHA-256, in hexadecimal digits."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
