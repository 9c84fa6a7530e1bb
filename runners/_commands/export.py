"""The best configuration as a model that a stranger can load: refit, score the hold-out, write, load again, compare.

    export_best("age", None, Path("best_age.h5"), None, Path("runs"))
    keras.models.load_model("best_age.h5", compile=False)        # all that is needed afterwards

The hold-out is opened here and nowhere else; every opening is on record before its score is known.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runners._backend import check_backend, environment
from runners._inputs.lineage import seen_by_a_model
from runners._inputs.reopened import arrays_of, cache_of, weights_of
from runners._inputs.weights import Weights
from runners._models.card import model_card
from runners._models.cards import claim_model
from runners._models.choice import choose
from runners._models.openings import obstacle, openings_so_far, record_opening, scored_hold_out, unrecorded
from runners._models.workplace import workplace
from runners._terminal.bar import job_bar
from runners._training.handler import training
from runners._words import duration, shown, with_interval
from runners._workers.conversation import Progress, ask
from runners._workers.local import LocalWorkers
from runners._workers.messages import Ready, Refit, Refitted
from runners._workers.setup import setup_of
from trials.commands import note_command
from trials.files import locked, write_atomically
from trials.lineage import Seen, among
from trials.records import TrialResult, unbeaten
from trials.score_interval import score_interval
from trials.store import RunStore
from xrays.arrays import XrayArrays
from xrays.errors import UserError
from xrays.statistics.metrics import score
from xrays.strict_json import as_json
from xrays.tasks import Task, task_named

CHECKED = 64  # films whose predictions are compared: they show whether it is the same network

# Runs with nothing but Keras: what a reader of the file will have. It prints the dropouts that hand on in training
# what they were given; a rate below 1e-6 does nothing in float32.
RELOAD = """
import sys
import keras, numpy
model = keras.models.load_model(sys.argv[1], compile=False)
films = numpy.load(sys.argv[2]).astype("float32") / 255
numpy.save(sys.argv[3], model.predict(films, verbose=0)[:, 0])
dropouts = [layer for layer in model.layers if isinstance(layer, keras.layers.Dropout) and layer.rate > 1e-6]
if dropouts:
    within = keras.Model(model.inputs, [end for layer in dropouts for end in (layer.input, layer.output)])
    noise = numpy.random.default_rng(0).random((8, *model.input_shape[1:]), "float32")
    to_numpy = keras.ops.convert_to_numpy if hasattr(keras, "ops") else numpy.asarray
    calls = [[to_numpy(end) for end in within(noise, training=True)] for _ in range(2)]
    for number, layer in enumerate(dropouts):
        given, kept = ([call[2 * number + end] for call in calls] for end in (0, 1))
        if numpy.any(given) and numpy.array_equal(given, kept):
            print(layer.name)
