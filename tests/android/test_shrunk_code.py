"""What R8 left of an app's code is held against what its native libraries find by name."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts/android"))

from shrunk_code import jni_name, native_methods, refusals

WHOLE = {
    "dev/approxlite/NativeController": {"begin", "finish"},
    "dev/approxlite/NativeGuard": {"save"},
    "dev/approxlite/NativeEngine": {"create"},
}
EXPORTED = {jni_name(owner, method) for owner, methods in WHOLE.items() for method in methods}
DUMP = """\
Class #0            -
  Class descriptor  : 'Ldev/approxlite/NativeGuard;'
    #0              : (in Ldev/approxlite/NativeGuard;)
      name          : 'save'
      type          : '(J)[B'
      access        : 0x0109 (PUBLIC STATIC NATIVE)
    #1              : (in Ldev/approxlite/NativeGuard;)
      name          : 'load'
      type          : '(J)V'
      access        : 0x0009 (PUBLIC STATIC)
"""


def test_native_methods_are_read_off_a_dump() -> None:
    assert native_methods(DUMP) == {"dev/approxlite/NativeGuard": {"save"}}


def test_names_are_mangled_as_java_does_it() -> None:
    assert jni_name("a/b_c/D", "run_it") == "Java_a_b_1c_D_run_1it"
    assert jni_name("a/D", "é") == "Java_a_D__000e9"


def test_code_that_has_all_its_names_is_taken() -> None:
    assert refusals(WHOLE, EXPORTED) == []


def test_a_renamed_native_class_is_refused() -> None:
    assert refusals({**WHOLE, "q2": {"a"}}, EXPORTED) == ["calls q2.a, which no library has"]


def test_a_controller_that_was_cut_out_is_refused() -> None:
    (cut,) = refusals({**WHOLE, "dev/approxlite/NativeController": {"begin"}}, EXPORTED)
    assert cut == "never calls Java_dev_approxlite_NativeController_finish: R8 removed it"
    without = {owner: methods for owner, methods in WHOLE.items() if not owner.endswith("Controller")}
    assert "lacks dev/approxlite/NativeController, which policies run on" in refusals(without, EXPORTED)


def test_an_engine_may_have_functions_that_an_app_has_no_use_for() -> None:
    assert refusals(WHOLE, {*EXPORTED, jni_name("dev/approxlite/NativeEngine", "profile")}) == []
