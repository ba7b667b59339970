"""One self-contained HTML page: no network, light and dark, readable on a phone, usable without the plot."""

from __future__ import annotations

from html import escape
from importlib.resources import files

from plotly.offline import get_plotlyjs

from approxlite.report import sections
from approxlite.report.content import Report
from approxlite.report.plot import DARK, LIGHT, figure

_DRAW = """
const figures = {light: LIGHT_FIGURE, dark: DARK_FIGURE};
const dark = matchMedia("(prefers-color-scheme: dark)");
function draw() {
  const chosen = dark.matches ? figures.dark : figures.light;
  Plotly.react("curve", chosen.data, chosen.layout, {responsive: true, displayModeBar: false});
}
dark.addEventListener("change", draw);
draw();
"""


def page(report: Report) -> str:
    """The whole document. About 5 MB, nearly all of it the plotting library."""
    body = "".join(
        section(report)
        for section in (
            sections.results,
            sections.curve,
            sections.rule,
            sections.certificate,
            sections.operators,
            sections.method,
        )
    )
    style = files("approxlite.report").joinpath("page.css").read_text("utf-8")
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(report.model)} – ApproxLite report</title><style>{style}</style></head><body>"
        f'<header><p class="eyebrow">ApproxLite · {escape(report.model)}</p><h1>{escape(report.headline)}</h1>'
        f"{sections.tiles(report)}</header><main>{body}</main>"
        f"<footer><p>Written {report.created:%Y-%m-%d %H:%M} UTC; the numbers are in "
        "report.json beside this page.</p></footer>"
        f"{_plot(report)}</body></html>\n"
    )


def _plot(report: Report) -> str:
    if not report.curve:
        return ""
    epsilon = report.certificate.epsilon if report.certificate else None
    light, dark = (_script_safe(str(figure(report.curve, epsilon, palette).to_json())) for palette in (LIGHT, DARK))
    draw = _DRAW.replace("LIGHT_FIGURE", light).replace("DARK_FIGURE", dark)
    return f"<script>{get_plotlyjs()}</script><script>{draw}</script>"


def _script_safe(json: str) -> str:
    return json.replace("<", "\\u003c")
