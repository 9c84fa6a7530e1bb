"""A folder that is written beside its place: under its own name it is whole or absent.

with beside(Path("data/spr128"), request) as partial:       # data/.spr128.partial, empty or as it was left
    (partial / "films.csv").write_text(…)
    finish(partial, Path("data/spr128"))

What an interrupted or killed process has left is there for the next one with the same request, and removed by one
with another. After an error that the same call would meet again, nothing is left. One process at a time writes; that
is told by a lock, since a process id says nothing about another machine or container.
"""

from __future__ import annotations

import fcntl
import os
import shlex
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from xrays.errors import UserError
from xrays.locks import NoLocks, taken
from xrays.next_command import option

REQUEST = ".request"


@contextmanager
def beside(out: Path, request: str) -> Iterator[Path]:
    """A folder on the disk of `out`: empty, or what was left by whoever asked for the same. Raises UserError while
    another process writes it, and on a disk without locks also after one that was killed: there nobody can tell the
    two apart."""
    partial = out.with_name(f".{out.name}.partial")
    out.parent.mkdir(parents=True, exist_ok=True)
    with _held(out) as sole:
        if sole and not _is_of(partial, request):
            shutil.rmtree(partial, ignore_errors=True)
        try:
            partial.mkdir(exist_ok=sole)
        except FileExistsError:
            raise UserError(
                f"{partial} is there, and on this disk without locks nobody can tell whether it is still written",
                "one `prepare` at a time of a folder",
                f"wait for the other one; if there is none, remove {shlex.quote(str(partial))}",
            ) from None
        try:
            (partial / REQUEST).write_text(request)
            yield partial
        except (UserError, OSError):
            shutil.rmtree(partial, ignore_errors=True)
            raise
        except BaseException:
            if not sole:
                shutil.rmtree(partial, ignore_errors=True)
            raise
        shutil.rmtree(partial, ignore_errors=True)


def finish(partial: Path, out: Path) -> None:
    """Gives it its own name."""
    (partial / REQUEST).unlink()
    partial.rename(out)


def _is_of(partial: Path, request: str) -> bool:
    try:
        return (partial / REQUEST).read_text() == request
    except OSError:
        return False


@contextmanager
def _held(out: Path) -> Iterator[bool]:
    """Holds the file .NAME.lock beside `out`, which is removed at the end. False on a disk without locks."""
    path = out.with_name(f".{out.name}.lock")
    while True:
        with path.open("a+") as file:
            try:
                sole = taken(file, fcntl.LOCK_EX)
            except NoLocks:
                path.unlink(missing_ok=True)
                yield False
                return
            if not sole:
                file.seek(0)
                raise UserError(
                    f"{out} is being prepared by {file.read().strip() or 'another process'}",
                    "one `prepare` at a time of a folder",
                    f"wait for it or stop it, or {option('out', out.with_name(out.name + '-2'))}",
                )
            if not _is_at(path, file.fileno()):
                continue  # whoever held it before has just removed it: the next one would make another
            try:
                file.write(f"pid {os.getpid()} on {socket.gethostname()}\n")
                file.flush()
                yield True
            finally:
                path.unlink(missing_ok=True)
            return


def _is_at(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
