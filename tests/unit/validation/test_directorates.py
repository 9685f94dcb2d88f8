"""The list of directorates: every code can name tables and folders, and each has its name and description."""

import re

from validation.directorates import directorates


def test_each_directorate_is_complete_and_its_code_can_name_a_table_and_a_folder() -> None:
    found = directorates()
    assert found
    for code, directorate in found.items():
        assert directorate.kode == code
        assert re.fullmatch(r"[a-z][a-z0-9_]*", code)
        assert all(field.strip() == field != "" for field in directorate)
    assert len({d.nama for d in found.values()}) == len(found)
