"""From an unmodified model to a certified policy and its report: every stage in turn, each skipped when it is done."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from approxlite.cli.knobs import check_can_be_tuned
from approxlite.cli.stages import Stages
from approxlite.formats.curve import load_curve, weights_path
from approxlite.formats.data import Data
from approxlite.formats.document import make_folder
from approxlite.formats.errors import DataError, PolicyError
from approxlite.formats.policy import Policy, load_policy, save_policy
from approxlite.formats.profile import load_profile
from approxlite.formats.weights_file import WeightsFile
from approxlite.model import load_model
from approxlite.policy.build import best_single, build_policy
from approxlite.policy.certify import certify, check_enough, check_shares, units_of
from approxlite.policy.fingerprints import fingerprints, found_in
from approxlite.policy.split import rebuild, split
from approxlite.profiler.host import host_device
from approxlite.profiler.live import LiveHost
from approxlite.profiler.profile import profile_host
from approxlite.profiler.summary import recorded
from approxlite.report.collect import write_report
from approxlite.report.comparison import compare
from approxlite.report.results import Results, load_results, save_results
from approxlite.runtime.library import numerics_version
from approxlite.tuner.tune import tune

StageProgress = Callable[[str], AbstractContextManager[Callable[[str, float], None]]]
"""`with progress("tune") as say:` begins a stage; `say(what, share)` tells how far it is."""


@dataclass(frozen=True)
class Plan:
    """What to make of which model. seconds: how long to profile, and how long to time the results.

    aim: largest disagreement, estimated while tuning, of a rule worth certifying.
    int8: the same network as a quantised file, for the results. test: data for the results that neither tuning nor
    certification sees; without it the results are on the certification part.
    """

    model: Path
    data: Data
    out: Path
    epsilon: float
    delta: float
    aim: float
    seed: int = 0
    seconds: float = 10.0
    int8: Path | None = None
    test: Data | None = None


@dataclass(frozen=True)
class Optimized:
    """What `optimize` made. skipped: stages that were done before."""

    policy: Policy
    results: Results
    report: Path
    skipped: tuple[str, ...]


def optimize(plan: Plan, progress: StageProgress, skipping: Callable[[str], None]) -> Optimized:
    """Runs what is not done yet and writes profile.jsonl, curve.json, weights.bin, policy.approx and report.html.

    Interrupted at any moment, the next call goes on where it stopped. `skipping` is told of stages that are done.
    Raises ApproxError; GuardError, before anything is measured, when not even the exact configuration can be certified
    with this much data.
    """
    check_can_be_tuned(plan.model)
    check_shares(plan.epsilon, plan.delta)
    check_enough(units_of(plan.data.part(split(plan.data, plan.seed).certification)), plan.epsilon, plan.delta)
    test = None if plan.test is None else unseen_part(plan.test, plan.data)
    make_folder(plan.out)
    stages = Stages(plan.out)
    skipped: list[str] = []

    def is_done(stage: str, inputs: list[object]) -> bool:
        if not stages.is_done(stage, inputs):
            return False
        skipped.append(stage)
        skipping(stage)
        return True

    model = load_model(plan.model)
    machine = [model.sha256, numerics_version(), host_device().fingerprint, plan.seed]
    inputs: list[object] = [*machine, plan.seconds]
    if not is_done("profile", inputs):
        with progress("profile") as say:
            profile_host(plan.model, plan.out / "profile.jsonl", budget_s=plan.seconds, seed=plan.seed, progress=say)
        stages.finish("profile", inputs, ["profile.jsonl"])
    inputs = [*machine, stages.digest("profile.jsonl"), plan.data.sha256]
    if not is_done("tune", inputs):
        with progress("tune") as say:
            _tune(plan, model.sha256, say)
        stages.finish("tune", inputs, ["curve.json", "weights.bin"])
    inputs = [*machine, stages.digest("curve.json"), plan.data.sha256, plan.aim, plan.epsilon, plan.delta]
    if not is_done("certify", inputs):
        with progress("certify"):
            _certify(plan)
        stages.finish("certify", inputs, ["policy.approx"])
    policy = load_policy(plan.out / "policy.approx")
    tested = certification_part(plan.data, policy) if test is None else test
    inputs = [*machine, stages.digest("policy.approx"), tested.sha256, plan.int8 and load_model(plan.int8).sha256]
    if not is_done("evaluate", inputs):
        with progress("evaluate") as say:
            _evaluate(plan, policy, tested, say)
        stages.finish("evaluate", inputs, ["results.json"])
    return Optimized(policy, load_results(plan.out / "results.json"), write_report(plan.out), tuple(skipped))


def _tune(plan: Plan, model_sha256: str, say: Callable[[str, float], None]) -> None:
    profile = recorded(load_profile(plan.out / "profile.jsonl"), model_sha256)
    tune(
        plan.model,
        plan.data,
        profile,
        seed=plan.seed,
        out=plan.out / "curve.json",
        measure=LiveHost(plan.model, seed=plan.seed),
        cache=plan.out / "cache",
        progress=say,
    )


def _certify(plan: Plan) -> None:
    """Builds and certifies; the policy is written once, with its certificate."""
    curve_path = plan.out / "curve.json"
    curve, weights = load_curve(curve_path)
    target = plan.out / "policy.approx"
    before = policy_at(target)
    sequence = next_sequence(before)
    policy = build_policy(
        curve,
        weights,
        plan.model,
        plan.data,
        weights_from=weights_path(curve_path),
        aim=plan.aim,
        sequence=sequence,
        seed=plan.seed,
    )
    save_policy(target, certify(policy, plan.model, plan.data, epsilon=plan.epsilon, delta=plan.delta, before=before))


def _evaluate(plan: Plan, policy: Policy, tested: Data, say: Callable[[str, float], None]) -> None:
    curve_path = plan.out / "curve.json"
    curve, weights = load_curve(curve_path)
    beside = WeightsFile(path=weights_path(curve_path))
    single = best_single(curve, weights, plan.model, plan.data, weights_from=beside, aim=plan.aim)
    results = compare(
        plan.model,
        policy,
        tested,
        unseen=plan.test is not None,
        single=None if single is None else single.spec(beside),
        int8=plan.int8,
        seed=plan.seed,
        progress=say,
    )
    save_results(plan.out / "results.json", results)


def certification_part(data: Data, policy: Policy) -> Data:
    """The samples that tuning never saw. Raises DataError when `data` is not what the policy was tuned on."""
    return data.part(rebuild(policy.split, data).certification)


def unseen_part(test: Data, data: Data) -> Data:
    """The samples of `test` that are not in `data`, and a name that says so. Raises DataError when there are none."""
    shared = found_in(test.x, fingerprints(data.x))
    if len(shared) == 0:
        return test
    if len(shared) == len(test):
        raise DataError(f"{test.name}: every sample of it is in {data.name} too; give samples that are new")
    kept = np.setdiff1d(np.arange(len(test)), shared)
    return replace(test.part(kept), name=f"{test.name} (less {len(shared)} that are in {data.name} too)")


def policy_at(path: Path) -> Policy | None:
    """The policy that stands there now, if one does."""
    try:
        return load_policy(path)
    except PolicyError:
        return None


def next_sequence(before: Policy | None) -> int:
    """One more than that of the policy before; 0 when there is none."""
    return 0 if before is None else before.sequence + 1
