"""How to read a section: one sentence at once, the rest when it is asked for."""

from __future__ import annotations

import pytest

from reports._drawing.reading import SHORT, reading

LONG = "It is so since " + "x" * SHORT + "."


def test_the_first_sentence_stands_there_and_the_rest_is_folded() -> None:
    markup = reading(f"Scores of 0.5. and e.g. more are means over 5 parts. {LONG}", "Scores")
    shown, folded = markup.split("<details>")
    assert "e.g. more are means over 5 parts.</p>" in shown
    assert folded.startswith("<summary") and ": Scores</span>" in folded and "It is so" in folded


@pytest.mark.parametrize("note", [LONG, "One thing. Another one.", f"No end {LONG}"])
def test_what_is_one_sentence_or_short_stands_there_whole(note: str) -> None:
    assert reading(note, "Scores") == f"<p class='note'>{note}</p>"


def test_it_is_text() -> None:
    assert "<b>" not in reading(f"A <b>. word. {LONG}", "<b>")
