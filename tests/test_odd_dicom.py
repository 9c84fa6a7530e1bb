"""Folders of DICOM files as users have them, through `prepare dicom` and `predict`; and whatever a tag or a byte of
one holds, there is a film or a reason."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pydicom
import pytest
from cli_process import called
from dicom_files import compress, film_tags, smooth, write_dicom
from hypothesis import given
from hypothesis import strategies as st
from mean_model import model_of_means
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from xrays.arrays import XrayArrays, prepared_folders
from xrays.pixels.dicom import stored
from xrays.pixels.film import Film, UnreadableFilm
from xrays.pixels.read import read_film
from xrays.sources._dicom_tags import KEYWORDS, told_by

SIZE = 16
GREY = smooth(48, 40)


def in_syntax(path: Path, syntax: str) -> None:
    """A picture in a compression that nobody here knows."""
    write_dicom(path, GREY, PatientAge="050Y")
    film = pydicom.dcmread(path)
    film.PixelData = pydicom.encaps.encapsulate([b"a picture"])
    film["PixelData"].VR = "OB"
    film.file_meta.TransferSyntaxUID = syntax
    film.save_as(path, implicit_vr=False, little_endian=True, force_encoding=True)


def cut(path: Path, share: float) -> None:
    write_dicom(path, GREY, PatientAge="050Y")
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])


# What is wrong with a file, and what is said of it.
BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "no pixels": (lambda path: write_dicom(path, None, PatientAge="050Y"), "has no pixels"),
    "cut": (lambda path: cut(path, 0.7), "is damaged: its pixels cannot be read"),
    "an age in words": (lambda path: write_dicom(path, GREY, PatientAge="old"), "age 'old' is no number"),
    "an age of 414": (lambda path: write_dicom(path, GREY, PatientAge="414Y"), "age 414Y is outside 0–120"),
    "JPEG XL": (lambda path: in_syntax(path, "1.2.840.10008.1.2.4.112"), "is compressed as JPEG XL, which neither"),
    "all black": (lambda path: write_dicom(path, GREY * 0, PatientAge="050Y"), "is blank"),
    "a page of the web": (lambda path: path.write_text("<html>404</html>"), "is no DICOM file"),
    "empty": (lambda path: path.touch(), "is empty"),
    "a loop of links": (lambda path: path.symlink_to(path.name), "cannot be opened: Too many levels"),
}
LEFT_OUT: dict[str, tuple[dict[str, Any], str]] = {
    "no label": ({}, "neither age nor gender"),
    "several frames": ({"NumberOfFrames": 2, "PatientAge": "050Y"}, "has several frames"),
    "lateral": ({"ViewPosition": "LL", "PatientAge": "050Y"}, "is a lateral view"),
    "CT": ({"Modality": "CT", "PatientAge": "050Y"}, "is no radiograph (Modality CT)"),
    "a knee": ({"BodyPartExamined": "KNEE", "PatientAge": "050Y"}, "is no chest (BodyPartExamined KNEE)"),
}


GOOD = 20 * len(BROKEN)  # so that the broken ones are few enough


@pytest.fixture(autouse=True)
def settings(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """The salt of this machine is left alone."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("settings")))


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Good films, the same file under many names but for its patient; odd ones lie in a folder of their own."""
    folder = tmp_path_factory.mktemp("dicom") / "export"
    (folder / "odd").mkdir(parents=True)
    for film in range(GOOD):
        write_dicom(folder / f"IM{film:04d}", GREY, PatientID=f"{film // 2}", PatientAge=f"{30 + film // 2:03d}Y")
    with warnings.catch_warnings(action="ignore"):  # pydicom's, of values that it writes all the same
        for kind, (write, _) in BROKEN.items():
            write(folder / "odd" / f"{kind}.dcm")
    for kind, (tags, _) in LEFT_OUT.items():
        stored = np.concatenate([GREY, GREY]) if kind == "several frames" else GREY
        write_dicom(folder / "odd" / f"{kind}.dcm", stored, **{"Rows": 48, **tags})
    return folder


def reasons(file: Path) -> dict[str, str]:
    """By the name of the film's file."""
    table = pd.read_csv(file)
    return dict(zip((Path(path).stem for path in table.file), table.reason, strict=True))


