"""Features of frozen backbones on disk, beside the prepared films where that can be: computed once, then shared by
folds, trials, workers and tasks.

    cache = FeatureCache(features_folder(arrays.path), limit=5 * 10**9)
    views = cache.get(FeatureKey("densenet121", …), shape=(5, 760, 1024), compute=fill)

A file is written under another name and renamed, and its name holds the hash of all that decides its content. When
the limit is reached the files that were used longest ago go.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from xrays.locks import alone
from xrays.strict_json import as_json

# Part of every key: to be raised when the same key would give other features than before.
FORMAT = 2
ABANDONED = 3600.0  # seconds after which a file that is being written is not any more
Compute = Callable[[NDArray[np.float32]], float]  # fills the array, returns milliseconds a film


@dataclass(frozen=True)
class FeatureKey:
    """All that decides the features: weights and pixels by their fingerprints, views by the policy's name."""

    backbone: str
    weights: str
    pixels: str
    views: str
    precision: str
    backend: str
    format: int = FORMAT

    @property
    def name(self) -> str:
        """Of the files, without suffix."""
        digest = hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()
        return f"{self.backbone}-{self.views}-{digest[:16]}"


@dataclass(frozen=True)
class Features:
    """views: (views, N, C) float32, read-only, the film itself first; ms_per_film: what the film itself cost."""

    views: NDArray[np.float32]
    ms_per_film: float


@dataclass(frozen=True)
class FeatureCache:
    """A folder of feature files. limit: bytes that they may take together; older: a folder that is only read."""

    folder: Path
    limit: int
    older: Path | None = None

    def get(
        self, key: FeatureKey, shape: tuple[int, int, int], compute: Compute, waits: Callable[[], None] = lambda: None
    ) -> Features:
        """From disk, or computed. Of several processes that ask at once one computes and the others wait, after they
        have called `waits`; without locks each computes.

        What is larger than the limit, or finds no room on the disk or a folder that cannot be written, is computed
        and not kept.
        """
        size = 4 * int(np.prod(shape))
        if found := self._read(key, shape):
            return found
        with alone(self.folder / f".{key.name}.lock", waits):
            found = self._read(key, shape)
            if found is not None:
                return found
            # In memory first, not into a mapped file: on a full disk that would kill the process.
            views = np.empty(shape, np.float32)
            made = Features(views, compute(views))
            with suppress(OSError):
                if size <= self.limit:
                    self._make_room(size)
                    self._write(key, made)
            return self._read(key, shape) or made

    def has(self, key: FeatureKey, shape: tuple[int, int, int]) -> bool:
        """Whether these features are on disk, whole."""
        return self._read(key, shape) is not None

    def _read(self, key: FeatureKey, shape: tuple[int, int, int]) -> Features | None:
        folders = (self.folder, self.older) if self.older else (self.folder,)
        return next(filter(None, (_read(folder, key, shape) for folder in folders)), None)

    def _write(self, key: FeatureKey, made: Features) -> None:
        """The array last: where it is, its description is."""
        partial = self.folder / f".{key.name}.{secrets.token_hex(4)}.partial"
        try:
            with partial.open("wb") as file:
                np.save(file, made.views)
            about = {"key": asdict(key), "ms_per_film": made.ms_per_film}
            (self.folder / f"{key.name}.json").write_text(as_json(about, indent=1))
            partial.replace(self.folder / f"{key.name}.npy")
        finally:
            partial.unlink(missing_ok=True)

    def _make_room(self, size: int) -> None:
        """Removes what was used longest ago, and what a process that was killed has left half-written."""
        with alone(self.folder / ".room.lock"):
            for partial in self.folder.glob(".*.partial"):
                if time.time() - partial.stat().st_mtime > ABANDONED:
                    partial.unlink(missing_ok=True)
            kept = sorted(self.folder.glob("*.npy"), key=lambda file: file.stat().st_mtime)
            taken = sum(file.stat().st_size for file in kept)
            while kept and taken + size > self.limit:
                oldest = kept.pop(0)
                taken -= oldest.stat().st_size
                oldest.unlink(missing_ok=True)
                oldest.with_suffix(".json").unlink(missing_ok=True)


def _read(folder: Path, key: FeatureKey, shape: tuple[int, int, int]) -> Features | None:
    file, about = folder / f"{key.name}.npy", folder / f"{key.name}.json"
    try:
        views = np.load(file, mmap_mode="r")
        made = json.loads(about.read_text())
    except (OSError, ValueError):
        return None
    if views.shape != shape or views.dtype != np.float32 or made["key"] != asdict(key):
        return None
    with suppress(OSError):  # someone else's folder
        os.utime(file)  # used now: the last to go
    return Features(views, float(made["ms_per_film"]))
