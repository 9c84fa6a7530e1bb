"""How far two means can be trusted to differ, when all of several settings were scored on the same blocks.

    luck = noises(scores)                       # (settings, blocks): each block a fold with its seed
    luck[4].margin(blocks=3)                    # half of the 95 % interval of setting 4's mean less that of setting 0

Networks that were trained apart differ by the luck of training, which all films of a fold share: drawing patients
again does not show it. It is seen in how much the differences between settings vary from fold to fold. With two
settings this is the paired t-test over folds; with more, all of them say how large the luck is, but for one that
diverged on a fold: it varies by far more than the others, and says nothing about them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

WILD = 0.001  # how often settings alike are taken for one that is not, in all


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


def noises(scores: NDArray[np.floating]) -> list[CellNoise]:
    """One a setting: what its difference to the first one is judged by. scores: (settings, blocks), none missing.
    That is the noise of all settings alike; where one of the two is wild, of these two alone."""
    alike = _alike(scores)
    pooled = cell_noise(scores[alike])
    return [
        pooled if alike[[0, setting]].all() else cell_noise(scores[[0, setting]]) for setting in range(len(scores))
    ]


def _alike(scores: NDArray[np.floating]) -> NDArray[np.bool_]:
    """(settings,) without those that vary by more than the others: the one that varies most against the rest of them
    (an F-test, for so many settings) as long as there is one."""
    from scipy.stats import f

    settings, blocks = scores.shape
    kept = np.ones(settings, np.bool_)
    while (count := int(kept.sum())) > 2 and blocks > 1:
        rest = scores[kept] - scores[kept].mean(axis=0)
        squares = ((rest - rest.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
        most = np.flatnonzero(kept)[squares.argmax()]
        others = cell_noise(scores[kept & (np.arange(settings) != most)])
        # Its part of the squares, and those of the others among themselves, are independent.
        variance = squares.max() * count / (count - 1) / (blocks - 1)
        if variance <= others.sd**2 * f.isf(WILD / count, blocks - 1, others.freedom):
            break
        kept[most] = False
    return kept


def cell_noise(scores: NDArray[np.floating]) -> CellNoise:
    """The residual of a two-way analysis of variance without interaction (randomised complete blocks; Montgomery,
    Design and Analysis of Experiments, chapter 4). scores: (settings, blocks), none missing."""
    settings, blocks = scores.shape
    if settings < 2 or blocks < 2:
        return CellNoise(float("nan"), 0)
    freedom = (settings - 1) * (blocks - 1)
    rest = scores - scores.mean(axis=0) - scores.mean(axis=1, keepdims=True) + scores.mean()
    return CellNoise(float(np.sqrt((rest**2).sum() / freedom)), freedom)
