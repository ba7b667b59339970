"""The curve: cost against disagreement, once for light and once for dark pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import plotly.graph_objects as go

from approxlite.formats.interval import Estimate
from approxlite.report.content import PlotPoint
from approxlite.report.text import percent_interval

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', sans-serif"


@dataclass(frozen=True)
class Palette:
    """Colours of one theme; they match page.css."""

    text: str
    muted: str
    grid: str
    card: str
    curve: str
    rung: str
    policy: str
    reference: str


LIGHT = Palette("#1c2326", "#5b676d", "#e3e7e4", "#ffffff", "#8aa39c", "#0f766e", "#b45309", "#64748b")
DARK = Palette("#e8ecea", "#9aa7a3", "#2a3331", "#18201f", "#5d7a73", "#5eead4", "#fbbf24", "#94a3b8")


def figure(points: Sequence[PlotPoint], epsilon: float | None, palette: Palette) -> go.Figure:
    """Cost as a share of stock LiteRT float on x, disagreement with exact on y, 95 % intervals as bars."""
    of_kind = {kind: [p for p in points if p.kind == kind] for kind in ("curve", "rung", "reference", "policy")}
    curve = sorted(of_kind["curve"] + of_kind["rung"], key=lambda point: point.cost.value)
    numbers = [str(point.rung) for point in of_kind["rung"]]
    labels = [point.label for point in of_kind["reference"]]
    inside, below = {"color": palette.card, "size": 11}, {"color": palette.reference, "size": 12}
    drawing = go.Figure()
    for trace in (
        _trace(curve, "curve", palette.curve, 6, bars=False, mode="lines+markers", line={"width": 1.5}),
        _trace(of_kind["rung"], "rungs of the ladder", palette.rung, 19, text=numbers, textfont=inside),
        _trace(
            of_kind["reference"], "stock LiteRT", palette.reference, 11, symbol="diamond", text=labels, textfont=below,
            textposition="bottom left",
        ),
        _trace(of_kind["policy"], "policy", palette.policy, 17, symbol="star"),
    ):  # fmt: skip
        drawing.add_trace(trace)
    if epsilon is not None:
        drawing.add_hline(y=100 * epsilon, line={"color": palette.policy, "width": 1, "dash": "dot"})
        drawing.add_annotation(
            xref="paper", x=1, y=100 * epsilon, text=f"ε = {100 * epsilon:g} %", showarrow=False,
            xanchor="right", yanchor="bottom", font={"color": palette.policy, "size": 12},
        )  # fmt: skip
    right = 112 * max((point.cost.high for point in points), default=1.0)
    top = 110 * max((point.disagreement.high for point in points), default=0.1)
    axis = {"gridcolor": palette.grid, "zeroline": False, "ticksuffix": " %", "fixedrange": True}
    drawing.update_layout(
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": FONT, "color": palette.text, "size": 13},
        margin={"l": 58, "r": 16, "t": 16, "b": 48},
        height=430,
        xaxis={**axis, "range": [0, right], "title": {"text": "time per inference, share of stock LiteRT float"}},
        yaxis={**axis, "range": [-0.12 * top, top], "title": {"text": "answers that differ from exact"}},
        legend={"orientation": "h", "y": -0.2, "yanchor": "top", "x": 0, "font": {"color": palette.muted}},
        hovermode="closest",
    )
    return drawing


def _trace(
    points: Sequence[PlotPoint],
    name: str,
    colour: str,
    size: int,
    *,
    symbol: str = "circle",
    bars: bool = True,
    mode: str | None = None,
    **style: Any,
) -> go.Scatter:
    return go.Scatter(
        x=[100 * point.cost.value for point in points],
        y=[100 * point.disagreement.value for point in points],
        name=name,
        visible=bool(points),
        mode=mode or ("markers+text" if "text" in style else "markers"),
        marker={"color": colour, "size": size, "symbol": symbol},
        error_x=_error([point.cost for point in points], colour, bars),
        error_y=_error([point.disagreement for point in points], colour, bars),
        hovertext=[_hover(point) for point in points],
        hoverinfo="text",
        cliponaxis=False,
        **style,
    )


def _error(estimates: Sequence[Estimate], colour: str, visible: bool) -> dict[str, object]:
    return {
        "type": "data",
        "symmetric": False,
        "array": [100 * (estimate.high - estimate.value) for estimate in estimates],
        "arrayminus": [100 * (estimate.value - estimate.low) for estimate in estimates],
        "color": colour,
        "thickness": 1,
        "width": 3,
        "visible": visible,
    }


def _hover(point: PlotPoint) -> str:
    configuration = "<br>".join(escape(part) for part in point.configuration.split(",")[:14])
    more = "<br>…" if point.configuration.count(",") > 13 else ""
    return (
        f"<b>{escape(point.label)}</b><br>time {percent_interval(point.cost)}"
        f"<br>differs {percent_interval(point.disagreement)}<br>{configuration}{more}"
    )
