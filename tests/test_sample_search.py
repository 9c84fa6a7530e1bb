"""What a search does that finds no films: it says so, asks who is there to answer, and draws the sample."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from runners._commands import sample
from runners._commands.prepare import PrepareOptions
from runners._commands.sample import SampleSearch, films_or_sample
from xrays.arrays import XrayArrays

SEARCH = SampleSearch("age", trials=50, folds=5, epochs=30)


class Terminal(io.StringIO):
    """Somebody is there, who presses Enter once."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[PrepareOptions]:
    """What would have been prepared, in its order."""
    asked = list[PrepareOptions]()

    def prepare(options: PrepareOptions, say: object) -> list[Path]:
        asked.append(options)
        return [options.root / "sample64"]

    monkeypatch.setattr(sample, "prepare", prepare)
    return asked


def test_prepared_films_are_taken_without_a_word(
    prepared: XrayArrays, drawn: list[PrepareOptions], tmp_path: Path
) -> None:
    said = list[str]()
    assert films_or_sample(prepared.path, tmp_path, SEARCH, said.append) == prepared.path
    assert films_or_sample(None, prepared.path.parent, SEARCH, said.append) == prepared.path
    assert not said and not drawn


def test_a_script_goes_on_at_once(drawn: list[PrepareOptions], tmp_path: Path) -> None:
    said = list[str]()
    assert films_or_sample(None, tmp_path, SEARCH, said.append) == tmp_path / "sample64"
    assert drawn == [PrepareOptions("sample", tmp_path, sizes=(64,))]
    assert len(said) == 2 and "SYNTHETIC" in said[0] and "prepare DIR" in said[1]


def test_a_user_is_told_what_it_costs_and_asked(
    drawn: list[PrepareOptions], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said, keys, screen = list[str](), Terminal("\nmore"), Terminal()
    monkeypatch.setattr("sys.stdin", keys)
    monkeypatch.setattr("sys.stdout", screen)
    films_or_sample(None, tmp_path, SEARCH, said.append)
    assert "50 configurations on 5 folds, 30" in said[2] and "--trials 3 --folds 2 --epochs 3" in said[4]
    assert screen.getvalue() == "Enter begins, Ctrl-C ends. " and keys.read() == "more", "one line was waited for"
    assert len(drawn) == 1
