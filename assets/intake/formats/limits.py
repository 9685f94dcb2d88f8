"""What a file may cost. Measured against village files of about 150 rows (some 30 kB) and kabupaten exports."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on a file, and on the slow files of a folder and of a run: sizes in bytes, time in seconds of readers."""

    file_bytes: int = 300_000_000
    """A 200 MB csv, the largest export known, is read."""
    unpacked_bytes: int = 1_200_000_000
    """All parts of a zip container together, as its directory states them: a sheet whose borders were drawn down to the
    last row has a million blank rows, and is read."""
    letters: int = 300_000_000
    """The texts of all cells together: one that is written once may be named a million times."""
    ratio: int = 200
    """Unpacked to packed size of one part; real sheets, formatted blank rows included, stay below 40."""
    ratio_from_bytes: int = 5_000_000
    """Parts smaller than this may have any ratio: they cannot do harm."""
    parts: int = 10_000
    cells: int = 20_000_000
    """The rectangle around all cells of a sheet that hold something."""
    rows: int = 4_000_000
    """Physical rows of all sheets together, also blank ones: each is accounted for. A 200 MB csv has two million."""
    seconds: float = 120.0
    seconds_per_megabyte: float = 5.0
    """What a large file may take besides. A workbook of 200,000 people, 22 MB, takes 2.1 s a megabyte, a csv half a
    second, and five times as long where other processes share the machine."""
    quick_seconds: float = 10.0
    """What a new file gets at first. One that needs more is read after all others (`intake/turns.py`)."""
    sender_seconds: float = 600.0
    """What the slow files of one folder may cost in a run; 0: no bound."""
    run_seconds: float = 3600.0
    """What the slow files of all folders may cost in a run; 0: no bound."""
    memory_bytes: int = 4 * 1024**3
    """Address space of an isolated reader above what its libraries take: a 200 MB csv needs most of it."""

    def seconds_for(self, size: int) -> float:
        """What reading a file of `size` bytes may take."""
        return self.seconds + self.seconds_per_megabyte * size / 1e6


DEFAULT = Limits()
