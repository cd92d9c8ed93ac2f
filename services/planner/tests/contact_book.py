"""The real contact book of comms-window in the place of the neighbours' hand-made one."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from malapert.comms_window.v1 import agreement_pb2_grpc, contact_pb2, contact_pb2_grpc, outage_pb2_grpc
from malapert_comms_window.config import CommsWindowSettings
from malapert_comms_window.domain.window_requests import WindowRequest
from malapert_comms_window.domain.windows import Predictability, Window, WindowKind, WindowSet
from malapert_comms_window.factory import MIGRATIONS, build
from malapert_comms_window.storage.station_catalogue import load_station_catalogue
from malapert_comms_window.storage.window_sets import WindowSetStore
from malapert_core.errors import MalapertError
from malapert_core.policy.identity import Role
from malapert_core.service import RunningService
from malapert_core.vocabulary.provenance import Provenance
from malapert_testing.charters import CharterBook
from malapert_testing.services import ServiceLauncher, identity_of, open_test_channel
from neighbours import Neighbours, running_neighbours


class BookedNeighbours(Neighbours):
    """Neighbours whose contacts and outages are those of a real contact book; its windows are not theirs."""

    def __init__(self) -> None:
        super().__init__()
        self.book: Any = None
        self.jaxa: Any = None
        self.isro: Any = None
        """The contact book as JAXA and ISRO call it themselves."""
        self.outage_book: Any = None
        self.agreement_book: Any = None
        self.faults: dict[str, MalapertError] = {}
        """Errors to raise once, by method, with ``:after`` where the call is done and its answer lost."""

    async def ListContacts(self, request: Any, context: Any) -> Any:  # noqa: N802
        return await self._passed_on("ListContacts", self.book, request)

    async def ReserveContacts(self, request: Any, context: Any) -> Any:  # noqa: N802
        return await self._passed_on("ReserveContacts", self.book, _without_windows(request))

    async def SupersedeContacts(self, request: Any, context: Any) -> Any:  # noqa: N802
        return await self._passed_on("SupersedeContacts", self.book, _without_windows(request))

    async def ReleaseContacts(self, request: Any, context: Any) -> Any:  # noqa: N802
        return await self._passed_on("ReleaseContacts", self.book, request)

    async def ListOutages(self, request: Any, context: Any) -> Any:  # noqa: N802
        return await self._passed_on("ListOutages", self.outage_book, request)

    async def ListAntennaQuotas(self, request: Any, context: Any) -> Any:  # noqa: N802
        return await self._passed_on("ListAntennaQuotas", self.agreement_book, request)

    async def _passed_on(self, method: str, stub: Any, request: Any) -> Any:
        if error := self.faults.pop(method, None):
            raise error
        answer = await getattr(stub, method)(request)
        if error := self.faults.pop(f"{method}:after", None):
            raise error
        return answer


def _without_windows(request: Any) -> Any:
    for asked in request.requests:
        asked.window_set_id = asked.window_id = ""
    return request


@asynccontextmanager
async def running_book(
    launcher: ServiceLauncher, folder: Path
) -> AsyncIterator[tuple[BookedNeighbours, str, RunningService[CommsWindowSettings]]]:
    """Run comms-window on a database of its own, beside neighbours that pass contacts and outages on to it."""
    async with AsyncExitStack() as stack:
        settings = {
            "database_url": f"sqlite+aiosqlite:///{folder / 'comms.db'}",
            "planner_target": await stack.enter_async_context(CharterBook().served()),
        }
        service = await stack.enter_async_context(launcher.run(CommsWindowSettings, build, MIGRATIONS, **settings))
        for mission_id in ("lupex-week", "other"):
            await _open_windows(service, mission_id)
        # What the planner says on behalf of whom is passed on as it came.
        planner = open_test_channel(service.target, identity_of("", Role.SERVICE))
        channel = await stack.enter_async_context(planner)
        jaxa = await stack.enter_async_context(open_test_channel(service.target, identity_of("JAXA")))
        neighbours = BookedNeighbours()
        isro = await stack.enter_async_context(open_test_channel(service.target, identity_of("ISRO")))
        neighbours.jaxa = contact_pb2_grpc.ContactServiceStub(jaxa)
        neighbours.isro = contact_pb2_grpc.ContactServiceStub(isro)
        neighbours.book = contact_pb2_grpc.ContactServiceStub(channel)
        neighbours.agreement_book = agreement_pb2_grpc.AgreementServiceStub(channel)
        neighbours.outage_book = outage_pb2_grpc.OutageServiceStub(channel)
        yield neighbours, await stack.enter_async_context(running_neighbours(neighbours)), service


async def _open_windows(service: RunningService[CommsWindowSettings], mission_id: str) -> None:
    """Let every antenna see a mission for as long as its plans last."""
    span = (datetime(2029, 1, 1, tzinfo=UTC), datetime(2029, 3, 1, tzinfo=UTC))
    request = WindowRequest(
        mission_id=mission_id,
        terrain_stack_id="stack-1",
        places=(),
        station_ids=(),
        start_time=span[0],
        end_time=span[1],
        terminal=None,
        array_height_m=2.0,
        antenna_height_m=2.0,
        profile_step_s=3600.0,
    )
    provenance = Provenance((), {}, "hand-made", span[0], synthetic_terrain=True, notes=())
    windows = [
        Window(f"open:{station_id}", WindowKind.CONTACT, "a", station_id, *span, Predictability.PREDICTED)
        for station_id in load_station_catalogue()
    ]
    async with service.runtime.database.transaction() as session:
        kept = WindowSet(f"windows-{mission_id}", "JAXA", request, (), provenance)
        await WindowSetStore().add(session, kept, windows)


async def booked(neighbours: BookedNeighbours, *plan_ids: str) -> dict[str, tuple[str, str]]:
    """Return the plan and the state of each contact, by its identifier."""
    answer = await neighbours.jaxa.ListContacts(contact_pb2.ListContactsRequest(plan_ids=plan_ids))
    state = contact_pb2.ContactState.Name
    return {each.contact_id: (each.plan_id, state(each.state)[len("CONTACT_STATE_") :]) for each in answer.contacts}
