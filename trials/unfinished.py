"""Trials that were begun and not finished: what was proposed, and the folds that are trained already.

store.unfinished.save(trial)
store.unfinished.save_fold(3, score, predictions)       # survives a kill from here on
store.unfinished.merged(3)                              # out-of-fold predictions, once the trial is trained
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Collection
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trials.experiment import Experiment
from trials.files import save_arrays, write_atomically
from trials.kept import DamagedRun, predictions, read_arrays, read_json, undamaged
from trials.records import FoldScore, Trial
from trials.typed import typed
from xrays.strict_json import as_json


class UnfinishedTrials:
    """The folder open/ of a run, with one for each trial. Whatever reads raises DamagedRun."""

    def __init__(self, run: Path, experiment: Experiment, films: Callable[[], int]) -> None:
        """run: its folder; experiment: what it is; films: how many it has, called when it is needed."""
        self._folder, self._experiment, self._films = run / "open", experiment, films

    def trials(self) -> list[Trial]:
        """All that are there, by number, also of a trial that has been finished since."""
        opened = []
        for file in sorted(self._folder.glob("*/ask.json")):
            trial = read_json(file, Trial)
            if trial is None:
                continue  # whoever reads beside the driver may see a trial finish
            if file.parent != self._of(trial.number):
                raise DamagedRun(file, f"is of trial {trial.number}")
            opened.append(trial)
        return opened

    def save(self, trial: Trial) -> None:
        """Begins the trial, or begins it anew."""
        folder = self._of(trial.number)
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(folder / "ask.json", as_json(trial).encode())

    def save_fold(self, number: int, score: FoldScore, predictions: NDArray[np.float32]) -> None:
        """One file a fold. predictions: (N,) with NaN outside of the fold's films."""
        record = np.array(as_json(score))
        save_arrays(self._of(number) / f"fold_{score.fold}.npz", {"score": record, "predictions": predictions})

    def folds(self, number: int) -> list[tuple[FoldScore, NDArray[np.float32]]]:
        """(score, predictions) of the trial's folds that are on disk, by fold."""
        saved, films = [], self._films()
        for file in self._of(number).glob("fold_*.npz"):
            arrays = read_arrays(file)
            with undamaged(file):
                score = typed(FoldScore, json.loads(str(arrays["score"])))
                if file.name != f"fold_{score.fold}.npz" or not self._experiment.has_fold(score.fold, score.repeat):
                    raise ValueError(f"it holds fold {score.fold}")
                saved.append((score, predictions(arrays["predictions"], (films,))))
        return sorted(saved, key=lambda pair: pair[0].fold)

    def merged(self, number: int) -> NDArray[np.float32] | None:
        """(R, N) predictions of the trial's whole folds together, those of a repeat in its row, NaN elsewhere; None
        where it has no whole fold."""
        whole = [(score.repeat, values) for score, values in self.folds(number) if score.complete]
        if not whole:
            return None
        merged = np.full((self._experiment.repeats, len(whole[0][1])), np.nan, np.float32)
        for repeat, values in whole:
            np.copyto(merged[repeat], values, where=np.isfinite(values))
        return merged

    def drop_folds(self, number: int, kept: Collection[int] = ()) -> None:
        """Forgets what the trial has trained, but for the folds that are `kept`."""
        names = {f"fold_{fold}.npz" for fold in kept}
        for file in self._of(number).glob("fold_*.npz"):
            if file.name not in names:
                file.unlink()

    def drop(self, number: int) -> None:
        """The trial is finished."""
        shutil.rmtree(self._of(number), ignore_errors=True)

    def _of(self, number: int) -> Path:
        return self._folder / f"{number:05d}"
