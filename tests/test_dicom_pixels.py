"""DICOM step by step, each on a file that is written here: bytes, bits, rescale, tables, windows, polarity, padding.

What a film should look like is known, since each file is made from an 8-bit film by undoing the steps.
"""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pydicom
import pytest
from dicom_files import compress, film_tags, smooth, table_item, write_dicom
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.pixels import apply_modality_lut, apply_voi_lut
from pydicom.uid import ExplicitVRBigEndian, ImplicitVRLittleEndian

from xrays.pixels.depth import CLIPPED
from xrays.pixels.dicom import read_dicom
from xrays.pixels.dicom.stored import native
from xrays.pixels.dicom.syntaxes import undecodable
from xrays.pixels.dicom.tones import MISSED, between, missed, quantiles, windowed
from xrays.pixels.film import Film, UnreadableFilm
from xrays.pixels.read import read_film
from xrays.sources._dicom_tags import told_by

GREY = smooth()


def read(folder: Path, stored: NDArray[Any], **tags: Any) -> Film:
    return read_dicom(write_dicom(folder / "film.dcm", stored, **tags))


def assert_shows(film: Film, grey: NDArray[np.uint8] = GREY, off: int = 0) -> None:
    assert film.grey.dtype == np.uint8 and film.grey.dtype.isnative and film.grey.flags.c_contiguous
    np.testing.assert_allclose(film.grey.astype(int), grey.astype(int), atol=off)


class TestStored:
    """Steps 1 to 3: what is stored, in the machine's byte order, and nothing but the bits that are."""

    @pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian])
    @pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
    def test_byte_order(self, tmp_path: Path, syntax: str, dtype: type) -> None:
        scale = 16 if dtype is np.uint16 else 1
        film = read(tmp_path, GREY.astype(dtype) * scale, syntax=syntax, BitsStored=12 if scale == 16 else 8)
        assert_shows(film, off=1)

    def test_native_changes_the_bytes_and_no_value(self) -> None:
        big = np.array([[100, 256]], ">u2")
        assert native(big).dtype == np.dtype("u2") and native(big).tolist() == [[100, 256]]

    def test_bits_above_those_stored_are_no_part_of_the_value(self, tmp_path: Path) -> None:
        stored = GREY.astype(np.uint16) * 16
        assert_shows(read(tmp_path, stored | 0xF000, BitsStored=12), off=1)

    def test_a_high_bit_elsewhere_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(UnreadableFilm, match="has its 12 bits below bit 15"):
            read(tmp_path, GREY.astype(np.uint16) * 256, BitsStored=12, HighBit=15)

    @pytest.mark.parametrize(("allocated", "stored"), [(32, 32), (16, 17), (16, 0)])
    def test_odd_bits_are_refused(self, tmp_path: Path, allocated: int, stored: int) -> None:
        with pytest.raises(UnreadableFilm, match=f"has {stored} of {allocated} bits a pixel"):
            read(tmp_path, GREY.astype(np.uint16), BitsAllocated=allocated, BitsStored=stored, HighBit=15)


class TestPhotometric:
    """Step 4: bone is white, and inverted once."""

    def test_monochrome1(self, tmp_path: Path) -> None:
        film = read(tmp_path, 255 - GREY, PhotometricInterpretation="MONOCHROME1")
        assert_shows(film)
        assert film.notes == ("MONOCHROME1, inverted",)

    def test_a_presentation_shape_says_the_same_again(self, tmp_path: Path) -> None:
        tags = {"PhotometricInterpretation": "MONOCHROME1", "PresentationLUTShape": "INVERSE"}
        assert_shows(read(tmp_path, 255 - GREY, **tags))

    def test_three_equal_channels_are_grey(self, tmp_path: Path) -> None:
        assert_shows(read(tmp_path, np.dstack([GREY] * 3)))

    def test_colours_are_refused(self, tmp_path: Path) -> None:
        with pytest.raises(UnreadableFilm, match="is a colour picture"):
            read(tmp_path, np.dstack([GREY, GREY, 255 - GREY]))
        with pytest.raises(UnreadableFilm, match=r"is a colour picture \(PALETTE COLOR\)"):
            read(tmp_path, GREY, PhotometricInterpretation="PALETTE COLOR")


