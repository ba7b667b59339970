"""What the Java side promises of policies, callers and power cuts, and the tests that hold it to that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from figures import Figure

SECTION = "promises held by Java tests"
CLAIMS: Mapping[str, tuple[str, ...]] = {
    "refused with a reason, the running policy untouched: wrong signature or key": (
        "whatIsSignedByNobodyOrAStrangerOrWasChangedIsRefused",
        "aPolicyThatIsRefusedLeavesTheRunningOneUntouched",
    ),
    "... for another model, other numerics, another phone, another time": (
        "whatIsForOtherModelsKernelsPhonesOrTimesIsRefused",
    ),
    "... truncated, oversized, replayed, with an unknown field": (
        "whatIsTruncatedOversizedReplayedOrHasAnUnknownFieldIsRefused",
        "anOlderSequenceIsRefusedEvenAfterARollback",
        "aTruncatedArchiveIsRefusedAtEveryByte",
    ),
    "... whose probes come out otherwise": ("whatComputesOtherBitsHereIsRefused",),
    "a caller without permission: refused and logged": (
        "aCallerWithoutPermissionIsRefusedAndWrittenDownOnce",
        "aCallerWithoutPermissionIsRefusedAndWrittenDown",
    ),
    "10 000 mutated policies: no crash, no hang": ("tenThousandMutantsAreReadOrRefusedButNeverMore",),
    "10 000 mutated agent lines, and start lines: no crash, no hang": (
        "tenThousandMutatedLinesAreTakenOrRefusedButNeverMore",
        "tenThousandMutatedStartLinesAreTakenOrRefusedButNeverMore",
    ),
    "power cut at any byte of an install: the old policy or the new": (
        "aCutAtAnyByteOfAnInstallLeavesTheOldPolicyOrTheNew",
    ),
    "power cut at any byte of the audit log: all but the last record": ("aCutAtAnyByteLosesTheInterruptedRecordOnly",),
}


def claims(outcome: Mapping[str, Any]) -> Iterator[Figure]:
    """outcome: what scripts/test-java --json prints. A claim is met where all its tests were run and passed."""
    passed = set(outcome.get("passed", ()))
    for what, tests in CLAIMS.items():
        missing = [test for test in tests if test not in passed]
        result = f"not shown: {', '.join(missing)}" if missing else f"{len(tests)} tests pass"
        yield Figure(SECTION, what, result, "all pass", not missing)
