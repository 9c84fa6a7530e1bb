"""What `--formats` takes, and what lies beside a model: refused, kept or removed, before anything is written."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from cli_process import called
from mean_model import write_card
from numpy.typing import NDArray

from runners._models.formats import H5, format_names, formats_named, load_format, other_names
from runners._models.formats._beside import claim_formats, made_by_export, put, remove
from runners._models.formats._process import ALONE, room_for
from xrays.errors import UserError

FORMATS = {name: load_format(name).FORMAT for name in other_names()}
A_FOLDER = ".savedmodel"


def test_the_h5_is_written_in_any_case() -> None:
    assert format_names()[0] == H5 and formats_named(H5) == formats_named("") == ()
    here = [name for name, row in FORMATS.items() if not row.missing]
    assert here, "some need nothing that the suite does not need"
    assert formats_named(f"{','.join(here)}, {here[0]}") == tuple(here)


@pytest.mark.parametrize("name", [name for name, row in FORMATS.items() if row.extra])
def test_what_is_not_installed_is_named_with_what_brings_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, FORMATS[name].opens[0], None)
    with pytest.raises(UserError) as refused:
        formats_named(f"h5,{name}")
    assert f"{name} needs {FORMATS[name].opens[0]}" in str(refused.value)
    assert f"pip install -e '.[{FORMATS[name].extra}]'" in str(refused.value) and H5 in refused.value.accepted


def test_a_format_that_is_none_is_refused_before_a_run_is_looked_for(tmp_path: Path) -> None:
    done = called("export", "--task", "age", "--formats", "h5,pdf", cwd=tmp_path)
    assert done.returncode == 2 and "there is no 'pdf'" in done.stderr and not list(tmp_path.iterdir())
    assert all(name in done.stderr for name in format_names())


def test_every_extra_is_one_of_the_package() -> None:
    import tomllib

    package = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]
    known = package["optional-dependencies"]
    for row in FORMATS.values():
        needed = " ".join(known[row.extra] if row.extra else package["dependencies"])
        assert row.runtime in needed, row.title


@pytest.mark.parametrize(("room", "at_once"), [(None, 64), (2**60, 64), (1, ALONE), (0, ALONE)])
def test_films_are_asked_together_as_far_as_memory_goes(room: int | None, at_once: int) -> None:
    asked: list[int] = []

    def answer(films: NDArray[np.float32]) -> NDArray[np.float32]:
        asked.append(len(films))
        return films.mean(axis=(1, 2))

    assert room_for(answer, np.zeros((64, 4, 4, 1), np.float32), room) == at_once
    assert asked == [ALONE], "the first ones tell what a film takes"
    assert room_for(answer, np.zeros((3, 4, 4, 1), np.float32), room) == 3


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a new program begins with nothing")
def test_what_a_process_took_is_its_own_and_not_that_of_who_started_it() -> None:
    """A search with gigabytes of films would leave no room for 64 of them in the process that it asks."""
    much = np.ones(50_000_000)
    told = "from runners._models.formats._process import _peak; print(_peak())"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert 10e6 < int(done.stdout) < much.nbytes


def filled(folder: Path) -> Path:
    """A model with something of every format beside it, as its card says."""
    model = folder / "best.h5"
    model.write_bytes(b"a network")
    rows = []
    for name, row in FORMATS.items():
        for target in row.targets(model):
            file = target
            if target.suffix == A_FOLDER:
                (target / "variables").mkdir(parents=True)
                file = target / "variables" / "index"
            file.write_text(name)
            rows.append({"sha256": {str(file.relative_to(folder)): hashlib.sha256(name.encode()).hexdigest()}})
    write_card(model, formats=rows)
    return model


def everything(model: Path) -> set[Path]:
    return {target for row in FORMATS.values() for target in row.targets(model)}


def test_what_an_export_has_made_is_known_by_the_card(tmp_path: Path) -> None:
    model = filled(tmp_path)
    claim_formats(model, other_names())
    assert set(made_by_export(model)) == everything(model)
    claim_formats(tmp_path / "other.h5", other_names())
    assert made_by_export(tmp_path / "other.h5") == []


@pytest.mark.parametrize("name", other_names())
def test_what_somebody_else_has_made_is_left_alone(name: str, tmp_path: Path) -> None:
    """Changed since, without a card that names it, with a file of one's own in the folder, a link."""
    model = filled(tmp_path)
    target = FORMATS[name].targets(model)[-1]
    if target.is_dir():
        (target / "notes.txt").write_text("mine")
    else:
        target.write_text("mine")
    with pytest.raises(UserError, match=f"{target.name} is"):
        claim_formats(model, [name])
    assert target not in made_by_export(model) and target.exists()
    remove(target)
    target.symlink_to(os.devnull)
    with pytest.raises(UserError, match=f"{target.name} is"):
        claim_formats(model, [name])
    model.with_suffix(".json").unlink()
    assert made_by_export(model) == []


@pytest.mark.parametrize("formats", [7, [7], [{"sha256": 7}], [{"sha256": {"../mine.txt": 7}}], {"sha256": {}}])
def test_a_card_leads_to_nothing_outside(formats: object, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    (tmp_path / "models").mkdir()
    model = tmp_path / "models" / "best.h5"
    model.write_bytes(b"a network")
    write_card(model, formats=formats)
    assert made_by_export(model) == []


def test_a_new_one_takes_the_place_of_an_old_one(tmp_path: Path) -> None:
    model = filled(tmp_path)
    (tmp_path / "new").mkdir()
    newer = filled(tmp_path / "new")
    for target in sorted(everything(newer)):
        assert put(target, tmp_path / target.name) == tmp_path / target.name
    assert {target.exists() for target in everything(newer)} == {False}
    assert {target.exists() for target in everything(model)} == {True}
