"""The card that lies beside an exported model: what is needed to use it, and what its numbers mean.

card = model_card(arrays, choice, way, written, opening, path, seen)    # into best_age.json
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from runners._models.card_facts import border_facts, corrected, data_facts, explained_facts, search_facts
from runners._models.choice import BestRun
from runners._models.promises import promised
from runners._models.subgroups import subgroups
from runners._models.ways import Way
from runners._training.portable import TESTED_VERSIONS
from runners._workers.messages import Written
from trials.experiment import Experiment
from trials.films import Films
from trials.final import Standing
from trials.lineage import SeenFilms
from trials.spent import spent_on
from xrays.arrays import XrayArrays
from xrays.pixels.facts import usual_ranges
from xrays.splits import Splits, stress_words
from xrays.statistics.metrics import constant
from xrays.tasks import task_named
from xrays.vectors import vectors_of

INTENDED_USE = "Research; not a diagnostic device."


def model_card(
    arrays: XrayArrays,
    choice: BestRun,
    way: Way,
    written: Written,
    opening: Mapping[str, Any],
    model: Path,
    seen: SeenFilms,
    *,
    seconds: float = 0.0,
    every_film: bool = False,
    formats: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """JSON scalars, lists and dicts. choice: of the trial, among whichever it was picked; way: what the model is made
    of; opening: of the hold-out, as `holdout.json` has it; model: the file it describes; seen: the films that went
    into the model, the weights it started from, and the choice of its configuration; seconds: of training for the
    export itself; every_film: whether films of the hold-out were trained on as well; formats: that
    were written beside it, see `runners/_models/formats/`."""
    best = choice.best
    store, result = best.store, best.result
    experiment = store.experiment
    films = store.films()
    task = task_named(experiment.task)
    truth, held = films.targets(task), films.hold_out()
    used = films.development() & np.isfinite(truth)
    scored = np.where(held, written.predictions, np.nan) if opening["opened"] else np.full(len(truth), np.nan)
    folds = {name: [fold.metrics[name] for fold in best.folds] for name in task.metrics}
    return {
        "task": task.name,
        "output": task.output,
        "class_names": list(task.class_names),
        "input": {"shape": list(experiment.shape), **_taken(arrays, experiment)},
        "file": {
            "format": "HDF5 (.h5) of Keras, model_config as in Keras 2",
            "opened_with": {name: list(versions) for name, versions in TESTED_VERSIONS.items()},
        },
        "formats": list(formats),
        "cross_validation": {
            "folds": experiment.folds,
            "repeats": experiment.repeats,
            "films": int(used.sum()),
            "picked_from": choice.candidates,
            "is_best": choice.first,
            "corrected": corrected(choice),
            "seeds": best.by_seed or {experiment.seed: best.score},
            "note": _of_whom(best, way) + _note(films, store.provenance.splits, best),
            **{
                name: {"mean": float(np.mean(values)), "sd": float(np.std(values, ddof=1)), "by_fold": values}
                for name, values in folds.items()
            },
        },
        "hold_out": dict(opening),
        "subgroups": {
            "out of fold": subgroups(
                task, films.labels, truth, np.where(held, np.nan, way.out_of_fold), films.groups
            ),
            "hold-out": subgroups(task, films.labels, truth, scored, films.groups),
        },
        "border": border_facts(store, {member.trial.number for member in way.members}),
        "baselines": {
            baseline.name: {
                name: float(np.mean([fold.metrics[name] for fold in baseline.folds])) for name in task.metrics
            }
            for baseline in store.baselines()
        },
        "constant": constant(task, films.targets(task)[used]),
        "way": {
            "name": way.name,
            "score": way.score if np.isfinite(way.score) else None,
            "interval": way.score_interval.to_json(),
            "middle": way.blend.middle,
            "every_film": every_film,
            "members": [
                {
                    "trial": member.trial.number,
                    "seed": member.seed,
                    "share": share,
                    "networks": networks,
                    "recipe": dict(member.trial.recipe),
                }
                for member, share, networks in zip(way.members, way.blend.shares, way.blend.members, strict=True)
            ],
        },
        **promised(task, way),
        "synthetic": arrays.synthetic,
        "data": data_facts(arrays, store),
        "search": search_facts(store),
        "explained": explained_facts(store, [member.trial.number for member in way.members]),
        "compute": spent_on(store, seconds),
        "intended_use": INTENDED_USE,
        "parameters": written.parameters,
        "seed": experiment.seed,
        "params": dict(result.params),
        "recipe": dict(result.recipe),
        "model_sha256": hashlib.sha256(model.read_bytes()).hexdigest(),
        "run": store.path.name,
        "trial": result.number,
        "experiment": experiment.to_json(),
        "versions": {**store.provenance.versions, **written.versions},
        "films_seen": seen.to_json(),  # last: it is long
    }


def _taken(arrays: XrayArrays, experiment: Experiment) -> dict[str, Any]:
    """What becomes of a film before the model takes it: of a model on vectors, where they come from."""
    if experiment.vectors:
        vectors = vectors_of(arrays)
        assert vectors is not None  # compared when the run was opened again
        return {"vectors": vectors.record()}
    return {
        "preprocessing": arrays.meta["preprocessing"],
        "scale": "uint8 divided by 255",
        "pictures": {name: list(ends) for name, ends in usual_ranges(arrays.facts()).items()},
    }


def _of_whom(best: Standing, way: Way) -> str:
    """Of an ensemble, that the scores of the card's `cross_validation` are of one trial."""
    alone = f"These are scores of trial {best.result.number} alone, not those of the {way.name}. "
    return alone * (len(way.members) > 1)


def _note(films: Films, splits: Splits, best: Standing) -> str:
    """What the score in cross-validation is worth."""
    held = "the hold-out was not looked at when it was picked" if films.hold_out().any() else "nothing was held out"
    stress = f" These {stress_words(splits)}." if splits.stress else ""
    own = f"the model is trained with that of the search, {best.store.experiment.seed}"
    seeds = f" A finalist: scores are means over {len(best.seeds)} seeds of training; {own}." if best.seeds else ""
    return f"The best of several is optimistic; {held}.{seeds}{stress}"
