"""Channels to other services: identity, deadline, retries of what is idempotent, and domain errors out of calls."""

import json
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, Protocol

import grpc
from google.protobuf import descriptor_pool

from malapert_core.errors import MalapertError, UnavailableError
from malapert_core.policy.identity import Identity, current_identity
from malapert_core.policy.tokens import ServiceTokens
from malapert_core.rpc import deadlines
from malapert_core.rpc.call_key import CALL_KEY_HEADER, current_call_key
from malapert_core.rpc.certificates import Certificates
from malapert_core.rpc.patience import current_patience
from malapert_core.rpc.server import SIZE_OPTIONS
from malapert_core.rpc.status import error_from_rpc

__all__ = ["error_from_rpc", "open_channel"]

IDEMPOTENT_PREFIXES = ("Get", "List", "Watch")


class _Treatment(Protocol):
    """Wrappers of calls: of those that return one response, and of those that return many."""

    async def one(self, continuation: Any, details: Any, request: Any) -> Any: ...

    async def many(self, continuation: Any, details: Any, request: Any) -> Any: ...


class _Treating:
    def __init__(self, treatment: Any) -> None:
        self._treatment = treatment


class _UnaryUnary(_Treating, grpc.aio.UnaryUnaryClientInterceptor):  # type: ignore[type-arg]
    async def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        return await self._treatment.one(continuation, client_call_details, request)


class _StreamUnary(_Treating, grpc.aio.StreamUnaryClientInterceptor):  # type: ignore[type-arg]
    async def intercept_stream_unary(self, continuation: Any, client_call_details: Any, request_iterator: Any) -> Any:
        return await self._treatment.one(continuation, client_call_details, request_iterator)


