"""How often a proposed field is right, and how many fields are proposed, over invented lists that no header explains.

    python -m bench.proposals [LISTS] [FIRST_SEED]

Half of the lists have no header, half have one of words that say nothing. Each proposal is accepted unread, and every
value is compared with the truth. Precision is of fields, a field being wrong if one of its values is.
"""

from __future__ import annotations

import random
import sys
from collections import Counter

from tests.property.test_proposals import wrong_and_right
from tests.support.lists import unheaded


def main(lists: int = 200, first: int = 1_000) -> None:
    """Measure and print; `first`: the first seed."""
    wrong: Counter[str] = Counter()
    right: Counter[str] = Counter()
    possible: Counter[str] = Counter()
    for seed in range(first, first + lists):
        bad, good, expected = wrong_and_right(unheaded(random.Random(seed), header=seed % 2 == 0))
        wrong.update(bad)
        right.update(good & expected)
        possible.update(expected)
        if bad:
            print(f"seed {seed}: wrong {', '.join(bad)}")
    for name in sorted(possible):
        print(f"{name:<16}{right[name]:>6} of {possible[name]:>5}   wrong {wrong[name]}")
    proposed = right.total() + wrong.total()
    print(f"precision {right.total() / max(proposed, 1):.4f}, recall {right.total() / max(possible.total(), 1):.4f}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
