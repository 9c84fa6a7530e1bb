"""KerasTuner as a searcher: its parameters, its oracles' proposals, our loop.

searcher = open_searcher(space, task, experiment)
ask = searcher.ask(1)

With this runner the driver of a search loads Keras and its backend, because `import keras_tuner` does; it computes
nothing with them. There is no tuner, and only Hyperband's oracle lasts: every other proposal is made by a fresh one
from what was told so far and what is running. So KerasTuner writes no file, prints nothing and never ends a search.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from runners._samplers.estimates import loss_of
from runners._samplers.hyperband import HyperbandSearcher
from runners._samplers.keras_tuner_space import Parameters, Values
from runners._samplers.ledger import Losses
from runners._searcher import FIRST, Ask, Pick, Searcher
from runners._seeds import derive
from search_spaces._space import Space
from trials.experiment import Experiment
from trials.records import Trial, TrialResult
from xrays.tasks import Task

if TYPE_CHECKING:
    from keras_tuner import HyperParameters

    from runners._samplers.bayesian import Params, Scored

# Trials with a loss before the Gaussian process proposes anything, the space's own first configuration among them, as
# with Optuna's TPE. KerasTuner's default, three times the number of parameters, is more than most searches have.
STARTUP = 5

# From a space, a seed, what was told, what is running, and how many proposals there should be.
Propose: TypeAlias = "Callable[[HyperParameters, int, Scored, Sequence[Params], int], Sequence[Values]]"


def _random(
    space: HyperParameters, seed: int, scored: Scored, running: Sequence[Params], offers: int
) -> Sequence[Values]:
    # The oracle hears of no trial: it would end the search where a small space leaves it no new configuration.
    seeds = [seed, *(derive(seed, "turn", turn) for turn in range(1, offers))]
    return [_oracle("RandomSearchOracle", space, one).populate_space("0")["values"] for one in seeds]


def _bayesian(
    space: HyperParameters, seed: int, scored: Scored, running: Sequence[Params], offers: int
) -> Sequence[Values]:
    from runners._samplers.bayesian import free_parameters, lowest_bounds

    if len(scored) < STARTUP or not free_parameters(space):
        return _random(space, seed, scored, running, offers)
    return lowest_bounds(_oracle("BayesianOptimizationOracle", space, seed), scored, running)[:offers]


def _hyperband(parameters: Parameters, task: Task, experiment: Experiment) -> HyperbandSearcher:
    oracle = _oracle(
        "HyperbandOracle",
        parameters.declared,
        derive(experiment.seed, "hyperband"),
        max_epochs=experiment.epochs,
        factor=3,  # a third of a round goes on, for three times the epochs
        hyperband_iterations=None,  # as many as there are trials for
    )
    return HyperbandSearcher(oracle, task, experiment.seed, parameters.handed_out)


def _oracle(kind: str, space: HyperParameters, seed: int, **options: Any) -> Any:
    import keras_tuner as kt

    # The direction is said: it would be guessed from the name. A seed of 0 would be none; `derive` gives no 0.
    objective = kt.Objective("loss", "min")
    return getattr(kt.oracles, kind)(objective=objective, hyperparameters=space, seed=seed, **options)


class KerasTunerSearcher:
    """What was told, what it was asked for and not told yet, and a way to propose from these alone.

    A pruned trial is told by its estimate; a useless one as `Losses` bounds it; an infeasible one, or one whose score
    is no number, as the worst of all that are known; a failed one not at all.
    """

    def __init__(self, parameters: Parameters, task: Task, experiment: Experiment, propose: Propose) -> None:
        self._parameters, self._task, self._seed, self._propose = parameters, task, experiment.seed, propose
        self._told: list[tuple[Params, float | None]] = []
        self._losses = Losses(task)
        self._running: dict[int, Params] = {}

    def ask(self, number: int, pick: Pick = FIRST) -> Ask:
        """See `Searcher.ask`; never Wait or Done."""
        self._running.pop(number, None)
        seed, running = derive(self._seed, "ask", number), list(self._running.values())
        proposed = self._propose(self._parameters.declared, seed, self._scored(), running, pick.offers)
        offers = [self._parameters.handed_out(values) for values in proposed]
        params = self._running[number] = offers[pick.of(offers)]
        return Ask(params)

    def _scored(self) -> Scored:
        losses = [loss for _, loss in self._told if loss is not None]
        if not losses:
            return []
        worst = max(losses)
        return [(params, worst if loss is None else loss) for params, loss in self._told]

    def tell(self, result: TrialResult) -> None:
        self._running.pop(result.number, None)
        if result.state != "failed":
            loss = loss_of(self._task, result)
            self._told.append((result.params, None if loss is None else self._losses.bounded(loss)))

    def replay(self, trial: Trial) -> None:
        """Of an open trial that this searcher did not ask for it knows nothing before its end."""
        if isinstance(trial, TrialResult):
            self.tell(trial)
        elif not trial.origin:
            self._running[trial.number] = trial.params


@dataclass(frozen=True)
class KerasTunerSampler:
    """note, learns: as in `Sampler`; opened: the searcher of a search."""

    note: str
    learns: bool
    opened: Callable[[Parameters, Task, Experiment], Searcher]


SAMPLERS: Mapping[str, KerasTunerSampler] = {
    "bayesian": KerasTunerSampler(
        f"random until trial {STARTUP}, then by a Gaussian process",
        True,
        partial(KerasTunerSearcher, propose=_bayesian),
    ),
    "hyperband": KerasTunerSampler(
        "random on few epochs and one fold, the best third again on three times as many, up to all", False, _hyperband
    ),
    "random": KerasTunerSampler("independent of the scores", False, partial(KerasTunerSearcher, propose=_random)),
}


def open_searcher(space: Space, task: Task, experiment: Experiment) -> Searcher:
    """The searcher of this search, with its sampler. Loads Keras and KerasTuner."""
    return SAMPLERS[experiment.sampler].opened(Parameters(space), task, experiment)
