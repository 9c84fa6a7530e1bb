"""Where films come from. Every file here without an underscore is a source, by its name on the command line, with
TITLE and `layout(order) -> Layout` (xrays/layout.py); a folder of the user's is read as it lies.

source_names()                                                  # ["sample", "spr"]; imports none of them
layout = layout_of("spr", Order(workplace=Path("data")))
"""

from __future__ import annotations

import pkgutil
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from xrays.errors import UserError
from xrays.next_command import command
from xrays.sources._order import WAYS_OUT, Order

if TYPE_CHECKING:
    from xrays.layout import Layout

__all__ = ["Order", "Source", "layout_of", "load_source", "source_names"]


class Source(Protocol):
    """A file of this folder. TITLE: what it is, for a list."""

    TITLE: str

    def layout(self, order: Order) -> Layout:
        """What there is, fetched or made first where it has to be. Raises UserError when it cannot be had."""
        ...


def source_names() -> list[str]:
    """Names of all sources. Imports none of them."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))


def load_source(name: str) -> Source:
    """The source of a name of source_names()."""
    source: Source = import_module(f"xrays.sources.{name}")
    return source


def layout_of(word: str, order: Order) -> Layout:
    """Of a source by its name, or of a folder in the SPR layout by its path. Raises UserError when the word is
    neither, or what it stands for cannot be had."""
    from xrays.sources._folder import read_folder, spelled_out  # not before: `--help` lists the sources

    folder = Path(word)
    if word in source_names():
        if folder.is_dir():
            order.say(f"taking the source {word}; for the folder of that name: {command('prepare', f'./{word}')}")
        return load_source(word).layout(order)
    if order.version is not None:
        raise UserError(f"--version {order.version} for a folder", "only with spr", command("prepare", word))
    if not folder.is_dir():
        accepted = f"{', '.join(source_names())}, or a folder: {spelled_out()}"
        raise UserError(f"{word} is neither a folder nor a source", accepted, WAYS_OUT)
    return read_folder(folder)
