"""Patients whose films contradict each other: two genders, or an age that falls over time."""

from __future__ import annotations

from xrays.audit._collection import Collection
from xrays.audit._finding import Check, Finding, Table
from xrays.conflicts import conflicts
from xrays.patients import patient_known

CHECK = Check(
    order=40,
    title="Patients whose films contradict each other",
    note="Nobody knows which of the films is right, or whether they are of one patient at all. That an age falls is "
    "seen where the collection tells the order of a patient's films in time. Copies count as of one patient.",
)
LISTED = 50


def look(collection: Collection) -> Finding:
    """Not applicable where no patient is known."""
    known = patient_known(collection.groups)
    if not known.any():
        return Finding("not applicable", "No film's patient is known.")
    table = conflicts(collection.ids, collection.groups, collection.labels, collection.arrays.columns)
    if table.empty:
        return Finding("passed", "No patient's films contradict each other.", "", {"patients": 0})
    patients = list(dict.fromkeys(table["patient"]))
    kinds = {str(kind): int(n) for kind, n in table["conflict"].value_counts().items()}
    counted = "; ".join(f"{n:,} × {kind}" for kind, n in kinds.items())
    found = f"The films of {len(patients):,} patient{'s' * (len(patients) != 1)} contradict each other: {counted}."
    rows = tuple((str(row.patient), str(row.conflict), str(row.films)) for row in table.head(LISTED).itertuples())
    more = f", the first {LISTED} of {len(table):,}" if len(table) > LISTED else ""
    listed = Table(f"Conflicts{more}", ("Patient", "Conflict", "Films"), rows, words=True)
    figures = {"patients": len(patients), "conflicts": kinds, "names": patients[:1000]}
    return Finding("problem", found, collection.prepare_again(conflicts="drop"), figures, (listed,))
