"""`predict` from start to end: films looked at, a model asked, answers said as they come and kept in files.

    outcome = predict(PredictOptions(Path("best_age.h5"), (Path("films"),)), say=print, warn=print)
    outcome.answered, outcome.missing

A step that makes one answer of several, such as those of a patient, has its place between `answers` and the lines.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from runners._inputs.films import films_in, once
from runners._models.asked import Predict, network_of
from runners._models.cards import around_of, read_card, recipe_of, takes_vectors
from runners._models.opened import check_file
from runners._predict.answer import Answer
from runners._predict.asking import answers
from runners._predict.grouped import Groups, patients_of
from runners._predict.kept import Head, Kept
from runners._predict.lines import Lines, Tally
from runners._predict.looks import Looker
from runners._predict.on_vectors import names_of, vector_answers, vectors_files
from xrays.errors import UserError
from xrays.next_command import command
from xrays.statistics.conformal import Around
from xrays.tasks import Task, task_named

FILM, PATIENT = BY = ("film", "patient")
OF_ONE = (
    "intervals of patients with several films are those of one film, which promise nothing of a mean: the model "
    "knows too few such patients"
)
SYNTHETIC = "this model was trained or recalibrated on SYNTHETIC films: its answers mean nothing for a patient"
Say = Callable[[str], None]


@dataclass(frozen=True)
class PredictOptions:
    """model: an exported .h5. films: files and folders of films; for a model on vectors, files of these. recursive:
    folders in these, too. force: films, too, of which an answer means nothing. csv, json: files of the answers, None
    for none. by: one of BY, what there is an answer of; patients: a table of whose film each is, None for what DICOM
    files say."""

    model: Path
    films: tuple[Path, ...]
    recursive: bool = False
    force: bool = False
    csv: Path | None = None
    json: Path | None = None
    by: str = FILM
    patients: Path | None = None


class Stopped(Exception):
    """Ctrl-C came; what is said of it has been said."""


def predict(options: PredictOptions, say: Say, warn: Say) -> Tally:
    """say: takes the line of each film; warn: what is to be known at the end, for while films are read standard error
    is taken away from time to time (xrays/quiet.py).

    Raises UserError before anything is asked, for a model without a card, for films that do not exist and files that
    would be overwritten; Stopped after Ctrl-C, when the answers until then are in their files.
    """
    card = read_card(options.model)
    check_file(options.model)
    task, synthetic = task_named(card["task"]), bool(card["synthetic"])
    by_patient = _by_patient(options, card)
    head = Head(options.model, card["model_sha256"], task, synthetic, options.force, by_patient)
    kept = Kept(options.csv, options.json, head)
    names, start = _asked(options, card, task)
    around = around_of(card)
    groups = None
    if by_patient:
        whose = patients_of([*map(Path, names)], options.patients)
        groups = Groups(whose, task, around, around_of(card, "patient"))
        names = groups.names()
    lines, tally = Lines(names, task, bounded=around is not None), Tally("patient" if by_patient else "film")
    try:
        if synthetic:
            say(SYNTHETIC)
        with closing(start()) as coming:
            for film in coming:
                for answer in groups.add(film) if groups else [_bounded(film, around)]:
                    kept.add(answer)
                    tally.add(answer)
                    say(lines.of(answer))
    except KeyboardInterrupt:
        looked_at = tally.answered + tally.missing
        if looked_at:
            kept.write(complete=False)
        files = " and ".join(map(str, kept.files))
        ending = f"; in {files}, written now" if files and looked_at else f"; {files} not written" if files else ""
        warn(f"stopped: {tally.words(len(names))}{ending}; the same command begins again")
        raise Stopped from None
    kept.write(complete=True)
    if groups and around is not None and around_of(card, "patient") is None and groups.several:
        warn(OF_ONE)
    if len(names) > 1 and (tally.missing or kept.files):
        warn(tally.words(len(names)))
    for file in kept.files:
        warn(f"written: {file}")
    return tally


def _by_patient(options: PredictOptions, card: Mapping[str, Any]) -> bool:
    """Whether answers are put together. Raises UserError for options that do not fit."""
    again = command("predict", options.model, "FILE", by=PATIENT)
    if options.by not in BY:
        raise UserError(f"--by {options.by}", " or ".join(BY), again)
    if options.patients is not None and options.by != PATIENT:
        raise UserError("--patients without --by patient", "both", f"{again} --patients {options.patients}")
    if options.by == PATIENT and takes_vectors(card):
        alone = command("predict", options.model, "VECTORS.npz")
        raise UserError("--by patient for vectors, of which nobody knows whose they are", "--by film", alone)
    return options.by == PATIENT


def _bounded(answer: Answer, around: Around | None) -> Answer:
    """With the interval around its number."""
    if around is None or answer.value is None:
        return answer
    return replace(answer, half_width=float(around.half_width(np.array([answer.value]))[0]))


def _asked(
    options: PredictOptions, card: Mapping[str, Any], task: Task
) -> tuple[list[str], Callable[[], Generator[Answer]]]:
    """What the model will be asked about, by name, and what begins to answer. Raises UserError."""
    shape = tuple(card["input"]["shape"])

    def network() -> Predict:
        return network_of(options.model, shape)

    if takes_vectors(card):
        given = vectors_files(options.films, card, options.model)
        return names_of(given), lambda: vector_answers(given, network, task)
    films = films_in(options.films, options.recursive)
    if options.by == PATIENT:
        films = once(films)
    looker = Looker(shape[0], recipe_of(card), card["input"].get("pictures", {}), options.force)
    return [*map(str, films)], lambda: answers(films, looker, shape[0], network, task)
