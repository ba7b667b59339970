"""The archive that a policy is: a zip of stored members, policy.json and, where there are any, rungs.bin and signature.

rungs.bin lies first and aligned, so that it can be mapped into memory where it is.
"""

from __future__ import annotations

import io
import struct
import zipfile

from approxlite.formats.errors import PolicyError, one_line

MAX_JSON_BYTES = 20_000
MAX_MEMBER_BYTES = {"policy.json": MAX_JSON_BYTES, "rungs.bin": 256 * 1024 * 1024, "signature": 1024}
MAX_ARCHIVE_BYTES = sum(MAX_MEMBER_BYTES.values()) + 4096
_OLDEST_ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # equal policies are equal bytes
_LOCAL_HEADER = struct.Struct("<4s22xHH")  # in front of each member: signature, ..., bytes of its name and extra field
_ALIGNMENT = 64


def pack_members(policy: bytes, rungs: bytes | None, signature: bytes | None = None) -> bytes:
    """The archive. Equal members give equal bytes."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as file:
        if rungs is not None:
            aligned = zipfile.ZipInfo("rungs.bin", _OLDEST_ZIP_TIME)
            aligned.extra = _padding(_LOCAL_HEADER.size + len(aligned.filename))
            file.writestr(aligned, rungs)
        file.writestr(zipfile.ZipInfo("policy.json", _OLDEST_ZIP_TIME), policy)
        if signature is not None:
            file.writestr(zipfile.ZipInfo("signature", _OLDEST_ZIP_TIME), signature)
    return archive.getvalue()


def read_members(archive: bytes, where: str) -> dict[str, bytes]:
    """Members of a policy archive by name: only known names, once each, stored, within their size. PolicyError."""
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as file:
            members: dict[str, bytes] = {}
            for info in file.infolist():
                limit = MAX_MEMBER_BYTES.get(info.orig_filename)
                if limit is None:
                    raise PolicyError(f"{where}: unexpected member {info.orig_filename[:60]!r}; this is no policy")
                if info.orig_filename in members:
                    raise PolicyError(f"{where}: member '{info.orig_filename}' occurs twice")
                if info.compress_type != zipfile.ZIP_STORED or info.compress_size != info.file_size:
                    raise PolicyError(f"{where}: member '{info.orig_filename}' is compressed; policies are stored")
                if info.file_size > limit:
                    raise PolicyError(f"{where}: member '{info.orig_filename}' is larger than {limit} bytes")
                members[info.orig_filename] = file.read(info)
            return members
    except (zipfile.BadZipFile, ValueError, EOFError, OSError, NotImplementedError, RuntimeError) as problem:
        raise PolicyError(f"{where}: not a policy archive ({one_line(problem, 100)})") from None


def member_offset(archive: bytes, name: str, content: bytes, where: str) -> int:
    """Where in the archive the stored member begins. Raises PolicyError unless it is there."""
    with zipfile.ZipFile(io.BytesIO(archive)) as file:
        header = file.getinfo(name).header_offset
    *_, name_bytes, extra_bytes = _LOCAL_HEADER.unpack_from(archive, header)
    offset: int = header + _LOCAL_HEADER.size + name_bytes + extra_bytes
    if archive[offset : offset + len(content)] != content:
        raise PolicyError(f"{where}: not a policy archive (member '{name}' does not lie where it should)")
    return offset


def _padding(begin: int) -> bytes:
    """An extra field for a local header of `begin` bytes, the first of its archive, so that data is aligned behind it.

    The field is the one that Android's zipalign writes.
    """
    fill = -(begin + 6) % _ALIGNMENT
    return struct.pack("<HHH", 0xD935, 2 + fill, _ALIGNMENT) + bytes(fill)
