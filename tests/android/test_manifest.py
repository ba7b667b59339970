"""Manifests that promise Android too much, or too little, are refused."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts/android"))

from manifest import parse, refusals

ANDROID = "http://schemas.android.com/apk/res/android:"
GOOD = f"""\
N: android=http://schemas.android.com/apk/res/android (line=3)
  E: manifest (line=3)
    A: package="one" (Raw: "one")
      E: uses-permission (line=1)
        A: {ANDROID}name(0x01010003)="android.permission.FOREGROUND_SERVICE" (Raw: "x")
      E: uses-permission (line=2)
        A: {ANDROID}name(0x01010003)="android.permission.FOREGROUND_SERVICE_HEALTH" (Raw: "x")
      E: permission (line=3)
        A: {ANDROID}name(0x01010003)="one.USE" (Raw: "one.USE")
        A: {ANDROID}protectionLevel(0x01010009)=0x00000002
      E: application (line=4)
        A: {ANDROID}extractNativeLibs(0x010104ea)=false
          E: activity (line=5)
            A: {ANDROID}name(0x01010003)="one.Main" (Raw: "one.Main")
            A: {ANDROID}exported(0x01010010)=true
              E: intent-filter (line=6)
                  E: category (line=7)
                    A: {ANDROID}name(0x01010003)="android.intent.category.LAUNCHER" (Raw: "x")
          E: service (line=8)
            A: {ANDROID}name(0x01010003)="one.Engine" (Raw: "one.Engine")
            A: {ANDROID}exported(0x01010010)=false
            A: {ANDROID}isolatedProcess(0x010103a9)=true
          E: service (line=9)
            A: {ANDROID}name(0x01010003)="one.Open" (Raw: "one.Open")
            A: {ANDROID}permission(0x01010006)="one.USE" (Raw: "one.USE")
            A: {ANDROID}exported(0x01010010)=true
            A: {ANDROID}foregroundServiceType(0x01010599)=0x00000100
"""


def test_a_careful_manifest_is_taken() -> None:
    assert refusals(parse(GOOD)) == []


@pytest.mark.parametrize(
    ("was", "becomes", "why"),
    [
        ("extractNativeLibs(0x010104ea)=false", "debuggable(0x0101000f)=true", "is debuggable"),
        ("protectionLevel(0x01010009)=0x00000002", "protectionLevel(0x01010009)=0x1", "lets every app have one.USE"),
        ("exported(0x01010010)=false", "enabled(0x0101000e)=true", "one.Engine does not say whether it is exported"),
        ("exported(0x01010010)=false", "exported(0x01010010)=true", "one.Engine is open to every app"),
        ("exported(0x01010010)=false", "exported(0x01010010)=true", "one.Engine is isolated and exported"),
        (f'{ANDROID}permission(0x01010006)="one.USE" (Raw: "one.USE")', 'label="x" (Raw: "x")', "one.Open is open"),
        (
            "FOREGROUND_SERVICE_HEALTH",
            "INTERNET",
            "one.Open runs in the foreground without",
        ),
        ("=0x00000100", "=0x00000200", "one.Open has a type of foreground service that nobody looked at: 0x200"),
    ],
)
def test_what_a_manifest_must_not_say(was: str, becomes: str, why: str) -> None:
    assert was in GOOD
    found = refusals(parse(GOOD.replace(was, becomes, 1)))
    assert any(each.startswith(why) for each in found), found


def test_what_is_no_manifest_is_said_to_be_none() -> None:
    with pytest.raises(ValueError, match="no manifest"):
        parse("ERROR: failed to load")
