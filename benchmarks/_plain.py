"""What one writes without this suite: a tuner of KerasTuner or a study of Optuna around a loop over folds.

    python benchmarks/_plain.py keras_tuner_random DATA OUT --task age --seconds 900 --folds 5 --epochs 30 --seed 0

The loop is that of the libraries' own documentation: a model a fold, `fit` on arrays of floats in memory, the mean of
the folds' scores. Networks and augmentation are this suite's own, from the same space, of which nothing is known
before (no portfolio, no prior) and in which films are whole from the first epoch on, since that is what the loop
trains; optimizers and schedules are Keras's, of the same words. Every configuration that was scored on all folds is a
line of OUT/trials.jsonl; OUT/end.json says how many were begun, OUT/best.json what was best.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from _divided import plan_of
from _found import write_best
from _in_keras import as_in_keras
from numpy.typing import NDArray

from runners._samplers import keras_tuner_space, optuna_space
from runners._training.optimizers import averaged, make_loss, make_optimizer
from runners._training.order import steps_per_epoch
from search_spaces import load_space
from search_spaces._augment_layers import augment
from search_spaces._hyperparameters import Scalar
from search_spaces._narrow import narrow
from search_spaces._portfolio import without_portfolio
from search_spaces._space import Space
from trials.files import append_line, write_atomically
from xrays.arrays import XrayArrays
from xrays.folds import FoldPlan
from xrays.statistics.metrics import score
from xrays.strict_json import as_json
from xrays.tasks import Task, task_named

Params = Mapping[str, Scalar]
# After every fold: how many are scored, the mean loss of these.
Report = Callable[[int, float], None]
MANY = 10**6  # trials: time ends the search, not their number


class TimeIsUp(BaseException):
    """Between two epochs; what was being trained counts for nothing. No Exception, after which tuners would go on."""


@dataclass
class Loop:
    """Films and folds, and when the time is up, by time.monotonic(). seed: of initial weights and shuffling."""

    arrays: XrayArrays
    plan: FoldPlan
    task: Task
    epochs: int
    seed: int
    until: float
    out: Path
    space: Space = field(default_factory=lambda: plain(load_space("cnn")))
    best: tuple[float, Params, int] | None = None
    tried: int = 0

    def __post_init__(self) -> None:
        """All films as floats, which is what the notebooks do."""
        self.films = np.asarray(self.arrays.images, np.float32) / 255
        self.labels = self.arrays.targets(self.task).astype(np.float32)
        self.known = np.isfinite(self.labels)

    def cross_validated(self, params: Params, epochs: int, report: Report = lambda folds, loss: None) -> float:
        """The mean loss over the folds, to be minimised. Raises TimeIsUp, and whatever `report` raises."""
        scores: list[float] = []
        self.tried += 1
        for fold in range(self.plan.folds):
            of_fold = self.plan.fold(fold) & self.known
            model = self.trained(params, self.plan.development() & self.known & ~of_fold, epochs)
            scores.append(self.scored(model, of_fold))
            report(len(scores), float(np.mean([self.task.loss(score) for score in scores])))
        loss = float(np.mean([self.task.loss(score) for score in scores]))
        line = {
            "finished": datetime.now(UTC).isoformat(),
            "score": float(np.mean(scores)),
            "scores": scores,
            "epochs": epochs,
        }
        append_line(self.out / "trials.jsonl", as_json({**line, "params": dict(params)}))
        if np.isfinite(loss) and (self.best is None or loss < self.best[0]):
            self.best = loss, params, epochs
        return loss

    def trained(self, params: Params, rows: NDArray[np.bool_], epochs: int) -> keras.Model:
        """A new network, trained on the rows. Raises TimeIsUp."""
        keras.backend.clear_session()
        keras.utils.set_random_seed(self.seed)
        recipe = self.space.recipe(params)
        side = self.films.shape[1]
        predictor = self.space.build(recipe, self.task, (side, side, 1))
        films = keras.Input((side, side, 1))
        model = keras.Model(films, predictor(augment(films, recipe.augment, seed=self.seed)))
        steps = steps_per_epoch(rows.sum(), recipe.fit.batch_size)
        with as_in_keras():
            optimizer = make_optimizer(recipe.fit, recipe.fit.learning_rate, steps * epochs)
        model.compile(optimizer, make_loss(recipe.fit, self.task))

        def look(epoch: int, logs: object = None) -> None:
            if time.monotonic() > self.until:
                raise TimeIsUp

        watch = keras.callbacks.LambdaCallback(on_epoch_end=look)
        model.fit(
            self.films[rows],
            self.labels[rows, None],
            batch_size=recipe.fit.batch_size,
            epochs=epochs,
            verbose=0,
            callbacks=[watch],
        )
        return model

    def predicted(self, model: keras.Model, rows: NDArray[np.bool_]) -> NDArray[np.float32]:
        """(n,) of these films, by the averaged weights where the optimizer averages."""
        with averaged(model):
            found: NDArray[np.float32] = model.predict(self.films[rows], verbose=0)[:, 0]
        return found

    def scored(self, model: keras.Model, rows: NDArray[np.bool_]) -> float:
        """The objective on these films."""
        return score(self.task, self.labels[rows], self.predicted(model, rows))[self.task.objective]

    def end(self) -> None:
        """Writes how many were begun, on which folds, and what was best."""
        ended = {"tried": self.tried, "plan": self.plan.fingerprint}
        write_atomically(self.out / "end.json", as_json(ended).encode())
        if self.best is not None:
            _, params, epochs = self.best
            write_best(self.out, params, epochs)


def plain(space: Space) -> Space:
    """What the loop trains of a space, and nobody knows anything of before."""
    return without_portfolio(narrow(space, sets=[], fixes=["start_size=whole"]))


def keras_tuner_random(loop: Loop) -> None:
    """RandomSearch, whose `run_trial` goes over the folds."""
    import keras_tuner

    _tune(loop, keras_tuner.RandomSearch, {"max_trials": MANY}, lambda values: loop.epochs)


def keras_tuner_hyperband(loop: Loop) -> None:
    """Hyperband, whose `run_trial` goes over the folds with the epochs of its bracket."""
    import keras_tuner

    own = {"max_epochs": loop.epochs, "hyperband_iterations": MANY}
    _tune(loop, keras_tuner.Hyperband, own, lambda values: int(values.get("tuner/epochs", loop.epochs)))


def _tune(loop: Loop, tuner: Any, own: Mapping[str, Any], epochs: Callable[[Mapping[str, Any]], int]) -> None:
    import keras_tuner

    parameters = keras_tuner_space.Parameters(loop.space)

    class CrossValidated(tuner):
        """As its documentation has it: a trial's own loop in `run_trial`."""

        def run_trial(self, trial: Any, *args: Any, **kwargs: Any) -> dict[str, float]:
            values = trial.hyperparameters.values
            return {"loss": loop.cross_validated(parameters.handed_out(values), epochs(values))}

    made = CrossValidated(
        hypermodel=None,
        hyperparameters=parameters.declared,
        objective=keras_tuner.Objective("loss", "min"),
        seed=loop.seed,
        directory=str(loop.out),
        project_name="tuner",
        overwrite=True,
        **own,
    )
    made.search()


