"""Preparing beside others, on a full disk, and beside films that are none: real processes and real disks."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
from cli_process import CLI
from film_folders import noise_folder
from numpy.typing import NDArray

from xrays.arrays import XrayArrays
from xrays.errors import UserError
from xrays.prepare import prepare
from xrays.sources._folder import read_folder


@pytest.fixture
def films(tmp_path: Path) -> Path:
    return noise_folder(tmp_path / "films")


def checks(height: int, width: int) -> NDArray[np.uint8]:
    """No margin, not blank."""
    return np.tile(255 * np.eye(2, dtype=np.uint8), (height // 2 + 1, width // 2 + 1))[:height, :width]


class TestFullDisk:
    """A disk of its own in a name space of its own, which takes no rights where the system allows it."""

    @pytest.mark.parametrize("kilobytes", [4, 600])
    def test_it_is_told_and_leaves_nothing(self, films: Path, tmp_path: Path, kilobytes: int) -> None:
        unshare = shutil.which("unshare")
        if unshare is None:
            pytest.skip("no name spaces here")
        disk = tmp_path / "disk"
        disk.mkdir()
        script = (
            f'mount -t tmpfs -o size={kilobytes}k none {disk} || exit 77; "$@"; code=$?; ls -A {disk}; exit $code'
        )
        command = [sys.executable, str(CLI), "prepare", str(films), "--out", str(disk / "out"), "--size", "256"]
        done = subprocess.run(
            [unshare, "--map-root-user", "--mount", "sh", "-c", script, "sh", *command],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        if done.returncode == 77 or "unshare failed" in done.stderr:
            pytest.skip("no disk can be mounted here")
        assert done.returncode == 2, done.stderr
        assert f"the disk of {disk} is full" in done.stderr and "25 films at 256×256 px: 0.00 GB" in done.stderr
        assert "Traceback" not in done.stderr and "out" not in done.stdout.splitlines()
        assert not [line for line in done.stdout.splitlines() if line.startswith(".")]

    @pytest.mark.parametrize("call", ["posix_fallocate", "fsync"])
    def test_whatever_tells_it(self, films: Path, tmp_path: Path, call: str, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(*arguments: object) -> None:
            raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))

        monkeypatch.setattr(os, call, full, raising=False)
        with pytest.raises(UserError, match=rf"the disk of {tmp_path}/data is full"):
            prepare(read_folder(films), tmp_path / "data/out", size=16)
        assert not list((tmp_path / "data").iterdir())

    def test_a_disk_that_reserves_no_room(self, films: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        whole = prepare(read_folder(films), tmp_path / "whole", size=16)

        def unknown(*arguments: object) -> None:
            raise OSError(errno.EOPNOTSUPP, "no")

        monkeypatch.setattr(os, "posix_fallocate", unknown, raising=False)
        assert prepare(read_folder(films), tmp_path / "out", size=16).pixels == whole.pixels
        monkeypatch.delattr(os, "posix_fallocate")  # macOS
        assert prepare(read_folder(films), tmp_path / "other", size=16).pixels == whole.pixels


class TestTwoAtOnce:
    def test_the_first_goes_on_and_the_second_is_told(self, films: Path, tmp_path: Path) -> None:
        """Process ids say nothing here: a machine that shares the disk has others, a container the same."""
        out = tmp_path / "data/out"
        program = """
            import sys
            from pathlib import Path
            from xrays.prepare import prepare
            from xrays.sources._folder import read_folder
            def halt(done, total):
                if done == 10:
                    print("half", flush=True)
                    sys.stdin.readline()
            print(len(prepare(read_folder(Path(sys.argv[1])), Path(sys.argv[2]), size=16, progress=halt).ids))
        """
        first = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(program), films, out],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert first.stdin and first.stdout
        with first:
            assert first.stdout.readline() == "half\n"
            with pytest.raises(UserError, match=f"{out} is being prepared by pid {first.pid} on"):
                prepare(read_folder(films), out, size=16)
            assert list((tmp_path / "data").glob(".out*.partial/images.npy"))
            first.stdin.write("\n")
            first.stdin.flush()
            assert first.stdout.readline() == "25\n"
        assert first.returncode == 0
        assert [path.name for path in (tmp_path / "data").iterdir()] == ["out"]

    def test_whoever_comes_just_after_it_is_done_takes_what_is_there(
        self, films: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        out, flock = tmp_path / "out", fcntl.flock

        def late(*arguments: int) -> None:
            monkeypatch.setattr(fcntl, "flock", flock)
            prepare(read_folder(films), out, size=16)
            flock(*arguments)

        monkeypatch.setattr(fcntl, "flock", late)
        assert len(prepare(read_folder(films), out, size=16).ids) == 25
        assert sorted(path.name for path in tmp_path.iterdir()) == ["films", "out"]

    def test_a_disk_without_locks(self, films: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def none(*arguments: object) -> None:
            raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

        monkeypatch.setattr(fcntl, "flock", none)
        out = tmp_path / "data/out"
        assert len(prepare(read_folder(films), out, size=16).ids) == 25
        shutil.rmtree(out)
        perhaps_another_s = tmp_path / "data/.out.partial"
        perhaps_another_s.mkdir()
        (perhaps_another_s / "images.npy").write_bytes(b"half")
        with pytest.raises(UserError, match="without locks") as error:
            prepare(read_folder(films), out, size=16)
        assert f"remove {perhaps_another_s}" in error.value.remedy
        assert (perhaps_another_s / "images.npy").read_bytes() == b"half"


class TestNoFilm:
    @pytest.mark.parametrize(
        ("height", "width", "reason"),
        [
            (40, 60_000, "is 60,000 × 40 px: one side more than 10 times the other"),
            (60_000, 40, "is 40 × 60,000 px: one side more than 10 times the other"),
            (20, 201, "is 201 × 20 px: one side more than 10 times the other"),
            (2_000, 16_400, "is 16,400 × 2,000 px: more than 16,384 px a side"),
        ],
    )
    def test_a_strip_is_left_out(self, tmp_path: Path, height: int, width: int, reason: str) -> None:
        folder = noise_folder(tmp_path / "films", 21)
        cv2.imwrite(str(folder / "train/000003.png"), checks(height, width))
        arrays = prepare(read_folder(folder), tmp_path / "out", size=16)
        assert len(arrays.ids) == 20
        rejected = pd.read_csv(tmp_path / "out/rejected.csv")
        assert rejected.values.tolist() == [[3, str(folder / "train/000003.png"), reason]]

    def test_what_a_wide_margin_leaves_of_a_film_is_told_with_its_own_size(self, tmp_path: Path) -> None:
        folder = noise_folder(tmp_path / "films", 21)
        slip = np.random.default_rng(0).integers(50, 255, (300, 28), np.uint8)
        cv2.imwrite(str(folder / "train/000003.png"), np.pad(slip, ((0, 0), (0, 272))))
        prepare(read_folder(folder), tmp_path / "out", size=16)
        (reason,) = pd.read_csv(tmp_path / "out/rejected.csv").reason
        assert reason == "is 300 × 300 px, 28 × 300 without its margins: one side more than 10 times the other"

    def test_one_to_ten_is_a_film(self, tmp_path: Path) -> None:
        folder = noise_folder(tmp_path / "films", 3)
        cv2.imwrite(str(folder / "train/000001.png"), checks(20, 200))
        assert len(prepare(read_folder(folder), tmp_path / "out", size=16).ids) == 3


def test_the_folder_is_the_same_however_it_was_written(prepared: XrayArrays) -> None:
    """NumPy's own way to write an array gives the same bytes."""
    np.save(prepared.path.parent / "again.npy", np.asarray(prepared.images))
    assert (prepared.path.parent / "again.npy").read_bytes() == (prepared.path / "images.npy").read_bytes()
