"""A folder beside the file that is being made, which goes with the process that made it, or with the next one.

    with scratch_folder(Path("models"), ".export-") as folder: …

It is held by a lock, which the system lets go of when a process is killed, on whatever machine: process ids say
nothing on a disk that several machines share.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from trials.files import locked
from xrays.errors import UserError


@contextmanager
def scratch_folder(parent: Path, prefix: str) -> Iterator[Path]:
    """A new folder below `parent` for as long as the context lasts. Those that killed processes have left there are
    removed."""
    for left in parent.glob(f"{prefix}*/"):
        _remove_abandoned(left)
    with ExitStack() as stack:
        folder = _new(parent, prefix, stack)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _new(parent: Path, prefix: str, stack: ExitStack) -> Path:
    """Held, unless the file system has no locks; then nobody can take it for abandoned either."""
    while True:
        folder = Path(tempfile.mkdtemp(dir=parent, prefix=prefix))
        with suppress(UserError):
            stack.enter_context(locked(folder))
        # Between the two lines another process may have found it without an owner.
        if (folder / ".lock").exists():
            return folder


def _remove_abandoned(folder: Path) -> None:
    try:
        with locked(folder):
            shutil.rmtree(folder, ignore_errors=True)
    except (UserError, OSError):  # in use, or somebody else's
        pass
