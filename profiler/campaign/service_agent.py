"""The agent inside the service app that a device has; docs/agent-protocol.md, its last section."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from approxlite.profiler.campaign import settings
from approxlite.profiler.campaign.agent import Agent
from approxlite.profiler.devices.faults import DeviceRefusedError
from approxlite.profiler.devices.link import Link, checked
from approxlite.profiler.devices.service import EXTERNAL_FILES, PACKAGE

COMPONENT = f"{PACKAGE}/.android.ProfilingService"
FINE_POWER = "android.permission.ACCESS_FINE_POWER_MONITORS"
STATUS = "content://dev.approxlite.control/status"


def agent_of(campaign: str, contents: Mapping[str, bytes], *, threads: int = 1, seed: int = 0) -> Agent:
    """Of that campaign, by what the device is given: a program of ours, or a model alone for its service app."""
    kind = Agent if "agent" in contents else ServiceAgent
    return kind.of(campaign, threads=threads, seed=seed)


@dataclass
class ServiceAgent(Agent):
    """Settings and their watchdog lie where shells run scripts, plan and rows where the app may write."""

    @property
    def place(self) -> str:
        return f"{EXTERNAL_FILES}/{self.folder.rpartition('/')[2]}"

    def install(self, link: Link, contents: Mapping[str, bytes]) -> None:
        """Puts the model there. Raises DeviceRefusedError where the app is not on the device."""
        if link.run(f"pm path {PACKAGE}").status != 0:
            raise DeviceRefusedError(
                f"{link.serial}: has no service app; install the APK that `scripts/build-android` makes, "
                f"or leave --service out"
            )
        checked(link, f"content query --uri {STATUS} > /dev/null")  # whereby the app makes its folder
        files = f"{EXTERNAL_FILES}/files"
        model = f"{files}/{hashlib.sha256(contents['model']).hexdigest()[:16]}"
        # A phone that knows the permission answers with power that is a quarter of a second old, others with older one.
        link.run(f"pm grant {PACKAGE} {FINE_POWER} 2> /dev/null")
        script = f"mkdir -p {self.folder} {self.place} {files} && echo {self.place} > {self.folder}/agent_folder"
        if checked(link, f"{script} && {{ [ ! -e {model} ] || echo there; }}").strip() != "there":
            link.push(contents["model"], model)
        link.push(settings.SCRIPT, f"{self.folder}/settings.sh")
        self._paths = {"model": model, "engine": "own", "runtime": "own"}

    def run_command(self, line: str) -> str:
        return (
            f"am start-foreground-service -n {COMPONENT} --es line {shlex.quote(line)} > agent.log 2>&1 || "
            "{ cat agent.log; exit 1; }"
        )

    def runs_command(self) -> str:
        return (
            'runs=no; number=$(cat lock 2> /dev/null) && [ -n "$number" ] && [ ! -e status ] && '
            f'/system/bin/pidof {PACKAGE} | tr " " "\\n" | grep -qx "$number" && runs=yes'
        )

    def end_command(self) -> str:
        waits = f"tries=100; while [ $tries -gt 0 ]; do {self.runs_command()}; [ $runs = yes ] || break"
        return f"{{ am stopservice -n {COMPONENT} > /dev/null 2>&1; {waits}; tries=$((tries - 1)); sleep 0.1; done; }}"
