"""How the parameters that a figure shows were chosen: by what stands out from chance, else by the space's own order.

return [chosen_note(own), figure]
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from reports._drawing.html import Html, text
from trials.importance import ENOUGH


def standing_note(of_space: pd.DataFrame) -> str:
    """What is known of one space's parameters, as a sentence. own: rows of `parameter_rows`."""
    first = of_space.iloc[0]
    if np.isnan(first["chance"]):
        return (
            f"Which parameters matter cannot be told from {first['complete']} complete trials: with fewer than "
            f"{ENOUGH} the wrong one comes first too often."
        )
    standing = of_space.loc[of_space["stands"], "parameter"].unique()
    names = " and ".join(filter(None, [", ".join(standing[:-1]), *standing[-1:]])) or "No parameter"
    stand = "stand" if len(standing) > 1 else "stands"
    return f"{names} {stand} out from chance in {first['complete']} complete trials."


def chosen_note(of_space: pd.DataFrame) -> Html:
    """The same with how the parameters that are shown were chosen."""
    chosen = "Then come the first others" if of_space["stands"].any() else "Shown are the first"
    return Html(f"<p class='note'>{text(standing_note(of_space), 1000)} {chosen} of the space.</p>")
