"""Time of one superseding of contacts through gRPC on SQLite: a plan keeps half of its contacts and moves the rest."""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from malapert.comms_window.v1 import contact_pb2, contact_pb2_grpc
from malapert.type.v1 import type_pb2
from malapert_comms_window.config import CommsWindowSettings
from malapert_comms_window.factory import MIGRATIONS, build
from malapert_core.timestamps import to_timestamp
from malapert_testing.charters import CharterBook
from malapert_testing.nats_server import NatsServer
from malapert_testing.services import ServiceLauncher, identity_of, open_test_channel

START = datetime(2029, 1, 1, tzinfo=UTC)


def _asked(station_id: str, start_h: float) -> contact_pb2.ContactRequest:
    start, end = START + timedelta(hours=start_h), START + timedelta(hours=start_h + 2)
    interval = type_pb2.Interval(start_time=to_timestamp(start), end_time=to_timestamp(end))
    return contact_pb2.ContactRequest(station_id=station_id, asset_id="rover", interval=interval, unchecked=True)


async def run(contacts: int) -> None:
    half = contacts // 2
    kept = [_asked("jaxa-mdss-54", 6.0 * number) for number in range(contacts - half)]
    dropped = [_asked("jaxa-udsc-64", 6.0 * number) for number in range(half)]
    moved = [_asked("jaxa-udsc-64", 6.0 * number + 0.5) for number in range(half)]
    with tempfile.TemporaryDirectory() as folder:
        server = NatsServer(Path(folder) / "nats")
        server.start()
        launcher = ServiceLauncher(server.url, f"sqlite+aiosqlite:///{folder}/book.db", Path(folder) / "data")
        planner = replace(identity_of("JAXA"), via_service="planner")
        try:
            async with (
                CharterBook().served() as charters,
                launcher.run(CommsWindowSettings, build, MIGRATIONS, planner_target=charters) as service,
                open_test_channel(service.target, planner) as channel,
            ):
                stub = contact_pb2_grpc.ContactServiceStub(channel)
                names = {"mission_id": "lupex", "idempotency_key": "old", "plan_id": "old"}
                held = contact_pb2.ReserveContactsRequest(requests=[*kept, *dropped], commit=True, **names)
                await stub.ReserveContacts(held)
                names = {"mission_id": "lupex", "idempotency_key": "new", "plan_id": "new", "superseded_plan_id": "old"}
                wall_s, cpu_s = time.perf_counter(), time.process_time()
                done = await stub.SupersedeContacts(
                    contact_pb2.SupersedeContactsRequest(requests=[*kept, *moved], **names)
                )
                wall_s, cpu_s = time.perf_counter() - wall_s, time.process_time() - cpu_s
        finally:
            server.stop()
    print(f"{len(done.contacts)} contacts, {len(done.dropped)} given back: {wall_s:.2f} s, {cpu_s:.2f} CPU s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=60)
    asyncio.run(run(parser.parse_args().contacts))
