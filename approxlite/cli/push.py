"""`approxlite push`: a policy to devices, checked here first, in stages, and back."""

from __future__ import annotations

import hashlib
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated

import typer

from approxlite.cli import options
from approxlite.cli.console import print_json, print_line, print_table
from approxlite.fleet.delivery import Delivery, taken_back
from approxlite.fleet.rollout import AT_ONCE, DeviceOutcome, Patience, Rollout, RolloutOutcome
from approxlite.fleet.stages import DEFAULT, Stages, parse_shares, stages_of
from approxlite.fleet.standing import Standing
from approxlite.formats.archive import MAX_ARCHIVE_BYTES
from approxlite.formats.document import Document, now, read_bytes
from approxlite.formats.errors import DeviceError, InputError, PolicyError
from approxlite.formats.rollout import BeginRow, EndRow, RolloutJournal, State, load_rollout, states_of
from approxlite.policy.release import Release, release
from approxlite.policy.signing import key_sha256, load_public_key
from approxlite.profiler.devices import adb
from approxlite.profiler.devices.faults import PASSING
from approxlite.profiler.devices.service import Service

VERDICT_S = 300.0

Policy = Annotated[
    Path | None, typer.Argument(metavar="POLICY", help="A signed policy.approx. Only --rollback goes without one.")
]
Models = Annotated[
    list[Path] | None,
    typer.Option(
        "--model", metavar="MODEL", help="The policy's .tflite file, once for each; sent where it is missing."
    ),
]
Keys = Annotated[
    list[Path] | None,
    typer.Option("--key", metavar="FILE", help="A public key that may have signed it; once for each."),
]
Trust = Annotated[bool, typer.Option("--trust", help="Have devices trust these keys from now on.")]
Staged = Annotated[
    str | None, typer.Option("--staged", metavar="SHARES", help=f"Growing shares of the devices, such as {DEFAULT}.")
]
InStages = Annotated[bool, typer.Option("--stages", help=f"--staged {DEFAULT}.")]
Wait = Annotated[bool, typer.Option("--wait", help="Wait until the trial is over, as every stage but one alone does.")]
TrialS = Annotated[
    float, typer.Option("--trial-s", min=1.0, metavar="S", help="How long a stage may take for its trial answers.")
]
Rollback = Annotated[bool, typer.Option("--rollback", help="Take POLICY, or whatever runs, back to the one before it.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check everything, here and on the devices, and push nothing.")]
JournalFile = Annotated[
    Path | None, typer.Option("--journal", metavar="FILE", help="Of the roll-out; else POLICY.rollout.jsonl.")
]
Restart = Annotated[bool, typer.Option("--restart", help="Begin anew where the journal holds another roll-out.")]


class DryRunAnswer(Document):
    """The answer of `--dry-run --json`. obstacles: by serial, why the device would not take the policy."""

    checks: tuple[str, ...]
    stages: Stages
    obstacles: dict[str, str]


class RolledBack(Document):
    """The answer of `--rollback --json`."""

    devices: tuple[DeviceOutcome, ...]


def push(
    policy: Policy = None,
    device: options.Devices = None,
    all_: options.AllDevices = False,
    model: Models = None,
    key: Keys = None,
    trust: Trust = False,
    staged: Staged = None,
    stages: InStages = False,
    wait: Wait = False,
    trial_s: TrialS = 3600.0,
    rollback: Rollback = False,
    dry_run: DryRun = False,
    journal: JournalFile = None,
    restart: Restart = False,
    json: options.Json = False,
) -> None:
    """Push a policy to devices, or take it back.

    It is checked here first, then by each device, which follows it on trial and goes back by itself if its guard
    alarms. In stages, more devices get it only while those so far passed their trial; one that is harmed takes all
    back. What was cut off goes on with the same command. Exits with 2 where the policy is refused, 3 where devices do
    not answer or trials are not over, 5 where a guard alarmed.

    Example: `approxlite push policy.approx --all --stages --model model.tflite --key release.key.pub`
    """
    if rollback:
        _roll_back(policy, options.serials(device, all_), json)
        return
    if policy is None:
        raise InputError("push needs a POLICY, or --rollback")
    if trust and not key:
        raise InputError("--trust needs the --key that devices are to trust")
    public = {key_sha256(load_public_key(each)): each for each in key or ()}
    checked = release(policy, model or (), [load_public_key(each) for each in public.values()], now())
    delivery = Delivery(checked, public if trust else None)
    shares = parse_shares(staged or (DEFAULT if stages else "100%"))
    planned = stages_of(options.serials(device, all_), shares)
    path = journal or policy.with_name(f"{policy.name}.rollout.jsonl")
    before = None if restart else _before(path, checked, planned)
    obstacles = _obstacles(delivery, planned)
    if dry_run:
        _print_plan(checked, planned, obstacles, json)
        return
    if before is None and obstacles:
        _refuse(obstacles)
    in_stages = len(planned) > 1
    patience = Patience(wait=wait or in_stages, stage_s=trial_s if wait or in_stages else VERDICT_S)
    with RolloutJournal(path) as open_journal:
        outcome = Rollout(delivery, planned, _service, open_journal, patience, before=before, look=_say).run()
    _print_outcome(outcome, json)


