"""What may be known of a film: a row of LABELS for each label. Tasks predict labels, folds are made even in them.

    LABELS["gender"].class_names[1]         # "male"
    LABELS["age"].group_names[1]            # "20–29"

A new label is a new row of LABELS; what predicts it is a row of xrays/tasks.py. Its values: xrays/label_values.py.
"""

from __future__ import annotations

import math
from collections.abc import Container
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

# What else is kept beside the labels, in films.csv or in a run's plan.npz.
RESERVED = ("imageId", "path", "group", "state", "ids", "groups", "assignment", "file", "reason")


@dataclass(frozen=True, kw_only=True)
class Label:
    """One label: what its values are, and how files and people spell them.

    name: the word for it, and its column in every file. kind: a number, or one of two classes, 0 and 1.
    least, most: the smallest and the largest number that is believed, in `unit`. ends: what speaks for a smaller and
    for a larger value; extremes: what very small and very large ones are. class_names: of class 0 and class 1;
    neither: words, in small letters, for those who are known to be of neither class. of_patient: whether a patient
    has the same of it on all films, or what does not fall from film to film, "" where neither need be.
    edges: where one band of a number ends and the next begins, ascending; the first and the last band are open.
    decimals: with which a number is said, an error with one more. stratum: whether folds are even in every
    combination of its groups with those of the other such labels, not only in its own groups as far as these leave
    room; False for one label of many, whose combinations would be as many as films.
    """

    name: str
    kind: Literal["number", "binary"]
    unit: str = ""
    least: float = -math.inf
    most: float = math.inf
    ends: tuple[str, str] = ("lower", "higher")
    extremes: tuple[str, str] = ("low", "high")
    class_names: tuple[str, ...] = ()
    neither: tuple[str, ...] = ()
    of_patient: Literal["", "same", "rising"] = ""
    edges: tuple[float, ...] = ()
    decimals: int = 1
    stratum: bool = True

    def __post_init__(self) -> None:
        """Raises ValueError for a row that cannot be used."""
        if not self.name.isidentifier() or self.name in RESERVED:
            raise ValueError(f"a label cannot be named {self.name!r}")
        if (self.kind == "binary") != (len(self.class_names) == 2) or (self.kind == "number") != bool(self.edges):
            raise ValueError(f"{self.name}: a number has edges, a binary label two class names")

    @property
    def group_names(self) -> tuple[str, ...]:
        """What the label tells films apart by: its classes, or the bands of its numbers, the lowest first."""
        if self.kind == "binary":
            return self.class_names
        # Of whole numbers the last one that belongs to the band.
        last = 1 if all(isinstance(edge, int) for edge in self.edges) else 0
        between = (f"{low:g}–{high - last:g}" for low, high in pairwise(self.edges))
        return (f"under {self.edges[0]:g}", *between, f"{self.edges[-1]:g} and over")


LABELS: dict[str, Label] = {
    label.name: label
    for label in (
        Label(
            name="age",
            kind="number",
            unit="years",
            least=0,
            most=120,
            ends=("younger", "older"),
            extremes=("young", "old"),
            edges=(20, 30, 40, 50, 60, 70, 80),
            of_patient="rising",
        ),
        Label(
            name="gender",
            kind="binary",
            class_names=("female", "male"),
            neither=("o", "other", "u", "x"),
            of_patient="same",
        ),
    )
}


def strata_of(names: Container[str]) -> list[Label]:
    """Those of the labels of these names in whose combinations folds are even, in the order of LABELS."""
    return [label for name, label in LABELS.items() if label.stratum and name in names]
