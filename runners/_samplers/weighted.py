"""Optuna's samplers where it is known which values are worth trying (search_spaces/_prior.py).

    worth = worth_of(space)                         # of each parameter that something is known of
    weighted_random(seed, worth)                    # independent draws, each value as often as its weight says
    weighted_points(seed, worth, number, …)         # the same of a Sobol sequence, as evenly spread as before
    weighted_tpe(sampler, worth, startup)           # TPE begins with such draws, and falls back on them

What Optuna knows of a parameter, and what is recorded, are its values: a weight changes how often one is proposed.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

from runners._seeds import derive
from search_spaces._hyperparameters import Choice, Domain, Scalar
from search_spaces._prior import Weights, drawn, normal, of_each
from search_spaces._space import Space, domains

Worth = Mapping[str, tuple[Domain, Weights]]  # by parameter, of those with more than one value


def worth_of(space: Space) -> Worth:
    """What a space knows of the parameters that it leaves a choice of."""
    known = domains(space)
    return {name: (known[name], weights) for name, weights in space.prior.items() if _several(known.get(name))}


def _several(domain: Domain | None) -> bool:
    if isinstance(domain, Choice):
        return len(domain.options) > 1
    return domain is not None and domain.low < domain.high


def weighted_random(seed: int, worth: Worth) -> Any:
    """Optuna's random sampler, for one trial."""
    from optuna.samplers import RandomSampler

    def sample_independent(self: Any, study: Any, trial: Any, name: str, distribution: Any) -> Scalar:
        if name in worth:
            return drawn(*worth[name], derive(seed, f"share {name}") / 2**31)
        value: Scalar = RandomSampler.sample_independent(self, study, trial, name, distribution)
        return value

    return type("Weighted", (RandomSampler,), {"sample_independent": sample_independent})(seed=seed)


def weighted_points(seed: int, worth: Worth, number: int, independent: Any) -> Any:
    """The point of that number in one scrambled Sobol sequence. Optuna counts the points in its study, which forgets
    them with the process."""
    from optuna.exceptions import ExperimentalWarning
    from optuna.samplers import QMCSampler

    def sample_relative(self: Any, study: Any, trial: Any, space: Any) -> dict[str, Scalar]:
        values: dict[str, Scalar] = QMCSampler.sample_relative(self, study, trial, space)
        shares = self._sample_qmc(study, space)[0] if space else ()
        for name, share in zip(space, shares, strict=True):
            if name in worth:
                values[name] = drawn(*worth[name], float(share))
        return values

    own = {"_find_sample_id": lambda *_: number, "sample_relative": sample_relative}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        return type("Point", (QMCSampler,), own)(scramble=True, seed=seed, independent_sampler=independent)


def weighted_tpe(sampler: Any, worth: Worth, startup: Any) -> Any:
    """A TPE sampler whose first draws are those of `startup`. Later on its density of good trials has weights where
    it would have an even density: as one more trial, and in what it allows beside the values of each.

    Its density of bad trials stays as it is. With the weights in both the criterion, which is one over the other,
    turns against what weighs most.
    """
    if not worth:
        return sampler
    kind = type(sampler)

    def built(self: Any, study: Any, space: Any, trials: Any, handle_below: bool) -> Any:
        self._parzen_estimator_cls = good if handle_below else even
        return kind._build_parzen_estimator(self, study, space, trials, handle_below)

    def calculated(self: Any, seen: Any, name: str, distribution: Any, parameters: Any) -> Any:
        densities = even._calculate_distributions(self, seen, name, distribution, parameters)
        return _weighted(densities, *worth[name]) if name in worth else densities

    # Private are: both methods, and both attributes.
    even = sampler._parzen_estimator_cls
    good = type("Good", (even,), {"_calculate_distributions": calculated})
    sampler._random_sampler = startup
    sampler.__class__ = type(kind.__name__, (kind,), {"_build_parzen_estimator": built})
    return sampler


def _weighted(densities: Any, domain: Domain, weights: Weights) -> Any:
    """Densities of one parameter, one a trial and the last for what is known before."""
    import numpy as np

    if isinstance(domain, Choice):
        # A row is the trial's own option and a little of every option: of an even share the least of the row.
        little = densities.weights.min(axis=1, keepdims=True)
        shares = len(domain.options) * np.array(of_each(domain, weights))
        return densities._replace(weights=densities.weights - little + little * shares)
    middle, width = normal(domain, weights)
    return densities._replace(mu=np.append(densities.mu[:-1], middle), sigma=np.append(densities.sigma[:-1], width))
