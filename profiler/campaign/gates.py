"""When a device may be measured: cool, charged, and not throttled. Otherwise, what it waits for."""

from __future__ import annotations

from dataclasses import dataclass, replace

from approxlite.profiler.blocks import AgentBlock
from approxlite.profiler.devices.describe import State
from approxlite.profiler.devices.parsers import THERMAL_STATUS, Battery, Thermal

DIE_MARGIN_C = 15.0
"""How much hotter than skin and battery the hottest sensor, on the processor, may be between two blocks."""

WORK_MARGIN_C = 2.0
"""How much hotter skin and battery may get by the work than they were when it began; without it, a device that stands
at the edge would be stopped at each look."""

CHARGING = "charging"
DISCHARGING = "discharging"
REMEDIES = {
    "cooling": "let it rest, or allow more with --max-temp-c",
    "cooling,": "let it rest",
    CHARGING: "charge it and run the same command again",
    DISCHARGING: "use it without its cable for a while and run the same command again",
}
"""What a person can do, by the first word of what a device waits for."""

_RANK = {status: rank for rank, status in enumerate(THERMAL_STATUS)}


@dataclass(frozen=True)
class Gates:
    """hottest_c: of battery and skin. lowest, highest: charge, 0..1; what a device does not tell holds nothing up.

    warmest: Android's thermal status up to which it is measured. "light" is throttling that nobody notices, says
    Android; latencies are compared within rounds, and their rows carry the status. Energy takes none of it: another
    clock is another voltage, and so other joules for the same work.
    """

    hottest_c: float = 37.0
    lowest: float = 0.15
    highest: float = 1.0
    warmest: str = "light"

    @classmethod
    def for_energy(cls, hottest_c: float = 37.0) -> Gates:
        """In the middle of the battery, where its voltage is flat."""
        return cls(hottest_c, 0.30, 0.80, "none")

    @classmethod
    def for_meter(cls, hottest_c: float = 37.0) -> Gates:
        """A meter may stand in the battery's place, of which the device then tells anything."""
        return cls(hottest_c, 0.0, 1.0, "none")

    def waits_for(self, state: State) -> str | None:
        """Such as "cooling 38.4 → 37.0 °C"; None when the device may be measured."""
        battery, thermal = state.battery, state.thermal
        skin = [value for name, value in thermal.temperatures_c.items() if "skin" in name.lower()]
        known = [value for value in (*skin, battery.temperature_c) if value is not None]
        if known and max(known) > self.hottest_c:
            return f"cooling {max(known):.1f} → {self.hottest_c:.1f} °C"
        if thermal.status is not None and _RANK[thermal.status] > _RANK[self.warmest]:
            return f"cooling, thermal status {thermal.status} → {self.warmest}"
        if battery.charge is not None and battery.charge < self.lowest:
            return f"{CHARGING} {battery.charge:.0%} → {self.lowest:.0%}"
        if battery.charge is not None and battery.charge > self.highest:
            return f"{DISCHARGING} {battery.charge:.0%} → {self.highest:.0%}"
        return None

    def stops_for(self, state: State) -> str | None:
        """As `waits_for`, of a device that measures already."""
        return replace(self, hottest_c=self.hottest_c + WORK_MARGIN_C).waits_for(state)


def state_after(row: AgentBlock) -> State:
    """How the device was after that block, else before it, as its agent saw it."""
    before, after = row.before, row.after
    temperatures_c = {**before.temperature_c, **after.temperature_c}
    charge = before.charge if after.charge is None else after.charge
    number = before.thermal_status if after.thermal_status is None else after.thermal_status
    status = THERMAL_STATUS[number] if number is not None and 0 <= number < len(THERMAL_STATUS) else None
    return State(Battery(charge=charge, temperature_c=temperatures_c.get("battery")), Thermal(status, temperatures_c))
