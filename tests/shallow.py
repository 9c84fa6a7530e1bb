"""A backbone's first layers in its place: every kind of layer that it has, in an eighth to a fifth of its depth.

    with shallow(BACKBONES["densenet121"]):
        …            # in it, `attach` and all that is built on it make the shallow network, under the same name
    with shallow(row, kind=worded):
        …            # layers of a class that differ in more than numbers are of two kinds

Making a training step's graph takes half a minute for a deep network, and most of it is the same few layers again.
What is claimed of depth itself is tested on the whole network, without a graph.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from types import SimpleNamespace
from typing import Any

import pytest

from search_spaces import _backbones
from search_spaces._backbones import BACKBONES, Backbone, signature

Kind = Callable[[Any], Hashable]


def worded(layer: Any) -> Hashable:
    """What a file says of a layer but for its name, its size and all other numbers."""

    def words(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: words(own) for key, own in value.items() if key != "name"}
        if isinstance(value, list | tuple):
            return [words(own) for own in value]
        return value if value is None or isinstance(value, bool | str) else "a number"

    return type(layer), json.dumps(words(layer.get_config()), sort_keys=True, default=str)


@contextmanager
def shallow(row: Backbone, kind: Kind = type) -> Iterator[Backbone]:
    """The row that stands in the table meanwhile: its facts about layers are those of the shallow network."""
    import keras

    first = _first_layers(row.name, kind)

    def build(input_tensor: Any, **_: Any) -> Any:
        """As `keras.applications` does; new layers every time, of which `attach` takes the last one's output."""
        return SimpleNamespace(
            output=first._run_through_graph(
                input_tensor, operation_fn=lambda layer: type(layer).from_config(layer.get_config())
            )
        )

    shapes = [[weight.shape for weight in layer.weights] for layer in first.layers if _counts(layer)]
    small = replace(row, layers=len(shapes), signature=signature(shapes), features=first.output.shape[-1])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keras.applications, row.application, build)
        patch.setitem(_backbones.BACKBONES, row.name, small)  # type: ignore[arg-type]
        yield small


def _counts(layer: Any) -> bool:
    """As `weighted_layers` counts."""
    return bool(layer.weights) and type(layer).__name__ != "Normalization"


@cache
def _first_layers(name: str, kind: Kind) -> Any:
    """From pictures to the first layer of the network that everything of its kinds leads to."""
    import keras

    row = BACKBONES[name]
    application = getattr(keras.applications, row.application)
    side = row.smallest
    whole = application(include_top=False, weights=None, input_shape=(side, side, 3), **row.options)
    wanted = set(map(kind, whole.layers))
    before = dict[Any, set[Hashable]]()  # the kinds of all that leads to a layer, and its own
    for layer in whole.layers:
        givers = [node.operation for own in layer._inbound_nodes for node in own.parent_nodes]
        before[layer] = {kind(layer)}.union(*(before[giver] for giver in givers))
        if before[layer] == wanted:
            return keras.Model(whole.inputs, layer.output)
    raise AssertionError("the last layer has all before it")
