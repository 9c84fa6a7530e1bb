"""How many films came in, how many were left out, and why."""

from __future__ import annotations

from xrays.audit._collection import Collection
from xrays.audit._finding import Check, Finding, Table
from xrays.flow import flow

CHECK = Check(
    order=60,
    title="Flow of films",
    note="From what the collection lists to what a search can use. Rejected are films and rows that are broken; left "
    "out is what is whole and not wanted. All of them, with their files, are in rejected.csv and left_out.csv.",
)
MUCH, LISTED = 0.02, 20


def look(collection: Collection) -> Finding:
    """Of labels without films: how many rows of labels there are."""
    figures = flow(len(collection.ids), collection.rejected, collection.left_out)
    came, used, rejected, left_out = (figures[name] for name in ("came", "used", "rejected", "left_out"))
    what = "films" if collection.images is not None else "rows of labels"
    found = f"Of {came:,} {what} {used:,} are used, {rejected:,} rejected, {left_out:,} left out."
    reasons = figures["reasons"]
    listed = [(reason, kind, f"{n:,}") for kind, of in reasons.items() for reason, n in list(of.items())[:LISTED]]
    rows = (("all", "came in", f"{came:,}"), *listed, ("all others", "used", f"{used:,}"))
    table = Table(f"Flow of {what}", ("Reason", "What became of it", "Number"), rows, words=True)
    much = rejected > MUCH * max(1, came)
    return Finding("hint" if much else "passed", found, "", figures, (table,))
