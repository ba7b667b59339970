"""From an unmodified model to a certified policy and its report: every stage in turn, each skipped when it is done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from approxlite.cli.knobs import check_can_be_tuned
from approxlite.cli.on_devices import profile_on
from approxlite.cli.options import AGENTS
from approxlite.cli.stages import Stages
from approxlite.formats.agreement import TOP_ONE, AgreementRule
from approxlite.formats.curve import load_curve, weights_path
from approxlite.formats.data import Data, digest
from approxlite.formats.document import Document, make_folder, parse_document, read_bytes, save_atomically
from approxlite.formats.errors import DataError, FormatError, PolicyError
from approxlite.formats.input_form import InputForm
from approxlite.formats.interval import Estimate
from approxlite.formats.policy import ClassMap, Policy, load_policy, save_policy
from approxlite.formats.profile import load_profile
from approxlite.formats.weights_file import WeightsFile
from approxlite.model import load_model
from approxlite.policy.build import best_single, build_ladder
from approxlite.policy.certify import certify, check_enough, check_shares, units_of
from approxlite.policy.fingerprints import fingerprints, found_in
from approxlite.policy.rungs import ITSELF, Tuned, merge_weights
from approxlite.policy.split import rebuild, split
from approxlite.policy.stock_times import stock_times
from approxlite.profiler.host import host_device
from approxlite.profiler.live import LiveHost
from approxlite.profiler.profile import profile_host
from approxlite.profiler.summary import recorded
from approxlite.report.collect import write_report
from approxlite.report.comparison import compare
from approxlite.report.results import Results, load_results, save_results
from approxlite.runtime.input_map import InputMap
from approxlite.runtime.library import numerics_version
from approxlite.runtime.stock import StockInterpreter
from approxlite.tuner.tune import tune

StageProgress = Callable[[str], AbstractContextManager[Callable[[str, float], None]]]
"""`with progress("tune") as say:` begins a stage; `say(what, share)` tells how far it is."""


_LADDER = "ladder.json"
_CAMPAIGN = "campaign.json"


class _Times(Document):
    """Of stock LiteRT on each model, as shares of its time on the last."""

    stock_times: tuple[Estimate, ...]


class _Profiled(Document):
    """The campaign in profile.jsonl to go by: one that was gone on with stands before others that were opened since."""

    campaign: str


@dataclass(frozen=True)
class Smaller:
    """A further model of the same task, smaller than the plan's, for the same ladder.

    class_map: its classes as the plan's model's. form: how its input is made of that model's. None where equal.
    """

    model: Path
    class_map: ClassMap = None
    form: InputForm | None = None


@dataclass(frozen=True)
class Plan:
    """What to make of which model. seconds: how long to profile, and how long to time the results.

    smaller: further models of one ladder, whose last and best is `model`. agreement: when two answers are the same.

    quality: how answers are scored against the truth (policy/quality.py), where the data has one. block: samples follow
    one another in time, and those that many apart are independent.
    device: where to profile, this computer or a serial; agents: programs for it.
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
    smaller: tuple[Smaller, ...] = ()
    agreement: AgreementRule = TOP_ONE
    quality: str = "top_one"
    block: int | None = None
    device: str = "host"
    agents: Path = AGENTS

    @property
    def models(self) -> list[Path]:
        """All of the ladder, the best last."""
        return [*(each.model for each in self.smaller), self.model]

    @property
    def folders(self) -> list[Path]:
        """Where each model's profile and curve go."""
        return [*(self.out / "smaller" / str(number) for number in range(len(self.smaller))), self.out]


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
    for model in plan.models:
        check_can_be_tuned(model, plan.agreement.loss)
    check_shares(plan.epsilon, plan.delta)
    kept = plan.data.part(split(plan.data, plan.seed).certification)
    check_enough(units_of(kept, plan.block), plan.epsilon, plan.delta)
    test = None if plan.test is None else unseen_part(plan.test, plan.data)
    data = ladder_data(plan)
    make_folder(plan.out)
    stages = Stages(plan.out)
    skipped: list[str] = []

    def is_done(stage: str, inputs: list[object], place: Stages = stages) -> bool:
        if not place.is_done(stage, inputs):
            return False
        skipped.append(stage)
        skipping(stage)
        return True

    digests: list[object] = []
    for model, own, folder in zip(plan.models, data, plan.folders, strict=True):
        make_folder(folder)
        place = stages if folder == plan.out else Stages(folder)
        where = host_device().fingerprint if plan.device == "host" else plan.device
        machine = [load_model(model).sha256, numerics_version(), where, plan.seed]
        inputs: list[object] = [*machine, plan.seconds]
        if not place.digest(_CAMPAIGN) or not is_done("profile", inputs, place):
            with progress("profile") as say:
                _profile(plan, model, folder, say)
            place.finish("profile", inputs, ["profile.jsonl", _CAMPAIGN])
        inputs = [*machine, place.digest("profile.jsonl"), place.digest(_CAMPAIGN), own.sha256, own.by]
        if plan.agreement != TOP_ONE or plan.quality != "top_one":
            inputs += [plan.agreement, plan.quality]
        if not is_done("tune", inputs, place):
            with progress("tune") as say:
                _tune(plan, model, own, folder, say)
            place.finish("tune", inputs, ["curve.json", "weights.bin"])
        digests += [machine, place.digest("curve.json")]
    inputs = [*digests, plan.data.sha256, plan.aim, plan.epsilon, plan.delta]
    if plan.smaller or plan.agreement != TOP_ONE:
        inputs += [plan.smaller, plan.agreement]
    if plan.block is not None:
        inputs.append(plan.block)
    if not is_done("certify", inputs):
        with progress("certify") as say:
            _certify(plan, data, say)
        stages.finish("certify", inputs, ["policy.approx", *([_LADDER] if plan.smaller else [])])
    policy = load_policy(plan.out / "policy.approx")
    tested = certification_part(plan.data, policy) if test is None else test
    inputs = [*digests, stages.digest("policy.approx"), tested.sha256, plan.int8 and load_model(plan.int8).sha256]
    if plan.quality != "top_one":
        inputs.append(plan.quality)
    if not is_done("evaluate", inputs):
        with progress("evaluate") as say:
            _evaluate(plan, data, policy, tested, say)
        stages.finish("evaluate", inputs, ["results.json"])
    return Optimized(policy, load_results(plan.out / "results.json"), write_report(plan.out), tuple(skipped))


