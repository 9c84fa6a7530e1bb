"""Of two proposals of a searcher the cheaper one, early in a search.

    searcher.ask(number, bargain(Worked(workload), results))

No library says what it expects of a single proposal, so that all of them count as equally good, and the cheapest
promises most for its seconds. The price of cost falls, so that dear configurations are found, too (cost-cooling: Lee
et al. 2020, arXiv 2003.10870): there with the budget that is left, here with the work that is done, since more trials
or more time make no other search. With two offers that is a switch and no cooling: two proposals until as much is
trained as ten whole trials of the first configuration take, one from then on. A sampler whose proposals do not differ
(`gp`) makes one from the beginning.

More than two are too many: the best networks are not cheap, and what is cheap is all that a searcher learns of.
Drawn again and again from 26 recorded trials (age, 32 px, cost and score correlated at 0.4), in the work of 5, 10, 15
and 30 whole trials the best is behind the best of all by so many standard errors (`benchmarks/bargain.py`):

| proposals | 5    | 10   | 15   | 30   |
| --------- | ---- | ---- | ---- | ---- |
| 1         | 2.00 | 1.00 | 0.74 | 0.48 |
| 2         | 1.62 | 0.93 | 0.77 | 0.53 |
| 4         | 1.25 | 0.96 | 0.90 | 0.60 |

The error of each is about 0.05 from 10 on, so that one and two differ there by no more than luck. Three, which would
cool in two steps, gain on two in the work of the first two trials and later nothing beyond luck, on 150 made-up
trials whose cost and score correlate at 0.5 (in 2, 5, 10, 15 and 30 whole trials 1.24, 0.75, 0.49, 0.37 and 0.24
against 1.63, 0.74, 0.47, 0.36 and 0.21, `--searches 150`).

Where a time limit leaves proposals behind (`pace.py`), more are asked for: what does not end is worth nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from runners._race.worked import Worked
from runners._searcher import Pick
from search_spaces._hyperparameters import Scalar
from search_spaces._work import Workload
from trials.records import TrialResult

OFFERS = 2  # of the first trial
MANY = 16  # where there is hardly any time; no more than runners/_samplers/hyperband.py draws again (RECALLED)
HALF = 10.0  # whole trials of the space's first configuration whose work leaves half of the price: of two offers one
# Of its folds, that a trial is trained on before a pruner stops it, on average: what compiling is weighed against.
SHARE = 1 / 3


def bargain(worked: Worked, results: Sequence[TrialResult], left: int = 0) -> Pick:
    """For the next trial of a search with these results. left: proposals that are open since there was no time for
    them, each of which doubles the offers."""

    def cheapest(offers: Sequence[Mapping[str, Scalar]]) -> int:
        return min(range(len(offers)), key=lambda place: cost(worked.workload, offers[place]))

    usual = 1 + round((OFFERS - 1) * price_of_cost(worked, results))
    return Pick(max(usual, min(2**left, MANY)), cheapest)


def price_of_cost(worked: Worked, results: Sequence[TrialResult]) -> float:
    """From 1 down to 0, by the work of all that was trained."""
    spent = sum(map(worked.of, results))
    return 1 / (1 + spent / (HALF * worked.workload.usual))


def cost(workload: Workload, params: Mapping[str, Scalar]) -> float:
    """Expected of a trial, in seconds of the reference machine."""
    return workload.of(workload.space.recipe(params)).trial(SHARE * workload.folds)
