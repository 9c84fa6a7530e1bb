"""What an export says of a model, in lines for the terminal: what it is made of, what came of the hold-out.

for line in about_hold_out(store, opening, synthetic=False): print(line)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from runners._models.compared import table
from runners._models.promises import in_words
from runners._models.tried import left_out_lines
from runners._models.ways import Way
from runners._words import score_with_interval, score_words
from runners._workers.messages import Written
from trials.final import Standing
from trials.pool import PoolMember
from trials.store import RunStore
from xrays.statistics.conformal import LEVEL
from xrays.tasks import Task, task_named


def about_way(best: Standing, way: Way, *, ensemble: bool, folds: bool) -> Iterator[str]:
    """What is exported. ensemble: of several trials, though it may have come to one; folds: of networks of folds."""
    store = best.store
    task = task_named(store.experiment.task)
    reached = f"{score_words(task, best.score)} in {_where(store)}{_seeds(best)}"
    if not ensemble:
        yield f"run      {store.path.name}, trial {best.result.number}: {reached}"
    else:
        yield f"run      {store.path.name}, whose best is trial {best.result.number}: {reached}"
        each = ", ".join(
            f"{share:.0%} trial {member.trial.number}{_with_seed(member, store)}"
            for share, member in zip(way.blend.shares, way.members, strict=True)
        )
        yield f"way      {way.name}, their {way.blend.middle}: {each}"
        reached = score_with_interval(task, way.score, way.score_interval.to_json())
        yield f"         {reached} on patients that played no part in choosing it"
    if folds:
        yield f"         {len(way.sources)} networks of folds; none was trained on the films of its own"


def below_least(task: Task, written: Written) -> Iterator[str]:
    """A caution where it predicts what the label cannot be."""
    predicted = written.predictions[np.isfinite(written.predictions)]
    least = task.label.least  # of classes there is none
    if below := int((predicted < least).sum()):
        yield f"CAUTION  of {len(predicted)} films it predicts less than {least:g} {task.unit} for {below}"


def about_hold_out(store: RunStore, opening: Mapping[str, Any], synthetic: bool) -> Iterator[str]:
    """What came of the hold-out of that run."""
    task = task_named(store.experiment.task)
    if opening["reason"] is not None:
        yield f"hold-out not opened: {opening['reason']}"
        return
    times = "once" if opening["openings"] == 1 else f"{opening['openings']} times"
    value = score_with_interval(task, opening["metrics"][task.objective], opening["interval"])
    drawn = "SYNTHETIC " if synthetic else ""
    yield f"hold-out {value} on {opening['films']} {drawn}films; it has been opened {times} for this task"
    if by_patient := opening["by_patient"]:
        score = score_with_interval(task, by_patient["metrics"][task.objective], by_patient["interval"])
        yield f"         {score} on its {by_patient['patients']} patients, one answer for all films of each"
    yield from _promise(task, opening)
    yield from table(task, opening["ways"])
    yield from left_out_lines(store, opening["left_out"])
    if looked_at := opening["looked_at"]:
        yield (
            f"CAUTION  {looked_at} of these films were in another hold-out (of another --holdout, --split or "
            "--split-seed) that has been opened for this task, or were evaluated: whoever chose by that score has "
            "chosen by them"
        )
    if opening["note"]:
        verdict = "NOT INDEPENDENT" if opening["independent"] is False else "NOT KNOWN TO BE INDEPENDENT"
        yield f"CAUTION  this score is {verdict}: {opening['note']}"


def _promise(task: Task, opening: Mapping[str, Any]) -> Iterator[str]:
    """Whether it is kept on these films, and on their patients."""
    if said := in_words(task, LEVEL, opening):
        yield f"promise  {said}"
    if by_patient := opening["kept_by_patient"]:
        yield f"         {in_words(task, LEVEL, by_patient)}, by patient"


def _with_seed(member: PoolMember, store: RunStore) -> str:
    return "" if member.seed == store.experiment.seed else " with another seed"


def _seeds(best: Standing) -> str:
    """Of a finalist that its score is a mean, and with which of the seeds the model is trained."""
    own = best.store.experiment.seed
    return f", mean of {len(best.seeds)} seeds; the model is trained with that of the search, {own}" * bool(
        best.seeds
    )


def _where(store: RunStore) -> str:
    """What its scores come from, in words."""
    stress = store.provenance.splits.stress
    return f"a stress test ({stress})" if stress else "cross-validation"
