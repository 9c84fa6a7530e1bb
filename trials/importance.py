"""Which parameters the losses of trials hang on, and how much of that is as likely chance.

found = importances(store.provenance.domains, ({"depth": 3, "rate": 1e-3}, …), (9.1, …))
found.shares                # {"rate": 0.61, "depth": 0.02, …}: of the differences between the trials, largest first
found.chance                # 0.18: above it is the largest of one search in twenty whose losses hang on nothing
found.standing              # ("rate",)

A parameter explains what its own curve does: a parabola over a range, a height an option (one-way analysis of
variance, adjusted for the curve's freedom). Of the ways that `benchmarks/importance.py` compares none is right more
often; a forest (fANOVA) comes close, but takes ranges for more important than options and a thousand times as long.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from trials.domains import Domain
from trials.records import Scalar

SHUFFLES, CHANCE = 199, 0.95
PARTS = 5
# In four of five simulated searches the right parameter comes first from so many complete trials on, however many
# parameters there are: `benchmarks/importance.py`.
ENOUGH = 60

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Importances:
    """shares: of the variance of the losses' order that each parameter explains by itself, the largest first; spans:
    least and largest share when a fifth of the trials is left out; chance: the largest share that shuffled losses
    pass in one case of twenty. All empty, and chance 1, where the losses do not differ."""

    shares: Mapping[str, float]
    spans: Mapping[str, tuple[float, float]]
    chance: float

    @property
    def standing(self) -> tuple[str, ...]:
        """The parameters with a share that chance seldom gives."""
        return tuple(name for name, share in self.shares.items() if share > self.chance)


def importances(
    domains: Mapping[str, Domain], params: Sequence[Mapping[str, Scalar]], losses: Sequence[float]
) -> Importances:
    """domains: of the parameters to judge, none of them single; params: of complete trials, all with these names;
    losses: finite, less is better. Only their order is used: one diverged trial would outweigh all others.

    The same input gives the same output.
    """
    if not domains or len(set(losses)) < 2:
        return Importances({}, {}, 1.0)
    given = np.asarray(losses, float)
    curves = {name: _curve(domain, [trial[name] for trial in params]) for name, domain in domains.items()}
    shares = _explained(curves, given[:, None])[:, 0]
    order = sorted(range(len(shares)), key=lambda place: -shares[place])  # of equal ones the first of the space
    rng = np.random.default_rng(0)
    shuffled = np.stack([rng.permutation(given) for _ in range(SHUFFLES)], axis=1)
    longest = _explained(curves, shuffled).max(axis=0)
    known, part = [shares], np.arange(len(given)) % PARTS
    for left in range(PARTS):
        some = {name: curve[part != left] for name, curve in curves.items()}
        known.append(_explained(some, given[part != left, None])[:, 0])
    names, low, high = list(domains), np.min(known, axis=0), np.max(known, axis=0)
    return Importances(
        {names[place]: float(shares[place]) for place in order},
        {names[place]: (float(low[place]), float(high[place])) for place in order},
        float(np.quantile(longest, CHANCE, method="higher")),
    )


def _explained(curves: Mapping[str, Array], losses: Array) -> Array:
    """(parameters, m) for losses (n, m): adjusted R² between 0 and 1 of each parameter's curve alone."""
    count = len(losses)
    ranks = pd.DataFrame(losses).rank().to_numpy()
    ranks = ranks - ranks.mean(axis=0)
    spread = (ranks**2).sum(axis=0)
    rows = []
    for curve in curves.values():
        space, sizes, _ = np.linalg.svd(curve - curve.mean(axis=0), full_matrices=False)
        free = space[:, sizes > 1e-9 * max(sizes[0], 1e-300)]
        share = ((free.T @ ranks) ** 2).sum(axis=0) / np.where(spread > 0, spread, 1)
        rows.append(1 - (1 - share) * (count - 1) / max(1, count - 1 - free.shape[1]))
    return np.asarray(np.clip(np.stack(rows), 0, 1), np.float64)


def _curve(domain: Domain, values: Sequence[Scalar]) -> Array:
    """(n, k) what heights are given to: every option of a choice, the place in a range and its square."""
    if domain.options:
        return np.array([[value == option for option in domain.options] for value in values], float)
    ends = np.array([domain.low, domain.high, *map(float, values)])
    low, high, *numbers = np.log(ends) if domain.log else ends
    place = (np.array(numbers) - low) / (high - low) - 0.5
    return np.stack([place, place**2], axis=1)
