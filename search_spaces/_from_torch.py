"""torchxrayvision's DenseNet121, for films of one channel, as weights of the backbone `densenet121`.

    run = densenet_run(read_state_dict(path), path)        # arrays, layer by layer, in the order of Keras's own file

The networks are the same but for three things, each of which the arrays can make up for exactly: how arrays are laid
out, a constant beside the variance, and what the first convolution takes. There it is one channel from -1024 to 1024
with bones white; here it is three channels of a film with bones black, each scaled in its own way.

The architecture is that of https://github.com/mlmed/torchxrayvision, torchxrayvision/models.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from search_spaces._backbones import BACKBONES, signature
from xrays.errors import UserError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    State = Mapping[str, NDArray[Any]]

NAME = "densenet121"
BLOCKS = (6, 12, 24, 16)  # dense layers of each
FIRST = "features.conv0.weight"
HALF_RANGE = 1024.0  # its films are from minus to plus this
TORCH_EPSILON, KERAS_EPSILON = 1e-5, 1.001e-5  # what a batch normalisation adds to a variance


def densenet_run(state: State, place: Path) -> list[list[NDArray[np.float32]]]:
    """The backbone's arrays, layer by layer, each layer's in the order of `layer.set_weights`. place: the file, for
    the UserError that it raises for another network."""
    import numpy as np

    row = BACKBONES[NAME]
    before = next((name.removesuffix(FIRST) for name in state if name.endswith(FIRST)), "")
    try:
        run = [
            _norm(state, f"{before}features.{name}") if norm else [_kernel(state[f"{before}features.{name}.weight"])]
            for name, norm in _layers()
        ]
    except KeyError as error:
        raise _other(place, f"it lacks {error.args[0]}") from None
    except ValueError:  # kernels without four axes, normalisations whose arrays do not fit each other
        raise _other(place, "its arrays have other shapes") from None
    kernel = run[0][0]
    if kernel.ndim != 4 or kernel.shape[2] != 1:
        raise _other(place, f"its first convolution has the shape {kernel.shape}, not one channel")
    run[0] = [_of_three_channels(kernel)]
    if signature([[array.shape for array in layer] for layer in run]) != row.signature:
        raise _other(place, "its arrays have other shapes")
    if not all(np.isfinite(array).all() for layer in run for array in layer):
        raise _other(place, "its arrays have NaN, infinity or a negative variance")
    return run


def _other(place: Path, why: str) -> UserError:
    return UserError(
        f"--weights {place}: {why}",
        f"of PyTorch's files: torchxrayvision's DenseNet121, a state dict for films of one channel ({NAME})",
        "--weights with that, with a .h5 of Keras, imagenet or none",
    )


def _layers() -> Iterator[tuple[str, bool]]:
    """Names of the layers with weights, in their order, and whether it is a normalisation."""
    yield from (("conv0", False), ("norm0", True))
    for block, count in enumerate(BLOCKS, 1):
        for number in range(1, count + 1):
            layer = f"denseblock{block}.denselayer{number}"
            yield from ((f"{layer}.{part}{n}", part == "norm") for n in (1, 2) for part in ("norm", "conv"))
        if block < len(BLOCKS):
            yield from ((f"transition{block}.norm", True), (f"transition{block}.conv", False))
    yield "norm5", True


def _kernel(weight: NDArray[Any]) -> NDArray[np.float32]:
    """(out, in, h, w) to (h, w, in, out)."""
    import numpy as np

    return np.asarray(np.moveaxis(weight, (0, 1), (-1, -2)), np.float32)


def _norm(state: State, name: str) -> list[NDArray[np.float32]]:
    """The scale makes up for the other constant, so that each value comes out the same."""
    import numpy as np

    scale, offset, mean, variance = (
        np.asarray(state[f"{name}.{part}"], np.float64) for part in ("weight", "bias", "running_mean", "running_var")
    )
    variance = np.where(variance < 0, np.nan, variance)  # what is damaged is told when all is read
    with np.errstate(invalid="ignore"):
        scale = scale * np.sqrt((variance + KERAS_EPSILON) / (variance + TORCH_EPSILON))
    return [np.asarray(array, np.float32) for array in (scale, offset, mean, variance)]


def _of_three_channels(kernel: NDArray[np.float32]) -> NDArray[np.float32]:
    """(h, w, 1, out) to (h, w, 3, out). Of the film x the channels are scale · x + offset, each with its own two
    numbers; theirs is 1024 - 2048 x. That is a sum of the three, without a constant of its own, so that what is
    padded (zeros, there as here) comes out the same, too."""
    import numpy as np

    row = BACKBONES[NAME]
    channels = np.array([row.scale, row.offset], np.float64)
    shares = np.linalg.lstsq(channels, np.array([-2 * HALF_RANGE, HALF_RANGE]), rcond=None)[0]
    return np.asarray(kernel.astype(np.float64) * shares[:, None], np.float32)
