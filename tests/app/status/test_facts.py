"""What the page says of systems, and what it keeps to itself."""

from collections.abc import Callable

from datasources.errors import NeverSent, PerhapsSent
from datasources.model.common import StaleReason, System
from tests.app.conftest import PRODUCTION
from tests.app.status.conftest import NO_CONNECTION, OPENS_AFTER, Behind


async def test_a_system_that_keeps_silent(behind: Callable[..., Behind]) -> None:
    """A first call that has not come back yet is neither an answer nor a failure."""
    at = behind()
    with at.services.sources.health[System.WMS].call():
        status = at.seen(3)

    assert "WMS stock no answer yet Asked 3 s ago. Circuit closed since 03:00:00 UTC. Calls 1 Failed 0 " in status.card(
        "WMS"
    )
    assert "Live stock not tried yet" in status.capabilities()


async def test_latencies(behind: Callable[..., Behind]) -> None:
    """Median and 95th percentile are those of the answers; failures are counted, not timed."""
    at = behind()
    for n in range(1, 101):
        await at.call(System.ERP, took_s=n / 1000)
    await at.call(System.ERP, NO_CONNECTION, took_s=30)
    await at.call(System.ERP, took_s=1.5)
    status = at.seen()

    assert "Calls 102 Failed 1 In flight 0 Median time 51 ms 95 % within 96 ms" in status.card("ERP")
    assert "Times of the last 102 calls, of which 1 failed." in status.card("ERP")


async def test_what_systems_say_is_text(behind: Callable[..., Behind]) -> None:
    """Markup in an error is shown as it stands, and a long error is cut."""
    at = behind(KANAVA_ERP_URL="http://erp.example:8080")
    await at.call(System.ERP, NeverSent(System.ERP, "<script>alert('x')</script> & \"more\" " + "x" * 500))
    html = at.seen().html

    assert "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &#34;more&#34; xxx" in html
    assert 1 == html.count("<script")
    assert "x" * 201 not in html


async def test_addresses_are_hosts(behind: Callable[..., Behind]) -> None:
    """Of an address the host and port are shown: no path, no token."""
    status = behind(KANAVA_ERP_URL="https://erp.example:8443/tenant-7", KANAVA_ERP_TOKEN="t0k3n").seen()

    assert "At erp.example:8443." in status.card("ERP")
    assert [] == [word for word in ("tenant-7", "t0k3n") if word in status.html]


async def test_production_tells_no_addresses_and_quotes_nobody(behind: Callable[..., Behind]) -> None:
    """In production the page says what kind of error it was; neither the system's words nor where it is."""
    at = behind(**PRODUCTION)
    for _ in range(OPENS_AFTER):
        late = PerhapsSent(System.ERP, "no answer within 2 s", reason=StaleReason.TIMEOUT)
        await at.call(System.ERP, late, took_s=0)
    await at.call(System.PIM)
    status = at.seen(5)

    assert "CAPTURE_ONLY" == status.mode
    assert "Last error 5 s ago, at 03:00:00 UTC: it took too long. Calls 5 Failed 5" in status.card("ERP")
    assert "Calls 1 Failed 0 In flight 0 Median time 12 ms" in status.card("PIM")
    assert [] == [
        word for word in ("example", "http", "no answer within") if word in status.html.replace("http-equiv", "")
    ]
