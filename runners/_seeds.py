"""One seed in the experiment; every use derives its own from it and says what for.

derive(experiment.seed, "fold", trial, fold)      # a 31-bit integer
"""

from __future__ import annotations

import hashlib


def derive(seed: int, use: str, *numbers: int) -> int:
    """A seed in 1…2³¹−1 that is independent between uses and numbers. Never 0: KerasTuner ignores a seed of 0."""
    text = f"{seed} {use} {' '.join(map(str, numbers))}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") % (2**31 - 1) + 1
