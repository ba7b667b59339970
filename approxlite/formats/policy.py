"""policy.approx: what a phone follows. A zip of stored members: policy.json, and later rungs.bin and signature."""

from __future__ import annotations

import io
import os
import zipfile
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from approxlite.formats.configuration import Configuration
from approxlite.formats.document import Document, parse_document, read_bytes, save_atomically
from approxlite.formats.errors import ConfigurationError, PolicyError, one_line
from approxlite.formats.interval import Estimate
from approxlite.formats.provenance import ModelReference, Sha256, SplitRecord, Time
from approxlite.formats.rung import RungSpec
from approxlite.formats.scale import Scale

MAX_RUNGS = 16
MAX_JSON_BYTES = 20_000
MAX_MEMBER_BYTES = {"policy.json": MAX_JSON_BYTES, "rungs.bin": 256 * 1024 * 1024, "signature": 1024}
_MAX_ARCHIVE_BYTES = sum(MAX_MEMBER_BYTES.values()) + 4096
_OLDEST_ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # equal policies are equal bytes

RungIndex = Annotated[int, Field(ge=0, lt=MAX_RUNGS)]


class LadderRung(Document):
    """One rung: a model of the policy and a configuration of it. Cost is a share of stock LiteRT float time."""

    model: Annotated[int, Field(ge=0)] = 0
    configuration: str  # canonical
    cost: Estimate
    scales: dict[str, Scale] = Field(default_factory=dict)

    def spec(self) -> RungSpec:
        """As the engine takes it."""
        return RungSpec(configuration=self.configuration, scales=self.scales)


class Stage(Document):
    """Run `rung`; a confidence of at least `threshold` accepts the answer. The last stage accepts all and has None."""

    rung: RungIndex
    threshold: float | None = None


class Rule(Document):
    """fixed: one stage. cascade: the next stage runs on the same input while the confidence is too low."""

    kind: Literal["fixed", "cascade"]
    confidence: Literal["top_two_ratio", "top_two_difference"]
    stages: Annotated[tuple[Stage, ...], Field(min_length=1, max_length=MAX_RUNGS)]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.kind == "fixed") != (len(self.stages) == 1):
            raise ValueError(f"a {self.kind} rule cannot have {len(self.stages)} stages")
        check_stages(self.stages)
        return self


class Candidate(Document):
    """Stages that certification may settle on, with what the search samples said about them."""

    stages: Annotated[tuple[Stage, ...], Field(min_length=1, max_length=MAX_RUNGS)]
    cost: Estimate
    disagreement: Estimate

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        check_stages(self.stages)
        return self


class CandidateTest(Document):
    """One candidate as certification tried it. `p_value` is that of "it disagrees on more than epsilon"."""

    candidate: Annotated[int, Field(ge=0)]
    disagreements: Annotated[int, Field(ge=0)]
    p_value: Annotated[float, Field(ge=0, le=1)]


