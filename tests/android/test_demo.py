"""What the demo app carries holds for the library of the day, and has words for everything that it can show."""

from __future__ import annotations

import hashlib
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from approxlite.formats.policy import load_policy
from approxlite.runtime.ladder import Ladder
from approxlite.runtime.library import numerics_version
from approxlite.runtime.probes import check_probes

REPOSITORY = Path(__file__).parents[2]
SOURCE = REPOSITORY / "android/demo/src/main"
NAMES = ("activity", "keyword")


@pytest.mark.parametrize("name", NAMES)
def test_policies_hold_for_the_models_and_this_library(name: str) -> None:
    policy, model = load_policy(SOURCE / f"assets/{name}.approx"), (SOURCE / f"assets/{name}.tflite").read_bytes()
    assert [each.sha256 for each in policy.models] == [hashlib.sha256(model).hexdigest()]
    assert policy.numerics_version == numerics_version(), "make them anew; android/demo/README.md says how"
    assert policy.certificate is not None and policy.guard is not None and policy.device_class is None
    assert len(policy.ladder) > 1 and policy.probes
    with Ladder([model], policy.ladder) as ladder:
        check_probes(policy, ladder)


def words(name: str) -> int:
    root = ElementTree.parse(SOURCE / "res/values/strings.xml").getroot()
    return len(root.findall(f"string-array[@name='{name}']/item"))


@pytest.mark.parametrize(
    ("name", "header", "prefix"),
    [("reasons", "controller.h", "APPROX_REASON"), ("alarms", "guard.h", "APPROX_ALARM")],
)
def test_every_reason_and_alarm_has_its_words(name: str, header: str, prefix: str) -> None:
    text = (REPOSITORY / "native/include/approxlite" / header).read_text()
    assert words(name) == len(set(re.findall(rf"\b{prefix}_[A-Z_]+ ?=", text)))


def test_every_answer_of_the_models_has_its_words() -> None:
    assert (words("activities"), words("words")) == (6, 12)
