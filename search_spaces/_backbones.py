"""Networks of `keras.applications` as backbones for grey films: what each expects, what it costs, how it is attached.

    row = BACKBONES["mobilenetv2"]
    features = attach(films, row)                 # (None, S, S, 1) in [0, 1] to (None, h, w, 1280), in one flat graph
    for layer, arrays in zip(backbone_layers(model, row), load_run(path, row), strict=True):
        layer.set_weights(arrays)

A backbone is always built with weights=None and filled afterwards: Keras builds another EfficientNetB0 for "imagenet"
than for anything else, and the network must not depend on where its weights came from. The layers stand in the
predictor itself, not in a model within the model, so that it survives `.h5`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras

Shapes = Sequence[Sequence[int]]


@dataclass(frozen=True)
class Backbone:
    """One network without its top. Name, application and options are chosen; all other fields are facts about them,
    which `tests/test_backbones.py` measures: of a row in which some are wrong or left out it prints the right one.

    application: its name in `keras.applications`; options: further arguments of it. scale, offset: from a film's
    [0, 1] to what the first convolution's weights were trained on, one number or one a channel. smallest: side in px
    of the smallest film that Keras allows. parameters, layers: of all layers with weights. features: channels of the
    last map. activations: numbers that all layers from `rgb` to the last map put out for one film of 224 px. They go
    with the film's area, within 3 % at 64 px and 1 % from 128 px on; inceptionv3 does not pad, and has 26 % less than
    that at 96 px, 15 % less at 128 px, 7 % more at 320 px. multiply_adds: of convolutions and full layers for such a
    film, which go with the area alike. signature: of the layers' shapes, see `signature`. file: what Keras calls the
    ImageNet weights in its cache.
    """

    name: str
    application: str
    scale: float | tuple[float, ...] = 1.0
    offset: float | tuple[float, ...] = 0.0
    smallest: int = 0
    parameters: int = 0
    layers: int = 0
    features: int = 0
    activations: int = 0
    multiply_adds: int = 0
    signature: str = ""
    file: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)


# Mean and standard deviation of ImageNet's pixels in [0, 1], as Keras and PyTorch give them.
_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_STANDARD_SCALE = tuple(1 / std for std in _STD)
_STANDARD_OFFSET = tuple(-mean / std for mean, std in zip(_MEAN, _STD, strict=True))

_ROWS = (
    Backbone(
        name="resnet50v2",
        application="ResNet50V2",
        scale=2.0,
        offset=-1.0,
        smallest=32,
        parameters=23_564_800,
        layers=102,
        features=2048,
        activations=31_528_684,
        multiply_adds=3_480_207_360,
        signature="516a603175ec16bbe90b52b764d3c3d530de72546bfc006e28883837ae63e805",
        file="resnet50v2_weights_tf_dim_ordering_tf_kernels_notop.h5",
    ),
    Backbone(
        name="densenet121",
        application="DenseNet121",
        scale=_STANDARD_SCALE,
        offset=_STANDARD_OFFSET,
        smallest=32,
        parameters=7_037_504,
        layers=241,
        features=1024,
        activations=50_075_116,
        multiply_adds=2_833_137_664,
        signature="7039942813b7a90732eae84e2397e4b8bc4112510f400e5ab0789432ec82250c",
        file="densenet121_weights_tf_dim_ordering_tf_kernels_notop.h5",
    ),
    Backbone(
        name="mobilenetv2",
        application="MobileNetV2",
        scale=2.0,
        offset=-1.0,
        smallest=32,
        parameters=2_257_984,
        layers=104,
        features=1280,
        activations=21_964_208,
        multiply_adds=299_494_272,
        signature="a4eddd6e2516c95eff48620f22fa9906c9b91f8e8ec8eba0943d7e2743463665",
        file="mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5",
    ),
    # Its builder divides by 255 and normalises in any case. The normalisation's own statistics stay at 0 and 1, so
    # the whole convention is here. The ImageNet file has 0.229… as variances, and with "imagenet" Keras divides once
    # more by their roots: together that is the standard deviation.
    Backbone(
        name="efficientnetb0",
        application="EfficientNetB0",
        scale=tuple(255 * scale for scale in _STANDARD_SCALE),
        offset=tuple(255 * offset for offset in _STANDARD_OFFSET),
        smallest=32,
        parameters=4_049_564,
        layers=130,
        features=1280,
        activations=25_264_063,
        multiply_adds=384_534_752,
        signature="0cfbf2bfcc964a9e396114fd977b7f51ee4bf2c165cf924819fc804868d87cd7",
        file="efficientnetb0_notop.h5",
    ),
    Backbone(
        name="efficientnetv2b0",
        application="EfficientNetV2B0",
        scale=_STANDARD_SCALE,
        offset=_STANDARD_OFFSET,
        smallest=32,
        parameters=5_919_312,
        layers=150,
        features=1280,
        activations=16_014_224,
        multiply_adds=716_806_176,
        signature="660598e6655a7d63f598dee767bdd11164e5699ac0d3dde46e2867e4038ee45c",
        file="efficientnetv2-b0_notop.h5",
        options={"include_preprocessing": False},
    ),
    Backbone(
        name="inceptionv3",
        application="InceptionV3",
        scale=2.0,
        offset=-1.0,
        smallest=75,
        parameters=21_802_784,
        layers=188,
        features=2048,
        activations=16_883_088,
        multiply_adds=2_835_873_120,
        signature="fe2db86b9d25c82c153fd0fb870069bf336770d4823e8bd9975e178d7a5005b2",
        file="inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5",
    ),
)
BACKBONES: Mapping[str, Backbone] = {row.name: row for row in _ROWS}


def signature(layers: Sequence[Shapes]) -> str:
    """Hash of the shapes of the layers' weights, in their order: SHA-256, 64 hexadecimal digits. It says which
    backbone weights belong to without the layers' names, which Keras counts up from build to build and which older
    versions gave otherwise."""
    text = json.dumps([[list(shape) for shape in shapes] for shapes in layers])
    return hashlib.sha256(text.encode()).hexdigest()


def attach(x: keras.KerasTensor, backbone: Backbone) -> keras.KerasTensor:
    """(None, S, S, 1) in [0, 1] to the backbone's last map, (None, h, w, features). Three equal channels come from a
    layer named `rgb`, the backbone's pixel convention from one named `pixels`; random weights. A film may not be
    smaller than `backbone.smallest`: Keras does not look at that here."""
    import keras
    from keras import layers

    def plain(value: float | tuple[float, ...]) -> float | list[float]:
        return list(value) if isinstance(value, tuple) else value

    rgb = layers.Concatenate(name="rgb")([x, x, x])
    pixels = layers.Rescaling(plain(backbone.scale), plain(backbone.offset), name="pixels")(rgb)
    application = getattr(keras.applications, backbone.application)
    return application(include_top=False, weights=None, input_tensor=pixels, **backbone.options).output


def weighted_layers(model: keras.Model) -> list[Any]:
    """All layers with weights after the one named `pixels`, without Normalization: of a model made with `attach`
    first the backbone's, in the order of weight files. Empty where no layer has that name."""
    from keras import layers

    names = [layer.name for layer in model.layers]
    after = model.layers[names.index("pixels") + 1 :] if "pixels" in names else []
    return [layer for layer in after if layer.weights and not isinstance(layer, layers.Normalization)]


def backbone_layers(model: keras.Model, backbone: Backbone) -> list[Any]:
    """The backbone's layers with weights, in the order of weight files, in a model made with `attach`; without
    Normalization. ValueError when the model does not hold this backbone."""
    # Of layers before and after, `model.layers` (sorted by distance to the output) has all of the backbone first.
    held = weighted_layers(model)[: backbone.layers]
    if signature([[weight.shape for weight in layer.weights] for layer in held]) != backbone.signature:
        raise ValueError(f"{model.name} does not hold {backbone.name} as `attach` builds it")
    return held
