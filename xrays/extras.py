"""How an optional part of the installation is added, in the words of an error.

with_extra("ray")           # "pip install -e '.[ray]'   (with uv: uv run --extra ray python cli.py …)"
"""

from __future__ import annotations


def with_extra(extra: str) -> str:
    """`uv run` removes from its environment what is not asked for, and has no pip."""
    return f"pip install -e '.[{extra}]'   (with uv: uv run --extra {extra} python cli.py …)"
