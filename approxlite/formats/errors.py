"""What can go wrong, as the user sees it: one line, and the exit code of the command line."""

from __future__ import annotations


class ApproxError(Exception):
    """Base of all our errors. The message is one line that says what, where and what to do."""

    exit_code = 1


class InputError(ApproxError):
    """Wrong usage or an input file that cannot be used."""

    exit_code = 2


class DeviceError(ApproxError):
    """A device is missing or does not answer."""

    exit_code = 3


class UnstableError(ApproxError):
    """A measurement did not settle, so no number is given."""

    exit_code = 4


class GuardError(ApproxError):
    """A certificate cannot be given, or the guard found a broken promise."""

    exit_code = 5


class ModelError(InputError):
    """A model file is missing, damaged or not a TensorFlow Lite model."""


class DataError(InputError):
    """A data set is missing, damaged or does not fit the model."""


class ConfigurationError(InputError):
    """A configuration names an operator or a knob that does not exist."""


class FormatError(InputError):
    """A file of ours is damaged or of another version."""


class PolicyError(InputError):
    """A policy is damaged, too large or does not fit its model."""


def one_line(error: BaseException, limit: int = 200) -> str:
    """The message of any exception on one line of at most `limit` characters."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= limit else text[: limit - 3] + "..."
