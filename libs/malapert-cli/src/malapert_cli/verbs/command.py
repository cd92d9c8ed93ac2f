"""A command for an operation: its arguments and options are the operation's parameters and the fields of its body."""

import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from malapert_cli.numbers import number, whole_number
from malapert_cli.options import OPTIONS, AsJson, Place, option_parameters, shaped
from malapert_cli.terminal import console
from malapert_cli.verbs.catalogue import usual_role
from malapert_cli.verbs.printing import print_json, print_rows, print_thing
from malapert_cli.verbs.table import Verb
from malapert_cli.verbs.values import body_of, document_of

if TYPE_CHECKING:
    from malapert_client import Client

TYPES = {"integer": int, "number": float, "boolean": bool}
PARSERS = {"integer": whole_number, "number": number}
CHANGE = "What is sent"


def command_of(verb: Verb, operation: dict[str, Any]) -> Callable[..., None]:
    """Return the function of a command, with the signature and the help that typer reads."""
    as_json = _own("as_json", AsJson)
    parameters = [*_parameters(operation), *option_parameters(), as_json]

    def run(**given: Any) -> None:
        place, is_json = Place(**{name: given.pop(name) for name in OPTIONS}), given.pop("as_json")
        with place.client(usual_role=usual_role(operation)) as client:
            _run(client, verb, operation, given, as_json=is_json)

    told = escape(operation["description"] + _called(operation))
    return shaped(run, parameters, verb.name.replace("-", "_"), told)


def _run(client: "Client", verb: Verb, operation: dict[str, Any], given: dict[str, Any], *, as_json: bool) -> None:
    out = given.pop("out", None)
    waits = not given.pop("no_wait", False)
    arguments = _arguments(operation, given)
    if operation["kind"] == "pages":
        _print_pages(client, verb, operation, arguments, as_json=as_json)
        return
    if operation["kind"] == "stream":
        _print_states(client, arguments["path"]["operation_id"], as_json=as_json)
        return
    answer = client.plain(operation["name"], **arguments)
    if operation["kind"] == "work" and waits:
        answer = _made(client, operation, answer, arguments["path"])
    if isinstance(answer, bytes):
        _write(answer, out)
    elif as_json or out:
        print_json(answer) if not out else _write(_json_bytes(answer), out)
    elif answer is None:
        console.print("done")
    else:
        print_thing(answer, verb.columns)


def _arguments(operation: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    by_place: dict[str, Any] = {"path": {}, "query": {}}
    for parameter in operation["parameters"]:
        name = _python_name(parameter["name"])
        if parameter["in"] in by_place and name in given:
            by_place[parameter["in"]][parameter["name"]] = given[name]
    if given.get("if_match") is not None:
        by_place["if_match"] = given["if_match"]
    if given.get("idempotency_key") is not None:
        by_place["idempotency_key"] = given["idempotency_key"]
    if operation["body"] == "bytes":
        by_place["content"] = given["file"]
        by_place["media_type"] = _media_type(operation, given["file"])
    elif operation["body"] == "object":
        by_place["body"] = document_of(str(given["file"]), "FILE")
    elif operation["body"]:
        by_place["body"] = body_of(operation["body_fields"], given, given.get("body_file"))
    return by_place


def _media_type(operation: dict[str, Any], file: Path) -> str:
    known = operation["body_media_types"]
    wanted = {".csv": "text/csv", ".json": "application/json", ".tif": "image/tiff", ".tiff": "image/tiff"}
    found = wanted.get(file.suffix.lower(), "")
    return found if found in known else str(known[0])


def _parameters(operation: dict[str, Any]) -> list[inspect.Parameter]:
    path = [each for each in operation["parameters"] if each["in"] == "path"]
    query = [each for each in operation["parameters"] if each["in"] == "query" and each["name"] not in _PAGING]
    headers = [each for each in operation["parameters"] if each["name"].lower() == "if-match"]
    found = [_argument(each) for each in path]
    if operation["body"] in ("bytes", "object"):
        found.append(_file_argument(operation))
    found += [_option(each, needed=each["required"]) for each in query]
    taken = {each.name for each in found}
    fields = [each for each in operation["body_fields"] if each["name"] not in taken]
    found += [_option(each, panel=CHANGE) for each in fields]
    if operation["body_fields"]:
        found.append(_own("body_file", _BODY))
    found += [_own("if_match", _IF_MATCH_NEEDED if each["required"] else _IF_MATCH) for each in headers]
    if operation["method"] != "GET":
        found.append(_own("idempotency_key", _IDEMPOTENCY))
    if operation["kind"] == "work":
        found.append(_own("no_wait", _NO_WAIT, default=False))
    if operation["kind"] == "value" and operation["method"] == "GET":
        found.append(_own("out", _OUT))
    return sorted(found, key=lambda each: each.default is not inspect.Parameter.empty)


_PAGING = ("page_size", "page_token")
_BODY = Annotated[
    Path | None,
    typer.Option("--body", help="JSON or YAML file of the whole; - is standard input", rich_help_panel=CHANGE),
]
_OUT = Annotated[Path | None, typer.Option(help="file that is written, instead of standard output")]
_NO_WAIT = Annotated[bool, typer.Option("--no-wait", help="print the operation that was begun, and do not follow it")]
_IF_MATCH = Annotated[str | None, typer.Option(help="version that was seen; refused where it is no longer so")]
_IF_MATCH_NEEDED = Annotated[str, typer.Option(help="version that was seen; refused where it is no longer so")]
_IDEMPOTENCY = Annotated[str | None, typer.Option(help="text under which the same command sent again is done once")]


def _own(name: str, kind: Any, *, default: Any = None) -> inspect.Parameter:
    is_needed = kind is _IF_MATCH_NEEDED
    kept: Any = inspect.Parameter.empty if is_needed else False if name == "as_json" else default
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=kept, annotation=kind)


