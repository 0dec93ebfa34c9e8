"""The connector's main job, end to end: a job of a process goes through the component in its sandbox to a
real server, and an independent client reads the message back.

Usage: demo.py CONNECTOR_HOST COMPONENT
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import traceback
from datetime import datetime, timezone

from base_lab import REGION
from ministack_lab import MiniStackLab

# What a process designer fills in, and how the result comes back: as on the connector's page.
INPUTS = {
    "authentication.type": "credentials",
    "authentication.accessKey": "secrets.MY_AWS_ACCESS_KEY",
    "authentication.secretKey": "secrets.MY_AWS_SECRET_KEY",
    "configuration.region": REGION,
    "queue.type": "standard",
    "queue.messageBody": "= {order: id, customer: customer}",
    "queue.messageAttributes": """= {
  "timestamp":{
    "StringValue":today(),
    "DataType":"String"
  },
  "messageSubmittedBy":{
    "StringValue":"user12345",
    "DataType":"String"
  }
}""",
}
HEADERS = {
    "resultExpression": """= {
  "createdMessageID": response.messageId
}""",
    "retryBackoff": "PT30S",
}
VARIABLES = {"id": 4711, "customer": "Zoë"}


def main(connector_host, component):
    # The server ends with this process; these two also remove its folder. A shell's background jobs
    # are started with interrupts ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    lab = MiniStackLab()
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
    job = {
        "jobKey": "2251799813685249",
        "type": "io.camunda:aws-sqs:1",
        "retries": 3,
        "customHeaders": HEADERS,
        "variables": VARIABLES,
        "inputs": {**INPUTS, "queue.url": queue_url},
    }

    section("What the component may touch")
    subprocess.run([connector_host, "inspect", component], check=True)
    print(f"requests\n  {lab.endpoint} and nowhere else")

    section("The job")
    print(json.dumps(job, indent=2, ensure_ascii=False), flush=True)

    section("What the process gets back")
    days = {today()}
    with tempfile.TemporaryDirectory() as secrets:
        write(secrets, "MY_AWS_ACCESS_KEY", key["access_key_id"])
        write(secrets, "MY_AWS_SECRET_KEY", key["secret_access_key"])
        ran = subprocess.run(
            [connector_host, "run", "--component", component]
            + ["--allow", lab.endpoint, "--secrets-dir", secrets],
            input=json.dumps(job).encode(),
            stdout=subprocess.PIPE,
            env={},
        )
    days.add(today())
    if ran.returncode != 0:
        sys.stdout.write(ran.stdout.decode())
        return ran.returncode
    variables = json.loads(ran.stdout)["variables"]
    print(json.dumps(variables))

    section("The message as the queue holds it")
    messages = lab.receive(queue_url)
    print(json.dumps(messages, indent=2, ensure_ascii=False))
    expected = [
        {
            "MessageId": variables["createdMessageID"],
            "Body": json.dumps(
                {"order": VARIABLES["id"], "customer": VARIABLES["customer"]},
                ensure_ascii=False,
                separators=(",", ":"),
            ),
            "MessageAttributes": {
                "timestamp": {"StringValue": day, "DataType": "String"},
                "messageSubmittedBy": {"StringValue": "user12345", "DataType": "String"},
            },
        }
        for day in days
    ]
    arrived = [{name: message.get(name) for name in expected[0]} for message in messages]
    if arrived not in [[message] for message in expected]:
        print("error: the message differs from what was sent", file=sys.stderr)
        return 1
    return 0


def today():
    return datetime.now(timezone.utc).date().isoformat()


def write(folder, name, text):
    with open(os.path.join(folder, name), "w") as file:
        file.write(text)


def section(title):
    print(f"\n== {title}", flush=True)


if __name__ == "__main__":
    code = main(*sys.argv[1:])
    sys.stdout.flush()
    # The server's threads would hold the process up.
    os._exit(code)
