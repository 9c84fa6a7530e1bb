"""Deaths that a test chooses: of the process at its n-th change of a file, and of a worker at its n-th word.

with Disk(17, power=False) as disk:         # raises Killed out of whatever changes a file for the 17th time
    …
disk.changes                                # ["mkdir run", "open .plan.npz.123.tmp", "write .plan.npz.123.tmp", …]

No process is started: from its death on nothing that it does reaches the disk, which is all that a kill is to
whoever opens the folder afterwards.
"""

from __future__ import annotations

import io
import itertools
import math
import os
import re
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest
from fake_workers import FakeWorkers

from runners._workers.messages import Reply
from runners._workers.protocol import Died

PROCESSES = itertools.count(100_000)  # each life is another process, and its temporary files have other names


class Killed(BaseException):
    """Of no class that anybody catches."""


class Disk:
    """Changes of files, counted while it is entered.

    last: the change at which the process dies: before it has happened, a write in the middle. power: the machine dies
    with the process, and of every file what was not synced is lost; else what was written stays.
    """

    def __init__(self, last: float = math.inf, *, power: bool = False) -> None:
        self.last, self.power = last, power
        self.changes: list[str] = []
        self.files: dict[int, Path] = {}  # by descriptor
        self.synced: dict[Path, int] = {}  # bytes that are safe, of files of which some are not
        self._patch = pytest.MonkeyPatch()

    @property
    def dead(self) -> bool:
        return len(self.changes) >= self.last

    def __enter__(self) -> Self:
        self._patch.setattr(io, "open", self._opened(io.open))  # what Path.open calls
        self._patch.setattr(os, "fsync", self._fsynced)
        process = next(PROCESSES)
        self._patch.setattr(os, "getpid", lambda: process)
        for name in ("mkdir", "rmdir", "unlink", "replace", "rename", "link", "symlink"):
            self._patch.setattr(os, name, self._counted(name, getattr(os, name)))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self._patch.undo()
        if self.power and self.dead:
            for path, size in self.synced.items():
                if path.exists():
                    os.truncate(path, size)

    def change(self, what: str, path: object) -> None:
        """Raises Killed at the last one and at all that would come after it."""
        if self.dead:
            raise Killed
        name = Path(os.fsdecode(path) if isinstance(path, bytes) else str(path)).name
        self.changes.append(f"{what} {re.sub(r'[0-9]+(?=.tmp$)', 'pid', name)}")
        if self.dead:
            raise Killed(self.changes[-1])

    def _opened(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def opened(path: Any, mode: str = "r", *given: Any, **more: Any) -> Any:
            if not set(mode) & set("wax+"):
                return real(path, mode, *given, **more)
            assert "b" in mode, f"{path}: a text that is written, of which the disk sees nothing"
            if not Path(path).exists() or "w" in mode:
                self.change("open", path)
            return _File(self, Path(path), mode.replace("b", ""))

        return opened

    def _fsynced(self, descriptor: int) -> None:
        """The power that fails here is no real one: nothing is waited for."""
        path = self.files.get(descriptor)
        self.change("fsync", path or "folder")
        if path:
            self.synced.pop(path, None)

    def _counted(self, name: str, real: Callable[..., None]) -> Callable[..., None]:
        def counted(path: Any, *given: Any, **more: Any) -> None:
            if not more and Path(path).exists() == (name == "mkdir"):
                real(path, *given)  # raises, and changes nothing
            self.change(name, path)
            real(path, *given, **more)
            if name in ("replace", "rename") and Path(path) in self.synced:
                self.synced[Path(given[0])] = self.synced.pop(Path(path))

        return counted


class _File(io.FileIO):
    """Without a buffer: what is written is written."""

    def __init__(self, disk: Disk, path: Path, mode: str) -> None:
        super().__init__(path, mode)
        self.disk, self.path = disk, path
        disk.files[self.fileno()] = path

    def write(self, content: Any, /) -> int:
        self.disk.synced.setdefault(self.path, self.seek(0, os.SEEK_END))
        try:
            self.disk.change("write", self.path)
        except Killed as killed:
            if killed.args:
                super().write(bytes(content)[: len(content) // 2])
            raise
        return super().write(content)

    def truncate(self, size: int | None = None, /) -> int:
        self.disk.change("truncate", self.path)
        return super().truncate(size)

    def close(self) -> None:
        if not self.closed:
            self.disk.files.pop(self.fileno(), None)
        super().close()


class DyingWorkers(FakeWorkers):
    """The worker is killed before it says its n-th word (`last`), once; `said` counts them."""

    def __init__(self, last: float, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.last, self.said = last, 0
        decided = self.score  # two halves of a batch make another step than the whole
        self.score = lambda *job: decided(*job) + 0.01 * (self._job.trial.accumulation - 1 if self._job else 0)

    def receive(self, timeout: float) -> list[tuple[int, Reply | Died]]:
        heard = super().receive(timeout)
        self.said += len(heard)
        if heard and self.said == self.last:
            self._replies.clear()
            return [(0, Died("the worker was killed by SIGKILL"))]
        return heard
