"""A guard knows its certificate by the same hash on desk and phone: CertificateTextTest.java reads the same file."""

from pathlib import Path

from approxlite.formats.policy import Policy
from approxlite.runtime.guard import certificate_hash

FOLDER = Path(__file__).parent


def test_the_hash_is_the_same_everywhere() -> None:
    certificate = Policy.model_validate_json((FOLDER / "policy.json").read_bytes()).certificate
    assert certificate is not None
    assert certificate_hash(certificate).hex() == (FOLDER / "certificate.sha256").read_text().strip()
