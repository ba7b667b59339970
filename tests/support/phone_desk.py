"""A person's desk beside a device of the farm that has the service app: files, command line, and an app that asks."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from approxlite.cli.main import app
from approxlite.formats.policy import Policy, save_policy
from approxlite.policy.signing import generate_key, load_private_key, sign_policy
from approxlite.profiler.campaign import farm as campaign_farm
from approxlite.profiler.campaign.on_device import Pace
from approxlite.profiler.devices import adb
from farm.service_app import ServiceApp
from support.policies import small_data

SIZES = (4 * 8 * 8 * 3, 4 * 5)
QUICK = Pace(soon_s=0.1, longest_poll_s=1.0, longest_quiet_s=1.0, backoff_s=0.05, warm_s=0.1)


class PhoneDesk:
    """Files of one loop, in one folder, and the device that it is about."""

    def __init__(self, folder: Path, device: ServiceApp, model: bytes) -> None:
        """`model` is of the shape of `small_model`."""
        self.folder, self._device = folder, device
        self.serial = device.device.serial
        self.model, self.data, self.key = folder / "small.tflite", folder / "data.npz", folder / "release.key"
        self.model.write_bytes(model)
        self.x = small_data(800).x
        np.savez(self.data, x=self.x)
        generate_key(self.key)

    def run(self, *words: object, code: int = 0) -> str:
        done = CliRunner().invoke(app, [str(word) for word in words])
        assert done.exit_code == code, f"{words}: {done.exit_code}: {done.output}"
        return done.stdout

    def sign(self, policy: Policy, name: str) -> Path:
        path = self.folder / name
        save_policy(path, policy)
        sign_policy(path, load_private_key(self.key), path)
        return path

    def push(self, policy: Path, *more: object, code: int = 0) -> str:
        return self.run(
            "push", policy, "--device", self.serial, "--model", self.model, "--key", f"{self.key}.pub", *more, code=code
        )

    def status(self) -> dict[str, Any]:
        watched = json.loads(self.run("watch", "--device", self.serial, "--once", "--json"))
        status: dict[str, Any] = watched["devices"][0]["status"]
        return status

    def ask(self, count: int) -> dict[str, int]:
        """How many answers came of each rung; all are the service's."""
        answers = self._device.ask(self._shell, self.model, self.x.tobytes(), SIZES, count)
        assert sum(answers.values()) == count
        assert all(name.startswith("rung ") for name in answers), answers
        return answers

    def _shell(self, command: str) -> str:
        return adb.reached(self.serial).run(command).output

    def profile(self) -> Path:
        """profile.jsonl, measured by the service."""
        profile = self.folder / "profile.jsonl"
        with pytest.MonkeyPatch.context() as quick:
            quick.setattr(campaign_farm, "Pace", lambda: QUICK)
            self.run("profile", self.model, "--device", self.serial, "--service", "--out", profile, "--seconds", 1)
        return profile

    def build(self, profile: Path) -> Path:
        """Tuned and built from that profile, neither certified nor signed."""
        curve, policy = self.folder / "curve.json", self.folder / "policy.approx"
        self.run("tune", self.model, "--data", self.data, "--profile", profile, "--out", curve)
        self.run("policy", "build", curve, "--model", self.model, "--data", self.data, "--out", policy)
        return policy

    def audit(self) -> list[str]:
        """Reasons of all records, the chain being whole."""
        answer = json.loads(self.run("audit", "--device", self.serial, "--last", "0", "--json"))
        assert answer["whole"]
        return [record["words"] for record in answer["records"]]

    def until(self, holds: Callable[[], bool]) -> None:
        end = time.monotonic() + 30
        while not holds():
            assert time.monotonic() < end
            time.sleep(0.2)
