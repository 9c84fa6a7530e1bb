"""What each parameter of a run could be, as the run folder keeps it: whoever reads a run knows no search space.

store.provenance.domains["depth"]                # Domain(low=2, high=5, step=1)
store.provenance.domains["batch_size"]           # Domain(options=(16, 32, 64))
distribution(Domain(low=1e-4, high=1e-2, log=True))          # Optuna's

Never guessed from the values that were tried: three batch sizes are no range with gaps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trials.records import Scalar

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution


@dataclass(frozen=True)
class Domain:
    """options: those of a choice, () for a range from low to high, whose step is 0 for real numbers; log: whether it
    is even in powers."""

    options: tuple[Scalar, ...] = ()
    low: float = 0
    high: float = 0
    step: int = 0
    log: bool = False

    @property
    def single(self) -> bool:
        """Whether there is nothing to choose."""
        return len(self.options) == 1 if self.options else self.low == self.high


def joined(domains: Sequence[Domain]) -> Domain | None:
    """The least that holds all of these, which are one space's in several searches, each narrowed in its own way;
    None where they differ in more than their ends or options."""
    first = domains[0]
    if len({(bool(domain.options), domain.step, domain.log) for domain in domains}) > 1:
        return None
    if first.options:
        return Domain(options=tuple(dict.fromkeys(option for domain in domains for option in domain.options)))
    low, high = min(domain.low for domain in domains), max(domain.high for domain in domains)
    if first.step and any((domain.low - low) % first.step for domain in domains):
        return None
    return Domain(low=low, high=high, step=first.step, log=first.log)


def distribution(domain: Domain) -> BaseDistribution:
    """The same for Optuna."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if domain.options:
        return CategoricalDistribution(domain.options)
    if domain.step:
        return IntDistribution(int(domain.low), int(domain.high), log=domain.log, step=domain.step)
    return FloatDistribution(domain.low, domain.high, log=domain.log)
