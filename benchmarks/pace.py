"""How many trials have ended in the time that was reckoned with before they were begun, in recorded searches.

    python benchmarks/pace.py RUN [RUN…]

Every trial after the first is asked about as it was when it was begun: its work, counted as far as it was trained, at
the pace of the trials before it. Of whole ones, which have a fold at least, and of all, the share that took no
longer: by the median pace, by the sample's own quantile, and by what `runners/_search/upper.py` makes of it; and what
that is over what they took, in the median. Of trials with several folds also, whether the later ones took no longer
than the longest before them. Runs on several workers tell of paces on a shared machine. Without a run it says how to
record one.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from runners._race.worked import Worked, workload_of
from runners._search.pace import LATELY
from runners._search.upper import SHARE, upper
from search_spaces import load_space
from search_spaces._work import COMPILING
from trials.records import TrialResult
from trials.store import RunStore
from xrays.errors import UserError

RECORD = "python cli.py search --task age --workers 1 --timeout 30m --trials 1000 --data data/nih64"


@dataclass(frozen=True)
class Asked:
    """Over what a trial took: the median pace before it, the quantile, and what was reckoned with. whole: whether it
    has a fold."""

    whole: bool
    median: float
    quantile: float
    upper: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="*", type=Path)
    options = parser.parse_args()
    if not options.runs:
        print(f"No runs given. Record one, then name its folder:\n  {RECORD}")
        return
    try:
        stores = [RunStore.open(path) for path in options.runs]
    except UserError as error:
        raise SystemExit(str(error)) from None
    asked, folds = list[Asked](), list[bool]()
    print(f"{'':32}{'trials':>8}{'median':>8}{'quantile':>10}{'upper':>8}{'over':>8}")
    for store in stores:
        own = asked_of(store)
        _line(store.path.name, [one for one in own if one.whole])
        asked += own
        folds += later_folds(store.trials())
    _line("all, whole", [one for one in asked if one.whole])
    _line("all", asked)
    if folds:
        print(f"later folds no longer than the longest before them: {sum(folds)} of {len(folds)}")


def asked_of(store: RunStore) -> list[Asked]:
    """Trials after the first, in the order in which they ended."""
    worked = Worked(workload_of(store, load_space(store.experiment.space)))
    trained = [result for result in store.trials() if result.seconds and result.work]
    paces = [result.seconds / (COMPILING + worked.of(result)) for result in trained]
    found = []
    for place, (result, pace) in enumerate(zip(trained, paces, strict=True)):
        if before := paces[:place][-LATELY:]:
            whole = any(fold.complete for fold in result.folds)
            ways = statistics.median(before), float(np.quantile(before, SHARE)), upper(before)
            found.append(Asked(whole, *(way / pace for way in ways)))
    return found


def later_folds(results: Sequence[TrialResult]) -> list[bool]:
    """For each fold of a trial but the last: whether those after it took no longer than the longest until then."""
    found = []
    for result in results:
        seconds = [fold.seconds for fold in result.complete_folds]
        found += [
            sum(seconds[known:]) <= max(seconds[:known]) * (len(seconds) - known) for known in range(1, len(seconds))
        ]
    return found


def _line(name: str, asked: Sequence[Asked]) -> None:
    if not asked:
        return
    held = [[getattr(one, way) >= 1 for one in asked] for way in ("median", "quantile", "upper")]
    over = statistics.median(one.upper for one in asked)
    shares = "".join(f"{statistics.fmean(each):>{width}.0%}" for each, width in zip(held, (8, 10, 8), strict=True))
    print(f"{name:32}{len(asked):>8}{shares}{over:>8.2f}")


if __name__ == "__main__":
    main()
