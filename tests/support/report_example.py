"""A folder as `optimize` leaves it, with made-up numbers."""

from __future__ import annotations

from pathlib import Path

from approxlite.formats.configuration import Configuration, Knob
from approxlite.formats.curve import Curve, CurvePoint, Residuals, save_curve
from approxlite.formats.document import now
from approxlite.formats.interval import Estimate
from approxlite.formats.policy import (
    Candidate,
    CandidateTest,
    Certificate,
    LadderRung,
    Policy,
    Stage,
    Validity,
    save_policy,
)
from approxlite.formats.profile import BlockRow, CampaignRow, Latency, ProfiledOperator, ProfileJournal
from approxlite.formats.provenance import Device, ModelReference, SplitRecord
from approxlite.formats.rule import Rule
from approxlite.report.inspection import InspectedOperator, Inspection
from approxlite.report.results import ResultRow, Results, Role, save_results

Interval = tuple[float, float, float]
DEVICE = Device(fingerprint="f" * 16, cpu="Example CPU", features=("avx2", "avx512vnni"), os="Linux 6.1")
MODEL = ModelReference(sha256="ab" * 32, name="keyword")
SPLIT = SplitRecord(seed=0, data_sha256="cd" * 32, calibration=75, search=75, certification=149)
POINTWISE = (3, 5, 7, 9)
WORK = {"conv_2d_1": 320_000} | {
    name: work for i in POINTWISE for name, work in ((f"depthwise_conv_2d_{i - 1}", 72_000), (f"conv_2d_{i}", 512_000))
}
CHEAP = ",".join(["conv_2d_1=int8", *(f"conv_2d_{i}=int8+rows:1/2" for i in POINTWISE)])
CAUTIOUS = ",".join(f"conv_2d_{i}=int8" for i in (1, *POINTWISE))
MIDDLE = CAUTIOUS + ",depthwise_conv_2d_8=rows:1/2"
HASTY = CHEAP.replace("rows:1/2", "rows:1/3")
STAGES = (Stage(rung=2, threshold=2.31), Stage(rung=1))


def estimate(value: float, low: float, high: float, samples: int = 75) -> Estimate:
    return Estimate(value=value, low=low, high=high, samples=samples)


def point(text: str, cost: Interval, differs: Interval, predicted: float) -> CurvePoint:
    return CurvePoint(
        configuration=text, predicted_cost=cost[0], predicted_disagreement=predicted, cost=estimate(*cost, 40),
        disagreement=estimate(*differs),
    )  # fmt: skip


def write_example(folder: Path, *, certified: bool = True, results: bool = True) -> None:
    """profile.jsonl, curve.json, weights.bin, policy.approx and, if asked for, results.json."""
    folder.mkdir(parents=True, exist_ok=True)
    _write_profile(folder / "profile.jsonl")
    _write_curve(folder / "curve.json")
    save_policy(folder / "policy.approx", _policy(certified))
    if results:
        save_results(folder / "results.json", _results())


def _write_profile(path: Path) -> None:
    configurations = [Configuration.parse(text) for text in ("exact", CAUTIOUS, CHEAP, HASTY, MIDDLE)]
    knobs = {name: tuple(dict.fromkeys(str(each.knob(name)) for each in configurations)) for name in WORK}
    operators = tuple(
        ProfiledOperator(id=name, multiply_accumulates=work, knobs=knobs[name]) for name, work in WORK.items()
    )
    campaign = CampaignRow(
        campaign="c0", time=now(), tool_version="0.1.0", model=MODEL, numerics_version=1, kernel_variant="avx512vnni",
        device=DEVICE,
        threads=1, energy_refused="no energy source has been shown to be trustworthy", operators=operators,
    )  # fmt: skip
    with ProfileJournal(path) as journal:
        journal.append(campaign)
        for round_ in range(8):
            journal.append(_block(8 * round_, round_, "stock", "exact", 40_000, {}))
            for number, configuration in enumerate(configurations, 1):
                times = {name: _nanoseconds(name, configuration.knob(name)) for name in WORK}
                total = sum(times.values()) + 2_000
                journal.append(_block(8 * round_ + number, round_, "approxlite", str(configuration), total, times))


def _nanoseconds(name: str, knob: Knob) -> int:
    exact = WORK[name] * (0.03 if name.startswith("depthwise") else 0.012)
    return round(exact * (0.5 if "int8" in knob.atoms else 1) * (float(knob.fraction("rows")) + 0.1))


def _block(number: int, round_: int, subject: str, configuration: str, total: int, times: dict[str, int]) -> BlockRow:
    return BlockRow.model_validate(
        {
            "campaign": "c0",
            "block": number,
            "round": round_,
            "subject": subject,
            "configuration": configuration,
            "inferences": 50,
            "latency_ns": Latency(total=50 * total, median=total, minimum=total, maximum=total),
            "operator_ns": times,
            "time": now(),
        }
    )


