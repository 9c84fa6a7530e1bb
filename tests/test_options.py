"""What the command line gives, read and refused."""

from __future__ import annotations

import pytest

from runners._options import seconds
from xrays.errors import UserError


@pytest.mark.parametrize(
    ("text", "expected"), [("90m", 5400), ("8h", 28800), ("45s", 45), ("2D", 172800), ("30", 30)]
)
def test_times_are_read(text: str, expected: float) -> None:
    assert seconds(text) == expected and seconds("") == float("inf")


@pytest.mark.parametrize("text", ["soon", "m", "-3m", "0", "inf", "nan", "3y", "1e999h"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="90m"):
        seconds(text)
