"""Vectors as other programs write them: which film each belongs to, and what is refused."""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from xrays.errors import UserError
from xrays.vectors_file import read_vectors

IDS = np.array([0, 3, 7, 12])
VALUES = np.arange(20, dtype=np.float32).reshape(4, 5) / 7
SHUFFLED = [2, 0, 3, 1]


def npz(ids: Any, values: Any = VALUES[SHUFFLED]) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        np.savez(folder / "v.npz", anything=np.asarray(ids), vectors=values)
        return folder / "v.npz"

    return write


def npy(values: Any) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        np.save(folder / "v.npy", values)
        return folder / "v.npy"

    return write


def csv(ids: Any, values: Any = VALUES[SHUFFLED], column: str = "imageId", place: int = 0) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        table = pd.DataFrame(values, columns=[f"f{n}" for n in range(np.shape(values)[1])])
        table.insert(place, column, ids)
        table.to_csv(folder / "v.csv", index=False)
        return folder / "v.csv"

    return write


def text(content: str, name: str = "v.csv") -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        (folder / name).write_text(content)
        return folder / name

    return write


def edited(write: Callable[[Path], Path], change: Callable[[bytes], bytes]) -> Callable[[Path], Path]:
    def written(folder: Path) -> Path:
        file = write(folder)
        file.write_bytes(change(file.read_bytes()))
        return file

    return written


PADDED = [f"{number:06d}" for number in IDS[SHUFFLED]]


@pytest.mark.parametrize(
    "write",
    [
        npy(VALUES),
        npy(VALUES.astype(np.float64)),
        npz(IDS[SHUFFLED]),
        npz(PADDED),
        npz([f"films/{name}.PNG" for name in PADDED]),
        npz([*PADDED, "999"], np.vstack([VALUES[SHUFFLED], np.full(5, np.nan)])),  # of a film that is not there
        csv(IDS[SHUFFLED]),
        csv(PADDED, column="file"),
        csv([f"{name}.dcm" for name in PADDED], column="Film ID", place=3),
        csv(PADDED, column="whatever"),
        edited(csv(PADDED), lambda raw: raw.replace(b",", b"\t")),
        edited(csv(IDS[SHUFFLED]), lambda raw: raw.replace(b",", b";")),
        edited(csv(IDS[SHUFFLED]), lambda raw: raw.replace(b",", b";").replace(b".", b",")),  # as in Germany
        edited(csv(IDS[SHUFFLED]), lambda raw: raw.replace(b"\n", b",\n").replace(b",\n", b"\n", 1)),  # a comma more
    ],
)
def test_every_film_gets_its_own_vector(write: Callable[[Path], Path], tmp_path: Path) -> None:
    given = read_vectors(write(tmp_path))
    found = given.values[given.rows_of(IDS)]
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, VALUES, rtol=1e-6)


def test_films_that_have_names_are_known_by_these_or_by_their_numbers(tmp_path: Path) -> None:
    names = ["a/one.png", "two", "b/three.jpg", "four.x"]
    for ids in (["one", "two.png", "three", "four.x"], IDS.tolist()):
        given = read_vectors(npz(ids, VALUES)(tmp_path))
        np.testing.assert_array_equal(given.rows_of(IDS, names), np.arange(4))


def test_films_of_several_folders_with_one_name_are_known_by_their_paths(tmp_path: Path) -> None:
    """As in CheXpert, where every patient has a view1."""
    names = [f"train/{patient}/view1.jpg" for patient in "abc"] + ["train/a/view2.jpg"]
    given = read_vectors(npz([f"./{name}" for name in names[::-1]], VALUES)(tmp_path))
    np.testing.assert_array_equal(given.rows_of(IDS, names), [3, 2, 1, 0])
    few = read_vectors(npz(names[:1] + names[3:], VALUES[:2])(tmp_path))
    with pytest.raises(UserError, match="no vector of 2 of 4 films"):
        few.rows_of(IDS, names)


