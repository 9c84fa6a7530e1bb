"""What a network answers on films as they are and as they are altered.

reply = ask_altered(partial(predictions_of, predictor), arrays.images, rows, progress)
reply.answers[:, VERSIONS.index("border")]
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from runners._explain.altered import VERSIONS, versions
from runners._explain.messages import AlteredReply

BATCH = 16  # films: with their versions they are 112
Answer = Callable[[NDArray[np.uint8]], NDArray[np.float32]]  # to films (n, S, S, 1), (n,) in the label's unit


def ask_altered(
    answer: Answer, images: NDArray[np.uint8], rows: NDArray[np.int64], progress: Callable[[int, int], None]
) -> AlteredReply:
    """images: (N, S, S, 1) uint8; rows: (n,) of those that are asked about; progress(done, total): films."""
    answers = np.empty((len(rows), len(VERSIONS)), np.float32)
    marked, rng = np.zeros(len(rows), np.bool_), np.random.default_rng(0)
    for start in range(0, len(rows), BATCH):
        films = np.stack([versions(images[row], rng) for row in rows[start : start + BATCH].tolist()])
        some = slice(start, start + len(films))
        marked[some] = (films[:, VERSIONS.index("marks")] != films[:, 0]).any(axis=(1, 2, 3))
        answers[some] = answer(films.reshape(-1, *films.shape[2:])).reshape(films.shape[:2])
        progress(some.stop, len(rows))
    return AlteredReply(answers, marked)
