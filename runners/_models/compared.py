"""Ways to a model beside each other on the hold-out, all of them from one opening.

    rows = compared(task, labels, groups, [Answered("refit", predictions, networks, 9.8), …], held)
    rows[1]["difference"], rows[1]["interval"]          # to the first way, with patients drawn again

Sizes and times are sums over networks: what puts them together takes next to nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runners._models.tried import Answered
from runners._words import score_words
from trials.score_interval import score_interval
from trials.selection import FILM_LOSSES
from xrays.statistics.bootstrap import Interval, interval, means, resamples
from xrays.statistics.metrics import score
from xrays.tasks import Task


def compared(
    task: Task,
    labels: NDArray[np.floating],
    groups: NDArray[np.str_],
    ways: Sequence[Answered],
    held: NDArray[np.bool_],
) -> list[dict[str, Any]]:
    """labels, groups: (n,) of the films in `held` (N,). A row a way, as card and holdout.json have it: `difference`
    is its score less that of the first one, in the objective's unit, `difference_interval` its 95 %; None for the
    first, and where there is none."""
    answers = [way.predictions[held] for way in ways]
    scores = [score(task, labels, given) for given in answers]
    rows = []
    for number, (way, given, metrics) in enumerate(zip(ways, answers, scores, strict=True)):
        difference = metrics[task.objective] - scores[0][task.objective]
        row = {
            "way": way.name,
            "cross_validation": way.score if np.isfinite(way.score) else None,
            "cross_validation_interval": way.score_interval.to_json(),
            "metrics": metrics,
            "interval": score_interval(task, labels, given, groups).to_json(),
            "difference": difference if number else None,
            "difference_interval": paired(task, labels, groups, given, answers[0]) if number else None,
            "networks": len(way.networks),
            "parameters": sum(network.written.parameters for network in way.networks),
            "bytes": sum(network.path.stat().st_size for network in way.networks),
            "ms_per_film": round(sum(network.written.ms_per_film for network in way.networks), 4),
        }
        rows.append(row)
    return rows


def paired(
    task: Task,
    labels: NDArray[np.floating],
    groups: NDArray[np.str_],
    one: NDArray[np.floating],
    other: NDArray[np.floating],
) -> list[float] | None:
    """95 % interval of the score of one less that of the other, on the same films; None where other patients say
    nothing."""
    loss = FILM_LOSSES.get(task.objective)
    if loss is None or len(np.unique(groups)) < 2:
        return None
    truth = np.asarray(labels, np.float32)
    gains = loss(truth, np.asarray(one, np.float32)) - loss(truth, np.asarray(other, np.float32))
    ends = interval(means(gains, np.ones((len(gains), 1), bool), resamples(groups))[:, 0])
    return (ends if task.direction == "min" else Interval(-ends.high, -ends.low)).to_json()


def table(task: Task, rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Lines for the terminal; none for one way alone."""
    if len(rows) < 2:
        return
    yield f"the same hold-out, other ways to a model of this search; difference to {rows[0]['way']}:"
    for row in rows:
        value = score_words(task, row["metrics"][task.objective])
        yield (
            f"  {row['way']:<22} {value:<20} {_difference(task, row):<28} {row['networks']:>3} networks  "
            f"{row['bytes'] / 1e6:.1f} MB  {row['ms_per_film']:.2f} ms a film"
        )


def _difference(task: Task, row: Mapping[str, Any]) -> str:
    """`-0.31 (-0.52 to -0.10)`, in the unit of the score as people say it."""
    if row["difference"] is None:
        return ""
    factor = 100 if task.kind == "binary" else 1
    given = [row["difference"], *(row["difference_interval"] or [])]
    one, *ends = (f"{factor * value:+.{task.label.decimals + 1}f}" for value in given)
    return f"{one} ({ends[0]} to {ends[1]})" if ends else one
