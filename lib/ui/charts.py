"""Charts drawn by the server as SVG: geometry in attributes, colour in classes, hidden from screen readers.

A page that shows one says the same numbers in words or in a table beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypedDict

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

Point = tuple[float, float]


def ring(percent: float, size: int = 44) -> SafeString:
    """A circle filled clockwise to `percent`, which is clamped to 0 to 100."""
    return format_html(
        '<svg class="ring" viewBox="0 0 36 36" width="{0}" height="{0}" aria-hidden="true">'
        '<circle class="track" cx="18" cy="18" r="15"/>'
        '<circle class="val" cx="18" cy="18" r="15" pathLength="100" stroke-dasharray="{1} 100"/></svg>',
        size,
        round(min(max(percent, 0), 100)),
    )


def sparkline(values: Sequence[float], width: int = 120, height: int = 28) -> SafeString:
    """A line scaled to its own lowest and highest value; nothing for fewer than two values."""
    if len(values) < 2:
        return SafeString("")
    return format_html(
        '<svg class="spark" viewBox="0 0 {0} {1}" preserveAspectRatio="none" aria-hidden="true">'
        '<path class="area" d="{2}L{0} {1}L0 {1}Z"/><path class="line" d="{2}"/></svg>',
        width,
        height,
        _smooth(_points(values, width, height)),
    )


def waveform(peaks: Sequence[float] = (), width: int = 400, height: int = 32) -> SafeString:
    """Bars for peaks from 0 to 1; a plain line where the recording's peaks are not known.

    The inner <svg> clips the played part: player.js sets its width.
    """
    return format_html(
        '<svg class="wave" viewBox="0 0 {0} {1}" preserveAspectRatio="none" aria-hidden="true"><path d="{2}"/>'
        '<svg class="played" width="0" height="{1}"><path class="on" d="{2}"/></svg></svg>',
        width,
        height,
        _bars(peaks, width, height) if peaks else f"M1 {height / 2:g}H{width - 1}",
    )


def _bars(peaks: Sequence[float], width: float, height: float) -> str:
    step, middle = width / len(peaks), height / 2
    halves = [max(1.0, min(peak, 1) * (middle - 1)) for peak in peaks]
    return "".join(
        f"M{(index + 0.5) * step:.1f} {middle - half:.1f}v{2 * half:.1f}" for index, half in enumerate(halves)
    )


def _points(values: Sequence[float], width: float, height: float, pad: float = 2) -> list[Point]:
    low, high = min(values), max(values)
    scale = (height - 2 * pad) / ((high - low) or 1)
    step = width / (len(values) - 1)
    return [(index * step, height - pad - (value - low) * scale) for index, value in enumerate(values)]


def _smooth(points: Sequence[Point]) -> str:
    """Path data of a monotone cubic: the curve never rises above or falls below its points, so it never lies."""
    slopes = [(y2 - y1) / (x2 - x1) for (x1, y1), (x2, y2) in pairwise(points)]
    inner = [0 if a * b <= 0 else 2 * a * b / (a + b) for a, b in pairwise(slopes)]
    tangents = [slopes[0], *inner, slopes[-1]]
    path = f"M{points[0][0]:.1f} {points[0][1]:.1f}"
    for (start, leaving), (end, arriving) in pairwise(zip(points, tangents, strict=True)):
        dx = (end[0] - start[0]) / 3
        path += (
            f"C{start[0] + dx:.1f} {start[1] + leaving * dx:.1f} "
            f"{end[0] - dx:.1f} {end[1] - arriving * dx:.1f} {end[0]:.1f} {end[1]:.1f}"
        )
    return path


class Column(TypedDict):
    """One day or week. `parts` are (class, value, name), bottom first; the classes are c1, c2, c3 and cm."""

    label: str
    tick: str
    parts: Sequence[tuple[str, int, str]]


@dataclass(frozen=True)
class _Frame:
    """Where the plot lies inside the drawing, in its own units."""

    width: int
    height: int
    top: int
    left = 26
    head = 8
    foot = 22

    @property
    def plot(self) -> int:
        return self.height - self.head - self.foot

    @property
    def base(self) -> int:
        return self.head + self.plot

    def y(self, value: float) -> float:
        return self.base - self.plot * value / self.top


def stacked_columns(
    columns: Sequence[Column], width: int = 760, height: int = 220, top: int = 0, css_class: str = ""
) -> SafeString:
    """Stacked columns on a zero baseline. `top` is the axis' highest value; 0 takes the tallest column's."""
    tallest = max((sum(value for _, value, _ in column["parts"]) for column in columns), default=0)
    frame = _Frame(width, height, _round_up(top or tallest))
    step = (width - frame.left) / max(len(columns), 1)
    body = [_gridlines(frame)]
    body += [_column(column, frame, frame.left + index * step, step) for index, column in enumerate(columns)]
    return format_html(
        '<svg class="{}" viewBox="0 0 {} {}" aria-hidden="true">{}</svg>',
        f"chart {css_class}".strip(),
        width,
        height,
        format_html_join("", "{}", ((part,) for part in body)),
    )


def _round_up(value: int) -> int:
    """The axis has three steps and whole numbers on it."""
    return max(3, -(-value // 3) * 3)


def _gridlines(frame: _Frame) -> SafeString:
    rows = []
    for step in range(4):
        value = frame.top * step // 3
        rows.append(
            (
                "grid" if step else "axis",
                frame.left,
                frame.width,
                round(frame.y(value)) + 0.5,
                frame.left - 8,
                value,
            )
        )
    return format_html_join(
        "",
        '<line class="{0}" x1="{1}" x2="{2}" y1="{3}" y2="{3}"/>'
        '<text x="{4}" y="{3}" dy="3.5" text-anchor="end">{5}</text>',
        rows,
    )


def _column(column: Column, frame: _Frame, x: float, step: float) -> SafeString:
    bar = min(step * 0.64, 26)
    below = 0
    shapes = []
    for css_class, value, _ in column["parts"]:
        if not value:
            continue
        gap = 1.5 if below else 0
        height = max(frame.plot * value / frame.top - gap, 1.2)
        below += value
        shapes.append(
            (css_class, f"{x + (step - bar) / 2:.1f}", f"{frame.y(below):.1f}", f"{bar:.1f}", f"{height:.1f}")
        )
    return format_html(
        '<g class="col"><title>{}</title><rect class="hit" x="{}" y="{}" width="{}" height="{}" rx="4"/>{}</g>{}',
        _words(column),
        f"{x:.1f}",
        frame.head,
        f"{step:.1f}",
        frame.plot,
        format_html_join("", '<rect class="{}" x="{}" y="{}" width="{}" height="{}" rx="1.5"/>', shapes),
        format_html(
            '<text x="{}" y="{}" text-anchor="middle">{}</text>',
            f"{x + step / 2:.1f}",
            frame.height - 6,
            column["tick"],
        )
        if column["tick"]
        else "",
    )


def _words(column: Column) -> str:
    return f"{column['label']}: " + ", ".join(f"{value} {name}" for _, value, name in column["parts"])
