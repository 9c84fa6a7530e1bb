"""CLAIM 2024, the checklist for AI in medical imaging, of 44 items, against a card."""

from __future__ import annotations

from reports._card.items import CARD, NOT_OPENED, Checklist, Item, answered

NO_OUTSIDE = "Not on record here: the command evaluate scores a model on films from elsewhere."

CLAIM = Checklist(
    "claim",
    "CLAIM 2024",
    (
        "Tejani et al., Checklist for Artificial Intelligence in Medical Imaging (CLAIM): 2024 update, Radiology: "
        "Artificial Intelligence 2024;6(4):e240300, doi:10.1148/ryai.240300"
    ),
    (
        Item("1", "Title says that a study is on AI, and of which kind"),
        Item("2", "Abstract with design, methods, results and conclusions"),
        Item("3", "Background in science and clinic, and the part the model is to play"),
        Item("4", "Aims and hypotheses"),
        Item("5", "Whether data were gathered ahead for the study or looked at afterwards"),
        answered(
            "6",
            "What the study is after: a new model, feasibility and so on",
            "use",
            "intended_use",
            open="The card says what the model is for, not why it was made: to be filled in by the authors.",
            page=(CARD,),
        ),
        answered(
            "7",
            "Where the data come from",
            "data",
            "data.source",
            open="Hospitals, machines and dates behind the collection are for the authors to name.",
            page=("methods",),
        ),
        answered(
            "8",
            "Who is in, who is out, and by which rule",
            "data",
            "data.flow.came",
            open="Films are followed from the collection on; how patients came into it is for the authors to say.",
            page=("flow",),
        ),
        answered("9", "How data were processed before use", "data", "data.size", "input", page=("methods",)),
        answered(
            "10", "Which part of the data, or of a film, was chosen", "data", "data.flow.reasons", page=("flow",)
        ),
        Item("11", "How data were de-identified"),
        answered("12", "What became of missing data", "data", "data.splits", page=("flow",)),
        Item("13", "How films were taken: machine, projection, exposure"),
        answered(
            "14",
            "What counts as the truth",
            "data",
            "task",
            open="The collection's own label; how it was obtained is for the authors to say.",
            page=("methods",),
        ),
        Item("15", "Why that counts as the truth"),
        Item("16", "Who labelled the films, and with which training"),
        answered(
            "17",
            "How the films of the test were labelled",
            "data",
            "data.splits",
            open="As all others of the collection; who did it is for the authors to say.",
            page=("methods",),
        ),
        Item(
            "18",
            "How far those who label agree with each other and with themselves",
            blank="Nobody has read the films anew; agreement in the collection is for the authors to state.",
        ),
        answered("19", "How data were divided", "data", "data.division", page=("methods",)),
        answered("20", "At which level the parts have nothing in common", "data", "data.splits", page=("splits",)),
        answered(
            "21",
            "How many cases the test was to have, and why",
            "data",
            "data.splits",
            open="The numbers are there; no calculation of them was made.",
            page=("flow",),
        ),
        answered("22", "The model in detail", "method", "recipe", "input.shape", page=("best",)),
        answered("23", "Software with versions", "file", "versions", page=("runs",)),
        answered("24", "What parameters start from", "method", "experiment.seed", page=("methods",)),
        answered("25", "How it was trained", "method", "experiment.epochs", "recipe", page=("methods",)),
        answered("26", "How the final model was selected", "method", "cross_validation.picked_from", page=("best",)),
        answered("27", "Ensembles", "method", "way.members", page=("models",)),
        answered(
            "28",
            "Measures of performance",
            "scores",
            "cross_validation",
            open="Why these serve the question is for the authors to say.",
            page=("answer",),
        ),
        answered("29", "How sure the numbers are", "scores", "hold_out.interval", blank=NOT_OPENED, page=("answer",)),
        answered(
            "30",
            "Robustness and sensitivity",
            "subgroups",
            "subgroups.out of fold",
            open="By subgroups, and on films without border or marks where explain was asked; nothing else.",
            page=("errors_by_label", "accuracy_by_label"),
        ),
        answered(
            "31",
            "Explanations, and whether they were validated",
            "attention",
            "explained",
            blank="No maps were made of this model.",
            page=("explained",),
        ),
        answered(
            "32",
            "Test on data of the same source",
            "scores",
            "hold_out.metrics",
            blank=NOT_OPENED,
            page=("hold-out",),
        ),
        answered(
            "33",
            "Test on data from elsewhere",
            "scores",
            "recalibrated",
            open="Films of one other place, some of which it was recalibrated on.",
            blank=NO_OUTSIDE,
        ),
        Item("34", "Registration as a clinical trial"),
        answered("35", "How many were included and left out", "data", "data.flow.came", page=("flow",)),
        answered(
            "36",
            "What patients of each part are like",
            "data",
            "data.splits",
            open="By the labels that the collection has; anything clinical is for the authors to add.",
            page=("splits",),
        ),
        answered(
            "37", "Performance and its uncertainty", "scores", "hold_out.metrics", blank=NOT_OPENED, page=("answer",)
        ),
        answered(
            "38",
            "Diagnostic performance with its precision",
            "scores",
            "hold_out.interval",
            blank=NOT_OPENED,
            page=("regression_figures", "binary_figures"),
        ),
        answered(
            "39",
            "Where and why it fails",
            "subgroups",
            "subgroups.out of fold",
            open=(
                "Groups with larger errors; the search report shows single films. Why they fail is for the authors "
                "to say."
            ),
            page=("errors_by_label", "accuracy_by_label"),
        ),
        answered(
            "40",
            "Limits of the study",
            "limits",
            open="Those that software can see; others are for the authors to add.",
            page=("checks",),
        ),
        answered(
            "41",
            "What it means for practice",
            "use",
            "intended_use",
            open="What it is not meant for is said; anything beyond is for the authors.",
            page=(CARD,),
        ),
        answered(
            "42",
            "Where the protocol or further details are",
            "file",
            "run",
            "experiment.plan",
            open="The record of the search is named; a protocol is for the authors to name.",
            page=("runs",),
        ),
        answered(
            "43",
            "Whether software, model and data can be had",
            "file",
            "model_sha256",
            open="The file is known by its hash; where it, code and data can be had is for the authors to say.",
            page=(CARD,),
        ),
        Item("44", "Who has paid, and what part they played"),
    ),
)
