"""Words of the pages that a reader may not know: each leads to its help, which is listed at the end of the page.

linked(text("Scores are means over folds."))        # "folds" as a link to the glossary, with its help as a tip
glossary()                                          # the list, as a section
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from reports._drawing.html import Html, attribute, join, text

# Term -> help, in plain words. Of a term with a bar the first form is its name, and every form leads to it.
TERMS: Mapping[str, str] = {
    "ablation": "Training one configuration with and without something, all else equal, to see what it does.",
    "augmentation": "Changing films at random while training (turning, shifting, contrast and so on), so "
    "that a network cannot learn them by heart.",
    "AUC": "Area under the ROC curve: the chance that a film of the second class gets a higher probability "
    "than one of the first. 0.5 is guessing, 1 is perfect.",
    "backbone|backbones": "A large network that was trained on other pictures before and is trained on here.",
    "baseline|baselines": "What takes no network: the constant predictor and the linear probe. A network "
    "that is no better has learnt nothing.",
    "bootstrap": "Drawing patients again with replacement, with all their films, many times, to see how far "
    "a figure moves by chance.",
    "calibration": "Whether answers can be taken at their word: of films given a probability of 80 %, 80 % "
    "should be of that class.",
    "configuration|configurations": "All choices that make a network and its training: layers, augmentation, "
    "learning rate and so on.",
    "conformal prediction": "A way to put an interval around each prediction, from the errors on films that "
    "the network was not trained on, which holds for a stated share of new films like them.",
    "constant predictor": "Gives every film the same answer: the median of the training labels, or their "
    "share of a class.",
    "corrected": "What a choice of the best among so many scores on patients who had no part in the choice. "
    "The best score itself is too good, since luck helped to pick it.",
    "cross-validation": "The films are divided into folds; a network is trained on all but one fold and "
    "scored on that one, for each fold in turn. The score is the mean.",
    "ensemble|ensembles": "Several networks whose answers are averaged.",
    "epoch|epochs": "One pass of the training over all its films.",
    "finalist|finalists": "One of the best trials, trained again with other seeds so that luck decides less.",
    "fold|folds": "One of the parts that the films are divided into, each patient in one alone. A fold is "
    "scored by a network that was not trained on it.",
    "Grad-CAM": "A map of where a network looks: the parts of its last picture of the film that move its "
    "answer most.",
    "hold-out": "Films set aside before the search, which have no part in any choice. Their score is the one "
    "to quote, the first time that it is looked at.",
    "interval|intervals": "Where a figure may lie if other patients had been in the study. Of 95 % intervals "
    "about 95 in 100 hold what they are about.",
    "linear probe": "A linear model on the film scaled down to 32 × 32 pixels: what can be had without a network.",
    "out of fold": "Predicted by a network that was not trained on the film.",
    "pruned|stopped early|stopped": "Ended before all folds were scored, because others did better with as "
    "much training.",
    "refit": "The network trained once more with the best configuration, on the films of all folds.",
    "sampler": "What proposes the next configuration: at random, or by what earlier trials have shown.",
    "seed|seeds": "The number that starts a training's random draws. With another one the same configuration "
    "scores a little differently.",
    "sensitivity": "The share of films of the second class that are called so.",
    "specificity": "The share of films of the first class that are called so.",
    "standard error": "How far a mean is expected to be off by chance.",
    "tied": "As good as the best for all that can be told from these films.",
    "trial|trials": "One configuration, trained and scored on the folds.",
}
FORMS = {form: name for term in TERMS for name in [term.split("|")[0]] for form in term.split("|")}
HELP = {term.split("|")[0]: said for term, said in TERMS.items()}
# The longest first: "linear probe" is no "probe". No word of a longer one that is joined by a hyphen.
_WORDS = sorted(FORMS, key=len, reverse=True)
PATTERN = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, _WORDS))})(?![\w-])", re.IGNORECASE)
TAG = re.compile(r"(<[^>]*>)")
# Elements within which a link may not stand, or would be in the way.
CLOSED = ("a", "button", "code", "summary", "label", "bdi")


def linked(markup: Html) -> Html:
    """The markup with the first mention of every term as a link to its help."""
    seen, inside, parts = set[str](), list[str](), list[str]()
    for piece in TAG.split(markup):
        if piece.startswith("<"):
            name = piece.strip("</>").split()[0].lower() if piece.strip("</>") else ""
            if name in CLOSED:
                inside = inside[:-1] if piece.startswith("</") else [*inside, name]
            parts.append(piece)
        else:
            parts.append(piece if inside else PATTERN.sub(lambda found: _link(found[0], seen), piece))
    return join(parts)


def _link(form: str, seen: set[str]) -> str:
    name = _named(form)
    if name in seen:
        return form
    seen.add(name)
    return f'<a class="term" href="#{_anchor(name)}" title="{attribute(HELP[name])}">{form}</a>'


@lru_cache
def _named(form: str) -> str:
    """Of a form in any case."""
    return next(name for own, name in FORMS.items() if own.lower() == form.lower())


def _anchor(name: str) -> str:
    return f"word-{re.sub('[^a-z]+', '-', name.lower())}"


def glossary() -> Html:
    """All terms in alphabetical order, each with the place that links lead to."""
    rows = join(
        f'<div id="{_anchor(name)}"><dt>{text(name)}</dt><dd>{text(HELP[name])}</dd></div>'
        for name in sorted(HELP, key=str.lower)
    )
    return Html(f'<section id="glossary"><h2>Words of this page</h2><dl class="glossary">{rows}</dl></section>')
