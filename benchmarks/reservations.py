"""Reservations a second through gRPC on PostgreSQL, from concurrent clients; the book is checked afterwards.

The service runs in one process, the clients in another, the server of the database in its own: on two cores they share
them. Every call asks for one contact at a random time on a random antenna of the client's own agency, outside of
windows, so that some are refused; each client waits for its answer before it asks again. Afterwards no two contacts
that hold an antenna may overlap, and the book holds what was answered.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import random
import statistics
import tempfile
import time
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from malapert.comms_window.v1 import contact_pb2, contact_pb2_grpc
from malapert.type.v1 import type_pb2
from malapert_comms_window.config import CommsWindowSettings
from malapert_comms_window.factory import MIGRATIONS, build
from malapert_comms_window.storage.station_catalogue import load_station_catalogue
from malapert_core.errors import ConflictError
from malapert_core.timestamps import from_timestamp, to_timestamp
from malapert_testing.charters import CharterBook, charter_of_all
from malapert_testing.nats_server import NatsServer
from malapert_testing.postgresql import PostgresqlServer, server_binaries
from malapert_testing.services import ServiceLauncher, identity_of, open_test_channel

START = datetime(2029, 1, 1, tzinfo=UTC)


def _request(
    rng: random.Random, stations: list[str], key: str, days: int, *, commit: bool
) -> contact_pb2.ReserveContactsRequest:
    start = START + timedelta(minutes=rng.randrange(days * 1440))
    end = start + timedelta(minutes=rng.choice((15, 30, 60)))
    interval = type_pb2.Interval(start_time=to_timestamp(start), end_time=to_timestamp(end))
    asked = contact_pb2.ContactRequest(
        station_id=rng.choice(stations), asset_id="rover", interval=interval, unchecked=True
    )
    return contact_pb2.ReserveContactsRequest(
        idempotency_key=key, mission_id="benchmark", requests=[asked], commit=commit
    )


async def _client(
    number: int,
    target: str,
    agency_id: str,
    stations: list[str],
    days: int,
    ready: asyncio.Barrier,
    seconds: float,
    took_s: list[float],
    booked: list[str],
    *,
    commit: bool,
) -> int:
    rng, refused = random.Random(number), 0
    async with open_test_channel(target, identity_of(agency_id), service_name="comms_window") as channel:
        stub = contact_pb2_grpc.ContactServiceStub(channel)
        await channel.channel_ready()
        await ready.wait()
        count, until = 0, time.monotonic() + seconds
        while time.monotonic() < until:
            count += 1
            begin_s = time.monotonic()
            try:
                answer = await stub.ReserveContacts(_request(rng, stations, f"{number}-{count}", days, commit=commit))
                booked.append(answer.contacts[0].contact_id)
            except ConflictError:
                refused += 1
            took_s.append(time.monotonic() - begin_s)
    return refused


def run_clients(target: str, clients: int, seconds: float, days: int, commit: bool, answers: Any) -> None:
    """Run the clients for some seconds and hand in what they saw."""

    async def run() -> None:
        took_s: list[float] = []
        booked: list[str] = []
        antennas, ready = _antennas_by_owner(), asyncio.Barrier(clients)
        # As many clients for an antenna, whoever owns it.
        owners = [agency_id for agency_id, stations in antennas.items() for _ in stations]
        chosen = [owners[number * len(owners) // clients] for number in range(clients)]
        asking = [
            _client(n, target, each, antennas[each], days, ready, seconds, took_s, booked, commit=commit)
            for n, each in enumerate(chosen)
        ]
        answers.put((took_s, booked, sum(await asyncio.gather(*asking))))

    asyncio.run(run())


def _antennas_by_owner() -> dict[str, list[str]]:
    antennas: dict[str, list[str]] = defaultdict(list)
    for station in load_station_catalogue().values():
        antennas[station.agency_id].append(station.station_id)
    return dict(antennas)


async def _check(target: str, booked: list[str]) -> None:
    async with open_test_channel(target, identity_of("malapert")) as channel:
        stub = contact_pb2_grpc.ContactServiceStub(channel)
        taken: dict[str, list[tuple[datetime, datetime]]] = defaultdict(list)
        request = contact_pb2.ListContactsRequest(only_holding=True)
        request.page.page_size = 1000
        while True:
            page = await stub.ListContacts(request)
            for contact in page.contacts:
                span = (from_timestamp(contact.occupied.start_time), from_timestamp(contact.occupied.end_time))
                taken[contact.station_id].append(span)
            if not page.next_page_token:
                break
            request.page.page_token = page.next_page_token
    count = sum(len(spans) for spans in taken.values())
    for station_id, spans in taken.items():
        spans.sort()
        for (_, end), (start, _) in pairwise(spans):
            if start < end:
                raise SystemExit(f"{station_id} is booked twice at {start}")
    if count != len(booked):
        raise SystemExit(f"the book holds {count} contacts, {len(booked)} were answered")
    print(f"\n{count} contacts stand in the book, none overlaps another.")


async def run(clients: int, seconds: float, days: int, *, commit: bool) -> None:
    binaries = server_binaries()
    if binaries is None:
        raise SystemExit("no PostgreSQL server binaries on this machine")
    database, context = PostgresqlServer(binaries), multiprocessing.get_context("spawn")
    database.start()
    with tempfile.TemporaryDirectory() as folder:
        nats = NatsServer(Path(folder) / "nats")
        nats.start()
        launcher = ServiceLauncher(nats.url, database.create_database(), Path(folder) / "data")
        try:
            charters = CharterBook({"benchmark": charter_of_all("benchmark", tuple(_antennas_by_owner()))})
            async with (
                charters.served() as planner,
                launcher.run(
                    CommsWindowSettings, build, MIGRATIONS, log_level="WARNING", planner_target=planner
                ) as service,
            ):
                answers = context.Queue()
                asking = context.Process(
                    target=run_clients, args=(service.target, clients, seconds, days, commit, answers)
                )
                cpu_s = time.process_time()
                asking.start()
                took_s, booked, refused = await asyncio.to_thread(answers.get)
                asking.join()
                cpu_s = time.process_time() - cpu_s
                calls = len(booked) + refused
                print(f"{clients} clients, {seconds:g} s, {os.cpu_count()} cores\n")
                print("| calls a second | booked | refused | median ms | 99 % ms | service CPU ms a call |")
                print("|---|---|---|---|---|---|")
                quantiles = statistics.quantiles([1e3 * each for each in took_s], n=100)
                row = [f"{calls / seconds:.0f}", len(booked), refused, f"{quantiles[49]:.0f}", f"{quantiles[98]:.0f}"]
                print("|", *(f"{cell} |" for cell in [*row, f"{1e3 * cpu_s / calls:.2f}"]))
                await _check(service.target, booked)
        finally:
            nats.stop()
            database.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--commit", action="store_true", help="commit at once, which announces each by an event")
    options = parser.parse_args()
    asyncio.run(run(options.clients, options.seconds, options.days, commit=options.commit))


if __name__ == "__main__":
    main()
