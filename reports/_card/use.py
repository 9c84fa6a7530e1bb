"""What a model is for and what it is not for, and how it is used."""

from __future__ import annotations

import json

from reports._card.blocks import Block, Code, Items, Paragraph, Part
from reports._card.read import Card, at, on_vectors, word
from reports._drawing.words import words
from xrays.tasks import Task

FOR = (
    "Research on collections of chest X-rays by people who can judge its errors: to look for films whose record "
    "may be wrong, to study what films show of {a_label}, to compare other models with.",
)
NOT_FOR = (
    "Diagnosis, treatment or triage: it is no medical device, and nobody has tested it as one.",
    "Deciding anything about a single person: who they are, or what they are entitled to.",
    "Films unlike those under Data: of other machines, projections or patients, unless it is scored on such films "
    "first.",
)
OF_FILMS = "What is no frontal chest X-ray: it answers all the same, and predict warns only of what it can tell."
OF_VECTORS = "Vectors of any other model, or of films that were prepared otherwise: it answers all the same."


def use(card: Card, task: Task, name: str) -> Part:
    """name: of the file."""
    vectors = on_vectors(card)
    size = ", ".join(map(str, at(card, list[int], "input", "shape") or []))
    taken = (
        f"Takes (n, {size}) vectors of the model that is named under Data, as it makes them."
        if vectors
        else f"Takes (n, {size}) films, prepared as under Data, grey, inverted, {word(card, 'input', 'scale')}."
    )
    code = (
        "import keras",
        f"model = keras.models.load_model({json.dumps(name)}, compile=False)",
        f"answers = model.predict({'vectors' if vectors else 'films'})  # (n, 1): {card['output']}",
    )
    done = "adds what an answer is worth"
    itself = f"reads files of vectors and {done}" if vectors else f"prepares films as in training, {done}, and warns"
    blocks: tuple[Block, ...] = (
        Paragraph(word(card, "intended_use")),
        Paragraph("Meant for:"),
        Items(tuple(sentence.format_map(words(task)) for sentence in FOR)),
        Paragraph("Not meant for:"),
        Items((*NOT_FOR, OF_VECTORS if vectors else OF_FILMS)),
        Paragraph("Nothing but Keras is needed to use it:"),
        Code(code),
        Paragraph(f"{taken} Gives {card['output']}."),
        Paragraph(f"The project itself {itself}:"),
        Code((f"python cli.py predict {name} {'VECTORS.npz' if vectors else 'FILM.png'}",)),
    )
    return Part("use", "Use", blocks)
