"""Decodes a folder of films once, so that every search starts from one memory-mapped file.

    arrays = prepare(layout_of("spr", order), Path("data/spr128"), size=128)
    prepare_sizes(layout, {64: Path("data/spr64"), 128: Path("data/spr128")})       # every film decoded once

Everything is written under a temporary name and renamed at the end: a prepared folder is whole or absent. What an
interrupted call has done stays there, and the same call goes on with it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from xrays.arrays import XrayArrays, films_table
from xrays.decoding import Progress, decode
from xrays.errors import UserError
from xrays.full_disk import full_disk
from xrays.intact import begin_check
from xrays.layout import Layout
from xrays.next_command import command
from xrays.partial import beside, finish
from xrays.pixels.recipe import PLAIN, PixelRecipe
from xrays.prepared_folder import fill, refuse_too_many, tables_of
from xrays.seal import META, read_meta
from xrays.strict_json import as_json

# Of the folder. 2: with prints of single films; 3: sealed; 4: columns, facts, what is left out; 5: two hashes a film.
FORMAT = 5


def prepare(
    layout: Layout,
    out: Path,
    *,
    size: int,
    recipe: PixelRecipe = PLAIN,
    progress: Progress = lambda done, total: None,
) -> XrayArrays:
    """As `prepare_sizes`, for one of them."""
    return prepare_sizes(layout, {size: out}, recipe=recipe, progress=progress)[size]


def prepare_sizes(
    layout: Layout,
    outs: Mapping[int, Path],
    *,
    recipe: PixelRecipe = PLAIN,
    progress: Progress = lambda done, total: None,
) -> dict[int, XrayArrays]:
    """Decodes the films of a layout (xrays/sources), writes arrays of size×size to each size's folder, each as if it
    had been the only one.

    progress(done, total) is called after every film. Gives the existing arrays where a folder was made from the same
    labels, files, size and recipe. Raises UserError when one holds something else or more than 5 % of the films were
    rejected.
    """
    for size in outs:
        check_size(size)
    requests, words = _requests(layout, outs, recipe), (*layout.words, *recipe.words())
    found = {size: _existing(out, requests[size], words, size) for size, out in outs.items() if out.exists()}
    missing = {size: out for size, out in outs.items() if size not in found}
    if missing:
        try:
            _decode_into(missing, layout, recipe, requests, progress)
        except OSError as error:
            raise _told(error, missing, len(layout.ids)) from None
    made = {size: _existing(out, requests[size], words, size) for size, out in missing.items()}
    return {size: (found | made)[size] for size in outs}


def check_size(size: int) -> None:
    """Raises UserError for a size that no film should be prepared at."""
    if not 16 <= size <= 1024:
        raise UserError(f"--size {size}", "16 to 1024 pixels", "python cli.py prepare DIR --size 128")


def _decode_into(
    outs: Mapping[int, Path], layout: Layout, recipe: PixelRecipe, requests: Mapping[int, str], progress: Progress
) -> None:
    """All of it for folders that are not there, by size."""
    words = (*layout.words, *recipe.words())
    again = {size: command("prepare", *words, out=out, size=size) for size, out in outs.items()}
    for size, out in outs.items():  # before all films are decoded
        refuse_too_many(layout, len(layout.ids), layout.rejected, out, again[size])
    with ExitStack() as stack:
        partials = {size: stack.enter_context(beside(out, requests[size])) for size, out in outs.items()}
        # Another process may have been faster.
        partials = {size: partial for size, partial in partials.items() if not outs[size].exists()}
        outcomes = decode(layout.paths, partials, recipe, progress)
        for size, partial in partials.items():
            tables = tables_of(layout, outcomes[size])
            refuse_too_many(layout, len(tables.films), tables.rejected, outs[size], again[size])
            fill(partial, layout, tables, size=size, recipe=recipe, request=requests[size])
            finish(partial, outs[size])


def _told(error: OSError, outs: Mapping[int, Path], films: int) -> Exception:
    """What to raise instead: the error itself where it tells of no full disk."""
    sizes = " and ".join(f"{size}×{size}" for size in outs)
    room = films * sum(size**2 for size in outs) / 1e9
    full = full_disk(
        error,
        next(iter(outs.values())).parent,
        f"room for {films:,} films at {sizes} px: {room:.2f} GB",
        "make room, or another --out, or a smaller --size; the same command again",
    )
    return full or error


def _requests(layout: Layout, sizes: Iterable[int], recipe: PixelRecipe) -> dict[int, str]:
    """Size -> hash of all that decides the result, without decoding: labels, sizes and times of the files, pixels.
    Where the folder lies is no part of it."""
    files = [_state(Path(path)) for path in layout.paths]
    films = films_table(layout.ids, layout.labels, layout.groups, layout.columns).assign(state=files)
    tables = (films, layout.rejected.drop(columns="file"), layout.left_out.drop(columns="file"))
    content, then = "".join(table.to_csv() for table in tables), f"{as_json(recipe.record())}{FORMAT}"
    return {size: hashlib.sha256(f"{content}{size}{then}".encode()).hexdigest() for size in sizes}


def _state(path: Path) -> str:
    if not path.exists():  # a link to nothing: rejected when it is decoded
        return "missing"
    return f"{path.stat().st_size} {path.stat().st_mtime_ns}"


def _existing(out: Path, request: str, words: Sequence[str], size: int) -> XrayArrays:
    made = (out / META).exists()
    if made and read_meta(out)["request"] == request:
        arrays = XrayArrays.open(out)
        begin_check(arrays).result()
        return arrays
    # It is never proposed to remove anything: what `prepare` has not made may be all that somebody has, and beside
    # what it has made lies who has looked at the hold-out.
    raise UserError(
        f"{out} exists and was not made from these films at this size" if made else f"{out} is not made by `prepare`",
        "a new folder",
        command("prepare", *words, out=out.resolve().with_name(f"{out.resolve().name}-2"), size=size),
    )
