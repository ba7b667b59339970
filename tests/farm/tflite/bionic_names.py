"""Libraries by the names of Android's libc, libm, libdl and liblog, whose functions jump to glibc's.

    bionic_names.py MACHINE COMPILER GLIBC_FOLDER OUT LIBRARY...

Only what LIBRARY... ask for. A program that finds them first (LD_LIBRARY_PATH) can load LIBRARY..., which were built
for Android, on any Linux. The names carry the version LIBC, as Android's do: without it the loader would take glibc's
functions, which differ in their constants. Linked with lld, because GNU ld binds the jumps to themselves.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
DYNAMIC_LOADER = {"dlopen", "dlsym", "dlclose", "dlerror", "dladdr", "dl_iterate_phdr"}
JUMP = {
    "x86_64": "jmp *real_{0}@GOTPCREL(%rip)",
    "aarch64": "adrp x16, :got:real_{0}\n  ldr x16, [x16, :got_lo12:real_{0}]\n  br x16",
}


def dynamic_symbols(library: Path) -> list[tuple[str, str, str]]:
    """Section, name and version ("@LIBC" used, "@@GLIBC_2.17" the default one) of each dynamic symbol."""
    command = ["readelf", "-W", "--dyn-syms", str(library)]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    words = [line.split() for line in lines if line.split()[:1] and line.split()[0].rstrip(":").isdecimal()]
    return [(w[6], *_split(w[7])) for w in words if len(w) >= 8]


def _split(symbol: str) -> tuple[str, str]:
    name, at, version = symbol.partition("@")
    return name, at + version


def own_bodies() -> set[str]:
    """Functions that `bionic_bodies.c` has because glibc's differ."""
    lines = (HERE / "bionic_bodies.c").read_text().splitlines()
    return {line.split(",")[1].strip(" );") for line in lines if line.startswith("ANDROID(")}


def jumps(machine: str, names: set[str], versions: dict[str, str]) -> str:
    missing = sorted(names - versions.keys())
    if missing:
        sys.exit(f"bionic_names: glibc has no {', '.join(missing)}")
    text = "".join(
        f".symver jump_{name}, {name}@@@LIBC\n.symver real_{name}, {name}@{versions[name]}\n"
        f".globl jump_{name}\n.type jump_{name}, %function\njump_{name}:\n  {JUMP[machine].format(name)}\n"
        f".size jump_{name}, . - jump_{name}\n"
        for name in sorted(names)
    )
    return ".text\n" + text + '.section .note.GNU-stack, "", %progbits\n'


def main(machine: str, compiler: str, glibc: Path, out: Path, libraries: list[Path]) -> None:
    used = [symbol for library in libraries for symbol in dynamic_symbols(library)]
    wanted = {name for section, name, version in used if section == "UND" and version == "@LIBC"}
    c, m = glibc / "libc.so.6", glibc / "libm.so.6"
    defaults = {
        host: {n: v[2:] for section, n, v in dynamic_symbols(host) if section != "UND" and v.startswith("@@")}
        for host in (c, m)
    }
    versions = defaults[m] | defaults[c]
    forwarded = wanted - own_bodies()
    names = {
        "libm": forwarded & (defaults[m].keys() - defaults[c].keys()),
        "libdl": forwarded & DYNAMIC_LOADER,
    }
    names["libc"] = forwarded - names["libm"] - names["libdl"]
    for name, taken in names.items():
        (out / f"{name}.S").write_text(jumps(machine, taken, versions))
        sources = [out / f"{name}.S"] + ([HERE / "bionic_bodies.c"] if name == "libc" else [])
        link(compiler, sources, out / f"{name}.so", f"--version-script={HERE / 'bionic.map'}", m, c)
        (out / f"{name}.S").unlink()
    link(compiler, [HERE / "bionic_log.c"], out / "liblog.so", c)


def link(compiler: str, sources: list[Path], library: Path, *arguments: object) -> None:
    """By lld itself, which compilers for other machines do not find."""
    objects = [library.with_name(f"{source.stem}.o") for source in sources]
    for source, made in zip(sources, objects, strict=True):
        options = ["-O1", "-fPIC", "-fno-builtin", "-fno-stack-protector"]
        subprocess.run([compiler, *options, "-c", source, "-o", made], check=True)
    command = ["ld.lld", "-shared", "-soname", library.name, "-o", library, *objects, *arguments]
    subprocess.run([str(word) for word in command], check=True)
    for made in objects:
        made.unlink()


if __name__ == "__main__":
    paths = [Path(argument) for argument in sys.argv[3:]]
    main(sys.argv[1], sys.argv[2], paths[0], paths[1], paths[2:])