class TestRescale:
    """Steps 5 and 9: slope and intercept, or a table."""

    @pytest.mark.parametrize("slope", [0.684, 2.0])
    def test_the_window_is_in_rescaled_values(self, tmp_path: Path, slope: float) -> None:
        """Of a real CR film: slope 0.684, intercept 200, 12 bits."""
        low, high = 400 * slope + 200, (400 + 255 * 8) * slope + 200
        window = {"WindowCenter": (low + high) / 2, "WindowWidth": high - low, "VOILUTFunction": "LINEAR_EXACT"}
        stored = GREY.astype(np.uint16) * 8 + 400
        assert_shows(read(tmp_path, stored, BitsStored=12, RescaleSlope=slope, RescaleIntercept=200, **window), off=1)

    def test_a_negative_slope_turns_the_film_over(self, tmp_path: Path) -> None:
        assert_shows(read(tmp_path, 255 - GREY, RescaleSlope=-1, RescaleIntercept=255))

    @pytest.mark.parametrize("odd", [{"RescaleSlope": 0}, {"RescaleSlope": ""}, {"RescaleIntercept": ""}])
    def test_none_at_all(self, tmp_path: Path, odd: dict[str, Any]) -> None:
        assert_shows(read(tmp_path, GREY, **{"RescaleSlope": 1, "RescaleIntercept": 0, **odd}))

    @pytest.mark.parametrize("entry", [np.uint16, np.uint8])
    def test_a_modality_table(self, tmp_path: Path, entry: type) -> None:
        """Packed one entry a byte, which pydicom cannot read, too."""
        shuffled = np.random.default_rng(0).permutation(256)
        item = table_item(np.argsort(shuffled).astype(entry), bits=8)
        assert_shows(read(tmp_path, shuffled[GREY].astype(np.uint8), ModalityLUTSequence=[item]))

    def test_as_pydicom_does_it(self, tmp_path: Path) -> None:
        stored = GREY.astype(np.int16) * 16 - 2000
        tags = film_tags(stored, RescaleSlope=0.5, RescaleIntercept=-100, WindowCenter=-50, WindowWidth=1500)
        shown = apply_voi_lut(apply_modality_lut(stored, tags), tags)
        low, high = -(2.0**15) * 0.5 - 100, (2.0**15 - 1) * 0.5 - 100  # the range that pydicom windows into
        expected = np.rint(255 * (shown - low) / (high - low)).astype(np.uint8)
        film = read(tmp_path, stored, RescaleSlope=0.5, RescaleIntercept=-100, WindowCenter=-50, WindowWidth=1500)
        assert_shows(film, expected)


