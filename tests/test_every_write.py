"""Killed at every single change of a file, and a worker at its every word: the search that comes out is the unbroken
one.

Nothing is trained and no process started; tests/test_chaos.py and tests/test_kill.py kill real ones.
"""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from drawing import Script, at, new_store, searched
from dying import Disk, DyingWorkers, Killed
from fake_workers import experiment, raised

from runners._search.budget import Budget
from runners._searcher import FIRST, Ask, Pick, Wait
from runners._workers.messages import Reply, Train
from runners._workers.protocol import Died
from trials.records import Trial, TrialResult
from trials.store import RunStore

pytestmark = pytest.mark.slow

IDENTITY, TRIALS = experiment(pruner="race", folds=2, epochs=3), 9
# After the space's own: one that repeats another, at which the loop proposes one that nobody has tried, a smaller
# budget, one that is too large, one that raises, one that runs out of memory, one that the race stops. The others
# depend on all that was heard before.
ASKS = {1: at(3e-3), 2: at(3e-3), 4: at(4e-3, 1), 5: at(5e-3, filters=48), 7: at(8e-3), 8: at(7.9e-3), 9: at(2e-4)}


class Listener(Script):
    """Hears how a trial ended once, and proposes by all that it has heard."""

    def ask(self, number: int, pick: Pick = FIRST) -> Ask | Wait:  # type: ignore[override]
        ended = [trial for trial in (*self.replayed, *self.told) if isinstance(trial, TrialResult)]
        heard = {trial.number: _words(trial) for trial in ended}
        assert len(heard) == len(ended), "it has heard of an end twice"
        decided = zlib.crc32(repr(sorted(heard.items())).encode()) / 2**32
        return ASKS.get(number) or at(6e-3 + 2e-3 * decided)


def _words(trial: Trial) -> object:
    """Of what was told of a trial, all but the clock's."""
    own = {name: value for name, value in vars(trial).items() if name not in ("started", "finished", "seconds")}
    return sorted((name, repr(value)) for name, value in own.items())


def score(params: Mapping[str, Any], fold: int, epoch: int) -> float:
    """Best at a learning rate of 8e-3."""
    return 8 + 4 * abs(math.log10(params["learning_rate"] / 8e-3)) + 0.1 * fold + 6 / epoch


def misfortune(job: Train) -> Reply | Died | None:
    rate = job.trial.params["learning_rate"]
    if rate == 8e-3 and job.fold == 1:
        return raised("ValueError: no good")
    if rate == 7.9e-3 and job.fold == 1 and job.trial.accumulation == 1:
        return raised("MemoryError", "out of memory")
    return None


def too_large(recipe: Any) -> str:
    return "too large" if recipe.filters == 48 else ""


def life(
    path: Path, last: float = math.inf, *, power: bool = False, word: float = math.inf
) -> tuple[Disk, DyingWorkers]:
    """One call of the search, which dies at its `last` change of a file, or whose worker dies at its word."""
    workers = DyingWorkers(word, IDENTITY, score, misfortune)
    with Disk(last, power=power) as disk:
        try:
            store = RunStore.open(path) if (path / "experiment.json").exists() else new_store(path, IDENTITY)
            searched(store, Listener(), Budget(TRIALS, networks=2), workers, too_large)
        except Killed:
            assert disk.dead
    return disk, workers


def essence(path: Path) -> list[object]:
    """All but clocks, and nothing beside the trials."""
    store, trials = RunStore.open(path), list[object]()
    for result in store.trials():
        predictions = store.out_of_fold(result.number)
        trials.append((_words(result), store.error(result.number)))
        trials.append(None if predictions is None else predictions.tobytes())
    return [*trials, sorted(str(file.relative_to(path)) for file in path.rglob("*"))]


def before_the_fold_was_kept(changes: Sequence[str]) -> bool:
    """Whether the last change is of its network, which is written first, or of itself."""
    network = r"(open|write|fsync|replace) .\d+-\d+-\d+.npz|mkdir networks"
    last = changes[-2] if changes[-1] == "fsync folder" and re.match(network, changes[-2]) else changes[-1]
    return re.match(rf"{network}|(open|write|fsync|replace) .fold_", last) is not None


def counted(trained: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """(trial, fold) of those that were sent to the worker, but for the trials that raise and run out of memory."""
    return [(trial, fold) for trial, fold in trained if trial not in (7, 8)]


def test_the_search_has_all_that_can_happen_to_a_trial(tmp_path: Path) -> None:
    disk, workers = life(tmp_path / "run")
    trials = RunStore.open(tmp_path / "run").trials()
    assert {trial.state for trial in trials} == {"complete", "pruned", "duplicate", "infeasible", "failed"}
    assert any(trial.accumulation == 2 and trial.state == "complete" for trial in trials)
    assert any(trial.max_epochs == 1 for trial in trials) and any(len(trial.folds) == 1 for trial in trials)
    kinds = {change.split()[0] for change in disk.changes}
    assert kinds == {"mkdir", "open", "write", "fsync", "replace", "unlink", "rmdir"}
    assert len(disk.changes) > 200 and workers.said > 40


@pytest.mark.parametrize(
    "power", [pytest.param(False, marks=pytest.mark.long, id="the process"), pytest.param(True, id="the machine")]
)
def test_killed_at_every_change_of_a_file_the_search_is_the_unbroken_one(power: bool, tmp_path: Path) -> None:
    """And once more soon after: what a kill leaves is what another may interrupt the mending of. No fold is trained
    again but the one that was running."""
    whole, whole_workers = life(tmp_path / "whole")
    expected, deaths = essence(tmp_path / "whole"), 0
    for last, change in enumerate(whole.changes, 1):
        # What is synced is safe from both, and a process's death finds before a sync what it finds after it.
        if power != (change.startswith("fsync") and change != "fsync folder"):
            continue
        broken = tmp_path / str(last)
        lives = [life(broken, death, power=power) for death in (last, 1 + last % 7, math.inf)]
        broken_off = [before_the_fold_was_kept(disk.changes) for disk, _ in lives[:2]]
        lost = [workers.trained[-1] for (_, workers), saving in zip(lives, broken_off, strict=False) if saving]
        again = sum(len(counted(workers.trained)) for _, workers in lives) - len(counted(whole_workers.trained))
        assert again == len(counted(lost)), f"killed at change {last}: {change}"
        assert essence(broken) == expected, f"killed at change {last}: {change}"
        deaths += 1
    assert deaths > (35 if power else 150)


@pytest.mark.long
def test_a_worker_killed_at_its_every_word_leaves_the_same_search(tmp_path: Path) -> None:
    _, workers = life(tmp_path / "whole")
    expected = essence(tmp_path / "whole")
    for word in range(1, workers.said + 1):
        life(tmp_path / str(word), word=word)
        assert essence(tmp_path / str(word)) == expected, f"killed before word {word}"
