"""TensorFlow's SavedModel, for TensorFlow Serving and for TensorFlow in other languages: a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from runners._models.formats import Answering, Format

FORMAT = Format("TensorFlow Serving, TensorFlow in other languages", (".savedmodel",), "tensorflow", ("tensorflow",))


def write(network: Any, target: Path) -> None:
    """With the signature `serving_default`, for any number of films at once."""
    network.export(target, format="tf_saved_model", verbose=False)


def opened(target: Path) -> Answering:
    """With TensorFlow."""
    import tensorflow

    network = tensorflow.saved_model.load(str(target))
    serving = network.signatures["serving_default"]
    (film,) = serving.structured_input_signature[1]

    def answered(films: Any) -> Any:
        (answer,) = serving(**{film: tensorflow.constant(films)}).values()
        return answer.numpy()

    return answered
