"""What came of an evaluation, in lines for the terminal; the page has all of it.

for line in lines(evaluated): print(line)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from runners._models.promises import in_words, kept, kept_by_patient
from runners._words import score_with_interval
from trials.evaluated import Evaluated
from trials.lineage import MET
from trials.score_interval import score_interval
from xrays.patients import whose
from xrays.statistics.by_patient import labels_together, together
from xrays.statistics.metrics import score
from xrays.statistics.recalibration import enough

SYNTHETIC = "SYNTHETIC films are among those of model and evaluation: nothing here is about patients"


def lines(evaluated: Evaluated) -> Iterator[str]:
    """What came of it, for the terminal."""
    task, truth, groups = evaluated.task, evaluated.truth, evaluated.groups
    if evaluated.synthetic:
        yield f"CAUTION  {SYNTHETIC}"
    yield f"films    {whose(groups)}; in the folder {evaluated.films:,}{_missing(evaluated)}"
    value = score(task, truth, evaluated.answers)[task.objective]
    yield f"score    {score_with_interval(task, value, score_interval(task, truth, evaluated.answers, groups))}"
    if len(np.unique(groups)) < len(truth):
        said, true = together(evaluated.answers, groups, task.kind), labels_together(truth, groups, task.kind)
        ends = score_interval(task, true, said, np.unique(groups))
        value = score(task, true, said)[task.objective]
        yield f"         {score_with_interval(task, value, ends)} by patient, one answer for all films of each"
    if evaluated.constant is not None:
        known = score(task, truth, np.full(len(truth), evaluated.constant))[task.objective]
        yield f"         {score_with_interval(task, known, None)} for who says what the training labels have"
    for begin, promise in zip(("promise", ""), _promise_words(evaluated), strict=False):
        yield f"{begin:<9}{promise}"
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
    return "".join(f", {part}" for part in said)


def _promise_words(evaluated: Evaluated) -> Iterator[str]:
    """Of the films, and of the patients; none where the card promises nothing."""
    task, around, told = evaluated.task, evaluated.around, (evaluated.truth, evaluated.answers, evaluated.groups)
    level = around.level if around else 0.0
    if said := in_words(task, level, kept(task, around, *told)):
        yield said
    if found := kept_by_patient(task, around, evaluated.around_patient, *told):
        yield f"{in_words(task, level, found)}, by patient"


def _cautions(evaluated: Evaluated) -> Iterator[str]:
    if evaluated.beaten:
        yield "CAUTION  the model is no better than who knows the training labels alone"
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


def lines_of_recalibration(evaluated: Evaluated) -> Iterator[str]:
    """How many films it takes, and what came of those that were taken."""
    task, steps, done = evaluated.task, list(evaluated.steps), evaluated.recalibrated
    figure = "mae" if task.kind == "regression" else "calibration_error"
    films, of = enough(steps, figure), [step.value for step in steps if step.figure == figure]
    what = "MAE" if task.kind == "regression" else "calibration error"
    scale, unit = (1.0, task.unit) if task.kind == "regression" else (100.0, "percentage points")
    if len(of) == 1:
        yield f"local    too few films to tell how many mend it: {what} {scale * of[0]:.2f} {unit} as it is"
    elif films is None:
        yield f"local    films do not mend it: {what} {scale * of[0]:.2f} {unit} as it is, and no less with more"
    else:
        ends = f"{scale * of[0]:.2f} {unit} as it is, {scale * of[-1]:.2f} with as many as there are"
        yield f"local    {films:.0f} films are enough: {what} {ends}"
    covered = [step for step in steps if step.figure == "coverage"]
    if covered:
        shares = [f"{100 * step.value:.0f} %" for step in (covered[0], covered[-1])]
        yield f"         intervals hold for {shares[0]} of films, for {shares[1]} with as many as there are"
    if done is None:
        return
    others = (~done.local).sum()
    yield f"mended   {done.what}, by {done.local.sum():,} films; on the {others:,} others, before and after:"
    for rest in evaluated.rest(done):
        value = score(task, rest.truth, rest.answers)[task.objective]
        between = score_interval(task, rest.truth, rest.answers, rest.groups)
        yield f"         {score_with_interval(task, value, between)}"
        yield from (f"         {line}" for line in _promise_words(rest))
