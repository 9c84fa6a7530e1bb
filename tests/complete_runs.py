"""A run folder with every kind of file that one can hold, written by the code that writes them, without training.

run = complete_run(tmp_path / "runs", "mine", prepared, monkeypatch)
kinds(run.path)                                        # {"oof/N.npy": Path("…/oof/00000.npy"), …}
"""

from __future__ import annotations

import re
from contextlib import nullcontext
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_workers import FakeWorkers, learning_rate_score, raised

from runners._commands import ablate as command
from runners._commands import final
from runners._commands.ablate import AblateOptions, ablate
from runners._commands.rerun import RerunOptions, rerun
from runners._commands.search import search
from runners._explain.films import ExplainedFilms
from runners._explain.messages import ExplainReply
from runners._explain.record import record_explanation
from runners._search import session
from runners._search.options import SearchOptions
from runners._training import again as rerunning
from runners._workers.messages import FoldDone, Setup, Train
from trials.commands import note_command
from trials.records import Trial
from trials.store import RunStore
from xrays.arrays import XrayArrays
from xrays.assignment import of_fold
from xrays.label_values import at_rows
from xrays.statistics.metrics import score
from xrays.tasks import task_named


class Honest(FakeWorkers):
    """Its scores are those of its predictions. unlucky: number of a trial that fails."""

    def __init__(self, setup: Setup, arrays: XrayArrays, unlucky: int = -1) -> None:
        def misfortune(job: Train) -> Any:
            return raised("ValueError: no") if job.trial.number == unlucky else None

        super().__init__(setup.experiment, learning_rate_score, misfortune, films=setup.assignment.shape[1])
        self.assignment, self.labels = setup.assignment, arrays.targets(task_named(setup.experiment.task))

    def _done(self) -> FoldDone:
        done, task = super()._done(), task_named(self.experiment.task)
        scored = of_fold(self.assignment, done.score.fold) & np.isfinite(self.labels)
        wrong = self.labels + self._curve[-1] if task.kind == "regression" else np.abs(self.labels - 0.3)
        predictions = np.where(scored, wrong, np.nan).astype(np.float32)
        metrics = score(task, self.labels[scored], predictions[scored])
        return FoldDone(replace(done.score, metrics=metrics), predictions, done.network)


def fake(monkeypatch: pytest.MonkeyPatch, arrays: XrayArrays, unlucky: int = -1) -> None:
    """Whatever trains in workers trains by formulas from here on."""

    def workers(setup: Setup, *place: object, **options: object) -> Any:
        return nullcontext(Honest(setup, arrays, unlucky))

    monkeypatch.setattr(session, "open_workers", workers)
    monkeypatch.setattr(command, "open_workers", workers)
    monkeypatch.setattr(final, "open_workers", workers)
    monkeypatch.setattr(rerunning, "LocalWorkers", workers)


def complete_run(
    runs: Path, name: str, arrays: XrayArrays, monkeypatch: pytest.MonkeyPatch, task: str = "age", folds: int = 2
) -> RunStore:
    """A search that failed once and learns from another one, its ablation, a repeat, an opening, an explanation, and
    a trial that was interrupted."""
    fake(monkeypatch, arrays, unlucky=4)  # 2 and 3 repeat what the older search has tried
    given: dict[str, Any] = {
        "data": arrays.path,
        "runs": runs,
        "folds": folds,
        "epochs": 2,
        "sampler": "random",
        "pruner": "none",
    }
    older = SearchOptions(task, trials=2, name=f"{name}-older", seed=7, **given)
    own = SearchOptions(task, trials=3, name=name, start_from=older.name, command="python cli.py search", **given)
    search(older, say=str)
    store, _ = search(own, say=str)
    learnt = RunStore.open(runs / f"{name}-older").trials()
    known = [replace(result, number=-1 - number) for number, result in enumerate(learnt)]
    RunStore.create(store.path, store.experiment, store.films(), store.provenance, known)
    ablate(AblateOptions(name, runs, data=arrays.path), say=str)
    list(rerun(RerunOptions(name, 0, runs, seeds=2, data=arrays.path)))
    note_command(store.path, f"python cli.py rerun {name} --trial 0 --seeds 2")
    opening = {"opened": "2026-01-01T00:00:00+00:00", "openings": 1, "trial": 0, "metrics": {"mae": 9.0}, "films": 9}
    store.add_opening(opening)
    _explained(store, arrays)
    _interrupted(store, arrays)
    return store


def _explained(store: RunStore, arrays: XrayArrays) -> None:
    task, rng, count = task_named(store.experiment.task), np.random.default_rng(0), 9
    maps = rng.normal(size=(4, count, 4, 4)).astype(np.float32)
    found = ExplainReply(arrays.targets(task)[:count] + 1, maps[0], maps[1:], "conv")
    names = [str(number) for number in arrays.ids[:count]]
    targets, labels = arrays.targets(task)[:count], at_rows(arrays.labels, np.arange(count))
    seen = ExplainedFilms(arrays.images[:count], names, arrays.groups[:count], targets, labels, task.ends)
    about = {"network": "fold", "run": store.path.name, "trial": 0, "fold": 0, "reproduced": True}
    list(record_explanation(store.path, about, task, found, seen))


def _interrupted(store: RunStore, arrays: XrayArrays) -> None:
    finished, number = store.trials()[0], 1 + max(result.number for result in store.trials())
    asked = {field.name: getattr(finished, field.name) for field in fields(Trial)}
    store.unfinished.save(Trial(**{**asked, "number": number}))
    score_, predictions = finished.folds[0], store.out_of_fold(finished.number)
    assert predictions is not None
    own = of_fold(store.films().assignment, score_.fold)
    store.unfinished.save_fold(number, score_, np.where(own, predictions[0], np.nan).astype(np.float32))


def kinds(run: Path) -> dict[str, Path]:
    """One file of every kind by its place in the folder, with N for numbers and hashes. A lock holds nothing."""
    files = sorted(file for file in run.rglob("*") if file.is_file() and file.name != ".lock")
    return {kind(file.relative_to(run)): file for file in files}


def kind(place: Path) -> str:
    return re.sub(r"[0-9a-f]{8,}|\d+|(worst|best|typical|given|mean)-[\w-]*", "N", str(place))