def _write_curve(path: Path) -> None:
    curve = Curve(
        created=now(), tool_version="0.1.0", model=MODEL, device_class=DEVICE.fingerprint, numerics_version=1,
        split=SPLIT, weights_sha256="00" * 32,
        points=(
            point("exact", (0.93, 0.91, 0.95), (0.0, 0.0, 0.048), 0.0),
            point(CAUTIOUS, (0.55, 0.53, 0.56), (0.008, 0.002, 0.03), 0.010),
            point(MIDDLE, (0.45, 0.43, 0.46), (0.03, 0.015, 0.05), 0.020),
            point(CHEAP, (0.34, 0.33, 0.35), (0.072, 0.045, 0.11), 0.060),
            point(HASTY, (0.30, 0.28, 0.31), (0.15, 0.12, 0.19), 0.13),
        ),
        predictor_residuals=Residuals(samples=5, mean=0.002, mean_absolute=0.007, largest_absolute=0.02),
        cost_residuals=Residuals(samples=5, mean=0.001, mean_absolute=0.01, largest_absolute=0.03),
        how_found="exact knapsack over predicted losses, then 5 evaluations",
    )  # fmt: skip
    save_curve(path, curve, {})


def _policy(certified: bool) -> Policy:
    rule = Rule(kind="fixed", confidence="top_two_ratio", candidate=2)
    ladder = tuple(
        LadderRung(configuration=text, cost=estimate(*cost, 40))
        for text, cost in (("exact", (0.93, 0.91, 0.95)), (CAUTIOUS, (0.55, 0.53, 0.56)), (CHEAP, (0.34, 0.33, 0.35)))
    )
    candidates = (
        Candidate(stages=(Stage(rung=0),), cost=estimate(0.93, 0.91, 0.95), disagreement=estimate(0.0, 0.0, 0.02)),
        Candidate(stages=(Stage(rung=1),), cost=estimate(0.55, 0.53, 0.56), disagreement=estimate(0.008, 0.002, 0.03)),
        Candidate(stages=STAGES, cost=estimate(0.41, 0.40, 0.43), disagreement=estimate(0.013, 0.003, 0.07)),
    )
    certificate = Certificate(
        created=now(), method="fixed sequence, exact binomial", epsilon=0.05, delta=0.05, data_sha256="cd" * 32,
        samples=149, units=149, assumption="samples are independent", disagreements=2, p_value=0.02,
        upper_bound=0.0417,
        smallest_epsilon=0.0199, candidate=2, certified=3,
        tests=tuple(
            CandidateTest(candidate=n, disagreements=n, share=n / 149, p_value=n / 100) for n in range(3)
        ),
        units_for_two_percent=313, units_for_next=None, statement="at most 5 % of answers change",
    )  # fmt: skip
    return Policy(
        sequence=1, created=now(), tool_version="0.1.0", models=(MODEL,), numerics_version=1, device_class=None,
        portability="Every operator runs in ApproxLite.", ladder=ladder, exact_rung=0, rule=rule, candidates=candidates,
        split=SPLIT, certificate=certificate if certified else None, probes=(), validity=Validity(not_before=now()),
    )  # fmt: skip


def _results() -> Results:
    operators = (
        *((name, work, "approxlite") for name, work in WORK.items()), ("average_pool_2d_10", 0, "approxlite"),
        ("fully_connected_11", 768, "approxlite"), ("softmax_12", 0, "xnnpack"),
    )  # fmt: skip
    inspection = Inspection(
        model="keyword", sha256=MODEL.sha256, kind="float", multiply_accumulates=2_656_768, supported=12,
        portable=False, summary="ApproxLite runs 12 of 13 operators.",
        operators=tuple(
            InspectedOperator(id=name, type=name.rpartition("_")[0], shape=(1, 25, 5, 64), multiply_accumulates=work,
                              share=work / 2_656_768, ran_by=ran_by, note="", knobs=("exact",))
            for name, work, ran_by in operators
        ),
    )  # fmt: skip
    right, same, cautious = (0.917, 0.885, 0.942), (1.0, 0.99, 1.0), (0.915, 0.885, 0.942)
    rows = (
        _row("stock float", "stock", right, same, 0.0251, (1.0, 1.0, 1.0)),
        _row("stock int8", "stock", (0.912, 0.88, 0.938), (0.97, 0.95, 0.985), 0.0201, (0.8, 0.78, 0.81)),
        _row("exact", "exact", right, same, 0.0235, (0.93, 0.91, 0.95)),
        _row("best single rung", "rung", cautious, (0.99, 0.98, 1.0), 0.0135, (0.55, 0.53, 0.56), CAUTIOUS),
        _row("policy", "policy", cautious, (0.985, 0.967, 0.994), 0.0103, (0.41, 0.4, 0.43), "cascade of 2 stages"),
    )
    return Results(
        created=now(), inspection=inspection, data="test.npz", data_sha256="ef" * 32, samples=396, unseen=True,
        rounds=40, seed=0, versions={"approxlite": "0.1.0", "ai-edge-litert": "2.3.0"}, rows=rows,
        reached=(1.0, 0.17), answered=(0.0, 0.17, 0.83),
    )  # fmt: skip


def _row(
    name: str, role: Role, accuracy: Interval, agreement: Interval, time_ms: float, ratio: Interval, detail: str = ""
) -> ResultRow:
    return ResultRow(
        name=name, role=role, detail=detail, accuracy=estimate(*accuracy, 396), agreement=estimate(*agreement, 396),
        time_ms=time_ms, ratio=estimate(*ratio, 40),
    )  # fmt: skip
