"""Sends one message from Python: python example.py path/to/sqs_connector.wasm"""

import os
import sys

from wasmtime import Engine, Store, WasiConfig
from wasmtime.component import Component, Linker, Record


class Fields(Record):
    """A record of the contract. What is not given is none."""

    def __init__(self, **fields):
        vars(self).update({name.replace("_", "-"): value for name, value in fields.items()})

    def __getattr__(self, name):
        return None


env = os.environ
engine = Engine()
linker = Linker(engine)
linker.add_wasip2()
linker.add_wasi_http()  # to any server: the package has no allow-list, so check a URL that others choose

store = Store(engine)  # a sandbox of its own for each call, without files, environment and streams
store.set_wasi(WasiConfig())
store.set_wasi_http()
instance = linker.instantiate(store, Component.from_file(engine, sys.argv[1]))
sender = instance.get_export_index(store, "connectors:aws-sqs/sender@0.1.0")
send_message = instance.get_func(store, instance.get_export_index(store, "send-message", sender))

key = Fields(
    access_key_id=env["AWS_ACCESS_KEY_ID"],
    secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
    session_token=env.get("AWS_SESSION_TOKEN") or None,
)
queue = Fields(url=env["QUEUE_URL"], region=env.get("AWS_REGION") or None)
message = Fields(body="Hello from Python", attributes=[])
outcome = send_message(store, queue, key, message, Fields(), Fields(accept_duplicates=False))
if isinstance(outcome, Record):
    print(getattr(outcome, "message-id"))
else:
    facts = outcome.payload if isinstance(outcome.payload, list) else [outcome.payload]
    sys.exit(f"{outcome.tag}: {[getattr(fact, '__dict__', fact) for fact in facts]}")
