"""A run as an Optuna study, for whatever reads those: dashboards, importances, plots.

study = study_of(RunStore.open(path), storage=None)          # in memory
importances(({"depth": 3, "rate": 1e-3}, …), (9.1, …))       # {"rate": 0.8, "depth": 0.2}
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from trials.domains import distribution
from trials.records import Scalar, State, TrialResult
from trials.store import RunStore
from xrays.tasks import task_named

if TYPE_CHECKING:
    import optuna

# The best share of the trials that the others are compared with, and how many they must be: with fewer, the density
# of the best is that of one or two trials.
BEST, FEWEST = 0.1, 5


def study_of(store: RunStore, storage: optuna.storages.BaseStorage | None = None) -> optuna.Study:
    """Complete trials with their score, pruned ones with the curve that they have. Repeated ones are left out;
    parameters have the domains of the search. Scores keep their own direction."""
    import optuna
    from optuna.trial import TrialState, create_trial

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    task = task_named(store.experiment.task)
    direction = optuna.study.StudyDirection[{"min": "MINIMIZE", "max": "MAXIMIZE"}[task.direction]]
    study = optuna.create_study(direction=direction, study_name=store.path.name, storage=storage)
    results = [result for result in store.trials() if result.state != "duplicate"]
    states: dict[State, TrialState] = {
        "complete": TrialState.COMPLETE,
        "pruned": TrialState.PRUNED,
        "failed": TrialState.FAIL,
        "infeasible": TrialState.FAIL,
    }
    known = {name: distribution(domain) for name, domain in store.domains.items()}
    for result in results:
        score = result.score(task)
        trial = create_trial(
            state=states[result.state],
            params={name: result.params[name] for name in known},
            distributions=known,
            value=score,
            intermediate_values=_curve(result),
            user_attrs={"number": result.number, "label": result.label, "error": result.error, "told": result.told},
        )
        trial.datetime_start = datetime.fromisoformat(result.started)
        trial.datetime_complete = datetime.fromisoformat(result.finished)
        study.add_trial(trial)
    return study


def importances(params: Sequence[Mapping[str, Scalar]], losses: Sequence[float]) -> dict[str, float]:
    """PED-ANOVA (Watanabe et al. 2023): how much a parameter's values among the best tenth of the trials, at least
    five, differ from its values among all. Largest first, ties by name; they add up to 1.

    params: of every trial, the same names; losses: finite, less is better. Empty when nothing sets the best apart:
    fewer than twice as many trials as the best are, or all of them equally good. The same input gives the same
    output: nothing is drawn.
    """
    import optuna
    from optuna.importance import PedAnovaImportanceEvaluator
    from optuna.trial import create_trial

    share = max(BEST, FEWEST / max(1, len(losses)))
    if share > 0.5 or sum(loss <= _cut(losses, share) for loss in losses) == len(losses):
        return {}
    known = {name: _distribution([own[name] for own in params]) for name in params[0]}
    varied = {name: distribution for name, distribution in known.items() if not distribution.single()}
    if not varied:
        return {}
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study()
    study.add_trials(
        [
            create_trial(params={name: own[name] for name in varied}, distributions=varied, value=loss)
            for own, loss in zip(params, losses, strict=True)
        ]
    )
    # target_quantile is the share of the best. Optuna's own order of equal ones depends on the hashes of their names.
    evaluator = PedAnovaImportanceEvaluator(target_quantile=share)
    found = optuna.importance.get_param_importances(study, evaluator=evaluator, params=sorted(varied))
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def _cut(losses: Sequence[float], share: float) -> float:
    return sorted(losses)[math.ceil(share * len(losses)) - 1]


def _curve(result: TrialResult) -> dict[int, float]:
    """Step -> the objective after it; the folds one after the other."""
    values = [value for fold in result.folds for value in fold.curve]
    return {step: value for step, value in enumerate(values, 1) if math.isfinite(value)}


def _distribution(values: Sequence[Any]) -> Any:
    """The narrowest that holds what was tried: the space itself is not known here."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if all(type(value) is int for value in values):
        return IntDistribution(min(values), max(values))
    if all(type(value) is float for value in values):
        low, high = min(values), max(values)
        return FloatDistribution(low, high, log=low > 0 and high / low > 20)
    return CategoricalDistribution(list(dict.fromkeys(values)))
