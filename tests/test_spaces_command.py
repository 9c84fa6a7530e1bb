"""`python cli.py spaces`: what there is, what it costs here, and what augmentation looks like."""

from __future__ import annotations

from pathlib import Path

import cv2
import pytest
from cli_process import called

from search_spaces import load_space, space_names
from search_spaces._space import domains
from xrays.arrays import XrayArrays


def test_the_spaces_are_listed(tmp_path: Path) -> None:
    done = called("spaces", cwd=tmp_path)
    assert done.returncode == 0 and not list(tmp_path.iterdir())
    for name in space_names():
        assert any(line.startswith(name) and load_space(name).title in line for line in done.stdout.splitlines())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["spaces", "vit"], ["vit", " or ".join(space_names())]),
        (["spaces", "preview"], ["nothing is prepared", "prepare sample"]),
        (["spaces", "preview", "vit", "--data", "DATA"], ["vit", " or ".join(space_names())]),
        (["spaces", "preview", "--data", "DATA", "--out", "sheet.gif"], ["sheet.gif", ".png"]),
        (["spaces", "cnn", "--set", "depht=3"], ["depht", "--set depth="]),
        (["spaces", "cnn", "--fix", "depth=9"], ["depth", "2..5"]),
        (["search", "--task", "age", "--data", "DATA", "--set", "filters=17"], ["17", "filters: 8, 16"]),
        (["search", "--task", "age", "--data", "DATA", "--fix", "activation=relux"], ["--fix activation=relu"]),
        (["search", "--task", "age", "--data", "DATA", "--weights", "none"], ["--weights none", "--space transfer"]),
        (["search", "--task", "age", "--data", "DATA", "--space", "transfer", "--weights", "no.h5"], ["no.h5"]),
        (["search", "--task", "age", "--data", "DATA", "--max-params", "-1"], ["--max-params -1"]),
    ],
)  # fmt: skip
def test_mistakes_say_what_to_type(words: list[str], said: list[str], prepared: XrayArrays, tmp_path: Path) -> None:
    done = called(*[str(prepared.path) if word == "DATA" else word for word in words], cwd=tmp_path)
    assert done.returncode == 2, done.stdout + done.stderr
    assert all(part in done.stderr for part in said), done.stderr
    assert "next:" in done.stderr and "Traceback" not in done.stderr and not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_space_is_described_with_what_it_costs_here(prepared: XrayArrays, tmp_path: Path, warm: None) -> None:
    narrowed = ["--set", "filters=8,16", "--set", "depth=2..4", "--set", "kernel=3", "--fix", "residual=no"]
    done = called("spaces", "cnn", "--data", prepared.path, *narrowed, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for name in domains(load_space("cnn")):
        assert f"  {name} " in done.stdout
    for part in ("2..4", "parameters; ", "GB to train", "seed", "smallest", "largest", "ms a step", "next: "):
        assert part in done.stdout, done.stdout
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_contact_sheet_is_a_picture(prepared: XrayArrays, tmp_path: Path) -> None:
    done = called("spaces", "preview", "cnn", "--data", prepared.path, cwd=tmp_path)
    assert done.returncode == 0 and "preview.png" in done.stdout, done.stderr
    height, width = cv2.imread(str(tmp_path / "preview.png")).shape[:2]
    assert height > 1000 and width > 1000
