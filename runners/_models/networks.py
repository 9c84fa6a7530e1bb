"""The networks of a way as files, each of them as a predictor that a stranger could load.

    found = Networks(run, folder, say, job_bar).of(way.sources)         # [Network(path, Written), …]

What the run has kept is written; what it has not is trained again, a fold as it was, and kept from then on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from runners._models.ways import Source, Way
from runners._training.again import train_again
from runners._training.handler import training
from runners._training.reopened import ReopenedRun
from runners._words import duration
from runners._workers.conversation import Progress, Watch, ask
from runners._workers.local import LocalWorkers
from runners._workers.messages import Job, Join, Ready, Refit, Write, Written
from trials.kept import DamagedRun
from trials.networks import Arrays, FoldNetwork, read_network, save_network
from trials.records import FoldScore, TrialResult
from trials.seeds import seed_parts, whole_seeds
from xrays.assignment import HOLD_OUT

Say = Callable[[str], None]
Bar = Callable[[str, int], AbstractContextManager[Watch]]  # what is trained, its epochs


@dataclass(frozen=True)
class Network:
    """path: its .h5; written: what it answers."""

    path: Path
    written: Written


class Networks:
    """A class because what is written once serves several ways. Where `every_film`, those of the hold-out are trained
    on as well."""

    def __init__(self, run: ReopenedRun, folder: Path, say: Say, bar: Bar, *, every_film: bool = False) -> None:
        """folder: for the files; bar: what shows a training."""
        self._run, self._folder, self._say, self._bar = run, folder, say, bar
        self._assignment = _all_in_folds(run.store.films().assignment) if every_film else None
        self._found: dict[tuple[int, int, int], Network] = {}
        self._damaged: set[Path] = set()

    def kept(self, sources: Iterable[Source]) -> bool:
        """Whether all of them are there without training: written before, or kept by the search."""
        return all(
            source.key in self._found or (source.fold is not None and self._arrays(source) is not None)
            for source in sources
        )

    def of(self, sources: Sequence[Source]) -> list[Network]:
        """In their order. Raises JobFailed."""
        self._train_folds([source for source in sources if not self.kept([source]) and source.fold is not None])
        lacking = {source.key: source for source in sources if source.key not in self._found}
        refits = sum(source.fold is None for source in lacking.values())
        if lacking:
            with LocalWorkers(self._run.setup(assignment=self._assignment), make=training) as workers:
                for number, source in enumerate(lacking.values(), 1):
                    path = self._folder / f"network-{len(self._found)}.h5"
                    name = f"refit {number} of {refits}" if refits > 1 else "refit"
                    written = self._written(workers, self._job(source, path), name)
                    self._found[source.key] = Network(path, written)
        return [self._found[source.key] for source in sources]

    def joined(self, way: Way, target: Path) -> Written:
        """Written to target: all of the way's networks as one model. Raises JobFailed."""
        networks = self.of(way.sources)
        if way.blend.plain:
            target.write_bytes(networks[0].path.read_bytes())
            return networks[0].written
        files = tuple(network.path.resolve() for network in networks)
        with LocalWorkers(self._run.setup(assignment=self._assignment), make=training) as workers:
            job = Join(way.sources[0].trial, way.blend, files, target.resolve())
            return ask(workers, job, Written, failed="the networks could not be put together")

    def _job(self, source: Source, path: Path) -> Job:
        own = None if source.seed == self._run.store.experiment.seed else source.seed
        if source.fold is None:
            return Refit(source.trial, path.resolve(), seed=own)
        if (arrays := self._arrays(source)) is None:
            raise FileNotFoundError(f"the network of fold {source.fold} of trial {source.trial.number} has vanished")
        return Write(source.trial, arrays, path.resolve(), seed=own)

    def _arrays(self, source: Source) -> Arrays | None:
        """Of a fold, None where they were not kept; what is damaged counts as that, and it is said once."""
        try:
            return read_network(self._run.store.path, _of_fold(source))
        except DamagedRun as error:
            if error.file not in self._damaged:
                self._damaged.add(error.file)
                self._say(f"CAUTION  {error.file} {error.why}: it counts as not kept")
            return None

    def _written(self, workers: LocalWorkers, job: Job, name: str) -> Written:
        if not isinstance(job, Refit):
            return ask(workers, job, Written, failed="a network that was kept could not be written")
        epochs = self._run.store.experiment.epochs
        with self._bar(name, epochs) as bar:

            def watch(progress: Progress) -> None:
                if isinstance(progress, Ready):
                    self._say(f"refit    on all folds together, {epochs} epochs, {progress.device}")
                bar(progress)

            written = ask(workers, job, Written, failed="refitting failed", watch=watch)
        self._say(f"{name} of trial {job.trial.number} took {duration(written.seconds)}")
        return written

    def _train_folds(self, sources: Sequence[Source]) -> None:
        """Those that were not kept, as they were trained."""
        for trial, seed in dict.fromkeys((source.trial.number, source.seed) for source in sources):
            alike = [source for source in sources if (source.trial.number, source.seed) == (trial, seed)]
            folds = {source.fold for source in alike}
            self._say(f"folds    {len(folds)} of trial {trial}, seed {seed}, were not kept and are trained again")
            own = seed == self._run.store.experiment.seed
            result, scores = self._as_trained(alike[0].trial, seed)
            again = train_again(
                self._run,
                result,
                [score for score in scores if score.fold in folds],
                None if own else seed,
                network=True,
            )
            with closing(again):
                for score, done in again:
                    save_network(self._run.store.path, FoldNetwork(trial, seed, score.fold), done.network)

    def _as_trained(self, result: TrialResult, seed: int) -> tuple[TrialResult, Sequence[FoldScore]]:
        store = self._run.store
        if seed == store.experiment.seed:
            return result, result.folds
        parts = [part for part in seed_parts(store.path) if (part.trial, part.seed) == (result.number, seed)]
        halved = any(part.halved for part in parts)
        return replace(result, accumulation=2) if halved else result, whole_seeds(store)[result.number][seed]


def _of_fold(source: Source) -> FoldNetwork:
    return FoldNetwork(source.trial.number, source.seed, -1 if source.fold is None else source.fold)


def _all_in_folds(assignment: NDArray[np.int8]) -> NDArray[np.int8]:
    """(R, N) with the hold-out in the first fold: of a refit it does not matter in which."""
    return np.where(assignment == HOLD_OUT, 0, assignment).astype(np.int8)
