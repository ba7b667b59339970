"""Closed-form calibration on unlabelled samples: no gradients, seconds to a minute for a model."""

from approxlite.tuner.calibration.calibration import Calibration, calibrate
from approxlite.tuner.calibration.recalibration import recalibrate

__all__ = ["Calibration", "calibrate", "recalibrate"]
