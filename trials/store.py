"""A run folder: the only state of a search. Only the driver writes it; anyone may read it.

store = RunStore.create(Path("runs/age-…"), experiment, films, provenance)
store.unfinished.save(trial)                         # Trial
store.unfinished.save_fold(0, score, predictions)    # survives a kill from here on
store.append(result)
RunStore.open(Path("runs/age-…")).trials()
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from trials.experiment import Experiment
from trials.files import append_line, drop_temporary, save_arrays, write_atomically
from trials.films import Films
from trials.folders import read_record, run_folders
from trials.kept import (
    DamagedRun,
    content_of,
    predictions,
    read_array,
    read_arrays,
    read_json,
    read_records,
    undamaged,
)
from trials.provenance import Provenance
from trials.records import Baseline, Enqueued, FoldScore, Trial, TrialResult
from trials.typed import typed
from trials.unfinished import UnfinishedTrials
from xrays.strict_json import as_json
from xrays.tasks import TASKS

ENQUEUED = "enqueued.jsonl"


class RunStore:
    """Reads and writes one run folder. A class because it stands for a thing on disk, not for values.

    plan: digest of plan.npz. Whatever reads raises DamagedRun (trials.kept) for a file that cannot be what was
    written."""

    def __init__(self, path: Path, experiment: Experiment, provenance: Provenance, plan: str) -> None:
        self.path, self.experiment, self.provenance, self.plan = path, experiment, provenance, plan
        self.unfinished = UnfinishedTrials(path, experiment, lambda: len(self.films().ids))
        self._read: tuple[tuple[int, int], list[TrialResult]] = ((0, 0), [])
        self._planned: tuple[tuple[int, int], Films] | None = None

    @classmethod
    def create(
        cls,
        path: Path,
        experiment: Experiment,
        films: Films,
        provenance: Provenance,
        known: Sequence[TrialResult] = (),
    ) -> Self:
        """A new folder: the experiment comes last, so that a folder with an experiment is whole.

        known: trials of an older search that this one learns from.
        """
        for part in (path, path / "open", path / "oof"):
            part.mkdir(parents=True, exist_ok=True)
        plan = save_arrays(path / "plan.npz", films.to_arrays())
        if known:
            lines = "".join(as_json(result) + "\n" for result in known)
            write_atomically(path / "known.jsonl", lines.encode())
        else:  # of a search that was killed before its experiment was there
            (path / "known.jsonl").unlink(missing_ok=True)
        record = {"experiment": experiment.to_json(), "about": asdict(provenance), "plan": plan}
        write_atomically(path / "experiment.json", as_json(record, indent=1).encode())
        return cls(path, experiment, provenance, plan)

    @classmethod
    def open(cls, path: Path) -> Self:
        """An existing folder. Raises UserError when there is none, or one of another format."""
        record = read_record(path)
        with undamaged(path / "experiment.json"):
            experiment = Experiment.from_json(record.experiment)
            if experiment.task not in TASKS:
                raise ValueError(f"there is no task {experiment.task!r}")
            return cls(path, experiment, record.provenance(), typed(str, record.plan))

    def enqueued(self) -> list[Enqueued]:
        """What the user wants to have tried first, in the order in which it was asked for."""
        return read_records(self.path / ENQUEUED, Enqueued)

    def enqueue(self, configurations: Sequence[Enqueued]) -> None:
        """Those whose configurations are not there yet, wherever they came from: the same command goes on with the
        same search."""
        known = [one.params for one in self.enqueued()]
        for one in configurations:
            if one.params not in known:
                known.append(one.params)
                append_line(self.path / ENQUEUED, as_json(one))

    def known(self) -> list[TrialResult]:
        """Trials of an older search that this one learns from; they are none of its own."""
        return self._results("known.jsonl")

    def budget(self) -> Mapping[str, Any]:
        """What the last call of the search was given: trials, and what else may change from call to call. Once it has
        ended by itself also how: ended, reason."""
        return read_json(self.path / "budget.json", dict[str, Any]) or {}

    def save_budget(self, budget: Mapping[str, Any]) -> None:
        """budget.json in the place of that of an earlier call."""
        write_atomically(self.path / "budget.json", as_json(budget, indent=1).encode())

    def save_ending(self, kind: str, reason: str) -> None:
        """How the call ended that the budget was given to. The next one's budget has none, nor has a killed one's."""
        self.save_budget({**self.budget(), "ended": kind, "reason": reason})

    def films(self) -> Films:
        """The file is read again when it has changed: it is asked for with every trial, and may hold a hundred
        thousand films. Raises DamagedRun also for the plan of another run."""
        file = self.path / "plan.npz"
        if self._planned is None or self._planned[0] != _stamp(file):
            self._planned = _stamp(file), self._read_films(file)
        return self._planned[1]

    def _read_films(self, file: Path) -> Films:
        if (content := content_of(file)) is None:
            raise DamagedRun(file, "is gone")
        if hashlib.sha256(content).hexdigest() != self.plan:
            raise DamagedRun(file, "is not what the search has written")
        films = Films.from_arrays(read_arrays(file))
        for array in (films.ids, films.groups, films.assignment, *films.labels.values()):
            array.flags.writeable = False  # whoever asks next has the same ones
        return films

    def trials(self) -> list[TrialResult]:
        """Finished trials in the order in which they finished. The file is read again when it has changed."""
        file = self.path / "trials.jsonl"
        if self._read[0] != (seen := _stamp(file)):
            self._read = seen, self._results(file.name)
        return list(self._read[1])

    def _results(self, name: str) -> list[TrialResult]:
        results = read_records(self.path / name, TrialResult)
        with undamaged(self.path / name):
            for result in results:
                self._check_own(f"trial {result.number}", result.folds)
        return results

    def _check_own(self, what: str, folds: Sequence[FoldScore]) -> None:
        """Raises ValueError for what was scored otherwise, or on folds that the run has not."""
        metrics, own = set(TASKS[self.experiment.task].metrics), self.experiment.has_fold
        if any(not own(fold.fold, fold.repeat) or not metrics <= fold.metrics.keys() for fold in folds):
            raise ValueError(f"{what} is none of this run")

    def out_of_fold(self, number: int) -> NDArray[np.float32] | None:
        """(R, N) predictions of a finished trial, in every repeat made by the fold that had not seen the film; NaN
        elsewhere."""
        return read_array(self.path / "oof" / f"{number:05d}.npy", self.films().assignment.shape)

    def open_trials(self) -> list[Trial]:
        """Trials that were begun and not finished, by number."""
        finished = {result.number for result in self.trials()}
        return [trial for trial in self.unfinished.trials() if trial.number not in finished]

    def append(self, result: TrialResult) -> None:
        """Finishes a trial: its out-of-fold predictions, then its line, then its open folder goes."""
        merged = self.unfinished.merged(result.number)
        if merged is not None:
            content = io.BytesIO()
            np.save(content, merged)
            write_atomically(self.path / "oof" / f"{result.number:05d}.npy", content.getvalue())
        append_line(self.path / "trials.jsonl", as_json(result))
        self.unfinished.drop(result.number)

    def save_error(self, number: int, reason: str) -> None:
        """What a failed trial's first line does not tell, for whoever looks into it: errors/00012.txt. reason: a
        line, and below it the traceback, or the last lines of a worker that died."""
        file = self._error_file(number)
        file.parent.mkdir(exist_ok=True)
        write_atomically(file, reason.encode())

    def error(self, number: int) -> str:
        """What was saved of it; "" where nothing was."""
        file = self._error_file(number)
        return file.read_text(errors="replace") if file.exists() else ""

    def _error_file(self, number: int) -> Path:
        return self.path / "errors" / f"{number:05d}.txt"

    def drop_leftovers(self) -> None:
        """Removes what kills have left: files half-written, and the open folders of finished trials. The caller holds
        the folder."""
        drop_temporary(self.path)
        for result in self.trials():
            self.unfinished.drop(result.number)

    def openings(self) -> list[dict[str, Any]]:
        """Every opening of the hold-out for this run, the latest last: opened, openings, trial, metrics, films.
        `openings` counts those for other runs on the same films too."""
        file = self.path / "holdout.json"
        openings = read_json(file, list[dict[str, Any]]) or []
        with undamaged(file):
            for opening in openings:
                if missing := {"opened", "openings", "trial", "metrics", "films"} - opening.keys():
                    raise ValueError(f"an opening lacks {min(missing)}")
        return openings

    def add_opening(self, opening: Mapping[str, Any]) -> None:
        """opening: with the fields that `openings` tells of. Raises DamagedRun where the earlier ones cannot be
        read."""
        content = as_json([*self.openings(), opening], indent=1)
        write_atomically(self.path / "holdout.json", content.encode())

    def baselines(self) -> list[Baseline]:
        """The baselines on this run's folds; empty before they were trained."""
        file = self.path / "baselines.json"
        baselines = read_json(file, list[Baseline]) or []
        with undamaged(file):
            for baseline in baselines:
                self._check_own(f"baseline {baseline.name}", baseline.folds)
        return baselines

    def baseline_predictions(self) -> dict[str, NDArray[np.float32]]:
        """(R, N) out-of-fold predictions by the baseline's name; empty before they were made."""
        file, shape = self.path / "baselines.npz", self.films().assignment.shape
        arrays = read_arrays(file)
        with undamaged(file):
            return {name: predictions(values, shape) for name, values in arrays.items()}

    def save_baselines(self, baselines: list[Baseline], predictions: Mapping[str, NDArray[np.float32]]) -> None:
        """predictions: out-of-fold predictions (R, N) by the baseline's name."""
        save_arrays(self.path / "baselines.npz", dict(predictions))
        content = as_json(baselines)
        write_atomically(self.path / "baselines.json", content.encode())


def run_named(name: str, runs: Path) -> RunStore:
    """The run of this path, or of this name below `runs`. Raises UserError."""
    return RunStore.open(run_folders([name], runs)[0])


def _stamp(file: Path) -> tuple[int, int]:
    """(time of its last change in ns, bytes), which differ when it is written again; zeros where there is none."""
    return (file.stat().st_mtime_ns, file.stat().st_size) if file.exists() else (0, 0)
