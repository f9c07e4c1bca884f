"""The response extension `upstream`: what a request cost, for who asks with `Kanava-Trace: 1`."""

from typing import Any

from datasources.sources.ask import Call, Reading, Trace

TRACE_HEADER = "kanava-trace"


def upstream_of(trace: Trace) -> dict[str, Any]:
    """
    Return the calls that the request waited for, alone or with others, and where its values came from.

    What was `fetched` without a call was in the shared store.
    """
    calls, readings = list(trace.calls.values()), trace.readings
    names = ("remembered", "fetched", "stale", "failed")
    return {
        "calls": [_call(call) for call in calls],
        "readings": [_reading(reading) for reading in readings],
        "total": {
            "calls": len(calls),
            "keys": sum(call.keys for call in calls),
            **{name: sum(getattr(reading, name) for reading in readings) for name in names},
        },
    }


def _call(call: Call) -> dict[str, Any]:
    return {
        "system": call.system.value,
        "kind": call.kind,
        "keys": call.keys,
        "milliseconds": round(call.took_s * 1000, 1),
        "failure": None if call.failure is None else call.failure.reason.value,
    }


def _reading(reading: Reading) -> dict[str, Any]:
    return {
        "system": reading.system.value,
        "kind": reading.kind,
        "remembered": reading.remembered,
        "fetched": reading.fetched,
        "stale": reading.stale,
        "failed": reading.failed,
        "oldestSeconds": int(reading.oldest_s),
    }
