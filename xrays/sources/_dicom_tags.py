"""What a DICOM file's tags say of the patient and the view, before its pixels are looked at.

told = told_by(Path("IM0001"))
told.age                # "058Y", or "57": whole years from birth to study; "" where nobody knows
told.unwanted           # "is a lateral view"
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from xrays.label_texts import Unreadable, is_missing, years_between
from xrays.pixels.dicom.opened import tags_of
from xrays.pixels.dicom.refusals import left_out, view_of
from xrays.pixels.dicom.tags import code, text
from xrays.pixels.film import UnreadableFilm

if TYPE_CHECKING:
    from pydicom import Dataset

FILLER = re.compile(r"0+Y?", re.IGNORECASE)  # of PatientAge, by those who remove what tells who somebody is
DATE = re.compile(r"[0-9]{8}")
NO_BIRTH = "19000101"  # what is written where a date must stand
LONGEST_AGE = 4  # by the standard; more of it may be anything, and is shown where it is no age
STUDY_DATES = ("StudyDate", "AcquisitionDate", "ContentDate")

KEYWORDS = (
    *("Modality", "BodyPartExamined", "NumberOfFrames", "ViewPosition", "ViewCodeSequence"),
    *("ImageLaterality", "Laterality", "BurnedInAnnotation"),
    *("PatientAge", "PatientSex", "PatientID", "PatientBirthDate", *STUDY_DATES),
)


@dataclass(frozen=True)
class Told:
    """age, sex: texts as xrays/label_values.py reads them; patient: PatientID; view: see
    xrays/pixels/dicom/refusals.py; laterality: L or R, hardly ever said of a chest; burnt_in: whether the film has
    text in it that tells who the patient is. Texts are "" where nothing is known. fault: why the file cannot be read;
    unwanted: why it is left out."""

    age: str = ""
    sex: str = ""
    patient: str = ""
    view: str = ""
    laterality: str = ""
    burnt_in: bool = False
    fault: str | None = None
    unwanted: str | None = None


def told_by(path: Path) -> Told:
    """Of a file of any kind; never raises because of what it holds."""
    try:
        tags = tags_of(path, KEYWORDS)
    except UnreadableFilm as error:
        return Told(fault=str(error))
    return Told(
        age=age_text(tags),
        sex=text(tags, "PatientSex"),
        patient=text(tags, "PatientID"),
        view=view_of(tags),
        laterality=code(tags, "ImageLaterality") or code(tags, "Laterality"),
        burnt_in=code(tags, "BurnedInAnnotation") == "YES",
        unwanted=left_out(tags),
    )


def age_text(tags: Dataset) -> str:
    """PatientAge as it stands; where it is empty or zero years, the years between the dates, if there are any. No
    text of a date: it would tell who somebody is."""
    said = text(tags, "PatientAge")
    if not is_missing(said) and not FILLER.fullmatch(said):
        return said if len(said) <= LONGEST_AGE else f"{said[:LONGEST_AGE]}…"
    between = years_by_dates(tags)
    return "" if math.isnan(between) else f"{between:g}"


def years_by_dates(tags: Dataset) -> float:
    """Whole years from PatientBirthDate to the first study date that is one, NaN where either is missing or is none:
    some write hashes there."""
    birth = text(tags, "PatientBirthDate")
    if not DATE.fullmatch(birth) or birth == NO_BIRTH:
        return math.nan
    for keyword in STUDY_DATES:
        study = text(tags, keyword)
        try:
            if DATE.fullmatch(study):
                return years_between(birth, study)
        except Unreadable:
            continue
    return math.nan
