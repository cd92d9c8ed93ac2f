"""`malapert verify`: what an export proves, and that no alteration of it passes."""

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import OKPKey
from malapert_cli.__main__ import app
from malapert_core.signing.sealing import Entry, Salts, seal
from malapert_core.signing.sign_off import SignOffGroup, SignOffKind, SignOffRule, SignOffTerm
from malapert_core.signing.sign_off_form import rule_content
from malapert_core.signing.statement import Decision, ReviewStatement, sign_statement
from typer.testing import CliRunner

KEYS = {agency_id: OKPKey.generate_key("Ed25519") for agency_id in ("JAXA", "ISRO")}
NOTICES = "sha256:" + "0" * 64
TIME = datetime(2029, 1, 10, 6, tzinfo=UTC)
SEALED = seal(
    [
        Entry("mission", 0, {"content": {"mission_id": "lupex", "mission_version": 1}}),
        Entry("activities", 0, {"busy": {"place_id": "ridge"}, "private": {"title": "Drill"}}),
        Entry("unplanned", None, {"content": {"request_id": "map"}}),
    ],
    Salts(b"s" * 32, "plan"),
    ["unplanned"],
)


def reviewed(agency_id: str, *, signed: bool = True, **changes: Any) -> dict[str, Any]:
    statement = ReviewStatement(
        "plan-1", "lupex", SEALED.content_hash, agency_id, Decision.APPROVED, (), NOTICES, "key:1", TIME
    )
    statement = replace(statement, **changes)
    return {
        "agency_id": agency_id, "approved": True, "decision": statement.decision.value,
        "content_hash": statement.content_hash, "notices_hash": statement.notices_hash,
        "time": "2029-01-10T06:00:00Z", "delegate_agency_id": "",
        "conditions": [{"text": text, "state": "MET"} for text in statement.conditions],
        "signature": sign_statement(statement, KEYS[agency_id]) if signed else "",
    }  # fmt: skip


def document(*reviews: dict[str, Any], rule: SignOffRule | None = None) -> dict[str, Any]:
    return {
        "form": "malapert-approvals/1", "plan_id": "plan-1", "mission_id": "lupex", "mission_version": 1,
        "state": "SUBMITTED", "content_hash": SEALED.content_hash, "notices_hash": NOTICES,
        "entries": SEALED.copy(lambda entry: ["busy", "content"] if entry else []),
        "sign_off": {
            "rule": rule_content(rule or SignOffRule()), "deadline_time": None,
            "groups": {"APPROVERS": ["ISRO", "JAXA"]},
        },
        "reviews": list(reviews) or [reviewed("JAXA"), reviewed("ISRO")],
    }  # fmt: skip


def run(folder: Path, content: Any, *options: str, keys: tuple[str, ...] = ("JAXA", "ISRO")) -> tuple[int, str]:
    file = folder / "approvals.json"
    file.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    named = []
    for agency_id in keys:
        path = folder / f"{agency_id}.json"
        path.write_text(json.dumps({"keys": [KEYS[agency_id].as_dict(private=False)]}))
        named += ["--keys", f"{agency_id}={path}"]
    result = CliRunner().invoke(app, ["plan", "verify", str(file), *named, *options])
    return result.exit_code, " ".join(result.output.split())


def test_a_sound_export_is_proven(tmp_path: Path) -> None:
    code, text = run(tmp_path, document())
    assert code == 0, text
    assert "what is shown is of the content" in text
    assert text.count("signed by its key") == 2
    assert "fulfilled by signatures" in text
    assert "Drill" not in json.dumps(document())


def test_what_is_not_signed_is_only_stated(tmp_path: Path) -> None:
    unsigned = document(reviewed("JAXA", signed=False), reviewed("ISRO"))
    code, text = run(tmp_path, unsigned)
    assert (code, "by what the platform states" in text) == (0, True)
    assert run(tmp_path, document(), keys=())[0] == 0
    for content, keys in ((unsigned, ("JAXA", "ISRO")), (document(), ("JAXA",))):
        code, text = run(tmp_path, content, "--signed", keys=keys)
        assert (code, "not yet approved" in text) == (1, True)
    required = document(reviewed("JAXA", signed=False), reviewed("ISRO"), rule=SignOffRule(signatures_required=True))
    assert run(tmp_path, required)[0] == 1


def test_the_rule_is_held_against_the_approvals(tmp_path: Path) -> None:
    assert run(tmp_path, document(reviewed("JAXA")))[0] == 1
    either = SignOffRule(SignOffTerm(SignOffKind.ANY, group=SignOffGroup.APPROVERS))
    assert run(tmp_path, document(reviewed("JAXA"), rule=either))[0] == 0


