"""The audit as a user has it: the command, its lines, the page and the JSON file, and what `prepare` makes of it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from cli_process import called
from film_folders import noise_folder
from pages import balanced, body, words

from xrays.audit import checks
from xrays.prepare import prepare
from xrays.sources import Order, layout_of


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """120 films of noise whose ages are sorted by id."""
    place = tmp_path_factory.mktemp("audit")
    folder = noise_folder(place / "films", 120)
    (folder / "train_age.csv").write_text("imageId,age\n" + "".join(f"{i},{20 + i // 2}\n" for i in range(120)))
    return prepare(layout_of(str(folder), Order(place)), place / "data/noise", size=16).path


def test_what_is_wrong_is_told_with_what_mends_it(prepared: Path, tmp_path: Path) -> None:
    done = called("audit", prepared, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    first, *others = done.stdout.splitlines()
    assert first.startswith("audit of noise, 120 films: ")
    assert others[0].startswith("  PROBLEM leak_order: Age follows from the order of the ids alone. Age: MAE ")
    assert others[1].startswith("    next: python cli.py search --task age --stress id-blocks")
    assert others[-1] == f"audit:   {prepared / 'audit.html'}"


def test_the_page_and_the_file_say_the_same(prepared: Path, tmp_path: Path) -> None:
    called("audit", prepared, cwd=tmp_path)
    page, record = prepared / "audit.html", json.loads((prepared / "audit.json").read_text())
    assert balanced(body(page))
    said = words(page)
    assert {check["code"] for check in record["checks"]} == set(checks())
    assert sum(record["summary"].values()) == len(checks())
    for check in record["checks"]:
        assert check["title"] in said and check["found"] in said
        if check["command"]:
            assert check["command"] in said
    assert re.search("Problems: \\d Labels from the order of the ids .* Labels from the border pixels", said)
    assert "http" not in body(page)
    before = page.read_bytes()
    called("audit", prepared, cwd=tmp_path)
    assert page.read_bytes() == before, "an audit is the same for the same films"


def test_films_can_be_left_out(prepared: Path, tmp_path: Path) -> None:
    for more, shown in (((), True), (("--no-images",), False)):
        called("audit", prepared, "--out", "with.html", *more, cwd=tmp_path)
        assert ("data:image/png" in body(tmp_path / "with.html")) is shown
        assert "film 1" in words(tmp_path / "with.html")


def test_labels_alone_are_audited_and_nothing_is_written_beside_them(tmp_path: Path) -> None:
    folder = tmp_path / "labels"
    folder.mkdir()
    (folder / "train_age.csv").write_text("imageId,age\n" + "".join(f"{i},{20 + i % 60}\n" for i in range(90)))
    done = called("audit", folder, cwd=tmp_path)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "audit:   data/labels-audit.html")
    assert [file.name for file in folder.iterdir()] == ["train_age.csv"]
    assert "of which there are labels alone" in words(tmp_path / "data/labels-audit.html")


def test_a_table_of_nih_alone_is_audited(tmp_path: Path) -> None:
    head = "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position"
    rows = [f"{i // 2:08d}_{i % 2:03d}.png,none,{i % 2},{i // 2},{20 + i // 4}Y,F,PA" for i in range(80)]
    folder = tmp_path / "nih"
    folder.mkdir()
    (folder / "Data_Entry_2017.csv").write_text("\n".join([head, *rows]))
    done = called("audit", folder, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "audit of nih, 80 films" in done.stdout and "PROBLEM leak_order: Age follows" in done.stdout
    assert "80 films of 40 patients" in words(tmp_path / "data/nih-audit.html")


def test_prepare_ends_with_it_unless_told_not_to(tmp_path: Path) -> None:
    folder = noise_folder(tmp_path / "films", 12)
    quiet = called("prepare", folder, "--size", 16, "--no-audit", cwd=tmp_path)
    assert "audit" not in quiet.stdout and not (tmp_path / "data/films16/audit.html").exists()
    done = called("prepare", folder, "--size", 16, cwd=tmp_path)
    assert "audit of films16, 12 films: " in done.stdout
    assert (tmp_path / "data/films16/audit.json").exists()


@pytest.mark.parametrize("name", ["audit.html", "audit.json"])
def test_what_is_somebody_elses_stays(prepared: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    done = called("audit", prepared, "--out", "audit.html", cwd=tmp_path)
    assert (done.returncode, "would be overwritten" in done.stderr) == (2, True)
    assert (tmp_path / name).read_text() == "mine"
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    ("given", "said"), [((), "nothing is prepared"), (("gone",), "gone holds no prepared films")]
)
def test_nothing_to_look_at(tmp_path: Path, given: tuple[str, ...], said: str) -> None:
    done = called("audit", *given, cwd=tmp_path)
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr
