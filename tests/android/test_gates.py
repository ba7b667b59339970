"""What was built for Android is what Android takes; the gates refuse what it does not."""

from __future__ import annotations

import importlib.util
import io
import os
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

import approxlite

REPOSITORY = Path(__file__).parents[2]
BUILD = REPOSITORY / "build/android"


def load_gates() -> ModuleType:
    spec = importlib.util.spec_from_file_location("gates", REPOSITORY / "scripts/android/gates.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


gates = load_gates()
PACKAGES = [*sorted(BUILD.glob("*.aar")), *sorted(BUILD.glob("*.apk"))]
NOT_BUILT = pytest.param(None, marks=pytest.mark.skip(reason="needs what scripts/build-android builds"), id="none")


@pytest.mark.parametrize("package", [pytest.param(path, id=path.name) for path in PACKAGES] or [NOT_BUILT])
def test_what_was_built_is_what_android_takes(package: Path) -> None:
    assert gates.refusals(package) == []


def desk_library() -> bytes:
    """A library for Linux: Android would refuse it for its imports."""
    return Path(*approxlite.__path__, "_native/libapproxlite.so").read_bytes()


def test_a_library_for_the_desk_is_refused() -> None:
    found = gates.refusals_of_library(io.BytesIO(desk_library()), "x86_64")
    assert any(why.startswith("needs libc.so.6") or "libc.so.6" in why for why in found)
    assert any(why.startswith("imports malloc of version GLIBC") for why in found)
    assert any("aligned to 4096 bytes" in why for why in found)


def test_a_library_for_another_processor_is_refused() -> None:
    found = gates.refusals_of_library(io.BytesIO(desk_library()), "arm64-v8a")
    assert "is for EM_X86_64, not for arm64-v8a" in found


def test_tflite_is_the_only_library_that_may_lie_on_small_pages(tmp_path: Path) -> None:
    package = tmp_path / "app.aar"
    for name, excepted in ((gates.TFLITE, True), ("libother.so", False)):
        with zipfile.ZipFile(package, "w") as archive:
            archive.writestr(f"jni/x86_64/{name}", desk_library())
        assert any("aligned to 4096" in why for why in gates.refusals_of_package(package)) != excepted


def test_libraries_of_an_apk_are_stored_at_pages(tmp_path: Path) -> None:
    package = tmp_path / "app.apk"
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("classes.dex", b"dex")
        archive.writestr(f"lib/x86_64/{gates.TFLITE}", desk_library(), zipfile.ZIP_DEFLATED)
    found = gates.refusals_of_package(package)
    assert f"lib/x86_64/{gates.TFLITE} is compressed" in found
    assert any("not at a page of 16384" in why for why in found)
    assert any(why.startswith("lacks lib/arm64-v8a/libapproxlite.so") for why in found)


def test_a_package_that_is_too_large_is_refused(tmp_path: Path) -> None:
    package = tmp_path / "app.apk"
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("assets/model", bytes(gates.MOST_APK_BYTES))
    assert any("more than 11000000" in why for why in gates.refusals_of_package(package))


def test_packages_come_out_the_same_from_the_same_contents(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("package", REPOSITORY / "scripts/android/package.py")
    assert spec is not None and spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(package)
    (tmp_path / "a").write_bytes(b"1")
    made = []
    for name in ("one.zip", "two.zip"):
        package.main("zip", str(tmp_path / name), f"x/y={tmp_path / 'a'}")
        made.append((tmp_path / name).read_bytes())
        os.utime(tmp_path / "a", (0, 0))
    assert made[0] == made[1]
