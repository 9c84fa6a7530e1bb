"""What each pruner saves and what it loses, on recorded searches that were not pruned.

    python benchmarks/racing.py RUN [RUN…] [--seeds 20]

Every run is judged in its recorded order and in shuffled ones. The measure: at equal trials a third of the
fold-epochs, and less of their work, since networks differ in cost; and a chosen configuration within one standard
error of the best one. Without a run it says how to record some.
"""

from __future__ import annotations

import argparse
import statistics
from pathlib import Path

from runners._race.pruners import PRUNERS
from runners._race.replay import Replay, begins_of, by_epoch_of, orders, replay, unpruned
from trials.store import RunStore
from xrays.errors import UserError
from xrays.tasks import TASKS, task_named

RECORD = "python cli.py search --task {} --pruner none --sampler random --trials 40 --folds 3 --epochs 30 --data {}"
HEADER = (
    f"{'pruner':10} {'fold-epochs':>11} {'most':>5} {'work':>5} {'best lost':>9} {'mean gap':>9} {'worst':>6} "
    f"{'beyond 1 SE':>11}"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="*", type=Path)
    parser.add_argument("--seeds", type=int, default=20, help="shuffled orders a run, beside the recorded one")
    options = parser.parse_args()
    if not options.runs:
        print("No runs given. Record some that no pruner has touched, then name their folders:")
        for data in ("data/nih64", "data/sample64"):
            for task in TASKS:
                print("  " + RECORD.format(task, data))
        return
    try:
        stores = [RunStore.open(path) for path in options.runs]
        found = [_replays(store, options.seeds) for store in stores]
    except UserError as error:
        raise SystemExit(str(error)) from None
    for store, by_pruner in zip(stores, found, strict=True):
        own, trials = store.experiment, by_pruner["none"][0].trials
        print(f"\n{store.path.name}: {trials} complete trials, {own.folds} folds of {own.epochs} epochs")
        _table(by_pruner)
    if len(found) > 1:
        print(f"\nall {len(found)} runs, {options.seeds + 1} orders each")
        _table({name: [result for by_pruner in found for result in by_pruner[name]] for name in PRUNERS})


def _replays(store: RunStore, seeds: int) -> dict[str, list[Replay]]:
    """Pruner -> a replay for every order."""
    own, by_epoch = store.experiment, by_epoch_of(store)
    task, begins = task_named(own.task), begins_of(own)
    ordered = orders(unpruned(store), seeds).values()
    return {
        name: [replay(task, trials, pruner, own.epochs, begins, by_epoch) for trials in ordered]
        for name, pruner in PRUNERS.items()
    }


def _table(by_pruner: dict[str, list[Replay]]) -> None:
    """Gaps are in standard errors of the best one's score."""
    print(HEADER)
    for name, results in by_pruner.items():
        shares, gaps = [result.share for result in results], [result.gap for result in results]
        lost = statistics.fmean(result.lost for result in results)
        beyond = statistics.fmean(gap > 1 for gap in gaps)
        work = statistics.fmean(result.work for result in results)
        print(
            f"{name:10} {statistics.fmean(shares):>11.0%} {max(shares):>5.0%} {work:>5.0%} {lost:>9.0%} "
            f"{statistics.fmean(gaps):>9.2f} {max(gaps):>6.2f} {beyond:>11.0%}"
        )


if __name__ == "__main__":
    main()
