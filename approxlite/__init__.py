"""TensorFlow Lite models whose layers can be approximate, switched between two inferences."""

__version__ = "0.1.0"
