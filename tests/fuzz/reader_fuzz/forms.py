"""Mutations that know a form: JSON and YAML trees, XML elements, tables, two-line elements, binary words, archives."""

import copy
import csv
import io
import json
import random
import re
import struct
import zipfile
from typing import Any

from reader_fuzz.extremes import DOUBLES, INTEGERS, NUMBERS, TIMES, WORDS
from reader_fuzz.text import mutate_text

_ELEMENT = re.compile(r"<([A-Za-z_][\w.:-]{0,60})([^<>]*)>([^<>]*)</\1>|<[A-Za-z_][^<>]*/>")
_TAG = re.compile(r"</?[A-Za-z_][^<>]*>")
_ATTRIBUTE = re.compile(r"\s[\w:.-]+=\"[^\"]*\"")
_STRANGE: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1e308,
    -0.0,
    2**63,
    2**70,
    [],
    {},
    [[]],
    "",
    *WORDS[:24],
    *TIMES[:12],
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        found += _places(inner, (*path, key))
    return found


def _change_tree(rng: random.Random, value: Any) -> Any:
    places = _places(value)
    if not places:
        return copy.deepcopy(rng.choice(_STRANGE))
    *way, last = rng.choice(places)
    holder = value
    for key in way:
        holder = holder[key]
    kind = rng.randrange(7)
    if kind == 0:
        del holder[last]
    elif kind == 1 and isinstance(holder, dict):
        holder[rng.choice((*WORDS[:20], f"{last} ", str(last).upper(), "extra"))] = copy.deepcopy(holder[last])
    elif kind == 1:
        holder.insert(rng.randrange(len(holder) + 1), copy.deepcopy(holder[last]))
    elif kind == 2:
        holder[last] = [holder[last]] if rng.random() < 0.5 else {"value": holder[last]}
    elif kind == 3:
        other = value
        for key in rng.choice(places):
            other = other[key]
        holder[last] = json.loads(json.dumps(other))
    elif kind == 4 and isinstance(holder[last], (int, float)):
        holder[last] = rng.choice(
            (str(holder[last]), -holder[last], holder[last] * 1e9, holder[last] + 0.5, bool(holder[last]))
        )
    elif kind == 5 and isinstance(holder[last], list):
        holder[last] = [copy.deepcopy(each) for _ in range(rng.choice((0, 2, 200))) for each in holder[last]]
    else:
        holder[last] = copy.deepcopy(rng.choice(_STRANGE))
    return value


def _changed_document(rng: random.Random, content: bytes) -> str:
    value = json.loads(content)
    for _ in range(rng.choice((1, 1, 2, 3))):
        value = _change_tree(rng, value)
    return json.dumps(value, ensure_ascii=rng.random() < 0.5, indent=rng.choice((None, 1)))


def mutate_json(rng: random.Random, content: bytes) -> bytes:
    """Change the tree of a JSON document, or its text, or give one of its members twice."""
    if rng.random() < 0.5:
        return _changed_document(rng, content).encode("utf-8", "surrogatepass")
    return mutate_text(rng, content, (_double_member, _raw_number, _deepen))


def _double_member(rng: random.Random, text: str) -> str:
    found = list(re.finditer(r"\"[^\"]+\"\s*:\s*(?:\"[^\"]*\"|[-\d.eE+]+|true|false|null)", text))
    if not found:
        return text
    match = rng.choice(found)
    return text[: match.start()] + match[0] + ", " + text[match.start() :]


def _raw_number(rng: random.Random, text: str) -> str:
    found = list(re.finditer(r"(?<=:)\s*[-\d.eE+]+", text))
    if not found:
        return text
    match = rng.choice(found)
    return text[: match.start()] + rng.choice(NUMBERS) + text[match.end() :]


def _deepen(rng: random.Random, text: str) -> str:
    depth = rng.choice((10, 100, 1000, 100_000))
    opening, closing = rng.choice((("[", "]"), ('{"a":', "}")))
    return opening * depth + text + closing * rng.choice((depth, depth - 1, 0))


def mutate_yaml(rng: random.Random, content: bytes) -> bytes:
    """Change the text of a YAML document, with what YAML alone has."""
    return mutate_text(rng, content, (_yaml_construct, _yaml_construct, _double_line))


