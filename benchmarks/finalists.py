"""What the finalists of a search and their further seeds are worth, beside what else the time would find.

    python benchmarks/finalists.py [--searches 40000]

Made-up searches. The unit is the standard deviation of a configuration's score from seed to seed; `spread` is that of
the configurations' true scores, `complete` how many of them came to all folds. The best by one seed go on to the
final, and the best by the mean over their seeds is chosen. Shown: by how much its true score is better than that of
the best by one seed, for finals of so many finalists with so many further seeds, and for one and two more complete
trials in place of a final. Of those a race lets few come to all folds: 6 of 114 and 5 of 87 in two recorded searches
of half an hour on one core, so that one more takes five or six minutes, and a final of two with one seed about two.
"""

from __future__ import annotations

import argparse

import numpy as np

FINALS = ((3, 2), (2, 2), (3, 1), (2, 1))
MORE = (1, 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--searches", type=int, default=40_000)
    options = parser.parse_args()
    names = [f"{count} with {seeds}" for count, seeds in FINALS] + [f"{more} more" for more in MORE]
    print(f"{'spread':>6}{'complete':>10}{''.join(f'{name:>10}' for name in names)}")
    for spread in (0.5, 1.0, 2.0):
        for complete in (6, 15):
            cells = "".join(f"{gain:>10.2f}" for gain in gains(options.searches, spread, complete))
            print(f"{spread:>6}{complete:>10}{cells}")


def gains(searches: int, spread: float, complete: int) -> list[float]:
    """Of each of FINALS, and of so many MORE trials. Of true and seen losses: less is better."""
    rng = np.random.default_rng(0)
    true = rng.normal(0, spread, (searches, complete + max(MORE)))
    seen = true[:, :, None] + rng.normal(size=(*true.shape, 1 + max(seeds for _, seeds in FINALS)))
    each, ranks = np.arange(searches), np.argsort(seen[:, :complete, 0], axis=1)
    alone = true[each, ranks[:, 0]].mean()
    found = []
    for count, seeds in FINALS:
        over_seeds = np.take_along_axis(seen[:, :, : 1 + seeds].mean(axis=2), ranks[:, :count], axis=1)
        found.append(alone - true[each, ranks[each, over_seeds.argmin(axis=1)]].mean())
    for more in MORE:
        found.append(alone - true[each, seen[:, : complete + more, 0].argmin(axis=1)].mean())
    return [float(gain) for gain in found]


if __name__ == "__main__":
    main()
