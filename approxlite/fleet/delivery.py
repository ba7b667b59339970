"""One policy on one device: looks how it stands there, hands it over if it has to be, and takes it back."""

from __future__ import annotations

from pathlib import Path

from approxlite.fleet.standing import WELL, Standing, fate, replayed, standing
from approxlite.formats.audit import read_chain
from approxlite.formats.document import read_bytes
from approxlite.formats.errors import InputError
from approxlite.formats.rollout import State
from approxlite.formats.service_status import ServiceStatus
from approxlite.policy.release import Release
from approxlite.profiler.devices.service import Outcome, PolicyChangedError, Service

MAX_MODEL_BYTES = 256 * 1024 * 1024
STILL_TRIED = Standing(state="waiting", why="the device still tries it")


class Delivery:
    """What is handed over. trusted: public keys, by sha256, that devices are to trust from now on. Thread-safe."""

    def __init__(self, release: Release, trusted: dict[str, Path] | None = None) -> None:
        self.release = release
        self._trusted = trusted or {}

    def obstacle(self, status: ServiceStatus) -> str | None:
        """Why a device that does not follow the policy yet would refuse it, as far as its status tells; None if it
        would not."""
        release, policy = self.release, self.release.policy
        if status.policy_sha256 == release.sha256:
            return None
        if why := replayed(status, policy.sequence):
            return why
        if status.numerics_version not in (None, policy.numerics_version):
            return f"OTHER_NUMERICS: is for version {policy.numerics_version}, the device has {status.numerics_version}"
        if status.models is not None:
            absent = [m.name for m in policy.models if m.sha256 not in status.models and m.sha256 not in release.models]
            if absent:
                return f"OTHER_MODEL: {', '.join(absent)} is not on the device; give it with --model"
        if status.keys is not None and release.signed_by not in {*status.keys, *self._trusted}:
            return (
                f"UNKNOWN_KEY: the device does not trust key {release.signed_by[:16]}; give it with --key and --trust"
            )
        return None

    def step(self, service: Service, before: State) -> Standing:
        """Looks, and hands over where that has not been done. Doing it twice does nothing the second time.

        before: as the device stood when it was last looked at. Raises a device fault; whatever was begun can be
        stepped again.
        """
        status = service.status()
        release = self.release
        there = standing(status, release.sha256)
        if there is not None:
            return there
        if before in WELL or status.highest_sequence >= release.policy.sequence:
            gone = fate(read_chain(service.audit()).records, release.policy.sequence, release.sha256)
            if gone is not None:
                return gone
        if before in WELL:
            return Standing(state="rolled back", why=f"{_followed(status)} runs; the log no longer says why")
        if why := self.obstacle(status):
            return Standing(state="refused", why=why)
        if _tries(service, release.sha256):  # to hand it over again would be a replay
            return STILL_TRIED
        return self._hand_over(service, status)

    def take_back(self, service: Service) -> Standing:
        """To what the device followed before, where it still follows this policy; "waiting" while it still tries it."""
        return taken_back(service, self.release.sha256)

    def _hand_over(self, service: Service, status: ServiceStatus) -> Standing:
        for sha256, key in self._trusted.items():
            if sha256 not in (status.keys or ()):
                untaken = _untaken(service.give("key", read_bytes(key, InputError)), f"key {key.name}")
                if untaken is not None:
                    return untaken
        for model in self.release.policy.models:
            file = self.release.models.get(model.sha256)
            if file is not None and model.sha256 not in (status.models or ()):
                content = read_bytes(file, InputError, MAX_MODEL_BYTES)
                untaken = _untaken(service.give("model", content), f"model {model.name}")
                if untaken is not None:
                    return untaken
        outcome = service.give("policy", self.release.content)
        there = standing(service.status(), self.release.sha256)
        if there is not None:
            return there
        if (untaken := _untaken(outcome)) is not None:
            return untaken
        gone = fate(read_chain(service.audit()).records, self.release.policy.sequence, self.release.sha256)
        return gone or Standing(state="failed", why="taken, but the device does not follow it")


def taken_back(service: Service, policy_sha256: str | None) -> Standing:
    """Has the device go back from that policy, None: from whatever it follows. Raises a device fault."""
    gone = Standing(state="taken back", why="it was gone already")
    tries = policy_sha256 is not None and _tries(service, policy_sha256)  # asked first: it may follow it by now
    before = service.status().policy_sha256
    if policy_sha256 not in (None, before):
        return STILL_TRIED if tries else gone
    try:
        now = service.roll_back(before)  # by name: what the device went back to meanwhile is not to be taken, too
    except PolicyChangedError:
        return gone
    if now.policy_sha256 == before:
        return Standing(state="stays", why="the device keeps no policy from before; push a newer one")
    return Standing(state="taken back", why=f"{_followed(now)} runs")


def _tries(service: Service, policy_sha256: str) -> bool:
    """Whether the device has that policy and may yet come to follow it."""
    return service.outcome(policy_sha256).outcome == "pending"


def _untaken(outcome: Outcome, what: str = "") -> Standing | None:
    """How a device stands that did not take what it was given, None: it did. What failed, for want of memory or room,
    or because its process ended, says nothing of the policy: the device may take it the next time."""
    said = f"{what}: " if what else ""
    if outcome.outcome == "installed":
        return None
    if outcome.outcome == "refused":
        return Standing(state="refused", why=f"{said}{outcome.why}")
    if outcome.outcome == "failed":
        return Standing(state="waiting", why=f"{said}the device cannot take it now: {outcome.why}")
    return Standing(state="waiting", why=f"{said}the service says '{outcome.outcome}'; once more")


def _followed(status: ServiceStatus) -> str:
    return "exact" if status.sequence is None else f"policy {status.sequence}"
