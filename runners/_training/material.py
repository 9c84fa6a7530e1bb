"""What a worker's trainers train on: the films, for backbones their cached features and pretrained weights, and
vectors of another model.

material = TrainingMaterial(arrays, setup, tell=connection.send)
material.features(recipe)               # (views, N, C)
material.fill(predictor, recipe)
material.vectors                        # (N, D)
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cached_property
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from runners._inputs.features import NAME, features_folder
from runners._seeds import derive
from runners._training.extraction import BATCH, extract, frozen, settle
from runners._training.feature_cache import FeatureCache, FeatureKey, Features
from runners._workers.messages import Busy, Setup
from search_spaces._augment import VIEWS
from search_spaces._backbones import BACKBONES, Backbone, backbone_layers
from search_spaces._weight_files import fingerprint, load_run
from xrays.arrays import XrayArrays
from xrays.moments import Moments, moments_of
from xrays.vectors import vectors_of

Tell = Callable[[Busy], None]
TELL_EVERY = 0.5  # seconds
MOMENTS = 16  # folds whose moments are kept: 2 MB each of vectors of a thousand numbers


class TrainingMaterial:
    """A class because it keeps what was read or computed for the trials to come."""

    def __init__(self, arrays: XrayArrays, setup: Setup, tell: Tell) -> None:
        self.images = arrays.images
        self._films, self._setup, self._tell, self._pixels = arrays, setup, tell, arrays.pixels
        self._cache = FeatureCache(features_folder(arrays.path), setup.cache_limit, arrays.path / NAME)
        self._loaded: dict[FeatureKey, Features] = {}
        self._weights: dict[str, list[list[NDArray[Any]]]] = {}
        self._moments: dict[bytes, Moments] = {}

    @cached_property
    def vectors(self) -> NDArray[np.float32]:
        """(N, D) that another model has made of the films. Raises ValueError for others than the search began
        with."""
        found = vectors_of(self._films)
        if found is None or found.label != self._setup.experiment.vectors:
            raise ValueError(f"the vectors in {self._films.path} are not those any more that the search began with")
        return found.values

    def moments(self, rows: NDArray[np.int64]) -> Moments:
        """Of the vectors in these rows (n,), computed once for all trials: the films of a fold are the same."""
        key = rows.tobytes()
        if key not in self._moments:
            self._moments = dict([*self._moments.items()][1 - MOMENTS :])
            self._moments[key] = moments_of(self.vectors[rows])
        return self._moments[key]

    def features(self, recipe: Any) -> NDArray[np.float32]:
        """(views, N, C) of the recipe's frozen backbone, the film itself first; from the cache or computed."""
        return self._features(recipe).views

    def ms_per_film(self, recipe: Any) -> float:
        """What the frozen backbone took for a film when its features were computed."""
        return self._features(recipe).ms_per_film

    def blank(self, recipe: Any) -> NDArray[np.float32]:
        """Zeros in the place of features, to time what is done with them."""
        return np.zeros((1, *self._shape(recipe)[1:]), np.float32)

    def cached(self, recipe: Any) -> bool:
        """Whether the features need not be computed."""
        return self._cache.has(self._key(recipe), self._shape(recipe))

    def feature_seconds(self, recipe: Any) -> float:
        """About how long computing the features will take, from one batch."""
        row, side = BACKBONES[recipe.backbone], self.images.shape[1]
        backbone = frozen(row, side, lambda model: None)
        batch = np.zeros((BATCH, side, side, 1), np.float32)
        backbone.predict_on_batch(batch)
        begun = time.perf_counter()
        backbone.predict_on_batch(batch)
        views, films, _ = self._shape(recipe)
        return (time.perf_counter() - begun) * views * films / BATCH

    def fill(self, predictor: keras.Model, recipe: Any) -> None:
        """Puts the weights that `--weights` names into the predictor's backbone; `none` are random ones that depend
        on the search's seed only, so that they, too, have features that can be shared."""
        self._fill(predictor, BACKBONES[recipe.backbone])

    def _fill(self, model: keras.Model, row: Backbone) -> None:
        for layer, values in zip(backbone_layers(model, row), self._arrays(row), strict=True):
            layer.set_weights(values)

    def _arrays(self, row: Backbone) -> list[list[NDArray[Any]]]:
        if row.name not in self._weights:
            file = self._setup.weights.files.get(row.name)
            if file and fingerprint(file.path) != file.fingerprint:
                raise ValueError(f"{file.path} is not the file any more that the search began with")
            self._weights[row.name] = load_run(file.path, row) if file else self._random(row)
        return self._weights[row.name]

    def _random(self, row: Backbone) -> list[list[NDArray[Any]]]:
        seed = derive(self._setup.experiment.seed, "backbone")
        keras.utils.set_random_seed(seed)
        made = frozen(row, self.images.shape[1], lambda model: None)
        settle(made, seed)
        return [layer.get_weights() for layer in backbone_layers(made, row)]

    def _key(self, recipe: Any) -> FeatureKey:
        file = self._setup.weights.files.get(recipe.backbone)
        return FeatureKey(
            recipe.backbone,
            file.fingerprint if file else f"random {self._setup.experiment.seed}",
            self._pixels,
            recipe.views,
            keras.config.dtype_policy().name,
            keras.backend.backend(),
        )

    def _shape(self, recipe: Any) -> tuple[int, int, int]:
        return 1 + VIEWS[recipe.views].augmented, len(self.images), BACKBONES[recipe.backbone].features

    def _features(self, recipe: Any) -> Features:
        key = self._key(recipe)
        if key not in self._loaded:
            row, policy = BACKBONES[recipe.backbone], VIEWS[recipe.views]
            what, last = f"features of {row.name}, views {recipe.views}", 0.0
            others = f"{what}, which another worker computes"
            waiting = False

            def progress(done: int, total: int) -> None:
                nonlocal last, waiting
                waiting = False
                if done in (0, total) or time.monotonic() > last + TELL_EVERY:
                    last = time.monotonic()
                    self._tell(Busy(what, done, total))

            def waits() -> None:
                nonlocal waiting
                waiting = True
                self._tell(Busy(others, 0, 1))

            def compute(out: NDArray[np.float32]) -> float:
                progress(0, out.shape[0] * out.shape[1])
                backbone = frozen(row, self.images.shape[1], lambda model: self._fill(model, row))
                return extract(backbone, policy, self.images, out, progress)

            self._loaded = {key: self._cache.get(key, self._shape(recipe), compute, waits)}
            if waiting:
                self._tell(Busy(others, 1, 1))
        return self._loaded[key]
