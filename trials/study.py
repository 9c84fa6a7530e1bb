"""A run as an Optuna study, for whatever reads those: dashboards, plots.

study = study_of(RunStore.open(path), storage=None)          # in memory
"""

from __future__ import annotations

import math
from datetime import datetime
from typing import TYPE_CHECKING

from trials.domains import distribution
from trials.records import State, TrialResult
from trials.store import RunStore
from xrays.tasks import task_named

if TYPE_CHECKING:
    import optuna


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
    known = {name: distribution(domain) for name, domain in store.provenance.domains.items()}
    for result in results:
        score = result.score(task)
        trial = create_trial(
            state=states[result.state],
            params={name: result.params[name] for name in known},
            distributions=known,
            value=score,
            intermediate_values=_curve(result),
            user_attrs={
                "number": result.number,
                "label": result.label,
                "error": result.error,
                "results_known": result.results_known,
            },
        )
        trial.datetime_start = datetime.fromisoformat(result.started)
        trial.datetime_complete = datetime.fromisoformat(result.finished)
        study.add_trial(trial)
    return study


def _curve(result: TrialResult) -> dict[int, float]:
    """Step -> the objective after it; the folds one after the other."""
    values = [value for fold in result.folds for value in fold.curve]
    return {step: value for step, value in enumerate(values, 1) if math.isfinite(value)}
