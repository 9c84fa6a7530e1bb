"""The preparation of films as the user sees it: bars while films are drawn or decoded, what came of it, what is next.

prepare(PrepareOptions("spr", Path("data")), say=print)             # [Path("data/spr128")]
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from runners._commands.told import told_of
from runners._terminal.bar import progress_bar
from xrays.arrays import XrayArrays
from xrays.conflicts import without_conflicts
from xrays.errors import UserError
from xrays.next_command import command, option
from xrays.pixels.recipe import NEGATIVE, PLAIN, PixelRecipe
from xrays.prepare import check_size, prepare_sizes
from xrays.prepared_folder import MAX_REJECTED
from xrays.sources import Order, layout_of
from xrays.tasks import TASKS
from xrays.vectors import keep_vectors, names_of, vectors_of
from xrays.vectors_file import VectorsFile, read_vectors

CONFLICTS = ("keep", "drop")
HINTS = {NEGATIVE: " (--polarity auto puts them right)"}


@dataclass(frozen=True)
class PrepareOptions:
    """source, folder: see xrays.sources; root: where prepared folders lie. out: None for one below `root` that is
    named after source and size, and of several sizes the beginning of their names; sizes: px, a folder each;
    of_source: the options for the source, text by name; recipe: what is done to the films' pixels; conflicts: what
    becomes of patients whose films contradict each other, of CONFLICTS; features: a file of vectors that another
    model has made of the films, kept beside them, None for none; features_origin: that model, for people."""

    source: str
    root: Path
    out: Path | None = None
    sizes: tuple[int, ...] = (128,)
    folder: Path | None = None
    of_source: Mapping[str, str] = field(default_factory=dict)
    recipe: PixelRecipe = PLAIN
    conflicts: str = "keep"
    features: Path | None = None
    features_origin: str = ""


def recipe_of(polarity: str, keep_borders: bool, clahe: bool) -> PixelRecipe:
    """Of what was typed. Raises UserError for a polarity that is none."""
    if polarity not in ("keep", "auto"):
        raise UserError(f"--polarity {polarity}", "keep or auto", "python cli.py prepare DIR --polarity auto")
    return PixelRecipe("auto" if polarity == "auto" else "keep", "keep" if keep_borders else "crop", clahe)


def prepare(options: PrepareOptions, say: Callable[[str], None]) -> list[Path]:
    """Fetches and decodes the films, each once; says what came of it and returns a folder for each size, which may
    have been there. Raises UserError."""
    for size in options.sizes:
        check_size(size)
    if options.conflicts not in CONFLICTS:
        raise UserError(option("conflicts", options.conflicts), " or ".join(CONFLICTS), option("conflicts", "drop"))
    given = _features(options)
    with progress_bar() as bar:

        def counter(what: str) -> Callable[[int, int], None]:
            line = bar.add_task(what, visible=False)
            return lambda done, total: bar.update(line, completed=done, total=total, visible=True)

        order = Order(
            options.out.parent if options.out else options.root,
            options.folder,
            options.of_source,
            say=lambda line: bar.console.print(line, markup=False, highlight=False, soft_wrap=True),
            progress=counter("gathering"),
        )
        layout = layout_of(options.source, order)
        if options.conflicts == "drop":
            layout = without_conflicts(layout)
        outs = _folders(options, layout.name)
        if given and given.ids is not None:
            # Before hours of decoding. Of what cannot be decoded there need be no vector.
            names = names_of(layout.columns)
            if (given.places(layout.ids, names) < 0).mean() > MAX_REJECTED:
                given.rows_of(layout.ids, names)
        known = {size for size, out in outs.items() if out.exists()}
        made = prepare_sizes(layout, outs, recipe=options.recipe, progress=counter("decoding"))
    for size, arrays in made.items():
        kind = "SYNTHETIC films" if arrays.synthetic else "films"
        before = "already prepared: " if size in known else ""
        say(f"{before}{len(arrays.ids)} {kind} at {size}×{size} px in {outs[size]}")
        if given:
            kept = keep_vectors(arrays, given, options.features_origin)
            order_of = " taken in the order of imageId" * (given.ids is None)
            say(f"vectors: {kept.width} numbers a film{order_of}, from {kept.file}, kept beside them")
    arrays = next(iter(made.values()))  # of the same films as the others
    for line in told_of(arrays, words=(*layout.words, *options.recipe.words())):
        say(line)
    for note, films in _notes(arrays).items():
        say(f"{films} films: {note}{HINTS.get(note, '')}")
    return list(outs.values())


def _features(options: PrepareOptions) -> VectorsFile | None:
    """The file of vectors, if one was given."""
    if options.features is not None:
        return read_vectors(options.features)
    if options.features_origin:
        raise UserError(
            option("features-origin", options.features_origin), "--features with the file", option("features", "FILE")
        )
    return None


def _folders(options: PrepareOptions, name: str) -> dict[int, Path]:
    """By size. name: of the source."""
    if options.out and len(set(options.sizes)) == 1:
        return {options.sizes[0]: options.out}
    named = options.out or options.root / name
    apart = "-" if named.name[-1:].isdigit() else ""  # of "films 2024" at 64 px
    return {size: named.with_name(f"{named.name}{apart}{size}") for size in options.sizes}


def next_search(prepared: Path) -> str:
    """The command that searches on the films of a prepared folder, for a task that some of them have the label of."""
    arrays = XrayArrays.open(prepared)
    space = "embedding" if vectors_of(arrays) else None
    return command("search", task=_searchable(arrays), trials=50, data=prepared, space=space)


def _notes(arrays: XrayArrays) -> dict[str, int]:
    """What was done to films beyond the plain way, or seen on them: how many, the most frequent first."""
    listed = arrays.facts().notes
    return dict(Counter(note for of_film in listed[listed != ""] for note in of_film.split("; ")).most_common())


def _searchable(arrays: XrayArrays) -> str:
    """The first task that some film has the label of."""
    known = (name for name, task in TASKS.items() if np.isfinite(arrays.targets(task)).any())
    return next(known, next(iter(TASKS)))
