"""A model that the runtime shares: its policy is tied to the class of the device that it was profiled on."""

from __future__ import annotations

import pytest

from approxlite.formats.policy import Policy, load_policy
from approxlite.profiler.devices import adb
from approxlite.profiler.devices.describe import describe
from approxlite.profiler.devices.service import Service
from farm.service_app import ServiceApp
from support.model_builder import RELU, ModelBuilder
from support.phone_desk import PhoneDesk


def shared_model() -> bytes:
    """Of the shape of `small_model`, with an operator in its middle that is not ours, of which every runtime makes the
    same bits: a device takes no policy whose probes it answers otherwise."""
    builder = ModelBuilder((1, 8, 8, 3))
    x = builder.unsupported(builder.conv_2d(builder.input, 8, (3, 3), activation=RELU), "CEIL")
    x = builder.fully_connected(builder.reshape(x, (1, 8 * 8 * 8)), 5)
    return builder.build(builder.softmax(x))


@pytest.fixture(scope="module")
def desk(service_app: ServiceApp, tmp_path_factory: pytest.TempPathFactory) -> PhoneDesk:
    return PhoneDesk(tmp_path_factory.mktemp("class"), service_app, shared_model())


@pytest.fixture(scope="module")
def tied(desk: PhoneDesk) -> Policy:
    """Profiled on the device, tuned, built and signed."""
    path = desk.build(desk.profile())
    desk.run("policy", "sign", path, "--key", desk.key)
    return load_policy(path)


def test_what_was_tuned_on_a_device_is_tied_to_its_class_and_taken_by_it(desk: PhoneDesk, tied: Policy) -> None:
    assert "ceil_1" in tied.portability
    assert tied.device_class == describe(adb.reached(desk.serial)).device.fingerprint
    desk.push(desk.folder / "policy.approx", "--trust")
    assert desk.status()["sequence"] == tied.sequence
    assert sum(desk.ask(20).values()) == 20


def test_a_device_of_another_class_refuses_it_and_says_why(desk: PhoneDesk, tied: Policy) -> None:
    before = desk.status()["policy_sha256"]
    elsewhere = {"device_class": "0123456789abcdef", "sequence": tied.sequence + 1}
    other = desk.sign(tied.model_copy(update=elsewhere), "other.approx")
    desk.push(other, code=2)
    outcome = Service(adb.reached(desk.serial)).give("policy", other.read_bytes())
    assert outcome.reason == "OTHER_DEVICE"
    assert "0123456789abcdef" in outcome.message and str(tied.device_class) in outcome.message
    assert desk.status()["policy_sha256"] == before
