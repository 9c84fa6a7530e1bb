"""What a prepared folder holds beside its films, made of what came of every film.

tables = tables_of(layout, outcomes)
refuse_too_many(layout, len(tables.films), tables.rejected, out, again)
fill(partial, layout, tables, size=128, recipe=PLAIN, request=request)
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xrays.arrays import films_fingerprint, films_table, pixels_fingerprint
from xrays.conflicts import conflicts
from xrays.copies import copies_of, kept_together
from xrays.decoded import JOURNAL, Outcome
from xrays.errors import UserError
from xrays.intact import note_whole
from xrays.label_values import at_rows
from xrays.layout import REJECTED_COLUMNS, Layout, rejected_table
from xrays.patients import patient_known
from xrays.pixels.facts import facts_table
from xrays.pixels.recipe import PixelRecipe
from xrays.seal import CONFLICTS, FACTS, FILMS, IMAGES, LEFT_OUT, PRINTS, REJECTED, write_meta

MAX_REJECTED = 0.05
LISTED = ",".join(REJECTED_COLUMNS)  # how a list of rejected films begins


@dataclass(frozen=True)
class Tables:
    """films: those that are in the array, in its order, with groups that share a picture made one; rejected: all
    others that were to be; prints, facts: fingerprints and what was noted of those in the array."""

    films: pd.DataFrame
    rejected: pd.DataFrame
    prints: NDArray[np.uint64]
    facts: pd.DataFrame


def tables_of(layout: Layout, outcomes: Sequence[Outcome]) -> Tables:
    """outcomes: of the films of the layout, in its order."""
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
    return Tables(films, rejected, np.array([outcome.known_as for outcome in usable], np.uint64), facts)


def refuse_too_many(layout: Layout, films: int, rejected: pd.DataFrame, out: Path, again: str) -> None:
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


def fill(partial: Path, layout: Layout, tables: Tables, *, size: int, recipe: PixelRecipe, request: str) -> None:
    """Writes all of it and seals it; partial: the folder, with the array in it. request: see `prepare`."""
    films = tables.films
    _write(films, partial / FILMS)
    _write(tables.rejected, partial / REJECTED)
    _write(layout.left_out, partial / LEFT_OUT)
    contrary = conflicts(layout.ids, layout.groups, layout.labels, layout.columns)
    _write(contrary, partial / CONFLICTS)
    tables.facts.to_csv(partial / FACTS, index=False)
    np.save(partial / PRINTS, tables.prints)
    labelled = films_fingerprint(films.drop(columns=list(layout.columns)))
    meta = {
        **layout.about,
        "words": [*layout.words, *recipe.words()],
        "synthetic": layout.synthetic,
        "request": request,
        "films": labelled,
        "pixels": pixels_fingerprint(labelled, recipe.record(), partial / IMAGES),
        "columns": list(layout.columns),
        "count": len(films),
        "left_out": layout.left_out.reason.value_counts().to_dict(),
        "conflicts": contrary.conflict.value_counts().to_dict(),
        "patients_known": int(patient_known(films.group.to_numpy(np.str_)).sum()),
        "rejected": len(tables.rejected),
        "size": size,
        "preprocessing": recipe.record(),
    }
    write_meta(partial, meta)
    note_whole(partial, meta)
    (partial / JOURNAL).unlink()


def _write(table: pd.DataFrame, file: Path) -> None:
    """Texts in quotes: pandas leaves a lone carriage return bare, and takes it for the end of a row when it reads the
    same file (findings/carriage_return_in_pandas.sh)."""
    table.to_csv(file, index=False, quoting=csv.QUOTE_NONNUMERIC)
