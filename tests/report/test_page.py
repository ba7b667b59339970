"""The report is one page that needs nothing else, says what the files say, and can be read without the plot."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from approxlite.formats.errors import DeviceError, FormatError, PolicyError
from approxlite.report.collect import write_report
from approxlite.report.content import Report
from support import report_example as example


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("report")
    example.write_example(place)
    write_report(place)
    return place


@pytest.fixture(scope="module")
def markup(folder: Path) -> str:
    """The page without scripts and styles."""
    whole = (folder / "report.html").read_text("utf-8")
    return re.sub(r"<(script|style)>.*?</\1>", "", whole, flags=re.DOTALL)


class Outline(HTMLParser):
    """Tags and attributes in order; complains when tags do not nest."""

    VOID = frozenset({"meta", "wbr"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_nothing_is_loaded_from_elsewhere(markup: str) -> None:
    loads = [attrs for _, attrs in Outline(markup).tags if attrs.keys() & {"src", "href", "srcset"}]
    assert loads == []


def test_tags_nest_and_landmarks_exist(markup: str) -> None:
    tags = [tag for tag, _ in Outline(markup).tags]
    assert {"header", "main", "footer", "h1", "section"} <= set(tags)
    assert tags.count("h1") == 1


def test_every_table_has_a_caption_and_scoped_headers(markup: str) -> None:
    tags = Outline(markup).tags
    assert sum(tag == "caption" for tag, _ in tags) == sum(tag == "table" for tag, _ in tags) >= 3
    assert all("scope" in attrs for tag, attrs in tags if tag == "th")


def test_the_plot_has_a_text_twin(markup: str) -> None:
    for label in ("rung 1", "rung 2", "exact", "stock int8", "policy"):
        assert f'<th scope="row">{label}</th>' in markup
    assert 'role="img" aria-label=' in markup


def test_light_and_dark_are_both_there(folder: Path) -> None:
    assert "prefers-color-scheme: dark" in (folder / "report.html").read_text("utf-8")


def test_the_headline_says_what_is_saved_and_what_is_certified(markup: str) -> None:
    headline = re.search(r"<h1>(.*?)</h1>", markup)
    assert headline is not None
    assert "41 %" in headline[1]
    assert "at most 5 %" in headline[1]
    assert "95 % confidence" in headline[1]


def test_the_certificate_is_in_words_and_numbers(markup: str) -> None:
    for part in ("149", "4.17 %", "1.99 %", "a limit of 2 % takes 313", "no labels"):
        assert part in markup


def test_every_operator_is_listed_with_who_ran_it(markup: str) -> None:
    for name in example.WORK:
        assert f"<code>{name}</code>" in markup
    assert "runs in xnnpack" in markup


def test_energy_is_refused_not_guessed(markup: str) -> None:
    assert "not given: no energy source" in markup


def test_it_tells_of_the_device_that_was_tuned_for_though_another_was_profiled_since(tmp_path: Path) -> None:
    example.write_example(tmp_path)
    journal = tmp_path / "profile.jsonl"
    first = json.loads(journal.read_text().partition("\n")[0])
    other = first | {"campaign": "c1", "device": first["device"] | {"fingerprint": "0" * 16, "cpu": "Another CPU"}}
    journal.write_text(journal.read_text() + json.dumps(other) + "\n")
    page = write_report(tmp_path).read_text("utf-8")
    assert "Example CPU" in page
    assert "Another CPU" not in page


def test_the_machine_readable_twin_holds_the_same(folder: Path) -> None:
    twin = Report.model_validate_json((folder / "report.json").read_text("utf-8"))
    assert json.loads((folder / "report.json").read_text("utf-8"))["version"] == 1
    assert twin.results is not None
    assert [row.name for row in twin.results.rows][-1] == "policy"
    assert [share and round(share, 2) for share in twin.operators[2].time_shares] == [0.17, 0.08, 0.05]


def test_without_results_the_estimates_of_the_search_stand_in(tmp_path: Path) -> None:
    example.write_example(tmp_path, results=False)
    page = write_report(tmp_path).read_text("utf-8")
    assert "<h1>The policy answers in 41 % of" in page
    assert 'id="results"' not in page


def test_without_a_certificate_the_page_says_so(tmp_path: Path) -> None:
    example.write_example(tmp_path, certified=False)
    page = write_report(tmp_path).read_text("utf-8")
    assert "nothing is certified yet" in page
    assert "carries no certificate" in page


def test_names_from_files_cannot_inject_markup(tmp_path: Path) -> None:
    example.write_example(tmp_path)
    for name in ("curve.json", "results.json"):
        path = tmp_path / name
        path.write_text(
            path.read_text().replace("test.npz", "<script>alert(1)</script>").replace("knapsack", "</script>")
        )
    page = write_report(tmp_path).read_text("utf-8")
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


@pytest.mark.parametrize("name", ["profile.jsonl", "curve.json", "weights.bin", "policy.approx"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    example.write_example(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises((FormatError, PolicyError, DeviceError), match=re.escape(name)):
        write_report(tmp_path)
    assert not (tmp_path / "report.html").exists()
