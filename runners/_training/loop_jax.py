"""Steps on JAX: a loop within one graph on an accelerator, on a CPU one step after the other.

    JaxLoop(model, OnCard()).train(films, rows, truth)        # (steps,) losses

On a CPU XLA computes convolutions within a loop much more slowly than outside of one (jax-ml/jax#12868; a small CNN
with jax 0.10: 2.7 times). There each step is a call, and nothing comes back to Python before the last one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from runners._training.loop import STEPS
from runners._training.on_card import OnCard

if TYPE_CHECKING:
    import keras


class JaxLoop:
    """A class because compiled functions are state that cannot be copied; each is made when it is first needed."""

    def __init__(self, model: keras.Model, on_card: OnCard, in_graph: bool | None = None) -> None:
        """model: compiled, its optimizer built; on_card: of the worker; in_graph: whether the loop is within the
        graph, by default on accelerators only."""
        import jax

        self._model, self._on_card = model, on_card
        self._on_cpu = jax.default_backend() == "cpu"
        self._in_graph = not self._on_cpu if in_graph is None else in_graph
        self._compiled: dict[str, Any] = {}

    def held(self, source: NDArray[Any]) -> Any:
        """On a CPU JAX takes the films where they are, however large. See `Loop`."""
        import jax

        return self._on_card.of(source, 0 if self._on_cpu else source.nbytes, jax.device_put)

    def train(self, films: Any, rows: NDArray[np.int32], truth: NDArray[np.float32]) -> NDArray[np.float32]:
        from jax import numpy as jnp

        model = self._model

        def step(state: Any, batch: Any, truth: Any) -> Any:
            metrics = [jnp.zeros_like(variable.value) for variable in model.metrics_variables]
            logs, state = model.train_step((*state, metrics), (batch, truth))
            return state[:3], logs["loss"]

        variables = model.trainable_variables, model.non_trainable_variables, model.optimizer.variables
        state = tuple([variable.value for variable in kind] for kind in variables)
        losses: NDArray[np.float32]
        state, losses = self._run("train", step, state, jnp.zeros(STEPS), films, rows, truth)
        for kind, values in zip(variables, state, strict=True):
            for variable, value in zip(kind, values, strict=True):
                variable.assign(value)
        return losses

    def predict(self, films: Any, rows: NDArray[np.int32]) -> NDArray[np.float32]:
        from jax import numpy as jnp

        model = self._model

        def predicted(state: Any, batch: Any) -> Any:
            return state, model.stateless_call(*state, batch, training=False)[0]

        variables = model.trainable_variables, model.non_trainable_variables
        # Copies, since a loop writes its state where it was.
        state = tuple([jnp.copy(variable.value) for variable in kind] for kind in variables)
        answers: NDArray[np.float32]
        _, answers = self._run("predict", predicted, state, jnp.zeros((STEPS, rows.shape[1], 1)), films, rows)
        return answers

    def _run(self, name: str, step: Callable[..., Any], state: Any, answers: Any, films: Any, *given: Any) -> Any:
        """(state, answers) after all steps."""
        count = len(given[0])
        padded = [np.concatenate([one, np.zeros((STEPS - count, *one.shape[1:]), one.dtype)]) for one in given]
        if name not in self._compiled:
            self._compiled[name] = self._looped(step)
        state, answers = self._compiled[name](count, (state, answers), films, *padded)
        return state, np.asarray(answers)[:count]

    def _looped(self, step: Callable[..., Any]) -> Callable[..., Any]:
        import jax

        def body(number: Any, carry: Any, films: Any, rows: Any, *more: Any) -> Any:
            state, answers = carry
            state, answer = step(state, films[rows[number]], *(values[number] for values in more))
            return state, answers.at[number].set(answer)

        def in_graph(count: Any, carry: Any, *given: Any) -> Any:
            return jax.lax.fori_loop(0, count, lambda number, carry: body(number, carry, *given), carry)

        compiled = jax.jit(in_graph if self._in_graph else body, donate_argnums=1)

        def one_by_one(count: int, carry: Any, *given: Any) -> Any:
            given = tuple(map(jax.device_put, given))
            for number in range(count):
                carry = compiled(number, carry, *given)
            return carry

        return compiled if self._in_graph else one_by_one
