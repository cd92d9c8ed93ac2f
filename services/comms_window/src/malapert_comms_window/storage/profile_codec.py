"""Profiles as bytes: a JSON line of quantities and lengths, then compressed float64 offsets and values."""

import json
import zlib
from collections.abc import Sequence

import numpy as np

from malapert_comms_window.domain.windows import Profile


def encode_profiles(profiles: Sequence[Profile]) -> bytes:
    """Return profiles as bytes."""
    header = json.dumps([[profile.quantity, len(profile.offset_s)] for profile in profiles])
    numbers = [np.asarray(row, "<f8") for profile in profiles for row in (profile.offset_s, profile.value)]
    body = np.concatenate(numbers).tobytes() if numbers else b""
    return header.encode() + b"\n" + zlib.compress(body, level=1)


def decode_profiles(content: bytes) -> tuple[Profile, ...]:
    """Return the profiles that `encode_profiles` wrote."""
    header, _, body = content.partition(b"\n")
    numbers = np.frombuffer(zlib.decompress(body), "<f8")
    profiles, position = [], 0
    for quantity, length in json.loads(header):
        offset_s, value = numbers[position : position + 2 * length].reshape(2, length)
        profiles.append(Profile(quantity, offset_s, value))
        position += 2 * length
    return tuple(profiles)