@pytest.mark.parametrize("lists", [False, True])
def test_parquet(lists: bool, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    table = pd.DataFrame(VALUES[SHUFFLED]).rename(columns=str)
    if lists:
        table = pd.DataFrame({"embedding": list(VALUES[SHUFFLED])})
    table.insert(0, "imageId", PADDED)
    table.to_parquet(tmp_path / "v.parquet")
    given = read_vectors(tmp_path / "v.parquet")
    np.testing.assert_array_equal(given.values[given.rows_of(IDS)], VALUES)
    table.set_index("imageId").rename_axis(None).to_parquet(tmp_path / "v.parquet")
    given = read_vectors(tmp_path / "v.parquet")
    np.testing.assert_array_equal(given.values[given.rows_of(IDS)], VALUES)


def test_parquet_without_its_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def without(file: Path, engine: str) -> Any:
        raise ImportError("Unable to find a usable engine")

    monkeypatch.setattr(pd, "read_parquet", without)
    with pytest.raises(UserError, match=r"no library that reads Parquet(.|\n)*\.\[parquet\]"):
        read_vectors(text("", "v.parquet")(tmp_path))


def compressed(folder: Path) -> Path:
    np.savez_compressed(folder / "v.npz", ids=np.arange(99), vectors=np.random.default_rng(0).normal(size=(99, 9)))
    return folder / "v.npz"


def endless(folder: Path) -> Path:
    """Headers that promise more than any memory holds."""
    with zipfile.ZipFile(folder / "v.npz", "w") as archive:
        for name, shape in (("ids", (10**17,)), ("vectors", (10**17, 4))):
            with archive.open(f"{name}.npy", "w") as member:
                header = {"descr": "<f4", "fortran_order": False, "shape": shape}
                np.lib.format.write_array_header_1_0(member, header)  # type: ignore[arg-type]
    return folder / "v.npz"


ODD = VALUES.copy()
ODD[SHUFFLED.index(1)][2] = np.nan


@pytest.mark.parametrize(
    ("write", "said"),
    [
        (npy(VALUES[:3]), "holds 3 vectors without ids for 4 films"),
        (npz(IDS[:3], VALUES[:3]), "no vector of 1 of 4 films (imageId 12)"),
        (npz([0, 3, 7, 7], VALUES), "two vectors of one film: '7' and '7'"),
        (npz(["0", "3", "7", "007"], VALUES), "two vectors of one film: '7' and '007'"),
        (npz(["a", "b", "c", "d"], VALUES), "ids like a, b, c; these films have 0, 3, 7"),
        (npz(IDS[SHUFFLED], ODD), "NaN or infinity, of 1 films (imageId 3)"),
        (npz(IDS, np.full((4, 2), 1e300)), "NaN or infinity, of 4 films (imageId 0, 3, 7, 12)"),
        (csv(IDS, [["1", "2"], ["1", ""], ["1", "2"], ["1", "2"]]), "NaN or infinity, of 1 films (imageId 3)"),
    ],
)  # fmt: skip
def test_what_does_not_fit_the_films(write: Callable[[Path], Path], said: str, tmp_path: Path) -> None:
    given = read_vectors(write(tmp_path))
    with pytest.raises(UserError) as caught:
        given.rows_of(IDS)
    assert said in caught.value.given and str(given.file) in caught.value.remedy


@pytest.mark.parametrize(
    ("write", "said"),
    [
        (npy(VALUES[0]), "shape (5,)"),
        (npy(np.zeros((4, 2, 3))), "shape (4, 2, 3)"),
        (npy(np.zeros((4, 0))), "shape (4, 0)"),
        (npy(np.array([["a", "b"]])), "of the kind <U1"),
        (npy(VALUES > 1), "of the kind bool"),
        (npz(IDS[:3]), "3 ids and 4 vectors"),
        (npz(VALUES), "anything (4, 5), vectors (4, 5), not one array of n ids"),
        (npz(np.array(["a", None, 1, 2], object)), "allow_pickle=False"),
        (text("imageId,a,sex\n0,1,F\n"), "beside the ids in imageId these columns are no numbers: sex"),
        (text(""), "No columns"),
        (text("imageId\n0\n"), "shape (1, 0)"),
        (text("imageId,a,b\n0,1,2,9\n7,3,4,8\n"), "Length of header or names does not match"),
        (text("imageId,a\n0,1\n,3\n"), "1 of its 2 rows have nothing in imageId"),
        (edited(compressed, lambda raw: raw[:2000] + bytes(200) + raw[2200:]), "decompress"),
        (edited(npy(VALUES), lambda raw: raw.replace(b"(4, 5)", b"(4, 5(")), "multi-line statement"),
        (endless, "Unable to allocate"),
        (text("nothing", "v.npz"), "not a zip file"),
        (text("nothing at all", "v.npy"), "magic string is not correct"),
        (text("PK\x03\x04cut", "v.npz"), "not a zip file"),
        (text("", "v.txt"), "of no known kind"),
        (lambda folder: folder / "gone.npz", "is no file"),
    ],
)
def test_what_holds_no_vectors(write: Callable[[Path], Path], said: str, tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        read_vectors(write(tmp_path))
    assert said in caught.value.given and "--features" in caught.value.remedy


class Opened:
    """Leaves a file behind where it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> Any:
        return Path.touch, (self.trace,)


@pytest.mark.parametrize("name", ["v.npy", "v.npz", "v.csv"])
def test_nothing_is_unpickled(name: str, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    (tmp_path / name).write_bytes(pickle.dumps(Opened(trace)))
    with pytest.raises(UserError, match="holds no vectors"):
        read_vectors(tmp_path / name)
    if name == "v.npy":
        np.save(tmp_path / name, np.array([[Opened(trace)]], object), allow_pickle=True)
        with pytest.raises(UserError, match="holds no vectors"):
            read_vectors(tmp_path / name)
    assert not trace.exists()
    pickle.loads(pickle.dumps(Opened(trace)))
    assert trace.exists(), "the test could not fail"
