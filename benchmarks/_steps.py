"""Nothing but training steps: of a compiled network, over and over on one batch that lies on the device.

    turn = bare_steps(model, films, truth, count=48)        # (n, S, S, 1) uint8, (n, 1) float32
    turn()                                                  # 48 steps, waits for the last

What a search's training takes beside these is for the films: their order, gathering them, and what crosses between
Python and the device.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray


def bare_steps(
    model: keras.Model, films: NDArray[np.uint8], truth: NDArray[np.float32], count: int
) -> Callable[[], float]:
    """Gives the last step's loss. The step is Keras's `train_step`, as in runners/_training/loop.py. Raises KeyError
    for a backend whose steps are not in a graph of ours."""
    return {"tensorflow": _tensorflow, "jax": _jax}[keras.backend.backend()](model, films, truth, count)


def _tensorflow(model: Any, films: Any, truth: Any, count: int) -> Callable[[], float]:
    import tensorflow as tf

    batch = tf.constant(films), tf.constant(truth)

    def step() -> Any:
        model.reset_metrics()
        return model.train_step(batch)["loss"]

    one = tf.function(step, jit_compile=True, autograph=False) if model.jit_compile else step

    def body(number: Any, _: Any) -> Any:
        return number + 1, one()

    def looped() -> Any:
        return tf.while_loop(lambda number, _: number < count, body, (0, 0.0), parallel_iterations=1)[1]

    graph = tf.function(looped, autograph=False)
    return lambda: float(graph())


def _jax(model: Any, films: Any, truth: Any, count: int) -> Callable[[], float]:
    """On a CPU step by step, as runners/_training/loop_jax.py has it: a loop within a graph is slower there."""
    import jax
    from jax import numpy as jnp

    batch = jax.device_put(films), jax.device_put(truth)
    variables = model.trainable_variables, model.non_trainable_variables, model.optimizer.variables

    def step(_: Any, carry: Any) -> Any:
        metrics = [jnp.zeros_like(variable.value) for variable in model.metrics_variables]
        logs, state = model.train_step((*carry[0], metrics), batch)
        return state[:3], logs["loss"].astype("float32")

    in_graph = jax.default_backend() != "cpu"
    compiled = jax.jit(
        (lambda carry: jax.lax.fori_loop(0, count, step, carry)) if in_graph else (lambda carry: step(0, carry))
    )
    # What was last computed is gone on from: the model's own variables stay as they were.
    carry: list[Any] = [(tuple([variable.value for variable in kind] for kind in variables), jnp.zeros(()))]

    def turn() -> float:
        for _ in range(1 if in_graph else count):
            carry[0] = compiled(carry[0])
        return float(carry[0][1])

    return turn
