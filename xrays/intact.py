"""Whether the films' array, and vectors beside it, still are what `prepare` has written: compared with their
fingerprints in the background.

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
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import Any

from xrays.arrays import XrayArrays, pixels_fingerprint
from xrays.seal import FACTS, IMAGES, REJECTED, VECTORS, DamagedFilms, digest_of, read_file

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
    folder, meta = arrays.path, arrays.meta
    vectors = meta.get("vectors")
    file = IMAGES
    try:
        state = _state(folder, meta)
        if any(_text(note) == state for note in _notes(folder)):
            return
        pixels = pixels_fingerprint(meta["films"], meta["preprocessing"], folder / IMAGES)
        file = VECTORS
        numbers = vectors and digest_of(folder / VECTORS)
    except OSError as error:  # a disk that fails
        raise DamagedFilms(folder, file, f"cannot be read: {error.strerror}", meta) from None
    if pixels != arrays.pixels:
        raise DamagedFilms(folder, IMAGES, "holds other pixels than were written", meta)
    if vectors and numbers != vectors["fingerprint"]:
        raise DamagedFilms(folder, VECTORS, "holds other numbers than were written", meta)
    _remember(folder, state)


def note_whole(folder: Path, meta: Mapping[str, Any]) -> None:
    """What has just been written and read back need not be looked at again. meta: of the folder."""
    _remember(folder, _state(folder, meta))


def _remember(folder: Path, state: str) -> None:
    for note in _notes(folder):
        with suppress(OSError):
            note.parent.mkdir(parents=True, exist_ok=True)
            note.write_text(state)
            return


def _state(folder: Path, meta: Mapping[str, Any]) -> str:
    prints = {IMAGES: meta["pixels"]}
    if vectors := meta.get("vectors"):
        prints[VECTORS] = vectors["fingerprint"]
    stats = {file: (folder / file).stat() for file in prints}
    return "".join(
        f"{prints[file]} {stat.st_size} {stat.st_mtime_ns} {stat.st_ino}\n" for file, stat in stats.items()
    )


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
