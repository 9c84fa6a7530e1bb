"""A trial trained again on purpose: to reproduce its row of the leaderboard, or to see what the seed alone does.

    for line in rerun(RerunOptions("age-nih64-cnn-…", trial=3, runs=Path("runs"))): print(line)

Nothing of the trial changes. What other seeds come to is kept in the run folder (`trials/seeds.py`), where a search's
final looks for the same seeds, and a fold that is there is not trained again.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from runners._final.finalists import further_seeds
from runners._training.again import difference, train_again
from runners._training.reopened import ReopenedRun, reopen, writing
from runners._words import score_words
from runners._workers.messages import FoldDone
from trials.noise import Seeds, noise_among, seeds_of
from trials.parts import save_part
from trials.records import FoldScore, TrialResult
from trials.seeds import SeedPart, seed_parts
from trials.store import RunStore, run_named
from xrays.errors import UserError
from xrays.next_command import command
from xrays.tasks import Task


@dataclass(frozen=True)
class RerunOptions:
    """fold: one alone, None for all that the trial has; seeds: train with so many others, of which those on record
    count; 0 for the same one."""

    run: str
    trial: int
    runs: Path
    fold: int | None = None
    seeds: int = 0
    data: Path | None = None
    weights: str | None = None
    command: str = ""


class NotReproduced(RuntimeError):
    """The same seed gave another result."""


def rerun(options: RerunOptions) -> Iterator[str]:
    """Lines for the terminal, as they come. Raises UserError for a trial or fold that is not there, NotReproduced
    when the same seed gives other predictions on the CPU that the run was made on."""
    store = run_named(options.run, options.runs)
    result, folds = _chosen(store, options)
    run = reopen(store, result, options.data, options.weights, print)
    task = run.task
    # Part of a trial is trained to be looked at: its score is none to compare with others.
    whole = len(folds) == len(store.experiment.every_fold) and all(fold.complete for fold in folds)
    with writing(store, options.command):
        if options.seeds:
            for seed in further_seeds(store.experiment, options.seeds):
                yield from _with_seed(run, result, folds, seed, whole=whole)
        else:
            with closing(train_again(run, result, folds)) as again:
                for then, done in again:
                    yield f"fold {then.fold}: {_score(run, done.score)}, {_compared(store, result, then, done)}"
    if on_record := seeds_of(store).get(result.number):
        yield from _in_words(task, result, on_record)


def _with_seed(
    run: ReopenedRun, result: TrialResult, folds: Sequence[FoldScore], seed: int, *, whole: bool
) -> Iterator[str]:
    """What is not on record of the seed; of a whole trial each fold goes there."""
    store = run.store
    parts = [part for part in seed_parts(store.path) if whole and (part.trial, part.seed) == (result.number, seed)]
    known = {part.fold for part in parts if part.score is not None}
    # Folds of one seed are trained alike: those that a final has trained in half batches go on so.
    halved = any(part.halved for part in parts)
    trial = replace(result, accumulation=2) if halved else result
    with closing(train_again(run, trial, [fold for fold in folds if fold.fold not in known], seed)) as again:
        for then, done in again:
            if whole:
                part = SeedPart(trial=result.number, seed=seed, fold=then.fold, score=done.score, halved=halved)
                save_part(store.path, part, done.predictions)
            yield f"seed {seed}, fold {then.fold}: {_score(run, done.score)} (the trial: {_score(run, then)})"


def _score(run: ReopenedRun, fold: FoldScore) -> str:
    return score_words(run.task, fold.metrics[run.task.objective])


def _in_words(task: Task, result: TrialResult, seeds: Seeds) -> Iterator[str]:
    noise = noise_among([seeds])
    spread = f" ± {noise.sd:.3g} from seed to seed" if noise else ""
    if count := len(seeds.scores):
        mean = score_words(task, statistics.fmean(seeds.scores.values()))
        yield f"trial {result.number} with {count} other seed{'s' * (count > 1)}: mean {mean}{spread}"
    for seed, score in seeds.diverged.items():
        yield f"seed {seed} diverged ({score_words(task, score)}) and is not counted"


def _chosen(store: RunStore, options: RerunOptions) -> tuple[TrialResult, list[FoldScore]]:
    results = {result.number: result for result in store.trials() if result.folds}
    result = results.get(options.trial)
    if result is None:
        known = ", ".join(map(str, sorted(results))) or "none so far"
        raise UserError(
            f"--trial {options.trial}: {store.path.name} has no such trial that was trained",
            f"one of: {known}",
            command("rerun", options.run, trial=next(iter(sorted(results)), 0), runs=options.runs),
        )
    folds = [fold for fold in result.folds if options.fold in (None, fold.fold)]
    if not folds:
        known = ", ".join(str(fold.fold) for fold in result.folds)
        raise UserError(
            f"--fold {options.fold}: trial {result.number} was not trained on it",
            f"one of: {known}",
            command("rerun", options.run, trial=result.number, runs=options.runs),
        )
    return result, folds


def _compared(store: RunStore, result: TrialResult, fold: FoldScore, done: FoldDone) -> str:
    """Bit for bit where both were trained on a CPU with the same number of cores."""
    differs = difference(store, result, fold, done)
    if differs is None:
        return "the same bit for bit"
    raise NotReproduced(
        f"fold {fold.fold} of trial {result.number} came out otherwise, {differs}. It was trained on "
        f"{store.provenance.device}, with {dict(store.provenance.versions)}"
    )
