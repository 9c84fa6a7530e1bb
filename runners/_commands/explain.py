"""`explain` from start to end: a worker makes the maps, the driver writes what is kept and says what it means.

    for line in explain(ExplainOptions("age-nih64-cnn-…", runs=Path("runs"))): print(line)

Of a run the best trial's first fold is trained again: its network is explained on the films of that fold, which it
has not seen. An exported model has seen all development films; it is explained on these, which the answer says, or on
films of the user. The hold-out plays no part.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runners._backend import backend_of_keras, check_backend
from runners._commands.predict import films_in
from runners._explain.bench import of_fold, of_model
from runners._explain.kept import kept
from runners._explain.messages import Explained, ExplainFold, ExplainModel
from runners._explain.summary import Seen
from runners._inputs.lineage import known_before
from runners._inputs.reopened import arrays_of, cache_of, weights_of
from runners._models.cards import read_card
from runners._seeds import derive
from runners._terminal.bar import job_bar
from runners._workers.conversation import ask
from runners._workers.local import LocalWorkers
from runners._workers.messages import Job
from runners._workers.setup import setup_of
from trials.commands import note_command
from trials.experiment import FORMAT, Experiment
from trials.explained import check_target
from trials.files import locked
from trials.records import FoldScore, Trial, TrialResult, best_trial
from trials.store import RunStore, run_folders
from xrays.arrays import XrayArrays
from xrays.decode import UnreadableFilm, read_film, to_pixels
from xrays.errors import UserError
from xrays.label_values import at_rows
from xrays.next_command import command
from xrays.tasks import Task, task_named

FOLD = 0
MOST = 300  # films: more change the means little, and the maps of a backbone take a while


@dataclass(frozen=True)
class ExplainOptions:
    """what: a run, by name or folder, or an exported model's .h5. films: files of the user's, for a model only; their
    pictures go to `out`. trial: of the run, the best one if None."""

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
        yield from _films_of_the_user(options) if options.films else _model(options)
    elif options.films:
        raise UserError(
            f"films for {options.what}, which is no model",
            "films with a model that export has written",
            command("explain", "best_age.h5", options.films[0]),
        )
    else:
        yield from _run(options)


def _run(options: ExplainOptions) -> Iterator[str]:
    store = RunStore.open(run_folders([options.what], options.runs)[0])
    task = task_named(store.experiment.task)
    result, fold = _chosen(store, task, options.trial)
    check_backend(store.experiment.backend, f"the run {store.path.name}")
    arrays = arrays_of(store, options.data)
    weights = weights_of(store, result, options.weights, print)
    assignment = store.films().assignment
    rows = _some(np.flatnonzero((assignment == FOLD) & np.isfinite(arrays.targets(task))))
    setup = setup_of(arrays.path, assignment, store.experiment, weights, cache_of(store), fold.threads)
    yield f"run      {store.path.name}, trial {result.number}: fold {FOLD} is trained again"
    with locked(store.path):
        note_command(store.path, options.command)
        with LocalWorkers(setup, make=of_fold) as workers:
            found = _answer(workers, ExplainFold(result, FOLD, rows), fold.epochs)
        recorded = store.out_of_fold(result.number)
        same = recorded is not None and np.allclose(recorded[rows], found.predictions, rtol=1e-3, atol=1e-3)
        yield "         its predictions are " + ("those of the search" if same else "NOT those of the search")
        about = {"network": "fold", "run": store.path.name, "trial": result.number, "fold": FOLD, "reproduced": same}
        known = known_before(store, arrays, weights, rows)
        yield from kept(store.path, {**about, "known": known}, task, found, _seen(arrays, task, rows))
    if known:
        yield f"films    NOT new to the network, though it was not trained on this fold: {known}"
    else:
        yield "films    the network has not seen them: they are the fold that it was not trained on"


def _model(options: ExplainOptions) -> Iterator[str]:
    path, card = Path(options.what), _card_of(options)
    if not (options.runs / card["run"] / "experiment.json").exists():
        raise UserError(
            f"{path} is of run {card['run']}, which is not in {options.runs}",
            "--runs with the folder of its run, or films",
            command("explain", path, "FILM.png"),
        )
    store = RunStore.open(options.runs / card["run"])
    task = task_named(store.experiment.task)
    arrays = arrays_of(store, options.data)
    rows = _some(np.flatnonzero(store.films().development() & np.isfinite(arrays.targets(task))))
    with locked(store.path):
        note_command(store.path, options.command)
        found = _of_model(path, card, arrays.images[rows])
        about = {"network": "model", "run": store.path.name, "trial": card["trial"], "model": path.name}
        yield f"model    {path}, from run {store.path.name}, trial {card['trial']}"
        yield from kept(store.path, about, task, found, _seen(arrays, task, rows))
    yield "films    the model was TRAINED on them: worst and best say nothing about new films"


def _card_of(options: ExplainOptions) -> dict[str, Any]:
    card = read_card(Path(options.what))
    check_backend(_as_now(card).backend, f"the model {options.what}")
    return card


def _films_of_the_user(options: ExplainOptions) -> Iterator[str]:
    path, card = Path(options.what), _card_of(options)
    out = options.out or path.with_name(f"{path.stem}_explained")
    check_target(out)
    out.mkdir(parents=True, exist_ok=True)
    size = int(card["input"]["shape"][0])
    files, task = films_in(options.films), task_named(card["task"])
    images = np.stack([_pixels(file, size) for file in files])[..., None]
    count = len(images)
    names, numbers = [film.name for film in files], np.arange(count).astype(str)
    nothing = np.full(count, np.nan, np.float32)
    seen = Seen(images, names, numbers, nothing, {}, task.ends, lambda row: _read(files[row]))
    found = _of_model(path, card, images)
    about = {"network": "model", "run": card["run"], "trial": card["trial"], "model": path.name}
    yield f"model    {path}"
    yield from kept(out, about, task, found, seen)


def _read(file: Path) -> NDArray[np.uint8]:
    try:
        return read_film(file)
    except UnreadableFilm as error:
        raise UserError(f"{file} {error}", "films as PNG, JPEG, TIFF", "leave it out") from None


def _pixels(file: Path, size: int) -> NDArray[np.uint8]:
    try:
        return to_pixels(_read(file), size)
    except UnreadableFilm as error:
        raise UserError(f"{file} {error}", "films as PNG, JPEG, TIFF", "leave it out") from None


def _of_model(path: Path, card: Mapping[str, Any], films: NDArray[np.uint8]) -> Explained:
    experiment = _as_now(card)
    trial = Trial(
        number=card["trial"],
        params=card["params"],
        recipe=card["recipe"],
        planned=0,
        told=0,
        started="",
    )
    setup = setup_of(path.parent, np.empty(0, np.int8), experiment)
    with LocalWorkers(setup, make=of_model) as workers:
        return _answer(workers, ExplainModel(trial, path.resolve(), films), 0)


def _as_now(card: Mapping[str, Any]) -> Experiment:
    """The card's experiment as this version has it, whichever wrote it: nothing is trained, and of all that only the
    backend counts."""
    nothing: dict[str, Any] = {field.name: None for field in fields(Experiment)}
    known = {name: card["experiment"][name] for name in nothing if name in card["experiment"]}
    return Experiment(**{**nothing, "backend": backend_of_keras(), **known, "format": FORMAT})


def _chosen(store: RunStore, task: Task, number: int | None) -> tuple[TrialResult, FoldScore]:
    results = store.trials()
    if number is None:
        result = best_trial(results, task)
    else:
        result = next((result for result in results if result.number == number), None)
    fold = next((fold for fold in result.complete_folds if fold.fold == FOLD), None) if result else None
    if result is None or fold is None:
        given = store.path.name if number is None else f"--trial {number} of {store.path.name}"
        able = [
            str(one.number)
            for one in sorted(results, key=lambda one: (one.state != "complete", one.number))
            if any(fold.fold == FOLD for fold in one.complete_folds)
        ]
        raise UserError(
            f"{given} has no whole fold {FOLD} to train again",
            f"a trial with one: {', '.join(able) or 'none so far'}",
            command("explain", store.path, trial=able[0]) if able else command("runs", runs=store.path.parent),
        )
    return result, fold


def _some(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """At most MOST of them, the same ones every time."""
    if len(rows) <= MOST:
        return rows
    return np.sort(np.random.default_rng(derive(0, "explain")).choice(rows, MOST, replace=False))


def _seen(arrays: XrayArrays, task: Task, rows: NDArray[np.int64]) -> Seen:
    names = [str(number) for number in arrays.ids[rows].tolist()]
    targets, labels = arrays.targets(task)[rows], at_rows(arrays.labels, rows)
    return Seen(arrays.images[rows], names, arrays.groups[rows], targets, labels, task.ends)


def _answer(workers: LocalWorkers, job: Job, epochs: int) -> Explained:
    with job_bar("training", epochs, before="starting the worker") as watch:
        return ask(workers, job, Explained, failed="nothing was explained", watch=watch)
