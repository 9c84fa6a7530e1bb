"""Preparing films: what comes out, what is left out, and that a folder is whole or absent."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
from film_folders import noise_folder, replace_in

from xrays import ahead, decoding
from xrays.ahead import AHEAD
from xrays.arrays import XrayArrays, prepared_folders
from xrays.decoded import Outcome
from xrays.decoding import decode
from xrays.errors import UserError
from xrays.labels import LABELS
from xrays.pixels.recipe import PLAIN, PixelRecipe
from xrays.prepare import prepare
from xrays.sources._folder import read_folder
from xrays.tasks import TASKS


class TestResult:
    def test_equals_a_plain_loop(self, films_folder: Path, prepared: XrayArrays) -> None:
        images = []
        for path in sorted((films_folder / "train").glob("*.png")):
            grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
            assert grey is not None
            side = max(grey.shape)
            square = np.zeros((side, side), np.uint8)
            top, left = (side - grey.shape[0]) // 2, (side - grey.shape[1]) // 2
            square[top : top + grey.shape[0], left : left + grey.shape[1]] = grey
            images.append(cv2.resize(255 - square, (32, 32), interpolation=cv2.INTER_AREA)[..., None])
        np.testing.assert_allclose(prepared.images, np.stack(images), atol=1)

    def test_shapes_types_and_order(self, prepared: XrayArrays) -> None:
        assert prepared.images.shape == (60, 32, 32, 1) and prepared.images.dtype == np.uint8
        assert prepared.size == 32 and prepared.name == "tiny32" and prepared.synthetic
        assert prepared.labels["age"].dtype == np.float32 == prepared.labels["gender"].dtype
        assert prepared.ids.dtype == np.int64 and prepared.ids.tolist() == list(range(60))
        assert np.flatnonzero(np.isnan(prepared.labels["age"])).tolist() == [7]
        assert np.flatnonzero(np.isnan(prepared.labels["gender"])).tolist() == [11]
        assert len(np.unique(prepared.groups)) == 40

    def test_labels_by_task(self, films_folder: Path, prepared: XrayArrays) -> None:
        assert list(prepared.labels) == [name for name in LABELS if (films_folder / f"train_{name}.csv").exists()]
        for task in TASKS.values():
            targets = prepared.targets(task)
            assert targets.dtype == np.float32
            if task.label.name not in prepared.labels:
                assert np.isnan(targets).all()
                continue
            rows = pd.read_csv(films_folder / f"train_{task.label.name}.csv")
            np.testing.assert_array_equal(targets, rows[task.label.name].to_numpy(np.float32))

    def test_images_are_mapped_and_cannot_be_changed(self, prepared: XrayArrays) -> None:
        assert isinstance(prepared.images, np.memmap)
        with pytest.raises(ValueError, match="read-only"):
            prepared.images[0] = 0

    def test_open_gives_what_prepare_gave(self, prepared: XrayArrays) -> None:
        opened = XrayArrays.open(prepared.path)
        np.testing.assert_array_equal(opened.images, prepared.images)
        np.testing.assert_array_equal(opened.groups, prepared.groups)
        assert opened.meta == prepared.meta

    def test_what_is_recorded(self, prepared: XrayArrays) -> None:
        expected = {"synthetic": True, "count": 60, "rejected": 0, "size": 32}
        assert {name: prepared.meta[name] for name in expected} == expected
        assert prepared.meta["words"] == [prepared.meta["source"]], "what is typed after `prepare`"
        assert prepared.meta["preprocessing"] == PLAIN.record()

    def test_what_lies_there(self, tmp_path: Path) -> None:
        arrays = prepare(read_folder(noise_folder(tmp_path / "films", 4)), tmp_path / "out", size=16)
        assert sorted(file.name for file in arrays.path.iterdir()) == [
            ".checked", "conflicts.csv", "facts.csv", "films.csv", "fingerprints.npy", "images.npy", "left_out.csv",
            "meta.json", "rejected.csv",
        ]  # fmt: skip

    def test_not_synthetic_unless_it_is_said(self, tmp_path: Path) -> None:
        assert not prepare(read_folder(noise_folder(tmp_path / "films", 4)), tmp_path / "out", size=16).synthetic

    def test_progress_counts_every_film(self, tmp_path: Path) -> None:
        calls: list[tuple[int, int]] = []
        prepare(read_folder(noise_folder(tmp_path / "films", 9)), tmp_path / "out", size=16,
                progress=lambda done, total: calls.append((done, total)))  # fmt: skip
        assert calls == [(done, 9) for done in range(1, 10)]

    def test_more_films_than_one_round_of_threads(self, tmp_path: Path) -> None:
        """The films are handed to the threads 256 at a time."""
        folder = tmp_path / "films"
        (folder / "train").mkdir(parents=True)
        for film in range(300):
            pixels = np.eye(16, dtype=np.uint8) * 255
            pixels[8, 8] = film % 256
            cv2.imwrite(str(folder / f"train/{film}.bmp"), pixels)
        (folder / "train_age.csv").write_text("imageId,age\n" + "".join(f"{film},50\n" for film in range(300)))
        arrays = prepare(read_folder(folder), tmp_path / "out", size=16)
        np.testing.assert_array_equal(arrays.images[:, 8, 8, 0], 255 - np.arange(300) % 256)

    def test_only_a_few_films_wait_for_their_turn(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Whatever their number, and however slowly they are taken."""
        begun: list[str] = []

        def counted(path: str, sizes: Sequence[int], recipe: PixelRecipe) -> tuple[dict[int, object], Outcome]:
            begun.append(path)
            return {}, Outcome("nothing")

        monkeypatch.setattr(decoding, "_decoded", counted)
        monkeypatch.setattr(ahead, "usable_cores", lambda: 2)
        most: list[int] = []
        paths = [str(number) for number in range(500)]
        decode(paths, {16: tmp_path}, PLAIN, lambda done, total: most.append(len(begun) - done))
        assert begun == paths and len(most) == 500
        assert max(most) <= AHEAD * 2


