"""Where KerasTuner's Gaussian process would look next.

    best, *others = lowest_bounds(oracle, scored, running)    # {name: value}, as the oracle's `populate_space` has it

Only the search for the least criterion is done here, with the slope by formula; encoding, Gaussian process, criterion
and starts are the oracle's. KerasTuner takes the slope from one more evaluation a parameter: with forty parameters a
proposal would cost more processor time than a small trial.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from runners._samplers.threads import one_thread
from search_spaces._hyperparameters import Scalar

if TYPE_CHECKING:
    from keras_tuner import HyperParameters

STARTS = 50  # points from which KerasTuner looks for the best proposal
ALIKE = 0.1  # standard deviations of the losses by which a bound may be higher and be as good

Params = Mapping[str, Scalar]
Scored = Sequence[tuple[Params, float]]  # every trial that has a loss, and that


def free_parameters(space: HyperParameters) -> list[Any]:
    """Those of a space that have more than one value."""
    from keras_tuner.engine.hyperparameters import Fixed

    return [parameter for parameter in space.space if not isinstance(parameter, Fixed)]


def lowest_bounds(oracle: Any, scored: Scored, running: Sequence[Params]) -> list[dict[str, Any]]:
    """What a `BayesianOptimizationOracle` that was told the scored trials proposes while the others are running, and
    behind it other ends of its search that are as good, the better first. It needs a scored trial at least, and a
    space with a free parameter."""
    from scipy.optimize import minimize

    free = free_parameters(oracle.hyperparameters)
    places = _places(free, [params for params, _ in scored])
    losses = np.array([loss for _, loss in scored])
    starts = np.random.RandomState(oracle.seed).uniform(size=(STARTS, len(free)))
    bounds = [(0, 1)] * len(free)
    with one_thread():
        if running:
            taken = _places(free, running)
            losses = np.append(losses, _pessimistic(oracle, places, losses, taken))
            places = np.append(places, taken, axis=0)
        criterion = _criterion(oracle, places, losses)
        ends = [minimize(criterion, start, jac=True, bounds=bounds, method="L-BFGS-B") for start in starts]
    ends.sort(key=lambda end: float(end.fun))
    found: list[dict[str, Any]] = []
    for end in ends:
        values = {parameter.name: parameter.prob_to_value(at) for parameter, at in zip(free, end.x, strict=True)}
        proposed = {**oracle.hyperparameters.values, **values}
        if end.fun <= ends[0].fun + ALIKE and proposed not in found:
            found.append(proposed)
    return found


def _places(free: Sequence[Any], trials: Sequence[Params]) -> NDArray[np.float64]:
    """(trials, parameters) in [0, 1]."""
    return np.array([[parameter.value_to_prob(params[parameter.name]) for parameter in free] for params in trials])


def _fitted(oracle: Any, places: NDArray[np.float64], losses: NDArray[np.float64]) -> Any:
    """The oracle's Gaussian process."""
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        # A length scale at its bound is what a few trials give: all alike, or nothing in common.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return oracle.gpr.fit(places, losses)


def _pessimistic(
    oracle: Any, places: NDArray[np.float64], losses: NDArray[np.float64], taken: NDArray[np.float64]
) -> NDArray[np.float64]:
    """A loss for each place of a running trial, so that no other is proposed there: as in KerasTuner one standard
    deviation more than is expected. KerasTuner expects what its last proposal did; here the scored trials alone
    decide, so that a restart changes nothing."""
    mean, deviation = _fitted(oracle, places, losses).predict(taken, return_std=True)
    return np.asarray(mean + deviation)


def _criterion(
    oracle: Any, places: NDArray[np.float64], losses: NDArray[np.float64]
) -> Callable[[NDArray[np.float64]], tuple[float, NDArray[np.float64]]]:
    """The oracle's lower confidence bound, in standard deviations of the losses, and its slope.

    places: (trials, parameters) in [0, 1]. With k the covariances of a point and the trials it is the mean k·w less
    beta times the deviation √(1 - kᵀK⁻¹k), for the Matérn kernel k(r) = (1 + r + r²/3) exp(-r), r in scaled units.
    """
    process = _fitted(oracle, places, losses)
    scale = np.sqrt(5) / process.kernel_.length_scale
    weights = process.alpha_
    inverse = np.linalg.inv(process.L_)
    precision = inverse.T @ inverse

    def bound(x: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        away = (x - process.X_train_) * scale
        r = np.sqrt(np.einsum("ij,ij->i", away, away))
        decay = np.exp(-r)
        covariance = (1 + r + r * r / 3) * decay
        spread = precision @ covariance
        deviation = np.sqrt(max(1 - covariance @ spread, 1e-12))
        slope = (weights + oracle.beta / deviation * spread) * (1 + r) * decay
        return float(covariance @ weights - oracle.beta * deviation), -scale / 3 * (slope @ away)

    return bound
