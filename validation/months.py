"""The names of months as lists and letters write them: Indonesian, old spelling, English, and Roman numbers."""

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan januari january djanuari i", "feb peb februari pebruari february ii", "mar maret march mrt iii",
            "apr april iv", "mei may v", "jun juni june djuni vi", "jul juli july djuli vii",
            "agu ags agt agst agust agustus aug august viii",
            "sep sept september ix", "okt oct oktober october x", "nov nop november nopember xi",
            "des dec desember december xii",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
"""Every name in small letters, with the number of its month."""
