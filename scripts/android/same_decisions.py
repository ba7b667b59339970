"""Whether Java's session decides and answers what the desk's does, and takes up a guard state that the desk saved."""

from __future__ import annotations

import hashlib
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from virtual_machine import VirtualMachine

REPOSITORY = Path(__file__).parents[2]
sys.path.insert(0, str(REPOSITORY / "tests"))

from approxlite.formats.guard import GuardSettings, OutputRange  # noqa: E402
from approxlite.formats.input_form import InputForm  # noqa: E402
from approxlite.formats.policy import Policy, load_policy, save_policy  # noqa: E402
from approxlite.formats.provenance import ModelReference  # noqa: E402
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
CASES = ("a guarded cascade of one model", "a cascade of two models")


def cascade(models: Sequence[bytes]) -> Policy:
    """Its rungs have probes. Of one model certified, and every answer is checked; of two, which seldom agree, the first
    one, which wants other numbers, comes before the second."""
    policy = policy_of([CASCADE], rungs=RUNGS, model=models[-1])
    if len(models) == 1:
        usual = [OutputRange(low=0.0, high=0.45)] * len(RUNGS)
        guard = GuardSettings(canary_rate=1.0, ranges=usual, out_of_range_limit=1)
        certificate = Policy.model_validate_json(CONTRACT.read_bytes()).certificate
        changes = {"certificate": certificate, "guard": guard, "input_rms": 1.0}
        policy = policy.model_copy(update=changes)
    else:
        references = [ModelReference(sha256=hashlib.sha256(each).hexdigest(), name="small") for each in models]
        first = InputForm(multiply=(2.0,), add=(-0.25,))
        ladder = [rung.model_copy(update={"model": len(models) - 1}) for rung in policy.ladder]
        ladder[2] = ladder[2].model_copy(update={"model": 0, "input": first})
        policy = policy.model_copy(update={"models": tuple(references), "ladder": tuple(ladder)})
    with Ladder(list(models), policy.ladder) as ladder_of_all:
        probes = tuple(make_probe(ladder_of_all, rung, seed=rung) for rung in range(len(RUNGS)))
    return policy.model_copy(update={"probes": probes})


def differences(case: str, machine: VirtualMachine, folder: Path) -> Sequence[str]:
    """In words; nothing where every decision, answer and count is the same. case: one of CASES."""
    models, x = [small_model(seed) for seed in range(1 + CASES.index(case))], small_data(SAMPLES).x
    if len(models) == 1:
        x = np.concatenate([x, np.full_like(x[:1], 3e38), x[:2]])  # whose output latches the guard by itself
    work = Path(tempfile.mkdtemp(dir=folder))
    path, inputs, outputs, state = (work / name for name in ("policy.approx", "inputs", "outputs", "state"))
    paths = [work / f"{i}.tflite" for i in range(len(models))]
    for model, model_path in zip(models, paths, strict=True):
        model_path.write_bytes(model)
    save_policy(path, cascade(models))
    policy = load_policy(path)
    counts = "guard none 0 0 0"
    if policy.guard is None or policy.certificate is None:
        wanted = _answers(policy, models, None, x[SAMPLES // 2 :])
    else:
        with Guard(policy.guard, certificate_hash(policy.certificate), policy.certificate.epsilon) as guard:
            _answers(policy, models, guard, x[: SAMPLES // 2])
            state.write_bytes(guard.save())
            wanted = _answers(policy, models, guard, x[SAMPLES // 2 :])
            status = guard.status()
        if status.alarm != "out_of_range":
            return [f"the desk's own guard is latched for {status.alarm}"]
        counts = f"guard {status.alarm} {status.answers} {status.canaries} {status.disagreements}"
    inputs.write_bytes(np.ascontiguousarray(x[SAMPLES // 2 :]).tobytes())
    said = machine.run("dev.approxlite.testing.RunPolicy", [path, inputs, outputs, state, *paths], LIMIT_S)
    lines = said.splitlines()[-(len(wanted) + 1) :]
    found = [
        f"sample {i}: {got} and not {line}"
        for i, (got, (line, _)) in enumerate(zip(lines[:-1], wanted, strict=True))
        if got != line
    ]
    if _bits(outputs.read_bytes()) != _bits(b"".join(output for _, output in wanted)):
        found.append("other answers")
    if len({line.split()[2] for line, _ in wanted}) < len(CASCADE):
        found.append("not every stage gave an answer")
    if lines[-1] != counts:
        found.append(f"{lines[-1]} and not {counts}")
    return found


def _bits(answers: bytes) -> bytes:
    """All NaNs are one: their sign is the processor's, also of the exact model's."""
    values = np.frombuffer(answers, np.float32).copy()
    values[np.isnan(values)] = np.nan
    return values.tobytes()


def _answers(
    policy: Policy, models: Sequence[bytes], guard: Guard | None, x: NDArray[np.float32]
) -> list[tuple[str, bytes]]:
    """What RunPolicy says of each sample, and the answer's bytes."""
    lines = []
    with Session(policy, list(models), guard=guard.handle if guard is not None else None) as session:
        for sample in x:
            answer = session.run(sample)
            alarm = "none" if guard is None else guard.status().alarm
            check = session.finish()
            found = "none" if check is None else "agrees" if check.agrees else "differs"
            bits = int(np.float32(answer.evidence).view(np.int32))
            ran = sum(1 << rung for rung in answer.rungs_run)
            line = f"{answer.candidate} {answer.chosen} {answer.rung} {answer.reason} {bits} {ran} {alarm} {found}"
            lines.append((line, answer.output.tobytes()))
    return lines
