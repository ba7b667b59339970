"""What the manifest in a package promises Android. Functions return what is wrong, in words."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

LIMIT_S = 60.0
COMPONENTS = ("activity", "service", "receiver", "provider")
GUARDS_ITSELF = {"dev.approxlite.service.android.ControlProvider"}
"""Exported without a permission in the manifest: either of two lets a caller in, which only code can ask."""
SIGNATURE = 2
FOREGROUND = {
    0x80: ("microphone", "android.permission.FOREGROUND_SERVICE_MICROPHONE"),
    0x100: ("health", "android.permission.FOREGROUND_SERVICE_HEALTH"),
    0x40000000: ("specialUse", "android.permission.FOREGROUND_SERVICE_SPECIAL_USE"),
}
"""What each type of foreground service has to hold from Android 14 on, by its bit in the manifest."""


@dataclass
class Element:
    """Attributes without their name space; what aapt2 shows of each: text, "true", or a number as 0x…"""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Element] = field(default_factory=list)

    def all(self, name: str) -> Iterator[Element]:
        for child in self.children:
            if child.name == name:
                yield child
            yield from child.all(name)

    def number(self, name: str) -> int:
        return int(self.attributes.get(name, "0"), 0)


def parse(tree: str) -> Element:
    """The manifest, from what `aapt2 dump xmltree` prints. Raises ValueError where that is none."""
    root = Element("")
    open_elements = [(-1, root)]
    for line in tree.splitlines():
        indent = len(line) - len(line.lstrip())
        if said := re.match(r"\s*E: ([\w-]+)", line):
            while open_elements[-1][0] >= indent:
                open_elements.pop()
            element = Element(said[1])
            open_elements[-1][1].children.append(element)
            open_elements.append((indent, element))
        elif said := re.match(r'\s*A: (?:\S*[:/])?(\w+)(?:\(0x\w+\))?=(?:"(.*)" \(Raw: .*|(.*))$', line):
            open_elements[-1][1].attributes[said[1]] = said[3] if said[2] is None else said[2]
    manifests = [child for child in root.children if child.name == "manifest"]
    if len(manifests) != 1:
        raise ValueError("no manifest")
    return manifests[0]


def refusals(manifest: Element) -> list[str]:
    """Why Android, or who is careful, would refuse it."""
    found = []
    for wrong in ("debuggable", "testOnly", "usesCleartextTraffic", "extractNativeLibs"):
        if any(element.attributes.get(wrong) == "true" for element in manifest.all("application")):
            found.append(f"is {wrong}")
    for element in manifest.all("permission"):
        if element.number("protectionLevel") & 0xF != SIGNATURE:
            found.append(f"lets every app have {element.attributes['name']}")
    held = {element.attributes["name"] for element in manifest.all("uses-permission")}
    for element in (each for name in COMPONENTS for each in manifest.all(name)):
        found += [f"{element.attributes['name']} {why}" for why in _refusals_of_component(element, held)]
    return found


def _refusals_of_component(element: Element, held: set[str]) -> list[str]:
    found = []
    name, exported = element.attributes["name"], element.attributes.get("exported")
    categories = {each.attributes.get("name") for each in element.all("category")}
    launched = "android.intent.category.LAUNCHER" in categories
    if exported is None:
        found.append("does not say whether it is exported")
    if exported == "true" and not (launched or "permission" in element.attributes or name in GUARDS_ITSELF):
        found.append("is open to every app")
    if element.attributes.get("isolatedProcess") == "true" and exported != "false":
        found.append("is isolated and exported")
    types = element.number("foregroundServiceType")
    if types:
        needed = {"android.permission.FOREGROUND_SERVICE"}
        needed |= {permission for bit, (_, permission) in FOREGROUND.items() if types & bit}
        found += [f"runs in the foreground without {missing}" for missing in sorted(needed - held)]
        if types & ~sum(FOREGROUND):
            found.append(f"has a type of foreground service that nobody looked at: {types:#x}")
    return found


def refusals_of_manifest(path: Path) -> list[str]:
    """Of a package."""
    command = ["aapt2", "dump", "xmltree", "--file", "AndroidManifest.xml", str(path)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=True)
        return refusals(parse(done.stdout))
    except (OSError, subprocess.SubprocessError, ValueError) as problem:
        return [f"manifest cannot be read: {problem}"]
