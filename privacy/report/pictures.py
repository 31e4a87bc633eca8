"""Bars drawn as SVG for a report: readable on a phone, in the dark, without colour and by a screen reader."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

STATES = ("shown", "banded", "withheld")
WIDTH, ROW, BAR, TEXT, LETTERS = (
    360,
    44,
    16,
    13,
    34,
)  # in units of the picture; a phone is about as wide. LETTERS: the room for a label


@dataclass(frozen=True)
class Bar:
    """One bar: its label, and how many numbers are in each of STATES."""

    label: str
    counts: tuple[int, int, int]

    @property
    def total(self) -> int:
        """All numbers of the bar."""
        return sum(self.counts)

    def count(self, state: str) -> int:
        """How many numbers are in one of STATES."""
        return self.counts[STATES.index(state)]

    @property
    def withheld_share(self) -> float:
        """The part of the numbers that is withheld, 0 to 1; 0 of none."""
        return self.counts[-1] / self.total if self.total else 0.0


def draw_bars(name: str, title: str, description: str, bars: Sequence[Bar]) -> str:
    """Bars of equal length, one below the other, each cut by how much is shown, banded and withheld, as one <svg>.

    `name` makes the ids of title and description unique in the page.
    """
    height = ROW * len(bars) + 4
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="{name}-title {name}-desc">',
        f'<title id="{name}-title">{escape(title)}</title>',
        f'<desc id="{name}-desc">{escape(description)}</desc>',
    ]
    for i, bar in enumerate(bars):
        parts += _draw_bar(bar, i * ROW)
    return "\n".join([*parts, "</svg>"])


def _draw_bar(bar: Bar, top: int) -> list[str]:
    share = f"{100 * bar.withheld_share:.1f}% withheld" if bar.total else "nothing published"
    label = bar.label if len(bar.label) <= LETTERS else bar.label[: LETTERS - 1] + "…"
    lines = [
        f'<text x="0" y="{top + TEXT}">{escape(label)}</text>',
        f'<text x="{WIDTH}" y="{top + TEXT}" text-anchor="end" class="share">{share}</text>',
        f'<rect x="0" y="{top + 19}" width="{WIDTH}" height="{BAR}" class="frame"/>',
    ]
    start = 0.0
    for state, count in zip(STATES, bar.counts, strict=True):
        if count:
            width = WIDTH * count / bar.total
            place = f'x="{start:.2f}" y="{top + 19}" width="{width:.2f}" height="{BAR}"'
            lines.append(f'<rect {place} class="{state}"/>')
            if state == "withheld":
                lines.append(f'<rect {place} fill="url(#hatch)"/>')
            start += width
    return lines


def describe_bars(bars: Sequence[Bar]) -> str:
    """What the bars show, in a sentence."""
    most = max(bars, key=lambda bar: (bar.withheld_share, bar.label), default=None)
    if most is None or not most.total:
        return "Nothing is published."
    return (
        f"{len(bars)} bars. Most is withheld of {most.label}: {100 * most.withheld_share:.1f} percent. "
        "The table below the picture has all numbers."
    )
