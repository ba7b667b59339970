"""The results of a pipeline are on samples that tuning has not seen, and say so."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from approxlite.cli.pipeline import unseen_part
from approxlite.formats.errors import DataError
from support.policies import small_data


def test_test_samples_that_were_tuned_on_are_left_out_and_counted() -> None:
    data, new = small_data(20), small_data(10, seed=9)
    mixed = dataclasses.replace(new, x=np.concatenate([new.x, data.x[:3]]), y=None, name="test.npz")
    kept = unseen_part(mixed, data)
    assert np.array_equal(kept.x, new.x)
    assert kept.name.startswith("test.npz (less 3 that are in")
    assert unseen_part(new, data) is new


def test_test_data_without_a_new_sample_is_refused() -> None:
    with pytest.raises(DataError, match="every sample of it is in"):
        unseen_part(small_data(10), small_data(10))
