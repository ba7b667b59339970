"""What devices of the farm look like, vendors' habits included."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Personality:
    """One device. files: by path below /data/farm, what its tools answer from. crlf: lines end like a terminal's.
    slow_s: what each command takes before it starts."""

    serial: str
    model: str
    manufacturer: str
    abi: str
    sdk: int
    release: str
    soc: str
    cpu_features: str
    frequencies_khz: tuple[int, ...]
    files: dict[str, str] = field(default_factory=dict)
    crlf: bool = False
    slow_s: float = 0.0

    def build_properties(self) -> str:
        """build.prop of it."""
        values = {
            "ro.serialno": self.serial,
            "ro.product.model": self.model,
            "ro.product.manufacturer": self.manufacturer,
            "ro.product.board": self.soc.lower(),
            "ro.hardware": self.manufacturer.lower(),
            "ro.product.cpu.abi": self.abi,
            "ro.product.cpu.abilist": self.abi,
            "ro.build.version.sdk": str(self.sdk),
            "ro.build.version.release": self.release,
            "ro.build.fingerprint": f"{self.manufacturer}/{self.model}:{self.release}/FARM/1:user/release-keys".lower(),
            "ro.soc.manufacturer": self.manufacturer,
            "ro.soc.model": self.soc,
            "sys.boot_completed": "1",
        }
        return "".join(f"{name}={value}\n" for name, value in values.items())

    def processor(self) -> str:
        """/proc/cpuinfo of it."""
        name = "Features" if self.abi == "arm64-v8a" else "flags"
        cores = (f"processor\t: {i}\n{name}\t: {self.cpu_features}\n\n" for i in range(len(self.frequencies_khz)))
        return "".join(cores) + f"Hardware\t: {self.soc}\n"


FLAGSHIP = Personality(
    serial="FARM0001", model="Nine", manufacturer="Acme", abi="arm64-v8a", sdk=35, release="15", soc="A9000",
    cpu_features="fp asimd aes pmull sha1 sha2 crc32 atomics fphp asimdhp asimddp i8mm",
    frequencies_khz=(1_803_000,) * 4 + (2_348_000,) * 3 + (2_914_000,),
)  # fmt: skip
BUDGET = Personality(
    serial="FARM0002", model="Zwei Lite", manufacturer="Billig", abi="arm64-v8a", sdk=29, release="10", soc="B210",
    cpu_features="fp asimd crc32", frequencies_khz=(1_600_000,) * 8,
    # Gauge in milliamperes with the sign reversed, no thermal service, no charge counter, lines of a terminal.
    files={"missing": "thermalservice\n", "no-charge-counter": "", "no-performance-mode": "",
           "battery_voltage": "4012000\n"},
    crlf=True,
)  # fmt: skip
TABLET = Personality(
    serial="FARM0003", model="Slab", manufacturer="Cromulent", abi="x86_64", sdk=33, release="13", soc="x5-C",
    cpu_features="fpu sse sse2 ssse3 sse4_1 sse4_2 avx avx2 fma", frequencies_khz=(2_400_000,) * 4,
    files={"battery_level": "91\n", "skin_temperature": "38.4\n", "thermal_status": "1\n"}, slow_s=0.4,
)  # fmt: skip
ALL = (FLAGSHIP, BUDGET, TABLET)
WITH_SERVICE = Personality(
    serial="FARM0004", model="Vier", manufacturer="Acme", abi="x86_64", sdk=34, release="14", soc="x7-E",
    cpu_features="fpu sse sse2 ssse3 sse4_1 sse4_2 avx avx2 fma", frequencies_khz=(2_400_000,) * 2,
)  # fmt: skip
"""For the service app, whose library is for this computer's processor: see service_app.py."""
