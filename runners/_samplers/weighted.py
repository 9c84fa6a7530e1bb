"""Optuna's samplers where it is known which values are worth trying (search_spaces/_prior.py).

    prior = prior_of(space)                         # of each parameter that something is known of
    weighted_random(seed, prior)                    # independent draws, each value as often as its weight says
    weighted_points(seed, prior, number, …)         # the same of a Sobol sequence, as evenly spread as before
    weighted_tpe(sampler, prior, startup)           # TPE begins with such draws, and falls back on them

What Optuna knows of a parameter, and what is recorded, are its values: a weight changes how often one is proposed.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

from runners._seeds import derive
from search_spaces._domains import values
from search_spaces._hyperparameters import Choice, Domain, Real, Scalar
from search_spaces._prior import Weights, drawn, normal, of_each
from search_spaces._space import Space, domains

Prior = Mapping[str, tuple[Domain, Weights]]  # by parameter, of those with more than one value


def prior_of(space: Space) -> Prior:
    """That of the space, of the parameters that it leaves a choice of."""
    known = domains(space)
    return {name: (known[name], weights) for name, weights in space.prior.items() if _several(known.get(name))}


def _several(domain: Domain | None) -> bool:
    if domain is None or isinstance(domain, Real):
        return domain is not None and domain.low < domain.high
    return len(values(domain)) > 1


def weighted_random(seed: int, prior: Prior) -> Any:
    """Optuna's random sampler, for one trial."""
    from optuna.samplers import RandomSampler

    def sample_independent(self: Any, study: Any, trial: Any, name: str, distribution: Any) -> Scalar:
        if name in prior:
            return drawn(*prior[name], derive(seed, f"share {name}") / 2**31)
        value: Scalar = RandomSampler.sample_independent(self, study, trial, name, distribution)
        return value

    return type("Weighted", (RandomSampler,), {"sample_independent": sample_independent})(seed=seed)


def weighted_points(seed: int, prior: Prior, number: int, independent: Any) -> Any:
    """The point of that number in one scrambled Sobol sequence. Optuna counts the points in its study, which forgets
    them with the process."""
    from optuna.exceptions import ExperimentalWarning
    from optuna.samplers import QMCSampler

    def sample_relative(self: Any, study: Any, trial: Any, space: Any) -> dict[str, Scalar]:
        params: dict[str, Scalar] = QMCSampler.sample_relative(self, study, trial, space)
        shares = self._sample_qmc(study, space)[0] if space else ()
        for name, share in zip(space, shares, strict=True):
            if name in prior:
                params[name] = drawn(*prior[name], float(share))
        return params

    own = {"_find_sample_id": lambda *_: number, "sample_relative": sample_relative}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        return type("Point", (QMCSampler,), own)(scramble=True, seed=seed, independent_sampler=independent)


def weighted_tpe(sampler: Any, prior: Prior, startup: Any) -> Any:
    """A TPE sampler whose first draws are those of `startup`. Later on its density of good trials has weights where
    it would have an even density: as one more trial, and in what it allows beside the values of each.

    Its density of bad trials stays as it is. With the weights in both the criterion, which is one over the other,
    turns against what weighs most.
    """
    if not prior:
        return sampler
    kind = type(sampler)

    def built(self: Any, study: Any, space: Any, trials: Any, handle_below: bool) -> Any:
        self._parzen_estimator_cls = good if handle_below else even
        return kind._build_parzen_estimator(self, study, space, trials, handle_below)

    def calculated(self: Any, seen: Any, name: str, distribution: Any, parameters: Any) -> Any:
        densities = even._calculate_distributions(self, seen, name, distribution, parameters)
        return _weighted(densities, *prior[name]) if name in prior else densities

    # Private to Optuna: `_build_parzen_estimator`, `_calculate_distributions`, `_parzen_estimator_cls` and
    # `_random_sampler`.
    even = sampler._parzen_estimator_cls
    good = type("Good", (even,), {"_calculate_distributions": calculated})
    sampler._random_sampler = startup
    sampler.__class__ = type(kind.__name__, (kind,), {"_build_parzen_estimator": built})
    return sampler


def _weighted(densities: Any, domain: Domain, weights: Weights) -> Any:
    """densities: Optuna's of one parameter, a row or an entry for each trial and the last for what is known before.
    The same with these weights in that last one; of options also in the little that each row has of every option."""
    import numpy as np

    if isinstance(domain, Choice):
        # A row has a weight for the trial's own option, and the same little one, its least, for every option.
        little = densities.weights.min(axis=1, keepdims=True)
        shares = len(domain.options) * np.array(of_each(domain, weights))
        return densities._replace(weights=densities.weights - little + little * shares)
    middle, width = normal(domain, weights)
    return densities._replace(mu=np.append(densities.mu[:-1], middle), sigma=np.append(densities.sigma[:-1], width))
