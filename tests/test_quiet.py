"""What libraries say of films from C: not on the screen, in the middle of a bar; what we say is."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
from cli_process import run
from film_folders import noise_folder

from xrays.pixels.read import read_film
from xrays.quiet import silenced


def with_chunk(png: bytes, kind: bytes, content: bytes, checksum: int = 0) -> bytes:
    """After the header; its checksum is right but for `checksum`."""
    chunk = kind + content
    own = struct.pack(">I", len(content)) + chunk + struct.pack(">I", zlib.crc32(chunk) ^ checksum)
    return png[:33] + own + png[33:]


def complained_of(png: bytes) -> list[bytes]:
    """Films that libpng decodes with a warning: a colour profile that is none, a text whose checksum is wrong."""
    return [
        with_chunk(png, b"iCCP", b"bad\0\0" + zlib.compress(b"x" * 200)),
        with_chunk(png, b"tEXt", b"a\0b", checksum=1),
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    films = noise_folder(tmp_path / "films", 20)
    for number in range(20):
        file = films / f"train/{number:06d}.png"
        file.write_bytes(complained_of(file.read_bytes())[number % 2])
    return films


def test_the_library_does_complain(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Else the next test would show nothing."""
    for number in range(2):
        cv2.imdecode(np.fromfile(folder / f"train/{number:06d}.png", np.uint8), cv2.IMREAD_UNCHANGED)
    if not capfd.readouterr().err:
        pytest.skip("this OpenCV says nothing")


def test_preparing_says_nothing_on_standard_error(folder: Path, tmp_path: Path) -> None:
    done = run("prepare", folder, "--out", tmp_path / "out", "--size", 16, cwd=tmp_path)
    assert done.returncode == 0 and done.stderr == ""
    assert "20 films at 16×16 px" in done.stdout


def test_what_is_wrong_with_a_film_is_still_told(folder: Path, tmp_path: Path) -> None:
    for number in range(3):
        (folder / f"train/{number:06d}.png").write_bytes(b"no film")
    done = run("prepare", folder, "--out", tmp_path / "out", "--size", 16, cwd=tmp_path)
    assert done.returncode == 2 and done.stderr.startswith("error: 3 of 20 films")


def test_many_threads_give_it_back(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    films = sorted((folder / "train").iterdir()) * 20
    with ThreadPoolExecutor(16) as pool:
        assert len(list(pool.map(read_film, films))) == 400
    os.write(2, b"ours\n")
    assert capfd.readouterr().err == "ours\n"
    assert threading.active_count() < 16


def test_an_error_gives_it_back(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RuntimeError), silenced(), silenced():
        os.write(2, b"lost\n")
        raise RuntimeError
    os.write(2, b"ours\n")
    assert capfd.readouterr().err == "ours\n"


def test_a_process_without_standard_error(folder: Path) -> None:
    """As services are started: file 2 is closed, or is a file of somebody else's."""
    program = "import os, sys; os.close(2); from pathlib import Path; from xrays.pixels.read import read_film; "
    program += "print(read_film(Path(sys.argv[1])).grey.shape)"
    command = [sys.executable, "-c", program, str(folder / "train/000000.png")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1])
    assert done.stdout == "(24, 20)\n"
