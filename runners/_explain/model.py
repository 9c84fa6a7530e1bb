"""An exported model explained, on any films.

card = explainable_card(Path("best_age.h5"))
explanation = explain_model(Path("best_age.h5"), card, images, bar)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runners._backend import backend_of_keras, check_backend
from runners._explain.fold import Bar, no_maps
from runners._explain.jobs import model_explainer
from runners._explain.messages import ExplainModel, ExplainReply
from runners._models.cards import read_card, takes_vectors
from runners._models.opened import check_file
from runners._workers.conversation import ask
from runners._workers.local import LocalWorkers
from runners._workers.setup import setup_of
from trials.experiment import FORMAT, Experiment
from trials.records import Trial
from xrays.errors import UserError
from xrays.next_command import command


def explainable_card(model: Path) -> dict[str, Any]:
    """The card of a model on films that this machine can compute and may open. Raises UserError."""
    card = read_card(model)
    if takes_vectors(card):
        raise no_maps(f"model {model}", Path("runs"))
    check_file(model)
    networks = sum(member["networks"] for member in card.get("way", {}).get("members", []))
    if networks > 1:
        raise UserError(
            f"{model} is {networks} networks in one",
            "a model of one network, or a run, whose best trial is explained",
            command("explain", card["run"]),
        )
    check_backend(_experiment(card).backend, f"the model {model}")
    return card


def explain_model(model: Path, card: Mapping[str, Any], images: NDArray[np.uint8], bar: Bar) -> ExplainReply:
    """model: the .h5; card: that belongs to it; images: (n, S, S, 1) uint8, inverted, of the size in the card. Raises
    JobFailed."""
    trial = Trial(
        number=card["trial"], params=card["params"], recipe=card["recipe"], max_epochs=0, results_known=0, started=""
    )
    setup = setup_of(model.parent, np.empty(0, np.int8), _experiment(card))
    with LocalWorkers(setup, make=model_explainer) as workers, bar(0) as watch:
        job = ExplainModel(trial, model.resolve(), images)
        return ask(workers, job, ExplainReply, failed="nothing was explained", watch=watch)


def _experiment(card: Mapping[str, Any]) -> Experiment:
    """The card's experiment as this version has it, whichever wrote it: nothing is trained, and of all that only the
    backend counts."""
    nothing: dict[str, Any] = {field.name: None for field in fields(Experiment)}
    known = {name: card["experiment"][name] for name in nothing if name in card["experiment"]}
    return Experiment(**{**nothing, "backend": backend_of_keras(), **known, "format": FORMAT})