def _double_line(rng: random.Random, text: str) -> str:
    lines = text.splitlines(keepends=True)
    at = rng.randrange(len(lines)) if lines else 0
    return "".join((*lines[:at], *lines[at : at + 1], *lines[at:]))


def _yaml_construct(rng: random.Random, text: str) -> str:
    found = list(re.finditer(r"(?<=: )[^\s\n#][^\n]*", text))
    if not found:
        return text
    match = rng.choice(found)
    value = rng.choice(
        (
            f"&a {match[0]}", "*a", f"!!str {match[0]}", f"!!float {match[0]}", "!!binary aGk=",
            "!!python/name:os.system", "<<: *a", "{<<: *a}",
            "|\n  a\n  b", ">-\n  a", "~", "0o17", "017", "1:30", "12:30:45", "2001-01-01", "yes", "off", "=",
            "? a\n: b", "[a, [b, {c: d}]]", "{a: 1, a: 2}",
            f"'{match[0]}'", f'"{match[0]}"', "- a", "%TAG ! x", "---", "...", "&a [*a, *a]", "1_0", "0b1",
            ".5", "+.inf", "0x_1", "{[a]: b}", "@x", "`x",
        )
    )  # fmt: skip
    return text[: match.start()] + value + text[match.end() :]


def mutate_xml(rng: random.Random, content: bytes) -> bytes:
    """Change elements, attributes and texts of an XML document, with what XML alone has."""
    return mutate_text(rng, content, (_xml_element, _xml_tag, _xml_attribute, _xml_construct))


def _xml_element(rng: random.Random, text: str) -> str:
    found = list(_ELEMENT.finditer(text))
    if not found:
        return text
    match, other = rng.choice(found), rng.choice(found)
    inside = f"<{match[1]}{match[2]}>{rng.choice((*NUMBERS, *TIMES))}</{match[1]}>" if match[1] else match[0]
    new = rng.choice(
        ("", match[0] * 2, other[0], other[0] + match[0], inside, inside, f"<{match[1]}>{match[0]}</{match[1]}>")
    )
    return text[: match.start()] + new + text[match.end() :]


def _xml_tag(rng: random.Random, text: str) -> str:
    found = list(_TAG.finditer(text))
    if not found:
        return text
    match = rng.choice(found)
    new = rng.choice(
        ("", match[0] * 2, match[0].upper(), match[0].lower(), match[0].replace("<", "<x:"), rng.choice(found)[0])
    )
    return text[: match.start()] + new + text[match.end() :]


def _xml_attribute(rng: random.Random, text: str) -> str:
    found = list(_ATTRIBUTE.finditer(text))
    if not found:
        return text
    match = rng.choice(found)
    name = match[0].partition("=")[0]
    new = rng.choice(
        (
            "",
            match[0] * 2,
            rng.choice(found)[0],
            f'{name}="{rng.choice((*NUMBERS, *TIMES))}"',
            f"{name}=''",
            ' xmlns="urn:x"',
        )
    )
    return text[: match.start()] + new + text[match.end() :]


def _xml_construct(rng: random.Random, text: str) -> str:
    found = list(_TAG.finditer(text))
    at = rng.choice(found).end() if found else 0
    new = rng.choice(
        (
            "<!-- c -->", "<?p i?>", "<![CDATA[x]]>", "&lt;", "&undefined;", "&#0;", "&#x1F;", "&#xFFFE;", "text",
            "<COMMENT>c</COMMENT>",
            '<!DOCTYPE a [<!ENTITY b "c">]>', '<!DOCTYPE a SYSTEM "file:///etc/passwd">', '<?xml version="1.1"?>',
            "<a " + "b" * 5000 + "='1'/>",
            "<a>" * rng.choice((5, 500, 50_000)),
        )
    )  # fmt: skip
    return text[:at] + new + text[at:]


def mutate_table(rng: random.Random, content: bytes) -> bytes:
    """Change cells, columns and rows of a CSV table, or its text."""
    if rng.random() < 0.5:
        return mutate_text(rng, content)
    rows = list(csv.reader(io.StringIO(content.decode())))
    for _ in range(rng.choice((1, 1, 2, 3))):
        _change_rows(rng, rows)
    out = io.StringIO()
    csv.writer(out, delimiter=rng.choice(",,,,;\t"), quoting=rng.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL))).writerows(
        rows
    )
    return out.getvalue().encode("utf-8", "surrogatepass")


