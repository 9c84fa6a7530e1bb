"""For how many films it is known whose they are: folds can keep together only what is known to belong together."""

from __future__ import annotations

import numpy as np

from xrays.audit._collection import Collection
from xrays.audit._finding import Check, Finding
from xrays.patients import patient_known

CHECK = Check(
    order=45,
    title="Patients",
    note="Films of one patient resemble each other. Where they are not known to be of one patient, some are trained "
    "on and others scored, and scores come out too good.",
)


def look(collection: Collection) -> Finding:
    """A hint where some or all patients are unknown."""
    known, films = patient_known(collection.groups), len(collection.ids)
    patients = len(np.unique(collection.groups[known]))
    figures = {"films": films, "known": int(known.sum()), "patients": patients}
    if known.all():
        return Finding("passed", f"{films:,} films are of {patients:,} patients.", "", figures)
    if known.any():
        found = (
            f"Patients are known for {int(known.sum()):,} of {films:,} films ({patients:,} patients); the others "
            "count as one patient each."
        )
    else:
        found = (
            f"Patients are known for none of the {films:,} films: each counts as one patient. Where several films "
            "are of one, scores are too good; copies of one picture are all that is kept together."
        )
    return Finding("hint", found, "", figures)
