"""Profiles a model on this computer: opens or resumes the campaign, measures, and summarises what was recorded."""

from __future__ import annotations

import hashlib
import os

import approxlite
from approxlite.formats.document import now
from approxlite.formats.errors import UnstableError
from approxlite.formats.profile import BlockRow, CampaignRow, ProfiledOperator, ProfileJournal, load_profile
from approxlite.formats.provenance import ModelReference
from approxlite.model.reader import load_model
from approxlite.profiler.campaign.journal import check_resumes
from approxlite.profiler.campaign.on_host import Campaign, Progress
from approxlite.profiler.host import ENERGY_REFUSED, host_device, host_state
from approxlite.profiler.inputs import placeholder_scales, set_random_inputs
from approxlite.profiler.recorded import RecordedProfile
from approxlite.profiler.summary import summarise
from approxlite.runtime import Interpreter, StockInterpreter
from approxlite.runtime.library import numerics_version

PATIENCE = 3
"""How many budgets an unsteady machine gets."""

UNSTABLE = 0.25
"""Width of the interval of exact's share of stock, as a share of its value, above which no number is given."""


def profile_host(
    model: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    budget_s: float = 10.0,
    seed: int = 0,
    variant: str | None = None,
    progress: Progress = lambda _what, _share: None,
    resume: bool = False,
) -> RecordedProfile:
    """Appends a campaign on this computer to the journal `out`, or goes on with the same one, and summarises it.

    The same campaign has the same model, machine, kernel variant, versions and seed. An unsteady machine is given three
    times the budget. resume: whether to do the second only. Raises ModelError, FormatError, InputError where there is
    nothing to resume, and UnstableError when even that does not settle; what was
    measured is kept all the same.
    """
    ours, stock = Interpreter(model, variant=variant), StockInterpreter(model)
    for interpreter in (ours, stock):
        interpreter.allocate_tensors()
        set_random_inputs(interpreter, seed)
    opening = _opening(model, ours, seed)
    with ProfileJournal(out) as journal:
        earlier = {campaign.campaign: campaign for campaign in load_profile(out).campaigns}
        if resume:
            check_resumes(out, earlier, opening.campaign)
        if opening.campaign not in earlier:
            journal.append(opening)
        opening = earlier.get(opening.campaign, opening)
        scales = placeholder_scales(ours)
        for budget in (budget_s, PATIENCE * budget_s):
            done = _blocks(out, opening.campaign)
            Campaign(opening, ours, stock, journal, seed, scales, done, host_state).run(budget, progress)
            summary = summarise(opening, _blocks(out, opening.campaign))
            exact = summary.exact_cost
            if exact.high - exact.low <= UNSTABLE * exact.value:
                return summary
    raise UnstableError(
        f"exact took {exact.low:.2f} to {exact.high:.2f} of stock's time, too uncertain to compare with; "
        "end other programs and profile again with another --seed"
    )


def _blocks(out: str | os.PathLike[str], campaign: str) -> list[BlockRow]:
    return [row for row in load_profile(out).blocks if row.campaign == campaign]


def _opening(model: str | os.PathLike[str], ours: Interpreter, seed: int) -> CampaignRow:
    """The campaign's first row; its name stands for everything that makes timings comparable."""
    file = load_model(model)
    row = CampaignRow(
        campaign="",
        time=now(),
        tool_version=approxlite.__version__,
        device=host_device(),
        model=ModelReference(sha256=file.sha256, name=file.name),
        numerics_version=numerics_version(),
        kernel_variant=ours.variant,
        threads=1,
        energy_refused=ENERGY_REFUSED,
        operators=tuple(
            ProfiledOperator(id=o.id, knobs=tuple(o.knobs), multiply_accumulates=o.multiply_accumulates)
            for o in ours.operators
        ),
    )
    identity = f"{seed} {row.model_dump_json(exclude={'campaign', 'time'})}"
    return row.model_copy(update={"campaign": hashlib.sha256(identity.encode()).hexdigest()[:16]})
