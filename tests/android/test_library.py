"""What apps link: the AAR with the client of the service, and what Maven wants besides it."""

from __future__ import annotations

import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
import zipfile
from pathlib import Path

import pytest

import approxlite

REPOSITORY = Path(__file__).parents[2]
BUILT = REPOSITORY / "build/android" / f"approxlite-runtime-{approxlite.__version__}"
GRADLE = (REPOSITORY / "android/runtime/build.gradle").read_text()
CLIENT = ("service/android/BinderRemote", "service/client/FallbackSession", "service/client/InProcess",
          "service/client/Remote", "service/IInference$Stub", "service/IReplies$Stub", "service/ISession$Stub",
          "service/queue/ServiceException$Reason")  # fmt: skip


def names(archive: Path) -> set[str]:
    with zipfile.ZipFile(archive) as file:
        return set(file.namelist())


@pytest.fixture
def built() -> str:
    if not Path(f"{BUILT}.aar").is_file():
        pytest.skip("scripts/build-android was not run")
    return str(BUILT)


def test_the_pom_names_what_the_gradle_file_does() -> None:
    script = REPOSITORY / "scripts/android/pom.py"
    made = subprocess.run([sys.executable, script, "1.2.3"], check=True, capture_output=True, text=True).stdout
    space = {"m": "http://maven.apache.org/POM/4.0.0"}
    root = ElementTree.fromstring(made)
    assert [root.findtext(f"m:{name}", namespaces=space) for name in ("artifactId", "version", "packaging")] == [
        "approxlite-runtime", "1.2.3", "aar"
    ]  # fmt: skip
    listed = {
        ":".join(str(one.findtext(f"m:{part}", namespaces=space)) for part in ("groupId", "artifactId", "version")): (
            one.findtext("m:scope", namespaces=space), one.findtext("m:type", namespaces=space))
        for one in root.iterfind("m:dependencies/m:dependency", space)
    }  # fmt: skip
    in_gradle = dict(re.findall(r"(?:api|implementation) '([^':]+:[^':]+):([^']+)'", GRADLE))
    assert set(listed) == {f"{name}:{version}" for name, version in in_gradle.items()} and len(listed) == 2
    assert ("compile", "aar") in listed.values() and ("runtime", None) in listed.values()


def test_gradle_would_publish_the_same_name_and_version() -> None:
    published = dict(re.findall(r"^ +(groupId|artifactId|version) '([^']+)'$", GRADLE, re.MULTILINE))
    assert published == {"groupId": "dev.approxlite", "artifactId": "approxlite-runtime",
                         "version": approxlite.__version__}  # fmt: skip


def test_the_library_carries_the_client_and_its_companions(built: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(f"{built}.aar") as aar:
        aar.extract("classes.jar", tmp_path)
    classes = names(tmp_path / "classes.jar")
    assert {f"dev/approxlite/{name}.class" for name in CLIENT} <= classes
    sources = {name.partition(".")[0] for name in names(Path(f"{built}-sources.jar"))}  # of aidl, too
    assert {re.split(r"[$.]", name)[0] for name in classes} == sources
    assert "dev/approxlite/service/client/FallbackSession.html" in names(Path(f"{built}-javadoc.jar"))
    assert "tensorflow-lite" in Path(f"{built}.pom").read_text()
