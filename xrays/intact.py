"""Whether the films' array still is what `prepare` has written: compared with its fingerprint in the background.

    check = begin_check(arrays)         # returns at once
    …
    check.result()                      # waits; raises DamagedFilms

An array is gigabytes and does not change: what was found is kept with size, time and number of the file, beside it
or, where the folder cannot be written, in the user's cache. Who starts a search or trains again asks, workers do not.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path

from xrays.arrays import XrayArrays, pixels_fingerprint
from xrays.seal import FACTS, IMAGES, REJECTED, DamagedFilms, read_file

NOTE = ".checked"


def begin_check(arrays: XrayArrays) -> Future[None]:
    """Raises DamagedFilms for the small files; done at once where the same array has been found right before."""
    for name in (REJECTED, FACTS):
        read_file(arrays.path, arrays.meta, name)
    arrays.fingerprints()
    check: Future[None] = Future()
    # A daemon: who gives up must not wait for it.
    threading.Thread(target=_answer, args=(arrays, check), daemon=True).start()
    return check


def _answer(arrays: XrayArrays, check: Future[None]) -> None:
    try:
        _compare(arrays)
    except BaseException as error:
        check.set_exception(error)
    else:
        check.set_result(None)


def _compare(arrays: XrayArrays) -> None:
    images = arrays.path / IMAGES
    try:
        state = _state(images, arrays.pixels)
        if any(_text(note) == state for note in _notes(arrays.path)):
            return
        pixels = pixels_fingerprint(arrays.meta["films"], arrays.meta["preprocessing"], images)
    except OSError as error:  # a disk that fails
        raise DamagedFilms(arrays.path, IMAGES, f"cannot be read: {error.strerror}", arrays.meta) from None
    if pixels != arrays.pixels:
        raise DamagedFilms(arrays.path, IMAGES, "holds other pixels than were written", arrays.meta)
    _remember(arrays.path, state)


def note_whole(folder: Path, pixels: str) -> None:
    """What has just been written and read back need not be looked at again."""
    _remember(folder, _state(folder / IMAGES, pixels))


def _remember(folder: Path, state: str) -> None:
    for note in _notes(folder):
        with suppress(OSError):
            note.parent.mkdir(parents=True, exist_ok=True)
            note.write_text(state)
            return


def _state(images: Path, pixels: str) -> str:
    stat = images.stat()
    return f"{pixels} {stat.st_size} {stat.st_mtime_ns} {stat.st_ino}\n"


def _notes(folder: Path) -> Iterator[Path]:
    """Where it may be kept, the better place first."""
    yield folder / NOTE
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    yield caches / "cxr-automl" / f"checked-{hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:16]}"


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, ValueError):
        return ""