"""


class ExportFailed(RuntimeError):
    """The file does not do what the trained network did; nothing was left behind."""


def export_best(
    task_name: str,
    run: str | None,
    out: Path,
    data: Path | None,
    runs: Path,
    say: Callable[[str], None] = print,
    given_weights: str | None = None,
    command: str = "",
) -> Path:
    """Writes `out` (.h5) and its card (.json). Raises UserError when there is nothing to export, ExportFailed when
    the reloaded file predicts something else."""
    task = task_named(task_name)
    if out.suffix != ".h5" or not out.parent.is_dir():
        raise UserError(f"--out {out}", "a file NAME.h5 in a folder that exists", f"--out best_{task.name}.h5")
    claim_model(out)
    choice = choose(task, run, data, runs, say)
    store, best = choice.store, choice.best
    check_backend(store.experiment.backend, f"the run {store.path.name}")
    arrays, weights = arrays_of(store, data), weights_of(store, best, given_weights, say)
    say(f"run      {store.path.name}, trial {best.number}: {shown(task, choice.score)} in cross-validation")
    for baseline in unbeaten(choice.score, store.baselines(), task):
        say(f"CAUTION  no trial is better than the baseline {baseline.name}")
    seen = seen_by_a_model(store, arrays, weights)
    # Whatever would be in the way of the score is known before hours of training.
    if why := obstacle(store, arrays):
        say(f"CAUTION  the hold-out will not be opened, and there will be no score on it: {why}")
    with locked(store.path), workplace(out.parent, ".export-") as folder:
        note_command(store.path, command)
        fresh = folder / out.name
        refitted = _refit(store, arrays, weights, best, fresh, say)
        predicted = np.flatnonzero(np.isfinite(refitted.predictions))
        some = predicted[:: max(1, len(predicted) // CHECKED)]
        _reload(fresh, store.experiment.backend, arrays.images[some], refitted.predictions[some], folder)
        least = task.label.least  # of classes there is none
        if below := int((refitted.predictions[predicted] < least).sum()):
            say(f"CAUTION  of {len(predicted)} films it predicts less than {least:g} {task.unit} for {below}")
        say("reloaded in a fresh process with nothing but Keras: the same predictions")
        hold_out = _hold_out(store, arrays, best, seen, refitted.predictions, why)
        card = model_card(store, arrays, best, choice.candidates, refitted, hold_out, fresh, seen)
        write_atomically(out.with_suffix(".json"), as_json(card, indent=1).encode())
        fresh.replace(out)
    for line in _told(task, hold_out, arrays.synthetic):
        say(line)
    return out


def _told(task: Task, hold_out: Mapping[str, Any], synthetic: bool) -> Iterator[str]:
    """What came of the hold-out, in lines for the terminal."""
    if hold_out["reason"]:
        yield f"hold-out not opened: {hold_out['reason']}"
        return
    times = "once" if hold_out["openings"] == 1 else f"{hold_out['openings']} times"
    value = with_interval(task, hold_out["metrics"][task.objective], hold_out["interval"])
    drawn = "SYNTHETIC " if synthetic else ""
    yield f"hold-out {value} on {hold_out['films']} {drawn}films; it has been opened {times} for this task"
    if hold_out["note"]:
        verdict = "NOT INDEPENDENT" if hold_out["independent"] is False else "NOT KNOWN TO BE INDEPENDENT"
        yield f"CAUTION  this score is {verdict}: {hold_out['note']}"


def _refit(
    store: RunStore,
    arrays: XrayArrays,
    weights: Weights,
    best: TrialResult,
    target: Path,
    say: Callable[[str], None],
) -> Refitted:
    """Trains on all development films in a worker, which writes the predictor to `target`."""
    experiment = store.experiment
    assignment = store.films().assignment
    setup = setup_of(arrays.path, assignment, experiment, weights, cache_of(store))
    with LocalWorkers(setup, make=training) as workers, job_bar("refit", experiment.epochs) as bar:

        def watch(progress: Progress) -> None:
            if isinstance(progress, Ready):
                say(f"refit    on all folds together, {experiment.epochs} epochs, {progress.device}")
            bar(progress)

        refitted = ask(workers, Refit(best, target.resolve()), Refitted, failed="refitting failed", watch=watch)
    say(f"refitted in {duration(refitted.seconds)}")
    return refitted


def _reload(
    model: Path, backend: str, films: NDArray[np.uint8], expected: NDArray[np.float32], workplace: Path
) -> None:
    """Raises ExportFailed unless a fresh process gets the same predictions out of the file, and dropout that acts in
    training."""
    given, got = workplace / "films.npy", workplace / "predictions.npy"
    np.save(given, films)
    command = [sys.executable, "-c", RELOAD, str(model), str(given), str(got)]
    own = {**environment(backend), "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(command, capture_output=True, text=True, env=own, check=False)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no message"]
        raise ExportFailed(f"the exported file cannot be loaded: {lines[-1]}")
    if asleep := done.stdout.split():
        raise ExportFailed(f"the exported file's dropout is asleep in training: {', '.join(asleep)}")
    found = np.load(got)
    # Batches of another size are added up in another order: equal to about six digits, no more.
    if not np.allclose(found, expected, rtol=1e-4, atol=1e-4):
        worst = float(np.max(np.abs(found - expected)))
        raise ExportFailed(
            f"the exported file predicts something else than the trained network, by up to {worst:.3g}"
        )


def _hold_out(
    store: RunStore,
    arrays: XrayArrays,
    best: TrialResult,
    seen: Seen,
    predictions: NDArray[np.float32],
    reason: str,
) -> dict[str, Any]:
    """Records the opening, then scores. The run keeps its openings in holdout.json, for the report. reason: why it is
    not opened, "" if it is."""
    task, films, held = task_named(store.experiment.task), store.films(), scored_hold_out(store)
    about = {
        "trial": best.number,
        "films": int(held.sum()),
        "reason": reason,
        **among(seen, arrays.fingerprints(), films.groups, held).to_json(),
    }
    now = datetime.now(UTC).isoformat(timespec="seconds")
    what = {"opened": now, "run": store.path.name, "trial": best.number, "task": task.name}
    what["search"] = store.experiment.digest
    try:
        openings = 0 if reason else record_opening(arrays, films.hold_out_fingerprint(), what)
    except OSError as error:  # it could be written before the refit, of which nothing is to be lost
        about["reason"] = unrecorded(arrays, error)
    if about["reason"]:
        so_far = openings_so_far(arrays, films.hold_out_fingerprint(), task.name)
        return {"opened": None, "openings": so_far, "metrics": {}, "interval": None, **about}
    labels = films.targets(task)[held]
    metrics = score(task, labels, predictions[held])
    ends = score_interval(task, labels, predictions[held], films.groups[held])
    interval = list(ends) if np.isfinite(ends).all() else None
    opening = {"opened": now, "openings": openings, "metrics": metrics, "interval": interval, **about}
    store.add_opening(opening)
    return opening
