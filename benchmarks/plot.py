"""Plots as SVG, from nothing but text.

Knows: how counts over time are drawn. Must not know: what is counted, beyond its name.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from xml.sax.saxutils import escape

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 900, 220, 48, 36, 30


def bars(counts: Sequence[int], begun: float, width: float, title: str, mark: tuple[float, float] | None = None) -> str:
    """Bars of `counts`, one for each `width` seconds from `begun`; 0 is the event, `mark` a time to shade."""
    span = len(counts) * width
    most = max([*counts, 1])

    def x(seconds: float) -> float:
        return LEFT + (seconds - begun) / span * (WIDTH - LEFT - 10)

    def y(count: float) -> float:
        return TOP + (1 - count / most) * (HEIGHT - TOP - BOTTOM)

    floor = y(0)
    drawn = []
    if mark is not None:
        drawn.append(_box(x(mark[0]), TOP, x(mark[1]) - x(mark[0]), floor - TOP, "#f6d5d5"))
    drawn += [
        _box(
            x(begun + place * width), y(count), max(0.5, x(begun + width) - x(begun) - 0.5), floor - y(count), "#3366aa"
        )
        for place, count in enumerate(counts)
        if count
    ]
    drawn += [_text(x(second), floor + 15, f"{second:g} s", "middle") for second in _ticks(begun, begun + span)]
    drawn += [_text(LEFT - 6, y(count) + 4, str(count), "end") for count in (0, most)]
    drawn.append(f'<line x1="{x(0):.1f}" x2="{x(0):.1f}" y1="{TOP}" y2="{floor}" stroke="#cc0000" stroke-width="1.5"/>')
    drawn.append(f'<line x1="{LEFT}" x2="{WIDTH - 10}" y1="{floor}" y2="{floor}" stroke="#333333"/>')
    drawn.append(_text(LEFT, 18, title, "start"))
    form = f'viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {form}>\n'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>\n' + "\n".join(drawn) + "\n</svg>\n"
    )


def _ticks(begun: float, ended: float) -> list[float]:
    step = next(step for step in (1, 2, 5, 10, 20, 60, 600) if (ended - begun) / step <= 15)
    return [step * place for place in range(math.ceil(begun / step), math.floor(ended / step) + 1)]


def _box(x: float, y: float, width: float, height: float, colour: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}"/>'


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
