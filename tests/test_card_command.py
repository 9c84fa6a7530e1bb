"""`card`: what `explain` has found after an export comes into the model's card, and nothing else of it changes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_process import called
from explained_runs import explained
from made_cards import made_card
from pages import words

from runners._models.cards import read_card
from trials.explained import save_explained
from xrays.arrays import XrayArrays

VERDICTS = {"border": {"verdict": "suspect"}, "marks": {"verdict": None}}
ALTERED = {"films": 90, "marked": 0, "folds": [0], "rows": [], "verdicts": VERDICTS}


@pytest.fixture
def model(prepared: XrayArrays, tmp_path: Path) -> Path:
    """In a folder where its run lies, too."""
    made_card(tmp_path, prepared, "age")
    return tmp_path / "best_age.h5"


def test_what_explain_has_found_since_is_in_the_card_and_on_its_pages(model: Path) -> None:
    before = read_card(model)
    numbers, pictures = explained(trial=before["trial"], altered=ALTERED)
    save_explained(model.parent / before["run"], numbers, pictures)
    done = called("card", model.name, "--runs", ".", cwd=model.parent)
    assert done.returncode == 0 and "new      border and explained" in done.stdout, done.stderr
    after = read_card(model)
    assert after["explained"]["border"] == numbers["border"] and after["border"]["films"] == 90
    assert {**after, "border": None, "explained": None} == {**before, "border": None, "explained": None}
    assert "SUSPICION" in words(model.with_suffix(".html"))
    assert "attention" in words(model.with_suffix(".html")) and model.with_suffix(".md").is_file()
    again = called("card", model.name, "--runs", ".", cwd=model.parent)
    assert again.returncode == 0 and "the card has what explain has found" in again.stdout


def test_no_other_trial_and_no_other_search(model: Path) -> None:
    """Each is refused, with what is to be typed, and the card stays as it is."""
    card, content = read_card(model), model.with_suffix(".json").read_bytes()
    run = model.parent / card["run"]
    save_explained(run, *explained(trial=card["trial"] + 1))
    for runs, said in ((".", "holds no explanation of trial"), ("elsewhere", "which is not in elsewhere")):
        done = called("card", model.name, "--runs", runs, cwd=model.parent)
        assert done.returncode == 2 and said in done.stderr and "next:" in done.stderr, done.stderr
    assert model.with_suffix(".json").read_bytes() == content and not model.with_suffix(".html").exists()
    card["experiment"]["seed"] += 1
    model.with_suffix(".json").write_text(json.dumps(card))
    done = called("card", model.name, "--runs", ".", cwd=model.parent)
    assert done.returncode == 2 and "is another search than that of best_age.h5" in done.stderr
