import re
import xml.etree.ElementTree as ET
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from lib.ui.charts import Column, ring, sparkline, stacked_columns, waveform

EVIL = '<script>"&'


def numbers(path: str) -> list[float]:
    return [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", path)]


def test_ring_fills_to_its_percent_and_no_further():
    for percent, drawn in ((75, 75), (-3, 0), (250, 100), (33.4, 33)):
        assert f'stroke-dasharray="{drawn} 100"' in ring(percent)


def test_sparkline_needs_two_values():
    assert sparkline([]) == sparkline([4]) == ""


def test_sparkline_of_equal_values_is_a_flat_line():
    assert set(numbers(ET.fromstring(sparkline([3, 3, 3], 20, 10))[1].attrib["d"])[1::2]) == {8.0}


@given(st.lists(st.integers(0, 1000), min_size=2, max_size=40))
def test_sparkline_never_leaves_the_range_of_its_points(values):
    ys = numbers(ET.fromstring(sparkline(values, 120, 28))[1].attrib["d"])[1::2]
    ends = [ys[0], *ys[3::3]]
    for (start, end), handles in zip(pairwise(ends), zip(ys[1::3], ys[2::3], strict=True), strict=True):
        assert all(min(start, end) - 0.11 <= y <= max(start, end) + 0.11 for y in handles)


def test_waveform_draws_a_bar_for_each_peak_twice_the_played_part_hidden():
    whole, played = ET.fromstring(waveform([0.5, 1.0], 40, 32))
    assert whole.attrib["d"] == "M10.0 8.5v15.0M30.0 1.0v30.0"
    assert (played.attrib["width"], played[0].attrib["d"]) == ("0", whole.attrib["d"])


def test_waveform_without_peaks_is_a_plain_line():
    assert ET.fromstring(waveform())[0].attrib["d"] == "M1 16H399"


def column(*values: int, label: str = "Monday 16 November", tick: str = "") -> Column:
    return {
        "label": label,
        "tick": tick,
        "parts": list(zip(("c1", "c3"), values, ("answered", "missed"), strict=True)),
    }


def test_stacked_columns_reach_as_high_as_their_sum():
    svg = ET.fromstring(stacked_columns([column(6, 3)], 226, 130, 9))
    plot, base = 130 - 8 - 22, 130 - 22
    bars = {bar.attrib["class"]: bar.attrib for bar in svg.findall("g/rect")}
    assert float(bars["c1"]["y"]) + float(bars["c1"]["height"]) == base
    assert float(bars["c3"]["y"]) == round(base - plot * 9 / 9, 1)


def test_stacked_columns_say_their_numbers():
    svg = ET.fromstring(stacked_columns([column(6, 3)]))
    assert [title.text for title in svg.findall("g/title")] == ["Monday 16 November: 6 answered, 3 missed"]


def test_stacked_columns_axis_has_whole_numbers_up_to_the_tallest():
    svg = ET.fromstring(stacked_columns([column(6, 4)]))
    assert [text.text for text in svg.findall("text")] == ["0", "4", "8", "12"]


def test_stacked_columns_without_a_day_or_a_call_are_an_empty_axis():
    for columns in ([], [column(0, 0)]):
        svg = ET.fromstring(stacked_columns(columns))
        assert [text.text for text in svg.findall("text")] == ["0", "1", "2", "3"]
        assert svg.findall("g/rect[@class='c1']") == []


def test_stacked_columns_escape_labels():
    assert EVIL not in stacked_columns([column(1, 1, label=EVIL, tick=EVIL)])
