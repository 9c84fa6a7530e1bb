"""The synthetic films: an anatomy, its exposure, and the data set drawn from them."""
