"""Devices in use: policies rolled out to them in stages, and what they tell."""
