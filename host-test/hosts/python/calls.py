"""Makes the calls that standard input asks for, one JSON object a line, and answers each with one line.

    python calls.py path/to/sqs_connector.wasm
"""

import base64
import json
import sys
import time

from wasmtime import Engine, Store, WasiConfig
from wasmtime.component import (
    U8,
    Bool,
    Component,
    Linker,
    ListType,
    OptionType,
    Record,
    RecordType,
    Variant,
    VariantType,
)

SENDER = "connectors:aws-sqs/sender@0.1.0"
CONNECTOR = "connectors:outbound/connector@0.1.0"


class Host:
    """The component, compiled once."""

    def __init__(self, path):
        self.engine = Engine()
        self.component = Component.from_file(self.engine, path)
        self.linker = Linker(self.engine)
        self.linker.add_wasip2()
        self.linker.add_wasi_http()

    def answer(self, line):
        """Makes one call in a fresh instance. Whatever goes wrong is the answer."""
        started = time.monotonic()
        try:
            request = json.loads(line)
            interface, shape = CALLS[request["call"]]
            function, store = self._function(interface, request["call"])
            arguments = [lower(kind, request.get(name)) for name, kind in function.type(store).params]
            started = time.monotonic()
            answer = shape(function(store, *arguments))
        except Exception as error:
            answer = {"trap": f"{type(error).__name__}: {error}"}
        return {**answer, "ms": (time.monotonic() - started) * 1000}

    def _function(self, interface, name):
        store = Store(self.engine)
        store.set_wasi(WasiConfig())
        store.set_wasi_http()
        instance = self.linker.instantiate(store, self.component)
        exported = instance.get_export_index(store, interface)
        return instance.get_func(store, instance.get_export_index(store, name, exported)), store


def one(ending):
    if isinstance(ending, Record):
        return {"receipt": lift(ending)}
    return {"error": {"case": ending.tag, "value": lift(ending.payload)}}


def batch(ending):
    if ending.tag == "ok":
        return {"results": [one(each) for each in ending.payload]}
    return {"violations": lift(ending.payload)}


def job(ending):
    return {"failure": lift(ending)} if isinstance(ending, Record) else {"response": ending}


CALLS = {
    "send-message": (SENDER, one),
    "send-message-batch": (SENDER, batch),
    "execute": (CONNECTOR, job),
}


def lower(kind, value):
    """A JSON value as the type of the contract that stands in its place."""
    if isinstance(kind, OptionType):
        return None if value is None else lower(kind.payload, value)
    if isinstance(kind, RecordType):
        record = Record()
        for name, field in kind.fields:
            setattr(record, name, lower(field, (value or {}).get(name)))
        return record
    if isinstance(kind, VariantType):
        [(case, payload)] = value.items()
        return Variant(case, lower(dict(kind.cases)[case], payload))
    if isinstance(kind, ListType):
        if isinstance(kind.element, U8):
            return base64.b64decode(value)
        return [lower(kind.element, each) for each in value or []]
    return bool(value) if isinstance(kind, Bool) else value


def lift(value):
    if isinstance(value, Record):
        return {name: lift(field) for name, field in vars(value).items()}
    return [lift(each) for each in value] if isinstance(value, list) else value


def main():
    host = Host(sys.argv[1])
    for line in sys.stdin:
        print(json.dumps(host.answer(line)), flush=True)


if __name__ == "__main__":
    main()
