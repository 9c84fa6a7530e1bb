"""From a film's file to the pixels that a model sees. The one place that does it:
prepare, predict and explain share it.

film = read_film(Path("000000.png"))                # xrays.pixels.read: at its own size, grey, bone white
pixels = PLAIN.pixels(film, size=128)       # xrays.pixels.recipe: (128, 128) uint8, inverted
fingerprint(film.grey)                              # xrays.pixels.prints: the same at every size, under every name
"""
