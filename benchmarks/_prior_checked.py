"""Whether a prior that was found in some searches speaks for what does well in others.

    for row in checked(space, searches): …        # searches: each of a group, which is left out as a whole

The prior is found without a group and asked about its trials: how much more likely each configuration is under the
prior than with all values equally likely, as the logarithm of the ratio, by those parameters that have an effect. The
good third alone would not tell, since a search begins with configurations that did well before and tries what is near
them: whatever these have in common all trials have. So the other trials of the same searches are asked, too, and a
prior that helps speaks more for the good ones than for these.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from _portfolio import GOOD, acts, bins_of, place_of, prior_of

from search_spaces._hyperparameters import Domain, Scalar
from search_spaces._prior import Parts, Weights
from search_spaces._space import Space, domains
from trials.records import TrialResult
from xrays.tasks import Task


@dataclass(frozen=True)
class Search:
    """group: what is left out together; scored: its trials with their losses."""

    group: str
    task: Task
    scored: Sequence[tuple[float, TrialResult]]


@dataclass(frozen=True)
class Checked:
    """Log-likelihood ratios, a number a trial: of the good third of each of a group's searches, and of the rest. The
    prior was found in all other groups and weighs so many parameters."""

    group: str
    parameters: int
    good: Sequence[float]
    rest: Sequence[float]


def checked(space: Space, searches: Sequence[Search]) -> Iterator[Checked]:
    """A row a group."""
    for group in dict.fromkeys(search.group for search in searches):
        others = [(search.task, search.scored) for search in searches if search.group != group]
        prior, good, rest = prior_of(space, others), list[float](), list[float]()
        for search in (search for search in searches if search.group == group):
            ordered = sorted(search.scored, key=lambda pair: pair[0])
            ratios = [log_ratio(space, search.task, trial, prior) for _, trial in ordered]
            count = math.ceil(GOOD * len(ratios))
            good, rest = [*good, *ratios[:count]], [*rest, *ratios[count:]]
        yield Checked(group, len(prior), good, rest)


def log_ratio(space: Space, task: Task, trial: TrialResult, prior: Mapping[str, Weights]) -> float:
    """Of the likelihoods of a trial's configuration, under the prior and with all values equally likely."""
    known, params = domains(space), space.completed(trial.params)
    return sum(
        math.log(_times(known[name], weights, params[name]))
        for name, weights in prior.items()
        if acts(space, task, trial, name, known[name])
    )


def show_checked(rows: Sequence[Checked]) -> None:
    """A line a group, and over all trials."""
    print("\nprior found without the group: log-likelihood ratio to no prior, a trial, ± its standard error")
    print(f"  {'group':20s} parameters  {'good third':>15s}  {'others':>15s}  {'good beyond others':>19s}")
    for row in rows:
        print(f"  {row.group:20s} {row.parameters:10d}  {_said(row.good, row.rest)}")
    good, rest = [ratio for row in rows for ratio in row.good], [ratio for row in rows for ratio in row.rest]
    print(f"  {'all':20s} {'':10s}  {_said(good, rest)}")


def _said(good: Sequence[float], rest: Sequence[float]) -> str:
    (mean, error), (usual, its) = _mean(good), _mean(rest)
    return (
        f"{mean:+8.2f} ± {error:4.2f}  {usual:+8.2f} ± {its:4.2f}  "
        f"{mean - usual:+12.2f} ± {math.hypot(error, its):4.2f}"
    )


def _mean(ratios: Sequence[float]) -> tuple[float, float]:
    """With its standard error."""
    spread = statistics.stdev(ratios) / math.sqrt(len(ratios)) if len(ratios) > 1 else math.nan
    return (statistics.fmean(ratios) if ratios else math.nan), spread


def _times(domain: Domain, weights: Weights, value: Scalar) -> float:
    """How many times as likely as usual a value is; of a range its part."""
    each = list(weights.weights if isinstance(weights, Parts) else weights.values())
    return each[place_of(domain, bins_of(domain), value)] / statistics.fmean(each)
