"""`explain` from start to end: a worker makes the maps, the driver writes what is kept and says what it means.

    for line in explain(ExplainOptions("age-nih64-cnn-…", runs=Path("runs"))): print(line)

Of a run the network of the best trial's first fold, which the search has kept or which is trained again, is explained
on the films of that fold, which it has not seen. An exported model has seen all development films; it is explained on
these, which the answer says, or on films of the user. The hold-out plays no part.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from runners._explain.films import films_of_files, prepared_films, sample_rows
from runners._explain.fold import FOLD, explain_fold, explainable, is_reproduced, rows_of_fold
from runners._explain.folds import altered_folds, found_before, kept_folds
from runners._explain.model import explain_model, explainable_card
from runners._explain.record import record_explanation
from runners._inputs.films import films_in
from runners._inputs.lineage import known_before
from runners._models.cards import recipe_of
from runners._terminal.bar import job_bar
from runners._training.reopened import arrays_of, reopen, writing
from trials.explained import check_target
from trials.store import RunStore, run_named
from xrays.errors import UserError
from xrays.next_command import command
from xrays.tasks import task_named

BAR = partial(job_bar, "training", before="starting the worker")
ALTERED_BAR = partial(job_bar, "altered films", before="starting the worker")


@dataclass(frozen=True)
class ExplainOptions:
    """what: a run, by name or folder, or an exported model's .h5. films: files of the user's, for a model only; their
    pictures go to `out`. trial: of the run, the best one if None. data, weights: where they are now, None for where
    they were."""

    what: str
    runs: Path
    films: tuple[Path, ...] = ()
    trial: int | None = None
    data: Path | None = None
    weights: str | None = None
    out: Path | None = None
    command: str = ""


def explain(options: ExplainOptions) -> Iterator[str]:
    """Lines for the terminal, as they come. Raises UserError for what is no run and no model."""
    if options.what.endswith(".h5"):
        if options.trial is not None:
            raise UserError("--trial with a model", "--trial with a run", command("explain", options.what))
        yield from _on_files(options) if options.films else _model(options)
    elif options.films:
        raise UserError(
            f"films for {options.what}, which is no model",
            "films with a model that export has written",
            command("explain", "best_age.h5", options.films[0]),
        )
    else:
        yield from _run(options)


def _run(options: ExplainOptions) -> Iterator[str]:
    store = run_named(options.what, options.runs)
    result, fold = explainable(store, options.trial)
    run = reopen(store, result, options.data, options.weights, print)
    rows = rows_of_fold(run)
    kept = kept_folds(store, result)
    network = f"the network of fold {FOLD}, which the search has kept" if kept else f"fold {FOLD} is trained again"
    yield f"run      {store.path.name}, trial {result.number}: {network}"
    with writing(store, options.command):
        explanation = explain_fold(run, result, fold, rows, BAR, kept.get(FOLD, ()))
        same = is_reproduced(store, result, rows, explanation, kept=bool(kept))
        yield "         its predictions are " + ("those of the search" if same else "NOT those of the search")
        known = known_before(store, run.arrays, run.weights, rows)
        altered = altered_folds(run, result, kept or {FOLD: explanation.network}, ALTERED_BAR)
        facts = {"network": "fold", "run": store.path.name, "trial": result.number, "fold": FOLD, "reproduced": same}
        facts |= {"kept": bool(kept), "altered": altered}
        films = prepared_films(run.arrays, run.task, rows)
        yield from record_explanation(store.path, {**facts, "known": known}, run.task, explanation, films)
    if known:
        yield f"films    NOT new to the network, though it was not trained on this fold: {known}"
    else:
        yield "films    the network has not seen them: they are the fold that it was not trained on"


def _model(options: ExplainOptions) -> Iterator[str]:
    path = Path(options.what)
    card = explainable_card(path)
    if not (options.runs / card["run"] / "experiment.json").exists():
        raise UserError(
            f"{path} is of run {card['run']}, which is not in {options.runs}",
            "--runs with the folder of its run, or films",
            command("explain", path, "FILM.png"),
        )
    store = RunStore.open(options.runs / card["run"])
    task = task_named(store.experiment.task)
    arrays = arrays_of(store, options.data)
    rows = sample_rows(np.flatnonzero(store.films().development() & np.isfinite(arrays.targets(task))))
    with writing(store, options.command):
        explanation = explain_model(path, card, arrays.images[rows], BAR)
        facts = {"network": "model", "run": store.path.name, "trial": card["trial"], "model": path.name}
        facts["altered"] = found_before(store, card["trial"])
        yield f"model    {path}, from run {store.path.name}, trial {card['trial']}"
        yield from record_explanation(store.path, facts, task, explanation, prepared_films(arrays, task, rows))
    yield "films    the model was TRAINED on them: worst and best say nothing about new films"


def _on_files(options: ExplainOptions) -> Iterator[str]:
    path = Path(options.what)
    card = explainable_card(path)
    out = options.out or path.with_name(f"{path.stem}_explained")
    check_target(out)
    out.mkdir(parents=True, exist_ok=True)
    task = task_named(card["task"])
    films = films_of_files(films_in(options.films), task, int(card["input"]["shape"][0]), recipe_of(card))
    explanation = explain_model(path, card, films.images, BAR)
    facts = {"network": "model", "run": card["run"], "trial": card["trial"], "model": path.name}
    yield f"model    {path}"
    yield from record_explanation(out, facts, task, explanation, films)
