"""Preparing films against decoding them and no more, against a plain loop, and against `prepare` as it was.

    python benchmarks/prepare.py [--films 2000] [--size 128] [--rounds 5]

Generated films of 1024×1024 in three forms: as SPR has them (RGBA PNG), as 16-bit grey PNG, as DICOM compressed by
JPEG. The arms:

    bare     the same files read and decoded with all cores, and thrown away: by OpenCV as fast as it can, DICOM by
             pydicom
    decoder  the same with what `prepare` decodes by: the limit
    loop     cv2.imread, 255 - x, resize, a list of float arrays
    before   `prepare` of version 0.9: all channels decoded, 256 films at a time
    prepare  all of it: polarity, margins, facts, fingerprints, tables, the disk

Every round runs all arms one after the other, each in a process of its own on its share of the films; what is printed
are medians over the rounds: films a second, milliseconds of processor a film (which other work on the machine changes
less), ratios of both within a round, and how much memory an arm took more than it had when its libraries were loaded.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from xrays.ahead import keep_memory
from xrays.cores import usable_cores
from xrays.layout import Layout
from xrays.phantom.anatomy import render
from xrays.phantom.sample import draw_technique, requests
from xrays.pixels.read import read_film
from xrays.prepare import prepare
from xrays.strict_json import as_json

SIDE, DIFFERENT = 1024, 50  # px; pictures that are drawn: the files are links to them
LEVEL = [cv2.IMWRITE_PNG_COMPRESSION, 6]  # zlib's own: 0.8 MB a film, where those of SPR have 0.9
FLAGS = cv2.IMREAD_ANYDEPTH | cv2.IMREAD_IGNORE_ORIENTATION  # the fastest: equal channels become one


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--films", type=int, default=2000, help="of each form, over all rounds")
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    print(f"{usable_cores()} cores, {options.films} films of {SIDE}×{SIDE} a form, to {options.size}×{options.size}")
    with tempfile.TemporaryDirectory() as folder:
        for form, write in FORMS.items():
            films = write_films(Path(folder) / form, write, options.films)
            print(f"\n{form}: {np.mean([film.stat().st_size for film in films]) / 1e6:.2f} MB a film")
            print_results(measured(form, films, options.size, options.rounds, Path(folder)))


def pictures() -> list[NDArray[np.uint8]]:
    """Synthetic chests at full size."""
    drawn = []
    for request in islice(requests(7), DIFFERENT):
        rng = np.random.default_rng(request.seed)
        drawn.append(render(rng, request.anatomy, draw_technique(rng), SIDE))
    return drawn


def write_films(folder: Path, write: Callable[[Path, NDArray[np.uint8]], None], count: int) -> list[Path]:
    """So many files, of which all with the same picture are one on the disk."""
    folder.mkdir()
    films = [folder / f"{number:06d}" for number in range(count)]
    for film, picture in zip(films, pictures(), strict=False):
        write(film, picture)
    for number, film in enumerate(films[DIFFERENT:]):
        film.hardlink_to(films[number % DIFFERENT])
    return films


def as_spr(path: Path, picture: NDArray[np.uint8]) -> None:
    """RGBA, constant alpha."""
    rgba = np.dstack([picture] * 3 + [np.full_like(picture, 255)])
    path.write_bytes(cv2.imencode(".png", rgba, LEVEL)[1].tobytes())


def as_sixteen_bits(path: Path, picture: NDArray[np.uint8]) -> None:
    """12 bits and their noise."""
    noise = np.random.default_rng(0).integers(0, 16, picture.shape, np.uint16)
    path.write_bytes(cv2.imencode(".png", picture.astype(np.uint16) * 16 + noise, LEVEL)[1].tobytes())


def as_dicom(path: Path, picture: NDArray[np.uint8]) -> None:
    """JPEG baseline, 8 bits."""
    from pydicom import Dataset
    from pydicom.dataset import FileMetaDataset
    from pydicom.encaps import encapsulate
    from pydicom.uid import ComputedRadiographyImageStorage, JPEGBaseline8Bit, generate_uid

    film = Dataset()
    film.file_meta = FileMetaDataset()
    film.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    film.SOPClassUID, film.SOPInstanceUID = ComputedRadiographyImageStorage, generate_uid()
    film.Modality, film.PatientID, film.PhotometricInterpretation = "CR", "1", "MONOCHROME2"
    film.Rows, film.Columns = picture.shape
    film.SamplesPerPixel, film.PixelRepresentation = 1, 0
    film.BitsAllocated, film.BitsStored, film.HighBit = 8, 8, 7
    film.PixelData = encapsulate([cv2.imencode(".jpg", picture)[1].tobytes()])
    film["PixelData"].is_undefined_length = True
    film.save_as(path, enforce_file_format=True)


FORMS = {"rgba_png": as_spr, "16_bit_png": as_sixteen_bits, "jpeg_dicom": as_dicom}


Figures = list[tuple[float, float, float]]  # films a second, milliseconds of processor a film, MB


def measured(form: str, films: Sequence[Path], size: int, rounds: int, folder: Path) -> dict[str, Figures]:
    """Arm -> what it did in every round."""
    found: dict[str, Figures] = {arm: [] for arm in ARMS if arm != "loop" or form != "jpeg_dicom"}
    share = len(films) // rounds
    for number in range(rounds):
        listed = [str(film) for film in films[number * share : (number + 1) * share]]
        for arm in found:
            asked = as_json({"arm": arm, "films": listed, "size": size, "out": str(folder / f"{form}{number}")})
            call = [sys.executable, __file__, "--arm"]
            done = subprocess.run(call, input=asked, stdout=subprocess.PIPE, text=True, check=True)
            found[arm].append(tuple(json.loads(done.stdout.splitlines()[-1])))
    return found


def print_results(found: dict[str, Figures]) -> None:
    """One line an arm."""
    ours = np.array(found["prepare"])
    for arm, rounds in found.items():
        theirs = np.array(rounds)
        speed, spent, memory = np.median(theirs, axis=0)
        faster, cheaper = np.median(ours[:, 0] / theirs[:, 0]), np.median(theirs[:, 1] / ours[:, 1])
        print(
            f"  {arm:8} {speed:7.1f} films/s {spent:6.1f} ms {memory:6.0f} MB   prepare: {faster:.2f} times "
            f"the films a second, {cheaper:.2f} times those of a second of processor"
        )


def bare(films: Sequence[str], size: int, out: Path) -> None:
    """What a user would write who knows the libraries."""

    def one(film: str) -> None:
        raw = Path(film).read_bytes()
        if raw[128:132] == b"DICM":
            from pydicom import dcmread

            assert dcmread(film).pixel_array.shape == (SIDE, SIDE)
        else:
            assert cv2.imdecode(np.frombuffer(raw, np.uint8), FLAGS) is not None

    with_all_cores(one, films)


def decoder(films: Sequence[str], size: int, out: Path) -> None:
    """The limit."""
    keep_memory()
    with_all_cores(lambda film: read_film(Path(film)), films)


def with_all_cores(one: Callable[[str], object], films: Sequence[str]) -> None:
    """A core a film."""
    cv2.setNumThreads(1)
    with ThreadPoolExecutor(usable_cores()) as pool:
        for _ in pool.map(one, films):
            pass


def loop(films: Sequence[str], size: int, out: Path) -> None:
    """What one writes first."""
    kept: list[Any] = []
    for film in films:
        picture = cv2.imread(film)
        assert picture is not None
        kept.append(cv2.resize(255 - picture, (size, size)).astype(float) / 255)


def before(films: Sequence[str], size: int, out: Path) -> None:
    """Decoding, padding, inversion, resizing and fingerprint as they were in version 0.9."""

    def one(film: str) -> tuple[Any, bytes]:
        raw = Path(film).read_bytes()
        if raw[128:132] == b"DICM":  # which it could not read: what it did after decoding
            from pydicom import dcmread

            picture: Any = dcmread(film).pixel_array
        else:
            picture = cv2.imdecode(np.frombuffer(raw, np.uint8), cv2.IMREAD_UNCHANGED)
        if picture.ndim == 3:
            picture = cv2.cvtColor(picture[..., :3], cv2.COLOR_BGR2GRAY)
        if picture.dtype == np.uint16:
            picture = (picture.astype(np.float32) * (255.0 / max(int(picture.max()), 1))).astype(np.uint8)
        side = max(picture.shape)
        square = np.zeros((side, side), np.uint8)
        square[: picture.shape[0], : picture.shape[1]] = picture
        pixels = cv2.resize(255 - square, (size, size), interpolation=cv2.INTER_AREA)
        return pixels, hashlib.blake2b(picture.tobytes(), digest_size=6).digest()

    out.mkdir()
    with ThreadPoolExecutor(usable_cores()) as pool, (out / "images").open("wb") as file:
        for start in range(0, len(films), 256):
            for pixels, _ in pool.map(one, films[start : start + 256]):
                file.write(pixels.tobytes())


def ours(films: Sequence[str], size: int, out: Path) -> None:
    """The whole of `prepare`."""
    count = len(films)
    layout = Layout(
        name="generated",
        words=("DIR",),
        place=Path(films[0]).parent,
        ids=np.arange(count),
        paths=films,
        labels={"age": np.full(count, 50, np.float32)},
        groups=np.arange(count).astype(str),
    )
    assert len(prepare(layout, out, size=size).ids) == count


ARMS = {"bare": bare, "decoder": decoder, "loop": loop, "before": before, "prepare": ours}


def run_arm() -> None:
    """In a process of its own: prints seconds and MB."""
    asked = json.load(sys.stdin)
    picture = np.eye(64, dtype=np.uint8)
    cv2.imdecode(cv2.imencode(".png", picture)[1], FLAGS)  # the libraries are there
    if asked["films"] and Path(asked["films"][0]).read_bytes()[128:132] == b"DICM":
        import pydicom  # noqa: F401
    base, start, spent = peak_memory(), time.perf_counter(), time.process_time()
    ARMS[asked["arm"]](asked["films"], asked["size"], Path(asked["out"] + asked["arm"]))
    seconds, spent = time.perf_counter() - start, time.process_time() - spent
    count = len(asked["films"])
    print(as_json([count / seconds, 1000 * spent / count, peak_memory() - base]))


def peak_memory() -> float:
    """MB that this process has ever had. What `resource` tells counts the process that has started it, too."""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM"))


if __name__ == "__main__":
    run_arm() if sys.argv[1:] == ["--arm"] else main()
