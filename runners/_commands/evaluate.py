"""`evaluate` until its page: a model is asked about a prepared collection, but for films that it has seen.

evaluated = evaluate(EvaluateOptions(Path("best_age.h5"), Path("data/elsewhere")), say=print)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from runners._evaluate.fitting import taken_by
from runners._evaluate.known import known_films
from runners._evaluate.lines import lines, lines_of_recalibration
from runners._evaluate.recalibrated import fits_of, local_films, steps_of, write_recalibrated
from runners._evaluate.recalibrated_card import Material
from runners._evaluate.record import check_log, recorded
from runners._evaluate.told import pictures, scores_before, seen_by
from runners._models.asked import in_batches, network_of
from runners._models.cards import around_of, claim_model, constant_of, read_card
from runners._models.opened import check_file
from trials.evaluated import Evaluated
from xrays.arrays import XrayArrays, choose_prepared
from xrays.errors import UserError
from xrays.intact import begin_check
from xrays.label_values import at_rows
from xrays.next_command import command
from xrays.tasks import Task, task_named

Say = Callable[[str], None]


@dataclass(frozen=True)
class EvaluateOptions:
    """model: an exported .h5. data: a prepared folder, None for the only one below `root`. with_seen: films, too,
    that the model has seen; they are marked. recalibrate: on so many of the films at most, 0 to say only how many it
    would take, None for neither."""

    model: Path
    data: Path | None = None
    root: Path = Path("data")
    with_seen: bool = False
    recalibrate: int | None = None

    def target(self, data: str) -> Path:
        """The recalibrated model's file. data: name of the prepared folder."""
        return self.model.with_name(f"{self.model.stem}-for-{data}.h5")


def evaluate(options: EvaluateOptions, say: Say) -> Evaluated:
    """The look is on record beside the films before any score is known. Raises UserError for a model without a card,
    films that do not fit it, and where there is nothing new to it, or no place for the record."""
    card = read_card(options.model)
    check_file(options.model)
    task, arrays = task_named(card["task"]), opened_data(options)
    _check_recalibration(options, arrays)
    taken, seen = taken_by(card, options.model, arrays), seen_by(card, options.model)
    intact = begin_check(arrays)
    labelled, known = np.isfinite(arrays.targets(task)), known_films(seen, arrays)
    new = known == ""
    asked = labelled & (new | options.with_seen)
    _check_any(options, task, arrays, labelled, asked)
    check_log(arrays)
    rows = np.flatnonzero(asked)
    if options.recalibrate:
        local_films(arrays.groups[rows], options.recalibrate)  # before anybody looks
    answers = in_batches(network_of(options.model, tuple(card["input"]["shape"])), taken, rows)
    intact.result()
    if not (said := np.isfinite(answers)).any():
        raise UserError(f"{options.model} answers no number to any of these films", "a model that answers", "")
    rows, answers = rows[said], answers[said]
    openings, looked_at = recorded(card, arrays, rows)
    evaluated = Evaluated(
        task=task,
        model=options.model.name,
        digest=card["model_sha256"],
        data=arrays.name,
        pixels=arrays.pixels,
        synthetic=bool(card["synthetic"]) or arrays.synthetic,
        films=len(arrays.ids),
        unlabelled=int((~labelled).sum()),
        unanswered=int((~said).sum()),
        left_out={} if options.with_seen else dict(Counter(known[labelled & ~new].tolist())),
        known=known[rows],
        unknown=seen.unknown,
        ids=arrays.ids[rows],
        groups=arrays.groups[rows],
        answers=answers,
        labels=at_rows(arrays.labels, rows),
        constant=constant_of(card),
        around=around_of(card),
        around_patient=around_of(card, "patient"),
        **pictures(card, arrays, rows),
        before=scores_before(card, task),
        openings=openings,
        looked_at=looked_at,
    )
    for line in lines(evaluated):
        say(line)
    if options.recalibrate is None:
        return evaluated
    material = Material(options.model, card, options.target(arrays.name), arrays, taken, rows, seen)
    evaluated = _recalibrated(options.recalibrate, material, evaluated)
    for line in lines_of_recalibration(evaluated):
        say(line)
    if options.recalibrate and evaluated.recalibrated is None:
        say(f"mended   nothing that {options.recalibrate:,} films teach makes it better: no model is written")
    return evaluated


def _check_recalibration(options: EvaluateOptions, arrays: XrayArrays) -> None:
    if options.recalibrate is None:
        return
    again = command("evaluate", options.model, data=arrays.path)
    if options.recalibrate < 0:
        raise UserError(f"--recalibrate {options.recalibrate}", "films, or 0", f"{again} --recalibrate 100")
    if options.with_seen:
        raise UserError("--recalibrate with --with-seen: answers about films that were seen", "one of them", again)
    if options.recalibrate:
        claim_model(options.target(arrays.name))


def _recalibrated(films: int, material: Material, evaluated: Evaluated) -> Evaluated:
    fits = fits_of(material.model, evaluated.task)
    found = replace(evaluated, steps=tuple(steps_of(evaluated, fits)))
    return replace(found, recalibrated=write_recalibrated(material, films, fits, evaluated)) if films else found


def opened_data(options: EvaluateOptions) -> XrayArrays:
    """The films. Raises UserError where there are none, or several and none was named."""
    again = partial(command, "evaluate", options.model)
    folder = choose_prepared(options.data, options.root, lambda path: again(data=path))
    if folder is None:
        raise UserError("nothing is prepared", "a prepared folder", command("prepare", "DIR"))
    return XrayArrays.open(folder)


def _check_any(
    options: EvaluateOptions, task: Task, arrays: XrayArrays, labelled: NDArray[np.bool_], asked: NDArray[np.bool_]
) -> None:
    if asked.any():
        return
    if not labelled.any():
        raise UserError(f"no film of {arrays.path} has a label for {task.name}", "films with labels", "--data OTHER")
    again = command("evaluate", options.model, data=arrays.path, with_seen=True)
    raise UserError(
        f"{options.model} has seen all {labelled.sum():,} films of {arrays.path}, or films of their patients",
        "films that are new to it",
        f"--data OTHER, or, for figures that say nothing about new films: {again}",
    )