def _argument(parameter: dict[str, Any]) -> inspect.Parameter:
    described = typer.Argument(
        help=escape(_help(parameter)), metavar=parameter["name"].upper(), parser=PARSERS.get(parameter["type"])
    )
    kind = TYPES.get(parameter["type"], str)
    return inspect.Parameter(
        _python_name(parameter["name"]), inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[kind, described]
    )


def _file_argument(operation: dict[str, Any]) -> inspect.Parameter:
    told = "JSON or YAML file" if operation["body"] == "object" else "file: " + ", ".join(operation["body_media_types"])
    described = typer.Argument(help=told, metavar="FILE", exists=True, dir_okay=False)
    return inspect.Parameter("file", inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[Path, described])


def _option(parameter: dict[str, Any], *, needed: bool = False, panel: str | None = None) -> inspect.Parameter:
    name = _python_name(parameter["name"])
    flag = f"--{parameter['name'].replace('_', '-')}"
    kind: Any = TYPES.get(parameter["type"], str)
    is_whole = parameter["type"] in ("object", "any", "file")
    metavar = {"file": "FILE", "object": "JSON", "any": "JSON", "number": "NUMBER", "integer": "INTEGER"}.get(
        parameter["type"]
    )
    if parameter["model"] == "Interval" and not parameter["list"]:
        metavar = "START/END"
    is_list = parameter["list"] and not is_whole
    flags = (f"{flag}/--no-{flag[2:]}",) if kind is bool else (flag,)
    described = typer.Option(
        *flags,
        help=escape(_help(parameter)),
        metavar=metavar,
        rich_help_panel=panel,
        parser=PARSERS.get(parameter["type"]),
    )
    annotated: Any = list[kind] if is_list else kind
    default: Any = inspect.Parameter.empty if needed else None
    kept = annotated if needed else annotated | None
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kept, described]
    )


def _help(parameter: dict[str, Any]) -> str:
    text = " ".join(parameter["description"].split()).rstrip(".")
    if parameter["values"]:
        text += f" ({', '.join(map(str, parameter['values']))})"
    if parameter["list"]:
        text += "; repeated" if parameter["type"] not in ("object", "any") else "; JSON or @FILE"
    elif parameter["type"] == "object" and parameter["model"] != "Interval":
        text += "; JSON or @FILE"
    return f"{text}; needed" if parameter["required"] and parameter.get("in") != "path" else text


def _called(operation: dict[str, Any]) -> str:
    return f"\n\nThe call is {operation['name']}: {operation['method']} {operation['path']}."


def _python_name(name: str) -> str:
    return name.lower().replace("-", "_")


def _print_pages(
    client: "Client", verb: Verb, operation: dict[str, Any], arguments: dict[str, Any], *, as_json: bool
) -> None:
    field = operation["item"].partition(":")[0]
    rows: list[dict[str, Any]] = []
    token = None
    while token != "":
        query = {**arguments["query"], "page_token": token}
        page = client.plain(operation["name"], path=arguments["path"], query=query)
        rows += page[field]
        token = page["next_page_token"]
    print_json(rows) if as_json else print_rows(rows, verb.columns)


def _print_states(client: "Client", operation_id: str, *, as_json: bool) -> None:
    from malapert_cli.progress import follow

    ended = follow(client.work(operation_id), console)
    print_json(ended.model_dump(mode="json")) if as_json else print_thing(ended.model_dump(mode="json"))


def _made(client: "Client", operation: dict[str, Any], begun: dict[str, Any], path: dict[str, Any]) -> Any:
    """Follow long work, and return what it made."""
    from malapert_client.generated.operations import OPERATIONS

    from malapert_cli.progress import follow
    from malapert_cli.terminal import refusals

    ended = follow(client.work(begun["operation_id"]), refusals)
    if not operation["result_call"]:
        return ended.model_dump(mode="json")
    *outer, last = [part[1:-1] for part in OPERATIONS[operation["result_call"]].path.split("/") if part[:1] == "{"]
    return client.plain(operation["result_call"], path={**{each: path[each] for each in outer}, last: ended.result_id})


def _json_bytes(answer: Any) -> bytes:
    import json

    return json.dumps(answer, indent=2, ensure_ascii=False).encode()


def _write(content: bytes, out: Path | None) -> None:
    if out is None:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    out.write_bytes(content)
    console.print(f"wrote {out}: {len(content)} bytes")
