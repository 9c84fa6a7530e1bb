"""The films of a search that is given none: those that are prepared, or else the built-in synthetic ones.

data = films_or_sample(None, Path("data"), SampleSearch("age", trials=50, folds=5, epochs=30), say=print)
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from runners._commands.prepare import PrepareOptions, prepare
from xrays.arrays import choose_prepared
from xrays.next_command import command
from xrays.phantom.sample import FILMS

SIZE = 64  # px: a search on them is to be looked at, not to be used


@dataclass(frozen=True)
class SampleSearch:
    """What is trained on the films, so far as it says how long that takes."""

    task: str
    trials: int
    folds: int
    epochs: int


def films_or_sample(data: Path | None, root: Path, search: SampleSearch, say: Callable[[str], None]) -> Path:
    """A prepared folder: `data`, or the only one in `root`, or the sample where `root` holds none. Before that is
    drawn a user at a terminal is told what a search on it costs, and asked. Raises UserError."""
    folder = choose_prepared(data, root)
    if folder is not None:
        return folder
    say(f"Nothing is prepared in {root}/, so this search runs on the built-in SYNTHETIC films. For your own:")
    say("  python cli.py prepare DIR     (or: python cli.py prepare spr, from Kaggle)")
    if sys.stdin.isatty() and sys.stdout.isatty():
        _wait_for_enter(root, search, say)
    return prepare(PrepareOptions("sample", root, sizes=(SIZE,)), say)[0]


def _wait_for_enter(root: Path, search: SampleSearch, say: Callable[[str], None]) -> None:
    """A script, which nobody reads along with, goes on at once."""
    say(
        f"That draws {FILMS} films into {root}/ and trains {search.trials} configurations on {search.folds} folds, "
        f"{search.epochs}"
    )
    say("epochs each: hours on a few cores, which are told before the first one. To look around in minutes:")
    say(f"  {command('search', task=search.task, trials=3, folds=2, epochs=3)}")
    sys.stdout.write("Enter begins, Ctrl-C ends. ")
    sys.stdout.flush()
    sys.stdin.readline()
