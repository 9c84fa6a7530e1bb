"""The audit of real films to which four things were done at once: it finds all four, and none of them before."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from xrays.audit._audit import Audit, look_at
from xrays.audit._collection import of_arrays
from xrays.audit._finding import Finding
from xrays.prepare import prepare
from xrays.sources._folder import read_folder

REAL = Path(__file__).parents[1] / "../shared/data/nih"
pytestmark = pytest.mark.skipif(not REAL.exists(), reason="no real films here")
EVERY = 3  # of the films one is taken


def real_films() -> pd.DataFrame:
    """imageId, age, gender and patient of each film that is taken."""
    tables = [pd.read_csv(REAL / f"train_{name}.csv") for name in ("age", "gender", "patient")]
    films = tables[0].merge(tables[1]).merge(tables[2]).sort_values("imageId")
    return films.iloc[::EVERY].reset_index(drop=True).assign(of=lambda table: table["imageId"], copy=False)


def written(folder: Path, films: pd.DataFrame) -> Path:
    """In the SPR layout. films: as real_films, with `negative` and `boxed`."""
    (folder / "train").mkdir(parents=True)
    for film in films.itertuples():
        grey = cv2.imread(str(REAL / f"train/{film.of:06d}.png"), cv2.IMREAD_GRAYSCALE)
        if film.copy:
            content = cv2.imencode(".jpg", cv2.resize(grey, None, fx=0.7, fy=0.7, interpolation=cv2.INTER_AREA))[1]
            grey = cv2.imdecode(content, cv2.IMREAD_GRAYSCALE)
        if film.negative:
            grey = 255 - grey
        if film.boxed:
            grey = cv2.copyMakeBorder(grey, 24, 24, 0, 0, cv2.BORDER_CONSTANT, value=255 * (film.imageId % 2))
        cv2.imwrite(str(folder / f"train/{film.imageId:06d}.png"), grey)
    for name in ("age", "gender", "patient"):
        films[["imageId", name]].to_csv(folder / f"train_{name}.csv", index=False)
    return folder


def audited(folder: Path, out: Path) -> Audit:
    return look_at(of_arrays(prepare(read_folder(folder), out, size=64)))


def findings(audit: Audit) -> Mapping[str, Finding]:
    return {entry.code: entry.finding for entry in audit.entries}


def test_of_real_films_there_is_no_problem(tmp_path: Path) -> None:
    films = real_films().assign(negative=False, boxed=False)
    audit = audited(written(tmp_path / "films", films), tmp_path / "out")
    assert [(entry.code, entry.finding.found) for entry in audit.of("problem")] == []
    found = findings(audit)
    assert (found["copies"].severity, found["polarity"].severity, found["leak_order"].severity) == ("passed",) * 3


def test_all_four_are_found(tmp_path: Path) -> None:
    films = real_films()
    copies = films.sample(frac=0.2, random_state=0).assign(copy=True, patient=lambda table: table["patient"] + 10**6)
    films = pd.concat([films, copies]).sort_values("age", kind="stable").reset_index(drop=True)
    films["imageId"] = films.index
    chosen = np.random.default_rng(0)
    films["negative"], films["boxed"] = (chosen.permutation(len(films)) < share * len(films) for share in (0.2, 0.1))
    audit = audited(written(tmp_path / "films", films), tmp_path / "out")
    found = findings(audit)

    assert {"leak_order", "polarity"} <= {entry.code for entry in audit.of("problem")}
    assert found["leak_order"].figures["age"]["score"] < 2 < 10 < found["leak_order"].figures["age"]["constant"]

    negatives, called = set(films.index[films["negative"]]), set(found["polarity"].figures["ids"])
    assert len(called & negatives) >= 0.95 * len(negatives)
    assert len(called - negatives) <= 0.01 * (len(films) - len(negatives))

    sets = [set(films["of"][ids]) for ids in found["copies"].figures["ids"]]
    assert len(sets) == len(copies)
    assert all(len(pictures) == 1 for pictures in sets), "different films are never called copies"
    by_picture = pd.Series(audit.collection.groups).groupby(films["of"].to_numpy()).nunique()
    assert (by_picture == 1).all(), "folds keep copies together"

    assert found["margins"].severity == "hint"
    assert set(films.index[films["boxed"]]) <= set(found["margins"].figures["ids"])
