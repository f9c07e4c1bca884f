"""How the server stops while requests are held, or begun: as it does while any is being answered."""

from tests.app.express.conftest import OpenServer, Served
from tests.app.express.wire import Wire, post, until

QUERY = '{ product(sku: "KV-1") { sku name } }'
PRICED = '{ product(sku: "KV-1") { price { unitPrice { amount } } } }'
PRICE = {"product": {"price": {"unitPrice": {"amount": "10"}}}}


async def begun(served: Served, body: bytes, signed: str) -> Wire:
    """Return a connection whose request waits for a price."""
    served.clock.advance(61)
    served.erp.let.clear()
    served.erp.is_asked.clear()
    wire = await served.connect()
    await wire.send(post(body, signed))
    await served.erp.is_asked.wait()
    return wire


async def stopping(served: Served) -> None:
    """Have it stop, and return when its connections know."""
    served.server.should_exit = True
    await until(lambda: all(one.cycle is None or not one.cycle.keep_alive for one in served.connections))


async def test_an_idle_connection_is_closed(open_server: OpenServer) -> None:
    """What waits for another request is closed at once."""
    async with open_server() as served:
        body = await served.known(QUERY)
        wire = await served.connect()
        await wire.send(post(body))
        await wire.answer()
        served.server.should_exit = True
        left = await wire.ended()
        await served.serving

    assert b"" == left


async def test_a_held_request_is_answered(open_server: OpenServer) -> None:
    """A request that becomes whole in time has its answer, the last one of its connection."""
    async with open_server() as served:
        body = await served.known(QUERY)
        wire = await served.connect()
        await wire.send(post(body)[:-1])
        await served.is_held()
        await stopping(served)
        await wire.send(post(body)[-1:])
        answer = await wire.answer()
        left = await wire.ended()
        await served.serving

    assert {"product": {"sku": "KV-1", "name": "putki"}} == answer.data
    assert "close" == answer.headers["connection"]
    assert b"" == left


async def test_a_held_request_is_cut_off(open_server: OpenServer) -> None:
    """One that does not become whole is told that the server stops, as on the ordinary way."""
    async with open_server(shutdown_s=0.1) as served:
        body = await served.known(QUERY)
        wire = await served.connect()
        await wire.send(post(body)[:-1])
        await served.is_held()
        served.server.should_exit = True
        answer = await wire.answer()
        await wire.ended()
        await served.serving

    assert (503, b"Kanava stops.") == (answer.status, answer.body)
    assert "1" == answer.headers["retry-after"]


async def test_what_is_begun_is_answered(open_server: OpenServer) -> None:
    """What waits for a system has its answer when that comes in time."""
    async with open_server() as served:
        signed = served.signed("anna")
        body = await served.known(PRICED, signed)
        wire = await begun(served, body, signed)
        await stopping(served)
        served.erp.let.set()
        answer = await wire.answer()
        left = await wire.ended()
        await served.serving

    assert PRICE == answer.data
    assert "close" == answer.headers["connection"]
    assert b"" == left


async def test_what_is_begun_is_cut_off(open_server: OpenServer) -> None:
    """What waits for longer is told that the server stops."""
    async with open_server(shutdown_s=0.1) as served:
        signed = served.signed("anna")
        body = await served.known(PRICED, signed)
        wire = await begun(served, body, signed)
        served.server.should_exit = True
        answer = await wire.answer()
        await wire.ended()
        await served.serving

    assert (503, b"Kanava stops.") == (answer.status, answer.body)
    assert ["begun"] == served.ways
