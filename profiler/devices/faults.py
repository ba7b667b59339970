"""What goes wrong with devices. Each message is one line that says what, where and what to do."""

from __future__ import annotations

from approxlite.formats.errors import DeviceError


class AdbMissingError(DeviceError):
    """There is no adb program to start a server with, or the server does not answer."""


class NoSuchDeviceError(DeviceError):
    """No device, not the one that was named, or several and none named."""


class DeviceUnauthorisedError(DeviceError):
    """The device waits for somebody to accept this computer's key."""


class DeviceOfflineError(DeviceError):
    """adb lists the device but cannot talk to it."""


class DeviceLostError(DeviceError):
    """The connection broke; what the device was doing may be half done."""


class AgentHungError(DeviceLostError):
    """The agent runs and measures nothing; it is ended."""


class DeviceSlowError(DeviceError):
    """No answer within the time limit."""


class DeviceNotReadyError(DeviceError):
    """It answers, but has not finished starting: what is asked for may work in a minute."""


class DeviceRefusedError(DeviceError):
    """The device does not allow it."""


class DeviceFullError(DeviceError):
    """No room left on the device."""


class WrongAbiError(DeviceError):
    """A program for another processor than the device's."""


class UnreadableRowsError(DeviceError):
    """What the agent on the device wrote is no row of the protocol."""


class UnexpectedError(DeviceError):
    """A fault of this program that something about the device brought out."""


class ServiceMissingError(DeviceError):
    """Our service is not installed on the device, or the device is no Android."""


class ServiceFailedError(DeviceError):
    """Our service was asked and could not, or answers what nobody can read."""


PASSING = (DeviceLostError, DeviceSlowError, DeviceOfflineError, DeviceNotReadyError, AdbMissingError)
"""Faults after which the same step may work when it is tried again."""


def fault_from_adb(message: str, serial: str) -> DeviceError:
    """What adb's own text, from the server or from a program on the device, says about the device `serial`."""
    said = " ".join(message.split())
    low = said.lower()
    if "unauthorized" in low:
        return DeviceUnauthorisedError(f"{serial}: unlock the device and accept this computer's key, then try again")
    if "not found" in low and "device" in low:
        return DeviceLostError(f"{serial}: adb no longer sees the device; check cable and USB debugging")
    if "offline" in low:
        return DeviceOfflineError(f"{serial}: offline; reconnect the cable or run `adb reconnect offline`")
    if "taken over by another campaign" in low:
        return DeviceRefusedError(
            f"{serial}: another campaign, of this computer or another one, has taken the device over; "
            f"run this again once that one has ended"
        )
    if "settings service is not up" in low:
        return DeviceNotReadyError(f"{serial}: still starting, its settings cannot be read yet; wait a minute")
    if "no space left" in low or "insufficient storage" in low or "insufficient_storage" in low:
        return DeviceFullError(f"{serial}: no room left on the device; free some storage and try again")
    if "exec format error" in low or "no_matching_abis" in low or "not executable: " in low:
        return WrongAbiError(f"{serial}: the program is for another processor than this device's ({said[:100]})")
    if "permission denied" in low or "not permitted" in low or "securityexception" in low:
        return DeviceRefusedError(f"{serial}: the device does not allow it ({said[:120]})")
    return DeviceLostError(f"{serial}: the connection broke ({said[:120] or 'no reason given'}); it can be resumed")
