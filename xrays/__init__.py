"""Films, labels and folds: everything that happens before a model is chosen.

Imported by every other package, so nothing heavy is loaded here.
"""
