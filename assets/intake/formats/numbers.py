"""Numbers written as text in a file's XML, with all their digits."""

from decimal import Decimal, InvalidOperation

from assets.intake.formats.workbook import Cell

_LONGEST = 40


def number(text: str) -> Cell:
    """A whole number as an integer of any length, any other as a fraction; the text itself where it is no number.

    >>> number("9171010101900001"), number("1.61005410785E+15"), number("3.0"), number("7.5"), number("n/a")
    (9171010101900001, 1610054107850000, 3, 7.5, 'n/a')
    """
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        return text
    if not value.is_finite() or value.adjusted() > _LONGEST:
        return text
    return int(value) if value == value.to_integral_value() else float(value)
