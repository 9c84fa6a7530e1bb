"""Transfer syntaxes, by their UIDs: how the pixels of a DICOM file are compressed, and who decodes that.

syntax_name("1.2.840.10008.1.2.4.112")          # "JPEG XL"
"1.2.840.10008.1.2.4.70" in BY_GDCM             # True
undecodable("1.2.840.10008.1.2.4.112", gdcm=True)
"""

from __future__ import annotations

from xrays.extras import with_extra

_ROOT = "1.2.840.10008.1.2"
UNPACKED = {_ROOT, f"{_ROOT}.1", f"{_ROOT}.2", f"{_ROOT}.1.99"}  # implicit, explicit, big-endian, deflated as a whole
RLE = f"{_ROOT}.5"
JPEG_LS = {f"{_ROOT}.4.{number}" for number in (80, 81)}
BY_GDCM = JPEG_LS | {  # and JPEG, JPEG 2000, HTJ2K
    f"{_ROOT}.4.{number}" for number in (50, 51, 52, 53, 55, 57, 70, 90, 91, 92, 93, 201, 202, 203)
}
NEW = {  # in the standard, and not yet in pydicom's list
    f"{_ROOT}.4.110": "JPEG XL Lossless",
    f"{_ROOT}.4.111": "JPEG XL JPEG Recompression",
    f"{_ROOT}.4.112": "JPEG XL",
    f"{_ROOT}.8.1": "Deflated Image Frame Compression",
}


def syntax_name(syntax: str) -> str:
    """As people call it; the UID itself for one that nobody has registered."""
    from pydicom.uid import UID

    return NEW.get(syntax) or UID(syntax).name or "nothing that it names"


def undecodable(syntax: str, *, gdcm: bool) -> str:
    """Why pixels could not be decoded, and what would do it. gdcm: whether python-gdcm is installed."""
    if syntax in UNPACKED:
        return "is damaged: its pixels cannot be read"
    if syntax not in (*BY_GDCM, RLE):
        return f"is compressed as {syntax_name(syntax)}, which neither pydicom nor python-gdcm decodes: convert it"
    if gdcm or syntax == RLE:
        return f"is compressed as {syntax_name(syntax)} and cannot be decoded: it is damaged"
    return f"is compressed as {syntax_name(syntax)}, which python-gdcm decodes: {with_extra('dicom')}"
