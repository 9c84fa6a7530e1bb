"""What a pruner would have made of a finished run, in words.

for line in replay_run("age-nih64-cnn-…", Path("runs"), "race", seeds=5): print(line)
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from pathlib import Path

from runners._race.pruners import PRUNERS
from runners._race.replay import Replay, begins_of, by_epoch_of, orders, replay, unpruned
from trials.store import run_named
from xrays.errors import UserError
from xrays.next_command import command
from xrays.tasks import task_named


def replay_run(name: str, runs: Path, pruner: str, seeds: int) -> list[str]:
    """Lines that tell what the pruner would have made of the run: in recorded order, then in `seeds` shuffled ones,
    at least one. Raises UserError for a run or a pruner that cannot be replayed."""
    if pruner not in PRUNERS:
        raise UserError(f"--pruner {pruner}", " or ".join(PRUNERS), command("replay", name, pruner="race", runs=runs))
    store = run_named(name, runs)
    own, complete, by_epoch = store.experiment, unpruned(store), by_epoch_of(store)
    replays = {
        order: replay(task_named(own.task), trials, PRUNERS[pruner], own.epochs, begins_of(own), by_epoch)
        for order, trials in orders(complete, seeds).items()
    }
    first = next(iter(replays.values()))
    return [
        f"{store.path.name}, {first.trials} complete trials, judged once more by --pruner {pruner}",
        *lines(first),
        "",
        *(f"{order:>9}  {_brief(result)}" for order, result in replays.items()),
        _summary(list(replays.values())),
    ]


def lines(result: Replay) -> list[str]:
    """What a replay saved, whom it stopped, and whether it lost the best one: three lines."""
    where = ", ".join(
        f"{count} in fold {fold} after {epochs} epochs" for (fold, epochs), count in result.stopped.items()
    )
    return [
        f"fold-epochs  {result.spent:,} of {result.full:,} ({result.share:.0%})",
        f"stopped      {sum(result.stopped.values())} of {result.trials}" + (f": {where}" if where else ""),
        f"best         {_winner(result)}",
    ]


def _winner(result: Replay) -> str:
    if not result.lost:
        return f"trial {result.best}, with and without"
    return f"trial {result.best} was stopped; trial {result.chosen} instead, {result.gap:.2f} standard errors worse"


def _brief(result: Replay) -> str:
    return f"{result.share:>4.0%} of the fold-epochs, best: {_winner(result)}"


def _summary(results: Sequence[Replay]) -> str:
    share = statistics.fmean(result.share for result in results)
    lost = sum(result.lost for result in results)
    return (
        f"     mean  {share:.0%} of the fold-epochs; the best was stopped in {lost} of {len(results)} orders; "
        f"at worst {max(result.gap for result in results):.2f} standard errors"
    )
