"""The GPUs that workers may use: those that the backend can compute on, not those that the machine has.

gpus("jax")      # (Gpu("0", 85_520_809_984), …); empty without a card, and where TensorFlow has no CUDA libraries

The driver's tool sees a card at once, but plain TensorFlow cannot use it: then neither is the card's memory that of
training nor is one worker enough. Loading a backend takes seconds: it is asked only where there is a card. Both are
asked once a process.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from runners._backend import environment

SMI = ("nvidia-smi", "--query-gpu=index,uuid,memory.total", "--format=csv,noheader,nounits")
# Loaded as in runners/_loading.py.
ASK = """
import gc
gc.disable()
import keras
print()
print("devices", *keras.distribution.list_devices())
gc.freeze()
"""
MODEST = {  # it must not take all memory of the cards, nor say that it cannot
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_FORCE_GPU_ALLOW_GROWTH": "true",
    "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
}


@dataclass(frozen=True)
class Gpu:
    """name: as CUDA_VISIBLE_DEVICES has it; memory: bytes, None where that is not known, as of a slice of a card."""

    name: str
    memory: int | None = None


def gpus(backend: str, variables: Mapping[str, str] = os.environ) -> tuple[Gpu, ...]:
    """Those that CUDA_VISIBLE_DEVICES, which is read here alone, leaves visible, as many as the backend sees."""
    return _usable(variables.get("CUDA_VISIBLE_DEVICES"), backend)


@cache
def _usable(visible: str | None, backend: str) -> tuple[Gpu, ...]:
    words = None if visible is None else [word.strip() for word in visible.split(",")]
    if words is not None and words[0] in ("", "-1"):
        return ()
    cards = cards_of(SMI)
    visible_gpus = [Gpu(index, memory) for index, _, memory in cards] if words is None else list(_shown(cards, words))
    return tuple(visible_gpus[: accelerator_count(backend)]) if visible_gpus else ()


def cards_of(smi: Sequence[str]) -> list[tuple[str, str, int | None]]:
    """(index, UUID, bytes of memory) of every card of the machine; nothing where the driver's tool says nothing."""
    try:
        answer = subprocess.run(smi, capture_output=True, text=True, timeout=20, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return []
    rows = [[cell.strip() for cell in line.split(",")] for line in answer.splitlines() if line.count(",") == 2]
    return [(row[0], row[1], int(row[2]) * 2**20 if row[2].isdecimal() else None) for row in rows]


def accelerator_count(backend: str) -> int:
    """How many accelerators the backend finds, in a process of its own; 0 where it cannot be loaded."""
    try:
        answer = subprocess.run(
            [sys.executable, "-c", ASK],
            capture_output=True, text=True, timeout=300, check=True, env=environment(backend) | MODEST,
        ).stdout  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return 0
    device_lines = [line.split()[1:] for line in answer.splitlines() if line.startswith("devices ")]
    return sum(not device.lower().startswith("cpu") for devices in device_lines for device in devices)


def _shown(cards: Sequence[tuple[str, str, int | None]], words: Sequence[str]) -> Iterator[Gpu]:
    """words: indices or UUIDs, or how these begin. The first that is no GPU hides itself and what follows, as in
    CUDA. Slices of a card are not listed, and nothing is where the driver's tool is missing: they stand for
    themselves."""
    for word in words:
        if word in ("", "-1"):
            return
        named = [card for card in cards if word == card[0] or (word.startswith("GPU-") and card[1].startswith(word))]
        if cards and not named and not word.startswith("MIG-"):
            return
        yield Gpu(word, named[0][2] if named else None)
