"""What a tuner needs to know of a device: how long every knob takes, and what that adds up to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from approxlite.formats.configuration import OperatorWithKnobs
from approxlite.formats.errors import InputError
from approxlite.formats.profile import CampaignRow
from approxlite.policy.measure import Measurement


class Profile(Protocol):
    """A recorded profile of one model on one device."""

    @property
    def campaign(self) -> CampaignRow: ...

    def options(self) -> Mapping[str, Mapping[str, float]]:
        """Nanoseconds of each knob worth choosing, by operator; exact among them."""
        ...

    def crossings(self) -> Mapping[tuple[str, str], float]:
        """Nanoseconds, by an operator and the one before it, that bringing numbers from floats to bytes takes between
        them; only where it takes any."""
        ...

    def measure(self, configurations: Sequence[str]) -> Sequence[Measurement]:
        """What it predicts of whole configurations."""
        ...


def check_fits(
    profile: Profile, model_sha256: str, numerics_version: int, operators: Sequence[OperatorWithKnobs]
) -> None:
    """Raises InputError unless the profile is of this model under kernels that compute the same bits."""
    campaign = profile.campaign
    if campaign.model.sha256 != model_sha256:
        raise InputError(f"the profile is of another model, {campaign.model.name}; profile this one")
    if campaign.numerics_version != numerics_version:
        raise InputError(
            f"the profile is of numerics version {campaign.numerics_version}, this is {numerics_version}; profile again"
        )
    if {o.id: tuple(o.knobs) for o in campaign.operators} != {o.id: tuple(o.knobs) for o in operators}:
        raise InputError("the profile was taken when the operators had other knobs; profile again")
