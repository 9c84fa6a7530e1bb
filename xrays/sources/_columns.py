"""Which column of a table holds what: as it was typed, or guessed by the names that collections give theirs.

columns = Columns(table, order.options)
columns.of("gender")            # "Sex", or None where nothing is known by such a name
columns.said                    # ["taking Sex as gender"]: of what was guessed
collection_of(table)            # the row of COLLECTIONS that it is from, or None
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from xrays.labels import LABELS
from xrays.sources._table_file import Table, key_of

# What is looked for: names of columns, the first that is there. `Sex` and `SEX` are one, so are `Patient ID` and
# `patient_id`. A label of xrays/labels.py is found under its own name, too.
GUESSES: dict[str, tuple[str, ...]] = {
    "id": (
        "Image Index",
        "Path",
        "PngPath",
        "ImageID",
        "dicom_id",
        "image_id",
        "file_name",
        "filename",
        "file",
        "image",
    ),
    "age": ("Patient Age", "age_years", "AgeAtStudy", "PatientAge_DICOM"),
    "gender": ("Sex", "Patient Gender", "Patient Sex", "PatientSex_DICOM"),
    "patient": ("Patient ID", "subject_id", "patient_number", "patient", "subject"),
    "birth": ("PatientBirth", "Patient Birth Date", "date_of_birth", "birth_date", "dob"),
    "study": ("StudyDate_DICOM", "StudyDate", "date_of_study", "study_date"),
    "anchor_age": ("anchor_age",),
    "anchor_year": ("anchor_year",),
    "view": ("View Position", "Projection", "AP/PA", "Frontal/Lateral", "view"),
    "follow_up": ("Follow-up #", "follow_up"),
    "split": ("split",),
}


@dataclass(frozen=True)
class Collection:
    """A published table. marks: columns that tell it. zero_is_none: whether an age of 0 stands for none. note: what a
    user should know of its labels. elsewhere: where its labels are, if not in this table; instead: what is typed
    then."""

    name: str
    marks: tuple[str, ...]
    zero_is_none: bool = False
    note: str = ""
    elsewhere: str = ""
    instead: tuple[str, ...] = ()


COLLECTIONS = (
    Collection(
        "CheXpert",
        ("Path", "Sex", "Age", "Frontal/Lateral", "AP/PA"),
        zero_is_none=True,
        note="an age of 0 stands for none there, and 90 for all from 90 on",
    ),
    Collection("PadChest", ("ImageID", "PatientID", "PatientBirth", "StudyDate_DICOM", "PatientSex_DICOM")),
    Collection(
        "MIMIC-CXR-JPG",
        ("dicom_id", "subject_id"),
        elsewhere="this table with three columns of MIMIC-IV's `patients`, joined by subject_id: gender, anchor_age, "
        "anchor_year",
        instead=("prepare", "table", "DIR", "--labels", "JOINED.csv"),
    ),
    Collection(
        "BRAX",
        ("PngPath", "PatientID", "PatientSex", "PatientAge"),
        note="ages are groups of five years, so no error below 2.5 years can be told from none",
    ),
    Collection(
        "VinDr-CXR",
        ("image_id", "rad_id"),
        elsewhere="its ages and sexes are in the DICOM files alone, and in some of them only",
        instead=("prepare", "dicom", "DIR"),
    ),
)


def collection_of(table: Table) -> Collection | None:
    """The first of COLLECTIONS that has all of its marks among the columns of the table."""
    return next((each for each in COLLECTIONS if set(each.marks) <= set(table.header)), None)


@dataclass(frozen=True)
class Columns:
    """typed: name of what is looked for -> the column that the user has named. said: lines about what was guessed."""

    table: Table
    typed: Mapping[str, str]
    said: list[str] = field(default_factory=list)

    def has(self, *parts: str) -> bool:
        """Whether there is a column for each of what is looked for."""
        found = (any(key_of(name) in self.table.by_key for name in GUESSES[part]) for part in parts)
        return all(part in self.typed or known for part, known in zip(parts, found, strict=True))

    def of(self, what: str) -> str | None:
        """The column of what is looked for. Raises UserError for a typed one that the table does not have."""
        if what in self.typed:
            self.table.column(self.typed[what])
            return self.typed[what]
        names = (what, *GUESSES.get(what, ())) if what in LABELS else GUESSES[what]
        column = next((self.table.by_key[key_of(name)] for name in names if key_of(name) in self.table.by_key), None)
        if column is not None:
            self.said.append(f"taking {column} as {what.replace('_', ' ')}")
        return column
