"""A folder of DICOM files, however they are named and nested: labels, patient and view come from their tags.

layout = layout(Order(workplace=Path("data"), folder=Path("export")))       # needs the extra `dicom`

Films are numbered by their paths, for names of files often are ids of patients. What is no frontal film of a chest is
left out (xrays/pixels/dicom/refusals.py). Patient ids become names that say nothing (_salt.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from xrays.cores import usable_cores
from xrays.errors import UserError
from xrays.extras import with_extra
from xrays.layout import Layout
from xrays.next_command import command
from xrays.pixels.dicom.tones import RULE
from xrays.pixels.read import INDEX, is_dicom
from xrays.sources._dicom_tags import Told, told_by
from xrays.sources._film_files import folders_below
from xrays.sources._order import Order
from xrays.sources._records import Records
from xrays.sources._salt import name_of, own_salt, salt_file

TITLE = "a folder of DICOM files"
FOLDER = True
NEEDED: tuple[str, ...] = ()
OPTIONS = ()


def layout(order: Order) -> Layout:
    """Reads the tags of every DICOM file below the folder. Raises UserError without the extra, and for a folder that
    has no such file or none that says an age or a sex."""
    folder = order.folder or Path()
    if find_spec("pydicom") is None:
        raise UserError("prepare dicom without pydicom", "the extra `dicom` is installed", with_extra("dicom"))
    paths = dicom_files(folder)
    if not paths:
        raise UserError(
            f"no DICOM file lies below {folder}",
            "files that end with .dcm or .dicom, or begin as DICOM files do",
            command("prepare", "dicom", "DIR"),
        )
    told = _tags_of_all(paths, order)
    if not any(each.age or each.sex for each in told):
        raise UserError(
            f"none of the {len(paths)} DICOM files below {folder} says an age or a sex",
            "PatientAge, PatientBirthDate with StudyDate, or PatientSex; or a table of labels beside the films",
            command("prepare", "table", folder, labels="FILE", id="COLUMN"),
        )
    patients = [each.patient for each in told]
    if _one_for_all(told):
        order.say("all films have the same PatientID: it is taken for none, and every film for a patient of its own")
        patients = [""] * len(told)
    salt = own_salt()
    ids = np.arange(len(paths), dtype=np.int64)
    _say_what_is_kept(told, order)
    return Records(
        ids=ids,
        names=ids.astype(str).tolist(),
        paths=paths,
        cells={"age": [each.age for each in told], "gender": [each.sex for each in told]},
        patients=[patient and name_of(patient, salt) for patient in patients],
        columns={"view": [each.view for each in told], "laterality": [each.laterality for each in told]},
        faults=[each.fault for each in told],
        unwanted=[each.unwanted for each in told],
    ).layout(
        name=folder.resolve().name,
        words=order.words("dicom"),
        place=folder,
        about={"source": f"dicom {folder}", "presentation": RULE},
    )


def dicom_files(folder: Path) -> list[str]:
    """By their names or the mark in them, in the order of their paths."""
    found = [f"{inner}/{name}" for inner, names in folders_below(folder) for name in names if name != INDEX]
    with ThreadPoolExecutor(usable_cores()) as pool:
        return [path for path, is_one in zip(found, pool.map(is_dicom, map(Path, found)), strict=True) if is_one]


def _tags_of_all(paths: Sequence[str], order: Order) -> list[Told]:
    told: list[Told] = []
    with ThreadPoolExecutor(usable_cores()) as pool:
        for each in pool.map(told_by, map(Path, paths)):
            told.append(each)
            order.progress(len(told), len(paths))
    return told


def _one_for_all(told: Sequence[Told]) -> bool:
    """A filler of those who remove identifiers."""
    wanted = [each.patient for each in told if not each.unwanted and not each.fault]
    return len(wanted) > 1 and len(set(wanted)) == 1 and bool(wanted[0])


def _say_what_is_kept(told: Sequence[Told], order: Order) -> None:
    order.say(f"patient ids are hashed with {salt_file()}, which stays on this machine")
    order.say("no other tag of a person is kept, and names of files only of those rejected or left out")
    burnt = sum(each.burnt_in for each in told)
    order.say(
        f"text that is burnt into films is not removed; by their tags it names the patient in {burnt:,} of them"
    )
    views = Counter(each.view or "not said" for each in told if not each.unwanted and not each.fault)
    order.say(f"views: {', '.join(f'{count} {view}' for view, count in views.most_common())}")
