"""The space that is really searched: narrowed by the user, by the size of the films, by the weights at hand.

space, weights = space_and_weights(load_space("transfer"), options, size=64, say=print)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from runners._inputs.weights import NO_WEIGHTS, Weights, weights_named
from runners._search.options import SearchOptions
from search_spaces import load_space, space_names
from search_spaces._backbones import BACKBONES
from search_spaces._hyperparameters import Choice
from search_spaces._narrow import narrow
from search_spaces._space import Space, domains
from xrays.arrays import XrayArrays
from xrays.errors import UserError
from xrays.next_command import command, option
from xrays.vectors import Vectors, vectors_of

DEFAULT_WEIGHTS = "imagenet"


def space_and_weights(
    whole: Space, options: SearchOptions, size: int, say: Callable[[str], None]
) -> tuple[Space, Weights]:
    """whole: the space that was named. Of one without pretrained backbones the weights are NO_WEIGHTS. Raises
    UserError for a narrowing that fits nothing, weights that cannot be had, or films too small."""
    space = narrow(whole, options.sets, options.fixes)
    if space.build_head is None:
        if options.weights is not None:
            able = [name for name in space_names() if load_space(name).build_head is not None]
            raise UserError(
                f"--weights {options.weights} with --space {space.name}",
                f"--weights with a space that has pretrained backbones: {', '.join(able)}",
                f"--space {able[0]} {option('weights', options.weights)}",
            )
        return space, NO_WEIGHTS
    wanted = backbones(space)
    large = [name for name in wanted if BACKBONES[name].smallest <= size]
    if not large:
        sizes = ", ".join(f"{name} {BACKBONES[name].smallest} px" for name in wanted)
        raise UserError(
            f"films of {size} px for {', '.join(wanted)}",
            f"films of at least the size that a backbone needs: {sizes}",
            f"python cli.py prepare DIR --size {min(BACKBONES[name].smallest for name in wanted)}",
        )
    for name in sorted(set(wanted) - set(large)):
        say(f"backbone {name} is left out: it needs films of {BACKBONES[name].smallest} px, these have {size}")
    weights = weights_named(options.weights or DEFAULT_WEIGHTS, large, say)
    usable = [name for name in large if name in weights.files] if weights.files else large
    for name in sorted(set(large) - set(usable)):
        say(f"backbone {name} is left out: {options.weights} has no weights for it")
    return _limited(space, usable), weights


def vectors_for(space: Space, arrays: XrayArrays) -> Vectors | None:
    """Those that networks of the space take, None for one on films. Raises UserError where the films have none."""
    if space.takes == "films":
        return None
    if (found := vectors_of(arrays)) is None:
        given = command("prepare", *arrays.meta.get("words", ("DIR",)), size=arrays.size, out=arrays.path)
        raise UserError(
            f"--space {space.name}, and {arrays.path} has no vectors of another model",
            "films with --features, a vector each, which `prepare` adds to the folder",
            f"{given} --features FILE",
        )
    return found


def backbones(space: Space) -> list[str]:
    """The backbones that a space with a head of its own can draw."""
    domain = domains(space)["backbone"]
    if not isinstance(domain, Choice):
        raise TypeError(f"space {space.name} asks for its backbone as {domain}")
    return [str(option) for option in domain.options]


def _limited(space: Space, usable: Sequence[str]) -> Space:
    return space if list(usable) == backbones(space) else narrow(space, [f"backbone={','.join(usable)}"], [])
