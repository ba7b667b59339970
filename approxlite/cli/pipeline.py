"""From an unmodified model to a certified policy and its report: every stage in turn, each skipped when it is done."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from approxlite.cli.knobs import check_has_knobs
from approxlite.cli.stages import Stages
from approxlite.formats.curve import load_curve
from approxlite.formats.data import Data
from approxlite.formats.errors import PolicyError
from approxlite.formats.policy import Policy, load_policy, save_policy
from approxlite.formats.profile import load_profile
from approxlite.model import load_model
from approxlite.policy.build import best_single, build_policy
from approxlite.policy.certify import certify
from approxlite.policy.split import rebuild
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
    Raises ApproxError; GuardError when not even the exact configuration can be certified with this much data.
    """
    check_has_knobs(plan.model)
    plan.out.mkdir(parents=True, exist_ok=True)
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
    tested = plan.test or certification_part(plan.data, policy)
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
    curve, weights = load_curve(plan.out / "curve.json")
    target = plan.out / "policy.approx"
    sequence = next_sequence(target)
    policy = build_policy(curve, weights, plan.model, plan.data, aim=plan.aim, sequence=sequence, seed=plan.seed)
    save_policy(target, certify(policy, plan.model, plan.data, epsilon=plan.epsilon, delta=plan.delta))


def _evaluate(plan: Plan, policy: Policy, tested: Data, say: Callable[[str, float], None]) -> None:
    curve, weights = load_curve(plan.out / "curve.json")
    single = best_single(curve, weights, plan.model, plan.data, aim=plan.aim)
    results = compare(
        plan.model,
        policy,
        tested,
        unseen=plan.test is not None,
        single=None if single is None else single.spec(),
        int8=plan.int8,
        seed=plan.seed,
        progress=say,
    )
    save_results(plan.out / "results.json", results)


def certification_part(data: Data, policy: Policy) -> Data:
    """The samples that tuning never saw. Raises DataError when `data` is not what the policy was tuned on."""
    kept = rebuild(policy.split, data).certification
    return replace(data, x=data.x[kept], y=None if data.y is None else data.y[kept])


def next_sequence(out: Path) -> int:
    """One more than the policy that stands there now; 0 when there is none."""
    try:
        return load_policy(out).sequence + 1
    except PolicyError:
        return 0
