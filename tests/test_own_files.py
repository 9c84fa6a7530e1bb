"""Nothing is overwritten that the command has not made: pages, tables, models, cards, pictures, folders, runs."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Mapping
from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import write_films
from run_folders import mixed, run_folder

from reports._page.build import build_report
from runners._commands.preview import SOFTWARE, preview
from runners._models.cards import claim_model
from trials import files
from trials.explained import check_target, save_explained
from trials.files import write_together
from trials.products import claim, holds
from xrays.arrays import XrayArrays
from xrays.errors import UserError
from xrays.pictures import png
from xrays.prepare import prepare
from xrays.sources._folder import read_folder


def contents(folder: Path) -> Mapping[Path, bytes]:
    return {file: file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


@pytest.mark.parametrize("name", ["best_age.html", "best_age.h5", "run/experiment.html", "note.html", "run/plan.npz"])
def test_a_report_overwrites_reports_only(name: str, tmp_path: Path) -> None:
    run = run_folder(tmp_path, "run", mixed("age"))
    (tmp_path / "best_age.json").write_text('{"task": "age"}')
    (tmp_path / "best_age.h5").write_bytes(b"a model")
    (tmp_path / "note.csv").write_text("mine,1\n")
    before = contents(tmp_path)
    with pytest.raises(UserError, match="has not made it"):
        build_report([run], tmp_path / name)
    assert contents(tmp_path) == before


def test_a_report_is_built_again_in_its_place(tmp_path: Path) -> None:
    run, page = run_folder(tmp_path, "run", mixed("age")), tmp_path / "report.html"
    build_report([run_folder(tmp_path, "empty")], page)
    page.touch()
    (tmp_path / "other.csv").touch()
    first = contents(tmp_path)
    assert build_report([run], page) == page and contents(tmp_path) != first
    build_report([run], tmp_path / "other.html")


def test_a_model_is_overwritten_by_its_successor_only(tmp_path: Path) -> None:
    model, card = tmp_path / "best.h5", tmp_path / "best.json"
    claim_model(model)
    for content in ('{"groups": []}', "[]", "\xff", '{"task": "age"}'):
        card.write_text(content)
        with pytest.raises(UserError, match=r"best.json is there, and `export` has not made it"):
            claim_model(model)
    card.unlink()
    model.write_bytes(b"trained elsewhere")
    with pytest.raises(UserError, match=r"best.h5 is there"):
        claim_model(model)
    (tmp_path / "folder.h5").mkdir()
    with pytest.raises(UserError, match="is a folder"):
        claim_model(tmp_path / "folder.h5")


def test_a_preview_is_known_again(prepared: XrayArrays, tmp_path: Path) -> None:
    sheet = np.zeros((3, 5), np.uint8)
    (tmp_path / "own.png").write_bytes(png(sheet, SOFTWARE))
    np.testing.assert_array_equal(cv2.imread(str(tmp_path / "own.png"), cv2.IMREAD_UNCHANGED), sheet)
    claim(tmp_path / "own.png", "spaces preview", holds(SOFTWARE), "")
    (tmp_path / "film.png").write_bytes(png(sheet))
    with pytest.raises(UserError, match="has not made it"):
        list(preview(None, prepared.path, tmp_path, tmp_path / "film.png"))


def test_explanations_replace_explanations_only(tmp_path: Path) -> None:
    check_target(tmp_path / "new")
    save_explained(tmp_path, {"films": 1}, {})
    check_target(tmp_path)
    (tmp_path / "explain/explain.json").write_text("my notes")
    with pytest.raises(UserError, match="has not made it"):
        check_target(tmp_path)
    with pytest.raises(UserError, match="is a run folder"):
        check_target(run_folder(tmp_path, "run").path)


@pytest.mark.parametrize("there", ["films", "notes", "prepared"])
def test_preparing_never_proposes_to_remove_anything(there: str, tmp_path: Path) -> None:
    films, out = write_films(tmp_path / "films"), tmp_path / there
    if there == "prepared":
        prepare(read_folder(films), out, size=16)
    out.mkdir(exist_ok=True)
    with pytest.raises(UserError) as caught:
        prepare(read_folder(films), out, size=24)
    # Beside prepared films lies who has looked at their hold-out.
    assert caught.value.remedy == f"python cli.py prepare {films} --out {out}-2 --size 24"


def test_too_many_bad_films_are_listed_all_the_same(tmp_path: Path) -> None:
    films, out = write_films(tmp_path / "films"), tmp_path / "out"
    bad = sorted((films / "train").glob("*.png"))[:9]
    for file in bad:
        file.write_bytes(b"no film")
    (tmp_path / "out-rejected.csv").write_text("my own list\n")
    for _ in range(2):  # the second list takes the place of the first
        with pytest.raises(UserError, match=r"all of them: .*out-rejected1.csv") as caught:
            prepare(read_folder(films), out, size=16)
        lines = (tmp_path / "out-rejected1.csv").read_text().splitlines()
        assert lines[0] == "imageId,file,reason" and [Path(line.split(",")[1]) for line in lines[1:]] == bad
    assert f"prepare {films} --out {out}" in caught.value.remedy
    assert sorted(each.name for each in tmp_path.iterdir()) == ["films", "out-rejected.csv", "out-rejected1.csv"]
    assert (tmp_path / "out-rejected.csv").read_text() == "my own list\n"


def test_files_that_belong_together_change_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever befalls the writing: all are the old ones, or all are the new ones, and nothing else is there."""
    paths = [tmp_path / name for name in ("a.csv", "a.json", "a.html")]
    replace, sync = Path.replace, files.os.fsync

    def interrupted(path: Path, target: Path) -> Path:
        signal.raise_signal(signal.SIGINT)
        return replace(path, target)

    def full(number: int) -> Callable[[int], None]:
        left = [number]

        def fsync(descriptor: int) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise OSError(28, "No space left on device")
            sync(descriptor)

        return fsync

    write_together(dict.fromkeys(paths, b"old"))
    for number in range(3):
        with monkeypatch.context() as patch, pytest.raises(OSError, match="No space"):
            patch.setattr(files.os, "fsync", full(number))
            write_together(dict.fromkeys(paths, b"new"))
        assert [file.read_bytes() for file in sorted(tmp_path.iterdir())] == [b"old"] * 3
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Path, "replace", interrupted)
        write_together(dict.fromkeys(paths, b"new"))
    assert [file.read_bytes() for file in sorted(tmp_path.iterdir())] == [b"new"] * 3
    (tmp_path / "folder").mkdir()
    with pytest.raises(IsADirectoryError):
        write_together({paths[0]: b"newer", tmp_path / "folder": b""})
    assert paths[0].read_bytes() == b"new" and len(list(tmp_path.iterdir())) == 4


def test_the_card_of_a_model_is_no_report(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(json.dumps({"task": "age", "groups": [1]}))
    with pytest.raises(UserError):
        build_report([run_folder(tmp_path, "run")], tmp_path / "x.html")
