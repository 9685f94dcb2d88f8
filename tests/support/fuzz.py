"""Damage done to the bytes of good files: flips, cuts and splices, as disks, copies and transfers do them."""

import random


def damaged(data: bytes, other: bytes, seed: int) -> bytes:
    """`data` with one to eight bytes flipped, a stretch cut out, its end cut off, or a stretch of `other` put in."""
    chance = random.Random(seed)
    kind = chance.randrange(4)
    begin = chance.randrange(len(data))
    end = min(len(data), begin + chance.randrange(1, 400))
    if kind == 0:
        flipped = bytearray(data)
        for _ in range(chance.randrange(1, 9)):
            flipped[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        return bytes(flipped)
    if kind == 1:
        return data[:begin] + data[end:]
    if kind == 2:
        return data[:begin]
    start = chance.randrange(len(other))
    return data[:begin] + other[start : start + end - begin] + data[end:]
