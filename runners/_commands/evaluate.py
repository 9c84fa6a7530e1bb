"""`evaluate` until its page: a model is asked about a prepared collection, but for films that it has seen.

evaluated = evaluate(EvaluateOptions(Path("best_age.h5"), Path("data/elsewhere")), say=print)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runners._evaluate.fitting import taken_by
from runners._evaluate.known import known_films
from runners._models.asked import in_batches, network_of
from runners._models.cards import around_of, read_card, takes_vectors
from runners._models.opened import check_file
from runners._models.openings import opened_in_others, record_opening, unrecordable
from runners._models.promises import kept
from runners._words import score_with_interval
from trials.evaluated import Evaluated
from trials.films import Films
from trials.lineage import MET, SeenFilms
from trials.openings import LOG
from trials.score_interval import score_interval
from xrays.arrays import XrayArrays, choose_prepared
from xrays.assignment import HOLD_OUT, UNUSED
from xrays.errors import UserError
from xrays.intact import begin_check
from xrays.label_values import at_rows
from xrays.next_command import command
from xrays.pixels.facts import properties
from xrays.statistics.by_patient import labels_together, together
from xrays.statistics.metrics import score
from xrays.tasks import Task, task_named

SYNTHETIC = "SYNTHETIC films are among those of model and evaluation: nothing here is about patients"
Say = Callable[[str], None]


@dataclass(frozen=True)
class EvaluateOptions:
    """model: an exported .h5. data: a prepared folder, None for the only one below `root`. with_seen: films, too,
    that the model has seen; they are marked."""

    model: Path
    data: Path | None = None
    root: Path = Path("data")
    with_seen: bool = False


def evaluate(options: EvaluateOptions, say: Say) -> Evaluated:
    """The look is on record beside the films before any score is known. Raises UserError for a model without a card,
    films that do not fit it, and where there is nothing new to it, or no place for the record."""
    card = read_card(options.model)
    check_file(options.model)
    task, arrays = task_named(card["task"]), opened_data(options)
    taken, seen = taken_by(card, options.model, arrays), _seen(card, options.model)
    intact = begin_check(arrays)
    labelled, known = np.isfinite(arrays.targets(task)), known_films(seen, arrays)
    new = known == ""
    asked = labelled & (new | options.with_seen)
    _check_any(options, task, arrays, labelled, asked)
    _check_log(arrays)
    rows = np.flatnonzero(asked)
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
        constant=card.get("constant"),
        around=around_of(card),
        around_patient=around_of(card, "patient"),
        **_pictures(card, arrays, rows),
        before=_before(card, task),
        openings=openings,
        looked_at=looked_at,
    )
    for line in lines(evaluated):
        say(line)
    return evaluated


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


def _before(card: Mapping[str, Any], task: Task) -> dict[str, float]:
    """What the card says of its own films, of a stranger's as far as it can be read."""
    found = {}
    for name, of in (("cross-validation", ("cross_validation", task.objective, "mean")),
                     ("hold-out", ("hold_out", "metrics", task.objective))):  # fmt: skip
        part: Any = card
        for key in of:
            part = part.get(key) if isinstance(part, Mapping) else None
        if isinstance(part, float | int) and np.isfinite(part):
            found[name] = float(part)
    return found


def lines(evaluated: Evaluated) -> Iterator[str]:
    """What came of it, for the terminal."""
    task, truth, groups = evaluated.task, evaluated.truth, evaluated.groups
    if evaluated.synthetic:
        yield f"CAUTION  {SYNTHETIC}"
    patients = len(np.unique(groups))
    yield f"films    {len(truth):,} of {evaluated.films:,}, of {patients:,} patients{_missing(evaluated)}"
    value = score(task, truth, evaluated.answers)[task.objective]
    yield f"score    {score_with_interval(task, value, score_interval(task, truth, evaluated.answers, groups))}"
    if patients < len(truth):
        said, true = together(evaluated.answers, groups, task.kind), labels_together(truth, groups, task.kind)
        ends = score_interval(task, true, said, np.unique(groups))
        value = score(task, true, said)[task.objective]
        yield f"         {score_with_interval(task, value, ends)} by patient, one answer for all films of each"
    if evaluated.constant is not None:
        known = score(task, truth, np.full(len(truth), evaluated.constant))[task.objective]
        yield f"         {score_with_interval(task, known, None)} for who says what the training labels have"
    yield from _promised(evaluated)
    if outside := evaluated.outside:
        share = np.any(list(outside.values()), axis=0).mean()
        each = ", ".join(f"{name} {100 * which.mean():.1f} %" for name, which in outside.items())
        yield f"pictures {100 * share:.1f} % of the films are unlike the training films ({each})"
    yield from _cautions(evaluated)


def _missing(evaluated: Evaluated) -> str:
    seen = sum(evaluated.left_out.values())
    parts = {"without the label": evaluated.unlabelled, "without an answer": evaluated.unanswered}
    said = [f"{count:,} {what}" for what, count in parts.items() if count]
    said += [f"{seen:,} left out that the model has seen"] if seen else []
    return f"; {', '.join(said)}" if said else ""


def _promised(evaluated: Evaluated) -> Iterator[str]:
    found = kept(evaluated.task, evaluated.around, evaluated.truth, evaluated.answers, evaluated.groups)
    if "coverage" in found and evaluated.around is not None:
        ends, level = found["coverage_interval"], evaluated.around.level
        between = f" (95 % interval {100 * ends[0]:.1f} to {100 * ends[1]:.1f})" if ends else ""
        yield (
            f"interval {100 * found['coverage']:.1f} %{between} of the films are within their {100 * level:.0f} % "
            f"intervals, {found['width']:.1f} {evaluated.task.unit} wide on average"
        )
    if "calibration_error" in found:
        ends = found["calibration_error_interval"]
        between = f" (95 % interval {100 * ends[0]:.1f} to {100 * ends[1]:.1f})" if ends else ""
        yield f"answers  off by {100 * found['calibration_error']:.1f}{between} percentage points as probabilities"


def _cautions(evaluated: Evaluated) -> Iterator[str]:
    if seen := int((evaluated.known != "").sum()):
        each = ", ".join(f"{count:,} {MET[reason]}" for reason, count in _counts(evaluated.known))
        yield f"CAUTION  {seen:,} of these films are NOT NEW to the model ({each})"
    if evaluated.unknown:
        yield f"CAUTION  which films {', '.join(evaluated.unknown)} has seen is unknown: these may be among them"
    if evaluated.openings > 1 or evaluated.looked_at:
        times = f"{evaluated.openings} times now" if evaluated.openings > 1 else "before, among others"
        what = evaluated.task.name
        yield f"CAUTION  these films were looked at {times} for {what}: whoever chose by that has chosen by them"


def _counts(known: NDArray[np.str_]) -> Iterator[tuple[str, int]]:
    found = Counter(known.tolist())
    yield from ((reason, found[reason]) for reason in MET if found[reason])
