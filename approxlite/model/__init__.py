"""Reading .tflite files: operators and their ids, shapes, work."""

from approxlite.model.model import Model, Operator, Tensor
from approxlite.model.reader import load_model, read_model

__all__ = ["Model", "Operator", "Tensor", "load_model", "read_model"]
