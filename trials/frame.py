"""All trials of some runs as one table: what every report section starts from.

frame = trials_frame([RunStore.open(path) for path in paths])
frame[frame.kind == "trial"].sort_values("loss")
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from trials.experiment import Experiment
from trials.final import Standing, standings
from trials.records import FoldScore
from trials.store import RunStore
from xrays.statistics.resampled import standard_error
from xrays.tasks import TASKS

COLUMNS = (
    "run", "task", "data", "synthetic", "plan", "space", "runner", "sampler", "seed", "kind", "number",
    "label", "state", "weights", "backbone", "score", "score_sd", "score_se", "probe", "loss", "metrics",
    "metrics_sd", "metrics_se", "folds", "epochs", "reduced", "parameters", "ms_per_film", "seconds", "params",
    "effective", "error", "failure", "finished", "seeds", "over_seeds",
)  # fmt: skip


def trials_frame(runs: Iterable[RunStore]) -> pd.DataFrame:
    """One row a trial and one a baseline; columns are COLUMNS whatever is in the runs.

    kind: trial, baseline, or duplicate for a repeated trial, which was not trained; number: -1 for baselines. score:
    mean objective over the complete folds (for a pruned trial over the folds it has, NaN if none), score_sd: sample
    standard deviation over folds, score_se: the mean's standard error (xrays/statistics/resampled.py); loss: the
    score with less being better, NaN unless state is complete. metrics, metrics_sd, metrics_se: dict name -> mean, sd
    over folds, standard error. folds: tuple of FoldScore. reduced: epochs of a trial on a smaller budget than the
    run's, else 0. params: canonical JSON; effective: names of the parameters that have an effect. weights: what
    pretrained networks of the run start from, backbone: the trial's parameter of that name; both "" where there is
    none, and for baselines. probe: mean of the frozen backbone's score over the folds that have one, also where a
    race stopped the fold after it; NaN if none. failure: the class of a failed trial's error, "" for all others.
    seeds: of a finalist (trials/final.py) the score with each of its seeds, its own first, else (); over_seeds: what
    score, their likes and folds are as means over these, {} where there are none. All else is of a trial's own seed.
    """
    stores, alike = list(runs), dict[tuple[str, str], list[RunStore]]()
    for run in stores:
        alike.setdefault((run.experiment.task, run.experiment.plan), []).append(run)
    finalists = {
        (id(one.store), one.result.number): one
        for of_plan in alike.values()
        for one in standings(of_plan)
        if one.seeds
    }
    rows = [row for run in stores for row in _rows(run, finalists)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _rows(run: RunStore, finalists: Mapping[tuple[int, int], Standing]) -> Iterator[dict[str, Any]]:
    experiment = run.experiment
    shared = {
        "run": run.path.name,
        "synthetic": run.provenance.synthetic,
        **{key: getattr(experiment, key) for key in ("task", "data", "plan", "space", "runner", "sampler", "seed")},
    }
    for baseline in run.baselines():
        identity = {"kind": "baseline", "number": -1, "label": baseline.name, "state": "complete", "params": "{}"}
        none = {"effective": (), "weights": "", "backbone": "", "error": "", "failure": "", "reduced": 0}
        none |= {"seeds": (), "over_seeds": {}}
        yield {**shared, **identity, **none, **_scores(experiment, baseline.folds, ranked=True)}
    for result in run.trials():
        finalist = finalists.get((id(run), result.number))
        yield {
            **shared,
            **{key: getattr(result, key) for key in ("number", "label", "state", "parameters", "ms_per_film")},
            **{key: getattr(result, key) for key in ("seconds", "error", "failure", "finished")},
            "reduced": result.max_epochs if result.max_epochs < experiment.epochs else 0,
            "kind": "duplicate" if result.state == "duplicate" else "trial",
            "weights": experiment.weights or experiment.vectors,
            "backbone": str(result.params.get("backbone", "")),
            "params": json.dumps(dict(result.params), sort_keys=True),
            "effective": tuple(result.effective),
            "seeds": tuple(finalist.by_seed.values()) if finalist else (),
            "over_seeds": _scores(experiment, finalist.folds, ranked=True) if finalist else {},
            **_scores(experiment, result.folds, ranked=result.state == "complete"),
        }


def _scores(experiment: Experiment, folds: tuple[FoldScore, ...], *, ranked: bool) -> dict[str, Any]:
    task = TASKS[experiment.task]
    whole = [fold for fold in folds if fold.complete]
    # All metrics at once: a call for each takes longer than reading the trial.
    values = np.array([[fold.metrics[name] for name in task.metrics] for fold in whole]).reshape(
        len(whole), len(task.metrics)
    )
    none = [np.nan] * len(task.metrics)
    means = dict(zip(task.metrics, values.mean(axis=0).tolist() if len(whole) else none, strict=True))
    spreads = dict(zip(task.metrics, values.std(axis=0, ddof=1).tolist() if len(whole) > 1 else none, strict=True))
    errors = {name: standard_error(sd, len(whole), experiment.folds) for name, sd in spreads.items()}
    score = means[task.objective]
    probes = [fold.probe for fold in folds if fold.probe is not None]
    return {
        "score": score,
        "score_sd": spreads[task.objective],
        "score_se": errors[task.objective],
        "probe": float(np.mean(probes)) if probes else np.nan,
        "loss": task.loss(score) if ranked else np.nan,
        "metrics": means,
        "metrics_sd": spreads,
        "metrics_se": errors,
        "folds": folds,
        "epochs": sum(fold.epochs for fold in folds),
    }
