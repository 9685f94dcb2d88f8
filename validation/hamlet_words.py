"""Words that the name or number of a hamlet (dusun) follows, as parts of patterns."""

from __future__ import annotations

HAMLET_HEADINGS = "DUSUN|DSN|DUKUH|LINGKUNGAN|LINGK|KAMPUNG|KP|BANJAR|JORONG"
"""Those that name a hamlet wherever they stand: also over people, and as the name of a sheet."""
HAMLET_WORDS = f"{HAMLET_HEADINGS}|DS|DK|DKH|LINK|LK"
"""Those in addresses and columns of hamlets too. Elsewhere `DS` may be a village (desa), and `LK` men (laki-laki)."""