def _service(serial: str) -> Service:
    return Service(adb.reached(serial))


def _before(path: Path, checked: Release, stages: Stages) -> dict[str, State] | None:
    """How devices stood when this very roll-out was cut off; None where it begins. Raises InputError."""
    rows = load_rollout(path)
    if not rows or not isinstance(rows[0], BeginRow):
        return None
    begin, last = rows[0], rows[-1]
    same = begin.policy_sha256 == checked.sha256
    if isinstance(last, EndRow) and last.outcome == "done":
        return None
    if isinstance(last, EndRow) and last.outcome == "taken back":
        if not same:
            return None
        raise InputError(f"this policy was taken back ({last.why}); build another, or begin anew with --restart")
    if not same or begin.stages != stages:
        what = "these devices and stages" if same else "this policy"
        raise InputError(f"{path}: holds an unfinished roll-out that is not of {what}; finish it, or --restart")
    return {serial: row.state for serial, row in states_of(rows).items()}


def _obstacles(delivery: Delivery, stages: Stages) -> dict[str, DeviceError | str]:
    """Serial -> why a device cannot take the policy, asked without changing anything."""

    def ask(serial: str) -> DeviceError | str | None:
        try:
            why = delivery.obstacle(_service(serial).status())
        except DeviceError as fault:
            return fault
        return None if why is None else f"{serial}: would refuse it, {why}"

    serials = [serial for stage in stages for serial in stage]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = dict(zip(serials, pool.map(ask, serials), strict=True))
    return {serial: why for serial, why in found.items() if why is not None}


def _refuse(obstacles: dict[str, DeviceError | str]) -> None:
    """Raises InputError, or DeviceError where a device is the reason."""
    faults = [each for each in obstacles.values() if isinstance(each, DeviceError)]
    more = f" (and {len(obstacles) - 1} more devices; --dry-run names them)" if len(obstacles) > 1 else ""
    first = faults[0] if faults else next(iter(obstacles.values()))
    raise (DeviceError if faults else InputError)(f"nothing was pushed: {first}{more}")


def _say(device: DeviceOutcome) -> None:
    words = "on trial" if device.state == "trial" else device.state
    print(f"{device.serial}: {words}{', ' if device.why else ''}{device.why}", file=sys.stderr, flush=True)


def _print_plan(checked: Release, stages: Stages, obstacles: dict[str, DeviceError | str], json: bool) -> None:
    words = {serial: str(why) for serial, why in obstacles.items()}
    if json:
        print_json(DryRunAnswer(checks=checked.checks, stages=stages, obstacles=words))
    else:
        for line in checked.checks:
            print_line(f"holds: {line}")
        for number, stage in enumerate(stages, 1):
            print_line(f"stage {number}: {', '.join(stage)}")
        for why in words.values():
            print_line(f"in the way: {why}")
        if not words:
            print_line("every device would be handed it; nothing was pushed")
    if any(isinstance(each, DeviceError) for each in obstacles.values()):
        raise typer.Exit(DeviceError.exit_code)
    if obstacles:
        raise typer.Exit(InputError.exit_code)


def _print_outcome(outcome: RolloutOutcome, json: bool) -> None:
    if json:
        print_json(outcome)
    else:
        rows = [(each.serial, str(each.stage), each.state, each.why) for each in outcome.devices]
        print_table(("device", "stage", "policy", ""), rows, numbers=(1,))
        if outcome.outcome == "done":
            print_line(f"policy {outcome.sequence} is on {len(rows)} device{'s' if len(rows) > 1 else ''}")
        else:
            print_line(f"{outcome.outcome}: {outcome.why}")
    code = _exit_code(outcome)
    if code:
        raise typer.Exit(code)


def _exit_code(outcome: RolloutOutcome) -> int:
    states = {each.state for each in outcome.devices}
    if outcome.outcome == "done":
        return 0
    if states & {"alarmed", "rolled back"}:
        return 5
    return InputError.exit_code if "refused" in states else DeviceError.exit_code


def _roll_back(policy: Path | None, serials: list[str], json: bool) -> None:
    wanted = None if policy is None else hashlib.sha256(read_bytes(policy, PolicyError, MAX_ARCHIVE_BYTES)).hexdigest()
    done = []
    for serial in serials:
        try:
            found = taken_back(_service(serial), wanted)
        except DeviceError as fault:
            found = Standing(state="unreachable" if isinstance(fault, PASSING) else "failed", why=str(fault))
        done.append(DeviceOutcome(serial=serial, stage=1, state=found.state, why=found.why))
    if json:
        print_json(RolledBack(devices=tuple(done)))
    else:
        print_table(("device", "policy", ""), [(each.serial, each.state, each.why) for each in done])
    if any(each.state != "taken back" for each in done):
        raise typer.Exit(DeviceError.exit_code)
