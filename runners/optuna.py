"""Optuna as a searcher: its study in memory, its samplers, our loop.

searcher = open_searcher(space, task, experiment)
ask = searcher.ask(0)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runners._searcher import Ask
from runners._seeds import derive
from search_spaces._hyperparameters import Choice, Domain, Integer, Option, Real
from search_spaces._space import Space, domains
from trials.experiment import Experiment
from trials.records import TrialResult
from xrays.tasks import Task

if TYPE_CHECKING:
    import optuna


# Trials that TPE draws at random before it models anything, the space's own first configuration among them. Optuna's
# default of 10 would leave nothing of a search of ten trials to TPE.
STARTUP = 5


def _tpe(seed: int) -> Any:
    from optuna.samplers import TPESampler

    return TPESampler(seed=seed, multivariate=True, constant_liar=True, n_startup_trials=STARTUP)


def _random(seed: int) -> Any:
    from optuna.samplers import RandomSampler

    return RandomSampler(seed=seed)


@dataclass(frozen=True)
class OptunaSampler:
    note: str
    seeded: Callable[[int], Any]


SAMPLERS: Mapping[str, OptunaSampler] = {
    "tpe": OptunaSampler(f"random until trial {STARTUP}, then by a model of the scores", _tpe),
    "random": OptunaSampler("independent of the scores", _random),
}


def open_searcher(space: Space, task: Task, experiment: Experiment) -> OptunaSearcher:
    return OptunaSearcher(space, task, SAMPLERS[experiment.sampler].seeded, experiment.seed)


class OptunaSearcher:
    """One study. A trial that this process asked for is told as such; one from an earlier process is added."""

    def __init__(self, space: Space, task: Task, sampler: Callable[[int], Any], seed: int) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._space, self._task, self._sampler, self._seed = space, task, sampler, seed
        self._domains = {name: _distribution(domain) for name, domain in domains(space).items()}
        self._study = optuna.create_study(direction="minimize", sampler=sampler(seed))
        self._asked: dict[int, optuna.Trial] = {}

    def ask(self, number: int) -> Ask:
        self._study.sampler = self._sampler(derive(self._seed, "ask", number))
        if number == 0:
            self._study.enqueue_trial(dict(self._space.first))
        trial = self._study.ask()
        self._space.sample(_Handle(trial))
        self._asked[number] = trial
        return Ask(number, dict(trial.params), self._space.label if number == 0 else "")

    def tell(self, result: TrialResult) -> None:
        from optuna.trial import TrialState

        trial = self._asked.pop(result.number, None)
        if trial is None:
            self.replay(result)
        elif result.state == "complete":
            self._study.tell(trial, _value(self._task, result))
        elif result.state == "pruned":
            step, value = _last_report(self._task, result)
            trial.report(value, step)
            self._study.tell(trial, state=TrialState.PRUNED)
        elif result.state == "infeasible":
            # TPE ranks a pruned trial without a report behind all others: the worst there is.
            self._study.tell(trial, state=TrialState.PRUNED)
        else:
            self._study.tell(trial, state=TrialState.FAIL)

    def replay(self, result: TrialResult) -> None:
        from optuna.trial import TrialState, create_trial

        state = {
            "complete": TrialState.COMPLETE,
            "pruned": TrialState.PRUNED,
            "infeasible": TrialState.PRUNED,
            "failed": TrialState.FAIL,
        }[result.state]
        reports = dict([_last_report(self._task, result)]) if result.state == "pruned" else {}
        self._study.add_trial(
            create_trial(
                state=state,
                params=dict(result.params),
                distributions=self._domains,
                value=_value(self._task, result) if result.state == "complete" else None,
                intermediate_values=reports,
            )
        )


class _Handle:
    """Optuna's trial as the handle that a space asks."""

    def __init__(self, trial: optuna.Trial) -> None:
        self._trial = trial

    def integer(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        return self._trial.suggest_int(name, low, high, step=step, log=log)

    def real(self, name: str, low: float, high: float, *, log: bool = False) -> float:
        return self._trial.suggest_float(name, low, high, log=log)

    def choice(self, name: str, options: Sequence[Option]) -> Option:
        return self._trial.suggest_categorical(name, options)

    def flag(self, name: str) -> bool:
        return bool(self._trial.suggest_categorical(name, (False, True)))


def _distribution(domain: Domain) -> Any:
    from optuna import distributions

    match domain:
        case Integer(low, high, step, log):
            return distributions.IntDistribution(low, high, log=log, step=step)
        case Real(low, high, log):
            return distributions.FloatDistribution(low, high, log=log)
        case Choice(options):
            return distributions.CategoricalDistribution(options)


def _value(task: Task, result: TrialResult) -> float:
    score = result.score(task)
    if score is None:
        raise ValueError(f"trial {result.number} has no score")
    return task.loss(score)


def _last_report(task: Task, result: TrialResult) -> tuple[int, float]:
    """(step, value): epochs trained so far, and the mean loss of the folds begun. TPE ranks pruned trials by the
    step first, then by the value."""
    losses = [task.loss(fold.metrics[task.objective]) for fold in result.folds]
    return result.epochs, sum(losses) / len(losses)
