"""Traces that go through calls and statements, and the metrics endpoint."""

import json
import urllib.request
from pathlib import Path

import pytest
from malapert_core.db.database import Database
from malapert_core.logging import configure_logging
from malapert_core.metric_names import EVENTS_PUBLISHED
from malapert_core.telemetry import Telemetry, extract_trace, inject_trace
from malapert_testing.identities import identity_settings
from malapert_testing.nats_server import free_port
from opentelemetry import trace
from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sample_service.factory import SampleSettings
from sqlalchemy import literal
from sqlmodel import select


@pytest.mark.asyncio
async def test_statements_have_spans_where_spans_are_exported(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    exporter = InMemorySpanExporter()
    monkeypatch.setattr("malapert_core.telemetry.OTLPSpanExporter", lambda endpoint: exporter)
    telemetry = Telemetry("test", otlp_endpoint="http://collector:4317")
    database = Database(sqlite_url)
    telemetry.trace_database(database.engine)
    try:
        with telemetry.tracer.start_as_current_span("call") as span:
            async with database.reading() as session:
                await session.exec(select(literal(1)))
    finally:
        SQLAlchemyInstrumentor().uninstrument()
        await database.close()
        telemetry.close()
    statements = [each for each in exporter.get_finished_spans() if each.name.startswith("SELECT")]
    assert [each.parent.span_id for each in statements if each.parent] == [span.get_span_context().span_id]


def test_spans_that_nobody_reads_are_not_kept_and_still_have_identifiers() -> None:
    telemetry = Telemetry("test")
    with (
        telemetry.tracer.start_as_current_span("call") as outer,
        telemetry.tracer.start_as_current_span("inner") as inner,
    ):
        assert not outer.is_recording()
        assert outer.get_span_context().trace_id == inner.get_span_context().trace_id != 0
    assert not trace.get_current_span().get_span_context().is_valid
    telemetry.close()


def test_a_trace_that_nobody_reads_goes_on_from_a_caller_and_into_the_next_call() -> None:
    telemetry, headers = Telemetry("test"), dict[str, str]()
    theirs = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    with telemetry.tracer.start_as_current_span("handle", context=extract_trace({"traceparent": theirs})):
        inject_trace(headers)
        with telemetry.tracer.start_as_current_span("another", context=extract_trace({})) as other:
            assert f"{other.get_span_context().trace_id:032x}" not in theirs
        span = telemetry.tracer.start_span("later")
        assert f"{span.get_span_context().trace_id:032x}" in theirs
    # The caller's own word on whether its trace is kept goes on as well.
    assert headers == {"traceparent": theirs}
    telemetry.close()


def test_metrics_are_served_until_closed() -> None:
    port = free_port()
    telemetry = Telemetry("test", metrics_port=port)
    EVENTS_PUBLISHED.labels("test", "malapert.planner.v1.plan.released").inc()
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as response:
        page = response.read().decode()
    telemetry.close()
    assert 'malapert_events_published_total{service="test",subject="malapert.planner.v1.plan.released"} 1.0' in page


def test_a_taken_port_of_metrics_ends_no_process() -> None:
    port = free_port()
    first, second = Telemetry("test", metrics_port=port), Telemetry("test", metrics_port=port)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as response:
        assert response.status == 200
    second.close()
    first.close()


def test_log_lines_are_json_with_their_trace(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    import logging

    import structlog

    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    telemetry = Telemetry("test")
    try:
        configure_logging(SampleSettings(**identity_settings(tmp_path, "sample")))
        with telemetry.tracer.start_as_current_span("call") as span:
            structlog.get_logger("here").info("plan stored", plan_id="p-1")
    finally:
        structlog.reset_defaults()
        root.handlers[:] = before
        root.setLevel(level)
        telemetry.close()
    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["plan_id"], line["service"]) == ("plan stored", "p-1", "sample")
    assert line["trace_id"] == f"{span.get_span_context().trace_id:032x}"
