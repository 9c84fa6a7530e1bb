"""KerasTuner as a searcher: its parameters, its oracles' proposals, our loop.

searcher = open_searcher(space, task, experiment)
ask = searcher.ask(0)

With this runner the driver of a search loads Keras and its backend, because `import keras_tuner` does; it computes
nothing with them. There is no tuner, and no oracle that lasts: every proposal is made by a fresh one from what was
told so far. So KerasTuner writes no file, prints nothing and never ends a search; of a trial that still runs it does
not know.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from runners._estimates import estimates
from runners._quiet import silent_start
from runners._searcher import Ask
from runners._seeds import derive
from search_spaces._hyperparameters import Option, Scalar
from search_spaces._space import Space
from trials.experiment import Experiment
from trials.records import TrialResult
from xrays.tasks import Task

if TYPE_CHECKING:
    from keras_tuner import HyperParameters

# Trials with a loss before the Gaussian process proposes anything, the space's own first configuration among them, as
# with Optuna's TPE. KerasTuner's default, three times the number of parameters, is more than most searches have.
STARTUP = 5
STARTS = 50  # points from which KerasTuner looks for the best proposal

Told = Sequence[tuple[Mapping[str, Scalar], float]]  # (params, loss) of every trial that has a loss
Values = Mapping[str, Any]


def _random(space: HyperParameters, seed: int, told: Told) -> Values:
    # The oracle hears of no trial: it would end the search where a small space leaves it no new configuration.
    values: Values = _oracle("RandomSearchOracle", space, seed).populate_space("0")["values"]
    return values


def _bayesian(space: HyperParameters, seed: int, told: Told) -> Values:
    """What KerasTuner's oracle proposes, by its encoding, its Gaussian process, its criterion and from its starts.

    Only the search for the least criterion is done here, with the slope by formula. KerasTuner takes it from one more
    evaluation a parameter: with forty parameters a proposal would cost more processor time than a small trial.
    """
    from keras_tuner.engine.hyperparameters import Fixed
    from scipy.optimize import minimize
    from threadpoolctl import threadpool_limits

    free = [parameter for parameter in space.space if not isinstance(parameter, Fixed)]
    if len(told) < STARTUP or not free:
        return _random(space, seed, told)
    places = np.array([[parameter.value_to_prob(params[parameter.name]) for parameter in free] for params, _ in told])
    starts = np.random.RandomState(seed).uniform(size=(STARTS, len(free)))
    bounds = [(0, 1)] * len(free)
    # The matrices are so small that more threads only wait for each other; and with one, all machines add up alike.
    with threadpool_limits(1):
        oracle = _oracle("BayesianOptimizationOracle", space, seed)
        criterion = _criterion(oracle, places, np.array([loss for _, loss in told]))
        ends = [minimize(criterion, start, jac=True, bounds=bounds, method="L-BFGS-B") for start in starts]
    best = min(ends, key=lambda end: end.fun).x
    return {**space.values, **{one.name: one.prob_to_value(at) for one, at in zip(free, best, strict=True)}}


def _criterion(
    oracle: Any, places: NDArray[np.float64], losses: NDArray[np.float64]
) -> Callable[[NDArray[np.float64]], tuple[float, NDArray[np.float64]]]:
    """The oracle's lower confidence bound, in standard deviations of the losses, and its slope.

    places: (trials, parameters) in [0, 1]. With k the covariances of a point and the trials it is the mean k·w less
    beta times the deviation √(1 - kᵀK⁻¹k), for the Matérn kernel k(r) = (1 + r + r²/3) exp(-r), r in scaled units.
    """
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        # A length scale at its bound is what a few trials give: all alike, or nothing in common.
        warnings.simplefilter("ignore", ConvergenceWarning)
        process = oracle.gpr.fit(places, losses)
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


def _oracle(kind: str, space: HyperParameters, seed: int) -> Any:
    import keras_tuner as kt

    # The direction is said: it would be guessed from the name. A seed of 0 would be none; `derive` gives no 0.
    return getattr(kt.oracles, kind)(objective=kt.Objective("loss", "min"), hyperparameters=space, seed=seed)


@dataclass(frozen=True)
class KerasTunerSampler:
    note: str
    propose: Callable[[HyperParameters, int, Told], Values]


SAMPLERS: Mapping[str, KerasTunerSampler] = {
    "bayesian": KerasTunerSampler(f"random until trial {STARTUP}, then by a Gaussian process", _bayesian),
    "random": KerasTunerSampler("independent of the scores", _random),
}


def open_searcher(space: Space, task: Task, experiment: Experiment) -> KerasTunerSearcher:
    return KerasTunerSearcher(space, task, SAMPLERS[experiment.sampler], experiment.seed)


class KerasTunerSearcher:
    """What was told, and the space's parameters as KerasTuner declares them, all of them before the first ask."""

    def __init__(self, space: Space, task: Task, sampler: KerasTunerSampler, seed: int) -> None:
        with silent_start():
            from keras_tuner import HyperParameters

        self._space, self._task, self._sampler, self._seed = space, task, sampler, seed
        self._declared = HyperParameters()
        space.sample(_Handle(self._declared))
        self._results: list[TrialResult] = []

    def ask(self, number: int) -> Ask:
        asked = self._declared.copy()
        asked.values = dict(self._space.first if number == 0 else self._proposal(number))
        handle = _Handle(asked)
        self._space.sample(handle)
        return Ask(number, handle.params, self._space.label if number == 0 else "")

    def _proposal(self, number: int) -> Values:
        losses = estimates(self._task, self._results)
        told = [(result.params, losses[result.number]) for result in self._results if result.number in losses]
        return self._sampler.propose(self._declared, derive(self._seed, "ask", number), told)

    def tell(self, result: TrialResult) -> None:
        self._results.append(result)

    def replay(self, result: TrialResult) -> None:
        self.tell(result)


class _Handle:
    """KerasTuner's parameters as the handle that a space asks. params: what was handed out, as plain scalars.

    A parameter with one value left is fixed, so that the Gaussian process has one dimension less.
    """

    def __init__(self, parameters: HyperParameters) -> None:
        self._parameters = parameters
        self.params: dict[str, Scalar] = {}

    def integer(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        if low == high:
            return self.choice(name, (low,))
        spacing = {"sampling": "log"} if log else {"step": step}
        # Held in its range: KerasTuner's upper end of a logarithmic scale is one too many, of a real a last bit.
        value = min(max(int(self._parameters.Int(name, low, high, **spacing)), low), high)
        self.params[name] = value
        return value

    def real(self, name: str, low: float, high: float, *, log: bool = False) -> float:
        if low == high:
            return self.choice(name, (low,))
        sampling = "log" if log else "linear"
        value = min(max(float(self._parameters.Float(name, low, high, sampling=sampling)), low), high)
        self.params[name] = value
        return value

    def choice(self, name: str, options: Sequence[Option]) -> Option:
        if len(options) == 1:
            value = self._parameters.Fixed(name, options[0])
        else:
            value = self._parameters.Choice(name, list(options))
        # The option itself: KerasTuner keeps booleans as 0 and 1.
        found = options[list(options).index(value)]
        self.params[name] = found
        return found

    def flag(self, name: str) -> bool:
        value = bool(self._parameters.Boolean(name))
        self.params[name] = value
        return value
