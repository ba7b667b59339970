"""The Gradle files, which are not executed here, say what scripts/build-android does."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

import approxlite

REPOSITORY = Path(__file__).parents[2]
RUNTIME = (REPOSITORY / "android/runtime/build.gradle").read_text()
APPS = (REPOSITORY / "android/app.gradle").read_text()
SCRIPT = "".join((REPOSITORY / "scripts/lib" / name).read_text() for name in ("java", "android"))


def the(pattern: str, text: str) -> str:
    found = re.findall(pattern, text)
    assert len(found) == 1, f"{pattern} occurs {len(found)} times"
    return str(found[0])


@pytest.mark.parametrize("app", ["service", "demo"])
def test_apps_are_built_as_the_script_builds_them(app: str) -> None:
    own = (REPOSITORY / "android" / app / "build.gradle").read_text()
    assert 'apply from: "$rootDir/app.gradle"' in own
    gradle = own + APPS
    manifest = (REPOSITORY / "android" / app / "src/main/AndroidManifest.xml").read_text()
    for text, minimum, target in (
        (gradle, r"minSdk (\d+)", r"targetSdk (\d+)"),
        (manifest, r'minSdkVersion="(\d+)"', r'targetSdkVersion="(\d+)"'),
    ):
        assert the(minimum, text) == the(r"ANDROID_MIN_API=(\d+)", SCRIPT)
        assert the(target, text) == the(r"ANDROID_TARGET_API=(\d+)", SCRIPT)
    assert the(r"applicationId '([^']+)'", gradle) == f"dev.approxlite.{app}"
    assert the(r"namespace '([^']+)'", gradle) == the(r'package="([^"]+)"', manifest) == f"dev.approxlite.{app}"
    assert the(r"versionName '([^']+)'", gradle) == the(r'versionName="([^"]+)"', manifest) == approxlite.__version__
    assert set(re.findall(r"'([^']+)'", the(r"abiFilters (.*?) }", gradle))) == set(
        the(r"ANDROID_ABIS=\((.*)\)", SCRIPT).split()
    )
    assert "minifyEnabled true" in gradle and "'proguard-rules.pro'" in gradle
    assert (REPOSITORY / "android" / app / "proguard-rules.pro").is_file()


def test_the_same_levels() -> None:
    assert the(r"minSdk (\d+)", RUNTIME) == the(r"ANDROID_MIN_API=(\d+)", SCRIPT)
    assert the(r"compileSdk (\d+)", RUNTIME) == the(r"ANDROID_TARGET_API=(\d+)", SCRIPT)
    toolchain = (REPOSITORY / "native/android/toolchain.cmake").read_text()
    assert the(r"set\(APPROX_ANDROID_API (\d+)\)", toolchain) == the(r"minSdk (\d+)", RUNTIME)


def test_the_same_processors() -> None:
    in_gradle = set(re.findall(r"'([^']+)'", the(r"abiFilters (.*)", RUNTIME)))
    assert in_gradle == set(the(r"ANDROID_ABIS=\((.*)\)", SCRIPT).split())


def test_the_same_libraries() -> None:
    name = "{http://maven.apache.org/POM/4.0.0}"
    pinned = {}
    for one in ElementTree.parse(REPOSITORY / "android/toolchain/java-tests.xml").iter(f"{name}dependency"):
        group, artefact, version = (one.findtext(f"{name}{part}") for part in ("groupId", "artifactId", "version"))
        pinned[f"{group}:{artefact}"] = version
    named = r"(?:api|implementation|testImplementation) '([^':]+:[^':]+):([^']+)'"
    libraries = [*re.findall(named, RUNTIME), *re.findall(named, APPS)]
    assert len(libraries) == 2 + 3
    assert all(pinned[library] == version for library, version in libraries)


def test_the_native_build_is_where_gradle_looks() -> None:
    assert (REPOSITORY / "android/runtime" / the(r"path '([^']+)'", RUNTIME)).is_file()
    cmake = (REPOSITORY / "native/CMakeLists.txt").read_text()
    target = the(r"targets '([^']+)'", RUNTIME)
    assert f"add_library({target} SHARED" in cmake


def test_native_methods_have_their_functions() -> None:
    java = REPOSITORY / "android/runtime/src/main/java/dev/approxlite"
    declared = {
        (path.stem, method)
        for path in java.glob("Native*.java")
        for method in re.findall(r"static native \w+(?:\[\])* (\w+)\(", path.read_text())
    }
    given = {
        pair
        for path in (REPOSITORY / "native/jni").glob("*.cc")
        for pair in re.findall(r"APPROX_JAVA\(\w+, (\w+), (\w+)\)", path.read_text())
    }
    assert declared == given and len(declared) > 25
