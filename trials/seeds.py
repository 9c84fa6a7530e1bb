"""Trials that were trained again with other seeds on the same folds: the part of a run folder that a search's final
and `rerun --seeds` write.

save_final(run.path, Final(trials=(7, 3), seeds=(11, 12)))     # who is to be trained with which seeds
save_seed_part(run.path, part, predictions)                    # a fold; survives a kill from here on
whole_seeds(store)[7][11]                                      # its folds' scores, once all are there
seed_out_of_fold(store, 7, 11)                                 # and its predictions

seeds.jsonl has a line for each; predictions lie in seeds/. A seed that is on record is trained by neither again.
"""

from __future__ import annotations

import io
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from trials.files import append_line, write_atomically
from trials.kept import read_array, read_records
from trials.records import Failure, FoldScore
from trials.store import RunStore
from xrays.strict_json import as_json

FILE = "seeds.jsonl"


@dataclass(frozen=True)
class SeedPart:
    """A fold of a trial with another seed. score: None where training failed, then error and failure say why.
    halved: trained in two half batches a step, though the trial was not, since there was no memory for whole ones;
    all folds of a seed are, or none."""

    trial: int
    seed: int
    fold: int
    score: FoldScore | None
    error: str = ""
    failure: Failure = ""
    halved: bool = False


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
    """The latest of every fold. Where a seed began again in half batches, what was trained in whole ones counts no
    more."""
    every = [line.part for line in _lines(run) if line.part is not None]
    halved = {(part.trial, part.seed) for part in every if part.halved}
    latest = {(part.trial, part.seed, part.fold): part for part in every}.values()
    return [part for part in latest if part.halved or (part.trial, part.seed) not in halved]


def save_seed_part(run: Path, part: SeedPart, predictions: NDArray[np.float32] | None = None) -> None:
    """Predictions first: a line stands for a fold that is there in full. predictions: (N,) with NaN outside of the
    fold's films, None where training failed."""
    if predictions is not None:
        (run / "seeds").mkdir(exist_ok=True)
        content = io.BytesIO()
        np.save(content, predictions)
        write_atomically(seed_file(run, part.trial, part.seed, part.fold), content.getvalue())
    append_line(run / FILE, as_json({"what": "part", "part": asdict(part)}))


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
        values = read_array(seed_file(store.path, trial, seed, fold), assignment.shape[1:])
        if values is None:
            return None
        np.copyto(merged[fold // store.experiment.folds], values, where=np.isfinite(values))
    return merged


def seed_file(run: Path, trial: int, seed: int, fold: int) -> Path:
    """Where the predictions of a fold lie."""
    return run / "seeds" / f"{trial:05d}-{seed}-{fold}.npy"


def _lines(run: Path) -> list[_Line]:
    return read_records(run / FILE, _Line)
