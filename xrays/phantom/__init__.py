"""The synthetic films: an anatomy, its exposure, and the data set drawn from them."""

# Lies in a folder of drawn films, so that they are known for what they are whatever path they are prepared from.
MARKER = "SYNTHETIC"
