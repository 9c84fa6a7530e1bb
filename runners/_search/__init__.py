"""One search from its options to its end. The driver's side: it loads no backend."""
