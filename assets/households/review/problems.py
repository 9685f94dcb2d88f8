"""What is wrong with a filled review workbook: said by name and row, never by what a cell holds."""

from __future__ import annotations

from assets.households.review.queue import texts

Problem = tuple[str, dict[str, object]]
"""The name of an error of `review_texts.yml`, and the rows that its text names."""


class ReviewError(ValueError):
    """A workbook that cannot be taken as it is. `problems`: one name and its facts for each thing that is wrong."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("\n".join(self.messages("id")))

    def messages(self, language: str) -> list[str]:
        """Where something is wrong and what to do, in `en` or `id`; never what a cell holds."""
        return [str(texts()["errors"][name][language]).format(**facts) for name, facts in self.problems]


def problem(name: str, **facts: object) -> Problem:
    """One thing that is wrong, by its name in `review_texts.yml`."""
    return name, facts
