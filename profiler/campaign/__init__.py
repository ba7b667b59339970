"""Campaigns: planned, measured and journalled, on this computer and on any number of devices."""
