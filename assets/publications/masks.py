"""Numbers of which only the ends are shown."""

from __future__ import annotations

DOT = "•"
SHOWN_ENDS = 4
"""Digits at either end that are shown."""


def masked(number: str) -> str:
    """A number by which its bearer is known again, and nobody else can be looked up.

    >>> masked("1610054107850003"), masked("16100541"), masked("")
    ('1610••••••••0003', '••••••••', '')
    """
    hidden = len(number) - 2 * SHOWN_ENDS
    if hidden < SHOWN_ENDS:
        return DOT * len(number)
    return number[:SHOWN_ENDS] + DOT * hidden + number[-SHOWN_ENDS:]
