"""The file system of a device of the farm: a shell, Android's tools as scripts, and adbd."""

from __future__ import annotations

import shutil
from pathlib import Path

from farm.personalities import Personality

HERE = Path(__file__).parent
APPLETS = """
    sh ls cat echo id uname mkdir rm cp mv chmod ps top sleep grep sed awk head tail wc test [ kill killall sync date
    printf tr cut sort uniq find md5sum sha256sum stat df free dd true false env which pidof nice nohup setsid timeout
    tee xargs basename dirname readlink touch od tar gzip gunzip seq expr
""".split()  # noqa: SIM905


def make_root(root: Path, packages: Path, built: Path, personality: Personality) -> None:
    """Lays the file system out in `root`, which is empty. `packages`: what `fetch` brought; `built`: what
    was compiled of this folder."""
    for folder in ("bin", "system/bin", "data/local/tmp", "data/app", "data/farm", "proc", "dev", "tmp", "etc", "adbd"):
        (root / folder).mkdir(parents=True)
    architecture = "arm64" if personality.abi == "arm64-v8a" else "amd64"
    shutil.copy(packages / architecture / "bin/busybox", root / "bin/busybox")
    for applet in APPLETS:
        (root / "bin" / applet).symlink_to("/bin/busybox")
    shutil.copy(built / "flock", root / "bin/flock")
    _tools(root, personality)
    _libc(root, packages, architecture)
    _adbd(root, packages, built / "loopback.so")
    (root / "etc/passwd").write_text("root:x:0:0::/data:/bin/sh\nshell:x:2000:2000::/data:/bin/sh\n")
    (root / "etc/group").write_text("root:x:0:\nshell:x:2000:\n")
    (root / "system/build.prop").write_text(personality.build_properties())
    (root / "data/cpuinfo").write_text(personality.processor())
    for core, khz in enumerate(personality.frequencies_khz):
        folder = root / f"sys/devices/system/cpu/cpu{core}/cpufreq"
        folder.mkdir(parents=True)
        (folder / "cpuinfo_max_freq").write_text(f"{khz}\n")
    for name, content in personality.files.items():
        (root / "data/farm" / name).write_text(content)


def _tools(root: Path, personality: Personality) -> None:
    for tool in (HERE / "bin").iterdir():
        shutil.copy(tool, root / "system/bin" / tool.name)
    # adbd runs /system/bin/sh or /bin/sh -c COMMAND; vendors' shells are slow or end lines their own way.
    filtered = ' | sed "s/\\$/\\r/"' if personality.crlf else ""
    if personality.crlf or personality.slow_s:
        (root / "bin/sh").unlink()
        shell = root / "bin/sh"
        # Only what a person or adb asks for: scripts start with the same interpreter and would be slowed many times.
        shell.write_text(
            "#!/bin/busybox sh\n"
            'if [ "$1" = -c ] && [ -z "$FARM_SHELL" ]; then\n'
            "  export FARM_SHELL=1\n"
            f"  sleep {personality.slow_s}\n"
            f'  {{ /bin/busybox sh "$@"; echo $? > /tmp/.status.$$; }}{filtered}\n'
            "  status=$(cat /tmp/.status.$$); rm -f /tmp/.status.$$; exit $status\n"
            "fi\n"
            'exec /bin/busybox sh "$@"\n'
        )
        shell.chmod(0o755)
    (root / "system/bin/sh").symlink_to("/bin/sh")


def _libc(root: Path, packages: Path, architecture: str) -> None:
    """For programs that are pushed to the device and load libraries: glibc, where Android has its own."""
    if architecture == "arm64":
        source, loader = packages / "arm64/lib/aarch64-linux-gnu", "lib/ld-linux-aarch64.so.1"
    else:
        source, loader = packages / "adbd/usr/lib/x86_64-linux-gnu", "lib64/ld-linux-x86-64.so.2"
    for folder in ("lib", "lib64"):
        (root / folder).mkdir()
    shutil.copy(source / Path(loader).name, root / loader)
    for library in ("libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0"):
        shutil.copy(source / library, root / "lib" / library)


def _adbd(root: Path, packages: Path, preload: Path) -> None:
    libraries = packages / "adbd/usr/lib/x86_64-linux-gnu"
    shutil.copy(packages / "adbd/usr/lib/android-sdk/platform-tools/adbd", root / "adbd/adbd")
    for library in [*libraries.glob("*.so*"), *(libraries / "android").glob("*.so*")]:
        shutil.copy(library, root / "adbd" / library.name, follow_symlinks=True)
    shutil.copy(preload, root / "adbd/loopback.so")
