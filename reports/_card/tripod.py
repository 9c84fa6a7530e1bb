"""TRIPOD+AI, the checklist for clinical prediction models, of 27 items, against a card."""

from __future__ import annotations

from reports._card.items import NOT_OPENED, Checklist, Item, answered

TRIPOD = Checklist(
    "tripod",
    "TRIPOD+AI",
    "Collins et al., TRIPOD+AI statement, BMJ 2024;385:e078378, doi:10.1136/bmj-2023-078378",
    (
        Item("1", "Title names the model's development or evaluation, whom it is for and what it predicts"),
        Item("2", "Abstract, by a checklist of its own"),
        Item("3a", "Why such a model is needed, and which there are"),
        answered(
            "3b",
            "For whom, by whom and at which step it is to be used",
            "use",
            "intended_use",
            open="Its place in care, of which it has none so far, is for the authors to discuss.",
        ),
        Item("3c", "Known inequalities between groups of people"),
        Item("4", "Aims: development, evaluation or both"),
        answered(
            "5a",
            "Where the data come from, and whom they stand for",
            "data",
            "data.source",
            open="Why these data, and whom they represent, is for the authors to say.",
        ),
        Item("5b", "From when to when data were gathered"),
        Item("6a", "Setting: kind and number of places"),
        answered(
            "6b",
            "Who could take part",
            "data",
            "data.flow.came",
            open="Films are followed from the collection on; how patients came into it is for the authors to say.",
        ),
        Item("6c", "Treatments"),
        answered(
            "7",
            "How data were prepared and checked",
            "data",
            "data.size",
            "data.audit",
            blank="Without an audit of the films the card cannot say how they were checked.",
        ),
        answered(
            "8a",
            "What is predicted, and how it was determined",
            "data",
            "task",
            open="The collection's own label; how it was obtained is for the authors to say.",
        ),
        Item("8b", "Who judged the outcome, where that takes judgement"),
        Item("8c", "Whether who judged it was blinded"),
        answered("9a", "Which predictors were there to begin with", "data", "input.shape"),
        answered(
            "9b",
            "What the predictors are, and how they were measured",
            "data",
            "input.shape",
            open="The pixels of films, or vectors made of these; how films were taken is for the authors to say.",
        ),
        Item(
            "9c",
            "Who judged the predictors, where that takes judgement",
            blank="Nobody: pixels are taken as they are.",
        ),
        answered(
            "10",
            "How many, and whether that is enough",
            "data",
            "data.splits",
            open="The numbers are there; no calculation of them was made.",
        ),
        answered("11", "Missing data", "data", "data.splits"),
        answered("12a", "What data were used for which step", "data", "data.division", "data.splits"),
        answered("12b", "How predictors were scaled or transformed", "data", "input"),
        answered(
            "12c",
            "Kind of model, every step of building it, internal validation",
            "method",
            "recipe",
            "experiment.folds",
            open="Why this kind of model is for the authors to say.",
        ),
        Item("12d", "Differences between places or clusters", blank="Not looked at: the collection is taken as one."),
        answered(
            "12e", "Measures and plots", "scores", "cross_validation", open="Clinical usefulness was not measured."
        ),
        answered(
            "12f",
            "Updates after evaluation, such as recalibration",
            "calibration",
            "recalibrated",
            blank="None that the card knows of.",
        ),
        answered("12g", "How predictions are computed", "use", "output"),
        Item("13", "What was done about unequal classes", blank="Nothing: films are not weighted by class."),
        Item("14", "What was done for fairness", blank="Nothing but to score groups by themselves; see Subgroups."),
        answered("15", "What the model answers, and by which threshold", "use", "output"),
        answered(
            "16", "How development and evaluation differ", "data", "data.splits", open="Both are of one collection."
        ),
        Item("17", "Ethics committee and consent"),
        Item("18a", "Who has paid"),
        Item("18b", "Conflicts of interest"),
        Item("18c", "Protocol"),
        Item("18d", "Registration"),
        Item("18e", "Whether the data can be had"),
        Item("18f", "Whether the code of the analysis can be had"),
        Item("19", "What part patients and the public played"),
        answered("20a", "Flow of participants", "data", "data.flow.came"),
        answered(
            "20b",
            "What participants are like",
            "data",
            "data.splits",
            open=(
                "By the labels that the collection has; dates, treatments and anything clinical are for the "
                "authors to add."
            ),
        ),
        answered("20c", "Evaluation data beside those of development", "data", "data.splits"),
        answered("21", "How many in each analysis", "data", "data.splits", "cross_validation.films"),
        answered(
            "22",
            "The whole model, so that others can use it",
            "use",
            "model_sha256",
            open="The file and how to call it; conditions of use are for the authors to state.",
        ),
        answered(
            "23a",
            "Performance with intervals, also by groups",
            "scores",
            "hold_out.interval",
            "subgroups.hold-out",
            blank=NOT_OPENED,
        ),
        Item("23b", "Performance across places or clusters", blank="Not looked at: the collection is taken as one."),
        answered(
            "24", "Results of updating", "scores", "recalibrated", blank="No updated model is known to the card."
        ),
        Item("25", "What the results mean, fairness included"),
        answered("26", "Limits", "limits", open="Those that software can see; others are for the authors to add."),
        answered(
            "27a",
            "What to do with bad or missing input",
            "use",
            "output",
            open=(
                "The command predict warns of films that it can tell are none for the model; what follows from "
                "that is for the authors to say."
            ),
        ),
        Item("27b", "What users have to do and know"),
        Item("27c", "What is to be looked at next"),
    ),
)
