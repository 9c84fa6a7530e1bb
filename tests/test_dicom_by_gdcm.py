"""GDCM in processes of its own: a picture that ends one costs its film, and no other."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from dicom_files import compress, smooth, write_dicom

from xrays.pixels.dicom import by_gdcm as module
from xrays.pixels.dicom.by_gdcm import by_gdcm
from xrays.pixels.film import UnreadableFilm
from xrays.pixels.read import read_film

GREY = smooth(48, 40)


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """In a syntax that only GDCM decodes here."""
    return compress(write_dicom(tmp_path / "film.dcm", GREY), "JPEGLSLossless")


# GDCM ends its process over some damaged pictures; here a name does it.
ENDS = """
import os, sys
sys.path.insert(0, {room!r})
import by_gdcm
decoded = by_gdcm._decoded
by_gdcm._decoded = lambda path: os._exit(3) if path.endswith("damaged.dcm") else decoded(path)
by_gdcm._serve()
"""


def test_a_picture_that_ends_the_process_costs_its_film_alone(
    film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ends.py").write_text(ENDS.format(room=str(Path(module.__file__).parent)))
    monkeypatch.setattr(module, "__file__", str(tmp_path / "ends.py"))
    monkeypatch.setattr(module, "_idle", [])
    damaged = shutil.copy(film, film.with_name("damaged.dcm"))
    with pytest.raises(UnreadableFilm, match=r"is compressed as JPEG-LS .* it is damaged"):
        read_film(damaged)
    np.testing.assert_array_equal(read_film(film).grey, GREY)
    module._end_all()


def test_a_process_that_has_ended_meanwhile_costs_nothing(film: Path) -> None:
    assert by_gdcm(film) is not None
    for process in module._idle:
        process.kill()
        process.wait()
    assert by_gdcm(film) is not None


def test_threads_have_one_each_and_keep_them(film: Path) -> None:
    names = [film.with_name(f"{number}\n胸 {number}.dcm") for number in range(12)]
    for name in names:
        shutil.copy(film, name)
    before = {process.pid for process in module._idle}
    with ThreadPoolExecutor(3) as pool:
        arrays = list(pool.map(by_gdcm, names * 2))
    assert all(array is not None and np.array_equal(array, GREY) for array in arrays)
    assert len({process.pid for process in module._idle} | before) <= len(before) + 3


def test_what_is_no_picture_is_none(tmp_path: Path) -> None:
    (tmp_path / "text.dcm").write_text("no picture")
    assert by_gdcm(tmp_path / "text.dcm") is None and by_gdcm(tmp_path / "missing.dcm") is None
