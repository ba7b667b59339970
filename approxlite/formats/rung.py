"""A rung as the engine takes it: a configuration and what was calibrated for it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import Field

from approxlite.formats.configuration import Configuration
from approxlite.formats.document import Document
from approxlite.formats.scale import Scale
from approxlite.formats.weights_file import RungName, WeightsFile


class RungSpec(Document):
    """Without a scale, an operator set to `int8` takes its grid from each input. Without weights, `inputs` and `rank`
    run on placeholders of the same cost.

    name: what the rung's own weights are filed under; "" where it uses those that rungs share.
    """

    configuration: str
    scales: dict[str, Scale] = Field(default_factory=dict)
    weights: Path | WeightsFile | None = None
    name: RungName = ""


def rung_with(
    configuration: Configuration,
    scales: Mapping[str, Scale],
    weights: Path | WeightsFile | None = None,
    name: RungName = "",
) -> RungSpec:
    """The configuration with those of `scales` whose operators it sets to `int8`, and with `weights` if it uses any,
    those of the rung called `name` first."""
    int8 = [name for name, knob in configuration.entries if "int8" in knob.atoms and name in scales]
    calibrated = any(knob.calibrated_atom is not None for _, knob in configuration.entries)
    return RungSpec(
        configuration=str(configuration),
        scales={name: scales[name] for name in int8},
        weights=weights if calibrated else None,
        name=name,
    )
