"""Several films of one patient as one answer: what it is, whose films they are, when it comes."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from dicom_files import write_dicom

from runners._models.cards import around_of
from runners._models.promises import in_words, kept, kept_by_patient
from runners._predict.answer import Answer, Doubt
from runners._predict.grouped import Groups, patients_of
from runners._predict.kept import Head, Kept
from runners._predict.lines import Lines, Tally
from xrays.errors import UserError
from xrays.statistics.by_patient import around_together, films_each, half_widths, labels_together, together
from xrays.statistics.conformal import Around
from xrays.tasks import TASKS

AGE, GENDER = TASKS["age"], TASKS["gender"]
ONE, MANY = Around(0.9, 20.0), Around(0.9, 12.0)
FILMS = ["a1.png", "b1.png", "a2.png", "a3.png"]
WHOSE = dict(zip(FILMS, ("a", "b", "a", "a"), strict=True))


def test_numbers_are_averaged_and_of_probabilities_the_logits() -> None:
    patients = np.array(["b", "a", "b"])
    assert together([61.0, 40.0, 65.0], patients, "regression").tolist() == [40.0, 63.0]
    assert together([0.9, 0.3, 0.1], patients, "binary") == pytest.approx([0.3, 0.5])
    assert labels_together(np.array([60.0, 40, 64]), patients, "regression").tolist() == [40, 62]
    assert labels_together(np.array([1.0, 0, 1]), patients, "binary").tolist() == [0, 1]
    assert films_each(patients).tolist() == [1, 2]


def test_a_patient_is_answered_with_the_last_of_the_films() -> None:
    groups = Groups(WHOSE, AGE, ONE, MANY)
    come = [[*groups.add(Answer(film, value))] for film, value in zip(FILMS, (50.0, 30.0, 60.0, 64.0), strict=True)]
    assert [len(answers) for answers in come] == [0, 1, 0, 1]
    assert come[1] == [Answer("b", 30.0, (), 20.0, 1)]
    assert come[3] == [Answer("a", 58.0, (), 12.0, 3)]
    assert groups.names() == ["a", "b"]


def test_films_without_an_answer_leave_it_to_the_others() -> None:
    groups, blank = Groups(WHOSE, AGE, ONE, MANY), Doubt("blank", "nothing is on it")
    given = [Answer(FILMS[0], None, (blank,)), Answer(FILMS[1], None, (blank,)), Answer(FILMS[2], 60.0)]
    answers = [answer for one in (*given, Answer(FILMS[3], None, (blank,))) for answer in groups.add(one)]
    assert answers[0] == Answer("b", None, (blank,), films=1)
    assert answers[1].value == 60.0 and answers[1].films == 1 and answers[1].half_width == 20.0, "one film is left"
    assert answers[1].doubts == (Doubt("blank", "nothing is on it (2 of 3 films)"),)


def test_lines_and_tables_are_about_patients(tmp_path: Path) -> None:
    lines, tally = Lines(["a", "b"], AGE, bounded=True), Tally("patient")
    answers = [Answer("a", 58.0, (), 12.0, 3), Answer("b", None, (Doubt("blank", "is blank"),), films=1)]
    assert lines.of(answers[0]).split() == ["a", "58.0", "years", "(46.0", "to", "70.0)", "of", "3", "films"]
    kept = Kept(tmp_path / "a.csv", None, Head(Path("m.h5"), "", AGE, False, False, by_patient=True))
    for answer in answers:
        kept.add(answer)
        tally.add(answer)
    kept.write(complete=True)
    rows = list(csv.DictReader(io.StringIO((tmp_path / "a.csv").read_text())))
    assert [row["patient"] for row in rows] == ["a", "b"] and [row["films"] for row in rows] == ["3", "1"]
    assert (rows[0]["age"], rows[0]["age_low"], rows[1]["age"]) == ("58.0", "46.0", "")
    assert tally.words(2).startswith("1 of 2 patients answered: 1 blank")
    Kept(
        tmp_path / "a.csv", None, Head(Path("m.h5"), "", AGE, False, False)
    )  # may be written over: it is one of ours


def test_a_table_says_whose_films_they_are(tmp_path: Path) -> None:
    table = tmp_path / "whose.csv"
    table.write_text("film;patient;note\na1.png;7;x\nb1;8;\nsub/a2.png;7;\n12;8;\n0;9;\n")
    films = [Path("films/a1.png"), Path("b1.png"), Path("sub/a2.png"), Path("000012.png"), Path("000000.dcm")]
    assert patients_of(films, table) == dict(zip(map(str, films), ("7", "8", "7", "8", "9"), strict=True))
    with pytest.raises(UserError, match=r"does not say whose 1 of 2 films are: a3\.png"):
        patients_of([Path("a1.png"), Path("a3.png")], table)
    table.write_text("film,patient\na1,7\na1,8\n")
    with pytest.raises(UserError, match="row 3: a1 is of 8, and of 7"):
        patients_of([Path("a1.png")], table)
    table.write_text("image,patient\na1,7\n")
    with pytest.raises(UserError, match="film is missing"):
        patients_of([Path("a1.png")], table)


def test_dicom_files_say_it_themselves(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 4000, (32, 32), dtype=np.uint16)
    files = [tmp_path / name for name in ("1.dcm", "2.dcm")]
    for file in files:
        write_dicom(file, pixels, PatientID="P-7")
    assert patients_of(files, None) == dict.fromkeys(map(str, files), "P-7")
    with pytest.raises(UserError, match=r"nothing in these files says whose 1 of 3 films are"):
        patients_of([*files, tmp_path / "film.png"], None)


def test_a_card_has_an_interval_of_its_own_for_patients() -> None:
    card = {"around": {"level": 0.9, "quantile": 20.0}, "around_patient": {"level": 0.9, "quantile": 12.0}}
    assert (around_of(card), around_of(card, "patient")) == (ONE, MANY)
    assert around_of({"around": card["around"], "around_patient": None}, "patient") is None
    (answer,) = Groups(dict.fromkeys(FILMS[:1], "a"), AGE, ONE, None).add(Answer(FILMS[0], 50.0))
    assert answer.half_width == 20.0


def test_a_mean_has_an_interval_of_its_own() -> None:
    """Errors of a patient's films are nearly one error, and larger with several of them, as if these were sicker."""
    rng = np.random.default_rng(0)
    patients = np.sort(rng.integers(0, 400, 900).astype(str))
    number, films = np.unique(patients, return_inverse=True)[1], films_each(patients)
    ages, size = rng.uniform(20, 80, len(films))[number], np.where(films > 1, 12.0, 6.0)
    said = ages + (rng.normal(0, size) * (films < 9))[number] + rng.normal(0, 1, 900)
    several = around_together(ages, said, patients)
    assert several is not None and several.level == 0.9
    assert 1.4 * 12 < several.half_width(np.linspace(20, 80)).mean() < 1.9 * 12, "1.64, as of a normal distribution"
    assert around_together(ages[films[number] == 1], said[films[number] == 1], patients[films[number] == 1]) is None
    alone, both = Around(0.9, 10.0), np.array([50.0, 50.0])
    assert half_widths(both, np.array([1, 3]), alone, several).tolist() == [10.0, *several.half_width(both[:1])]
    assert half_widths(both, np.array([1, 3]), alone, None).tolist() == [10.0, 10.0]


def test_what_is_kept_of_a_promise_is_counted_by_patient_too() -> None:
    labels, said = np.array([50.0, 50, 30, 40]), np.array([72.0, 62, 49, 61])
    groups = np.array(["a", "a", "b", "c"])
    found = kept_by_patient(AGE, ONE, MANY, labels, said, groups)
    assert found is not None
    assert (found["patients"], found["coverage"]) == (3, pytest.approx(1 / 3)), "a is off by 17, c by 21"
    assert found["width"] == pytest.approx((24 + 40 + 40) / 3) and len(found["coverage_interval"]) == 2
    assert kept(AGE, ONE, labels, said, groups)["coverage"] == 0.5
    assert "33.3 %" in in_words(AGE, 0.9, found) and in_words(AGE, 0.9, {}) == ""
    assert kept_by_patient(AGE, ONE, None, labels[1:], said[1:], groups[1:]) is None, "nobody has several"
    assert kept_by_patient(AGE, None, None, labels, said, groups) is None
    classes = kept_by_patient(GENDER, None, None, np.array([1.0, 1, 0]), np.array([0.9, 0.8, 0.2]), groups[:3])
    assert classes is not None and classes["calibration_error"] < 0.25