def optuna_tpe(loop: Loop) -> None:
    """TPE, and the MedianPruner after every fold."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)

    def objective(trial: optuna.Trial) -> float:
        params: dict[str, Scalar] = {}
        loop.space.sample(optuna_space.Handle(trial))
        params.update(trial.params)

        def report(folds: int, loss: float) -> None:
            trial.report(loss, folds)
            if trial.should_prune():
                raise optuna.TrialPruned

        return loop.cross_validated(params, loop.epochs, report)

    sampler = optuna.samplers.TPESampler(seed=loop.seed)
    optuna.create_study(sampler=sampler, pruner=optuna.pruners.MedianPruner()).optimize(objective, n_trials=MANY)


ARMS: Mapping[str, Callable[[Loop], None]] = {
    "keras_tuner_random": keras_tuner_random,
    "keras_tuner_hyperband": keras_tuner_hyperband,
    "optuna_tpe": optuna_tpe,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("arm", choices=ARMS)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--task", default="age")
    parser.add_argument("--seconds", type=float, default=900)
    for name, usual in (("folds", 5), ("epochs", 30), ("seed", 0)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    parser.add_argument("--split", default="", metavar="COLUMN")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    write_atomically(options.out / "trials.jsonl", b"")
    arrays = XrayArrays.open(options.data)
    plan = plan_of(arrays, folds=options.folds, seed=options.seed, column=options.split)
    until = time.monotonic() + options.seconds
    loop = Loop(arrays, plan, task_named(options.task), options.epochs, options.seed, until, options.out)
    with contextlib.suppress(TimeIsUp):
        ARMS[options.arm](loop)
    loop.end()


if __name__ == "__main__":
    main()
