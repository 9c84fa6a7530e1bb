"""The networks of a way as files, each of them as a predictor that a stranger could load.

    found = Networks(run, folder, workers, say, job_bar).of(way.sources)         # [Network(path, Written), …]

What the run has kept is written; what it has not is trained again, a fold as it was, and kept from then on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from runners._models.ways import Source, Way
from runners._training.again import train_again
from runners._training.reopened import ReopenedRun
from runners._words import duration
from runners._workers.conversation import Progress, Watch, ask, ask_all
from runners._workers.messages import Epoch, Join, Ready, Refit, Setup, Write, Written
from runners._workers.protocol import Workers
from trials.kept import DamagedRun
from trials.networks import Arrays, FoldNetwork, read_network, save_network
from trials.records import FoldScore, TrialResult
from trials.seeds import seed_parts, whole_seeds
from xrays.assignment import HOLD_OUT

Say = Callable[[str], None]
Bar = Callable[[str, int], AbstractContextManager[Watch]]  # what is trained, its epochs
Open = Callable[[Setup, int], AbstractContextManager[Workers]]  # for so many networks
J = TypeVar("J", Refit, Write)


@dataclass(frozen=True)
class Network:
    """path: its .h5; written: what it answers."""

    path: Path
    written: Written


class Networks:
    """A class because what is written once serves several ways. Where `every_film`, those of the hold-out are trained
    on as well."""

    def __init__(
        self, run: ReopenedRun, folder: Path, workers: Open, say: Say, bar: Bar, *, every_film: bool = False
    ) -> None:
        """folder: for the files; workers: opens as many as suit so many networks; bar: what shows a training."""
        self._run, self._folder, self._open, self._say, self._bar = run, folder, workers, say, bar
        own = run.store.films().assignment
        self._setup = run.setup(assignment=_all_in_folds(own) if every_film else own)
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
        refits = [source for source in lacking.values() if source.fold is None]
        self._refit(refits)
        self._write([source for source in lacking.values() if source.fold is not None])
        return [self._found[source.key] for source in sources]

    def joined(self, way: Way, target: Path) -> Written:
        """Written to target: all of the way's networks as one model. Raises JobFailed."""
        networks = self.of(way.sources)
        if way.blend.plain:
            return _alone(networks[0], target)
        with self._open(self._setup, 1) as workers:
            return _joined(workers, way, networks, target)

    def drafted(self, way: Way, target: Path) -> Written:
        """Written to target: the model that `joined` is going to write, of networks that nobody has trained. Raises
        JobFailed."""
        trials = {source.trial.number: source.trial for source in way.sources}
        with self._open(self._setup, 1) as workers:
            drafts = {}
            for number, trial in trials.items():
                job = Write(trial, (), (self._folder / f"draft-{number}.h5").resolve())
                drafts[number] = Network(job.target, ask(workers, job, Written, failed="a network cannot be built"))
            networks = [drafts[source.trial.number] for source in way.sources]
            return _alone(networks[0], target) if way.blend.plain else _joined(workers, way, networks, target)

    def _refit(self, sources: Sequence[Source]) -> None:
        epochs, devices, done = self._run.store.experiment.epochs, set[str](), 0

        def watch(progress: Progress) -> None:
            nonlocal done
            if isinstance(progress, Ready) and progress.device not in devices:
                devices.add(progress.device)
                self._say(f"refit    on all folds together, {epochs} epochs, {progress.device}")
            if isinstance(progress, Epoch):
                done += 1
                progress = replace(progress, epoch=done)
            bar(progress)

        jobs = (Refit(source.trial, self._file(source), seed=self._seed(source)) for source in sources)
        name = f"{len(sources)} refits" if len(sources) > 1 else "refit"
        with self._bar(name, epochs * len(sources)) as bar:
            for job, written in self._asked(sources, jobs, "refitting failed", watch):
                seed = f" with seed {job.seed}" if job.seed is not None else ""
                self._say(f"refit of trial {job.trial.number}{seed} took {duration(written.seconds)}")

    def _write(self, sources: Sequence[Source]) -> None:
        """Of networks that were kept."""

        def jobs() -> Iterator[Write]:
            for source in sources:
                if (arrays := self._arrays(source)) is None:
                    raise FileNotFoundError(
                        f"the network of fold {source.fold} of trial {source.trial.number} has vanished"
                    )
                yield Write(source.trial, arrays, self._file(source), seed=self._seed(source))

        for _ in self._asked(sources, jobs(), "a network that was kept could not be written"):
            pass

    def _asked(
        self,
        sources: Sequence[Source],
        jobs: Iterable[J],
        failed: str,
        watch: Watch = lambda progress: None,
    ) -> Iterator[tuple[J, Written]]:
        """jobs: one a source. What is written is found from then on. Raises JobFailed."""
        if not sources:
            return
        keys = {self._file(source): source.key for source in sources}
        with self._open(self._setup, len(sources)) as workers:
            for job, written in ask_all(workers, jobs, Written, failed=failed, watch=watch):
                self._found[keys[job.target]] = Network(job.target, written)
                yield job, written

    def _file(self, source: Source) -> Path:
        return self._folder.resolve() / "network-{}-{}-{}.h5".format(*source.key)

    def _seed(self, source: Source) -> int | None:
        return None if source.seed == self._run.store.experiment.seed else source.seed

    def _arrays(self, source: Source) -> Arrays | None:
        """Of a fold, None where they were not kept; what is damaged counts as that, and it is said once."""
        try:
            return read_network(self._run.store.path, _of_fold(source))
        except DamagedRun as error:
            if error.file not in self._damaged:
                self._damaged.add(error.file)
                self._say(f"CAUTION  {error.file} {error.why}: it counts as not kept")
            return None

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


def _alone(network: Network, target: Path) -> Written:
    target.write_bytes(network.path.read_bytes())
    return network.written


def _joined(workers: Workers, way: Way, networks: Sequence[Network], target: Path) -> Written:
    files = tuple(network.path.resolve() for network in networks)
    job = Join(way.sources[0].trial, way.blend, files, target.resolve())
    return ask(workers, job, Written, failed="the networks could not be put together")


def _of_fold(source: Source) -> FoldNetwork:
    return FoldNetwork(source.trial.number, source.seed, -1 if source.fold is None else source.fold)


def _all_in_folds(assignment: NDArray[np.int8]) -> NDArray[np.int8]:
    """(R, N) with the hold-out in the first fold: of a refit it does not matter in which."""
    return np.where(assignment == HOLD_OUT, 0, assignment).astype(np.int8)
