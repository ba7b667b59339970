"""policy.approx: what a phone follows. policy.json, with rungs.bin where rungs run on weights of their own."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, PrivateAttr, model_validator

from approxlite.formats.agreement import TOP_ONE, AgreementRule
from approxlite.formats.archive import (
    MAX_ARCHIVE_BYTES,
    MAX_MEMBER_BYTES,
    member_offset,
    pack_members,
    read_members,
)
from approxlite.formats.configuration import Configuration
from approxlite.formats.document import Document, parse_document, read_bytes, save_atomically
from approxlite.formats.errors import ConfigurationError, FormatError, PolicyError
from approxlite.formats.guard import GuardSettings
from approxlite.formats.input_form import InputForm
from approxlite.formats.interval import Estimate
from approxlite.formats.provenance import ModelReference, Sha256, SplitRecord, Time
from approxlite.formats.rule import MAX_CANDIDATES, Rule
from approxlite.formats.rung import RungSpec
from approxlite.formats.scale import Scale
from approxlite.formats.weights import (
    Calibrated,
    Owner,
    needed_by,
    owners_of,
    pack_calibrated,
    pack_weights,
    unpack_calibrated,
    unpack_weights,
)
from approxlite.formats.weights_file import RungName, WeightsFile

MAX_RUNGS = 16

ClassMap = Annotated[tuple[Annotated[int, Field(ge=-1)], ...], Field(min_length=1)] | None
"""For each class of a model's answers the class of exact it stands for, -1 for none; None: the same classes."""

RungIndex = Annotated[int, Field(ge=0, lt=MAX_RUNGS)]


class LadderRung(Document):
    """One rung: a model of the policy and a configuration of it. Cost is a share of stock LiteRT float time, of several
    models the last one's.

    cost_ms, slow_ms: median and 99th percentile of its latency. energy_mj: of one inference. All on the policy's kind
    of device; None if nobody measured them there.
    name: what the rung's own weights are filed under in rungs.bin, in policies of several models a name of that model.
    Weights that rungs share have none: they are told apart by operator id alone, so they are for policies of one model.
    input: how the model's input is made of the last model's; None: the same numbers, on the model's own grid.
    """

    model: Annotated[int, Field(ge=0)] = 0
    configuration: str  # canonical
    cost: Estimate
    cost_ms: Estimate | None = None
    slow_ms: Estimate | None = None
    energy_mj: Estimate | None = None
    scales: dict[str, Scale] = Field(default_factory=dict)
    name: RungName = ""
    input: InputForm | None = None

    def spec(self, weights: WeightsFile | None = None) -> RungSpec:
        """As the engine takes it, with `weights` if it uses any."""
        own = weights if owners_of(self.configuration) else None
        return RungSpec(configuration=self.configuration, scales=self.scales, weights=own, name=self.name)


class Stage(Document):
    """Run `rung`; a confidence of at least `threshold` accepts the answer. The last stage accepts all and has None."""

    rung: RungIndex
    threshold: float | None = None


class Candidate(Document):
    """Stages that certification may settle on, with what the search samples said about them.

    energy_mj: of one input, escalations included; None if nobody measured it.
    reuse_change: an input that changed less than this since the last one that ran (`InputChange`) is given the answer
    before; None: never. Part of what is certified.
    """

    stages: Annotated[tuple[Stage, ...], Field(min_length=1, max_length=MAX_RUNGS)]
    cost: Estimate
    disagreement: Estimate
    energy_mj: Estimate | None = None
    reuse_change: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        check_stages(self.stages)
        return self


class CandidateTest(Document):
    """One candidate as certification tried it. `p_value` is that of "it disagrees on more than epsilon".

    disagreements: answers that differ. share: of all answers; of groups, the mean over groups of each one's share.
    """

    candidate: Annotated[int, Field(ge=0)]
    disagreements: Annotated[int, Field(ge=0)]
    share: Annotated[float, Field(ge=0, le=1)]
    p_value: Annotated[float, Field(ge=0, le=1)]


