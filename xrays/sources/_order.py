"""What is wanted of a source, the same for all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from xrays.next_command import command

# What a user does who cannot have what was asked for.
WAYS_OUT = (
    f"{command('prepare', 'DIR')}   (a folder you have), or: {command('prepare', 'sample')}   (synthetic films)"
)


@dataclass(frozen=True)
class Order:
    """workplace: where a source may put what it makes. version: None for the newest. say: told what the user should
    know. progress(done, total): called for every film that is made here."""

    workplace: Path
    version: int | None = None
    say: Callable[[str], None] = print
    progress: Callable[[int, int], None] = lambda done, total: None
