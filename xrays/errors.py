"""The one exception that stands for a user's mistake.

    raise UserError("--folds 1", "2 or more folds", "python cli.py search --folds 5 …")

`cli.py` prints it without a traceback and exits with 2. Anything else that reaches the top is a bug and
shows its traceback.
"""

from __future__ import annotations


class UserError(Exception):
    """Something the user can mend: what was given, what is accepted, what to type next."""

    def __init__(self, given: str, accepted: str, remedy: str) -> None:
        super().__init__(f"{given}\n  accepted: {accepted}\n  next:     {remedy}")
        self.given, self.accepted, self.remedy = given, accepted, remedy

    def __reduce__(self) -> tuple[type[UserError], tuple[str, str, str]]:
        return type(self), (self.given, self.accepted, self.remedy)
