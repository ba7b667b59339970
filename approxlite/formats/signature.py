"""The member `signature` of a policy: who vouches for it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Base64Bytes, Field

from approxlite.formats.document import Document
from approxlite.formats.provenance import Sha256


class Signature(Document):
    """Over the stored bytes of policy.json, which hold the hash of rungs.bin.

    key_sha256: of the public key's DER SubjectPublicKeyInfo. value: the DER ECDSA signature, base64.
    """

    version: Literal[1] = 1
    algorithm: Literal["ecdsa-p256-sha256"] = "ecdsa-p256-sha256"
    key_sha256: Sha256
    value: Annotated[Base64Bytes, Field(min_length=8, max_length=96)]
