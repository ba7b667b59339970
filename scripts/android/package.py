"""Zip files for Android that come out the same from the same contents: no times, entries in the order given.

    package.py jar OUT FOLDER...          every file of the folders, compressed
    package.py zip OUT NAME=FILE...       compressed
    package.py add OUT BASE NAME=FILE...  what BASE holds as it is there, and the files: native libraries and dex stored
    package.py library OUT FILE...        what R8 links apps against: classes of jars and JDK modules, no system server

Android maps stored native libraries from the package; zipalign puts them on page boundaries afterwards.
"""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

EPOCH = (1980, 1, 1, 0, 0, 0)


def write(archive: zipfile.ZipFile, name: str, content: bytes, compression: int) -> None:
    entry = zipfile.ZipInfo(name, EPOCH)
    entry.external_attr = 0o644 << 16
    archive.writestr(entry, content, compression)


def named(arguments: Iterable[str]) -> list[tuple[str, bytes]]:
    """NAME=FILE..."""
    pairs = [argument.split("=", 1) for argument in arguments]
    return [(name, Path(file).read_bytes()) for name, file in pairs]


def classes(source: Path) -> Iterator[tuple[str, bytes]]:
    """Of a jar, or of a JDK's module, which has them in a folder."""
    with zipfile.ZipFile(source) as archive:
        for entry in archive.infolist():
            name = entry.filename if source.suffix == ".jar" else entry.filename.partition("classes/")[2]
            left_out = name.startswith(("META-INF/", "com/android/server/")) or name == "module-info.class"
            if name.endswith(".class") and not left_out:
                yield name, archive.read(entry)


def main(command: str, out: str, *arguments: str) -> None:
    part = Path(f"{out}.part")
    with zipfile.ZipFile(part, "w") as archive:
        if command == "jar":
            for folder in map(Path, arguments):
                for path in sorted(path for path in folder.rglob("*") if path.is_file()):
                    write(archive, path.relative_to(folder).as_posix(), path.read_bytes(), zipfile.ZIP_DEFLATED)
        elif command == "zip":
            for name, content in named(arguments):
                write(archive, name, content, zipfile.ZIP_DEFLATED)
        elif command == "add":
            with zipfile.ZipFile(arguments[0]) as base:
                for entry in base.infolist():
                    write(archive, entry.filename, base.read(entry), entry.compress_type)
            for name, content in named(arguments[1:]):
                write(archive, name, content, zipfile.ZIP_STORED)
        elif command == "library":
            for source in arguments:
                for name, content in classes(Path(source)):
                    write(archive, name, content, zipfile.ZIP_STORED)
        else:
            sys.exit(f"package.py: unknown command {command}")
    part.replace(out)


if __name__ == "__main__":
    main(*sys.argv[1:])
