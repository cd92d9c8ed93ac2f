"""Every operation of the API is one verb of one noun; a command makes the call that its options say."""

import json
from collections import Counter

import httpx
import pytest
from malapert_cli.__main__ import app
from malapert_cli.lazy_groups import noun_group
from malapert_cli.options import Place
from malapert_cli.verbs.catalogue import operations, verbs
from malapert_cli.verbs.table import BY_HAND, NOUN_OF_TAG, NOUNS, VERBS
from malapert_client import Client, Connection
from malapert_client.generated.operations import OPERATIONS
from typer.testing import CliRunner


def test_every_operation_has_one_verb():
    made = Counter(verb.operation for verb in verbs())
    assert set(made) == set(OPERATIONS)
    assert set(made.values()) == {1}
    assert {verb.operation for verb in VERBS} <= set(OPERATIONS), "verbs/table.py names operations that are no more"
    names = Counter((verb.noun, verb.name) for verb in verbs())
    assert set(names.values()) == {1}
    assert {verb.noun for verb in verbs()} | {noun for noun, _ in BY_HAND} <= set(NOUNS)
    assert {each["tag"] for each in operations().values()} <= set(NOUN_OF_TAG)


@pytest.mark.parametrize("noun", [*NOUNS])
def test_every_verb_has_a_command_with_the_parameters_of_its_operation(noun):
    group = noun_group(noun)
    for verb in (each for each in verbs() if each.noun == noun and (noun, each.name) not in BY_HAND):
        named = {parameter.name for parameter in group.commands[verb.name].params}
        operation = operations()[verb.operation]
        wanted = {each["name"].lower().replace("-", "_") for each in operation["parameters"]}
        wanted |= {each["name"] for each in operation["body_fields"]}
        assert wanted - {"page_size", "page_token", "last_event_id"} <= named, verb
        assert {"url", "key", "as_json"} <= named


@pytest.fixture
def calls(monkeypatch):
    """The calls that a command makes; the answer is what the list `answers` holds."""
    made, answers = [], [httpx.Response(200, json={})]

    def answer(request):
        request.read()
        made.append(request)
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def client(*_, usual_role=None, **__):
        return Client(connection=Connection("http://p.test", usual_role), transport=httpx.MockTransport(answer))

    monkeypatch.setattr(Place, "client", client)
    return made, answers


def run(*arguments, code=0, **options):
    done = CliRunner().invoke(app, arguments, **options)
    assert done.exit_code == code, (done.output, done.exception)
    return done


def test_options_are_the_fields_of_the_body(calls, tmp_path):
    made, answers = calls
    answers[0] = httpx.Response(200, json={"plan_id": "p"})
    (tmp_path / "body.yaml").write_text("comment: of the file\napprove: false\n")
    done = run(
        "plan", "review", "p/1", "--body", str(tmp_path / "body.yaml"), "--approve", "--content-hash", "sha256:0",
        "--conditions", '[{"text": "after the test"}]',
    )  # fmt: skip
    (sent,) = made
    assert sent.url.raw_path == b"/api/v1/plans/p%2F1:review"
    assert json.loads(sent.content) == {
        "comment": "of the file",
        "approve": True,
        "content_hash": "sha256:0",
        "conditions": [{"text": "after the test"}],
    }
    assert sent.headers["authorization"] == "Bearer APPROVER"
    assert "plan_id" in done.stdout


def test_a_span_is_written_with_a_stroke_and_a_list_is_repeated(calls, tmp_path):
    made, answers = calls
    answers[0] = httpx.Response(201, json={"agreement_id": "a"})
    span = "2029-01-10T00:00:00Z/2029-02-10T00:00:00Z"
    run("agreement", "create", "--partner-agency-id", "ESA", "--hours-per-month", "4", "--interval", span,
        "--station-ids", "a", "--station-ids", "b")  # fmt: skip
    assert json.loads(made[0].content) == {
        "partner_agency_id": "ESA",
        "hours_per_month": 4.0,
        "interval": {"start_time": "2029-01-10T00:00:00Z", "end_time": "2029-02-10T00:00:00Z"},
        "station_ids": ["a", "b"],
    }


def test_a_file_inside_of_a_body_goes_as_base64(calls, tmp_path):
    made, answers = calls
    answers[0] = httpx.Response(201, json={"orbiter_id": "r"})
    (tmp_path / "orbit.oem").write_bytes(b"CCSDS_OEM_VERS = 2.0\n")
    needed = ["--orbiter-id", "r", "--source", "OEM", "--position-error-km", "1", "--origin", "us"]
    run("orbiter", "register", *needed, "--content", str(tmp_path / "orbit.oem"))
    assert json.loads(made[0].content)["content"] == "Q0NTRFNfT0VNX1ZFUlMgPSAyLjAK"


def test_all_options_that_are_needed_are_named_before_anything_is_sent(calls):
    made, _ = calls
    told = " ".join(run("outage", "add", "--station-id", "esa-nno-1", code=2).stderr.replace("│", " ").split())
    assert "--interval, --kind: needed, or --body FILE that states them" in told
    assert made == []


def test_a_list_is_a_table_of_all_its_pages_or_json(calls):
    _, answers = calls
    pages = [
        {"missions": [{"mission_id": "[red]a", "version": 1, "title": "月"}], "next_page_token": "t"},
        {"missions": [{"mission_id": "b", "version": 2, "title": ":smile:\x1b"}], "next_page_token": ""},
    ]
    answers[:] = [httpx.Response(200, json=page) for page in pages]
    told = run("mission", "list").stdout
    assert "[red]a" in told
    assert ":smile:" in told
    assert "\x1b" not in told
    assert "2 in all" in told
    answers[:] = [httpx.Response(200, json=page) for page in pages]
    assert [each["mission_id"] for each in json.loads(run("mission", "list", "--json").stdout)] == ["[red]a", "b"]


def test_a_file_goes_to_standard_output_or_where_it_is_asked(calls, tmp_path):
    _, answers = calls
    answers[0] = httpx.Response(200, content=b"BEGIN:VCALENDAR\r\n")
    assert run("plan", "export", "p", "--format", "ics").stdout_bytes == b"BEGIN:VCALENDAR\r\n"
    run("plan", "export", "p", "--format", "ics", "--out", str(tmp_path / "plan.ics"))
    assert (tmp_path / "plan.ics").read_bytes() == b"BEGIN:VCALENDAR\r\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("plan", "validate"), "PLAN_ID"),
        (("plan", "solve", "--seed", "one"), "--seed"),
        (("request", "new", "m", "--requests", "[{"), "--requests"),
        (("request", "new", "m", "--requests", "3"), "a list is allowed"),
        (("request", "new", "m", "--requests", "@absent.yaml"), "absent.yaml"),
        (("plan", "review", "p", "--body", "absent.yaml"), "absent.yaml"),
        (("station", "remove", "s"), "--if-match"),
        (("plan", "nonsense"), "nonsense"),
    ],
)
def test_what_is_used_wrongly_is_told(calls, arguments, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = run(*arguments, code=2)
    assert words in " ".join(done.stderr.split())
    assert "Traceback" not in done.output
    assert calls[0] == []


def test_a_refusal_tells_every_fault(calls):
    _, answers = calls
    fault = {"path": "requests[0].value", "message": "[red]wrong", "code": "BAD"}
    answers[0] = httpx.Response(422, json={"title": "no", "detail": "bad", "reason": "INVALID", "errors": [fault]})
    done = run("request", "new", "m", "--requests", "[{}]", code=1)
    assert "requests[0].value: [red]wrong [BAD]" in done.stderr
