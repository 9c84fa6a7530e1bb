"""Which DICOM files are no frontal chest films of one picture, as far as their tags say, and why.

    unfit(tags)             # Unfit("lateral", "is a lateral view"): whole, and not wanted; None for a film
    left_out(tags)          # the same in words, and files of several pictures
    unusable(tags)          # "has no pixels": nothing that could be shown right; None for a film

What a tag does not say is no reason: a file without body part and view is a film.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from xrays.pixels.dicom.tags import code, items, text, whole
from xrays.pixels.film import LONGEST, THINNEST, Unfit

if TYPE_CHECKING:
    from pydicom import Dataset

# The SOP class says nothing: RSNA's films are secondary captures with the modality CR.
RADIOGRAPHS = {"CR", "DX", "RG"}
CHEST = ("CHEST", "THORA", "TORAX", "LUNG", "PULM", "T-D3000", "51185008")  # codes: SNOMED's old and new one
UNNAMED = {"", "UNKNOWN", "OTHER", "NONE", "NA", "N/A"}
LATERAL = {"LL", "RL", "LAT", "LLAT", "RLAT", "LATERAL"}  # and L, where it stands alone
VIEWS = {"POSTEROANTERIOR": "PA", "ANTEROPOSTERIOR": "AP"}  # in one spelling
SEVERAL = "has several frames"


def unfit(tags: Dataset) -> Unfit | None:
    """Why a picture is not wanted."""
    modality, part = code(tags, "Modality"), code(tags, "BodyPartExamined")
    if modality and modality not in RADIOGRAPHS:
        return Unfit("no_radiograph", f"is no radiograph (Modality {modality})")
    if part not in UNNAMED and not any(name in part for name in CHEST):
        return Unfit("no_chest", f"is no chest (BodyPartExamined {part})")
    if lateral(view_of(tags)):
        return Unfit("lateral", "is a lateral view")
    return None


def left_out(tags: Dataset) -> str | None:
    """Why a whole file is not wanted, in words."""
    reason = unfit(tags)
    return reason.words if reason else SEVERAL if _several(tags) else None


def unusable(tags: Dataset) -> str | None:
    """Why nothing right can be made of the pixels."""
    if _several(tags):
        return SEVERAL
    if "PixelData" not in tags:
        floats = "FloatPixelData" in tags or "DoubleFloatPixelData" in tags
        return "has pixels that are no whole numbers" if floats else "has no pixels"
    width, height = whole(tags, "Columns", 0), whole(tags, "Rows", 0)
    if min(width, height) < 1:
        return "says nothing of its width and height"
    if width * height > LONGEST**2:
        return f"has more than {LONGEST**2:,} pixels"
    if max(width, height) > THINNEST * min(width, height):
        return f"is {width:,} × {height:,} px: one side more than {THINNEST} times the other"
    allocated = whole(tags, "BitsAllocated", 0)
    stored = whole(tags, "BitsStored", allocated)
    high = whole(tags, "HighBit", stored - 1)
    if allocated not in (8, 16) or not 1 <= stored <= allocated:
        return f"has {stored} of {allocated} bits a pixel"
    if high != stored - 1:  # decoders shift such pixels, or do not, or mask the wrong bits
        return f"has its {stored} bits below bit {high}"
    if (kind := text(tags, "PhotometricInterpretation")).startswith("PALETTE"):
        return f"is a colour picture ({kind})"
    return None


def view_of(tags: Dataset) -> str:
    """PA, AP, LATERAL or what else ViewPosition says, in capitals; where it says nothing, what the view's code means:
    the IOD of DX asks for that one. "" where both are silent."""
    meant = (code(item, "CodeMeaning") for item in items(tags, "ViewCodeSequence"))
    said = code(tags, "ViewPosition") or next(meant, "")
    return VIEWS.get(re.sub(r"[^A-Z]", "", said), said)


def lateral(view: str) -> bool:
    """Of a view as view_of says it. A lateral decubitus is a frontal film of a patient who lies on the side."""
    spoken = set(re.split(r"[^A-Z]+", view))
    return (view == "L" or bool(spoken & LATERAL)) and "DECUBITUS" not in spoken


def _several(tags: Dataset) -> bool:
    return whole(tags, "NumberOfFrames", 1) > 1
