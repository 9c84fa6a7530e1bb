"""A bar on the terminal for a job that is waited for, and for films that are drawn or decoded.

with job_bar("refit", epochs=30) as watch:
    ask(workers, Refit(best, target), Refitted, failed="refitting failed", watch=watch)
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from runners._workers.conversation import Watch
from runners._workers.messages import Busy, Epoch, Ready


def progress_bar(*, transient: bool = False, disable: bool = False) -> Progress:
    """Lines of a description, a bar, `3/30` and the time that is left. transient: gone at the end."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, transient=transient, disable=disable)


@contextmanager
def job_bar(training: str, epochs: int, before: str | None = None) -> Iterator[Watch]:
    """What shows a job's progress until the context ends; nothing where nobody looks on. training: what the bar is
    called during the `epochs`; before: until the first reply, where the bar has no end yet."""
    with progress_bar(transient=True, disable=not sys.stdout.isatty()) as bar:
        line = bar.add_task(before or training, total=None if before else epochs)

        def watch(progress: Ready | Busy | Epoch) -> None:
            match progress:
                case Epoch():
                    bar.update(line, description=training, completed=progress.epoch, total=epochs)
                case Busy():
                    bar.update(line, description=progress.what, completed=progress.done, total=progress.total)

        yield watch
