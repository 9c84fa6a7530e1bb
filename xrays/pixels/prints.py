"""What a film is known by in all prepared folders and runs.

fingerprint(film.grey)                      # the same at every size, under every name
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray


def fingerprint(grey: NDArray[np.uint8]) -> int:
    """48 bits of a hash of the film as it was read: whatever size and recipe it is prepared with, whatever its file,
    id and labels are. A copy that was scaled down or compressed with losses is another film. Among a million films
    two different ones are taken for the same with a probability of 0.2 %."""
    content = hashlib.blake2b(f"{grey.shape}".encode() + grey.tobytes(), digest_size=6)
    return int.from_bytes(content.digest())
