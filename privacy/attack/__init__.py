"""Attacks what is about to be published, as a reader would. It knows nothing of the engine, on purpose."""
