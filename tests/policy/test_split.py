"""What tuning sees and what certifies never meet, and a recorded split can be made again."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from approxlite.formats.data import Data
from approxlite.formats.errors import DataError
from approxlite.policy.fingerprints import found_in
from approxlite.policy.split import rebuild, split


def data_of(samples: int, name: str = "d.npz") -> Data:
    return Data(np.arange(samples, dtype=np.float32)[:, np.newaxis], None, f"{samples:064x}", name)


@given(st.integers(2, 3000), st.integers(0, 1000), st.floats(0.2, 0.8))
def test_certification_samples_are_never_tuning_samples(samples: int, seed: int, certification: float) -> None:
    parts = (
        split(data_of(samples), seed, certification=certification) if samples > 20 else split(data_of(samples), seed)
    )
    tuning = set(parts.calibration) | set(parts.search)
    assert tuning.isdisjoint(parts.certification)
    assert tuning | set(parts.certification) == set(range(samples))
    assert len(parts.certification) >= (certification if samples > 20 else 0.5) * samples


@given(st.integers(20, 500), st.integers(0, 1000))
def test_calibration_and_search_can_be_kept_apart(samples: int, seed: int) -> None:
    parts = split(data_of(samples), seed, calibration=0.25)
    everything = np.concatenate([parts.calibration, parts.search, parts.certification])
    assert sorted(everything) == list(range(samples))


@given(st.integers(20, 500), st.integers(0, 1000), st.sampled_from([None, 0.25]))
def test_a_recorded_split_can_be_made_again(samples: int, seed: int, calibration: float | None) -> None:
    data = data_of(samples)
    parts = split(data, seed, calibration=calibration)
    again = rebuild(parts.record(), data)
    for field in ("calibration", "search", "certification"):
        assert (getattr(parts, field) == getattr(again, field)).all()


def with_copies(samples: int, copies: int) -> Data:
    """Each sample `copies` times in a row."""
    data = data_of(samples)
    return dataclasses.replace(data, x=np.repeat(data.x, copies, axis=0))


@given(st.integers(2, 200), st.integers(1, 5), st.integers(0, 1000))
def test_copies_of_a_sample_never_stand_on_both_sides_or_count_twice(samples: int, copies: int, seed: int) -> None:
    data = with_copies(samples, copies)
    parts = split(data, seed)
    tuning, certifying = data.x[parts.search].ravel().tolist(), data.x[parts.certification].ravel().tolist()
    assert sorted([*tuning, *certifying]) == list(range(samples))
    assert (rebuild(parts.record(), data).certification == parts.certification).all()


def test_copies_of_one_sample_cannot_be_divided() -> None:
    with pytest.raises(DataError, match="1 different samples are too few"):
        split(with_copies(1, 300))


def test_a_record_recognises_tuning_samples_in_other_data() -> None:
    data = data_of(300)
    parts = split(data)
    sketch = parts.record().tuning_sketch
    assert len(found_in(data.x[parts.search][::-1], sketch)) == len(sketch) == 64
    assert len(found_in(data.x[parts.certification], sketch)) == 0


def test_a_split_never_changes_between_versions() -> None:
    assert split(data_of(10), 0).certification.tolist() == [0, 1, 2, 5, 6]


def test_the_larger_half_certifies() -> None:
    assert len(split(data_of(299)).certification) == 150


def test_a_record_refuses_other_data() -> None:
    record = split(data_of(100)).record()
    with pytest.raises(DataError, match="not the data it was tuned on"):
        rebuild(record, data_of(101))
    with pytest.raises(DataError, match="do not divide"):
        rebuild(record, dataclasses.replace(data_of(101), sha256=record.data_sha256))


def test_a_single_sample_cannot_be_divided() -> None:
    with pytest.raises(DataError, match="too few"):
        split(data_of(1))


@pytest.mark.parametrize(("certification", "calibration"), [(0.0, None), (1.0, None), (0.5, 0.5), (0.5, 0.0)])
def test_shares_that_leave_nothing_are_refused(certification: float, calibration: float | None) -> None:
    with pytest.raises(ValueError, match="leave nothing"):
        split(data_of(100), certification=certification, calibration=calibration)
