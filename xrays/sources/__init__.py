"""Where films come from. Every file here without an underscore is a source, by its name on the command line, with
TITLE, FOLDER, NEEDED, OPTIONS and `layout(order) -> Layout` (xrays/layout.py); a folder in the SPR layout is read as
it lies.

source_names()                                                  # ["sample", "spr"]; imports none of them
layout = layout_of("spr", Order(workplace=Path("data")))
"""

from __future__ import annotations

import pkgutil
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from xrays.errors import UserError
from xrays.next_command import command, option
from xrays.sources._order import WAYS_OUT, Order

if TYPE_CHECKING:
    from xrays.layout import Layout

__all__ = ["Order", "Source", "layout_of", "load_source", "source_names"]


class Source(Protocol):
    """A file of this folder. TITLE: what it is, for a list. FOLDER: whether it reads a folder of the user's. OPTIONS:
    names of the options of `prepare` that it takes, with _ for -; it is given no other. NEEDED: those of them that
    name a file without which there is nothing."""

    TITLE: str
    FOLDER: bool
    NEEDED: tuple[str, ...]
    OPTIONS: tuple[str, ...]

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
    neither, for a folder or an option that the source does not take, and when what is ordered cannot be had."""
    from xrays.sources._folder import read_folder, spelled_out  # not before: `--help` lists the sources

    folder = Path(word)
    if word in source_names():
        if folder.is_dir() and order.folder is None:
            order.say(f"taking the source {word}; for the folder of that name: {command('prepare', f'./{word}')}")
        source = load_source(word)
        _check_folder(word, source, order)
        _check_options(word, source.OPTIONS, order)
        return source.layout(order)
    _check_options(word, (), order)
    if order.folder is not None:
        given, accepted = f"{word} is no source, and {order.folder} a second word", ", ".join(source_names())
        raise UserError(given, accepted, command("prepare", order.folder))
    if not folder.is_dir():
        accepted = f"{', '.join(source_names())}, or a folder: {spelled_out()}"
        raise UserError(f"{word} is neither a folder nor a source", accepted, WAYS_OUT)
    return read_folder(folder)


def _check_folder(word: str, source: Source, order: Order) -> None:
    taken = {name: text for name, text in order.options.items() if name in source.OPTIONS}
    whole = {**dict.fromkeys(source.NEEDED, "FILE"), **taken}
    remedy = command("prepare", *replace(order, folder=Path("DIR"), options=whole).words(word))
    if source.FOLDER and order.folder is None:
        raise UserError(f"prepare {word} without a folder", "the folder of the films", remedy)
    if source.FOLDER and order.folder is not None and not order.folder.is_dir():
        raise UserError(f"{order.folder} is no folder", "the folder of the films", remedy)
    if not source.FOLDER and order.folder is not None:
        without, alone = command("prepare", word), command("prepare", order.folder)
        raise UserError(
            f"prepare {word} {order.folder}", f"{word} takes no folder", f"{alone}   (its films), or {without}"
        )


def _check_options(word: str, taken: tuple[str, ...], order: Order) -> None:
    for name, text in order.options.items():
        if name not in taken:
            rest = {each: text for each, text in order.options.items() if each in taken}
            takers = [f"prepare {each}" for each in source_names() if name in load_source(each).OPTIONS]
            raise UserError(
                f"{option(name, text)} with prepare {word}",
                f"only with {' or '.join(takers)}",
                command("prepare", *replace(order, options=rest).words(word)),
            )
