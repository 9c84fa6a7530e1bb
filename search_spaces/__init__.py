"""What can be searched over. Every file here without an underscore is a space and its name on the command line.

space_names()                # ["cnn"]
space = load_space("cnn")    # a Space: sample(hp) -> Recipe, build(recipe, task, shape) -> keras.Model
"""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import TYPE_CHECKING

from xrays.errors import UserError

if TYPE_CHECKING:
    from search_spaces._space import Space


def space_names() -> list[str]:
    """Names of all spaces. Imports none of them."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))


def load_space(name: str) -> Space:
    """Raises UserError that lists the spaces when there is none of that name."""
    if name not in space_names():
        raise UserError(f"--space {name}", " or ".join(space_names()), f"--space {space_names()[0]}")
    space: Space = import_module(f"search_spaces.{name}").SPACE
    return space
