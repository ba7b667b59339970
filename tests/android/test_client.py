"""What an app needs to ask the service is in the runtime library, in the service's manifest and in the demo's."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
RUNTIME = REPOSITORY / "android/runtime/src/main"
NAME = "{http://schemas.android.com/apk/res/android}name"


def manifest(app: str) -> ElementTree.Element:
    return ElementTree.parse(REPOSITORY / "android" / app / "src/main/AndroidManifest.xml").getroot()


def named(element: ElementTree.Element, path: str) -> set[str]:
    return {each.attrib[NAME] for each in element.iterfind(path)}


def constant(name: str) -> str:
    remote = (RUNTIME / "java/dev/approxlite/service/android/BinderRemote.java").read_text()
    found = re.search(rf'String {name} = "([^"]+)"', remote)
    assert found
    return found[1]


def test_the_demo_may_see_and_ask_the_service() -> None:
    demo, service = manifest("demo"), manifest("service")
    assert constant("PERMISSION") in named(demo, "uses-permission") & named(service, "permission")
    assert named(demo, "queries/package") == {constant("PACKAGE")} == {service.attrib["package"]}
    assert constant("ACTION") in named(service, "application/service/intent-filter/action")


def test_the_library_says_what_an_app_needs() -> None:
    said = (REPOSITORY / "android/runtime/README.md").read_text()
    assert all(constant(name) in said for name in ("PERMISSION", "PACKAGE"))


def test_what_crosses_processes_lies_in_the_library() -> None:
    mine = {path.stem for path in (RUNTIME / "aidl").rglob("*.aidl")}
    used = {
        name
        for path in (RUNTIME / "java").rglob("*.java")
        for name in re.findall(r"import dev\.approxlite\.service\.(I[A-Z]\w+);", path.read_text())
    }
    assert used == mine == {"IInference", "IReplies", "ISession"}
