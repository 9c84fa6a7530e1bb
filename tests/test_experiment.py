"""A run's identity: all that must be equal to continue it, and the name of its folder."""

from __future__ import annotations

import json
from dataclasses import asdict, fields, replace
from typing import Any

import pytest
from run_folders import experiment

from trials.experiment import Experiment
from xrays.errors import UserError

NEW_IN_2 = {"narrowing", "weights", "max_parameters", "backend"}


class TestExperiment:
    def test_json(self) -> None:
        for own in (experiment(), experiment(narrowing=("depth=3..4", "batch_size=32"), weights="imagenet")):
            assert Experiment.from_json(json.loads(json.dumps(own.to_json()))) == own

    def test_a_run_of_another_format_is_refused(self) -> None:
        first = {key: value for key, value in experiment().to_json().items() if key not in NEW_IN_2} | {"format": 1}
        with pytest.raises(UserError, match="a run of format 1"):
            Experiment.from_json(first)

    def test_the_name_of_the_data_is_no_part_of_the_identity(self) -> None:
        """A prepared folder may be renamed: fingerprints tell what is in it."""
        renamed = replace(experiment(), data="elsewhere")
        assert renamed.digest == experiment().digest
        assert renamed.folder_name != experiment().folder_name

    @pytest.mark.parametrize("name", [field.name for field in fields(Experiment) if field.name != "data"])
    def test_everything_else_is(self, name: str) -> None:
        old = getattr(experiment(), name)
        new = {int: lambda: old + 1, str: lambda: f"{old}x", tuple: lambda: (*old, "x")}[type(old)]()
        changes: dict[str, Any] = {name: new}
        assert experiment(**changes).digest != experiment().digest

    def test_the_same_names_as_when_this_was_written(self) -> None:
        """A run is found again by its folder's name: it must not depend on the process or the version."""
        assert experiment().folder_name == "age-tiny32-cnn-optuna-tpe-2213"

    def test_the_name_holds_what_a_person_looks_for(self) -> None:
        own = experiment("gender", space="resnet", sampler="random")
        assert own.folder_name == f"gender-tiny32-resnet-optuna-random-{own.digest[:4]}"
        assert asdict(own)["format"] == own.format


def test_the_helper_gives_a_run_its_identity() -> None:
    assert experiment("gender", folds=4).folds == 4
