"""DICOM files to read, written by pydicom and compressed by GDCM.

path = write_dicom(tmp_path / "film.dcm", stored, BitsStored=12, WindowCenter=2048, WindowWidth=4096)
compress(path, "JPEG2000Lossless")                  # in place; a name of gdcm.TransferSyntax
smooth(40, 30)                                      # (40, 30) uint8: a film to store
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import gdcm
import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ComputedRadiographyImageStorage, ExplicitVRBigEndian, ExplicitVRLittleEndian, generate_uid


def smooth(height: int = 40, width: int = 30, seed: int = 0) -> NDArray[np.uint8]:
    """Grey values from 0 to 255, each next to similar ones."""
    noise = cv2.GaussianBlur(np.random.default_rng(seed).normal(size=(height, width)), (0, 0), 2)
    return np.asarray(np.rint(255 * (noise - noise.min()) / np.ptp(noise)), np.uint8)


def film_tags(stored: NDArray[Any], **tags: Any) -> Dataset:
    """A radiograph of a chest that stores these pixels (H, W), or (H, W, 3). A tag of None is left out."""
    filled = {
        "SOPClassUID": ComputedRadiographyImageStorage,
        "SOPInstanceUID": generate_uid(),
        "Modality": "CR",
        "PatientID": "Doe-1",
        "PatientName": "Doe^Jane",
        "Rows": stored.shape[0],
        "Columns": stored.shape[1],
        "SamplesPerPixel": 1 if stored.ndim == 2 else 3,
        "PhotometricInterpretation": "MONOCHROME2" if stored.ndim == 2 else "RGB",
        "PlanarConfiguration": None if stored.ndim == 2 else 0,
        "BitsAllocated": stored.itemsize * 8,
        "BitsStored": stored.itemsize * 8,
        "PixelRepresentation": int(stored.dtype.kind == "i"),
        **tags,
    }
    filled.setdefault("HighBit", filled["BitsStored"] - 1)
    dataset = Dataset()
    for keyword, value in filled.items():
        if value is not None:
            setattr(dataset, keyword, value)
    return dataset


def write_dicom(
    path: Path, stored: NDArray[Any] | None, *, syntax: str = ExplicitVRLittleEndian, **tags: Any
) -> Path:
    """A file of a film_tags; stored: None for one without pixels."""
    dataset = film_tags(np.zeros((2, 2), np.uint8) if stored is None else stored, **tags)
    if stored is not None:
        order = ">" if syntax == ExplicitVRBigEndian else "<"
        raw = stored.astype(stored.dtype.newbyteorder(order)).tobytes()
        dataset.add_new("PixelData", "OB" if stored.itemsize == 1 else "OW", raw + b"\0" * (len(raw) % 2))
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.save_as(path, enforce_file_format=True)
    return path


def compress(path: Path, syntax: str) -> Path:
    """Rewrites an uncompressed file in another transfer syntax."""
    reader, change, writer = gdcm.ImageReader(), gdcm.ImageChangeTransferSyntax(), gdcm.ImageWriter()
    reader.SetFileName(str(path))
    assert reader.Read()
    change.SetTransferSyntax(gdcm.TransferSyntax(getattr(gdcm.TransferSyntax, syntax)))
    change.SetInput(reader.GetImage())
    assert change.Change(), f"GDCM does not write {syntax}"
    writer.SetFileName(str(path))
    writer.SetFile(reader.GetFile())
    writer.SetImage(change.GetOutput())
    assert writer.Write()
    return path


def table_item(entries: NDArray[np.integer[Any]], first: int = 0, bits: int = 16) -> Dataset:
    """An item of a sequence of tables: 16 bits an entry, or packed one a byte where the entries are uint8."""
    item = Dataset()
    item.add_new("LUTDescriptor", "US", [len(entries) % 2**16, first % 2**16, bits])
    item.add_new("LUTData", "OW", entries.tobytes() + b"\0" * (entries.nbytes % 2))
    return item
