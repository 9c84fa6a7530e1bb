"""How `portfolio.py` chooses: from what configurations lost in every context to a few that complement each other, and
from all trials of its searches to weights of values.

A loss becomes a regret: 0 for the best that anybody has reached in that context, 1 for a constant, so that years of
age and shares of films that are told wrong count alike. The portfolio is made one by one: always the configuration
that lowers most what the best of the portfolio loses on average over the contexts, of which no choice of as many can
gain 1.6 times as much (submodular functions: Krause & Golovin 2014, section 3).
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from search_spaces._domains import spread, values
from search_spaces._hyperparameters import Domain, Real, Scalar
from search_spaces._prior import Parts, Weights
from search_spaces._space import Space, domains
from trials.records import TrialResult
from xrays.tasks import Task

GAIN = 0.002  # of mean regret; an entry that lowers it by less is not worth a trial
ENOUGH = 0.25  # of mean regret, for a first answer soon
PARTS = 4  # of a range of reals
GOOD = 1 / 3  # of a search's trials are its good ones
DOUBT = 6.0  # good trials that a value is given for nothing, which holds its weight near 1
MOST = 3.0  # a value's weight is at most so many times the usual, and at least the reverse of it
CHANCE = 3.0  # standard deviations beyond what luck makes of a parameter's counts: one that stays within is left out

Regrets = Mapping[str, Mapping[str, float]]  # context -> candidate -> regret


def regrets(losses: Mapping[str, Mapping[str, float]], constants: Mapping[str, float]) -> dict[str, dict[str, float]]:
    """context -> candidate -> regret, between 0 and 1. losses: the same, lower is better; constants: what a constant
    loses in each context."""
    found = {}
    for context, lost in losses.items():
        best = min(lost.values())
        scale = max(constants[context] - best, 1e-9)
        found[context] = {name: min(1.0, (loss - best) / scale) for name, loss in lost.items()}
    return found


def greedy(regret: Regrets, allowed: Sequence[str], start: Sequence[str], most: int) -> list[str]:
    """At most so many of the allowed candidates, the most useful first, while they gain GAIN. start: what is tried
    anyway. Of equal ones the first."""
    found: list[str] = []

    def mean(names: Sequence[str]) -> float:
        return statistics.fmean(best_of(lost, [*start, *names]) for lost in regret.values())

    while len(found) < most:
        left = [name for name in allowed if name not in found]
        best = min(left, key=lambda name: mean([*found, name]), default=None)
        if best is None or mean(found) - mean([*found, best]) < GAIN:
            break
        found.append(best)
    return found


def starter(regret: Regrets, seconds: Mapping[str, float], entries: Sequence[str]) -> str | None:
    """The cheapest candidate that is good enough for a first answer, if it takes at most half of what the cheapest
    entry does. seconds: candidate -> what a trial of it takes."""
    for name in sorted(seconds, key=lambda each: seconds[each]):
        if seconds[name] > min((seconds[entry] for entry in entries), default=math.inf) / 2:
            return None
        if name not in entries and statistics.fmean(best_of(lost, [name]) for lost in regret.values()) <= ENOUGH:
            return name
    return None


def best_of(lost: Mapping[str, float], names: Sequence[str]) -> float:
    """The least regret of these in a context; 1 where none was tried there."""
    return min((lost[name] for name in names if name in lost), default=1.0)


@dataclass(frozen=True)
class LeftOut:
    """What is lost in a context that the portfolio was found without: by the space's first configuration, by the best
    of it and some draws, by the best of it and the portfolio, which has so many entries."""

    context: str
    seed: float
    drawn: float
    portfolio: float
    entries: int


def left_out(
    regret: Regrets, found_in: Mapping[str, str], seed: str, drawn: Sequence[str], most: int, alike: Mapping[str, str]
) -> list[LeftOut]:
    """For every context a portfolio of what was found elsewhere, judged there. found_in: candidate -> context; drawn:
    candidates that nothing was known of; alike: context -> what it shares with others, which are left out with it."""
    rows = []
    for context, lost in regret.items():
        others = {name: losses for name, losses in regret.items() if alike[name] != alike[context]}
        allowed = [name for name, where in found_in.items() if alike[where] != alike[context]]
        if others and allowed:
            entries = greedy(others, allowed, [seed], most)
            rows.append(
                LeftOut(
                    context,
                    best_of(lost, [seed]),
                    best_of(lost, [seed, *drawn]),
                    best_of(lost, [seed, *entries]),
                    len(entries),
                )
            )
    return rows


def plain(space: Space, task: Task, params: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """The same configuration for the task, as one would write it down: what has no effect is as in the space's first
    one, reals have two digits."""
    active = space.recipe(params).active(task)
    shown = dict(params)
    for name, domain in domains(space).items():
        without = {**shown, name: space.first[name]}
        if space.recipe(without).active(task) == active:
            shown = without
        elif isinstance(domain, Real):
            shown[name] = min(max(float(f"{params[name]:.2g}"), domain.low), domain.high)
            active = space.recipe(shown).active(task)
    return shown


def prior_of(
    space: Space, searches: Sequence[tuple[Task, Sequence[tuple[float, TrialResult]]]]
) -> dict[str, Weights]:
    """Weights of the values of those parameters of which the searches say something. searches: each a task and its
    trials with a loss. A value weighs as much as it is more frequent among the good trials of a search than among
    all, of those in which it has an effect, shrunk towards 1."""
    found: dict[str, Weights] = {}
    for name, domain in domains(space).items():
        bins = bins_of(domain)
        good, expected = [0.0] * len(bins), [0.0] * len(bins)
        for task, scored in searches:
            places = [
                (loss, place_of(domain, bins, trial.params[name]))
                for loss, trial in sorted(scored, key=lambda pair: pair[0])
                if acts(space, task, trial, name, domain)
            ]
            count = math.ceil(GOOD * len(places))
            for rank, (_, place) in enumerate(places):
                good[place] += rank < count
                expected[place] += count / len(places)
        if not _beyond_chance(good, expected):
            continue
        weights = [
            round(min(max((had + DOUBT) / (usual + DOUBT), 1 / MOST), MOST), 1)
            for had, usual in zip(good, expected, strict=True)
        ]
        found[name] = (
            Parts(domain.low, domain.high, tuple(weights))
            if isinstance(domain, Real)
            else dict(zip(bins, weights, strict=True))
        )
    return found


def _beyond_chance(good: Sequence[float], expected: Sequence[float]) -> bool:
    """By the chi-square of the good trials of each value, whose mean are the degrees of freedom and whose variance
    twice as many. So many of the trials are good that a count varies less than one of rare things."""
    pairs = [(had, usual) for had, usual in zip(good, expected, strict=True) if usual > 0]
    free = len(pairs) - 1
    square = sum((had - usual) ** 2 / (usual * (1 - GOOD)) for had, usual in pairs)
    return free > 0 and square > free + CHANCE * math.sqrt(2 * free)


def bins_of(domain: Domain) -> Sequence[Scalar]:
    """Values, or of reals the upper ends of equal parts."""
    return spread(domain.low, domain.high, PARTS + 1, domain.log)[1:] if isinstance(domain, Real) else values(domain)


def place_of(domain: Domain, bins: Sequence[Scalar], value: Scalar) -> int:
    """Of a value among them."""
    if isinstance(domain, Real):
        return next((place for place, end in enumerate(bins) if float(value) <= float(end)), len(bins) - 1)
    return list(bins).index(value)


def acts(space: Space, task: Task, trial: TrialResult, name: str, domain: Domain) -> bool:
    """Whether another value would have been another configuration."""
    others = (domain.low, domain.high) if isinstance(domain, Real) else values(domain)
    other = next((value for value in others if value != trial.params[name]), trial.params[name])
    params = {**space.completed(trial.params), name: other}
    return bool(space.recipe(params).active(task) != trial.recipe)
