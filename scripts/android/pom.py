"""The runtime library's POM, by which Maven and Gradle learn what an app needs besides: what its Gradle file names.

pom.py VERSION    on stdout
"""

from __future__ import annotations

import re
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

ANDROID = Path(__file__).parents[2] / "android"
GRADLE, PINNED = ANDROID / "runtime/build.gradle", ANDROID / "toolchain/java-tests.xml"
NAMESPACE = "http://maven.apache.org/POM/4.0.0"
SCOPES = {"api": "compile", "implementation": "runtime"}


def dependencies(gradle: str) -> list[tuple[str, str, str, str]]:
    """(group, artefact, version, scope) of each library that the Gradle file names."""
    found = re.findall(r"^ *(api|implementation) '([^':]+):([^':]+):([^':]+)'$", gradle, re.MULTILINE)
    return [(group, artefact, version, SCOPES[how]) for how, group, artefact, version in found]


def archives(pinned: str) -> set[str]:
    """GROUP:ARTEFACT of libraries that come as an AAR: Maven would look for a JAR."""
    name = f"{{{NAMESPACE}}}"
    return {
        f"{one.findtext(f'{name}groupId')}:{one.findtext(f'{name}artifactId')}"
        for one in ElementTree.fromstring(pinned).iter(f"{name}dependency")
        if one.findtext(f"{name}type") == "aar"
    }


def pom(version: str, gradle: str, pinned: str) -> str:
    project = ElementTree.Element("project", xmlns=NAMESPACE)

    def put(parent: ElementTree.Element, **texts: str) -> None:
        for name, text in texts.items():
            ElementTree.SubElement(parent, name).text = text

    put(project, modelVersion="4.0.0", groupId="dev.approxlite", artifactId="approxlite-runtime", version=version)
    put(project, packaging="aar", name="ApproxLite runtime")
    put(
        project, description="Runs TensorFlow Lite models on the rungs of a certified policy, and asks the service app."
    )
    licence = ElementTree.SubElement(ElementTree.SubElement(project, "licenses"), "license")
    put(licence, name="Apache-2.0", url="https://www.apache.org/licenses/LICENSE-2.0.txt")
    all_of_them = ElementTree.SubElement(project, "dependencies")
    for group, artefact, number, scope in dependencies(gradle):
        one = ElementTree.SubElement(all_of_them, "dependency")
        put(one, groupId=group, artifactId=artefact, version=number, scope=scope)
        if f"{group}:{artefact}" in archives(pinned):
            put(one, type="aar")
    ElementTree.indent(project)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(project, encoding="unicode") + "\n"


if __name__ == "__main__":
    sys.stdout.write(pom(sys.argv[1], GRADLE.read_text(), PINNED.read_text()))
