"""The agent on this computer, in a folder of its own; a named skip where it cannot be tried."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from farm.agent import Agent, AgentUnavailableError, agent_for, plan_text

REPOSITORY = Path(__file__).parents[2]
KEYWORD = REPOSITORY / "examples/keyword/keyword_float.tflite"


class AgentFolder:
    """A campaign's folder and the agent that measures in it."""

    def __init__(self, path: Path, agent: Agent) -> None:
        self.path = path
        self.agent = agent
        self.environment = {**os.environ, "LD_LIBRARY_PATH": str(agent.runtime.parent)}

    def plan(self, blocks: Sequence[Mapping[str, Any]]) -> None:
        (self.path / "plan.jsonl").write_text(plan_text(blocks))

    def command(self, **changed: object) -> list[str]:
        """The start line; a key that is None is left out."""
        words: dict[str, object] = {
            "protocol": 1,
            "folder": self.path,
            "model": KEYWORD,
            "engine": self.agent.engine,
            "runtime": self.agent.runtime,
            **changed,
        }
        return [str(self.agent.program), *(f"{key}={value}" for key, value in words.items() if value is not None)]

    def run(self, **changed: object) -> tuple[int, str]:
        """Its status, and the line in which it says what is wrong."""
        done = subprocess.run(
            self.command(**changed), capture_output=True, text=True, env=self.environment, timeout=60, check=False
        )
        said = [line for line in done.stderr.splitlines() if line.startswith("approx-agent: ")]
        assert len(said) == (0 if done.returncode == 0 else 1), done.stderr
        return done.returncode, said[0] if said else ""

    def start(self, **changed: object) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self.command(**changed), env=self.environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    @property
    def rows(self) -> str:
        return (self.path / "rows.jsonl").read_text()


@pytest.fixture
def folder(tmp_path: Path) -> AgentFolder:
    try:
        return AgentFolder(tmp_path, agent_for("x86_64"))
    except AgentUnavailableError as reason:
        pytest.skip(str(reason))
