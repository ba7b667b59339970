"""Which model, device, data and samples a number came from."""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, Field

from approxlite.formats.document import Document, JournalRow

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Fingerprint = Annotated[str, Field(pattern=r"^[0-9a-f]{12}$")]
Time = AwareDatetime


class ModelReference(Document):
    """A model file, by its bytes."""

    sha256: Sha256
    name: str


class Device(JournalRow):
    """What a measurement ran on. `fingerprint` is equal for equal hardware and system."""

    fingerprint: str
    cpu: str
    features: tuple[str, ...]
    os: str


class SplitRecord(Document):
    """How one data set was divided: sample counts per part, reproducible from the seed.

    tuning_sketch: fingerprints of a few samples of calibration and search, to recognise them in other data.
    by: the array of the data that names groups, where no group is in two parts; "" where samples were divided.
    """

    seed: int
    data_sha256: Sha256
    calibration: Annotated[int, Field(ge=0)]
    search: Annotated[int, Field(ge=0)]
    certification: Annotated[int, Field(ge=0)]
    tuning_sketch: Annotated[tuple[Fingerprint, ...], Field(max_length=64)] = ()
    by: str = ""