def test_whatever_lies_in_a_folder_costs_a_line(export: Path) -> None:
    done = called("prepare", "dicom", export, "--size", SIZE, "--out", "data/out", cwd=export.parent)
    assert done.returncode == 0, done.stderr
    out = export.parent / "data/out"
    assert len(XrayArrays.open(out).ids) == GOOD
    rejected, left_out = reasons(out / "rejected.csv"), reasons(out / "left_out.csv")
    assert sorted(rejected) == sorted(BROKEN) and sorted(left_out) == sorted(LEFT_OUT)
    for kind, (_, reason) in BROKEN.items():
        assert rejected[kind].startswith(reason), kind
    assert left_out == {kind: reason for kind, (_, reason) in LEFT_OUT.items()}


def test_a_folder_of_nothing_else_is_refused(export: Path, tmp_path: Path) -> None:
    shutil.copytree(export / "odd", tmp_path / "odd", symlinks=True)
    done = called("prepare", "dicom", "odd", "--size", SIZE, "--out", "data/out", cwd=tmp_path)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert "films in odd cannot be used" in done.stderr, done.stderr  # what is known before any film is decoded
    assert prepared_folders(tmp_path / "data") == []
    assert not (tmp_path / "data/out").exists()


@pytest.mark.parametrize("kind", [kind for kind in BROKEN if not kind.startswith("an age")])
def test_a_model_is_not_asked_about_it(
    kind: str, export: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = export / "odd" / f"{kind}.dcm"
    done = called("predict", model_of_means(tmp_path, SIZE, monkeypatch), film, cwd=tmp_path)
    assert done.returncode == 1 and done.stderr == ""
    assert done.stdout.startswith(f"{film}  {BROKEN[kind][1]}")


def test_a_film_without_labels_can_be_asked_about(
    export: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = export / "odd/no label.dcm"
    done = called("predict", model_of_means(tmp_path, SIZE, monkeypatch), film, cwd=tmp_path)
    assert done.returncode == 0 and done.stdout.endswith(" years\n")


def test_a_folder_stands_for_its_films(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "export").mkdir()
    for name in ("IM0001", "IM0002.dcm", "DICOMDIR"):
        write_dicom(tmp_path / "export" / name, GREY)
    (tmp_path / "export/notes.txt").write_text("of no film")
    done = called("predict", model_of_means(tmp_path, SIZE, monkeypatch), "export", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert [line.split("  ")[0] for line in done.stdout.splitlines()] == ["export/IM0001", "export/IM0002.dcm"]


def read(path: Path) -> None:
    """As `prepare` does it, tags first."""
    told = told_by(path)
    assert all(isinstance(each, str) for each in (told.age, told.sex, told.patient, told.view, told.laterality))
    try:
        film = read_film(path)
    except UnreadableFilm as error:
        assert str(error)
        return
    assert isinstance(film, Film) and film.grey.dtype == np.uint8 and film.grey.ndim == 2


ALL = (*KEYWORDS, *(
    "Rows", "Columns", "SamplesPerPixel", "PhotometricInterpretation", "BitsAllocated", "BitsStored", "HighBit",
    "PixelRepresentation", "PixelPaddingValue", "PixelPaddingRangeLimit", "RescaleSlope", "RescaleIntercept",
    "WindowCenter", "WindowWidth", "VOILUTFunction", "PresentationLUTShape", "ModalityLUTSequence", "VOILUTSequence",
    "PlanarConfiguration", "SpecificCharacterSet",
))  # fmt: skip
VALUES = st.one_of(
    st.sampled_from([b"", b"\0\0", b"058Y", b"1\\2\\3", b"-1 ", b"NaN ", b"1e99", b"inf ", b"0 ", b"\xff\xff",
                     b"MONOCHROME1 ", b"SIGMOID ", b"ISO_IR 999", b"T\xfcr ", b"9" * 64, b"\0\x10"]),
    st.binary(max_size=40).map(lambda raw: raw + b"\0" * (len(raw) % 2)),
)  # fmt: skip


@given(odd=st.dictionaries(st.sampled_from(ALL), VALUES, min_size=1, max_size=3), explicit=st.booleans())
def test_whatever_tags_hold(odd: dict[str, bytes], explicit: bool, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Values that their tags may not have, as files have them, for nothing looks at them as they are written."""
    film = film_tags(GREY, PatientAge="058Y", WindowCenter=128, WindowWidth=256, RescaleSlope=1, RescaleIntercept=0)
    film.PixelData = GREY.tobytes()
    path = tmp_path_factory.mktemp("tags") / "film.dcm"
    with path.open("wb") as file:
        file.write(bytes(128) + b"DICM")
        syntax = (ExplicitVRLittleEndian if explicit else ImplicitVRLittleEndian).encode()
        file.write(b"\2\0\x10\0UI" + len(syntax).to_bytes(2, "little") + syntax)
        for tag in sorted({*(each.tag for each in film), *map(pydicom.tag.Tag, odd)}):
            keyword = pydicom.datadict.keyword_for_tag(tag)
            kind = film[tag].VR if tag in film else pydicom.datadict.dictionary_VR(tag).split(" ")[0]
            raw = odd[keyword] if keyword in odd else encoded(film[tag])
            file.write(tag.group.to_bytes(2, "little") + tag.elem.to_bytes(2, "little"))
            if not explicit:
                file.write(len(raw).to_bytes(4, "little"))
            elif kind in ("OB", "OW", "SQ", "UN"):
                file.write(kind.encode() + b"\0\0" + len(raw).to_bytes(4, "little"))
            else:
                file.write(kind.encode() + len(raw).to_bytes(2, "little"))
            file.write(raw)
    read(path)


def encoded(element: pydicom.DataElement) -> bytes:
    """A value as a file has it."""
    if isinstance(element.value, bytes):
        return element.value
    if element.VR == "US":
        return int(element.value).to_bytes(2, "little")
    raw = str(element.value).encode()
    return raw + (b"\0" if element.VR == "UI" else b" ") * (len(raw) % 2)


@pytest.fixture(scope="module")
def whole_files(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """Plain, and compressed in two ways."""
    folder = tmp_path_factory.mktemp("whole")
    plain = write_dicom(folder / "plain.dcm", GREY, PatientAge="058Y", WindowCenter=128, WindowWidth=256)
    files = [plain.read_bytes()]
    for syntax in ("JPEGBaselineProcess1", "RLELossless"):
        shutil.copy(plain, folder / "other.dcm")
        files.append(compress(folder / "other.dcm", syntax).read_bytes())
    return files


HIT = st.tuples(st.floats(0, 1), st.integers(0, 255))  # where in the header, and what stands there then


@given(which=st.integers(0, 2), hits=st.lists(HIT, min_size=1, max_size=6), share=st.none() | st.floats(0, 1))
def test_whatever_becomes_of_single_bytes(
    which: int,
    hits: list[tuple[float, int]],
    share: float | None,
    whole_files: list[bytes],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    content = bytearray(whole_files[which])
    header = min(1000, len(content)) - 1  # most of what can go wrong stands there
    for place, value in hits:
        content[int(place * header)] = value
    path = tmp_path_factory.mktemp("bytes") / "film.dcm"
    path.write_bytes(content[: None if share is None else int(share * len(content))])
    read(path)


def test_pixels_of_a_kind_that_does_not_exist(whole_files: list[bytes], tmp_path: Path) -> None:
    mark = b"\xe0\x7f\x10\0"
    for content in whole_files:
        assert content.count(mark + b"O") == 1
        (tmp_path / "film.dcm").write_bytes(content.replace(mark + b"OB", mark + b"O\xfc"))
        read(tmp_path / "film.dcm")


def test_a_missing_decoder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    film = compress(write_dicom(tmp_path / "film.dcm", GREY), "JPEGLSLossless")
    monkeypatch.setattr(stored, "by_gdcm", lambda path: None)
    monkeypatch.setattr(stored, "_has_gdcm", lambda: False)
    done = called("predict", model_of_means(tmp_path, SIZE, monkeypatch), film, cwd=tmp_path)
    assert done.returncode == 1
    assert "is compressed as JPEG-LS Lossless" in done.stdout and "which python-gdcm decodes" in done.stdout
    assert "[dicom]" in done.stdout
