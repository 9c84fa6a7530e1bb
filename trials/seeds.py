"""Trials that were trained again with other seeds on the same folds: the part of a run folder that a search's final
and `rerun --seeds` write.

save_final(run.path, Final(trials=(7, 3), seeds=(11, 12)))     # who is to be trained with which seeds
save_part(run.path, SeedPart(…), predictions)                  # a fold; trials.parts
whole_seeds(store)[7][11]                                      # its folds' scores, once all are there
seed_out_of_fold(store, 7, 11)                                 # and its predictions

seeds.jsonl has a line for each. A seed that is on record is trained by neither again.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from trials.files import append_line
from trials.kept import read_records
from trials.parts import Part, latest, predictions_of
from trials.records import FoldScore
from trials.store import RunStore
from xrays.strict_json import as_json

FILE = "seeds.jsonl"


@dataclass(frozen=True, kw_only=True)
class SeedPart(Part):
    """A fold of a trial with another seed; halved: though the trial was not."""

    lines: ClassVar[str] = FILE

    trial: int

    @property
    def whole(self) -> str:
        """Trial and seed."""
        return f"{self.trial:05d}-{self.seed}"


@dataclass(frozen=True)
class Final:
    """Trials that the search could not tell from its best one, that first, and the seeds that each of them is to be
    trained with beside its own."""

    trials: tuple[int, ...]
    seeds: tuple[int, ...]


@dataclass(frozen=True)
class _Line:
    """Of seeds.jsonl: who is in the final, or a part."""

    what: Literal["final", "part"]
    final: Final | None = None
    part: SeedPart | None = None


def finals_of(run: Path) -> list[Final]:
    """Every final that a call of the search has begun, the latest last."""
    return [line.final for line in _lines(run) if line.final is not None]


def save_final(run: Path, final: Final) -> None:
    """Unless it is the latest on record."""
    if finals_of(run)[-1:] != [final]:
        append_line(run / FILE, as_json({"what": "final", "final": asdict(final)}))


def seed_parts(run: Path) -> list[SeedPart]:
    """Those that count, of all trials."""
    return latest([line.part for line in _lines(run) if line.part is not None])


def whole_seeds(store: RunStore) -> dict[int, dict[int, tuple[FoldScore, ...]]]:
    """Trial -> seed -> the scores of all folds of the run, by fold; of what was trained on some of them nothing."""
    scores: dict[tuple[int, int], dict[int, FoldScore]] = {}
    for part in seed_parts(store.path):
        if part.score is not None:
            scores.setdefault((part.trial, part.seed), {})[part.fold] = part.score
    whole: dict[int, dict[int, tuple[FoldScore, ...]]] = {}
    for (trial, seed), folds in scores.items():
        if len(folds) == len(store.experiment.every_fold):
            whole.setdefault(trial, {})[seed] = tuple(folds[fold] for fold in sorted(folds))
    return whole


def seed_out_of_fold(store: RunStore, trial: int, seed: int) -> NDArray[np.float32] | None:
    """(R, N) predictions of the trial with that seed, as `RunStore.out_of_fold` has those with its own; None where
    some are not on disk."""
    assignment = store.films().assignment
    merged = np.full(assignment.shape, np.nan, np.float32)
    for fold in store.experiment.every_fold:
        part = SeedPart(trial=trial, seed=seed, fold=fold, score=None)
        values = predictions_of(store.path, part, assignment.shape[1])
        if values is None:
            return None
        np.copyto(merged[fold // store.experiment.folds], values, where=np.isfinite(values))
    return merged


def _lines(run: Path) -> list[_Line]:
    return read_records(run / FILE, _Line)
