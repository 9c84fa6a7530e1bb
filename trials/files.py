"""Files that are either there in full or not there at all, and a lock that dies with its owner.

write_atomically(folder / "experiment.json", b"{…}")
write_together({page.with_suffix(".csv"): rows, page: text})
append_line(folder / "trials.jsonl", '{"number": 3, …}')
with locked(folder): …
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import io
import os
import signal
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import IO, Any

import numpy as np

from xrays.errors import UserError
from xrays.full_disk import full_disk
from xrays.locks import NoLocks, taken

LOCK = ".lock"
PATIENCE = 1.0  # seconds: whoever looks whether a folder is in use holds it for a moment
INTERRUPTS: tuple[int, ...] = (signal.SIGINT, signal.SIGTERM)


def write_atomically(path: Path, content: bytes) -> None:
    """Writes under a temporary name, syncs, renames: a reader sees the old file or the new one. A kill may leave the
    temporary file, which `drop_temporary` removes."""
    write_together({path: content})


def save_arrays(path: Path, arrays: Mapping[str, Any]) -> str:
    """A compressed .npz, atomically. Returns the SHA-256 of the file."""
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)
    write_atomically(path, content.getvalue())
    return hashlib.sha256(content.getvalue()).hexdigest()


def write_together(contents: Mapping[Path, bytes]) -> None:
    """Files that belong together, all of them or none: each is written in full under a temporary name before any is
    renamed, and neither Ctrl-C nor a full disk comes in between. They are renamed in their order."""
    fresh = {path: path.with_name(f".{path.name}.{os.getpid()}.tmp") for path in contents}
    try:
        for path, content in contents.items():
            _write(fresh[path], path, content)
        if folder := next((path for path in contents if path.is_dir()), None):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(folder))
        with _uninterrupted() if len(fresh) > 1 else nullcontext():
            for path, temporary in fresh.items():
                temporary.replace(path)
    finally:
        for temporary in fresh.values():
            temporary.unlink(missing_ok=True)
    for parent in {path.parent for path in contents}:
        _sync_folder(parent)


def _write(temporary: Path, path: Path, content: bytes) -> None:
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        error.filename = str(path)  # of which a full disk says nothing
        raise


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Ctrl-C and the like are obeyed afterwards. Handlers are the main thread's."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    asked: list[int] = []
    mine = [number for number in INTERRUPTS if signal.getsignal(number) is not None]  # None: set by another language
    before = {number: signal.signal(number, lambda got, frame: asked.append(got)) for number in mine}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    for number in asked:
        signal.raise_signal(number)


def drop_temporary(folder: Path) -> None:
    """Removes what killed processes have left half-written, anywhere in the folder. Only for who holds the folder:
    another's may still be wanted."""
    for file in folder.rglob(".*.tmp"):
        file.unlink(missing_ok=True)


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


def whole_lines(content: bytes) -> list[str]:
    """All whole lines; a last line without its line end was torn by a kill and does not count."""
    # Not splitlines: it also breaks at characters that a JSON text may hold.
    return content[: content.rfind(b"\n") + 1].decode().split("\n")[:-1]


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Makes the folder if it is not there and holds it for this process; the system lets go of it when the process
    ends, however it ends.

    Raises UserError with pid and host of the holder when another process has it, where the file system has no locks,
    and when the disk becomes full.
    """
    with room(folder), _held(folder):
        yield


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("a+") as file:
        if not _taken(file, fcntl.LOCK_EX, PATIENCE):
            file.seek(0)
            raise UserError(
                f"{folder} is in use by {file.read().strip() or 'another process'}",
                "one command at a time that writes into a run folder",
                "wait for it or stop it (a search beside it: --name NAME)",
            )
        file.seek(0)
        file.truncate()
        file.write(f"pid {os.getpid()} on {socket.gethostname()}\n")
        file.flush()
        try:
            yield
        finally:
            # Who is refused reads who holds it; whoever held it before must not be named.
            file.truncate(0)


@contextmanager
def room(path: Path) -> Iterator[None]:
    """A full disk is no bug: what was written before is whole, and the same command goes on when there is room."""
    try:
        yield
    except OSError as error:
        # Not every file of a search lies in its folder: temporary ones do not.
        place = Path(os.fsdecode(error.filename)).parent if isinstance(error.filename, (str, bytes)) else path
        full = full_disk(error, place, "room for predictions and trials", "make room; the same command goes on")
        if full is None:
            raise
        raise full from None


def in_use(folder: Path) -> bool:
    """Whether a process holds the folder now. Writes nothing: the folder may be somebody else's."""
    try:
        with (folder / LOCK).open() as file:
            return not _taken(file, fcntl.LOCK_SH)
    except (FileNotFoundError, UserError):
        return False  # nobody holds what has no lock


def _taken(file: IO[str], kind: int, patience: float = 0.0) -> bool:
    try:
        return taken(file, kind, patience)
    except NoLocks as error:
        raise UserError(
            f"{file.name}: locks are not supported here ({error})",
            "run folders on a file system with locks, so that no two processes write into one",
            "--runs DIR on a local disk, or a network disk that is mounted with locks",
        ) from None


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
