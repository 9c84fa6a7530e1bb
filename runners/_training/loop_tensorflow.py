"""Steps on TensorFlow: a loop within one graph.

    TensorFlowLoop(model, OnCard()).train(films, rows, truth)         # (steps,) losses

Not the loop that Keras has itself (`steps_per_execution`): it is fed from Python, batch by batch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from runners._training.on_card import OnCard

if TYPE_CHECKING:
    import keras


class TensorFlowLoop:
    """A class because graphs are state that cannot be copied; each is traced when it is first needed."""

    def __init__(self, model: keras.Model, on_card: OnCard) -> None:
        """model: compiled, its optimizer built; on_card: of the worker."""
        self._model, self._on_card = model, on_card
        self._graphs: dict[str, Any] = {}

    def held(self, source: NDArray[Any]) -> Any:
        """None on a CPU, too: its memory is where the films are, and a tensor would be a copy. See `Loop`."""
        import tensorflow as tf

        if not tf.config.list_physical_devices("GPU"):
            return None
        if source.dtype != np.uint8:
            return self._on_card.of(source, source.nbytes, tf.constant)
        # TensorFlow has no gather of bytes on a GPU. float16 holds every whole number up to 2048.
        return self._on_card.of(source, 2 * source.nbytes, lambda films: tf.cast(films, tf.float16))

    def train(self, films: Any, rows: NDArray[np.int32], truth: NDArray[np.float32]) -> NDArray[np.float32]:
        def step(films: Any, truth: Any) -> Any:
            self._model.reset_metrics()
            return self._model.train_step((films, truth))["loss"]

        losses: NDArray[np.float32] = self._run("train", step, films, rows, truth)
        return losses

    def predict(self, films: Any, rows: NDArray[np.int32]) -> NDArray[np.float32]:
        def predicted(films: Any) -> Any:
            return self._model(films, training=False)

        answers: NDArray[np.float32] = self._run("predict", predicted, films, rows)
        return answers

    def _run(self, name: str, step: Callable[..., Any], *given: Any) -> Any:
        import tensorflow as tf

        tensors = [tf.convert_to_tensor(one) for one in given]
        if name not in self._graphs:
            self._graphs[name] = self._graph(step, tensors)
        return self._graphs[name](*tensors).numpy()

    def _graph(self, step: Callable[..., Any], given: list[Any]) -> Any:
        """Takes any number of films and of steps, else what is given."""
        import tensorflow as tf

        one = tf.function(step, jit_compile=True, autograph=False) if self._model.jit_compile else step
        dtype = self._model.inputs[0].dtype

        def looped(films: Any, rows: Any, *more: Any) -> Any:
            count = tf.shape(rows)[0]

            def body(number: Any, answers: Any) -> Any:
                batch = tf.cast(tf.gather(films, rows[number]), dtype)
                return number + 1, answers.write(number, one(batch, *(values[number] for values in more)))

            start = 0, tf.TensorArray(tf.float32, size=count)
            _, answers = tf.while_loop(lambda number, _: number < count, body, start, parallel_iterations=1)
            return answers.stack()

        (films, rows, *more) = given
        leading = [tf.TensorSpec((None, *films.shape[1:]), films.dtype)]
        leading += [tf.TensorSpec((None, *one.shape[1:]), one.dtype) for one in (rows, *more)]
        return tf.function(looped, autograph=False).get_concrete_function(*leading)
