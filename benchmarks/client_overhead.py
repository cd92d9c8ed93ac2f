"""CPU time of a call by the Python client and by httpx alone, which reads the same answer as JSON.

The answers come from a process of its own, over loopback: a small one (an operation) and a page of a hundred.
"""

import argparse
import asyncio
import contextlib
import json
import multiprocessing
import statistics
import time
from collections.abc import Callable
from multiprocessing.connection import Connection as Pipe
from typing import Any

import httpx
from malapert_client import Client, Connection
from malapert_http_models.contracts.operation import Operation
from malapert_testing.example_messages import example_of

STAGES = ["sites", "horizons", "windows", "solve"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=7)
    asked = parser.parse_args()
    for title, path, body, read in cases():
        context = multiprocessing.get_context("spawn")
        receiving, sending = context.Pipe(duplex=False)
        server = context.Process(target=serve, args=(body, sending), daemon=True)
        server.start()
        url = f"http://127.0.0.1:{receiving.recv()}"
        rounds = [one_round(url, path, read, asked.calls) for _ in range(asked.rounds)]
        server.terminate()
        server.join()
        alone, ours = (statistics.median(column) * 1e6 for column in zip(*rounds, strict=True))
        print(f"{title}, {len(body)} bytes: httpx {alone:.0f} µs, client {ours:.0f} µs a call, {ours / alone - 1:+.0%}")


def cases() -> list[tuple[str, str, bytes, Callable[[Client], Any]]]:
    """Each answer with its path, and the client's call that reads it."""
    stages = [{"name": name, "fraction": 1.0} for name in STAGES]
    operation = example_of(Operation, {"stages": stages})
    page = {"operations": [operation] * 100, "next_page_token": ""}
    return [
        ("one operation", "/api/v1/operations/o", json.dumps(operation).encode(), lambda api: api.get_operation("o")),
        ("100 operations", "/api/v1/operations", json.dumps(page).encode(), lambda api: list(api.list_operations())),
    ]


def one_round(url: str, path: str, read: Callable[[Client], Any], calls: int) -> tuple[float, float]:
    """CPU seconds of a call by httpx alone and by the client, in this process."""
    with httpx.Client(base_url=url) as bare, Client(connection=Connection(url, "mlp_k")) as client:
        return cpu_s(lambda: bare.get(path).json(), calls), cpu_s(lambda: read(client), calls)


def cpu_s(call: Callable[[], Any], calls: int) -> float:
    call()
    began_s = time.process_time()
    for _ in range(calls):
        call()
    return (time.process_time() - began_s) / calls


def serve(body: bytes, port: Pipe) -> None:
    """Answer every request alike, over connections that stay open."""
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError):
            while await reader.readuntil(b"\r\n\r\n"):
                writer.write(head + body)
                await writer.drain()
        writer.close()

    async def run() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        port.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


if __name__ == "__main__":
    main()
