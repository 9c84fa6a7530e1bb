"""Small run folders for tests of whatever reads them, written through RunStore as a search would.

run = run_folder(tmp_path, trials=[trial(0, [9.0, 9.5, 10.0]), infeasible(1, "too large")])
run = run_folder(tmp_path, trials=mixed("gender"), task="gender")
run = transfer_folder(tmp_path, trials=[transfer_trial(0, "densenet121", [9.0, 9.5], probes=[12.0, 12.5])])
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trials.domains import Domain
from trials.experiment import Experiment
from trials.films import Films
from trials.parts import save_part
from trials.provenance import Chosen, Provenance
from trials.records import Baseline, FoldScore, Scalar, State, Trial, TrialResult
from trials.seeds import SeedPart
from trials.store import RunStore
from xrays.labels import LABELS, Label
from xrays.splits import Splits
from xrays.tasks import TASKS, Task

FOLDS = 3
FILMS = 12


def experiment(task: str = "age", plan: str = "plan0123abcd", folds: int = FOLDS, **changes: Any) -> Experiment:
    values: dict[str, Any] = {
        "task": task, "data": "tiny32", "plan": plan, "pixels": "pixels0123", "size": 32, "space": "cnn",
        "ranges": "r", "narrowing": (), "weights": "", "max_parameters": 0, "backend": "tensorflow",
        "runner": "optuna", "sampler": "tpe", "grid_points": 0, "pruner": "race", "folds": folds,
        "repeats": 1, "epochs": 4, "seed": 0, "precision": "float32",
    }  # fmt: skip
    return Experiment(**{**values, **changes})


def fold_score(
    task: Task, fold: int, score: float, epochs: int = 4, *, complete: bool = True, parameters: int | None = None
) -> FoldScore:
    """A fold with that objective; the other metrics and the curve follow from it."""
    others = {"rmse": 1.25 * score, "r2": 1.0 - score / 15.0, "auc": min(0.999, score + 0.05)}
    metrics = {name: others.get(name, score) for name in task.metrics}
    start = 2.0 * score if task.direction == "min" else 0.5
    falls = np.exp(-3.0 * np.arange(1, epochs + 1) / epochs) - np.exp(-3.0)  # to the score at the end
    curve = tuple(score + (start - score) * float(fall) for fall in falls)
    losses = tuple(1.0 / (i + 1) for i in range(epochs))
    return FoldScore(fold, metrics, epochs, 2.5, curve, losses, complete, parameters)


def trial(
    number: int,
    scores: Sequence[float],
    state: State = "complete",
    task: str = "age",
    error: str = "",
    label: str = "",
    params: Mapping[str, Scalar] | None = None,
    epochs: int = 4,
) -> TrialResult:
    """A finished trial with one score a fold; the last fold of a pruned one is unfinished."""
    last = len(scores) - 1
    folds = tuple(
        fold_score(
            TASKS[task], fold, score, epochs, complete=state != "pruned" or fold < last, parameters=12345 + number
        )
        for fold, score in enumerate(scores)
    )
    given = {"depth": 3, "learning_rate": 0.00123456789, "augment_flip": True} if params is None else params
    return TrialResult(
        number=number, state=state, params=given, recipe=dict(given), max_epochs=epochs, folds=folds,
        results_known=number,
        seconds=7.5 * len(scores), started=f"2025-01-01T00:{number % 60:02d}:00Z",
        finished=f"2025-01-01T01:{number % 60:02d}:00Z", label=label, error=error,
    )  # fmt: skip


def opened_ways(task: str, trial_number: int) -> dict[str, Any]:
    """An opening of the hold-out at which three ways to a model were compared, the first of them exported."""
    own = TASKS[task]
    ways = [
        {
            "way": name,
            "cross_validation": value,
            "cross_validation_interval": None if number < 2 else [0.95 * value, 1.05 * value],
            "metrics": fold_score(own, 0, value).metrics,
            "interval": [0.9 * value, 1.1 * value],
            "difference": None if number == 0 else 0.01 * number,
            "difference_interval": None if number == 0 else [-0.01, 0.03 * number],
            "networks": networks,
            "parameters": 12345 * networks,
            "bytes": 60_000 * networks,
            "ms_per_film": 0.21 * networks,
        }
        for number, (name, value, networks) in enumerate(
            zip(("refit", "folds", "ensemble of 2, folds"), scores(task, 9.0, 8.8, 8.5), (1, 3, 6), strict=True)
        )
    ]
    kept = {"coverage": 0.91, "coverage_interval": [0.8, 0.97], "width": 38.0}
    if own.kind == "binary":
        kept = {"calibration_error": 0.04, "calibration_error_interval": [0.02, 0.07]}
    scored = {name: ways[0][name] for name in ("metrics", "interval")}
    scored["intervals"] = {name: [0.9 * value, 1.1 * value] for name, value in scored["metrics"].items()}
    first = {**scored, "way": "refit", "ways": ways, "left_out": [], **kept}
    facts = {"trial": trial_number, "films": 30, "looked_at": 0, "reason": None, "independent": True, "note": None}
    return {"opened": "2026-01-02T03:04:05+00:00", "openings": 1, **first, **facts}


def asked(number: int, params: Mapping[str, Scalar], max_epochs: int = 4, **changes: Any) -> Trial:
    """A trial that is to be trained."""
    given: dict[str, Any] = {"recipe": dict(params), "results_known": number, "started": "2025-01-01T00:00:00Z"}
    return Trial(number=number, params=params, max_epochs=max_epochs, **{**given, **changes})


def transfer_trial(
    number: int, backbone: str, scores: Sequence[float], *, probes: Sequence[float] = (), **changes: Any
) -> TrialResult:
    """A trial of the space `transfer`; probes: of its first folds, as many as there are."""
    params = {"backbone": backbone, "head_units": 64, "learning_rate": 0.001}
    plain = trial(number, scores, **{"params": params, **changes})
    probed = [replace(fold, probe=probe) for fold, probe in zip(plain.folds, probes, strict=False)]
    return replace(plain, folds=(*probed, *plain.folds[len(probed) :]))


def infeasible(number: int, reason: str, **changes: Any) -> TrialResult:
    """A trial that was not trained, for a reason in words."""
    return trial(number, [], "infeasible", error=reason, **changes)


def scores(task: str, *values: float) -> list[float]:
    """Errors as given; for shares of right answers the same order of merit between 0 and 1."""
    return [value if TASKS[task].direction == "min" else 1 - value / 20 for value in values]


def mixed(task: str) -> list[TrialResult]:
    """Trials that were completed, pruned and failed, the first of them labelled."""
    return [
        trial(0, scores(task, 9.0, 9.5, 10.0), task=task, label="notebook"),
        trial(1, scores(task, 12.0, 11.0), "pruned", task),
        trial(2, [], "failed", task, error="MemoryError: no room\nTraceback"),
        trial(3, scores(task, 8.0, 9.0, 8.5), task=task),
        trial(4, scores(task, 15.0, 16.0, 15.5), task=task),
    ]


def transferred(task: str) -> list[TrialResult]:
    """densenet121 does worse than the constant as long as it is frozen, mobilenetv2 better."""
    return [
        transfer_trial(
            0, "densenet121", scores(task, 9.0, 9.5, 10.0), probes=scores(task, 14.4, 14.5, 14.6), task=task
        ),
        transfer_trial(1, "mobilenetv2", scores(task, 8.0, 8.1, 8.2), probes=scores(task, 8.7, 8.6, 8.8), task=task),
        transfer_trial(2, "mobilenetv2", scores(task, 8.4, 8.6, 8.5), probes=scores(task, 8.9, 8.9, 8.9), task=task),
        infeasible(3, "too large", task=task, params={"backbone": "densenet121"}),
    ]


def baselines(task: str = "age", folds: int = FOLDS) -> list[Baseline]:
    errors = TASKS[task].direction == "min"
    constant, probe = (14.0, 11.0) if errors else (0.55, 0.7)
    step = 0.1 if errors else 0.01
    return [
        Baseline(name, tuple(fold_score(TASKS[task], fold, score + step * fold, 0) for fold in range(folds)))
        for name, score in (("constant", constant), ("linear probe", probe))
    ]


def domains_of(params: Sequence[Mapping[str, Scalar]]) -> dict[str, Domain]:
    """Of parameters that were tried: numbers could be from the least to the largest, anything else is a choice."""
    names = dict.fromkeys(name for own in params for name in own)
    return {name: _domain([own[name] for own in params if name in own]) for name in names}


def provenance_of(**changes: Any) -> Provenance:
    """Of a run whose films are nowhere."""
    values: dict[str, Any] = {
        "created": "2025-01-01T00:00:00+00:00", "synthetic": False, "films": FILMS, "rejected": 0,
        "films_fingerprint": "films0123", "splits": Splits(), "split_notes": (),
        "arrays": "no/such/folder/tiny32", "weights": "", "weight_files": {}, "device": "", "chosen": Chosen(),
        "versions": {}, "domains": {}, "fork_of": "", "fork_differs": (),
        "vectors_origin": "",
    }  # fmt: skip
    return Provenance(**{**values, **changes})


def _domain(values: Sequence[Any]) -> Domain:
    kinds = {type(value) for value in values}
    if kinds == {int}:
        return Domain(low=min(values), high=max(values), step=1)
    if kinds == {float}:
        return Domain(low=min(values), high=max(values), log=min(values) > 0 and max(values) / min(values) > 20)
    return Domain(options=tuple(dict.fromkeys(values)))


def run_folder(
    parent: Path,
    name: str = "run",
    trials: Sequence[TrialResult] = (),
    *,
    task: str = "age",
    with_baselines: bool = True,
    provenance: Mapping[str, Any] | None = None,
    domains: Mapping[str, Domain] | None = None,
    holdout: Sequence[Mapping[str, Any]] = (),
    **identity: Any,
) -> RunStore:
    """A run folder with these trials, finished in this order. provenance: what of it is not as usual; domains: of
    the trials' parameters, by default such as hold all that was tried."""
    films = Films(
        ids=np.arange(FILMS, dtype=np.int64),
        groups=np.array([f"p{i}" for i in range(FILMS)]),
        labels={name: _values(label) for name, label in LABELS.items()},
        assignment=(np.arange(FILMS) % 4 - 1).astype(np.int8)[None],
    )
    own = experiment(task, **identity)
    if domains is None:
        domains = domains_of([result.params for result in trials])
    store = RunStore.create(parent / name, own, films, provenance_of(**{"domains": domains, **(provenance or {})}))
    if with_baselines:
        found = baselines(task, own.folds)
        store.save_baselines(found, {baseline.name: np.zeros((1, FILMS), np.float32) for baseline in found})
    for result in trials:
        store.append(result)
    if holdout:
        (store.path / "holdout.json").write_text(json.dumps(list(holdout)))
    return store


