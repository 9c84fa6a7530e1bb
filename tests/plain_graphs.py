"""Graphs of TensorFlow as they are written: to rewrite them first takes a third as long again as to make them, and
those of tests take few steps.

plain_graphs()         # in this process, whenever it loads TensorFlow

Processes of the command line's own rewrite theirs, as they always do.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any


def plain_graphs() -> None:
    """Before it is loaded: what has been computed by then had other graphs."""
    if "tensorflow" in sys.modules:
        _plain(sys.modules["tensorflow"])
    elif not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


def _plain(tensorflow: Any) -> None:
    tensorflow.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})


class _Finder(MetaPathFinder):
    """Finds TensorFlow as all others do, once."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != "tensorflow":
            return None
        sys.meta_path.remove(self)
        spec = find_spec(fullname)
        if spec is None or spec.loader is None:
            return spec
        load = spec.loader.exec_module

        def loaded(module: ModuleType) -> None:
            load(module)
            _plain(module)

        spec.loader.exec_module = loaded  # type: ignore[method-assign]
        return spec
