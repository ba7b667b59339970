"""What Android asks of native libraries and packages, read off the files. Functions return what is wrong, in words.

gates.py FILE...    native libraries (.so) and packages (.aar, .apk); exit status 1 where one is refused
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path
from typing import IO, Any

from elftools.elf.dynamic import DynamicSection
from elftools.elf.elffile import ELFFile
from elftools.elf.gnuversions import GNUVerNeedSection, GNUVerSymSection
from elftools.elf.sections import SymbolTableSection

sys.path.insert(0, str(Path(__file__).parent))

from manifest import refusals_of_manifest
from shrunk_code import refusals_of_code

REPOSITORY = Path(__file__).parents[2]
PAGE = 16 * 1024
"""Of phones from Android 15 on."""
MOST_BYTES = 1_000_000
"""Of our native library, for one ABI."""
MOST_APK_BYTES = 11_000_000
ABIS = ("arm64-v8a", "x86_64")
MACHINES = {"arm64-v8a": "EM_AARCH64", "x86_64": "EM_X86_64"}
NEEDED = {"libc.so", "libm.so", "libdl.so"}
EXPORTS = ("approx_", "tflite_plugin_", "Java_dev_approxlite_")
TFLITE = "libtensorflowlite_jni.so"
"""The only exception: TensorFlow Lite 2.16.1 comes with segments of 4 KiB, which no packaging can mend."""
SMALL_PAGES = f"has a segment aligned to 4096 bytes, not to {PAGE}"


def allowed_imports() -> set[str]:
    """Names that Android's libc, libm and libdl are known to have at API 27: what the library is linked with."""
    folder = REPOSITORY / "native/android"
    return {name for file in ("libc", "libm", "libdl") for name in (folder / f"{file}.symbols").read_text().split()}


def refusals_of_library(file: IO[bytes], abi: str) -> list[str]:
    """Why Android, or we, would refuse our own library."""
    elf = ELFFile(file)
    found = [] if elf["e_machine"] == MACHINES[abi] else [f"is for {elf['e_machine']}, not for {abi}"]
    found += refusals_of_segments(elf)
    dynamic = elf.get_section_by_name(".dynamic")
    symbols = elf.get_section_by_name(".dynsym")
    assert isinstance(dynamic, DynamicSection) and isinstance(symbols, SymbolTableSection)
    needed = {tag.needed for tag in dynamic.iter_tags("DT_NEEDED")}  # type: ignore[attr-defined]
    if not needed <= NEEDED:
        found.append(f"needs {', '.join(sorted(needed - NEEDED))}")
    versions = _versions(elf)
    allowed = allowed_imports()
    for index, symbol in enumerate(symbols.iter_symbols()):
        if index == 0:
            continue
        if symbol["st_shndx"] == "SHN_UNDEF":
            if symbol.name not in allowed or versions[index] != "LIBC":
                found.append(f"imports {symbol.name} of version {versions[index]}")
        elif not symbol.name.startswith(EXPORTS):
            found.append(f"exports {symbol.name}")
    if elf.get_section_by_name(".symtab") is not None:
        found.append("is not stripped")
    return found


def refusals_of_segments(elf: ELFFile) -> list[str]:
    """What keeps Android from loading a library on pages of 16 KiB, or makes it unsafe."""
    found = []
    for segment in elf.iter_segments():
        if segment["p_type"] == "PT_LOAD":
            if segment["p_align"] % PAGE != 0:
                found.append(f"has a segment aligned to {segment['p_align']} bytes, not to {PAGE}")
            if segment["p_flags"] & 3 == 3:
                found.append("has a segment that is both written and executed")
        if segment["p_type"] == "PT_GNU_STACK" and segment["p_flags"] & 1:
            found.append("wants an executable stack")
    if not any(segment["p_type"] == "PT_GNU_RELRO" for segment in elf.iter_segments()):
        found.append("does not protect its relocations")
    dynamic = elf.get_section_by_name(".dynamic")
    assert isinstance(dynamic, DynamicSection)
    if any(tag.entry.d_tag == "DT_TEXTREL" or (tag.entry.d_tag == "DT_FLAGS" and tag.entry.d_val & 4)
           for tag in dynamic.iter_tags()):  # fmt: skip
        found.append("has text relocations")
    return found


