"""What `explain` asks a worker for and is answered. Plain values: they go through a pipe.

workers.send(0, ExplainFold(trial, fold=0, rows=rows))       # Epoch and Busy on the way, then ExplainReply
workers.send(0, ExplainModel(trial, Path("best_age.h5"), films))
workers.send(0, AskAltered(trial, reply.network, rows))      # AlteredReply
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from runners._workers.messages import Job
from trials.networks import Arrays


@dataclass(frozen=True)
class ExplainFold(Job):
    """Explain the fold's network on these rows (n,) of the prepared films. network: its arrays, as
    `trials/networks.py` keeps them; without any the fold is trained again."""

    fold: int
    rows: NDArray[np.int64]
    network: Arrays = ()


@dataclass(frozen=True)
class AskAltered(Job):
    """Ask a fold's network, from its arrays as `trials/networks.py` keeps them, about these rows (n,) of the prepared
    films as they are and as they are altered."""

    network: Arrays
    rows: NDArray[np.int64]


@dataclass(frozen=True)
class AlteredReply:
    """answers: (n, v) in the label's unit, of the VERSIONS of altered.py; marked: (n,) whether a film has a mark."""

    answers: NDArray[np.float32]
    marked: NDArray[np.bool_]


@dataclass(frozen=True)
class ExplainModel(Job):
    """Explain an exported model, the .h5 file, on films (n, S, S, 1) uint8, grey and inverted."""

    model: Path
    films: NDArray[np.uint8]


@dataclass(frozen=True)
class ExplainReply:
    """predictions: (n,) in the label's unit. maps: (n, h, w) float32, signed: above zero speaks for the second of
    Task.ends. shuffled: (draws, m, h, w), those of the first m films with shuffled weights. layer: whose output is
    explained. network: of a fold its arrays, as `trials/networks.py` keeps them."""

    predictions: NDArray[np.float32]
    maps: NDArray[np.float32]
    shuffled: NDArray[np.float32]
    layer: str
    network: Arrays = ()
