"""What an audit says of collections in which one thing is wrong, and of such in which nothing is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from numpy.typing import NDArray

from xrays.arrays import XrayArrays
from xrays.audit import checks, load
from xrays.audit._audit import look_at
from xrays.audit._blocks import blocks_of
from xrays.audit._collection import Collection, of_labels
from xrays.audit._finding import SEVERITIES, Check, CheckFile, Finding, Table
from xrays.audit.copies import sets_of
from xrays.layout import rejected_table
from xrays.pixels.facts import facts_of, facts_table
from xrays.pixels.recipe import NEGATIVE, PLAIN, RIGHTED, PixelRecipe
from xrays.sources._folder import read_folder
from xrays.strict_json import as_json

SPR = Path(__file__).parents[1] / "../shared/data/spr_labels"
FILMS = 240
META = {"films": "", "synthetic": True, "preprocessing": PLAIN.record()}


def chests(rng: np.random.Generator, count: int = FILMS, side: int = 32) -> NDArray[np.uint8]:
    """(count, side, side) films, bones white: two dark lungs between bright walls, each a little different."""
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    films = []
    for _ in range(count):
        wide, high, at = rng.uniform(0.25, 0.4), rng.uniform(0.5, 0.8), rng.uniform(0.35, 0.5)
        lungs = sum(np.exp(-(((x - s * at) / wide) ** 4) - (y / high) ** 4) for s in (-1, 1))
        films.append(160 + 30 * x - 25 * y - 110 * lungs + rng.normal(0, 6, (side, side)) + rng.normal(0, 5))
    return np.clip(np.stack(films), 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def films() -> NDArray[np.uint8]:
    return chests(np.random.default_rng(0))


def collection_of(
    films: NDArray[np.uint8],
    ages: NDArray[np.float64] | None = None,
    genders: NDArray[np.float64] | None = None,
    groups: NDArray[np.str_] | None = None,
    sizes: NDArray[np.int64] | None = None,
    same_as: NDArray[np.int64] | None = None,
    **columns: NDArray[np.str_],
) -> Collection:
    """Labels are drawn at random unless they are given."""
    rng, count = np.random.default_rng(1), len(films)
    ages = rng.integers(18, 90, count) if ages is None else ages
    genders = rng.integers(0, 2, count) if genders is None else genders
    labels = {"age": np.asarray(ages, np.float32), "gender": np.asarray(genders, np.float32)}
    ids = np.arange(count)
    groups = np.array([f"patient {i}" for i in ids]) if groups is None else groups
    sizes = rng.integers(20_000, 40_000, count) if sizes is None else sizes
    facts = facts_table([facts_of(film, int(n)) for film, n in zip(films, sizes, strict=True)], [()] * count)
    facts["same_as"] = ids if same_as is None else same_as
    arrays = XrayArrays(Path("data/made"), 255 - films[..., None], labels, ids, groups, META, columns)
    return Collection(arrays, ("made",), rejected_table(), rejected_table(), facts)


def found(code: str, collection: Collection) -> Finding:
    (entry,) = look_at(collection, [code]).entries
    assert "could not be made" not in entry.finding.found, entry.finding.found
    return entry.finding


def test_nothing_is_wrong_with_films_that_nothing_is_wrong_with(films: NDArray[np.uint8]) -> None:
    audit = look_at(collection_of(films))
    assert [(entry.code, entry.finding.found) for entry in audit.entries if entry.finding.severity != "passed"] == []
    assert len(audit.entries) == len(checks())


def test_all_checks_are_json_and_have_their_words(films: NDArray[np.uint8]) -> None:
    record = look_at(collection_of(films)).record()
    assert as_json(record)
    assert record["summary"] == {"problem": 0, "hint": 0, "passed": len(checks()), "not applicable": 0}
    assert all(load(code).CHECK.title and load(code).CHECK.note for code in checks())
    orders = [load(code).CHECK.order for code in checks()]
    assert len(set(orders)) == len(orders)


class TestLeaks:
    def test_of_the_order(self, films: NDArray[np.uint8]) -> None:
        ages = np.where(np.arange(FILMS) // 60 % 2, 75, 35) + np.random.default_rng(2).normal(0, 5, FILMS)
        finding = found("leak_order", collection_of(films, ages))
        assert finding.severity == "problem"
        assert finding.figures["age"]["score"] < 8 < 19 < finding.figures["age"]["constant"]
        blocks = [(block["from"], block["to"]) for block in finding.figures["blocks"]["age"]]
        assert np.abs(np.array(blocks) - [(0, 59), (60, 119), (120, 179), (180, 239)]).max() <= 3
        assert "--stress id-blocks" in finding.command

    def test_few_films_have_no_block_of_their_own(self, films: NDArray[np.uint8]) -> None:
        finding = found("leak_order", collection_of(films[:55], np.linspace(20, 90, 55)))
        assert finding.severity == "problem" and "differs most" not in finding.found
        assert finding.found.endswith("The age changes along the ids, and no stretch of them stands out.")

    def test_films_of_a_patient_next_to_each_other_are_no_leak(self, films: NDArray[np.uint8]) -> None:
        patient = np.arange(FILMS) // 20
        ages = np.random.default_rng(3).permutation(np.linspace(20, 90, FILMS // 20))[patient]
        groups = np.char.add("patient ", patient.astype(str))
        assert found("leak_order", collection_of(films, ages, groups=groups)).severity == "passed"
        assert found("leak_order", collection_of(films, ages)).severity == "problem"

    def test_of_the_files(self, films: NDArray[np.uint8]) -> None:
        ages = np.random.default_rng(4).uniform(20, 90, FILMS)
        sizes = (20_000 + 300 * ages).astype(np.int64)
        finding = found("leak_file", collection_of(films, ages, sizes=sizes))
        assert (finding.severity, finding.figures["gender"]["gone"] < 0.2) == ("problem", True)

    def test_of_the_border(self, films: NDArray[np.uint8]) -> None:
        genders = np.random.default_rng(5).integers(0, 2, FILMS)
        lettered = films.copy()
        lettered[genders == 1, :2, 1:5] = 255
        finding = found("leak_border", collection_of(lettered, genders=genders))
        assert finding.severity == "problem"
        assert finding.figures["gender"]["score"] > 0.95

    def test_of_the_brightness(self, films: NDArray[np.uint8]) -> None:
        ages = films.mean((1, 2)) * 2 - 100
        assert found("leak_brightness", collection_of(films, ages)).severity == "problem"

    def test_few_films_are_not_judged(self, films: NDArray[np.uint8]) -> None:
        assert found("leak_order", collection_of(films[:30])).severity == "not applicable"

    @pytest.mark.skipif(not SPR.exists(), reason="no SPR labels here")
    def test_of_the_order_of_the_spr_set(self) -> None:
        finding = found("leak_order", of_labels(read_folder(SPR, with_films=False)))
        age = finding.figures["age"]
        assert finding.severity == "problem"
        assert (age["score"], age["constant"]) == (pytest.approx(11.4, abs=0.1), pytest.approx(16.7, abs=0.1))
        assert age["interval"][0] < age["score"] < age["interval"][1]
        old = [(block["from"], block["to"]) for block in finding.figures["blocks"]["age"] if block["mean"] > 65]
        assert len(old) == 7 and (6920, 7599) in old
        assert "6920–7599" in finding.found


def test_blocks_are_those_of_the_steps_and_noise_has_none() -> None:
    noise = np.random.default_rng(6).normal(0, 1, 4000)
    assert blocks_of(noise) == [(0, 4000)]
    stepped = noise + 3 * (np.arange(4000) >= 1000) - 3 * (np.arange(4000) >= 3000)
    assert np.abs(np.array(blocks_of(stepped)) - [(0, 1000), (1000, 3000), (3000, 4000)]).max() <= 5
    assert blocks_of(np.zeros(0)) == [(0, 0)]
    assert len(blocks_of(np.arange(5000.0))) == 24


class TestCopies:
    def test_whose_labels_agree(self, films: NDArray[np.uint8]) -> None:
        ages, genders = np.full(FILMS, 50.0), np.zeros(FILMS)
        same_as = np.arange(FILMS)
        same_as[[100, 200]] = 5
        finding = found("copies", collection_of(films, ages, genders, same_as=same_as))
        assert (finding.severity, finding.command) == ("hint", "")
        assert finding.figures["ids"] == [[5, 100, 200]]

    def test_whose_labels_disagree(self, films: NDArray[np.uint8]) -> None:
        ages, same_as = np.full(FILMS, 50.0), np.arange(FILMS)
        ages[100], ages[201], same_as[[100, 200, 201]] = 51, np.nan, [5, 6, 6]
        finding = found("copies", collection_of(films, ages, np.zeros(FILMS), same_as=same_as))
        assert (finding.severity, finding.figures["disagreeing"], finding.figures["sets"]) == ("problem", 1, 2)
        assert finding.figures["ids"][0] == [5, 100]
        assert finding.command.startswith("python cli.py prepare made")

    def test_sets(self) -> None:
        assert sets_of(np.array([0, 1, 0, 3, 1, 0])) == [(0, 2, 5), (1, 4)]
        assert sets_of(np.zeros(0, np.int64)) == []


class TestPolarity:
    @pytest.mark.parametrize("share", [0.01, 0.2, 0.4])
    def test_negatives_are_found(self, films: NDArray[np.uint8], share: float) -> None:
        rows = np.random.default_rng(7).permutation(FILMS)[: round(share * FILMS)]
        turned = films.copy()
        turned[rows] = 255 - turned[rows]
        made = collection_of(turned)
        assert made.facts is not None
        made.facts.loc[rows[1:], "notes"] = NEGATIVE
        finding = found("polarity", made)
        assert finding.figures["ids"] == sorted(rows.tolist())
        assert f", of which {len(rows) - 1} would be put right." in finding.found
        assert "--polarity auto" in finding.command
        assert finding.severity == ("hint" if share == 0.01 else "problem")

    def test_few_films_have_no_mean(self, films: NDArray[np.uint8]) -> None:
        few = collection_of(films[:8])
        assert found("polarity", few).severity == "passed"
        assert few.facts is not None
        few.facts.loc[[2, 5], "notes"] = [f"16 bits; {NEGATIVE}", RIGHTED]
        assert found("polarity", few).figures == {"negatives": 1, "auto": 1, "put_right": 1, "ids": [2]}


@pytest.mark.parametrize(("borders", "severity"), [("crop", "hint"), ("keep", "problem")])
def test_margins_are_found(films: NDArray[np.uint8], borders: Literal["crop", "keep"], severity: str) -> None:
    boxed = films.copy()
    boxed[:20, :5], boxed[20:30, :, -4:] = 0, 255
    made = collection_of(boxed)
    recipe = PixelRecipe(borders=borders, clahe=True)
    finding = found(
        "margins", replace(made, arrays=replace(made.arrays, meta=META | {"preprocessing": recipe.record()}))
    )
    assert (finding.severity, finding.figures["ids"]) == (severity, list(range(30)))
    assert finding.command == ("python cli.py prepare made --out data/made-2 --clahe" if borders == "keep" else "")


def test_faint_films_are_found(films: NDArray[np.uint8]) -> None:
    faint = films.copy()
    faint[[3, 9]] = (100 + films[[3, 9]] / 20).astype(np.uint8)
    finding = found("blank", collection_of(faint))
    assert (finding.severity, finding.figures["ids"]) == ("hint", [3, 9])


def test_films_in_colour_are_found(films: NDArray[np.uint8]) -> None:
    collection = collection_of(films)
    assert collection.facts is not None
    collection.facts.loc[[3, 9], "notes"] = ("in colour; margins cropped", "in colour")
    finding = found("colours", collection)
    assert (finding.severity, finding.figures["ids"]) == ("hint", [3, 9])


def test_why_films_are_missing_is_counted(films: NDArray[np.uint8]) -> None:
    whole = collection_of(films)
    broken = rejected_table([(i, "f", "is empty") for i in range(20)] + [(99, "f", "cannot be decoded")])
    lateral = rejected_table([(1000, "f", "lateral")])
    finding = found("flow", replace(whole, rejected=broken, left_out=lateral))
    assert finding.severity == "hint"
    assert finding.figures["reasons"] == {
        "rejected": {"is empty": 20, "cannot be decoded": 1},
        "left out": {"lateral": 1},
    }
    assert f"Of {FILMS + 22} films {FILMS} are used, 21 rejected, 1 left out" in finding.found


@pytest.mark.parametrize(
    ("groups", "severity", "said"),
    [
        (np.char.add("patient ", (np.arange(FILMS) // 2).astype(str)), "passed", "120 patients"),
        (np.array(["patient 1"] * 40 + [f"film {i}" for i in range(40, FILMS)]), "hint", "known for 40 of 240"),
        (np.array([f"film {i}" for i in range(FILMS)]), "hint", "none of the 240"),
    ],
)
def test_patients_that_nobody_knows(
    films: NDArray[np.uint8], groups: NDArray[np.str_], severity: str, said: str
) -> None:
    finding = found("patients", collection_of(films, groups=groups))
    assert (finding.severity, said in finding.found) == (severity, True), finding.found


def test_patients_whose_films_contradict_each_other(films: NDArray[np.uint8]) -> None:
    patient = np.arange(FILMS) // 3
    ages, genders = (40 + patient % 30 + np.arange(FILMS) % 3).astype(np.float64), (patient % 2).astype(np.float64)
    groups, follow_up = np.char.add("patient ", patient.astype(str)), (np.arange(FILMS) % 3).astype(str)
    sound = collection_of(films, ages, genders, groups, follow_up=follow_up)
    assert found("conflicts", sound).severity == "passed"
    ages[8], genders[30] = 20, 1 - genders[30]
    finding = found("conflicts", collection_of(films, ages, genders, groups, follow_up=follow_up))
    assert (finding.severity, finding.figures["names"]) == ("problem", ["patient 10", "patient 2"])
    assert finding.figures["conflicts"] == {"several genders": 1, "age falls over time": 1}
    assert "--conflicts drop" in finding.command
    unknown = collection_of(films, ages, genders, np.array([f"film {i}" for i in range(FILMS)]))
    assert found("conflicts", unknown).severity == "not applicable"


def test_heaps_of_one_value(films: NDArray[np.uint8]) -> None:
    ages = np.concatenate([np.full(12, 99.0), np.arange(FILMS - 12) % 60 + 20])
    finding = found("labels", collection_of(films, ages, np.arange(FILMS) % 2))
    assert (finding.severity, finding.figures["heaps"]) == ("hint", {"age": {"99": 12}})


def test_a_split_of_other_films_is_found(films: NDArray[np.uint8]) -> None:
    split = np.where(np.arange(FILMS) < 80, "test", "train")
    darker = films.copy()
    darker[:80] = (films[:80] * 0.8).astype(np.uint8)
    finding = found("splits", collection_of(darker, split=split))
    assert finding.severity == "hint"
    assert {(each["split"], each["property"]) for each in finding.figures["apart"]} >= {("split test", "brightness")}
    table, pictures = finding.parts
    assert isinstance(table, Table) and table.head[:5] == ("Split", "Films", "Patients", "Age, years", "Range")
    assert [row[0] for row in table.rows][-3:] == ["hold-out", "split test", "split train"]
    assert isinstance(pictures, Table) and len(pictures.rows) == len(table.rows)
    assert found("splits", collection_of(films, split=split)).severity == "passed"


def test_unusual_pictures_are_found(films: NDArray[np.uint8]) -> None:
    odd = films.copy()
    odd[:12] = np.random.default_rng(9).integers(0, 256, (12, 32, 32))
    finding = found("unusual", collection_of(odd))
    assert finding.severity == "hint"
    assert finding.figures["sharpness"]["ids"] == list(range(12))


def test_samples_are_of_every_band_and_one_a_patient(films: NDArray[np.uint8]) -> None:
    groups = np.where(np.arange(FILMS) < 100, "patient 0", np.char.add("patient ", np.arange(FILMS).astype(str)))
    collection = collection_of(films, groups=groups)
    finding = found("samples", collection)
    assert len(finding.parts) == 8
    for part in finding.parts:
        rows = [row for row, _ in part.rows]  # type: ignore[union-attr]
        assert len(set(collection.groups[rows])) == len(rows) <= 4


def test_labels_alone_are_looked_at(tmp_path: Path) -> None:
    (tmp_path / "train_age.csv").write_text("imageId,age\n" + "".join(f"{i},{20 + i % 60}\n" for i in range(300)))
    audit = look_at(of_labels(read_folder(tmp_path, with_films=False)))
    without = {entry.code for entry in audit.of("not applicable")}
    assert without == {
        "blank",
        "colours",
        "conflicts",
        "copies",
        "leak_border",
        "leak_brightness",
        "leak_file",
        "margins",
        "polarity",
        "samples",
        "unusual",
    }
    assert all("could not be made" not in entry.finding.found for entry in audit.entries)


def test_a_broken_check_costs_itself_only(films: NDArray[np.uint8]) -> None:
    class Broken:
        CHECK = Check(order=1, title="Broken", note="")

        def look(self, collection: Collection) -> Finding:
            raise KeyError("nothing")

    def loaded(code: str) -> CheckFile:
        if code == "gone":
            raise ModuleNotFoundError("No module named 'torch'")
        return Broken() if code == "broken" else load(code)

    audit = look_at(collection_of(films), ["broken", "flow", "gone"], loaded)
    assert [(entry.code, entry.finding.severity) for entry in audit.entries] == [
        ("flow", "passed"),
        ("broken", "not applicable"),
        ("gone", "not applicable"),
    ]
    assert "KeyError" in audit.entries[1].finding.found
    assert "torch" in audit.entries[2].finding.found


def test_entries_are_sorted_by_severity_and_weight(films: NDArray[np.uint8]) -> None:
    ages = np.sort(np.random.default_rng(10).uniform(20, 90, FILMS))
    groups = np.array([f"film {i}" for i in range(FILMS)])
    audit = look_at(collection_of(255 - films, ages, groups=groups))
    severities = [SEVERITIES.index(entry.finding.severity) for entry in audit.entries]
    assert severities == sorted(severities)
    assert audit.entries[0].code == "leak_order"
    same = [entry.check.order for entry in audit.of("passed")]
    assert same == sorted(same)


@pytest.mark.parametrize("code", checks())
def test_every_check_bears_collections_that_lack_something(code: str, films: NDArray[np.uint8]) -> None:
    unknown = np.full(FILMS, np.nan)
    for collection in (
        collection_of(films, unknown, unknown),
        collection_of(films[:1]),
        collection_of(np.full((30, 20, 20), 7, np.uint8)),
        collection_of(films, np.full(FILMS, 40.0), np.ones(FILMS)),
    ):
        found(code, collection)