def _values(label: Label) -> NDArray[np.float32]:
    """(FILMS,) classes in turn, or numbers from the first to the last edge of its bands."""
    if label.kind == "binary":
        return (np.arange(FILMS) % 2).astype(np.float32)
    return np.linspace(label.edges[0], label.edges[-1], FILMS, dtype=np.float32)


def with_films(store: RunStore, **changed: Any) -> RunStore:
    """The run with other films: what of them differs."""
    return RunStore.create(store.path, store.experiment, replace(store.films(), **changed), store.provenance)


def add_seed(store: RunStore, number: int, seed: int, scores: Sequence[float]) -> None:
    """The trial trained again with that seed, with a score a fold; each film's error is the score of its fold."""
    task, films = TASKS[store.experiment.task], store.films()
    for fold, score in enumerate(scores):
        scored = fold_score(task, fold, score)
        made = films.targets(task) + score if task.kind == "regression" else np.full(len(films.ids), 0.5)
        predictions = np.where(films.assignment[0] == fold, made, np.nan).astype(np.float32)
        save_part(store.path, SeedPart(trial=number, seed=seed, fold=fold, score=scored), predictions)


def transfer_folder(
    parent: Path, name: str = "transfer", trials: Sequence[TrialResult] = (), *, weights: str = "imagenet", **own: Any
) -> RunStore:
    """A run of the space `transfer` on the plan of `run_folder`, starting from these weights."""
    return run_folder(parent, name, trials, space="transfer", weights=weights, **own)