class TestRejected:
    def test_the_rest_goes_on(self, tmp_path: Path) -> None:
        folder = noise_folder(tmp_path / "films", 80)
        whole = prepare(read_folder(folder), tmp_path / "whole", size=16)
        (folder / "train/000003.png").write_text("no image")
        (folder / "train/000079.png").unlink()
        (folder / "train/000079.png").symlink_to(tmp_path / "nowhere.png")
        replace_in(folder / "train_age.csv", "\n5,35\n", "\n5,old\n")
        replace_in(folder / "train_gender.csv", "\n7,1\n", "\n7,2\n")
        arrays = prepare(read_folder(folder), tmp_path / "out", size=16)
        kept = [film for film in range(80) if film not in (3, 5, 7, 79)]
        assert arrays.ids.tolist() == kept
        np.testing.assert_array_equal(arrays.images, whole.images[kept])
        np.testing.assert_array_equal(arrays.labels["age"], whole.labels["age"][kept])
        np.testing.assert_array_equal(arrays.fingerprints(), whole.fingerprints()[kept])
        assert arrays.meta["rejected"] == 4 and arrays.meta["count"] == 76
        assert (tmp_path / "out/images.npy").stat().st_size == 76 * 16 * 16 + 128
        rejected = pd.read_csv(tmp_path / "out/rejected.csv")
        assert list(rejected.columns) == ["imageId", "file", "reason"]
        assert dict(zip(rejected.imageId, rejected.reason, strict=True)) == {
            3: "cannot be decoded",
            5: "age 'old' is no number",
            7: "gender '2' is neither 0 (female) nor 1 (male)",
            79: "cannot be opened: No such file or directory",
        }
        assert rejected.file.tolist() == [str(folder / f"train/{film:06d}.png") for film in rejected.imageId]

    @pytest.mark.parametrize(("broken", "refused"), [(1, False), (2, True)])
    def test_at_most_one_in_twenty(self, tmp_path: Path, broken: int, refused: bool) -> None:
        folder = noise_folder(tmp_path / "films", 20)
        for film in range(broken):
            (folder / f"train/{film:06d}.png").write_text("no image")
        if not refused:
            assert len(prepare(read_folder(folder), tmp_path / "data/out", size=16).ids) == 19
            return
        with pytest.raises(UserError) as caught:
            prepare(read_folder(folder), tmp_path / "data/out", size=16)
        assert f"2 of 20 films in {folder} cannot be used: 2 × cannot be decoded" in caught.value.given
        assert "imageId 0" in caught.value.given and "000000.png" in caught.value.given
        assert "5%" in caught.value.accepted and f"python cli.py prepare {folder}" in caught.value.remedy
        assert [file.name for file in (tmp_path / "data").iterdir()] == ["out-rejected.csv"]

    def test_labels_that_cannot_be_used_are_told_before_anything_is_decoded(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = noise_folder(tmp_path / "films", 20)
        ages = "".join(f"{film},{414 if film < 2 else 50}\n" for film in range(20))
        (folder / "train_age.csv").write_text(f"imageId,age\n{ages}")
        monkeypatch.setattr("xrays.prepare.decode", lambda *_: pytest.fail("films are decoded for nothing"))
        recipe = PixelRecipe("auto", "keep")
        with pytest.raises(UserError, match=r"2 of 20 films in .*: 2 × age 414 is outside 0–120") as caught:
            prepare(read_folder(folder), tmp_path / "data/out", size=32, recipe=recipe)
        words = f"prepare {folder} --polarity auto --keep-borders --out {tmp_path / 'data/out'} --size 32"
        assert caught.value.remedy.endswith(words)
        assert [file.name for file in (tmp_path / "data").iterdir()] == ["out-rejected.csv"]

    def test_rows_without_a_film_do_not_count(self, tmp_path: Path) -> None:
        """A part of a collection is no broken one."""
        folder = noise_folder(tmp_path / "films", 20)
        for film in range(12):
            (folder / f"train/{film:06d}.png").unlink()
        (folder / "train_age.csv").write_text("imageId,age\n" + "".join(f"{film},50\n" for film in range(19)))
        (folder / "train_gender.csv").unlink()
        arrays = prepare(read_folder(folder), tmp_path / "out", size=16)
        assert arrays.ids.tolist() == list(range(12, 19)) and arrays.meta["rejected"] == 0
        assert arrays.meta["left_out"] == {"no image file": 12, "no age": 1}
        assert pd.read_csv(tmp_path / "out/left_out.csv").imageId.tolist() == [*range(12), 19]

    def test_nothing_usable(self, tmp_path: Path) -> None:
        folder = noise_folder(tmp_path / "films", 3)
        for file in folder.glob("train_*.csv"):
            file.write_text(f"imageId,{file.stem.removeprefix('train_')}\n")
        with pytest.raises(UserError, match="3 × neither age nor gender"):
            prepare(read_folder(folder), tmp_path / "out", size=16)
        assert not (tmp_path / "out").exists()

    def test_nothing_can_be_decoded(self, tmp_path: Path) -> None:
        folder = noise_folder(tmp_path / "films", 3)
        for file in (folder / "train").iterdir():
            file.write_bytes(b"")
        with pytest.raises(UserError, match="3 × is empty"):
            prepare(read_folder(folder), tmp_path / "out", size=16)


class TestWholeOrAbsent:
    def test_nothing_under_its_name_before_the_end(self, tmp_path: Path) -> None:
        out = tmp_path / "data/out"

        def look(done: int, total: int) -> None:
            assert not out.exists()
            assert prepared_folders(tmp_path / "data") == []

        prepare(read_folder(noise_folder(tmp_path / "films")), out, size=16, progress=look)
        assert prepared_folders(tmp_path / "data") == [out]


KILLED = """
import os, signal, sys
from pathlib import Path
from xrays import decoded
from xrays.prepare import prepare
from xrays.sources._folder import read_folder
decoded.TOGETHER = 4
def stop(done, total):
    if done == 10: os.kill(os.getpid(), signal.SIGKILL)
prepare(read_folder(Path(sys.argv[1])), Path(sys.argv[2]), size=16, progress=stop)
"""


class TestGoesOn:
    """Behind the last film that was written down; what comes out is what an undisturbed call makes."""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        """25 films, of which one cannot be decoded."""
        folder = noise_folder(tmp_path / "films")
        (folder / "train/000003.png").write_text("no image")
        return folder

    def stopped(self, folder: Path, out: Path, at: int, error: type[BaseException] = KeyboardInterrupt) -> None:
        def stop(done: int, total: int) -> None:
            if done == at:
                raise error

        with pytest.raises(error):
            prepare(read_folder(folder), out, size=16, progress=stop)
        assert not out.exists() and prepared_folders(out.parent) == []

    def same(self, folder: Path, out: Path) -> list[int]:
        """Prepares on; how far it was at every call of `progress`."""
        calls: list[int] = []
        arrays = prepare(read_folder(folder), out, size=16, progress=lambda done, total: calls.append(done))
        whole = prepare(read_folder(folder), out.with_name("whole"), size=16)
        for file in ("films.csv", "facts.csv", "rejected.csv", "images.npy", "fingerprints.npy", "meta.json"):
            assert (out / file).read_bytes() == (whole.path / file).read_bytes(), file
        assert sorted(path.name for path in out.parent.iterdir()) == ["out", "whole"]
        assert sorted(path.name for path in arrays.path.iterdir()) == sorted(
            path.name for path in whole.path.iterdir()
        )
        return calls

    @pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
    def test_after_an_interrupt(self, folder: Path, tmp_path: Path, error: type[BaseException]) -> None:
        out = tmp_path / "data/out"
        self.stopped(folder, out, 10, error)
        assert self.same(folder, out) == list(range(10, 26))

    @pytest.mark.parametrize("at", [1, 4, 25])
    def test_after_several(self, folder: Path, tmp_path: Path, at: int) -> None:
        out = tmp_path / "data/out"
        self.stopped(folder, out, at)
        self.stopped(folder, out, at)
        assert self.same(folder, out) == list(range(at, 26))

    def test_after_a_kill(self, folder: Path, tmp_path: Path) -> None:
        out = tmp_path / "data/out"
        done = subprocess.run([sys.executable, "-c", KILLED, folder, out], timeout=60, check=False)
        assert done.returncode == -9
        assert not out.exists() and prepared_folders(tmp_path / "data") == []
        assert self.same(folder, out) == list(range(8, 26))

    @pytest.mark.parametrize("cut", [1, 30])
    def test_after_a_line_that_is_cut(self, folder: Path, tmp_path: Path, cut: int) -> None:
        out = tmp_path / "data/out"
        self.stopped(folder, out, 10)
        journal = tmp_path / "data/.out.partial/.decoded"
        journal.write_bytes(journal.read_bytes()[:-cut])
        assert self.same(folder, out) == list(range(9, 26))

    def test_with_other_films_it_begins_anew(self, folder: Path, tmp_path: Path) -> None:
        out = tmp_path / "data/out"
        self.stopped(folder, out, 10)
        cv2.imwrite(str(folder / "train/000000.png"), np.eye(24, 20, dtype=np.uint8) * 200)
        assert self.same(folder, out) == list(range(1, 26))

    def test_what_the_same_call_would_meet_again_leaves_nothing(self, folder: Path, tmp_path: Path) -> None:
        for number in range(4, 9):
            (folder / f"train/{number:06d}.png").write_text("no image")
        with pytest.raises(UserError, match="6 of 25 films"):
            prepare(read_folder(folder), tmp_path / "data/out", size=16)
        assert [path.name for path in (tmp_path / "data").iterdir()] == ["out-rejected.csv"]


def test_meta_is_plain_json(prepared: XrayArrays) -> None:
    seal = {"seal": json.loads((prepared.path / "meta.json").read_text())["seal"]}
    assert json.loads((prepared.path / "meta.json").read_text()) == {**prepared.meta, **seal}
