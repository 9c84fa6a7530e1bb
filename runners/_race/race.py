"""The race, which is this suite's own pruner.

    behind_at_a_rung(InFold(task, history, fold, curve, epochs, begins, spent, by_epoch))    # after an epoch
    behind_the_best(AfterFold(task, history, folds, work))                                   # after a fold

The race thins the field out at thirds of the first fold's schedule, and after a fold lets go of whoever is behind the
best trial. Of several equals some are stopped as well, which costs nothing: one of them is left. So it saves as much
where films are too few to tell trials apart as it does where some are hopeless (`benchmarks/racing.py`).

Networks differ in cost. At a rung a dear one is also judged by what others had come to with as much work, which is
their whole fold, if they are cheap; between folds a cheap one is not let go for what luck explains. Both are for
extremes, and on 26 recorded trials (age, 32 px, cost and score correlated at 0.4) change next to nothing. Stricter
rules lose more than they save there, since the best networks are not cheap: with the worst fifth in place of a tenth
2 % of the work is saved, and the chosen one is 0.07 standard errors worse. To propose cheap ones saves more
(`_search/bargain.py`).

A rung knows no leniency for cheap ones, and needs none. In 29 recorded raced searches trials of less than half the
usual work that a rung has stopped were 1.3 standard errors behind the last one that went on there, in the median, and
52 of 147 behind by less than luck; those of the usual work or more 1.0, and 70 of 163. Moved forward by what luck
explains, the more so the cheaper (0.85 standard errors, less that by the fourth root of its work over that of
others), they cost 0.3 % of all work in 400 simulated searches of 40 trials (`tests/simulated_search.py`; work
log-normal with a standard deviation of 1), and the chosen one is truly better by 0.004 standard errors, by 0.001
where the dear ones are the better ones; four times that costs 1 %, for 0.009 and 0.004.
"""

from __future__ import annotations

import math
import statistics

from runners._race.standing import AfterFold, InFold, among_best, dearness
from trials.records import FoldScore, apart
from xrays.tasks import Task

# Share of the first fold's schedule -> share of the trials that goes on. Before a third a curve hardly tells how it
# ends: networks that learn late are still where they began. So fewer are stopped there than at two thirds. Keeping
# fewer at the first saves little more, since what remains is mostly the first third of all and the good trials' other
# folds, and it loses the best trial far more often.
RUNGS = {1 / 3: 0.6, 2 / 3: 0.4}
PEERS = 3  # curves at a rung before one is stopped there: the first trials of a search are often all bad
# Standard errors by which a trial may be behind the best one on the folds of both: less than luck makes of two equals
# (about 0.85 on one fold), since with a whole one so many go on that a search takes more than a third of its time.
MARGIN = 0.5
# The margin widens where a trial is cheap, with this root of its work over that of others, up to what luck makes.
LENIENCE, LUCK = 1 / 4, 0.85
# Share of those that had as much work which a trial must be among at a rung. A third of a dear one's schedule is
# behind the end of a cheap one's, where the learning rate has fallen, so only the worst are stopped by it.
IN_WORK = 0.9


def standard_error(task: Task, fold: FoldScore) -> float:
    """Of the fold's score, from the films that it was scored on: how far luck alone moves it.

    Accuracy: binomial. Mean absolute error: the absolute errors' standard deviation, which is the root of
    RMSE² - MAE², over the root of the number of films.
    """
    if not fold.films:
        return 0.0
    if task.kind == "binary":
        share = fold.metrics["accuracy"]
        # Agresti-Coull: a perfect or useless score on few films is no certainty.
        share = (share * fold.films + 2) / (fold.films + 4)
        return math.sqrt(share * (1 - share) / fold.films)
    return math.sqrt(max(0.0, fold.metrics["rmse"] ** 2 - fold.metrics["mae"] ** 2) / fold.films)


def behind_at_a_rung(stands: InFold) -> bool:
    """Only in the first fold: in a later one the trials that came as far are the good ones, and few."""
    kept = {stands.rung(share): kept for share, kept in RUNGS.items()}.get(stands.reached)
    if stands.fold != 0 or kept is None:
        return False
    return any(
        len(others) >= PEERS and not among_best(stands.loss, others, share)
        for others, share in ((stands.peers(), kept), (stands.peers_in_work(), IN_WORK))
    )


def behind_the_best(stands: AfterFold) -> bool:
    """Paired, since folds differ by more than trials do. The difference of two models on the same films varies about
    as much as one score does: twice the variance, less what they have in common. It varies the less the more films
    there are, which is no more than one repeat has: luck with these films is the same in all of them."""
    best = stands.best
    if best is None:
        return False
    luck = statistics.fmean(standard_error(stands.task, fold) for fold in best.folds)
    margin = min(MARGIN * max(1.0, math.pow(dearness(stands.history, stands.work), -LENIENCE)), LUCK)
    return statistics.fmean(stands.behind(best)) > margin * luck / math.sqrt(apart(stands.folds))
