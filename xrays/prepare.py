"""Decodes a folder of films once, so that every search starts from one memory-mapped file.

    arrays = prepare(layout_of("spr", order), Path("data/spr128"), size=128)

Everything is written under a temporary name and renamed at the end: a prepared folder is whole or absent. What an
interrupted call has done stays there, and the same call goes on with it.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Sequence
from itertools import count
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xrays.arrays import XrayArrays, films_fingerprint, films_table, pixels_fingerprint
from xrays.conflicts import conflicts
from xrays.copies import copies_of, kept_together
from xrays.decoding import JOURNAL, Outcome, Progress, decode
from xrays.errors import UserError
from xrays.full_disk import full_disk
from xrays.intact import begin_check, note_whole
from xrays.label_values import at_rows
from xrays.layout import REJECTED_COLUMNS, Layout, rejected_table
from xrays.next_command import command
from xrays.partial import beside, finish
from xrays.patients import patient_known
from xrays.pixels.facts import facts_table
from xrays.pixels.recipe import PLAIN, PixelRecipe
from xrays.seal import CONFLICTS, FACTS, FILMS, IMAGES, LEFT_OUT, META, PRINTS, REJECTED, read_meta, write_meta
from xrays.strict_json import as_json

MAX_REJECTED = 0.05
LISTED = ",".join(REJECTED_COLUMNS)  # how a list of rejected films begins
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
    """Decodes the films of a layout (xrays/sources), writes arrays of size×size to `out`.

    progress(done, total) is called after every film. Returns the existing arrays when `out` was made from the same
    labels, files, size and recipe. Raises UserError when `out` holds something else or more than 5 % of the films
    were rejected.
    """
    check_size(size)
    request, words = _request(layout, size, recipe), (*layout.words, *recipe.words())
    if out.exists():
        return _existing(out, request, words, size)
    again = command("prepare", *words, out=out, size=size)
    try:
        _refuse_too_many(layout, len(layout.ids), layout.rejected, out, again)  # before all films are decoded
        with beside(out, request) as partial:
            if out.exists():  # another process was faster
                return _existing(out, request, words, size)
            outcomes = decode(layout.paths, partial, size, recipe, progress)
            films, rejected, prints, facts = _tables(layout, outcomes)
            _refuse_too_many(layout, len(films), rejected, out, again)
            _write(films, partial / FILMS)
            _write(rejected, partial / REJECTED)
            _write(layout.left_out, partial / LEFT_OUT)
            contrary = conflicts(layout.ids, layout.groups, layout.labels, layout.columns)
            _write(contrary, partial / CONFLICTS)
            facts.to_csv(partial / FACTS, index=False)
            np.save(partial / PRINTS, prints)
            labelled = films_fingerprint(films.drop(columns=list(layout.columns)))
            meta = {
                **layout.about,
                "words": list(words),
                "synthetic": layout.synthetic,
                "request": request,
                "films": labelled,
                "pixels": pixels_fingerprint(labelled, recipe.record(), partial / IMAGES),
                "columns": list(layout.columns),
                "count": len(films),
                "left_out": layout.left_out.reason.value_counts().to_dict(),
                "conflicts": contrary.conflict.value_counts().to_dict(),
                "patients_known": int(patient_known(films.group.to_numpy(np.str_)).sum()),
                "rejected": len(rejected),
                "size": size,
                "preprocessing": recipe.record(),
            }
            write_meta(partial, meta)
            note_whole(partial, meta["pixels"])
            (partial / JOURNAL).unlink()
            finish(partial, out)
    except OSError as error:
        full = full_disk(
            error,
            out.parent,
            f"room for {len(layout.ids):,} films at {size}×{size} px: {len(layout.ids) * size**2 / 1e9:.2f} GB",
            "make room, or another --out, or a smaller --size; the same command again",
        )
        if full is None:
            raise
        raise full from None
    return XrayArrays.open(out)


def _write(table: pd.DataFrame, file: Path) -> None:
    """Texts in quotes: pandas leaves a lone carriage return bare, and takes it for the end of a row when it reads the
    same file (findings/carriage_return_in_pandas.sh)."""
    table.to_csv(file, index=False, quoting=csv.QUOTE_NONNUMERIC)


def check_size(size: int) -> None:
    """Raises UserError for a size that no film should be prepared at."""
    if not 16 <= size <= 1024:
        raise UserError(f"--size {size}", "16 to 1024 pixels", "python cli.py prepare DIR --size 128")


def _tables(
    layout: Layout, outcomes: Sequence[Outcome]
) -> tuple[pd.DataFrame, pd.DataFrame, NDArray[np.uint64], pd.DataFrame]:
    """The films that are in the array, in its order, all rejected ones, and of those that are in it the fingerprints
    and what was noted of them. Groups that share a picture are made one."""
    usable = [outcome for outcome in outcomes if outcome.facts is not None]
    rows = np.flatnonzero([outcome.reason is None for outcome in outcomes])
    noted = [outcome.facts for outcome in usable if outcome.facts is not None]
    first = copies_of([facts.hash for facts in noted], [facts.whole for facts in noted])
    groups = kept_together(layout.groups[rows], first)
    columns = {name: texts[rows] for name, texts in layout.columns.items()}
    films = films_table(layout.ids[rows], at_rows(layout.labels, rows), groups, columns)
    facts = facts_table(noted, [outcome.notes for outcome in usable])
    facts.insert(0, "imageId", layout.ids[rows])
    facts["same_as"] = layout.ids[rows][first]
    broken = rejected_table(
        (film, path, outcome.reason)
        for film, path, outcome in zip(layout.ids, layout.paths, outcomes, strict=True)
        if outcome.reason is not None
    )
    rejected = pd.concat([layout.rejected, broken], ignore_index=True)
    return films, rejected, np.array([outcome.known_as for outcome in usable], np.uint64), facts


def _refuse_too_many(layout: Layout, films: int, rejected: pd.DataFrame, out: Path, again: str) -> None:
    """Raises UserError, after all rejected films were written down with their reasons. films: how many are left;
    again: the command."""
    share = len(rejected) / max(1, films + len(rejected))
    if share <= MAX_REJECTED and films:
        return
    if not films:
        rejected = pd.concat([rejected, layout.left_out], ignore_index=True)
    out.parent.mkdir(parents=True, exist_ok=True)
    listed_in = _list_beside(out)
    rejected.to_csv(listed_in, index=False)
    reasons = rejected.reason.value_counts()
    first = rejected.iloc[0]
    listed = "; ".join(f"{count} × {reason}" for reason, count in reasons.head(3).items())
    raise UserError(
        f"{len(rejected)} of {films + len(rejected)} films in {layout.place} cannot be used: {listed}"
        f" (the first: imageId {first.imageId}, {first.file or 'no file'}: {first.reason}); all of them: {listed_in}",
        f"at most {MAX_REJECTED:.0%} rejected films",
        f"mend or remove those rows and files, then: {again}",
    )


def _list_beside(out: Path) -> Path:
    """Where rejected films are written down when nothing else is: a list of an earlier call is replaced, and no file
    of anybody's."""
    names = (out.with_name(f"{out.name}-rejected{number or ''}.csv") for number in count())
    return next(file for file in names if not file.exists() or file.read_bytes().startswith(LISTED.encode()))


def _request(layout: Layout, size: int, recipe: PixelRecipe) -> str:
    """Hash of all that decides the result, without decoding: labels, sizes and times of the files, pixels. Where the
    folder lies is no part of it."""
    files = [_state(Path(path)) for path in layout.paths]
    films = films_table(layout.ids, layout.labels, layout.groups, layout.columns).assign(state=files)
    tables = (films, layout.rejected.drop(columns="file"), layout.left_out.drop(columns="file"))
    content = "".join(table.to_csv() for table in tables)
    return hashlib.sha256(f"{content}{size}{as_json(recipe.record())}{FORMAT}".encode()).hexdigest()


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
