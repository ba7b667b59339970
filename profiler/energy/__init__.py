"""Joules: sources that have proven themselves, paired blocks, and intervals that hold; else a refusal."""
