"""The agent on one device: put there, started on a plan, asked for its rows, ended. Speaks docs/agent-protocol.md."""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from approxlite.formats.document import read_bytes
from approxlite.formats.errors import DeviceError, FormatError, ModelError
from approxlite.profiler.blocks import PROTOCOL, AgentBlock, EndRow, OpeningRow, PlannedBlock, parse_agent_row
from approxlite.profiler.campaign import settings, visits
from approxlite.profiler.devices.describe import FOLDER
from approxlite.profiler.devices.faults import (
    DeviceFullError,
    DeviceRefusedError,
    UnreadableRowsError,
    WrongAbiError,
)
from approxlite.profiler.devices.link import STATUS, Link, checked

AGENT, ENGINE = "approx-agent", "libapproxlite.so"
RUNTIMES = ("libtensorflowlite_jni.so", "libtensorflowlite_c.so", "libtensorflowlite.so")
NO_ROOM, CANNOT_RUN, ALREADY_RUNNING = 28, 3, 16
LONGEST_ALONE_S = 12 * 3600
"""An agent may go on for so long when the desk is gone, such as on an unplugged device, before it is ended."""

POLL_BYTES = 8 << 20
"""A block with readings of half an hour has some of these."""

START_TRIES = 100
"""Tenths of a second in which an agent says that it runs, or why not."""

_MARK = "@agent"


@dataclass(frozen=True)
class AgentFiles:
    """What a device needs to measure a model. programs: by Android's name of the processor, such as "arm64-v8a", the
    agent and the libraries it is told of, by key of the start line; and by name those that these need themselves.
    """

    model: Path
    programs: Mapping[str, Mapping[str, Path]]
    in_service: bool = False
    """Whether the service app that devices have measures; then no program is needed."""

    @classmethod
    def found(cls, model: Path, folder: Path) -> AgentFiles:
        """In a folder per processor, such as `folder`/arm64-v8a: approx-agent, libapproxlite.so, TensorFlow Lite's
        library and what that needs; scripts/build-agent fills one. Raises DeviceError where there is no such thing."""
        programs = {}
        for each in sorted(folder.glob(f"*/{AGENT}")):
            runtime = next((each.with_name(name) for name in RUNTIMES if each.with_name(name).is_file()), None)
            engine = each.with_name(ENGINE)
            if runtime is None or not engine.is_file():
                missing = ENGINE if runtime is not None else RUNTIMES[0]
                raise DeviceError(f"{each.parent}: holds {AGENT} but not {missing}; copy it there")
            program = {"agent": each, "engine": engine, "runtime": runtime}
            needed = {library.name: library for library in sorted(each.parent.glob("*.so"))}
            programs[each.parent.name] = program | {
                name: library for name, library in needed.items() if library not in program.values()
            }
        if not programs:
            raise DeviceError(
                f"{folder}: holds no agent for devices; `scripts/build-agent ABI` makes one for a processor such as "
                f"arm64-v8a, or name the folder that has them with --agents"
            )
        return cls(model, programs)

    @classmethod
    def of_service(cls, model: Path) -> AgentFiles:
        """For devices whose service app measures."""
        return cls(model, {}, in_service=True)

    def for_device(self, serial: str, abis: Sequence[str]) -> dict[str, bytes]:
        """Contents by key. Raises WrongAbiError, ModelError, or DeviceError for a program that is not there."""
        if self.in_service:
            return {"model": read_bytes(self.model, ModelError, 1 << 31)}
        abi = next((abi for abi in abis if abi in self.programs), None)
        if abi is None:
            has, have = ", ".join(abis) or "an unknown processor", ", ".join(self.programs) or "none"
            makes = f"`scripts/build-agent {(*abis, 'ABI')[0]}` makes one"
            raise WrongAbiError(f"{serial}: has {has}, and there are agents for {have}; {makes}")
        contents = {key: read_bytes(path, DeviceError, 1 << 30) for key, path in self.programs[abi].items()}
        return {"model": read_bytes(self.model, ModelError, 1 << 31), **contents}


@dataclass(frozen=True)
class Poll:
    """What was new on a device. lines: of rows.jsonl, so far, torn ones not counted. status: the agent's, None while it
    runs or where it did not end by itself. guarded: whether the watchdog still has settings to put back. boot_ids:
    at each block's place, of the opening row before it, None where that was not among the new rows. more: whether there
    are rows yet, which the next poll brings. boot_id: of the device at this moment, None where it does not tell.
    """

    lines: int
    running: bool
    status: int | None
    said: str
    guarded: bool
    opening: OpeningRow | None = None
    blocks: tuple[AgentBlock, ...] = ()
    boot_ids: tuple[str | None, ...] = ()
    ended: EndRow | None = None
    more: bool = False
    boot_id: str | None = None


