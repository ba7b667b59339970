"""Devices behind adb: finding them, talking to them within time limits, and knowing what they are."""
