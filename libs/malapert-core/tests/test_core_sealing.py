"""Sealed content: roots of RFC 6962, canonical JSON of RFC 8785, and copies that prove what they show."""

import copy
import json
import struct
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from malapert_core.errors import InvalidInputError
from malapert_core.signing.canonical import canonical_bytes
from malapert_core.signing.merkle import leaf_hash, tree_root
from malapert_core.signing.opening import open_copy
from malapert_core.signing.sealing import PADDING, Entry, Salts, Sealed, seal

# Inputs and roots of the test of Certificate Transparency's reference implementation of RFC 6962.
LEAVES = [bytes.fromhex(text) for text in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
)]  # fmt: skip
ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
# RFC 8785, Appendix B: IEEE 754 bits and their JSON.
NUMBERS = {
    "0000000000000000": "0", "8000000000000000": "0", "0000000000000001": "5e-324", "8000000000000001": "-5e-324",
    "7fefffffffffffff": "1.7976931348623157e+308", "ffefffffffffffff": "-1.7976931348623157e+308",
    "4340000000000000": "9007199254740992", "c340000000000000": "-9007199254740992",
    "4430000000000000": "295147905179352830000", "44b52d02c7e14af5": "9.999999999999997e+22",
    "44b52d02c7e14af6": "1e+23", "44b52d02c7e14af7": "1.0000000000000001e+23",
    "444b1ae4d6e2ef4e": "999999999999999700000", "444b1ae4d6e2ef4f": "999999999999999900000",
    "444b1ae4d6e2ef50": "1e+21", "3eb0c6f7a0b5ed8c": "9.999999999999997e-7", "3eb0c6f7a0b5ed8d": "0.000001",
    "41b3de4355555553": "333333333.3333332", "41b3de4355555554": "333333333.33333325",
    "41b3de4355555555": "333333333.3333333", "41b3de4355555556": "333333333.3333334",
    "41b3de4355555557": "333333333.33333343", "becbf647612f3696": "-0.0000033333333333333333",
    "43143ff3c1cb0959": "1424953923781206.2",
}  # fmt: skip
SALTS = Salts(b"s" * 32, "plan")


@pytest.mark.parametrize("count", range(9))
def test_roots_are_those_of_certificate_transparency(count: int) -> None:
    assert tree_root([leaf_hash(leaf) for leaf in LEAVES[:count]]).hex() == ROOTS[count]


@pytest.mark.parametrize(("bits", "text"), NUMBERS.items())
def test_numbers_are_written_as_in_rfc_8785(bits: str, text: str) -> None:
    assert canonical_bytes(struct.unpack(">d", bytes.fromhex(bits))[0]).decode() == text


