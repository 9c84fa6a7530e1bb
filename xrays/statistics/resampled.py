"""How far a mean over folds can be trusted: the standard error that knows that folds share what they learn from.

    standard_error(scores.std(ddof=1), len(scores), folds=5)        # of the mean of the scores, in their unit

Networks of two folds were trained on mostly the same films, and with repeats the same films are scored again and
again: the usual root of the number of scores is far too sure of them, the more so the more repeats there are.
"""

from __future__ import annotations

import math


def standard_error(sd: float, scores: int, folds: int) -> float:
    """Of the mean of so many scores, each of one of k folds, whose standard deviation is sd: sd · √(1/n + 1/(k - 1)),
    the latter being the ratio of scored to training films (Nadeau & Bengio, Machine Learning 52, 2003, 239-281; for
    repeats Bouckaert & Frank, PAKDD 2004, 3-12). On the safe side for models that hardly depend on which films they
    are trained on. NaN for fewer than two scores."""
    return sd * math.sqrt(1 / scores + 1 / (folds - 1)) if scores > 1 else math.nan
