"""`approxlite policy`: build one from a curve, sign it, and say what one holds."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Annotated

import typer

from approxlite.cli import options
from approxlite.cli.console import Progress, print_json, print_line, print_table
from approxlite.cli.pipeline import next_sequence, policy_at
from approxlite.formats.curve import load_curve, weights_path
from approxlite.formats.policy import Policy, Stage, load_policy, save_policy
from approxlite.model import load_model
from approxlite.policy.build import build_policy
from approxlite.policy.candidates import AIM
from approxlite.policy.signing import (
    generate_key,
    load_private_key,
    load_public_key,
    sign_policy,
    signer_of,
)
from approxlite.policy.verify import verify
from approxlite.report.text import percent_interval, ratio_interval
from approxlite.report.words import certificate_sentence

app = typer.Typer(help="Build a policy from a curve, sign it, or show what one holds.", no_args_is_help=False)

CurveFile = Annotated[Path, typer.Argument(metavar="CURVE", help="A curve.json, with its weights.bin beside it.")]
KeyOut = Annotated[Path, typer.Option("--out", metavar="FILE", help="The private key to write, a new file.")]
SigningKey = Annotated[Path, typer.Option("--key", metavar="FILE", help="The private key, as keygen wrote it.")]
PublicKeys = Annotated[
    list[Path] | None,
    typer.Option("--key", metavar="FILE", help="A public key, as keygen wrote it; more than one may be given."),
]
Out = Annotated[Path, typer.Option("--out", metavar="FILE", help="The policy to write.")]


@app.command("build")
def build(
    curve: CurveFile,
    model: options.ModelOption,
    data: options.DataOption,
    out: Out,
    aim: options.Aim = AIM,
    stream: options.Stream = "",
    mean: options.Mean = None,
    std: options.Std = None,
    scale: options.Scale = None,
    seed: options.Seed = 0,
    json: options.Json = False,
) -> None:
    """Choose rungs and thresholds on the tuning part of the data. Until it is certified, the policy runs exact.

    Answers agree when those that the curve was tuned for do; data is divided as it was then, so give the same --stream.

    Example: `approxlite policy build runs/curve.json --model model.tflite --data tuning.npz --out runs/policy.approx`
    """
    found, weights = load_curve(curve)
    samples = options.load(model, data, mean, std, scale, stream)
    with Progress().stage("build"):
        sequence = next_sequence(policy_at(out))
        policy = build_policy(
            found,
            weights,
            model,
            samples,
            weights_from=weights_path(curve),
            aim=aim,
            sequence=sequence,
            seed=seed,
        )
    save_policy(out, policy)
    if json:
        print_json(policy)
    else:
        _print(policy)
        print_line(f"written to {out}")


@app.command("show")
def show(policy: options.PolicyFile, json: options.Json = False) -> None:
    """Print a policy's ladder, candidates, rule and certificate.

    Example: `approxlite policy show runs/policy.approx`
    """
    loaded = load_policy(policy)
    if json:
        print_json(loaded)
    else:
        _print(loaded)


@app.command("keygen")
def keygen(out: KeyOut, json: options.Json = False) -> None:
    """Make a key that signs policies: FILE, which only you should have, and FILE.pub, which goes into apps.

    Example: `approxlite policy keygen --out release.key`
    """
    made = generate_key(out)
    if json:
        print_json(made)
    else:
        print_line(f"key {made.sha256[:16]}: {made.private}, for you alone, and {made.public}, for apps and phones")


@app.command("sign")
def sign(
    policy: options.PolicyFile,
    key: SigningKey,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Where to; else in place.")] = None,
    json: options.Json = False,
) -> None:
    """Sign a policy, so that a phone that knows the public key takes it. What changes a policy drops its signature.

    Example: `approxlite policy sign runs/policy.approx --key release.key`
    """
    signature = sign_policy(policy, load_private_key(key), out or policy)
    if json:
        print_json(signature)
    else:
        print_line(f"signed by key {signature.key_sha256[:16]}; written to {out or policy}")


@app.command("verify")
def check(
    policy: options.PolicyFile, model: options.ModelOptions, key: PublicKeys = None, json: options.Json = False
) -> None:
    """Check that a policy belongs to a model, that its rungs compute the same bits here as where it was made, and with
    `--key` that one of these keys signed it.

    Example: `approxlite policy verify runs/policy.approx --model model.tflite --key release.key.pub`
    """
    for path in model:
        load_model(path)  # says more about a damaged file than "another model"
    signed_by = signer_of(policy, [load_public_key(each) for each in key]) if key else None
    verification = verify(load_policy(policy), model, signed_by)
    if json:
        print_json(verification)
        return
    for line in verification.checks:
        print_line(f"holds: {line}")
    print_line("certified" if verification.certified else "not certified: the rule is to run exact")


def _print(policy: Policy) -> None:
    print_line(f"policy {policy.sequence} for {', '.join(model.name for model in policy.models)}; {policy.portability}")
    print_line("")
    print_table(
        ("rung", "share of stock float", "configuration"),
        [(str(n), ratio_interval(rung.cost), rung.configuration) for n, rung in enumerate(policy.ladder)],
    )
    print_line("")
    chosen = policy.stages
    print_table(
        ("", "candidate", "share of stock float", "differs from exact"),
        [
            (
                ">" if candidate.stages == chosen else "",
                stages_text(candidate.stages),
                ratio_interval(candidate.cost),
                percent_interval(candidate.disagreement),
            )
            for candidate in policy.candidates
        ],
    )
    print_line("")
    print_line(f"runs: {stages_text(chosen)}")
    print_line(certificate_sentence(policy))


def stages_text(stages: tuple[Stage, ...]) -> str:
    """ "rung 5, below confidence 3.2 rung 2"."""
    text = f"rung {stages[0].rung}"
    for before, stage in pairwise(stages):
        text += f", below confidence {before.threshold:.3g} rung {stage.rung}"
    return text
