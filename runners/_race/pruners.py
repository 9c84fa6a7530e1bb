"""When a bad trial ends early: the classic rules, and the table of all pruners.

    race = PRUNERS["race"]
    race.lost_epoch(InFold(task, history, fold, curve, epochs))       # after an epoch of a fold
    race.lost_fold(AfterFold(task, history, folds))                   # after a fold, before the next

A further one is a rule here, or in a file of its own as the race is, and a line of the table.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping

from runners._race.race import behind_at_a_rung, behind_the_best
from runners._race.standing import AfterFold, InFold, Pruner, among_best, never, pruner
from trials.records import apart

WARM_UP = 1 / 3  # of the epochs, before the median rule judges
MEDIAN_PEERS = 5  # curves before it does: the usual number, a median of fewer moves with every one of them
HALVING = 3  # hyperband keeps one in three, and its rungs lie a factor of three apart
BRACKETS = 3  # of hyperband: judged from a ninth of the epochs on, from a third on, and not at all
SIGNIFICANT = 0.3  # the smallest p of n folds is 2^-n: one fold never tells, two do when both are worse


def worse_than_median(stands: InFold) -> bool:
    """The median rule: after a warm-up, at every epoch of every fold."""
    if stands.reached < stands.rung(WARM_UP):
        return False
    others = stands.peers()
    return len(others) >= MEDIAN_PEERS and stands.loss > statistics.median(others)


def lost_hyperband(stands: InFold) -> bool:
    """Asynchronous successive halving over the first fold's epochs: at a rung one in three of those seen there goes
    on. The brackets differ in their first rung; a trial's is decided by how many had been told before it, which is
    its number where one is trained at a time."""
    first = len(stands.history) % BRACKETS
    rungs = {stands.rung(HALVING**-power) for power in range(1, BRACKETS - first)}
    if stands.fold != 0 or stands.reached not in rungs:
        return False
    return not among_best(stands.loss, stands.peers(), 1 / HALVING)


def significantly_worse(stands: AfterFold) -> bool:
    """Wilcoxon's signed-rank test, one-sided, on the folds of this trial and of the best one. It takes folds for
    independent, which those of a further repeat are not, so it judges within the first one."""
    from scipy.stats import wilcoxon

    best = stands.best if apart(stands.folds) == len(stands.folds) else None
    # Rounded, since accuracies that are equally many films apart differ in their last digit, which would rank them.
    worse_by = [round(difference, 9) for difference in stands.behind(best)] if best else []
    return any(worse_by) and float(wilcoxon(worse_by, alternative="greater").pvalue) < SIGNIFICANT


# The first is the default.
PRUNERS: Mapping[str, Pruner] = {
    "race": pruner(
        "at thirds of its first fold when it is not among the better part of all; between folds when it is behind "
        "the best trial on the same folds",
        behind_at_a_rung,
        behind_the_best,
    ),
    "hyperband": pruner("in its first fold when it is not in the best third at a rung", lost_hyperband),
    "wilcoxon": pruner("when it is worse than the best trial by a signed-rank test", fold_rule=significantly_worse),
    "median": pruner("when it is worse than the median at the same epoch of the same fold", worse_than_median),
    "none": Pruner("never", never, never),
}
