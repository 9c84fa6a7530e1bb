"""A division that comes with a collection: a column that says of every film whether it is of train, val or test.

    given = given_split(arrays, "split", usable)
    given.held_out, given.development      # (N,) films of test; all others that have a word, whose folds are our own
    given.notes                            # what of it is not as the column has it, for the user

What is validated on is every fold in turn, so films of val are dealt to folds like those of train.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from xrays.arrays import XrayArrays
from xrays.errors import UserError
from xrays.next_command import command, option
from xrays.patients import whose

Part = Literal["train", "val", "test"]
WORDS: dict[str, Part] = {
    **dict.fromkeys(("train", "training", "trn", "train_val", "trainval", "development"), "train"),
    **dict.fromkeys(("val", "valid", "validate", "validation", "dev", "tune"), "val"),
    **dict.fromkeys(("test", "testing", "tst", "holdout", "hold-out", "hold_out"), "test"),
}


@dataclass(frozen=True)
class GivenSplit:
    """held_out, development: (N,) bool, no film and no patient in both. notes: sentences without a full stop."""

    held_out: NDArray[np.bool_]
    development: NDArray[np.bool_]
    notes: tuple[str, ...]


def given_split(arrays: XrayArrays, column: str, usable: NDArray[np.bool_]) -> GivenSplit:
    """usable: (N,) films that have any label. A patient on both sides stays in test, which others have scored on, and
    the patient's other films are not used. Raises UserError for a column that is not there or says something else."""
    parts = _parts(arrays, column)
    held_out, development = (usable & np.isin(parts, names) for names in (("test",), ("train", "val")))
    for side, name in ((held_out, "test"), (development, "train or val")):
        if not side.any():
            raise UserError(
                f"--split {column}: no film with a label is of {name} ({_counted(parts) or 'the column is empty'})",
                "a column with films of test, which are held out, and of train or val",
                "the same command without --split, and --holdout for the share that is held out",
            )
    both = development & np.isin(arrays.groups, arrays.groups[held_out])
    notes = []
    if (development & (parts == "val")).any():
        notes.append("films of val are dealt to folds with those of train")
    if both.any():
        of = whose(arrays.groups[both])
        copies = f", and copies of one picture: {of.groups - of.patients}" if of.unknown else ""
        notes.append(
            f"patients on both sides of the split: {of.patients}{copies}; their films beside those of test, which "
            f"are not used: {of.films}"
        )
    if wordless := int((usable & (parts == "")).sum()):
        notes.append(f"films without a word in column {column}, which are not used: {wordless}")
    return GivenSplit(held_out, development & ~both, tuple(notes))


def split_columns(arrays: XrayArrays) -> list[str]:
    """Columns of the films that say nothing but what is of train and what of test."""
    parts = {name: {*map(_part, np.unique(texts).tolist())} for name, texts in arrays.columns.items()}
    return [name for name, found in parts.items() if found >= {"train", "test"} and None not in found]


def _parts(arrays: XrayArrays, column: str) -> NDArray[np.str_]:
    """(N,) train, val, test, or "" for a film without a word."""
    if column not in arrays.columns:
        known = ", ".join(arrays.columns) or "none"
        like = split_columns(arrays)
        raise UserError(
            f"--split {column}: {arrays.path} has no such column",
            f"a column that its films have ({known})",
            f"the same command with {option('split', like[0])}" if like else "the same command without --split",
        )
    words, number = np.unique(arrays.columns[column], return_inverse=True)
    parts = [_part(word) for word in words]
    odd = {word: int((number == n).sum()) for n, word in enumerate(words) if parts[n] is None}
    if odd:
        most = max(odd, key=lambda word: odd[word])
        more = f", and {len(odd) - 1} more words" if len(odd) > 1 else ""
        raise UserError(
            f"--split {column}: {odd[most]} films have {str(most)[:40]!r} there{more}",
            f"nothing, or one of {', '.join(WORDS)}",
            f"the same command without --split; or {command('prepare', *arrays.meta.get('words', ()))} again, with "
            "these words in the table",
        )
    return np.array(parts, np.str_)[number]


def _part(word: str) -> str | None:
    """Which part a word means, "" for none; None for a word that means no part."""
    word = word.strip().lower()
    return WORDS.get(word) if word else ""


def _counted(parts: NDArray[np.str_]) -> str:
    return ", ".join(f"{count} of {part}" for part, count in Counter(parts[parts != ""].tolist()).items())
