"""Files that are either there in full or not there at all, and a lock that dies with its owner.

write_atomically(folder / "experiment.json", b"{…}")
append_line(folder / "trials.jsonl", '{"number": 3, …}')
with locked(folder): …
"""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from xrays.errors import UserError


def write_atomically(path: Path, content: bytes) -> None:
    """Writes under a temporary name, syncs, renames: a reader sees the old file or the new one."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    _sync_folder(path.parent)


def append_line(path: Path, line: str) -> None:
    """Appends one line and syncs it. A torn last line from an earlier death is cut off first."""
    existed = path.exists()
    with path.open("a+b") as file:
        end = file.seek(0, os.SEEK_END)
        file.seek(max(0, end - 1))
        if file.read(1) not in (b"\n", b""):
            file.seek(0)
            file.truncate(file.read().rfind(b"\n") + 1)
        file.write(line.encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    if not existed:
        _sync_folder(path.parent)


def read_lines(path: Path) -> list[str]:
    """All whole lines; a last line without its line end was torn by a kill and does not count."""
    if not path.exists():
        return []
    content = path.read_bytes()
    # Not splitlines: it also breaks at characters that a JSON text may hold.
    return content[: content.rfind(b"\n") + 1].decode().split("\n")[:-1]


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Holds the folder for this process; the system lets go of it when the process ends, however it ends.

    Raises UserError with pid and host of the holder when another process has it.
    """
    with (folder / ".lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise UserError(
                f"{folder} is in use by {file.read().strip() or 'another process'}",
                "one search or export at a time in a run folder",
                "wait for it or stop it; another search beside it: --name NAME",
            ) from None
        file.seek(0)
        file.truncate()
        file.write(f"pid {os.getpid()} on {socket.gethostname()}\n")
        file.flush()
        yield


def in_use(folder: Path) -> bool:
    """Whether a process holds the folder now."""
    file = folder / ".lock"
    if not file.exists():
        return False
    with file.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
