"""The results of a pipeline are on samples that tuning has not seen, and say so."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from approxlite.cli import pipeline
from approxlite.cli.pipeline import Plan, unseen_part
from approxlite.cli.tiny_model import tiny_model
from approxlite.formats.document import now
from approxlite.formats.errors import DataError
from approxlite.formats.profile import CampaignRow, ProfileJournal
from approxlite.formats.provenance import Device, ModelReference
from approxlite.model import load_model
from approxlite.profiler import summary
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


def test_a_device_that_was_profiled_before_another_is_tuned_by_its_own_times(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = tmp_path / "m.tflite"
    model.write_bytes(tiny_model())
    campaigns = {
        name: CampaignRow(
            campaign=name, time=now(), tool_version="0", device=Device(fingerprint=name, cpu="c", features=(), os="o"),
            model=ModelReference(sha256=load_model(model).sha256, name="m"), numerics_version=2,
            kernel_variant="scalar", threads=1, energy_refused="not measured", operators=(),
        )
        for name in ("A", "B")
    }  # fmt: skip
    with ProfileJournal(tmp_path / "profile.jsonl") as journal:
        journal.append(*campaigns.values())
    tuned: list[str] = []

    def profile_on(devices: list[str], *_: object, **__: object) -> SimpleNamespace:
        return SimpleNamespace(profiles=(SimpleNamespace(campaign=campaigns[devices[0]]),))

    monkeypatch.setattr(pipeline, "profile_on", profile_on)
    monkeypatch.setattr(summary, "summarise", lambda campaign, _blocks: campaign.campaign)
    monkeypatch.setattr(pipeline, "tune", lambda _model, _data, measured, **_: tuned.append(measured))
    for device in ("A", "B", "A"):
        plan = Plan(model, small_data(10), tmp_path, 0.1, 0.1, 0.1, device=device)
        pipeline._profile(plan, model, tmp_path, lambda _what, _share: None)
        pipeline._tune(plan, model, plan.data, tmp_path, lambda _what, _share: None)
    assert tuned == ["A", "B", "A"]
