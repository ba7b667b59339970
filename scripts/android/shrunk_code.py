"""Whether the code of a package still has what native libraries find by name. Functions return what is wrong, in words.

R8 removes and renames what it sees no use of; that native code looks a thing up by name it cannot see.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

NEEDED = ("dev/approxlite/NativeController", "dev/approxlite/NativeGuard", "dev/approxlite/NativeEngine")
"""Without the first two no policy is followed: all of their functions that libraries have must be called. Of the third
the app calls what it uses."""
WHOLE = NEEDED[:2]
LIMIT_S = 60.0
SPECIAL = {"/": "_", "_": "_1", ";": "_2", "[": "_3"}


def jni_name(owner: str, method: str) -> str:
    """The function that Java looks for (JNI specification, "Resolving Native Method Names"), without overloads."""
    return f"Java_{_mangled(owner)}_{_mangled(method)}"


def _mangled(name: str) -> str:
    return "".join(SPECIAL.get(c, c if c.isascii() and (c.isalnum() or c == "/") else f"_0{ord(c):04x}") for c in name)


def native_methods(dump: str) -> Mapping[str, set[str]]:
    """Names by class, of what dexdump says of a dex file."""
    found: dict[str, set[str]] = defaultdict(set)
    owner = name = ""
    for line in dump.splitlines():
        if said := re.match(r"\s+Class descriptor\s*: 'L(.*);'", line):
            owner = said[1]
        elif said := re.match(r"\s+name\s*: '(.*)'", line):
            name = said[1]
        elif re.match(r"\s+access\s*: 0x[0-9a-f]+ \(.*\bNATIVE\b.*\)", line):
            found[owner].add(name)
    return found


def exported_functions(archive: zipfile.ZipFile, abi: str) -> set[str]:
    """Of all native libraries of an ABI in a package: what Java can call."""
    found: set[str] = set()
    for entry in archive.infolist():
        if entry.filename.startswith(f"lib/{abi}/") and entry.filename.endswith(".so"):
            with archive.open(entry) as file:
                symbols = ELFFile(file).get_section_by_name(".dynsym")
                assert isinstance(symbols, SymbolTableSection)
                found |= {
                    symbol.name.split("__")[0]
                    for symbol in symbols.iter_symbols()
                    if symbol["st_shndx"] != "SHN_UNDEF" and symbol.name.startswith("Java_")
                }
    return found


def refusals(methods: Mapping[str, set[str]], exported: set[str]) -> list[str]:
    """Of what code calls and what libraries have."""
    names = {(owner, method): jni_name(owner, method) for owner, ones in methods.items() for method in ones}
    called = set(names.values())
    found = [f"calls {owner}.{method}, which no library has" for (owner, method), name in sorted(names.items())
             if name not in exported]  # fmt: skip
    found += [f"lacks {owner}, which policies run on" for owner in NEEDED if not methods.get(owner)]
    prefixes = tuple(f"Java_{_mangled(owner)}_" for owner in WHOLE)
    cut = sorted(name for name in exported - called if name.startswith(prefixes))
    return found + [f"never calls {name}: R8 removed it" for name in cut]


def refusals_of_code(path: Path, abis: tuple[str, ...]) -> list[str]:
    """Of a package."""
    with zipfile.ZipFile(path) as archive, tempfile.TemporaryDirectory() as folder:
        names = [name for name in archive.namelist() if re.fullmatch(r"classes\d*\.dex", name)]
        if not names:
            return ["has no code"]
        dump = ""
        for name in names:
            command = ["dexdump", archive.extract(name, folder)]
            try:
                done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=True)
            except (OSError, subprocess.SubprocessError) as problem:
                return [f"{name} cannot be read: {problem}"]
            dump += done.stdout
        methods = native_methods(dump)
        return [f"{abi}: {why}" for abi in abis for why in refusals(methods, exported_functions(archive, abi))]
