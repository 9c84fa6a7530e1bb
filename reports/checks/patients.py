"""Films whose patients nobody knows."""

from __future__ import annotations

from reports._drawing.words import sentence_case
from reports._evidence.groups import Group
from reports.checks._check import Check, Finding
from xrays.patients import patients_said

CHECK = Check(
    order=30,
    title="Unknown patients",
    section="splits",
    why="Films of one patient in two folds let a network recognise the patient; where patients are not known nobody "
    "can keep them together.",
)


def look(group: Group) -> Finding:
    """A hint where some patient is unknown."""
    said = patients_said(group.films.groups)
    if said is None:
        return Finding("passed", "The patient of every film is known, and all films of a patient are in one split.")
    return Finding(
        "hint",
        f"{sentence_case(said)}.",
        "If several of these are of one patient, scores are too good and intervals too narrow: prepare the films "
        "with their patients.",
    )
