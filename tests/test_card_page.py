"""A card for people: Markdown and page say the same, items of checklists lead somewhere, strangers' text is text."""

from __future__ import annotations

import copy
import html
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from made_cards import made_card
from pages import balanced, body, words

from reports._card.answers import answers
from reports._card.blocks import Facts, Link, Rows
from reports._card.build import build_card, parts_of
from reports._card.claim import CLAIM
from reports._card.items import Checklist, Item
from reports._card.markdown import words as in_markdown
from reports._card.read import known
from reports._card.scores import headline, scores
from reports._card.tripod import TRIPOD
from reports._drawing.metrics import metric_of, objective_of
from runners._models.cards import claim_model, read_card
from trials.altered import VERSIONS
from xrays.arrays import XrayArrays
from xrays.errors import UserError
from xrays.strict_json import as_json
from xrays.tasks import TASKS

Card = dict[str, Any]
CHECKLISTS = {"claim": CLAIM, "tripod": TRIPOD}


@pytest.fixture(scope="module", params=TASKS)
def place(request: pytest.FixtureRequest, prepared: XrayArrays, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model's file with its card, and the two pages beside it."""
    folder = tmp_path_factory.mktemp(f"card-{request.param}")
    made_card(folder, prepared, request.param, ensemble=request.param == "gender")
    model = folder / f"best_{request.param}.h5"
    build_card(read_card(model), model)
    return model


@pytest.fixture
def card(place: Path) -> Card:
    return dict(read_card(place))


def test_page_and_markdown_have_the_same_parts_and_scores(place: Path, card: Card) -> None:
    page, paper = place.with_suffix(".html"), place.with_suffix(".md").read_text()
    task, shown = TASKS[card["task"]], words(place.with_suffix(".html"))
    assert balanced(body(page)) and "plotly" not in page.read_text().lower()
    for part in parts_of(card, place.name):
        assert f'id="{part.slug}"' in body(page) and f'<a id="{part.slug}"></a>\n\n## ' in paper
    factor = 100 if task.kind == "binary" else 1
    low = f"{factor * card['hold_out']['interval'][0]:.{task.label.decimals + 1 if factor == 1 else 1}f}"
    for text in (shown, paper):
        assert low in text and "Synthetic films." in text and card["model_sha256"] in text
        assert f"load_model({json.dumps(place.name)}, compile=False)" in html.unescape(text)


def test_finalists_and_their_seeds_are_counted(place: Path, card: Card) -> None:
    for seeds, said in ((1, "1 further seed"), (2, "2 further seeds")):
        card["search"] = {**card["search"], "finalists": 3, "further_seeds": seeds}
        method = next(part for part in parts_of(card, place.name) if part.slug == "method")
        known = [dict(block.pairs) for block in method.blocks if isinstance(block, Facts)]
        (row,) = [facts["Finalists"] for facts in known if "Finalists" in facts]
        assert row == f"3 trials that could not be told from the best, each with {said}"


def test_every_link_leads_to_a_part(place: Path) -> None:
    page, paper = place.with_suffix(".html").read_text(), place.with_suffix(".md").read_text()
    ways = ((page, 'href="#([a-z]+)"', 'id="([a-z]+)"'), (paper, r"\(#([a-z]+)\)", '<a id="([a-z]+)">'))
    for text, link, slug in ways:
        assert set(re.findall(link, text)) <= set(re.findall(slug, text)) != set()


def test_equal_cards_have_the_same_bytes(place: Path, card: Card) -> None:
    before = place.with_suffix(".html").read_bytes(), place.with_suffix(".md").read_bytes()
    build_card(card, place)
    assert (place.with_suffix(".html").read_bytes(), place.with_suffix(".md").read_bytes()) == before


def test_what_was_not_looked_at_is_said(card: Card, place: Path) -> None:
    said = limits_of(card)
    assert "on one collection" in said and "were not audited" in said and "not looked at" in said
    opened = {**card, "hold_out": {**card["hold_out"], "openings": 3, "looked_at": 4, "note": "97 were known"}}
    said = limits_of(opened)
    assert "opened 3 times" in said and "4 of the hold-out's films" in said and "97 were known" in said
    lost = {**card, "hold_out": {"metrics": {}, "reason": "nothing was held out"}}
    assert "no score on films that chose nothing: nothing was held out" in limits_of(lost)
    beaten = {**card, "baselines": {"oracle": {TASKS[card["task"]].objective: 1.0}}}
    assert ("not better than the baseline oracle" in limits_of(beaten)) and "oracle" not in limits_of(card)


def test_the_score_of_cross_validation_is_that_of_what_was_exported(card: Card) -> None:
    task = TASKS[card["task"]]
    single = {**card, "way": {**card["way"], "members": card["way"]["members"][:1]}}
    plain = {**single, "cross_validation": {**card["cross_validation"], "corrected": None}}
    _, of_one = headline(single, task).of
    _, not_corrected = headline(plain, task).of
    assert "corrected for the luck of being picked" in of_one.caption and of_one.ends
    assert of_one.value == objective_of(task).value(card["cross_validation"]["corrected"]["score"])
    assert not_corrected.value in of_one.caption and not not_corrected.ends
    several = {"members": [{}, {}], "name": "ensemble of 2", "score": 0.5, "interval": [0.4, 0.6]}
    _, together = headline({**card, "way": several}, task).of
    shown = objective_of(task).value
    assert together.value == shown(0.5) and "of the ensemble of 2" in together.caption
    assert together.ends == f"{shown(0.4)} to {shown(0.6)}"


def test_a_way_that_could_not_be_compared_is_named(card: Card) -> None:
    assert "Not compared" not in said_in(card, "scores")
    of = {"left_out": [{"way": "best 5, folds", "why": "its networks were not kept", "options": None}, 7]}
    assert "Not compared" not in said_in({**card, "hold_out": {**card["hold_out"], **of}}, "scores"), "no rows"
    of = {"left_out": of["left_out"][:1], "ways": card["hold_out"]["ways"][:1]}
    said = said_in({**card, "hold_out": {**card["hold_out"], **of}}, "scores")
    assert "Not compared: best 5, folds, since its networks were not kept." in said and "Ways to a model" not in said


def test_every_metric_on_the_hold_out_has_its_interval(card: Card) -> None:
    task, of = TASKS[card["task"]], card["hold_out"]
    rows = next(block for block in scores(card, task).blocks if isinstance(block, Rows))
    assert rows.head[1:3] == ("Hold-out", "Hold-out, by patient")
    for name, row in zip(task.metrics, rows.rows, strict=True):
        expected = metric_of(task, name).within(of["metrics"][name], *of["intervals"][name])
        assert row[1:3] == (expected, expected) and " to " in expected


def test_what_was_found_without_the_border_is_a_limit(card: Card) -> None:
    said = {"border": "SUSPICION: a blank border costs more", "marks": "painting over the spots costs nothing"}
    limits = limits_of({**card, "border": {"said": said}})
    assert "SUSPICION: a blank border costs more." in limits and "Painting over the spots costs nothing." in limits
    assert "border of films was not looked at" not in limits
    for spoilt in ({"said": 3}, {"said": {"border": [1]}}, "no", None):
        assert "border of films was not looked at" in limits_of({**card, "border": spoilt})


def limits_of(card: Card) -> str:
    return said_in(card, "limits")


def test_of_vectors_nothing_is_said_of_films(card: Card) -> None:
    vectors = {"width": 64, "origin": "rad-dino", "file": "v.npz"}
    own = {**card, "input": {"shape": [64], "vectors": vectors}}
    for slug in ("use", "data", "limits", "attention"):
        assert "vectors" in said_in(own, slug).lower() and "vectors" not in said_in(card, slug).lower(), slug
    assert "predict m.h5 VECTORS.npz" in said_in(own, "use") and "rad-dino" in said_in(own, "data")
    assert "pixels" in said_in(card, "limits") and "pixels" not in said_in(own, "limits")


def said_in(card: Card, slug: str) -> str:
    return str(next(part for part in parts_of(card, "m.h5") if part.slug == slug))


def test_what_explain_and_other_formats_have_left_is_shown(card: Card) -> None:
    objective = TASKS[card["task"]].objective
    lost = {objective: {"value": 0.05, "interval": [0.02, 0.08]}}
    rows = [
        {"version": name, "scores": {objective: 0.8}, "lost": lost if name == "border" else {}} for name in VERSIONS
    ]
    border = {
        "trial": 0,
        "films": 90,
        "marked": 7,
        "folds": [0],
        "rows": rows,
        "said": {"border": "SUSPICION: there"},
    }
    known_of = {**card, "border": border}
    said = said_in(known_of, "attention")
    assert ("SUSPICION: there." in said and "7 have bright spots" in said and "0.02" in said) or "2.0 to 8.0" in said
    assert "SUSPICION: there." in limits_of(known_of) and "not looked at" not in limits_of(known_of)
    made = {"name": "tflite", "file": "m.tflite", "bytes": 2_000_000, "runtime": {"ai-edge-litert": "2.1"}}
    formats = {**card, "formats": [{**made, "batches": [1, 64], "largest_difference": 3e-7}]}
    assert "m.tflite" in said_in(formats, "file") and "3e-07" in said_in(formats, "file")
    assert "ai-edge-litert 2.1" in said_in(formats, "file") and "Films at once" not in said_in(card, "file")


def test_a_trial_that_was_asked_for_was_not_chosen(card: Card) -> None:
    assert "Chosen was trial" in said_in(card, "method")
    asked = {**card, "cross_validation": {**card["cross_validation"], "is_best": False}}
    assert "was asked for; it is not the best of the 3 trials" in said_in(asked, "method")


def mended(card: Card, **changes: Any) -> Card:
    """Put right on films of another place, twice."""
    metrics = dict.fromkeys(TASKS[card["task"]].metrics, 0.5)
    figures = {"metrics": metrics, "interval": [0.4, 0.6], "coverage": 0.8, "kept_by_patient": {"coverage": 0.9}}
    after = {
        "metrics": dict.fromkeys(metrics, 0.25),
        "interval": [0.2, 0.3],
        "intervals": {name: [0.2, 0.3] for name in metrics},
        "coverage": 0.9,
        "kept_by_patient": None,
    }
    step = {
        "from": "ab" * 32,
        "model": "m.h5",
        "data": "north",
        "films": 90,
        "patients": 70,
        "what": "answer +3 years",
        "calibration": {"kind": "line"},
        "rest": {"films": 300, "patients": 200, "before": figures, "after": after},
    }
    return {**card, "recalibrated": [{**step, "data": "west", "what": "0.9 × answer"}, step | changes]}


def test_a_model_put_right_has_scores_of_its_own(card: Card) -> None:
    """Which are those on the films that did not recalibrate it; all others are of the model before, and say so."""
    task = TASKS[card["task"]]
    own, *others = headline(mended(card), task).of
    metric = objective_of(task)
    assert own.value == metric.value(0.25) and own.ends == f"{metric.value(0.2)} to {metric.value(0.3)}"
    assert "300 films of north" in own.caption and metric.value(0.5) in own.caption
    assert len(others) == 2 and all("of the model before it was recalibrated" in one.caption for one in others)
    said = said_in(mended(card), "scores")
    assert "Not its own." in said and f"{metric.value(0.25)} ({metric.value(0.2)} to {metric.value(0.3)})" in said
    history = said_in(mended(card), "calibration")
    assert history.index("0.9 × answer") < history.index("answer +3 years") and "by the model before" not in history
    assert "hold-out, of the model before it was recalibrated, films" in history
    assert "recalibrated on 90 films of 70 patients of north (answer +3 years)" in limits_of(mended(card))
    assert "on films of west and north" in limits_of(mended(card))
    assert "recalibrated" not in "".join(said_in(card, slug) for slug in ("scores", "calibration", "limits"))
    assert isinstance(rows_of_checklist(mended(card), TRIPOD)["12f"][2], Link)
    same = {"calibration": {"kind": "none"}}
    of_intervals = {**card, "recalibrated": [mended(card, **same)["recalibrated"][1]]}
    assert "before" not in headline(of_intervals, task).of[1].caption, "its answers are those of before"
    assert "scores below are its own" in said_in(of_intervals, "scores") and "Not its own" in said
    for odd in (3, [[]], [{"rest": 7, "films": "x"}], [{"rest": {"after": [], "films": None}}]):
        assert parts_of({**card, "recalibrated": odd}, "m.h5"), odd


def rows_of_checklist(card: Card, checklist: Checklist) -> dict[str, tuple[Any, ...]]:
    titles = {part.slug: part.title for part in parts_of(card, "m.h5")}
    rows = next(block for block in answers(card, checklist, titles).blocks if isinstance(block, Rows))
    return {str(row[0]): row for row in rows.rows}


class TestChecklists:
    def test_all_items_are_there_in_order(self) -> None:
        assert [item.number for item in CLAIM.items] == [str(number) for number in range(1, 45)]
        numbers = [re.fullmatch(r"(\d+)([a-g]?)", item.number) for item in TRIPOD.items]
        keys = [(int(found[1]), found[2]) for found in numbers if found]
        assert keys == sorted(set(keys)) and {number for number, _ in keys} == set(range(1, 28)) and len(keys) == 52

    @pytest.mark.parametrize("checklist", CHECKLISTS.values(), ids=CHECKLISTS)
    def test_what_is_answered_leads_to_a_part_that_is_there(self, checklist: Checklist, card: Card) -> None:
        parts = {part.slug: part for part in parts_of(card, "m.h5")}
        for item in checklist.items:
            assert not item.part or parts[item.part].blocks, item
            assert item.blank.endswith(".") and (not item.open or item.open.endswith(".")), item
            where = rows_of_checklist(card, checklist)[item.number][2]
            assert isinstance(where, Link) == bool(item.part and all(known(card, path) for path in item.needs)), item

    @pytest.mark.parametrize("checklist", CHECKLISTS.values(), ids=CHECKLISTS)
    def test_nothing_is_claimed_that_the_card_has_not(self, checklist: Checklist, card: Card) -> None:
        needed = {path for item in checklist.items for path in item.needs}
        absent = {path for path in needed if not known(card, path)}
        assert absent <= {"explained", "data.audit", "recalibrated"}, "a full card has all that is asked of it"
        for path in needed - absent:
            rows = rows_of_checklist(without(card, path), checklist) if "." in path else {}
            for item in checklist.items:
                if rows and path in item.needs:
                    assert rows[item.number][2:] == ("–", item.blank), (item, path)

    def test_a_part_without_blanks_is_no_answer_by_itself(self, card: Card) -> None:
        full = {**card, "explained": {"trial": 0}}
        assert isinstance(rows_of_checklist(full, CLAIM)["31"][2], Link)
        assert rows_of_checklist(card, CLAIM)["31"][2:] == ("–", "No maps were made of this model.")
        assert rows_of_checklist(card, CLAIM)["33"][2] == "–", "nobody has looked at other films"


def without(card: Card, path: str) -> Card:
    """With nothing there."""
    changed = copy.deepcopy(card)
    *folders, last = path.split(".")
    place = changed
    for name in folders:
        place = place[name]
    place[last] = None
    return changed


EVIL = "<script>alert(1)</script>|\n# [x](javascript:alert(1)) `\u202e*_&lt;https://evil.example/"


class TestStrangers:
    def test_text_stays_text(self, card: Card, tmp_path: Path) -> None:
        model = tmp_path / "best.h5"
        odd = {**evil(card), **{name: card[name] for name in ("task", "synthetic", "trial", "class_names")}}
        build_card(odd, model)
        page, paper = body(model.with_suffix(".html")), model.with_suffix(".md").read_text()
        assert "&lt;script&gt;alert(1)" in page and "<script" not in page and balanced(page)
        assert "\u202e" not in page + paper and "https://evil" not in re.sub("```.*?```", "", paper, flags=re.S)
        assert not re.search(r"(?<!\\)(<script|\]\(javascript)", re.sub("```.*?```", "", paper, flags=re.S))
        tables = [line for line in paper.splitlines() if line.startswith("|")]
        assert tables and not any(line.startswith("# [") for line in paper.splitlines())

    @pytest.mark.parametrize("place", ["age"], indirect=True)
    def test_whatever_else_is_in_a_card_costs_no_page(self, card: Card, tmp_path: Path) -> None:
        """Each part of it in turn is of another kind, as far as the card is one at all."""
        file, built = tmp_path / "best.json", 0
        model = file.with_suffix(".h5")
        for built, path in enumerate(paths(card)):
            changed = copy.deepcopy({**card, "films_seen": {}})
            place = changed
            for name in path[:-1]:
                place = place[name]
            place[path[-1]] = ("x", None, [[]])[built % 3]
            try:
                parts_of(changed, model.name)
            except (KeyError, TypeError, ValueError, AttributeError):
                file.write_text(as_json(changed))
                model.write_bytes(b"no network")
                with pytest.raises(UserError):
                    read_card(model)
        assert built > 100


def evil(given: Any) -> Any:
    if isinstance(given, Mapping):
        return {name: evil(value) for name, value in given.items()}
    if isinstance(given, list):
        return [evil(value) for value in given]
    return EVIL if isinstance(given, str) else given


def paths(card: Mapping[str, Any], depth: int = 2) -> Iterator[tuple[Any, ...]]:
    for name, value in card.items():
        yield (name,)
        inner = value if isinstance(value, Mapping) else dict(enumerate(value[:1])) if isinstance(value, list) else {}
        if depth > 1 and name not in ("films_seen", "params", "recipe", "experiment"):
            yield from ((name, *path) for path in paths(inner, depth - 1))


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("a_b*c", r"a\_b\*c"), ("1. x", r"1\. x"), ("0.15", "0.15"), ("- x", r"\- x"), ("a|b", r"a\|b"),
        ("<b>", r"\<b\>"), ("a\n# b", r"a \# b"), ("`x`", r"\`x\`"), ("http://x", r"http:\/\/x"),
    ],
)  # fmt: skip
def test_markdown_has_no_signs_of_its_own(given: str, written: str) -> None:
    assert in_markdown(given) == written


@pytest.mark.parametrize("name", ["best.md", "best.html"])
def test_pages_of_others_are_not_overwritten(name: str, tmp_path: Path) -> None:
    claim_model(tmp_path / "best.h5")
    (tmp_path / name).write_text("my notes")
    with pytest.raises(UserError, match=rf"{name} is there, and `export` has not made it"):
        claim_model(tmp_path / "best.h5")


def test_an_item_may_be_left_to_people() -> None:
    assert Item("1", "Title").blank.startswith("Not known to the software")


def test_a_card_is_built_again_in_its_place(place: Path) -> None:
    claim_model(place.with_name("other.h5"))
    with pytest.raises(UserError, match=r"best_\w+.h5"):
        place.write_bytes(b"another")
        claim_model(place)
    place.write_bytes(b"no network")
    claim_model(place)