class Certificate(Document):
    """On data like the certification data, the policy disagrees with exact on at most `epsilon` of the inputs, with
    confidence 1 - `delta`. `upper_bound` is the bound these samples give, at most epsilon.

    unit: what counts as one independent observation: a sample, a group of them (all of one person or recording) or a
    block of `block` neighbours of a stream; there were `units` of them. by: the array of the data that names groups.
    certified: how many candidates passed, from the first on; the promise holds for all of them at once, so any of them
    may run. `candidate`, the last of them, is the cheapest. assumption: what has to be true of the data, for a person.
    """

    created: Time
    method: str
    epsilon: Annotated[float, Field(gt=0, lt=1)]
    delta: Annotated[float, Field(gt=0, lt=1)]
    data_sha256: Sha256
    samples: Annotated[int, Field(ge=1)]
    unit: Literal["sample", "group", "block"] = "sample"
    units: Annotated[int, Field(ge=1)]
    by: str = ""
    block: Annotated[int, Field(ge=1)] = 1
    assumption: str
    disagreements: Annotated[int, Field(ge=0)]
    p_value: Annotated[float, Field(ge=0, le=1)]
    upper_bound: Annotated[float, Field(ge=0, le=1)]
    smallest_epsilon: Annotated[float, Field(ge=0, le=1)]  # that this many units can support, without a disagreement
    candidate: Annotated[int, Field(ge=0)]
    certified: Annotated[int, Field(ge=1)]
    tests: Annotated[tuple[CandidateTest, ...], Field(min_length=1)]  # in order; only the last may have failed
    units_for_two_percent: Annotated[int, Field(ge=1)]  # in all, if no further one disagrees
    claims: Annotated[int, Field(ge=1)] = 1  # certificates given one after another on the same data, with this one
    units_for_next: Annotated[int, Field(ge=1)] | None  # the same, to pass the candidate that failed
    statement: str  # all of this for a person


class Probe(Document):
    """Outputs of one rung on inputs made from a seed; checked when the policy is installed."""

    rung: RungIndex
    seed: int
    inputs_sha256: Sha256
    outputs_sha256: Sha256


class Validity(Document):
    """Times between which the policy may be followed; None is for ever."""

    not_before: Time
    not_after: Time | None = None


