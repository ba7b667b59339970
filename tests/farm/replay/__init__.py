"""A device whose true power is known: it runs the agent protocol's blocks on synthetic power traces and gauges."""