@dataclass
class Agent:
    """Of one campaign on one device. Belongs to one thread; every call may raise a fault and be made again.

    holds_settings: whether this desk has changed the device's settings and not yet put them back.
    """

    folder: str
    threads: int = 1
    seed: int = 0
    visits: visits.Visits = field(default_factory=visits.Visits)
    holds_settings: bool = False
    _paths: dict[str, str] = field(default_factory=dict)
    _libraries: str = ""

    @classmethod
    def of(cls, campaign: str, *, threads: int = 1, seed: int = 0) -> Self:
        return cls(f"{FOLDER}/{campaign}", threads, seed)

    @property
    def place(self) -> str:
        """Where plan and rows lie."""
        return self.folder

    def install(self, link: Link, contents: Mapping[str, bytes]) -> None:
        """Puts files on the device that are not there yet; they go by their content, so that a whole one is the right
        one, and campaigns share them. Libraries that others need keep their names, in a folder for each set of them."""
        digests = {key: hashlib.sha256(each).hexdigest() for key, each in contents.items()}
        named = {key: digest for key, digest in sorted(digests.items()) if key.endswith(".so")}
        self._libraries = f"{FOLDER}/files/{hashlib.sha256(repr(named).encode()).hexdigest()[:16]}" if named else ""
        paths = {
            key: f"{self._libraries}/{key}" if key in named else f"{FOLDER}/files/{digest[:16]}"
            for key, digest in digests.items()
        }
        folders = f"{FOLDER}/files {self.folder} {self._libraries}"
        listed = checked(link, f"mkdir -p {folders} && ls {folders}").split()
        for key, content in contents.items():
            if paths[key].rpartition("/")[2] not in listed:
                link.push(content, paths[key], mode=0o755)
        link.push(settings.SCRIPT, f"{self.folder}/settings.sh")
        self._paths = {key: path for key, path in paths.items() if key not in named}

    def start(self, link: Link, plan: Sequence[PlannedBlock], wanted: dict[str, str], *, lease_s: int) -> str:
        """Pushes the plan, changes settings and starts the agent, unless one runs; what the settings said."""
        self.plan(link, plan)
        take = settings.take_command(self.folder, wanted, lease_s=lease_s, longest_s=LONGEST_ALONE_S)
        keys = {"protocol": PROTOCOL, "folder": self.place, "threads": self.threads, "seed": self.seed}
        keys |= {key: path for key, path in self._paths.items() if key != "agent"}
        line = " ".join(f"{key}={value}" for key, value in keys.items())
        script = (
            f"cd {self.place} && {take}\nrm -f stop status {self.folder}/{visits.FILE}\n{self.run_command(line)}\n"
            f"tries={START_TRIES}; while [ $tries -gt 0 ] && [ ! -e status ]; do\n"
            f"{self.runs_command()}; [ $runs = no ] || break; tries=$((tries - 1)); sleep 0.1; done; true"
        )
        said = checked(link, script)
        self.holds_settings = True
        self.visits.went_on()
        return said

    def run_command(self, line: str) -> str:
        """For the device's shell: leaves the agent running on its own with that start line. Its status goes to a file:
        nobody waits for it."""
        libraries = f"LD_LIBRARY_PATH={self._libraries} " if self._libraries else ""
        run = f"{libraries}{self._paths['agent']} {line} > agent.log 2>&1; echo $? > status"
        return f"setsid sh -c {shlex.quote(run)} > /dev/null 2>&1 < /dev/null &"

    def runs_command(self) -> str:
        """For the device's shell: sets `runs` to yes or no, and `number` to the agent's process."""
        return (
            'runs=no; number=$(cat lock 2> /dev/null) && [ -n "$number" ] && '
            "{ tr '\\0' ' ' < /proc/$number/cmdline; } 2> /dev/null | grep -qF \"folder=$PWD \" && runs=yes"
        )

    def end_command(self) -> str:
        """For the device's shell: ends the agent, whose process is `number`."""
        return "kill -9 $number"

    def plan(self, link: Link, plan: Sequence[PlannedBlock]) -> None:
        """Replaces the plan in one step; an agent that comes to the end of what it read looks again."""
        link.push(b"".join(map(_line, plan)), f"{self.place}/plan.jsonl")
        self.visits.went_on()

    def guard(self, link: Link, wanted: dict[str, str], *, lease_s: int) -> str:
        """Changes the settings again, while the agent runs; what they said."""
        take = settings.take_command(self.folder, wanted, lease_s=lease_s, longest_s=LONGEST_ALONE_S)
        said = checked(link, f"cd {self.folder} && {take}")
        self.holds_settings = True
        self.visits.went_on()
        return said

    def poll(self, link: Link, after: int) -> Poll:
        """Rows from line `after` on, `POLL_BYTES` of them at most, and whether the agent runs. One round trip; it also
        renews the desk's lease and leaves the time, by which blocks that it disturbed are marked."""
        script = (
            f"cd {self.place} 2> /dev/null || {{ echo; echo '{_MARK} no - gone'; exit 0; }}\n"
            f"{{ {visits.STAMP.format(folder=self.folder)}; touch {self.folder}/alive; }} 2> /dev/null\n"
            f"{self.runs_command()}\n"
            f"tail -n +{after + 1} rows.jsonl 2> /dev/null | head -c {POLL_BYTES}\n"
            f"held=$([ -e {self.folder}/{settings.SAVED} ] && echo held)\n"
            f'echo; echo "{_MARK} $runs $(cat status 2> /dev/null || echo -) $held" '
            '"boot=$(cat /proc/sys/kernel/random/boot_id 2> /dev/null)" '
            f"{visits.SHOW.format(folder=self.folder)}\n"
            "[ $runs = yes ] || tail -n 1 agent.log 2> /dev/null; true"
        )
        rows, found, rest = checked(link, script).rpartition(f"\n{_MARK} ")
        if not found:
            raise DeviceRefusedError(f"{link.serial}: answers in a way that this version does not understand")
        state, _, said = rest.partition("\n")
        runs, status, *words = [*state.split(), "-", "-"]
        self.visits.told(words)
        return _read(
            rows, after, link.serial, running=runs == "yes", said=" ".join(said.split()),
            status=int(status) if runs != "yes" and STATUS.fullmatch(status) else None, guarded="held" in words,
            marked=self.visits.marked,
            boot_id=next((word[5:] for word in words if word.startswith("boot=") and len(word) > 5), None),
        )  # fmt: skip

    def end(self, link: Link) -> None:
        """Ends the agent in mid-block, if it runs: its rows are on the disk."""
        command = f"{self.runs_command()}\n[ $runs = no ] || {self.end_command()}; true"
        checked(link, f"cd {self.place} 2> /dev/null || exit 0\n{command}")

    def restore(self, link: Link) -> None:
        """Puts the settings back."""
        settings.restore(link, self.folder)
        self.holds_settings = False

    def release_others(self, link: Link) -> None:
        """Ends the agents of other campaigns, whose desks are gone, and puts back what they changed."""
        settings.release_others(link, self.folder)

    def set_aside(self, link: Link) -> None:
        """Keeps rows that cannot be read for a person, out of the way of the next campaign."""
        checked(link, f"cd {self.place} 2> /dev/null || exit 0\nmv -f rows.jsonl rows.unreadable; true")

    def remove(self, link: Link) -> None:
        """Takes the campaign off the device, its settings restored; the files that campaigns share stay."""
        self.restore(link)
        checked(link, f"rm -rf {self.folder} {self.place}")


