"""Merkle tree hash over leaves (RFC 6962, section 2.1), with the number of leaves bound into what is signed.

Leaves, inner nodes and the sealed root begin with different bytes, so that none can be taken for another. A copy that
states some leaves by their hashes alone could state an inner node in place of two of them; the bound number finds it.
"""

import hashlib
from collections.abc import Sequence

HASH_BYTES = 32
_LEAF, _NODE, _COUNTED = b"\x00", b"\x01", b"\x03"


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf's data."""
    return hashlib.sha256(_LEAF + data).digest()


def tree_root(leaves: Sequence[bytes]) -> bytes:
    """Return the Merkle tree hash of leaves' hashes, in their order; of none the hash of nothing."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    # Complete subtrees of equal height are joined as they arise, the rest from the right: the tree of RFC 6962.
    stack: list[tuple[int, bytes]] = []
    for leaf in leaves:
        height, node = 0, leaf
        while stack and stack[-1][0] == height:
            node = _joined(stack.pop()[1], node)
            height += 1
        stack.append((height, node))
    root = stack.pop()[1]
    while stack:
        root = _joined(stack.pop()[1], root)
    return root


def counted_root(leaves: Sequence[bytes]) -> bytes:
    """Return the hash of the number of leaves and their root."""
    return hashlib.sha256(_COUNTED + len(leaves).to_bytes(8, "big") + tree_root(leaves)).digest()


def _joined(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(_NODE + left + right).digest()
