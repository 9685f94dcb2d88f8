"""Words that the name or number of a hamlet (dusun) follows, as parts of patterns."""

from __future__ import annotations

HAMLET_HEADINGS = "DUSUN|DSN|DUKUH|LINGKUNGAN|LINGK|KAMPUNG|KP|BANJAR|JORONG"
"""Those that name a hamlet wherever they stand: also over people, and as the name of a sheet."""
SURE_HAMLET_WORDS = f"{HAMLET_HEADINGS}|DK|DKH|LINK|LING|LK"
"""Those in addresses. Elsewhere `LK` may be men (laki-laki)."""
HAMLET_WORDS = f"{SURE_HAMLET_WORDS}|DS"
"""Those in columns of hamlets. In an address `DS` may be a hamlet (dusun) or a village (desa)."""