def _line(block: PlannedBlock) -> bytes:
    """Whole numbers without a fraction: agents tell 1 and 1.0 apart."""
    fields = {
        name: int(value) if isinstance(value, float) and value.is_integer() else value
        for name, value in block.model_dump(mode="json").items()
    }
    return json.dumps(fields).encode() + b"\n"


def explained(serial: str, poll: Poll) -> DeviceError | None:
    """Why an agent that has ended cannot simply be started again; None when it can."""
    said = poll.said or "it does not say why"
    if poll.status == NO_ROOM or (poll.status not in (None, 0) and "No space left" in said):
        return DeviceFullError(f"{serial}: no room left on the device; free some storage and try again")
    if poll.status == CANNOT_RUN:
        return DeviceRefusedError(f"{serial}: the model cannot be run on this device ({said})")
    if poll.status in (None, 0, ALREADY_RUNNING) or poll.status > 128:
        return None
    if poll.status in (126, 127):
        return WrongAbiError(f"{serial}: the agent is for another processor or system than this device's ({said})")
    return DeviceRefusedError(f"{serial}: the agent ended with status {poll.status} ({said})")


def _read(
    rows: str, after: int, serial: str, *, running: bool, status: int | None, said: str, guarded: bool,
    marked: Callable[[AgentBlock], AgentBlock], boot_id: str | None,
) -> Poll:  # fmt: skip
    *lines, torn = rows.split("\n")
    # Shells of some vendors add warnings of their own; rows are objects.
    whole = [line for line in lines if line.startswith("{")]
    if not lines and len(torn) > POLL_BYTES // 2:
        raise UnreadableRowsError(f"{serial}: a row that it measured is longer than {len(torn)} characters; not read")
    try:
        parsed = [parse_agent_row(line, f"row {number}") for number, line in enumerate(whole, after + 1)]
    except FormatError as problem:
        raise UnreadableRowsError(
            f"{serial}: what it measured cannot be read ({problem}) and is set aside there; run again to measure anew"
        ) from None
    openings = [row for row in parsed if isinstance(row, OpeningRow)]
    ends = [row for row in parsed if isinstance(row, EndRow)]
    boots, boot_ids = [opening.boot_id for opening in openings], list[str | None]()
    opened = 0
    for row in parsed:
        opened += isinstance(row, OpeningRow)
        if isinstance(row, AgentBlock):
            boot_ids.append(boots[opened - 1] if opened else None)
    return Poll(
        lines=after + len(whole),
        running=running,
        status=status,
        said=said,
        guarded=guarded,
        opening=openings[-1] if openings else None,
        blocks=tuple(marked(row) for row in parsed if isinstance(row, AgentBlock)),
        boot_ids=tuple(boot_ids),
        ended=ends[-1] if ends else None,
        more=bool(whole and torn),
        boot_id=boot_id,
    )