class Policy(Document):
    """The whole of policy.json, and where the weights lie that its rungs bring along."""

    version: Literal[1] = 1
    sequence: Annotated[int, Field(ge=0)]
    created: Time
    tool_version: str
    models: Annotated[tuple[ModelReference, ...], Field(min_length=1, max_length=MAX_RUNGS)]
    numerics_version: int
    device_class: str | None  # None: every operator is ours, so the policy holds on any device
    portability: str  # the reason, for a person
    ladder: Annotated[tuple[LadderRung, ...], Field(min_length=1, max_length=MAX_RUNGS)]
    exact_rung: RungIndex
    agreement: AgreementRule = TOP_ONE
    class_maps: tuple[ClassMap, ...] = ()  # by model; () where all models have exact's classes
    rule: Rule
    # Most cautious first, and first of all exact alone: the fixed sequence that certification walks.
    candidates: Annotated[tuple[Candidate, ...], Field(min_length=1, max_length=MAX_CANDIDATES)]
    input_rms: Annotated[float, Field(gt=0)] | None = None  # of the inputs tuned on, by which `InputChange` measures
    split: SplitRecord
    certificate: Certificate | None
    probes: tuple[Probe, ...]
    validity: Validity
    guard: GuardSettings | None = None  # None: nothing watches
    rungs_sha256: Sha256 | None = None  # of rungs.bin; saving sets it
    _weights: WeightsFile | None = PrivateAttr(default=None)

    @property
    def stages(self) -> tuple[Stage, ...]:
        """What the rule stays with, or starts from."""
        return self.candidates[self.rule.candidate].stages

    @property
    def certified(self) -> int:
        """How many candidates, from the first on, a rule may follow: those that certification passed; without a
        certificate up to the rule's own, which whoever built the policy chose."""
        return self.rule.candidate + 1 if self.certificate is None else self.certificate.certified

    @property
    def weights(self) -> WeightsFile | None:
        """Weights for the rungs' `inputs` and `rank` knobs, once the policy has been loaded; None if it needs none."""
        return self._weights

    def with_weights(self, weights: WeightsFile | None) -> Self:
        """The same policy, with its rungs' weights among those in that file."""
        copy = self.model_copy()
        copy._weights = weights
        return copy

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for number, rung in enumerate(self.ladder):
            if rung.model >= len(self.models):
                raise ValueError(f"rung {number} has model {rung.model} of {len(self.models)}")
            try:
                canonical = str(Configuration.parse(rung.configuration))
            except ConfigurationError as problem:
                raise ValueError(f"rung {number}: {problem}") from None
            if canonical != rung.configuration:
                raise ValueError(f"rung {number} has configuration '{rung.configuration}', not '{canonical}'")
        _check_names(self.ladder)
        if self.class_maps and len(self.class_maps) != len(self.models):
            raise ValueError(f"{len(self.class_maps)} class maps for {len(self.models)} models")
        stages = [stage for candidate in self.candidates for stage in candidate.stages]
        used = [self.exact_rung, *(stage.rung for stage in stages), *(probe.rung for probe in self.probes)]
        if max(used) >= len(self.ladder):
            raise ValueError(f"rung {max(used)} is used, but the ladder has {len(self.ladder)}")
        if self.ladder[self.exact_rung].configuration != "exact":
            raise ValueError(f"exact_rung {self.exact_rung} is '{self.ladder[self.exact_rung].configuration}'")
        if [stage.rung for stage in self.candidates[0].stages] != [self.exact_rung]:
            raise ValueError("the first candidate is not exact alone, which every rule can fall back to")
        if self.ladder[self.exact_rung].model != len(self.models) - 1:
            raise ValueError("exact_rung is not of the last model, which the others are compared with")
        self._check_rule()
        if self.certificate is not None and self.certificate.candidate >= len(self.candidates):
            raise ValueError(f"certificate is for candidate {self.certificate.candidate} of {len(self.candidates)}")
        if self.certificate is not None and self.certificate.certified != self.certificate.candidate + 1:
            raise ValueError("the candidates that are certified do not end with the certificate's")
        return self

    def _check_rule(self) -> None:
        """Raises ValueError where the rule needs what the policy lacks."""
        rule, count = self.rule, len(self.candidates)
        if rule.candidate >= count:
            raise ValueError(f"the rule names candidate {rule.candidate} of {count}")
        if rule.candidate >= self.certified:
            raise ValueError(f"the rule starts at candidate {rule.candidate}, which is not certified")
        if rule.confidence_table is not None and len(rule.confidence_table) != count:
            raise ValueError(f"confidence_table is for {len(rule.confidence_table)} of {count} candidates")
        energies = [rung.energy_mj for rung in self.ladder] + [candidate.energy_mj for candidate in self.candidates]
        if rule.has_budget and None in energies:
            raise ValueError("an energy budget needs the measured energy_mj of every rung and candidate")
        times = [time for rung in self.ladder for time in (rung.cost_ms, rung.slow_ms)]
        if rule.kind in ("deadline", "auto") and None in times:
            raise ValueError(f"a {rule.kind} rule needs the measured cost_ms and slow_ms of every rung")


def check_stages(stages: tuple[Stage, ...]) -> None:
    """Raises ValueError unless rungs differ and exactly the last stage has no threshold."""
    if len({stage.rung for stage in stages}) != len(stages):
        raise ValueError("two stages run the same rung")
    if any((stage.threshold is None) != (stage is stages[-1]) for stage in stages):
        raise ValueError("every stage but the last needs a threshold, and the last has none")