class Certificate(Document):
    """On data like the certification data, the policy disagrees with exact on at most `epsilon` of the inputs, with
    confidence 1 - `delta`. `upper_bound` is the bound these samples give, at most epsilon."""

    created: Time
    method: str
    epsilon: Annotated[float, Field(gt=0, lt=1)]
    delta: Annotated[float, Field(gt=0, lt=1)]
    data_sha256: Sha256
    samples: Annotated[int, Field(ge=1)]
    disagreements: Annotated[int, Field(ge=0)]
    p_value: Annotated[float, Field(ge=0, le=1)]
    upper_bound: Annotated[float, Field(ge=0, le=1)]
    smallest_epsilon: Annotated[float, Field(ge=0, le=1)]  # that this many samples can support, without a disagreement
    candidate: Annotated[int, Field(ge=0)]  # the one certified
    tests: Annotated[tuple[CandidateTest, ...], Field(min_length=1)]  # in order; only the last may have failed
    samples_for_two_percent: Annotated[int, Field(ge=1)]  # in all, if no further one disagrees
    claims: Annotated[int, Field(ge=1)] = 1  # certificates given one after another on the same data, with this one
    samples_for_next: Annotated[int, Field(ge=1)] | None  # the same, to pass the candidate that failed
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
    """The whole of policy.json."""

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
    rule: Rule
    candidates: tuple[Candidate, ...]  # most cautious first: the fixed sequence that certification walks
    split: SplitRecord
    certificate: Certificate | None
    probes: tuple[Probe, ...]
    validity: Validity

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
        stages = [*self.rule.stages, *(stage for candidate in self.candidates for stage in candidate.stages)]
        used = [self.exact_rung, *(stage.rung for stage in stages), *(probe.rung for probe in self.probes)]
        if max(used) >= len(self.ladder):
            raise ValueError(f"rung {max(used)} is used, but the ladder has {len(self.ladder)}")
        if self.ladder[self.exact_rung].configuration != "exact":
            raise ValueError(f"exact_rung {self.exact_rung} is '{self.ladder[self.exact_rung].configuration}'")
        if self.certificate is not None and self.certificate.candidate >= len(self.candidates):
            raise ValueError(f"certificate is for candidate {self.certificate.candidate} of {len(self.candidates)}")
        return self


def check_stages(stages: tuple[Stage, ...]) -> None:
    """Raises ValueError unless rungs differ and exactly the last stage has no threshold."""
    if len({stage.rung for stage in stages}) != len(stages):
        raise ValueError("two stages run the same rung")
    if any((stage.threshold is None) != (stage is stages[-1]) for stage in stages):
        raise ValueError("every stage but the last needs a threshold, and the last has none")


def save_policy(path: str | os.PathLike[str], policy: Policy) -> None:
    """Replaces the file in one step. Equal policies give equal bytes. Raises PolicyError when it grows too large."""
    content = policy.model_dump_json().encode()
    if len(content) > MAX_JSON_BYTES:
        raise PolicyError(
            f"{os.fspath(path)}: the policy takes {len(content)} bytes, {MAX_JSON_BYTES} are allowed; use fewer rungs"
        )
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as file:
        file.writestr(zipfile.ZipInfo("policy.json", _OLDEST_ZIP_TIME), content)
    save_atomically(path, archive.getvalue())


def load_policy(path: str | os.PathLike[str]) -> Policy:
    """Reads a policy that nobody vouches for. Raises PolicyError, one line."""
    where = os.fspath(path)
    members = read_members(read_bytes(path, PolicyError, _MAX_ARCHIVE_BYTES), where)
    if "policy.json" not in members:
        raise PolicyError(f"{where}: has no policy.json in it")
    return parse_document(Policy, members["policy.json"], f"{where}: policy.json", PolicyError)


def read_members(archive: bytes, where: str) -> dict[str, bytes]:
    """Members of a policy archive by name: only known names, once each, stored, within their size. PolicyError."""
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as file:
            members: dict[str, bytes] = {}
            for info in file.infolist():
                limit = MAX_MEMBER_BYTES.get(info.orig_filename)
                if limit is None:
                    raise PolicyError(f"{where}: unexpected member {info.orig_filename[:60]!r}; this is no policy")
                if info.orig_filename in members:
                    raise PolicyError(f"{where}: member '{info.orig_filename}' occurs twice")
                if info.compress_type != zipfile.ZIP_STORED or info.compress_size != info.file_size:
                    raise PolicyError(f"{where}: member '{info.orig_filename}' is compressed; policies are stored")
                if info.file_size > limit:
                    raise PolicyError(f"{where}: member '{info.orig_filename}' is larger than {limit} bytes")
                members[info.orig_filename] = file.read(info)
            return members
    except (zipfile.BadZipFile, ValueError, EOFError, OSError, NotImplementedError, RuntimeError) as problem:
        raise PolicyError(f"{where}: not a policy archive ({one_line(problem, 100)})") from None