class TestWindow:
    """Steps 6 to 8: which of several, in what range, and whether it shows the film."""

    def test_a_table_comes_before_a_window(self, tmp_path: Path) -> None:
        entries = np.arange(4096, dtype=np.uint16) * 16
        film = read(
            tmp_path,
            GREY.astype(np.uint16) * 16,
            BitsStored=12,
            VOILUTSequence=[table_item(entries)],
            WindowCenter=9,
            WindowWidth=2,
        )
        assert_shows(film, off=1)
        assert film.notes == ("a VOI LUT before a window",)

    @pytest.mark.parametrize("slope", [None, 1])
    @pytest.mark.parametrize("signed", [False, True])
    def test_a_table_of_part_of_the_values(self, tmp_path: Path, signed: bool, slope: int | None) -> None:
        """Values below its first entry and beyond its last one are shown like these."""
        first = -500 if signed else 500
        stored = (GREY.astype(np.int16) * 4 + first).astype(np.int16 if signed else np.uint16)
        entries = (np.arange(100, 900) * 64 // 16).astype(np.uint16)
        film = read(
            tmp_path,
            stored,
            BitsStored=12,
            RescaleSlope=slope,
            RescaleIntercept=slope and 0,
            VOILUTSequence=[table_item(entries, first=first + 100, bits=12)],
        )
        expected = np.rint(entries[np.clip(GREY.astype(int) * 4 - 100, 0, 799)] * (255 / 4095)).astype(np.uint8)
        assert_shows(film, expected)

    def test_a_table_that_says_more_bits_than_it_has(self, tmp_path: Path) -> None:
        entries = np.arange(4096, dtype=np.uint16)
        stored = GREY.astype(np.uint16) * 16
        assert_shows(read(tmp_path, stored, BitsStored=12, VOILUTSequence=[table_item(entries, bits=16)]), off=1)

    @pytest.mark.parametrize("entry", [np.uint8, np.uint16])
    def test_a_table_of_8_bits_for_values_of_12(self, tmp_path: Path, entry: type) -> None:
        """One entry a word or packed: pydicom takes value 300 for 44 with the one, and cannot read the other."""
        item = table_item((np.arange(4096) // 16).astype(entry), bits=8)
        assert_shows(read(tmp_path, GREY.astype(np.uint16) * 16 + 5, BitsStored=12, VOILUTSequence=[item]))

    def test_the_first_of_several_windows(self, tmp_path: Path) -> None:
        film = read(
            tmp_path,
            GREY.astype(np.uint16) * 8 + 1000,
            BitsStored=12,
            WindowCenter=[2020.5, 500, 3000],
            WindowWidth=[2041, 100, 100],
        )
        assert_shows(film)
        assert film.notes == ("the first of several windows",)

    def test_functions(self) -> None:
        real = np.array([0.0, 10.0, 50.0, 90.0, 100.0])
        np.testing.assert_allclose(windowed(real, 50, 80, "LINEAR_EXACT"), [0, 0, 0.5, 1, 1])
        np.testing.assert_allclose(windowed(real, 50, 81), [0, 0.5 / 80, 40.5 / 80, 1, 1])
        np.testing.assert_allclose(windowed(real, 50, 80, "SIGMOID"), 1 / (1 + np.exp(-4 * (real - 50) / 80)))

    @pytest.mark.parametrize(
        "window",
        [
            {"WindowCenter": 3},
            {"WindowCenter": "", "WindowWidth": ""},
            {"WindowCenter": 3, "WindowWidth": 0.5},
            {"WindowCenter": 3, "WindowWidth": 0, "VOILUTFunction": "SIGMOID"},
            {"WindowCenter": 3, "WindowWidth": 4, "VOILUTFunction": "CUBIC"},
        ],
    )
    def test_a_window_that_says_nothing_is_none(self, tmp_path: Path, window: dict[str, Any]) -> None:
        assert_shows(read(tmp_path, GREY, **window))

    def test_a_window_in_words_is_none(self, tmp_path: Path) -> None:
        path = write_dicom(tmp_path / "film.dcm", GREY, WindowCenter="1234", WindowWidth="5678")
        path.write_bytes(path.read_bytes().replace(b"1234", b"full"))
        assert_shows(read_dicom(path))

    @pytest.mark.parametrize("window", [(2725, 5310), (60_000, 100)])
    def test_a_window_that_misses_its_film(self, tmp_path: Path, window: tuple[int, int]) -> None:
        """Of a real DX film: stored 32744 to 65535, window 2725/5310; all white."""
        stored = GREY.astype(np.uint16) * 100 + 32_744
        film = read(tmp_path, stored, WindowCenter=window[0], WindowWidth=window[1])
        low, high = map(float, np.percentile(GREY, [1, 99], method="inverted_cdf"))
        assert_shows(film, np.rint(np.clip((GREY - low) / (high - low), 0, 1) * 255).astype(np.uint8), off=1)
        assert film.notes == (MISSED,)

    @pytest.mark.parametrize("slope", [None, 0.684, 0.001, -2])
    @pytest.mark.parametrize("dtype", [np.uint16, np.int16])
    def test_without_window_and_table_as_a_png_of_16_bits(
        self, tmp_path: Path, dtype: type, slope: float | None
    ) -> None:
        """Values far from zero, and one hot pixel: what a PNG of the same values becomes."""
        spread = GREY.astype(np.int32) * 5 + 9000
        spread[0, 0] = 16_000
        png = tmp_path / "film.png"
        cv2.imwrite(str(png), spread.astype(np.uint16))
        stored = (16_383 - spread if slope == -2 else spread) - (8192 if dtype is np.int16 else 0)
        film = read(tmp_path, stored.astype(dtype), BitsStored=14, RescaleSlope=slope, RescaleIntercept=slope and 7)
        assert_shows(film, read_film(png).grey)
        assert film.notes == read_film(png).notes == (CLIPPED,)

    def test_signed_values_of_8_bits_as_they_are(self, tmp_path: Path) -> None:
        assert_shows(read(tmp_path, (GREY.astype(np.int16) - 128).astype(np.int8)))

    @pytest.mark.parametrize("value", [0, 700])
    def test_a_film_of_one_value_is_black(self, tmp_path: Path, value: int) -> None:
        stored = np.full((4, 4), value, np.uint16)
        for window in ({}, {"WindowCenter": 300, "WindowWidth": 5}, {"PixelPaddingValue": value}):
            assert not read(tmp_path, stored, BitsStored=12, **window).grey.any()

    def test_when_a_window_has_missed(self) -> None:
        tones = np.arange(256) / 255
        flat = np.full(256, 4)
        assert not missed(tones, flat)
        assert missed(tones, np.where(np.arange(256) < 15, 4, 0)), "15 tones"
        assert not missed(tones, np.where(np.arange(256) < 16, 4, 0)), "16 tones"
        at_the_end = np.where(np.arange(256) == 255, 255 * 19, 1)
        assert not missed(tones, at_the_end)
        at_the_end[255] += 1
        assert missed(tones, at_the_end), "more than 95 % white"

    def test_quantiles_of_counted_values(self) -> None:
        values = np.random.default_rng(0).normal(size=1001)
        counts = np.random.default_rng(1).integers(0, 9, 1001)
        expected = np.percentile(np.repeat(values, counts), [1, 99], method="inverted_cdf")
        assert quantiles(values, counts) == tuple(expected)

    def test_between_one_value(self) -> None:
        assert between(np.array([1.0, 2.0, 3.0]), 2, 2).tolist() == [0, 0, 1]


class TestPadding:
    """Step 10: black, whatever it is stored as, and no part of what a window is judged by."""

    @pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
    @pytest.mark.parametrize("value", [0, 65_535])
    def test_is_black(self, tmp_path: Path, photometric: str, value: int) -> None:
        inverted = photometric == "MONOCHROME1"
        stored = (255 - GREY if inverted else GREY).astype(np.uint16) * 16 + 100
        stored[:5] = value
        window = {"WindowCenter": 2140.5, "WindowWidth": 4081, "PhotometricInterpretation": photometric}
        expected = GREY.copy()
        expected[:5] = 0
        assert_shows(read(tmp_path, stored, PixelPaddingValue=value, **window), expected)

    @pytest.mark.parametrize("limit", [-900, -1100])
    def test_a_range_of_negative_values(self, tmp_path: Path, limit: int) -> None:
        stored = GREY.astype(np.int16) * 4
        stored[:5] = np.linspace(-1000, limit, 30)
        expected = 255 - GREY
        expected[:5] = 0
        film = read(
            tmp_path,
            stored,
            PixelPaddingValue=-1000,
            PixelPaddingRangeLimit=limit,
            PhotometricInterpretation="MONOCHROME1",
            WindowCenter=510.5,
            WindowWidth=1021,
        )
        assert_shows(film, expected)

    def test_is_left_out_of_the_percentiles(self, tmp_path: Path) -> None:
        """A third of the film: with it the 99th percentile would be the padding's."""
        stored = GREY.astype(np.uint16) * 10 + 1000
        stored[:15] = 60_000
        film = read(tmp_path, stored, WindowCenter=60_000, WindowWidth=10, PixelPaddingValue=60_000)
        low, high = map(float, np.percentile(GREY[15:], [1, 99], method="inverted_cdf"))
        expected = np.rint(np.clip((GREY - low) / (high - low), 0, 1) * 255).astype(np.uint8)
        expected[:15] = 0
        assert_shows(film, expected, off=1)
        assert film.notes == (MISSED,)


class TestRefusals:
    """Step 11: by name."""

    @pytest.mark.parametrize(
        ("tags", "reason"),
        [
            ({"Modality": "CT"}, r"is no radiograph \(Modality CT\)"),
            ({"Modality": "CT Doe^Jane"}, r"is no radiograph \(Modality \?\)"),
            ({"NumberOfFrames": 2}, "has several frames"),
            ({"BodyPartExamined": "HAND"}, r"is no chest \(BodyPartExamined HAND\)"),
            ({"ViewPosition": "LL"}, "is a lateral view"),
            ({"ViewPosition": "LATERAL"}, "is a lateral view"),
            ({"ViewPosition": "l"}, "is a lateral view"),
            ({"Rows": 0}, "says nothing of its width and height"),
            ({"Rows": 60_000, "Columns": 60_000}, "has more than 268,435,456 pixels"),
        ],
    )
    def test_by_tags(self, tmp_path: Path, tags: dict[str, Any], reason: str) -> None:
        with pytest.raises(UnreadableFilm, match=reason):
            read(tmp_path, GREY, **tags).fit()

    @pytest.mark.parametrize(
        "tags",
        [
            {"Modality": "DX", "BodyPartExamined": "PORT CHEST"},
            {"Modality": None},
            {"BodyPartExamined": "Tórax"},
            {"Modality": "RG", "BodyPartExamined": "Thorax", "ViewPosition": "AP"},
            {"ViewPosition": "OBLICUA"},
            {"ViewPosition": "LATERAL DECUBITUS"},
        ],
    )
    def test_what_is_a_film(self, tmp_path: Path, tags: dict[str, Any]) -> None:
        assert_shows(read(tmp_path, GREY, **tags))

    def test_no_pixels(self, tmp_path: Path) -> None:
        with pytest.raises(UnreadableFilm, match="has no pixels"):
            read_dicom(write_dicom(tmp_path / "film.dcm", None))

    def test_a_strip(self, tmp_path: Path) -> None:
        with pytest.raises(UnreadableFilm, match="one side more than 10 times"):
            read(tmp_path, np.zeros((5, 51), np.uint8))

    @pytest.mark.parametrize("content", [b"", b"<html>404</html>", b"\0" * 4096, b"\0" * 128 + b"DICM" + b"x" * 400])
    def test_no_dicom(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "film.dcm").write_bytes(content)
        with pytest.raises(UnreadableFilm, match=r"is (no DICOM file|empty)"):
            read_film(tmp_path / "film.dcm")

    def test_missing(self, tmp_path: Path) -> None:
        with pytest.raises(UnreadableFilm, match="cannot be opened: No such file"):
            read_film(tmp_path / "film.dcm")


class TestSyntaxes:
    @pytest.mark.parametrize(
        "syntax",
        [
            "DeflatedExplicitVRLittleEndian",
            "RLELossless",
            "JPEGLosslessProcess14",
            "JPEGLosslessProcess14_1",
            "JPEGLSLossless",
            "JPEG2000Lossless",
            "JPEG2000Part2Lossless",
            "JPEGExtendedProcess2_4",
        ],
    )
    @pytest.mark.parametrize("bits", [8, 12])
    def test_compressed(self, tmp_path: Path, syntax: str, bits: int) -> None:
        stored = GREY if bits == 8 else GREY.astype(np.uint16) * 16
        path = compress(write_dicom(tmp_path / "film.dcm", stored, BitsStored=bits), syntax)
        assert_shows(read_dicom(path), off=(bits == 12) + 4 * ("Extended" in syntax))

    def test_signed_values_that_are_compressed(self, tmp_path: Path) -> None:
        stored = GREY.astype(np.int16) * 16 - 2048
        for syntax in ("JPEG2000Lossless", "JPEGLSLossless"):
            path = compress(write_dicom(tmp_path / "film.dcm", stored, BitsStored=12), syntax)
            assert_shows(read_dicom(path), off=1)
        eight = (stored // 16).astype(np.int8)  # which OpenCV would decode, and take for values from 0 on
        assert_shows(read_dicom(compress(write_dicom(tmp_path / "film.dcm", eight), "JPEGLosslessProcess14_1")))

    @pytest.mark.parametrize(
        ("syntax", "reason"),
        [
            ("1.2.840.10008.1.2.4.112", "is compressed as JPEG XL, which neither pydicom nor python-gdcm decodes"),
            ("1.2.840.10008.1.2.4.80", "is compressed as JPEG-LS Lossless .* it is damaged"),
            ("1.2.3.4", "is compressed as 1.2.3.4, which neither"),
        ],
    )
    def test_one_that_cannot_be_decoded_is_named(self, tmp_path: Path, syntax: str, reason: str) -> None:
        path = write_dicom(tmp_path / "film.dcm", GREY)
        dataset = pydicom.dcmread(path)
        dataset.PixelData = pydicom.encaps.encapsulate([b"no such codestream"])
        dataset["PixelData"].VR = "OB"
        dataset.file_meta.TransferSyntaxUID = syntax
        dataset.save_as(path, implicit_vr=False, little_endian=True, force_encoding=True)
        with pytest.raises(UnreadableFilm, match=reason):
            read_dicom(path)

    @pytest.mark.parametrize(
        ("syntax", "bits"),
        [
            ("JPEGBaselineProcess1", 8),
            ("JPEGLosslessProcess14_1", 12),
            ("JPEGExtendedProcess2_4", 12),
            ("JPEG2000Lossless", 12),
            ("JPEGLSLossless", 12),
            ("RLELossless", 12),
        ],
    )
    @pytest.mark.parametrize("end", [b"", b"\xff\xd9"])
    def test_a_cut_picture_in_a_whole_file_is_never_half_a_film(
        self, tmp_path: Path, syntax: str, bits: int, end: bytes
    ) -> None:
        stored = smooth(200, 200) if bits == 8 else smooth(200, 200).astype(np.uint16) * 16
        path = compress(write_dicom(tmp_path / "film.dcm", stored, BitsStored=bits), syntax)
        dataset = pydicom.dcmread(path)
        frame = pydicom.encaps.get_frame(dataset.PixelData, 0, number_of_frames=1)
        for share in (0.4, 0.9):
            dataset.PixelData = pydicom.encaps.encapsulate([frame[: int(len(frame) * share)] + end])
            dataset["PixelData"].VR = "OB"
            dataset.save_as(path)
            with pytest.raises(UnreadableFilm, match=r"(cut|damaged)"):
                read_film(path)

    def test_what_is_missing_is_named_with_the_extra(self) -> None:
        told = undecodable("1.2.840.10008.1.2.4.70", gdcm=False)
        assert told.startswith("is compressed as JPEG Lossless") and "python-gdcm" in told and "'.[dicom]'" in told

    def test_a_cut_file_is_never_half_a_film(self, tmp_path: Path) -> None:
        for syntax in (None, "JPEGBaselineProcess1", "JPEG2000Lossless", "RLELossless"):
            path = write_dicom(tmp_path / "film.dcm", GREY)
            whole = (compress(path, syntax) if syntax else path).read_bytes()
            for share in (0.3, 0.7, 0.95):
                path.write_bytes(whole[: int(len(whole) * share)])
                with pytest.raises(UnreadableFilm):
                    read_film(path)


def test_a_file_without_suffix_and_one_without_the_mark(tmp_path: Path) -> None:
    path = write_dicom(tmp_path / "IM0001", GREY)
    assert_shows(read_film(path))
    dataset = pydicom.dcmread(path)
    bare = tmp_path / "bare.dcm"
    with bare.open("wb") as file:
        pydicom.dcmwrite(file, pydicom.Dataset(dataset), implicit_vr=True, little_endian=True)
    assert bare.read_bytes()[128:132] != b"DICM"
    assert_shows(read_film(bare))


def _everything(folder: Path) -> bytes:
    """A file with every tag that is read."""
    item = Dataset()
    item.CodeMeaning = "postero-anterior"
    tags: dict[str, Any] = {
        "ModalityLUTSequence": [table_item(np.arange(4096, dtype=np.uint16), bits=12)],
        "VOILUTSequence": [table_item(np.arange(4096, dtype=np.uint16), bits=12)],
        "WindowCenter": [2000, 3],
        "WindowWidth": [4000, 5],
        "RescaleSlope": 1,
        "RescaleIntercept": 0,
        "PixelPaddingValue": 4095,
        "ViewCodeSequence": [item],
        "PatientAge": "050Y",
        "PatientBirthDate": "19500101",
        "StudyDate": "20000101",
        "NumberOfFrames": 1,
        "BodyPartExamined": "CHEST",
    }
    return write_dicom(folder / "film.dcm", GREY.astype(np.uint16) * 16, BitsStored=12, **tags).read_bytes()


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(128, 700) | st.integers(700, 30_000), st.integers(0, 4), st.binary(max_size=6)),
        min_size=1,
        max_size=6,
    )
)
def test_whatever_a_file_holds_it_is_read_or_refused(changes: list[tuple[int, int, bytes]]) -> None:
    """Bytes are replaced, lost and added anywhere in a file with every tag that is read."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.dcm"
        raw = bytearray(_everything(Path(folder)))
        for at, lost, added in changes:
            raw[at : at + lost] = added
        path.write_bytes(raw)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pydicom's
            told = told_by(path)
            assert told.fault is None or "Doe" not in told.fault
            try:
                film = read_film(path)
            except UnreadableFilm as error:
                assert "DOE" not in str(error).upper()
            else:
                assert film.grey.dtype == np.uint8 and film.grey.ndim == 2
