"""How the numbers of a report came about: device, versions, seeds, sample counts."""

from __future__ import annotations

from approxlite.formats.curve import Curve
from approxlite.formats.policy import Policy
from approxlite.formats.profile import CampaignRow, Profile
from approxlite.profiler.campaign.energy import energies
from approxlite.profiler.campaign.energy_goal import efforts
from approxlite.profiler.energy.outcome import Comparison
from approxlite.profiler.summary import last_campaign
from approxlite.report.content import Fact
from approxlite.report.results import Results
from approxlite.report.text import percent, ratio_interval


def method(policy: Policy, curve: Curve, profile: Profile, results: Results | None) -> tuple[Fact, ...]:
    """One fact per line of the section."""
    facts = []
    campaign = last_campaign(profile, policy.models[-1].sha256, device_class=curve.device_class)
    blocks = [block for block in profile.blocks if campaign is not None and block.campaign == campaign.campaign]
    if campaign is not None:
        device = campaign.device
        rounds = {block.round for block in blocks}
        inferences = sum(block.inferences for block in blocks)
        facts += [
            ("device", f"{device.cpu}, {device.os}; {campaign.threads} thread"),
            (
                "kernels",
                f"{campaign.kernel_variant} ({' '.join(device.features)}), numerics version "
                f"{campaign.numerics_version}",
            ),
            ("profile", f"{len(blocks)} blocks, {inferences} inferences in {len(rounds)} interleaved rounds"),
            ("energy", _energy(profile, campaign)),
        ]
    split = policy.split
    facts.append(
        (
            "tuning data",
            f"seed {split.seed}: {split.calibration} samples to calibrate, {split.search} to search, "
            f"{split.certification} kept for the certificate; sha256 {split.data_sha256[:12]}…",
        )
    )
    if policy.certificate is not None:
        facts.append(("certificate", f"{policy.certificate.method}; {len(policy.certificate.tests)} candidates tested"))
    if results is not None:
        elsewhere = any(block.serial is not None for block in blocks)
        facts.append(
            (
                "results",
                f"{results.samples} samples of {results.data}; all ways took turns, "
                f"{results.rounds} rounds, seed {results.seed}; mean over samples of the median over rounds"
                f"{'; times are of the computer that made this report, not of the device' if elsewhere else ''}",
            )
        )
        facts.append(("versions", ", ".join(f"{name} {version}" for name, version in results.versions.items())))
    residuals = curve.predictor_residuals
    facts += [
        ("prediction", f"disagreement was off by {percent(residuals.mean_absolute, 2)} on average, "
                       f"{percent(residuals.largest_absolute, 2)} at most, over {residuals.samples} configurations"),
        ("search", curve.how_found),
        ("model", "; ".join(f"{model.name}, sha256 {model.sha256[:12]}…" for model in policy.models)),
        ("portability", policy.portability),
        ("policy", f"sequence {policy.sequence}, built by approxlite {policy.tool_version}"),
    ]  # fmt: skip
    return tuple(Fact(name=name, value=value) for name, value in facts)


def _energy(profile: Profile, campaign: CampaignRow) -> str:
    """Joules beside exact's of each device, with exact against itself, and in how many sessions."""
    if campaign.energy is None:
        return f"not given: {campaign.energy_refused}"
    effort, said = efforts(profile, campaign.campaign), []
    for serial, told in energies(profile, campaign.campaign).items():
        compared = [each for each in told.settings.values() if isinstance(each, Comparison)]
        if told.refused or not compared:
            said.append(f"{serial}: not given: {told.refused or 'too few rounds'}")
            continue
        same = compared[0].same
        ratios = ", ".join(f"{each.configuration} {ratio_interval(each.ratio)}" for each in compared)
        had = f"; {effort[serial].sessions} of {effort[serial].sessions_wanted} sessions" if serial in effort else ""
        said.append(
            f"{serial}: of exact's {compared[0].exact_mj.value:.3g} mJ beyond idle: {ratios}; exact against itself "
            f"{same.value:.3f} [{same.low:.3f}, {same.high:.3f}]{had}"
        )
    return "; ".join(said) or "no device has told any"
