"""Words that lead to their help: the first of each, never in what is a link or typed; every link arrives."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from predicted_runs import predicted_run

from reports._drawing.glossary import FORMS, HELP, glossary, linked
from reports._drawing.html import Html
from reports._page.build import build_report
from xrays.tasks import TASKS

LINK = re.compile(r'<a class="term" href="#([a-z-]+)" title="[^"]+">([^<]+)</a>')


def terms(markup: str) -> list[str]:
    return [found[1] for found in LINK.findall(linked(Html(markup)))]


def test_the_first_of_each_in_any_form() -> None:
    assert terms("<p>Folds and a fold; trials. A Trial is one trial.</p>") == ["Folds", "trials"]


@pytest.mark.parametrize(
    "markup",
    [
        "<code>cli.py search --trials 5</code>",
        "<a href='#x'>all folds</a>",
        "<details><summary>the folds</summary></details>",
        "<p title='of folds'>nothing</p>",
        "<p>manifold, fold-wise, re-fold, folders</p>",
        "<bdi>fold</bdi>",
    ],
)
def test_what_is_typed_is_a_link_or_another_word_stays(markup: str) -> None:
    assert linked(Html(markup)) == markup


def test_after_what_is_closed_words_are_links_again() -> None:
    assert terms("<p><code>folds</code> of folds</p>") == ["folds"]


def test_the_longest_word_counts() -> None:
    assert terms("<p>the linear probe was stopped early</p>") == ["linear probe", "stopped early"]


def test_a_form_belongs_to_one_term_whose_help_is_a_sentence() -> None:
    assert len({form.lower() for form in FORMS}) == len(FORMS)
    assert all(said[0].isupper() or said[0].isdigit() for said in HELP.values())
    assert all(said.endswith(".") for said in HELP.values())


@pytest.mark.parametrize("task", TASKS)
def test_every_link_of_a_page_arrives(task: str, tmp_path: Path) -> None:
    page = build_report([predicted_run(tmp_path, task, [0.9, 0.6])], tmp_path / "report.html").read_text()
    places = [found[0] for found in LINK.findall(page)]
    assert len(set(places)) > 10 and {"word-fold", "word-trial", "word-corrected"} <= set(places)
    ids = re.findall(r'id="(word-[a-z-]+)"', page)
    assert set(places) <= set(ids) and len(ids) == len(set(ids)) == len(HELP) == glossary().count("<dt>")
