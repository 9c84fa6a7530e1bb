"""The page while a search runs: built again whenever a run folder has changed, and it reloads itself.

lines = page_updates(lambda live: build_report(stores(), page, reload=live), lambda: run_folders([], runs))
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from trials.files import in_use

EVERY = 2.0  # seconds between looks at the folders
RELOAD = 5  # seconds between two loads of an open page at least


def page_updates(
    build: Callable[[bool], Path], folders: Callable[[], Sequence[Path]], every: float = EVERY
) -> Iterator[str]:
    """A line whenever the page was built, until no run is in use any more: then a last time, as one that stays.

    build: writes the page, one that reloads itself or not. folders: the runs that there are; more may come.
    """
    before = state(folders())  # what changes while the page is built is not on it
    page = build(True)
    yield f"report:  {page}, built again as the search goes on; Ctrl-C ends the watch, not the search"
    # Looked at before the state: what a search writes last must not be missed.
    while any(in_use(folder) for folder in folders()):
        time.sleep(every)
        if (now := state(folders())) != before:
            before = now
            build(True)
            yield f"{time.strftime('%H:%M:%S')} built again: {_finished(folders())} finished trials"
    yield f"report:  {build(False)}; no search is running"


def state(folders: Sequence[Path]) -> dict[Path, tuple[int, int]]:
    """Whatever lies in a run folder may be on the page: a list of names would miss some. A folder in it changes when
    a file is put there or replaced; hidden are the lock and what is still being written."""
    seen = {}
    for file in (file for folder in folders for file in folder.iterdir() if not file.name.startswith(".")):
        with suppress(FileNotFoundError):  # the search goes on meanwhile
            seen[file] = (file.stat().st_mtime_ns, file.stat().st_size)
    return seen


def _finished(folders: Sequence[Path]) -> int:
    files = (folder / "trials.jsonl" for folder in folders)
    return sum(file.read_bytes().count(b"\n") for file in files if file.exists())
