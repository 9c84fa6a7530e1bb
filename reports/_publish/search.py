"""A search itself as an entry of a tracking server: what was asked for, what led it, and what that is worth.

    entry = search_entry(group, "finished")
    entry.points          # best_mae, its interval, corrected_mae, holdout_mae where it was opened, best_so_far_mae …

The numbers are those of the page. Nothing here opens the hold-out: what `export` has on record is told.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any

from reports._evidence.groups import Group
from reports._evidence.winner import winner
from reports._publish.entry import TOP, Entry, Point, Status, finite, milliseconds, tags
from trials.best import best_trials
from trials.experiment import Experiment
from trials.score_interval import score_interval
from trials.spent import spent_on

# Of the identity, what is a fingerprint: no parameter, but a tag by its beginning.
PRINTS = ("plan", "pixels", "ranges")
BEGINNING = 16
# Where 0 says that there is none.
NONE_AT_ZERO = ("max_parameters", "grid_points", "width")
STATUS: Mapping[str, Status] = {"running": "RUNNING", "interrupted": "KILLED"}


def search_entry(group: Group, state: str) -> Entry:
    """Of the group's only run. state: as `runs` tells it."""
    store = group.runs[0]
    results = store.trials()
    status = STATUS.get(state, "FINISHED")
    ended = max((result.finished for result in results), default=store.provenance.created)
    return Entry(
        key=TOP,
        parent=None,
        name=store.path.name,
        status=status,
        began=milliseconds(store.provenance.created),
        ended=None if status == "RUNNING" else milliseconds(ended),
        params=_params(store.experiment),
        tags={**tags(_facts(group, state)), "mlflow.source.name": "cxr-automl", "mlflow.note.content": _note(group)},
        points=finite(*_figures(group), *_openings(group), *_best_so_far(group)),
    )


def _params(experiment: Experiment) -> dict[str, str]:
    """What was asked for, without what is empty."""
    given = {field.name: getattr(experiment, field.name) for field in fields(experiment)}
    return {
        name: " ".join(value) if isinstance(value, tuple) else str(value)
        for name, value in given.items()
        if name not in (*PRINTS, "format") and value not in ("", ()) and not (name in NONE_AT_ZERO and value == 0)
    }


def _facts(group: Group, state: str) -> dict[str, object]:
    """What tells where it comes from. No path of the machine, no id of a film or patient."""
    store, best = group.runs[0], best_trials(group.rows, 1)
    about = store.provenance
    return {
        "level": "search",
        "state": state,
        "identity": store.experiment.digest[:BEGINNING],
        **{name: getattr(store.experiment, name)[:BEGINNING] for name in PRINTS},
        "films": about.films,
        "films_fingerprint": about.films_fingerprint[:BEGINNING],
        "synthetic": about.synthetic,
        "split_seed": about.splits.seed,
        "device": about.device,
        "fork_of": about.fork_of,
        "best_trial": int(best["number"].iloc[0]) if len(best) else None,
        **{f"version.{name}": number for name, number in about.versions.items()},
    }


def _note(group: Group) -> str:
    """What the server shows beside the run."""
    choice, task = group.choice, group.task
    lines = [f"Search of {group.runs[0].experiment.space} for {task.name}, {len(group.runs[0].trials())} trials."]
    if choice:
        lines.append(
            f"The best of many is partly the luckiest: `best_{task.objective}` is its score in cross-validation, "
            f"`corrected_{task.objective}` what such a choice scores on patients who had no part in it."
        )
    lines.append("A trial has its folds below it where it is complete; `fold_…` are scores of single folds.")
    return "\n\n".join(lines)


def _figures(group: Group) -> Iterator[Point]:
    """Of the trials so far; the step is how many there are, so that a search that goes on draws a curve."""
    store, objective = group.runs[0], group.task.objective
    step = len(store.trials())
    states = Counter(result.state for result in store.trials())
    found = {f"trials_{state}": float(number) for state, number in states.items()}
    found |= {name: spent_on(store)[name] for name in ("hours", "core_hours")}
    for baseline in group.frame[group.frame["kind"] == "baseline"].to_dict("records"):
        found[f"baseline_{baseline['label'].replace(' ', '_')}_{objective}"] = baseline["score"]
    for best in best_trials(group.rows, 1).to_dict("records"):
        found |= {f"best_{name}": value for name, value in best["metrics"].items()}
        found |= {f"best_{name}_se": value for name, value in best["metrics_se"].items()}
        found[f"best_{objective}"] = best["score"]
        found |= _ends(f"best_{objective}", _interval(group))
    if group.choice:
        found[f"corrected_{objective}"] = group.choice.corrected
        found |= _ends(f"corrected_{objective}", group.choice.interval)
        found["tied_with_best"] = float(len(group.choice.tied))
    yield from (Point(name, float(value), step) for name, value in found.items())


def _interval(group: Group) -> Sequence[float] | None:
    found = winner(group)
    if found is None:
        return None
    return score_interval(group.task, found.truth, found.predicted, found.groups, found.folds)


def _ends(name: str, ends: Sequence[float] | None) -> dict[str, float]:
    low, high = ends or (math.nan, math.nan)
    return {f"{name}_low": low, f"{name}_high": high}


def _openings(group: Group) -> Iterator[Point]:
    """Of every opening of the hold-out that the run has on record, the step being its number."""
    objective = group.task.objective
    for opening in group.runs[0].openings():
        at, step = milliseconds(opening["opened"]), int(opening["openings"])
        scores: dict[str, Any] = {f"holdout_{name}": value for name, value in opening["metrics"].items()}
        scores |= _ends(f"holdout_{objective}", opening.get("interval"))
        scores["holdout_films"] = opening["films"]
        yield from (Point(name, float(value), step, at) for name, value in scores.items() if value is not None)
    if group.opened:
        yield Point("holdout_openings", float(group.opened), group.opened)


def _best_so_far(group: Group) -> Iterator[Point]:
    """After each complete trial, by the search's own seed."""
    task, best = group.task, math.nan
    for step, result in enumerate(group.runs[0].trials(), 1):
        score = result.score(task)
        if score is not None and math.isfinite(score) and not (math.isfinite(best) and not task.better(score, best)):
            best = score
            yield Point(f"best_so_far_{task.objective}", best, step, milliseconds(result.finished))
