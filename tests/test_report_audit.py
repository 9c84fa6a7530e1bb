"""Every report says what is known to be wrong with its films."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import unquote

import pytest
from pages import balanced, body, words
from run_folders import run_folder, trial

from reports._page.build import build_report


def page_of(place: Path, films: Path) -> Path:
    provenance = {"synthetic": False, "arrays": str(films)}
    run = run_folder(place, trials=[trial(0, [9.0, 9.5, 10.0])], provenance=provenance)
    return build_report([run], place / "runs here/report.html")


@pytest.fixture
def films(tmp_path: Path) -> Path:
    """A prepared folder that was audited."""
    folder = tmp_path / "my films&more"
    folder.mkdir()
    (folder / "audit.html").touch()
    found = [
        {"severity": severity, "title": title}
        for severity, title in zip(["problem", *["hint"] * 3], "abcd", strict=True)
    ]
    record = {"audit": "x", "pixels": "pixels0123", "checks": found}
    (folder / "audit.json").write_text(json.dumps(record))
    return folder


def test_the_audit_is_linked_and_counted(films: Path, tmp_path: Path) -> None:
    page = page_of(tmp_path, films)
    assert balanced(body(page))
    assert "Audit of the films of my films&more: 1 problem, 3 hints." in words(page)
    href = body(page).split('<a href="../')[1].split('"')[0]
    assert (page.parent / ".." / unquote(href)).samefile(films / "audit.html")


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"pixels": "others", "checks": []}'])
def test_an_audit_of_other_films_is_none(films: Path, tmp_path: Path, content: str) -> None:
    (films / "audit.json").write_text(content)
    said = words(page_of(tmp_path, films))
    assert "Audit of the films" not in said
    assert f"The films of my films&more were not audited: python cli.py audit '{films}'" in said


def test_of_films_that_are_not_here_nothing_is_said(tmp_path: Path) -> None:
    assert "audit" not in words(page_of(tmp_path, tmp_path / "nowhere"))
