"""The best configuration as a model that a stranger can load: refit, score the hold-out, write, load again, compare.

    export(ExportOptions("age", Path("best_age.h5"), Path("runs")))
    keras.models.load_model("best_age.h5", compile=False)        # all that is needed afterwards

The hold-out is opened here and nowhere else; every opening is on record before its score is known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from runners._inputs.lineage import films_seen_by_model
from runners._models.card import model_card
from runners._models.cards import claim_model
from runners._models.choice import choose
from runners._models.hold_out import open_hold_out
from runners._models.openings import obstacle
from runners._models.refit import refit
from runners._models.reload import check_reloaded
from runners._models.scratch import scratch_folder
from runners._terminal.bar import job_bar
from runners._training.reopened import ReopenedRun, reopen, writing
from runners._words import duration, score_with_interval, score_words
from runners._workers.conversation import Progress
from runners._workers.messages import Ready, Refitted
from trials.files import write_atomically
from trials.final import Standing
from trials.records import TrialResult, unbeaten
from trials.store import RunStore
from xrays.errors import UserError
from xrays.strict_json import as_json
from xrays.tasks import Task, task_named


@dataclass(frozen=True)
class ExportOptions:
    """out: the model's file, .h5; its card lies beside it. run: by name or folder, None for the best of the task of
    all in `runs`. data, weights: where they are now, None for where they were."""

    task: str
    out: Path
    runs: Path
    run: str | None = None
    data: Path | None = None
    weights: str | None = None
    command: str = ""


def export(options: ExportOptions, say: Callable[[str], None] = print) -> Path:
    """Writes model and card; returns the model. Raises UserError when there is nothing to export, JobFailed when the
    refit comes to nothing, ExportFailed when the reloaded file predicts something else."""
    task, out = task_named(options.task), options.out
    if out.suffix != ".h5" or not out.parent.is_dir():
        raise UserError(f"--out {out}", "a file NAME.h5 in a folder that exists", f"--out best_{task.name}.h5")
    claim_model(out)
    choice = choose(task, options.run, options.data, options.runs, say)
    store, best = choice.best.store, choice.best.result
    run = reopen(store, best, options.data, options.weights, say)
    reached = f"{score_words(task, choice.best.score)} in {_where(store)}{_seeds(choice.best)}"
    say(f"run      {store.path.name}, trial {best.number}: {reached}")
    for baseline in unbeaten(choice.best.score, store.baselines(), task):
        say(f"CAUTION  no trial is better than the baseline {baseline.name}")
    seen = films_seen_by_model(store, run.arrays, run.weights)
    # Whatever would be in the way of the score is known before hours of training.
    if obstructed := obstacle(store, run.arrays):
        say(f"CAUTION  the hold-out will not be opened, and there will be no score on it: {obstructed}")
    with writing(store, options.command), scratch_folder(out.parent, ".export-") as folder:
        model = folder / out.name
        refitted = _refit(run, best, model, say)
        check_reloaded(model, store.experiment.backend, run.taken, refitted.predictions, folder)
        for line in _below_least(task, refitted):
            say(line)
        say("reloaded in a fresh process with nothing but Keras: the same predictions")
        opening = open_hold_out(store, run.arrays, best, seen, refitted.predictions, obstructed)
        card = model_card(run.arrays, choice.best, choice.candidates, refitted, opening, model, seen)
        write_atomically(out.with_suffix(".json"), as_json(card, indent=1).encode())
        model.replace(out)
    for line in _about_hold_out(task, opening, run.arrays.synthetic):
        say(line)
    return out


def _seeds(best: Standing) -> str:
    """Of a finalist that its score is a mean, and with which of the seeds the model is trained."""
    own = best.store.experiment.seed
    return f", mean of {len(best.seeds)} seeds; the model is trained with that of the search, {own}" * bool(
        best.seeds
    )


def _where(store: RunStore) -> str:
    """What its scores come from, in words."""
    stress = store.provenance.splits.stress
    return f"a stress test ({stress})" if stress else "cross-validation"


def _below_least(task: Task, refitted: Refitted) -> Iterator[str]:
    """A caution where it predicts what the label cannot be."""
    predicted = refitted.predictions[np.isfinite(refitted.predictions)]
    least = task.label.least  # of classes there is none
    if below := int((predicted < least).sum()):
        yield f"CAUTION  of {len(predicted)} films it predicts less than {least:g} {task.unit} for {below}"


def _about_hold_out(task: Task, opening: Mapping[str, Any], synthetic: bool) -> Iterator[str]:
    """What came of the hold-out, in lines for the terminal."""
    if opening["reason"] is not None:
        yield f"hold-out not opened: {opening['reason']}"
        return
    times = "once" if opening["openings"] == 1 else f"{opening['openings']} times"
    value = score_with_interval(task, opening["metrics"][task.objective], opening["interval"])
    drawn = "SYNTHETIC " if synthetic else ""
    yield f"hold-out {value} on {opening['films']} {drawn}films; it has been opened {times} for this task"
    if looked_at := opening["looked_at"]:
        yield (
            f"CAUTION  {looked_at} of these films were in another hold-out (of another --holdout, --split or "
            "--split-seed) that has been opened for this task: whoever chose by that score has chosen by them"
        )
    if opening["note"]:
        verdict = "NOT INDEPENDENT" if opening["independent"] is False else "NOT KNOWN TO BE INDEPENDENT"
        yield f"CAUTION  this score is {verdict}: {opening['note']}"


def _refit(run: ReopenedRun, best: TrialResult, target: Path, say: Callable[[str], None]) -> Refitted:
    epochs = run.store.experiment.epochs
    with job_bar("refit", epochs) as bar:

        def watch(progress: Progress) -> None:
            if isinstance(progress, Ready):
                say(f"refit    on all folds together, {epochs} epochs, {progress.device}")
            bar(progress)

        refitted = refit(run, best, target, watch)
    say(f"refitted in {duration(refitted.seconds)}")
    return refitted