class _UnaryStream(_Treating, grpc.aio.UnaryStreamClientInterceptor):  # type: ignore[type-arg]
    async def intercept_unary_stream(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        return await self._treatment.many(continuation, client_call_details, request)


class _StreamStream(_Treating, grpc.aio.StreamStreamClientInterceptor):  # type: ignore[type-arg]
    async def intercept_stream_stream(self, continuation: Any, client_call_details: Any, request_iterator: Any) -> Any:
        return await self._treatment.many(continuation, client_call_details, request_iterator)


def _all_shapes(treatment: _Treatment) -> list[Any]:
    # A channel takes an interceptor for one shape of calls only, even if it could treat all.
    return [shape(treatment) for shape in (_UnaryUnary, _StreamUnary, _UnaryStream, _StreamStream)]


class _RaiseDomainErrors:
    """Raises the domain error that a failed call carries."""

    async def one(self, continuation: Any, details: Any, request: Any) -> Any:
        try:
            call = await continuation(details, request)
            await call
        except grpc.aio.AioRpcError as error:
            raise error_from_rpc(error) from error
        # The call, not its response: of the two shapes only one may return a bare response.
        return call

    async def many(self, continuation: Any, details: Any, request: Any) -> Any:
        return _translated(await continuation(details, request))


class _BePatient:
    """Makes calls of work that has patience again while the neighbour is away."""

    def __init__(self, neighbour: str) -> None:
        self._neighbour = neighbour

    async def one(self, continuation: Any, details: Any, request: Any) -> Any:
        patience = current_patience()
        if patience is None:
            return await continuation(details, request)
        outage = patience.outage(self._neighbour)
        while True:
            try:
                call = await continuation(details, request)
            except UnavailableError as error:
                await outage.wait(error)
            except MalapertError:
                outage.over()
                raise
            else:
                outage.over()
                return call


async def _translated(responses: Any) -> AsyncIterator[Any]:
    try:
        async for response in responses:
            yield response
    except grpc.aio.AioRpcError as error:
        raise error_from_rpc(error) from error


class _StateCaller:
    """Attaches who calls, and lets no call outlive the one it is made for."""

    def __init__(
        self, identity: Callable[[], Identity], tokens: ServiceTokens, audience: str, timeout_s: float
    ) -> None:
        self._identity = identity
        self._tokens = tokens
        self._audience = audience
        self._timeout_s = timeout_s

    async def one(self, continuation: Any, details: Any, request: Any) -> Any:
        return await continuation(self._completed(details, self._timeout_s), request)

    async def many(self, continuation: Any, details: Any, request: Any) -> Any:
        # A stream lasts as long as what it follows: it is bounded by the caller and the call it serves only.
        return await continuation(self._completed(details, None), request)

    def _completed(self, details: grpc.aio.ClientCallDetails, default_s: float | None) -> grpc.aio.ClientCallDetails:
        metadata = grpc.aio.Metadata(*(details.metadata or ()))
        metadata.add("authorization", f"Bearer {self._tokens.sign(self._identity(), self._audience)}")
        if call_key := current_call_key():
            metadata.add(CALL_KEY_HEADER, call_key)
        timeout_s = details.timeout if details.timeout is not None else default_s
        return grpc.aio.ClientCallDetails(
            details.method,
            deadlines.bounded_timeout(timeout_s),
            metadata,
            details.credentials,
            details.wait_for_ready,
        )


def open_channel(
    target: str,
    *,
    tokens: ServiceTokens,
    audience: str,
    service_identity: Identity,
    services: Sequence[str] = (),
    idempotent_methods: Sequence[str] = (),
    default_timeout_s: float = 30.0,
    interceptors: Sequence[Any] = (),
    certificates: Certificates | None = None,
) -> grpc.aio.Channel:
    """Return a channel whose calls raise `MalapertError`.

    Parameters
    ----------
    target : str
        Address, such as ``127.0.0.1:7101``; where it names several (``dns:///planner:7101``), calls go to each in turn.
    tokens : ServiceTokens
        Signs the identity that each call carries.
    audience : str
        Name of the service behind the target, which alone takes the tokens.
    service_identity : Identity
        Who calls where the present task acts for nobody.
    services : sequence of str
        Full names of the services called, such as ``malapert.planner.v1.PlanService``; their methods that begin with
        Get, List or Watch are tried again while the target is unavailable.
    idempotent_methods : sequence of str
        Further method names of these services that may be tried again.
    default_timeout_s : float
        Deadline of a call that is given none, seconds; a stream of responses has none of its own.
    interceptors : sequence
        Further interceptors, such as telemetry's.
    certificates : Certificates, optional
        By which both sides know each other; without them nothing is encrypted.
    """
    caller = _StateCaller(lambda: _stated(current_identity(), service_identity), tokens, audience, default_timeout_s)
    options: list[tuple[str, Any]] = [
        *SIZE_OPTIONS,
        ("grpc.service_config", json.dumps(_service_config(services, idempotent_methods))),
        ("grpc.initial_reconnect_backoff_ms", 100),
        ("grpc.max_reconnect_backoff_ms", 2000),
    ]
    # Streams are not made again: whoever sends or follows one knows where to go on.
    part = audience.replace("_", "-")
    patient = _UnaryUnary(_BePatient(part))
    chain = [patient, *_all_shapes(_RaiseDomainErrors()), *interceptors, *_all_shapes(caller)]
    if certificates is None:
        return grpc.aio.insecure_channel(target, options=options, interceptors=chain)
    # Under whatever address: it is the certificate of that part, or the call fails.
    options.append(("grpc.ssl_target_name_override", part))
    return grpc.aio.secure_channel(target, certificates.channel_credentials(), options=options, interceptors=chain)


def _stated(identity: Identity | None, service_identity: Identity) -> Identity:
    """Return whom a call states: the principal for whom it is made, or else the service itself."""
    return service_identity if identity is None or identity.is_service else identity


def _service_config(services: Sequence[str], idempotent_methods: Sequence[str]) -> dict[str, Any]:
    names = []
    for service in services:
        descriptor = descriptor_pool.Default().FindServiceByName(service)
        known = [method.name for method in descriptor.methods]
        again = [name for name in known if name.startswith(IDEMPOTENT_PREFIXES) or name in idempotent_methods]
        names += [{"service": service, "method": name} for name in again]
    policy = {
        "maxAttempts": 5,
        "initialBackoff": "0.1s",
        "maxBackoff": "2s",
        "backoffMultiplier": 2.5,
        "retryableStatusCodes": ["UNAVAILABLE"],
    }
    methods = [{"name": names, "retryPolicy": policy}] if names else []
    return {"loadBalancingConfig": [{"round_robin": {}}], "methodConfig": methods}
