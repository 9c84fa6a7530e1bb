"""`evaluate` until its page: a model is asked about a prepared collection, but for films that it has seen.

evaluated = evaluate(EvaluateOptions(Path("best_age.h5"), Path("data/elsewhere")), say=print)
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runners._evaluate.fitting import taken_by
from runners._evaluate.known import known_films
from runners._evaluate.lines import lines, lines_of_recalibration
from runners._evaluate.recalibrated import Material, fits_of, local_films, steps_of, write_recalibrated
from runners._models.asked import in_batches, network_of
from runners._models.cards import around_of, claim_model, constant_of, read_card, takes_vectors
from runners._models.opened import check_file
from runners._models.openings import opened_in_others, record_opening, unrecordable
from trials.evaluated import Evaluated
from trials.films import Films
from trials.lineage import SeenFilms
from trials.openings import LOG
from trials.typed import typed
from xrays.arrays import XrayArrays, choose_prepared
from xrays.assignment import HOLD_OUT, UNUSED
from xrays.errors import UserError
from xrays.intact import begin_check
from xrays.label_values import at_rows
from xrays.next_command import command
from xrays.pixels.facts import properties
from xrays.statistics.bootstrap import Interval
from xrays.tasks import Task, task_named

Say = Callable[[str], None]
UNKNOWN = Interval(math.nan, math.nan)


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
    taken, seen = taken_by(card, options.model, arrays), _seen(card, options.model)
    intact = begin_check(arrays)
    labelled, known = np.isfinite(arrays.targets(task)), known_films(seen, arrays)
    new = known == ""
    asked = labelled & (new | options.with_seen)
    _check_any(options, task, arrays, labelled, asked)
    _check_log(arrays)
    rows = np.flatnonzero(asked)
    if options.recalibrate:
        local_films(arrays.groups[rows], options.recalibrate)  # before anybody looks
    answers = in_batches(network_of(options.model, tuple(card["input"]["shape"])), taken, rows)
    intact.result()
    if not (said := np.isfinite(answers)).any():
        raise UserError(f"{options.model} answers no number to any of these films", "a model that answers", "")
    rows, answers = rows[said], answers[said]
    openings, looked_at = _recorded(card, arrays, rows)
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
        **_pictures(card, arrays, rows),
        before=_before(card, task),
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


def _seen(card: Mapping[str, Any], model: Path) -> SeenFilms:
    """As the card tells."""
    try:
        return SeenFilms.from_json(card["films_seen"])
    except (ValueError, TypeError, KeyError, AttributeError):
        return SeenFilms(unknown=(model.name,))


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


def _check_log(arrays: XrayArrays) -> None:
    try:
        with (arrays.path / LOG).open("ab"):
            return
    except OSError as error:
        raise UserError(
            f"no score without a record: {unrecordable(arrays, error)}", "a folder that can be written", "--data DIR"
        ) from None


def _recorded(card: Mapping[str, Any], arrays: XrayArrays, rows: NDArray[np.intp]) -> tuple[int, int]:
    """Writes down that these films are looked at, as a hold-out's opening is: what comes of it may decide what is
    done with model or films. Returns how often they were, this time included, and how many of them among others."""
    assignment = np.full((1, len(arrays.ids)), UNUSED, np.int8)
    assignment[:, rows] = HOLD_OUT
    films, held = Films(arrays.ids, arrays.groups, arrays.labels, assignment), assignment[0] == HOLD_OUT
    what = {
        "opened": datetime.now(UTC).isoformat(timespec="seconds"),
        "run": card["run"],
        "trial": card["trial"],
        "task": card["task"],
        "evaluated": card["model_sha256"],
    }
    before = opened_in_others(arrays, films, held, card["task"])
    prints = arrays.fingerprints()[rows]
    return record_opening(arrays, films.hold_out_fingerprint(), prints, what), before


def _pictures(card: Mapping[str, Any], arrays: XrayArrays, rows: NDArray[np.intp]) -> dict[str, Any]:
    """Ranges of the training films, and what these films have of it: nothing for vectors."""
    ranges = {} if takes_vectors(card) else card["input"].get("pictures", {})
    of_all = properties(arrays.facts())
    usual = {name: (float(ends[0]), float(ends[1])) for name, ends in ranges.items() if name in of_all}
    return {"usual": usual, "properties": {name: of_all[name][rows] for name in usual}}


def _before(card: Mapping[str, Any], task: Task) -> dict[str, tuple[float, Interval]]:
    """What the card says of its own films, of a stranger's as far as it can be read."""
    hold_out = card.get("hold_out")
    ends = hold_out.get("interval") if isinstance(hold_out, Mapping) else None
    found = {}
    for name, of in (
        ("cross-validation", ("cross_validation", task.objective, "mean")),
        ("its hold-out", ("hold_out", "metrics", task.objective)),
    ):
        part: Any = card
        for key in of:
            part = part.get(key) if isinstance(part, Mapping) else None
        if isinstance(part, float | int) and math.isfinite(part):
            found[name] = float(part), UNKNOWN
    with suppress(ValueError, TypeError):
        if ends and "its hold-out" in found:
            found["its hold-out"] = found["its hold-out"][0], Interval(*typed(list[float], ends))
    return found
