"""Opens a DICOM file, whatever it is.

    tags = tags_of(Path("IM0001"))                      # pydicom's Dataset, pixels included
    tags = tags_of(Path("IM0001"), ("PatientAge",))     # these tags alone, before the pixels: fast

A file without DICM's mark, and one whose meta header is missing, is read too when what comes is DICOM.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from xrays.extras import with_extra
from xrays.pixels.film import UnreadableFilm
from xrays.quiet import silenced

if TYPE_CHECKING:
    from pydicom import FileDataset
    from pydicom.uid import UID

# A data set of which none of these can be read is noise that happened to look like tags.
SIGNS = ("SOPClassUID", "Modality", "Rows")


def tags_of(path: Path, keywords: Sequence[str] | None = None) -> FileDataset:
    """keywords: of the tags that are wanted, all of them before the pixels; None for everything. Raises
    UnreadableFilm."""
    try:
        import pydicom
        from pydicom import config
    except ImportError:
        raise UnreadableFilm(f"is a DICOM file; to read these: {with_extra('dicom')}") from None
    config.settings.reading_validation_mode = config.IGNORE  # values are judged where they are used
    wanted = None if keywords is None else [*SIGNS, *keywords]
    try:
        with silenced():
            tags = pydicom.dcmread(path, force=True, stop_before_pixels=wanted is not None, specific_tags=wanted)
    except OSError as error:
        raise UnreadableFilm(f"cannot be opened: {error.strerror or error}") from error
    except MemoryError:
        raise
    except Exception as error:  # whatever pydicom trips over in a file that is none
        raise UnreadableFilm("is no DICOM file, or a damaged one") from error
    if not any(sign in tags for sign in SIGNS):
        raise UnreadableFilm("is no DICOM file" if path.stat().st_size else "is empty")
    if "TransferSyntaxUID" not in tags.file_meta:
        tags.file_meta.TransferSyntaxUID = _guessed(tags)
    return tags


def _guessed(tags: FileDataset) -> UID:
    """The transfer syntax that the tags were read with: of a file that does not tell, nothing else is known."""
    from pydicom import uid

    implicit, little = tags.original_encoding
    if implicit:
        return uid.ImplicitVRLittleEndian
    return uid.ExplicitVRLittleEndian if little else uid.ExplicitVRBigEndian
