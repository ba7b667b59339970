"""Whether Java's session decides and answers what the desk's does, and takes up a guard state that the desk saved."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from virtual_machine import VirtualMachine

REPOSITORY = Path(__file__).parents[2]
sys.path.insert(0, str(REPOSITORY / "tests"))

from approxlite.formats.guard import GuardSettings  # noqa: E402
from approxlite.formats.policy import Policy, load_policy, save_policy  # noqa: E402
from approxlite.runtime.guard import Guard, certificate_hash  # noqa: E402
from approxlite.runtime.ladder import Ladder  # noqa: E402
from approxlite.runtime.probes import make_probe  # noqa: E402
from approxlite.runtime.session import Session  # noqa: E402
from support.policies import policy_of, small_data, small_model, stages  # noqa: E402

RUNGS = ("exact", "conv_2d_1=int8", "conv_2d_0=int8+rows:1/2,conv_2d_1=int8+rows:1/2")
CASCADE = stages((2, 1.4), (1, 1.2), (0, None))
SAMPLES = 60
LIMIT_S = 300.0
CONTRACT = REPOSITORY / "tests/contract/policy.json"


def guarded_policy(model: bytes) -> Policy:
    """A certified cascade whose every answer is checked, and whose rungs have probes."""
    certificate = Policy.model_validate_json(CONTRACT.read_bytes()).certificate
    changes = {"certificate": certificate, "guard": GuardSettings(canary_rate=1.0), "input_rms": 1.0}
    policy = policy_of([CASCADE], rungs=RUNGS, model=model, **changes)
    with Ladder([model], policy.ladder) as ladder:
        probes = tuple(make_probe(ladder, rung, seed=rung) for rung in range(len(RUNGS)))
    return policy.model_copy(update={"probes": probes})


def differences(machine: VirtualMachine, folder: Path) -> Sequence[str]:
    """In words; nothing where every decision, answer and count is the same."""
    model, x = small_model(), small_data(SAMPLES).x
    path, model_path = folder / "policy.approx", folder / "small.tflite"
    inputs, outputs, state = folder / "decisions.inputs", folder / "decisions.outputs", folder / "decisions.state"
    save_policy(path, guarded_policy(model))
    model_path.write_bytes(model)
    policy = load_policy(path)
    assert policy.guard is not None and policy.certificate is not None
    with Guard(policy.guard, certificate_hash(policy.certificate), policy.certificate.epsilon) as guard:
        _answers(policy, model, guard, x[: SAMPLES // 2])
        state.write_bytes(guard.save())
        wanted = _answers(policy, model, guard, x[SAMPLES // 2 :])
        status = guard.status()
    inputs.write_bytes(np.ascontiguousarray(x[SAMPLES // 2 :]).tobytes())
    said = machine.run("dev.approxlite.testing.RunPolicy", [path, inputs, outputs, state, model_path], LIMIT_S)
    lines = said.splitlines()[-(len(wanted) + 1) :]
    found = [
        f"sample {i}: {got} and not {line}"
        for i, (got, (line, _)) in enumerate(zip(lines[:-1], wanted, strict=True))
        if got != line
    ]
    if outputs.read_bytes() != b"".join(output for _, output in wanted):
        found.append("other answers")
    counts = f"guard 0 {status.answers} {status.canaries} {status.disagreements}"
    if lines[-1] != counts:
        found.append(f"{lines[-1]} and not {counts}")
    return found


def _answers(policy: Policy, model: bytes, guard: Guard, x: NDArray[np.float32]) -> list[tuple[str, bytes]]:
    """What RunPolicy says of each sample, and the answer's bytes."""
    lines = []
    with Session(policy, model, guard=guard.handle) as session:
        for sample in x:
            answer = session.run(sample)
            check = session.finish()
            found = "none" if check is None else "agrees" if check.agrees else "differs"
            bits = int(np.float32(answer.evidence).view(np.int32))
            line = f"{answer.candidate} {answer.chosen} {answer.rung} {answer.reason} {bits} {found}"
            lines.append((line, answer.output.tobytes()))
    return lines