def _versions(elf: ELFFile) -> dict[int, str]:
    """Version of each imported symbol by its index, "" where there is none."""
    names: dict[int, str] = {}
    needs = elf.get_section_by_name(".gnu.version_r")
    if isinstance(needs, GNUVerNeedSection):
        names = {one["vna_other"]: one.name for _, ones in needs.iter_versions() for one in ones}
    table = elf.get_section_by_name(".gnu.version")
    assert isinstance(table, GNUVerSymSection)
    return {i: names.get(_number(symbol), "") for i, symbol in enumerate(table.iter_symbols())}


def _number(symbol: Any) -> int:
    return symbol["ndx"] if isinstance(symbol["ndx"], int) else 0


def refusals_of_package(path: Path) -> list[str]:
    """Of an AAR or an APK: its native libraries, where they lie and whose they are."""
    apk = path.suffix == ".apk"
    found = []
    if apk and path.stat().st_size > MOST_APK_BYTES:
        found.append(f"has {path.stat().st_size} bytes, more than {MOST_APK_BYTES}")
    with zipfile.ZipFile(path) as archive, path.open("rb") as raw:
        libraries = [entry for entry in archive.infolist() if entry.filename.endswith(".so")]
        folder = "lib" if apk else "jni"
        wanted = {f"{folder}/{abi}/libapproxlite.so" for abi in ABIS}
        if missing := wanted - {entry.filename for entry in libraries}:
            found.append(f"lacks {', '.join(sorted(missing))}")
        for entry in libraries:
            abi, name = entry.filename.split("/")[-2:]
            say = [f"{entry.filename} is compressed"] if apk and entry.compress_type != zipfile.ZIP_STORED else []
            if apk and (begin := _data_offset(raw, entry)) % PAGE != 0:
                say.append(f"{entry.filename} begins at byte {begin}, not at a page of {PAGE}")
            with archive.open(entry) as file:
                if name == "libapproxlite.so":
                    say += [f"{entry.filename} {why}" for why in refusals_of_library(file, abi)]
                else:
                    excepted = {SMALL_PAGES} if name == TFLITE else set()
                    wrong = [why for why in refusals_of_segments(ELFFile(file)) if why not in excepted]
                    say += [f"{entry.filename} {why}" for why in wrong]
            found += say
    if apk:
        found += refusals_of_code(path, ABIS) + refusals_of_manifest(path)
    return found


def library_sizes(path: Path) -> dict[str, int]:
    """Bytes of our native library in a package, by its place there; the bar is MOST_BYTES."""
    with zipfile.ZipFile(path) as archive:
        ours = [entry for entry in archive.infolist() if entry.filename.endswith("/libapproxlite.so")]
        return {entry.filename: entry.file_size for entry in ours}


def _data_offset(raw: IO[bytes], entry: zipfile.ZipInfo) -> int:
    """Where a member's bytes begin: behind its local header, whose lengths are its own."""
    raw.seek(entry.header_offset + 26)
    lengths = raw.read(4)
    return entry.header_offset + 30 + int.from_bytes(lengths[:2], "little") + int.from_bytes(lengths[2:], "little")


def refusals(path: Path) -> list[str]:
    """Of a package, or of a library in a folder named after its ABI."""
    if path.suffix != ".so":
        return refusals_of_package(path)
    with path.open("rb") as file:
        return refusals_of_library(file, path.parent.name)


if __name__ == "__main__":
    bad = [f"{path}: {why}" for path in map(Path, sys.argv[1:]) for why in refusals(path)]
    print("\n".join(bad), end="\n" if bad else "")
    sys.exit(1 if bad else 0)