def ladder_data(plan: Plan) -> list[Data]:
    """The plan's data as each model takes it, the plan's own last. Raises PolicyError when one cannot take it."""
    if not plan.smaller:
        return [plan.data]
    last = StockInterpreter(plan.model).get_input_details()[0]
    data = []
    for each in plan.smaller:
        x = InputMap(last, StockInterpreter(each.model).get_input_details()[0], each.form).samples(plan.data.x)
        y = plan.data.y if each.class_map is None else None  # numbers of the last model's classes
        data.append(replace(plan.data, x=x, y=y, sha256=digest(x, y)))
    return [*data, plan.data]


def _profile(plan: Plan, model: Path, folder: Path, say: Callable[[str, float], None]) -> None:
    out = folder / "profile.jsonl"
    if plan.device == "host":
        measured = profile_host(model, out, budget_s=plan.seconds, seed=plan.seed, progress=say)
    else:
        found = profile_on([plan.device], model, out, plan.agents, seconds=plan.seconds, seed=plan.seed)
        measured = found.profiles[0]
    profiled = _Profiled(campaign=measured.campaign.campaign)
    save_atomically(folder / _CAMPAIGN, profiled.model_dump_json().encode())


def _tune(plan: Plan, model: Path, data: Data, folder: Path, say: Callable[[str, float], None]) -> None:
    place = folder / _CAMPAIGN
    profiled = parse_document(_Profiled, read_bytes(place, FormatError), str(place))
    tune(
        model,
        data,
        recorded(load_profile(folder / "profile.jsonl"), load_model(model).sha256, profiled.campaign),
        seed=plan.seed,
        out=folder / "curve.json",
        measure=LiveHost(model, seed=plan.seed) if plan.device == "host" else None,
        cache=folder / "cache",
        rule=plan.agreement.model_copy(update={"classes": 1}),  # as many as that model has
        quality=plan.quality,
        progress=say,
    )


def _tuned(plan: Plan, data: Sequence[Data], times: Sequence[Estimate]) -> tuple[list[Tuned], WeightsFile | None]:
    """The models of the ladder, and the file with what their rungs bring along."""
    last = Smaller(plan.model)
    several = bool(plan.smaller)
    tuned = []
    for number, each in enumerate([*plan.smaller, last]):
        curve, weights = load_curve(plan.folders[number] / "curve.json")
        name = f"m{number}" if several else ""
        tuned.append(Tuned(curve, weights, each.model, data[number], each.class_map, each.form, times[number], name))
    if several:
        return tuned, merge_weights(tuned, plan.out / "ladder-weights.bin")
    return tuned, WeightsFile(path=weights_path(plan.out / "curve.json"))


def _certify(plan: Plan, data: Sequence[Data], say: Callable[[str, float], None]) -> None:
    """Builds and certifies; the policy is written once, with its certificate."""
    target = plan.out / "policy.approx"
    before = policy_at(target)
    forms = [*(each.form for each in plan.smaller), None]
    search = split(plan.data, plan.seed).search
    times = stock_times(
        plan.models,
        plan.data.x[search],
        forms,
        seed=plan.seed,
        progress=lambda done: say("timing stock on every model", done),
    )
    if plan.smaller:
        save_atomically(plan.out / _LADDER, _Times(stock_times=tuple(times)).model_dump_json().encode())
    tuned, weights = _tuned(plan, data, times)
    policy = build_ladder(
        tuned,
        weights=weights,
        aim=plan.aim,
        sequence=next_sequence(before),
        seed=plan.seed,
    )
    certified = certify(
        policy, plan.models, plan.data, epsilon=plan.epsilon, delta=plan.delta, block=plan.block, before=before
    )
    save_policy(target, certified)


def _evaluate(
    plan: Plan, data: Sequence[Data], policy: Policy, tested: Data, say: Callable[[str, float], None]
) -> None:
    place = plan.out / _LADDER
    times = [ITSELF]
    if plan.smaller:
        times = list(parse_document(_Times, read_bytes(place, FormatError), str(place)).stock_times)
    tuned, weights = _tuned(plan, data, times)
    results = compare(
        plan.models,
        policy,
        tested,
        unseen=plan.test is not None,
        single=best_single(tuned, weights=weights, aim=plan.aim),
        weights=weights,
        class_maps=[each.class_map for each in tuned],
        int8=plan.int8,
        quality=plan.quality,
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
