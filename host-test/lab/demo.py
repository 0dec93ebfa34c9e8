"""The connector's main job, end to end: a message goes through the component in its sandbox to a real
server, and an independent client reads it back.

Usage: demo.py CONNECTOR_HOST COMPONENT
"""

import json
import os
import signal
import subprocess
import sys
import traceback

from lab import REGION, Lab

BODY = {"order": 4711, "customer": "Zoë", "items": ["tea", "milk"]}
ATTRIBUTES = {
    "messageSubmittedBy": {"DataType": "String", "StringValue": "user12345"},
    "priority": {"DataType": "Number.int", "StringValue": "7"},
}


def main(connector_host, component):
    # The server ends with this process; these two also remove its folder. A shell's background jobs
    # are started with interrupts ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    lab = Lab()
    try:
        return run(lab, connector_host, component)
    except KeyboardInterrupt:
        return 130
    except SystemExit as end:
        return end.code
    except Exception:
        traceback.print_exc()
        return 1
    finally:
        lab.close()


def run(lab, connector_host, component):
    queue_url = lab.create_queue("orders")
    key = lab.create_user("process", [queue_url])

    section("What the component may touch")
    subprocess.run([connector_host, "inspect", component], check=True)
    print(f"requests\n  {lab.endpoint} and nowhere else")

    section("The receipt")
    sent = subprocess.run(
        [connector_host, "send", "--component", component]
        + ["--queue-url", queue_url, "--region", REGION]
        + ["--message-attributes", json.dumps(ATTRIBUTES), "--message-body-file", "-"],
        input=json.dumps(BODY, ensure_ascii=False).encode(),
        env={
            "AWS_ACCESS_KEY_ID": key["access_key_id"],
            "AWS_SECRET_ACCESS_KEY": key["secret_access_key"],
        },
    )
    if sent.returncode != 0:
        return sent.returncode

    section("The message as the queue holds it")
    messages = lab.receive(queue_url)
    print(json.dumps(messages, indent=2, ensure_ascii=False))
    arrived = [
        (json.loads(message["Body"]), message["MessageAttributes"])
        for message in messages
    ]
    if arrived != [(BODY, ATTRIBUTES)]:
        print("error: the message differs from what was sent", file=sys.stderr)
        return 1
    return 0


def section(title):
    print(f"\n== {title}", flush=True)


if __name__ == "__main__":
    code = main(*sys.argv[1:])
    sys.stdout.flush()
    # The server's threads would hold the process up.
    os._exit(code)