def _change_rows(rng: random.Random, rows: list[list[str]]) -> None:
    if not rows or not rows[0]:
        return
    row, column = rng.randrange(len(rows)), rng.randrange(len(rows[0]))
    kind = rng.randrange(7)
    if kind == 0:
        rows.insert(rng.randrange(len(rows) + 1), [*rows[row]])
    elif kind == 1:
        rows[row] = rows[row] + rng.choice(([""], ["x"], [""] * 100))
    elif kind == 2:
        rows[row] = rows[row][:column]
    elif kind == 3:
        for each in rows:
            each.insert(column, each[column] if column < len(each) else "")
    elif kind == 4:
        for each in rows:
            del each[column : column + 1]
    elif kind == 5:
        rows.append([""] * len(rows[0]))
    elif column < len(rows[row]):
        rows[row][column] = rng.choice(
            (*WORDS, *NUMBERS, *TIMES, (rows[rng.randrange(len(rows))][-1:] and "x;y;z") or "")
        )


def mutate_two_lines(rng: random.Random, content: bytes) -> bytes:
    """Change columns of two-line elements, most often with the checksum set right again, or their text."""
    if rng.random() < 0.2:
        return mutate_text(rng, content)
    lines = content.decode().splitlines()
    for _ in range(rng.choice((1, 1, 2, 3))):
        number = rng.choice([index for index, line in enumerate(lines) if line[:2] in ("1 ", "2 ")] or [0])
        line = list(lines[number])
        if not line:
            break
        at, width = rng.randrange(len(line)), rng.choice((1, 1, 1, 2, 5, 8))
        line[at : at + width] = [rng.choice("0123456789 .-+AZaz\u00e9\u0663") for _ in range(width)][: len(line) - at]
        if rng.random() < 0.1:
            del line[at]
        lines[number] = "".join(line)
        if rng.random() < 0.8:
            total = sum(int(letter) if letter in "0123456789" else letter == "-" for letter in lines[number][:68])
            lines[number] = lines[number][:68] + str(total % 10)
    return "\n".join(lines).encode()


def mutate_binary(rng: random.Random, content: bytes) -> bytes:
    """Change words, bytes and blocks of a binary file."""
    data = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 3, 6))):
        if not data:
            break
        # Headers decide more than samples do.
        reach = len(data) if rng.random() < 0.5 else min(len(data), 2048)
        at = rng.randrange(reach)
        kind = rng.randrange(10)
        if kind < 2:
            data[at] ^= 1 << rng.randrange(8)
        elif kind < 4:
            size = rng.choice((1, 2, 4, 8))
            word = (rng.choice(INTEGERS) & ((1 << 8 * size) - 1)).to_bytes(size, rng.choice(("little", "big")))
            at -= at % size
            data[at : at + size] = word
        elif kind < 6:
            at -= at % 8
            data[at : at + 8] = struct.pack(rng.choice("<>") + "d", rng.choice(DOUBLES))
        elif kind == 6:
            del data[at:]
        elif kind == 7:
            length = rng.choice((1, 4, 64, 1024))
            data[at : at + length] = bytes([rng.choice((0, 255, 32))]) * len(data[at : at + length])
        elif kind == 8:
            length, source = rng.choice((4, 8, 64, 1024)), rng.randrange(len(data))
            data[at : at + length] = data[source : source + length]
        else:
            length = rng.choice((1, 4, 100))
            if rng.random() < 0.5:
                del data[at : at + length]
            else:
                data[at:at] = rng.randbytes(length)
    return bytes(data)


def mutate_archive(rng: random.Random, content: bytes) -> bytes:
    """Change the members of a zip archive by their own forms, or the archive's bytes."""
    if rng.random() < 0.15:
        return mutate_binary(rng, content)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = rng.choice([*members])
    is_label = members[name].isascii()
    if rng.random() < 0.1:
        members[rng.choice(("../x.img", "/x", "x" * 300, "b.lbl", name.upper(), "d/"))] = members.pop(name)
    else:
        members[name] = mutate_text(rng, members[name]) if is_label else mutate_binary(rng, members[name])
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as archive:
        for each, data in members.items():
            archive.writestr(zipfile.ZipInfo(each), data)
    return out.getvalue()
