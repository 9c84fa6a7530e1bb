"""How long something takes at most, in four cases of five, by how long things like it have taken.

    upper([0.8, 1.0, 1.3])             # seconds for one of the reference machine

Of few values a quantile says next to nothing. So it is drawn towards what other searches have shown, the more so the
fewer there are; and it is one of the values, so that one of four that is far off (it has waited for features) does
not decide. In 16 recorded searches (760 to 100 films, 32 to 128 px, one worker), of the 106 trials after the first
that had a whole fold 81 % took no longer than that at the pace of those before them, 43 % no longer than at their
median, 68 % than at their own quantile; in 14 others, which have chosen nothing of this, 80 % of 110, 62 % and 74 %
(`benchmarks/pace.py`).
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

import numpy as np

SHARE = 0.8  # of all cases
SPREAD = 0.28  # standard deviation of the logarithms within a search, in both long ones of those recorded
WEIGHT = 8  # values that this is worth

# By how much the logarithm exceeds the median then, where logarithms are normal.
USUAL = SPREAD * statistics.NormalDist().inv_cdf(SHARE)


def upper(values: Sequence[float]) -> float:
    """Of one value at least, all above 0."""
    logs = [math.log(value) for value in values]
    middle = statistics.median(logs)
    own = max(0.0, float(np.quantile(logs, SHARE, method="lower")) - middle)
    return math.exp(middle + (len(logs) * own + WEIGHT * USUAL) / (len(logs) + WEIGHT))
