"""How far two means can be trusted to differ, when all of several settings were scored on the same blocks.

    luck = cell_noise(scores)                   # (settings, blocks): each block a fold with its seed
    luck.margin(blocks=3)                       # half of the 95 % interval of the difference between two means

Networks that were trained apart differ by the luck of training, which all films of a fold share: drawing patients
again does not show it. It is seen in how much the differences between settings vary from fold to fold. With two
settings this is the paired t-test over folds; with more, all of them say how large the luck is.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class CellNoise(NamedTuple):
    """sd: of what is left of a score when its block's and its setting's mean are taken away; freedom: degrees."""

    sd: float
    freedom: int

    def margin(self, blocks: int, level: float = 0.95) -> float:
        """Half the interval of the difference between two settings' means over so many blocks; NaN where unknown."""
        from scipy.stats import t

        if not self.freedom or not blocks:
            return float("nan")
        return float(t.ppf((1 + level) / 2, self.freedom)) * self.sd * float(np.sqrt(2 / blocks))


def cell_noise(scores: NDArray[np.floating]) -> CellNoise:
    """The residual of a two-way analysis of variance without interaction (randomised complete blocks; Montgomery,
    Design and Analysis of Experiments, chapter 4). scores: (settings, blocks), none missing."""
    settings, blocks = scores.shape
    if settings < 2 or blocks < 2:
        return CellNoise(float("nan"), 0)
    freedom = (settings - 1) * (blocks - 1)
    rest = scores - scores.mean(axis=0) - scores.mean(axis=1, keepdims=True) + scores.mean()
    return CellNoise(float(np.sqrt((rest**2).sum() / freedom)), freedom)