def test_conditions_are_of_what_is_signed(tmp_path: Path) -> None:
    conditional = reviewed("ISRO", decision=Decision.CONDITIONAL, conditions=("after noon",))
    code, text = run(tmp_path, document(reviewed("JAXA"), conditional))
    assert (code, "met or waived" in text) == (0, True)
    still_open = copy.deepcopy(conditional)
    still_open["conditions"][0]["state"] = "OPEN"
    code, text = run(tmp_path, document(reviewed("JAXA"), still_open))
    assert (code, "open condition: after noon" in text) == (1, True)
    dropped = {**conditional, "conditions": []}
    assert run(tmp_path, document(reviewed("JAXA"), dropped))[0] == 1


def test_further_notices_make_void_the_approvals_of_whom_they_touch(tmp_path: Path) -> None:
    later = "sha256:" + "2" * 64
    content = {**document(), "notices_hash": later, "agency_notices_hashes": {"JAXA": NOTICES, "ISRO": NOTICES}}
    code, text = run(tmp_path, content)
    assert (code, text.count("signed by its key")) == (0, 2)
    code, text = run(tmp_path, {**content, "agency_notices_hashes": {"JAXA": NOTICES, "ISRO": later}})
    assert code == 1
    assert "ISRO: the plan has had further notices since its approval that touch it" in text
    assert "JAXA: the plan has had further notices" not in text
    # An export of before, and a review of before in a new one, speak of all notices.
    of_all = {**document(), "agency_notices_hashes": {"JAXA": later, "ISRO": later}}
    assert [run(tmp_path, each)[0] for each in (document(), of_all)] == [0, 0]


def altered(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    content = copy.deepcopy(document())
    change(content)
    return content


ALTERATIONS: dict[str, Callable[[dict[str, Any]], object]] = {
    "another place": lambda d: d["entries"][1]["parts"]["busy"]["content"].update(place_id="haven"),
    "an entry less": lambda d: d["entries"].pop(),
    "entries in another order": lambda d: d["entries"].reverse(),
    "another content hash": lambda d: d.update(content_hash="merkle-sha256:" + "0" * 64),
    "a hash of the old form": lambda d: d.update(content_hash="sha256:" + "0" * 64),
    "another mission": lambda d: d.update(mission_id="other"),
    "another plan": lambda d: d.update(plan_id="plan-2"),
    "another agency's signature": lambda d: d["reviews"][0].update(signature=d["reviews"][1]["signature"]),
    "a rejection as an approval": lambda d: d["reviews"][0].update(decision="CONDITIONAL"),
    "other notices": lambda d: d.update(notices_hash="sha256:" + "1" * 64),
    "a broken signature": lambda d: d["reviews"][0].update(signature="a.b.c"),
}


@pytest.mark.parametrize("name", ALTERATIONS)
def test_no_alteration_passes(tmp_path: Path, name: str) -> None:
    code, text = run(tmp_path, altered(ALTERATIONS[name]))
    assert code == 1, text
    assert "failed" in text


BAD: dict[str, Any] = {
    "nothing": b"", "text": b"text", "not UTF-8": b"\xff\xfe", "a list": [], "a number": b"1",
    "another form": {"form": "x"},
    "deep": b"[" * 5000 + b"]" * 5000, "twice": b'{"form": 1, "form": 2}', "no number": b'{"form": NaN}',
    "no entries": {**document(), "entries": []}, "entries of text": {**document(), "entries": ["x"]},
    "no reviews": {**document(), "reviews": None}, "reviews of numbers": {**document(), "reviews": [1]},
    "two of one agency": document(reviewed("JAXA"), reviewed("JAXA")),
    "no rule": {**document(), "sign_off": {}},
    "a rule of text": {**document(), "sign_off": {"rule": "all", "groups": {}}},
    "notices of a list": {**document(), "agency_notices_hashes": []},
    "notices of numbers": {**document(), "agency_notices_hashes": {"JAXA": 1}},
    "groups of text": {**document(), "sign_off": {**document()["sign_off"], "groups": "x"}},
    "no deadline": {**document(), "sign_off": {**document()["sign_off"], "deadline_time": "soon"}},
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_export_is_refused_in_words(tmp_path: Path, name: str) -> None:
    code, text = run(tmp_path, BAD[name])
    assert code == 1, text
    assert "approvals.json" in text
    assert "Traceback" not in text


@pytest.mark.parametrize("option", ["JAXA", "=x", "JAXA="])
def test_keys_are_named_with_their_agency(tmp_path: Path, option: str) -> None:
    code, text = run(tmp_path, document(), "--keys", option)
    assert (code, "AGENCY=FILE" in text) == (2, True)
    secret = tmp_path / "secret.json"
    secret.write_text(json.dumps({"keys": [KEYS["JAXA"].as_dict(private=True)]}))
    code, text = run(tmp_path, document(), "--keys", f"JAXA={secret}")
    assert (code, "private key" in text) == (1, True)