def _check_names(ladder: tuple[LadderRung, ...]) -> None:
    """Raises ValueError where rungs of two models would find one another's weights."""
    several = len({rung.model for rung in ladder}) > 1
    owner: dict[str, int] = {}
    for number, rung in enumerate(ladder):
        alone = not owners_of(rung.configuration) or owner.setdefault(rung.name, rung.model) == rung.model
        if several and owners_of(rung.configuration) and not (rung.name and alone):
            raise ValueError(f"rung {number} has the weights of several models under the name '{rung.name}'")


def save_policy(path: str | os.PathLike[str], policy: Policy) -> None:
    """Replaces the file in one step, with the weights that the rungs need. Equal policies give equal bytes.

    Raises PolicyError when it grows too large or weights are missing.
    """
    where = os.fspath(path)
    rungs = _rungs(policy, where)
    content = bind_weights(policy, where).model_dump_json().encode()
    for what, name, member in (("the policy", "policy.json", content), ("rungs.bin", "rungs.bin", rungs or b"")):
        if len(member) > MAX_MEMBER_BYTES[name]:
            raise PolicyError(
                f"{where}: {what} takes {len(member)} bytes, {MAX_MEMBER_BYTES[name]} are allowed; use fewer rungs"
            )
    save_atomically(path, pack_members(content, rungs))


def bind_weights(policy: Policy, where: str = "policy") -> Policy:
    """The policy with the hash of the rungs.bin that it is saved with. Raises PolicyError when weights are missing."""
    return policy.model_copy(update={"rungs_sha256": _sha256(_rungs(policy, where))})


def load_policy(path: str | os.PathLike[str]) -> Policy:
    """Reads a policy that nobody vouches for. Raises PolicyError, one line."""
    where = os.fspath(path)
    archive = read_bytes(path, PolicyError, MAX_ARCHIVE_BYTES)
    members = read_members(archive, where)
    if "policy.json" not in members:
        raise PolicyError(f"{where}: has no policy.json in it")
    policy = parse_document(Policy, members["policy.json"], f"{where}: policy.json", PolicyError)
    rungs = members.get("rungs.bin")
    if _sha256(rungs) != policy.rungs_sha256:
        raise PolicyError(f"{where}: rungs.bin is not the one that the policy was saved with")
    _needed(policy, rungs, f"{where}: rungs.bin")
    if rungs is None:
        return policy
    return policy.with_weights(
        WeightsFile(path=Path(path), offset=member_offset(archive, "rungs.bin", rungs, where), size=len(rungs))
    )


def _rungs(policy: Policy, where: str) -> bytes | None:
    """rungs.bin with what the rungs need, None if that is nothing."""
    try:
        content = None if policy.weights is None else policy.weights.read()
    except FormatError as problem:
        raise PolicyError(f"{where}: {problem}") from None
    needed = _needed(policy, content, where if policy.weights is None else str(policy.weights.path))
    return pack_weights(pack_calibrated(needed)) if needed else None


def _needed(policy: Policy, content: bytes | None, where: str) -> dict[Owner, Calibrated]:
    """The weights that the rungs run with, among those in `content`. Raises PolicyError if some are missing."""
    needed: dict[Owner, Calibrated] = {}
    try:
        calibrated = {} if content is None else unpack_calibrated(unpack_weights(content, where), where)
        for rung in policy.ladder:
            if owners_of(rung.configuration):
                found = needed_by(rung.configuration, rung.name, calibrated, where)
                if len(policy.models) > 1 and any(not own.rung for own in found):
                    raise FormatError(f"{where}: has weights that models share, which only one model's rungs can")
                needed |= found
    except FormatError as problem:
        raise PolicyError(str(problem)) from None
    return needed


def _sha256(content: bytes | None) -> str | None:
    return None if content is None else hashlib.sha256(content).hexdigest()