def test_objects_are_written_as_in_rfc_8785() -> None:
    # Sections 3.2.3 and 3.2.4 of the RFC.
    content = {
        "numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"\u002f",
        "literals": [None, True, False],
    }
    expected = (
        '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )
    assert canonical_bytes(content).decode() == expected
    keys = {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\u0080": 6, "\u00f6": 7}
    assert list(json.loads(canonical_bytes(keys)).values()) == [2, 4, 6, 7, 1, 5, 3]


@pytest.mark.parametrize("content", [float("nan"), float("inf"), 2**53, "\ud800", {1: 2}, {1, 2}, b"bytes"])
def test_what_has_no_canonical_form_is_refused(content: Any) -> None:
    with pytest.raises(ValueError, match="canonical"):
        canonical_bytes(content)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda part: st.lists(part, max_size=3) | st.dictionaries(st.text(max_size=4), part, max_size=3),
    max_leaves=6,
)  # fmt: skip
ITEMS = st.lists(st.dictionaries(st.sampled_from(["busy", "private", "reason"]), VALUES, min_size=1), max_size=6)


def sealed_of(items: list[dict[str, Any]], unplanned: list[dict[str, Any]]) -> Sealed:
    entries = [Entry("plan", 0, {"content": {"mission_id": "m"}})]
    entries += [Entry("activities", index, parts) for index, parts in enumerate(items)]
    entries += [Entry("unplanned", None, parts) for parts in unplanned]
    return seal(entries, SALTS, padded=["unplanned"])


def redacted(sealed: Sealed, data: st.DataObject) -> list[dict[str, Any]]:
    def shown(entry: Entry | None) -> set[str]:
        names = sorted(entry.parts) if entry else ["blind"]
        return data.draw(st.sets(st.sampled_from(names)))

    # What is signed is read from JSON again.
    return json.loads(json.dumps(sealed.copy(shown)))


@pytest.mark.slow
@settings(max_examples=40)
@given(ITEMS, ITEMS, st.data())
def test_every_redaction_has_the_content_hash_of_the_whole(
    items: list[dict[str, Any]], unplanned: list[dict[str, Any]], data: st.DataObject
) -> None:
    sealed = sealed_of(items, unplanned)
    opened = open_copy(redacted(sealed, data))
    assert opened.content_hash == sealed.content_hash
    assert len(opened.entries) + opened.closed_count + opened.blind_count == len(sealed.entries)
    assert sum(each.section == "unplanned" for each in sealed.entries) % PADDING == 0


def alterations(shown: list[dict[str, Any]], data: st.DataObject) -> list[dict[str, Any]]:
    """Return a copy in which one thing is not as it was."""
    changed = copy.deepcopy(shown)
    number = data.draw(st.integers(0, len(changed) - 1))
    entry = changed[number]
    kind = data.draw(st.sampled_from(["value", "order", "drop", "twice", "index", "section", "part"]))
    if kind == "drop":
        del changed[number]
    elif kind == "twice":
        changed.insert(number, copy.deepcopy(entry))
    elif kind == "order":
        other = data.draw(st.integers(0, len(changed) - 1))
        changed[number], changed[other] = changed[other], changed[number]
    elif kind == "index" and entry.get("index") is not None:
        entry["index"] += 1
    elif kind == "section" and "section" in entry:
        entry["section"] += "s"
    elif kind == "part" and "parts" in entry:
        name = data.draw(st.sampled_from(sorted(entry["parts"])))
        entry["parts"][name + "2"] = entry["parts"].pop(name)
    elif kind == "value":
        _spoil(entry, data)
    return changed


def _spoil(entry: dict[str, Any], data: st.DataObject) -> None:
    if "parts" not in entry:
        name = "leaf" if "leaf" in entry else "blind"
        entry[name] = f"{int(entry[name], 16) ^ 1:064x}"
        return
    part = entry["parts"][data.draw(st.sampled_from(sorted(entry["parts"])))]
    if "hash" in part:
        part["hash"] = f"{int(part['hash'], 16) ^ 1:064x}"
    elif data.draw(st.booleans()):
        part["salt"] = f"{int(part['salt'], 16) ^ 1:064x}"
    else:
        part["content"] = [part["content"]]


@settings(max_examples=40)
@given(ITEMS, ITEMS, st.data())
def test_every_alteration_of_a_copy_is_found(
    items: list[dict[str, Any]], unplanned: list[dict[str, Any]], data: st.DataObject
) -> None:
    sealed = sealed_of(items, unplanned)
    shown = redacted(sealed, data)
    changed = alterations(shown, data)
    if changed != shown:
        assert open_copy(changed).content_hash != sealed.content_hash


def test_an_inner_node_cannot_stand_for_two_leaves() -> None:
    sealed = sealed_of([{"busy": 1}, {"busy": 2}, {"busy": 3}], [])
    leaves = [entry.leaf for entry in sealed.entries]
    joined = [tree_root(leaves[first : first + 2]).hex() for first in range(0, len(leaves) - len(leaves) % 2, 2)]
    forged = [{"leaf": text} for text in [*joined, *(leaf.hex() for leaf in leaves[len(leaves) - len(leaves) % 2 :])]]
    assert open_copy(forged).content_hash != sealed.content_hash


def test_a_salt_is_of_its_content_its_place_its_context_and_its_secret() -> None:
    place = ["activities", 3, "private"]
    salts = {
        SALTS.of(place, b"1"), SALTS.of(place, b"2"), SALTS.of(["activities", 4, "private"], b"1"),
        Salts(b"s" * 32, "other").of(place, b"1"), Salts(b"t" * 32, "plan").of(place, b"1"),
    }  # fmt: skip
    assert len(salts) == 5
    assert SALTS.of(place, b"1") == Salts(b"s" * 32, "plan").of(place, b"1")
    with pytest.raises(ValueError, match="at least 32 bytes"):
        Salts(b"short", "plan")


def test_a_part_that_is_withheld_cannot_be_guessed_from_its_hash() -> None:
    entries = [Entry("activities", 0, {"busy": 1, "private": {"title": "Drill"}})]
    copies = [seal(entries, Salts(secret * 32, "plan")).copy(lambda _: ["busy"]) for secret in (b"a", b"b")]
    hashes = {each[0]["parts"]["private"]["hash"] for each in copies}
    assert len(hashes) == 2
    assert all(set(each[0]["parts"]["private"]) == {"hash"} for each in copies)


BAD_COPIES: list[Any] = [
    None, {}, [], "x", [None], [[]], [{}], [{"leaf": "00"}], [{"leaf": "G" * 64}], [{"leaf": None}],
    [{"leaf": "a" * 64, "section": "x"}], [{"section": "x", "blind": 1}], [{"section": 1, "blind": "a" * 64}],
    [{"section": "a", "index": -1, "parts": {"p": {"hash": "a" * 64}}}],
    [{"section": "a", "index": True, "parts": {"p": {"hash": "a" * 64}}}],
    [{"section": "a", "index": 0.5, "parts": {"p": {"hash": "a" * 64}}}],
    [{"section": "a" * 101, "index": 0, "parts": {"p": {"hash": "a" * 64}}}],
    [{"section": "a", "index": 0, "parts": {}}], [{"section": "a", "index": 0, "parts": []}],
    [{"section": "a", "index": 0, "parts": {"p": {"content": 1}}}],
    [{"section": "a", "index": 0, "parts": {"p": {"content": 1, "salt": "a" * 64, "hash": "a" * 64}}}],
    [{"section": "a", "index": 0, "parts": {str(n): {"hash": "a" * 64} for n in range(17)}}],
    [{"section": "a", "index": 0, "parts": {"p": {"content": 2**60, "salt": "a" * 64}}}],
]  # fmt: skip


@pytest.mark.parametrize("content", BAD_COPIES)
def test_a_malformed_copy_is_refused_with_its_place(content: Any) -> None:
    with pytest.raises(InvalidInputError, match="INVALID_SEALED_COPY") as caught:
        open_copy(content)
    assert all(fault.path.startswith("entries") and fault.message for fault in caught.value.faults)


def test_no_more_than_a_hundred_faults_are_told() -> None:
    with pytest.raises(InvalidInputError) as caught:
        open_copy([{}] * 1000)
    assert len(caught.value.faults) == 100
