"""The page's sections as HTML, one function each; a section without content is the empty string."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from approxlite.report.content import OperatorRow, PlotPoint, Report, RungRow, StageRow
from approxlite.report.text import (
    count,
    milliseconds,
    percent,
    percent_interval,
    quality_name,
    ratio_interval,
    score_interval,
)


def tiles(report: Report) -> str:
    """Time, agreement and certificate at a glance."""
    shown = []
    policy = report.results.row("policy") if report.results else None
    if policy is not None and policy.ratio is not None:
        shown.append(("time per inference, share of stock LiteRT float", percent(policy.ratio.value, 0),
                      f"95 % interval {percent(policy.ratio.low, 0)} to {percent(policy.ratio.high, 0)}"))  # fmt: skip
    if policy is not None and policy.agreement is not None:
        shown.append(("answers equal to the exact model’s", percent(policy.agreement.value),
                      f"95 % interval {percent(policy.agreement.low)} to {percent(policy.agreement.high)}, "
                      f"{policy.agreement.samples} samples"))  # fmt: skip
    if report.certificate is not None:
        sure = percent(1 - report.certificate.delta)
        shown.append(("certified: answers that change", f"≤ {percent(report.certificate.epsilon)}",
                      f"with confidence {sure}, {report.certificate.samples} samples"))  # fmt: skip
    items = "".join(
        f'<div><dt>{name}</dt><dd><span class="big">{value}</span><span class="muted">{detail}</span></dd></div>'
        for name, value, detail in shown
    )
    return f'<dl class="tiles">{items}</dl>' if shown else ""


def results(report: Report) -> str:
    """Every way of running the model, measured on the same data."""
    if report.results is None:
        return ""
    quality = report.results.quality
    head = (escape(quality_name(quality)), "same answer as exact", "time per inference", "share of stock float time")
    rows = []
    for row in report.results.rows:
        detail = f"<small>{_configuration(row.detail)}</small>" if row.detail else ""
        values = (
            score_interval(row.accuracy, quality),
            percent_interval(row.agreement),
            milliseconds(row.time_ms),
            ratio_interval(row.ratio),
        )
        cells = "".join(
            f'<td class=number data-label="{label}">{value}</td>' for label, value in zip(head, values, strict=True)
        )
        style = ' class="policy"' if row.role == "policy" else ""
        rows.append(f'<tr{style}><th scope="row">{escape(row.name)}{detail}</th>{cells}</tr>')
    unseen = "never seen while tuning" if report.results.unseen else "the part of the data kept for certification"
    caption = f"{report.results.samples} samples of {report.results.data}, {unseen}. 95 % intervals in brackets."
    return _section("results", "Results", _table(caption, ("", *head), rows, style="cards"))


def curve(report: Report) -> str:
    """The plot and its text twin."""
    if not report.curve:
        return ""
    rows = [_curve_row(point) for point in sorted(report.curve, key=lambda point: point.cost.value)]
    head = ("", "time, share of stock float", "answers that differ", "predicted", "configuration")
    table = _table("The same points as text.", head, rows)
    return _section(
        "curve-section",
        "What each step costs and saves",
        "<p>Each point is one configuration that nothing else beats: left is faster, down is closer to the exact "
        "model. Bars are 95 % intervals; the dotted line is the certified limit, numbers are rungs of the "
        "ladder, 0 is exact.</p>"
        '<figure><div id="curve" role="img" aria-label="Scatter plot of time per inference against the share of '
        'answers that differ from the exact model; the table below holds the same points."></div></figure>'
        "<noscript><p>The plot needs JavaScript; the table below says the same.</p></noscript>"
        f"<details><summary>The {len(rows)} points as a table</summary>{table}</details>",
    )


def rule(report: Report) -> str:
    """How the policy chooses, stage by stage."""
    if report.rule.kind == "fixed":
        intro = "Every input runs the same rung."
    else:
        intro = (
            f"Every input first runs the cheapest stage. If the answer is sure enough – {report.rule.confidence} "
            "reaches the threshold – it is taken; otherwise the next stage runs on the same input."
        )
    items = "".join(
        _stage(number, stage, report.ladder[stage.rung]) for number, stage in enumerate(report.rule.stages, 1)
    )
    return _section("rule", "How it decides", f'<p>{intro}</p><ol class="stages">{items}</ol>')


def certificate(report: Report) -> str:
    """The certificate in words, then in numbers."""
    facts = report.certificate
    if facts is None:
        return _section("certificate", "Certificate", "<p>This policy carries no certificate.</p>")
    words = (
        f"{facts.statement} The probability that this promise is wrong is at most {percent(facts.delta)}. It needs no "
        "labels, and it holds for the whole policy, thresholds included. It says nothing about inputs of another kind."
    )
    numbers = [
        ("samples kept for this and nothing else", str(facts.samples)),
        ("answers that differed", str(facts.disagreements)),
        ("upper bound on disagreement", percent(facts.upper_bound, 2)),
        ("smallest limit this many samples could support", percent(facts.smallest_epsilon, 2)),
        ("policies tested, most cautious first", str(len(facts.tests))),
    ]
    return _section(
        "certificate", "Certificate", f"<p>{escape(words)}</p>{_facts(numbers)}<p>{escape(report.advice)}</p>"
    )


def operators(report: Report) -> str:
    """Per operator: work, then knob and time on the exact rung and on each rung that the rule uses."""
    if not report.operators:
        return ""
    shown = list(dict.fromkeys([report.exact_rung, *(stage.rung for stage in report.rule.stages)]))
    work = sum(row.multiply_accumulates for row in report.operators) or 1
    largest = max((share or 0 for row in report.operators for share in row.time_shares), default=0) or 1
    names = ["exact" if rung == report.exact_rung else f"rung {rung}" for rung in shown]
    head = ("operator", "multiply-accumulates", *names)
    rows = [
        f'<tr><th scope="row"><code>{escape(row.id)}</code>'
        + (f"<small>runs in {escape(row.ran_by)}</small>" if row.ran_by != "approxlite" else "")
        + "</th>"
        + _work(row.multiply_accumulates, work)
        + "".join(_operator_cell(row, rung, largest) for rung in shown)
        + "</tr>"
        for row in report.operators
    ]
    caption = "Knob and time of each operator; time as a share of the whole exact inference."
    return _section("operators", "Operator by operator", _table(caption, head, rows))


def method(report: Report) -> str:
    """Device, versions, seeds and sample counts."""
    return _section("method", "How this was measured", _facts((fact.name, fact.value) for fact in report.method))


def _stage(number: int, stage: StageRow, rung: RungRow) -> str:
    reached = "" if stage.reached is None else f"<span>runs on {percent(stage.reached)} of inputs</span>"
    answered = "" if rung.answered is None else f", which settles {percent(rung.answered)} of inputs"
    accepts = "Always accepts" if stage.threshold is None else f"Accepts at confidence {stage.threshold:.3g} or more"
    bar = "" if stage.reached is None else _bar(stage.reached)
    return (
        f'<li><div class="stage-head">Stage {number}: rung {stage.rung}{reached}'
        f"<span>{percent(rung.cost.value, 0)} of stock float time</span></div>"
        f"<p>{accepts}{answered}.</p><p>{_configuration(rung.configuration)}</p>{bar}</li>"
    )


def _work(multiply_accumulates: int, whole: int) -> str:
    if multiply_accumulates == 0:
        return "<td></td>"
    share = percent(multiply_accumulates / whole)
    return f"<td class=number>{count(multiply_accumulates)}<small>{share}</small></td>"


def _operator_cell(row: OperatorRow, rung: int, largest: float) -> str:
    knob, share = row.knobs[rung], row.time_shares[rung]
    time = "" if share is None else f" {percent(share)}{_bar(share / largest)}"
    return f'<td class=number><code class="knob{" exact" if knob == "exact" else ""}">{escape(knob)}</code>{time}</td>'


def _curve_row(point: PlotPoint) -> str:
    predicted = "–" if point.predicted_disagreement is None else percent(point.predicted_disagreement)
    return (
        f'<tr{" class=policy" if point.kind == "policy" else ""}><th scope="row">{escape(point.label)}</th>'
        + _numbers(percent_interval(point.cost), percent_interval(point.disagreement), predicted)
        + f"<td>{_configuration(point.configuration)}</td></tr>"
    )


def _configuration(text: str) -> str:
    return f"<code>{escape(text).replace(',', ',<wbr>')}</code>" if "=" in text or text == "exact" else escape(text)


def _numbers(*cells: str) -> str:
    return "".join(f"<td class=number>{cell}</td>" for cell in cells)


def _bar(share: float) -> str:
    return f'<span class="bar" aria-hidden="true"><span style="width:{100 * min(1.0, share):.1f}%"></span></span>'


def _facts(facts: Iterable[tuple[str, str]]) -> str:
    return (
        f'<dl class="facts">{"".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts)}</dl>'
    )


def _table(caption: str, head: Sequence[str], rows: Iterable[str], style: str = "plain") -> str:
    columns = "".join(f'<th scope="col">{name}</th>' if name else "<td></td>" for name in head)
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(caption)}"><table class="{style}">'
        f"<caption>{escape(caption)}</caption><thead><tr>{columns}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _section(name: str, title: str, body: str) -> str:
    return f'<section aria-labelledby="{name}"><h2 id="{name}">{title}</h2>{body}</section>'
