"""One picture: time and disagreement of static rungs, ours, Mobiprox's engines and a clairvoyant, by subject."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

_COLOURS = {
    "static rung": "#94a3b8", "static, chosen on tuning data": "#334155", "ours": "#0f766e",
    "Mobiprox, as published": "#b45309", "Mobiprox, repaired": "#f59e0b", "clairvoyant": "#be185d",
}  # fmt: skip
_MOST = 0.16  # disagreement shown


def save_plot(results: Sequence[dict[str, Any]], path: Path) -> None:
    """A page of its own that needs no network."""
    columns = min(2, len(results))
    rows = -(-len(results) // columns)
    titles = [f"{result['name']}, {result['samples']} test samples" for result in results]
    drawing = make_subplots(rows, columns, subplot_titles=titles, horizontal_spacing=0.08, vertical_spacing=0.12)
    for number, result in enumerate(results):
        place = {"row": number // columns + 1, "col": number % columns + 1}
        for name, points, mode, symbol in _series(result):
            shown = [point for point in points if point["disagreement"] <= _MOST]
            drawing.add_trace(
                go.Scatter(
                    x=[100 * point["cost"] for point in shown],
                    y=[100 * point["disagreement"] for point in shown],
                    name=name,
                    legendgroup=name,
                    showlegend=number == 0,
                    mode=mode,
                    marker={"symbol": symbol, "size": 9, "color": _COLOURS[name]},
                    line={"color": _COLOURS[name], "width": 1.5},
                    hovertext=[point["name"] for point in shown],
                ),
                **place,
            )
        drawing.update_xaxes(ticksuffix=" %", rangemode="tozero", title_text="time, share of stock float", **place)
        drawing.update_yaxes(ticksuffix=" %", title_text="answers that differ from exact", **place)
    legend = {"orientation": "h", "yref": "container", "y": 0.99, "yanchor": "top", "x": 0.0}
    margin = {"l": 70, "r": 20, "t": 90, "b": 60}
    drawing.update_layout(template="plotly_white", height=120 + 400 * rows, legend=legend, margin=margin)
    path.parent.mkdir(parents=True, exist_ok=True)
    drawing.write_html(path, include_plotlyjs=True)


def _series(result: dict[str, Any]) -> list[tuple[str, list[dict[str, Any]], str, str]]:
    """Name, points, mode and symbol of each."""
    engines = result["engines"]
    repaired = [each for each in engines if "repaired" in each["name"]]
    published = [each for each in engines if "repaired" not in each["name"]]
    rungs = [{**rung, "name": rung["configuration"][:80]} for rung in result["rungs"]]
    oracle = [{"name": "agrees always", "cost": result["oracle"]["agreeing"], "disagreement": 0.0}]
    ours = sorted([result["exact"], *result["ours"]], key=lambda point: point["cost"])
    static = sorted([result["exact"], *result["static"]], key=lambda point: point["cost"])
    return [
        ("static rung", rungs, "markers", "circle"),
        ("static, chosen on tuning data", static, "lines+markers", "circle-open"),
        ("ours", ours, "lines+markers", "square"),
        ("Mobiprox, as published", published, "markers", "x"),
        ("Mobiprox, repaired", repaired, "markers", "cross"),
        ("clairvoyant", oracle, "markers", "star"),
    ]
