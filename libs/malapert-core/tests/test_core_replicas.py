import pytest
from malapert.planner.v1 import charter_pb2, charter_pb2_grpc
from malapert_core.policy.identity import service_identity
from malapert_core.rpc.client import open_channel
from malapert_testing.charters import CharterBook
from malapert_testing.identities import service_tokens


@pytest.mark.asyncio
async def test_calls_go_to_every_replica_in_turn_and_to_the_rest_when_one_ends() -> None:
    books = CharterBook(), CharterBook()
    request = charter_pb2.GetCharterRequest(mission_id="m")
    async with books[0].served() as first:
        async with (
            books[1].served() as second,
            open_channel(
                f"ipv4:{first},{second}",
                tokens=service_tokens("payload"),
                audience="planner",
                service_identity=service_identity("payload"),
                services=["malapert.planner.v1.CharterService"],
            ) as channel,
        ):
            planner = charter_pb2_grpc.CharterServiceStub(channel)
            for _ in range(40):
                await planner.GetCharter(request)
            assert min(len(book.charter_calls) for book in books) >= 10
        before = len(books[0].charter_calls)
        async with open_channel(
            f"ipv4:{first},{second}",
            tokens=service_tokens("payload"),
            audience="planner",
            service_identity=service_identity("payload"),
            services=["malapert.planner.v1.CharterService"],
        ) as channel:
            for _ in range(10):
                await charter_pb2_grpc.CharterServiceStub(channel).GetCharter(request)
        assert len(books[0].charter_calls) == before + 10
