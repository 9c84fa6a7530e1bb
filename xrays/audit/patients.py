"""For how many films it is known whose they are: folds can keep together only what is known to belong together."""

from __future__ import annotations

from xrays.audit._collection import Collection
from xrays.audit._finding import Check, Finding
from xrays.patients import whose

CHECK = Check(
    order=45,
    title="Patients",
    note="Films of one patient resemble each other. Where they are not known to be of one patient, some are trained "
    "on and others scored, and scores come out too good.",
)


def look(collection: Collection) -> Finding:
    """A hint where some or all patients are unknown."""
    of = whose(collection.groups)
    known = of.films - of.unknown
    figures = {"films": of.films, "known": known, "patients": of.patients}
    if not of.unknown:
        return Finding("passed", f"{of}.", "", figures)
    if known:
        found = (
            f"Patients are known for {known:,} of {of.films:,} films ({of.patients:,} patients); each of the others "
            "counts as one patient."
        )
    else:
        found = (
            f"Patients are known for none of the {of.films:,} films: each counts as one patient. Where several films "
            "are of one, scores are too good; copies of one picture are all that is kept together."
        )
    return Finding("hint", found, "", figures)
