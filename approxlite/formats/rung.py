"""A rung as the engine takes it: a configuration and the calibrated grids of its operators' inputs."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from approxlite.formats.configuration import Configuration
from approxlite.formats.document import Document
from approxlite.formats.scale import Scale


class RungSpec(Document):
    """Without a scale, an operator set to `int8` takes its grid from each input."""

    configuration: str
    scales: dict[str, Scale] = Field(default_factory=dict)


def rung_with(configuration: Configuration, scales: Mapping[str, Scale]) -> RungSpec:
    """The configuration with those of `scales` whose operators it sets to `int8`."""
    int8 = [name for name, knob in configuration.entries if "int8" in knob.atoms and name in scales]
    return RungSpec(configuration=str(configuration), scales={name: scales[name] for name in int8})
