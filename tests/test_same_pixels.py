"""One film is one film, whatever kind of file it comes in: PNG of 8 and 16 bits, JPEG, DICOM in four encodings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from dicom_files import compress, write_dicom
from numpy.typing import NDArray

from xrays.phantom.sample import write_sample
from xrays.prepare import prepare
from xrays.sources import Order, layout_of
from xrays.sources._folder import read_folder

SIZE = 96
NIH = Path(__file__).parents[2] / "shared" / "data" / "nih"
Grey = NDArray[np.uint8]
KINDS: dict[str, Callable[[Path, Grey], object]] = {
    "png": lambda path, grey: cv2.imwrite(f"{path}.png", grey),
    "png of 16 bits": lambda path, grey: cv2.imwrite(f"{path}.png", grey.astype(np.uint16) * 257),
    "png of 12 bits": lambda path, grey: cv2.imwrite(f"{path}.png", grey.astype(np.uint16) * 16),
    "jpeg": lambda path, grey: cv2.imwrite(f"{path}.jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, 95]),
    "dicom": lambda path, grey: write_dicom(path, grey, **LABELLED),
    "dicom of 12 bits": lambda path, grey: write_dicom(path, grey.astype(np.uint16) * 16, BitsStored=12, **LABELLED),
    "dicom with JPEG": lambda path, grey: compress(write_dicom(path, grey, **LABELLED), "JPEGBaselineProcess1"),
    "dicom with JPEG 2000": lambda path, grey: compress(_windowed(path, grey), "JPEG2000Lossless"),
    "dicom with JPEG-LS": lambda path, grey: compress(_windowed(path, grey), "JPEGLSLossless"),
    "dicom with RLE": lambda path, grey: compress(_windowed(path, grey), "RLELossless"),
}
LABELLED = {"PatientAge": "050Y", "PatientSex": "F"}


def _windowed(path: Path, grey: Grey) -> Path:
    """White is low, the detector has an offset, and the window is in rescaled values."""
    window = {"RescaleSlope": 0.5, "RescaleIntercept": -300, "WindowCenter": 975, "WindowWidth": 1275}
    stored = (255 - grey).astype(np.uint16) * 10 + 1275
    inverted = {"PhotometricInterpretation": "MONOCHROME1", "VOILUTFunction": "LINEAR_EXACT"}
    return write_dicom(path, stored, BitsStored=12, **window, **inverted, **LABELLED)


def prepared(folder: Path, kind: str, films: Sequence[Grey]) -> NDArray[np.uint8]:
    """(n, SIZE, SIZE, 1) of films that were written as one kind of file."""
    (folder / "train").mkdir(parents=True)
    for number, grey in enumerate(films):
        KINDS[kind](folder / "train" / f"{number:06d}", grey)
    if kind.startswith("dicom"):
        layout = layout_of("dicom", Order(folder, folder, say=lambda line: None))
    else:
        rows = "".join(f"{number},50\n" for number in range(len(films)))
        (folder / "train_age.csv").write_text(f"imageId,age\n{rows}")
        layout = read_folder(folder)
    arrays = prepare(layout, folder / "out", size=SIZE)
    assert len(arrays.ids) == len(films)
    return np.asarray(arrays.images)


def farthest(folder: Path, films: Sequence[Grey]) -> dict[str, int]:
    """Of each kind of file, the largest difference of any pixel to that of the PNGs."""
    plain, *others = KINDS
    expected = prepared(folder / plain, plain, films).astype(int)
    return {kind: int(np.abs(prepared(folder / kind, kind, films) - expected).max()) for kind in others}


def test_drawn_films(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    write_sample(tmp_path / "sample", films=6)
    films = [cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) for path in sorted((tmp_path / "sample/train").iterdir())]
    assert {kind: far for kind, far in farthest(tmp_path, films).items() if far > 2} == {}


@pytest.mark.skipif(not NIH.is_dir(), reason="the shared films are not here")
def test_real_films(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    films = [cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) for path in sorted((NIH / "train").iterdir())[::38]]
    assert len(films) == 20
    assert {kind: far for kind, far in farthest(tmp_path, films).items() if far > 2} == {}
