"""Films that are one picture under several ids, and whether their labels agree."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from xrays.audit._collection import Collection
from xrays.audit._finding import Check, Films, Finding, Part, Table

CHECK = Check(
    order=20,
    title="Copies of one picture",
    note="Pictures are compared by a hash that survives scaling, compression, another brightness and inversion. "
    "Copies count as films of one patient, so that no fold and no hold-out parts them; what their labels disagree "
    "in is wrong for one of them.",
)
LISTED, SHOWN = 50, 4


def look(collection: Collection) -> Finding:
    """Not applicable for labels without films."""
    if collection.facts is None:
        return Finding("not applicable", "There are no films.")
    sets = sets_of(collection.facts["same_as"].to_numpy(np.int64))
    if not sets:
        return Finding("passed", "No two films are the same picture.", figures={"sets": 0, "films": 0})
    disagreeing = [rows for rows in sets if _differ(collection, rows)]
    films, beyond = sum(map(len, sets)), sum(len(rows) - 1 for rows in sets)
    found = (
        f"{films:,} films are {len(sets):,} pictures: {beyond:,} of them are copies, exact or nearly so. "
        f"{_agreement(len(disagreeing))}"
    )
    ordered = [*disagreeing, *(rows for rows in sets if not _differ(collection, rows))]
    parts: list[Part] = [_table(collection, ordered)]
    if collection.images is not None:
        shown = [row for rows in ordered[:SHOWN] for row in rows[:2]]
        parts.append(Films("Copies side by side", tuple((row, collection.caption(row)) for row in shown)))
    figures = {
        "sets": len(sets),
        "films": films,
        "copies": beyond,
        "disagreeing": len(disagreeing),
        "ids": [collection.ids[list(rows)].tolist() for rows in ordered[:1000]],
    }
    mend = collection.prepare_again() if disagreeing else ""
    return Finding("problem" if disagreeing else "hint", found, mend, figures, tuple(parts))


def sets_of(same_as: NDArray[np.int64]) -> list[tuple[int, ...]]:
    """Rows of the films of every picture that several films show. same_as: (N,) id of its first film."""
    order = np.argsort(same_as, kind="stable")
    edges = np.flatnonzero(np.diff(same_as[order])) + 1
    return [tuple(rows.tolist()) for rows in np.split(order, edges) if len(rows) > 1]


def _agreement(disagreeing: int) -> str:
    if not disagreeing:
        return "Their labels agree, and folds keep them together: nothing has to be done."
    pictures = "picture has" if disagreeing == 1 else "pictures have"
    return f"{disagreeing:,} {pictures} labels that disagree: mend or remove these rows, then prepare the films anew."


def _differ(collection: Collection, rows: tuple[int, ...]) -> bool:
    """Whether two of the films have another value of a label."""
    return any(len({v for v in given[list(rows)].tolist() if np.isfinite(v)}) > 1 for given in _known(collection))


def _known(collection: Collection) -> list[NDArray[np.float32]]:
    return list(collection.labels.values())


def _table(collection: Collection, sets: list[tuple[int, ...]]) -> Table:
    rows = tuple(
        (
            ", ".join(str(collection.ids[row]) for row in rows[:10]) + (" …" if len(rows) > 10 else ""),
            "disagree" if _differ(collection, rows) else "agree",
            "; ".join(dict.fromkeys(collection.caption(row).partition(", ")[2] or "none" for row in rows)),
        )
        for rows in sets[:LISTED]
    )
    more = f", the first {LISTED} of {len(sets):,}" if len(sets) > LISTED else ""
    return Table(f"Films that show one picture{more}", ("imageId", "Labels", "Values"), rows, words=True)
