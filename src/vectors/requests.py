"""Makes requests.json: SendMessage and SendMessageBatch requests as AWS's last Python SDK for the Query
protocol serialises and signs them.

    python3 -m venv oracle && oracle/bin/pip install botocore==1.31.80
    oracle/bin/python requests.py > requests.json
"""

import base64
import datetime
import json
import sys
from types import SimpleNamespace

import botocore
import botocore.auth
import botocore.session
from botocore.awsrequest import AWSResponse
from botocore.config import Config

KEY = ("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
REGION = "us-east-1"
TIME = datetime.datetime(2026, 1, 2, 3, 4, 5)
AWS = "https://sqs.us-east-1.amazonaws.com"
QUEUE = f"{AWS}/123456789012/my-queue"


class Clock(datetime.datetime):
    @classmethod
    def utcnow(cls):
        return TIME


def request(name, message, queue_url=QUEUE, endpoint=AWS, session_token=None):
    """A message, or a list of them for a batch, with their positions for ids."""
    client = botocore.session.Session().create_client(
        "sqs",
        region_name=REGION,
        endpoint_url=endpoint,
        aws_access_key_id=KEY[0],
        aws_secret_access_key=KEY[1],
        aws_session_token=session_token,
        config=Config(signature_version="v4"),
    )
    sent = []

    def answer(request, **_):
        sent.append(request)
        raw = SimpleNamespace(stream=lambda: iter([b"<R><SendMessageResult/><SendMessageBatchResult/></R>"]))
        return AWSResponse(request.url, 200, {}, raw)

    client.meta.events.register("before-send.sqs", answer)
    if isinstance(message, list):
        entries = [{"Id": str(index), **entry} for index, entry in enumerate(message)]
        client.send_message_batch(QueueUrl=queue_url, Entries=entries)
    else:
        client.send_message(QueueUrl=queue_url, **message)
    text = lambda value: value.decode() if isinstance(value, bytes) else value
    headers = {key.lower(): text(value) for key, value in sent[0].headers.items()}
    signature = dict(
        part.split("=", 1) for part in headers["authorization"].split(" ", 1)[1].split(", ")
    )
    return {
        "name": name,
        "url": sent[0].url,
        "queue_url": queue_url,
        "session_token": session_token,
        "message": message,
        "content_type": headers["content-type"],
        "body": text(sent[0].body),
        "signed_headers": signature["SignedHeaders"],
        "signature": signature["Signature"],
    }


assert botocore.__version__ == "1.31.80"
botocore.auth.datetime = SimpleNamespace(datetime=Clock)
requests = [
    request(
        "plain body with characters that need encoding",
        {"MessageBody": "Hello, wörld & ~*+ =?/\n"},
    ),
    request(
        "endpoint with a port",
        {"MessageBody": "x"},
        queue_url="http://127.0.0.1:5055/123456789012/my-queue",
        endpoint="http://127.0.0.1:5055",
    ),
    request(
        "attributes of every type, with labels",
        {
            "MessageBody": '{"order": 1}',
            "DelaySeconds": 15,
            "MessageAttributes": {
                "text": {"StringValue": "a b+c%20 ü", "DataType": "String"},
                "count": {"StringValue": "-12.50", "DataType": "Number.int"},
                "picture": {
                    "BinaryValue": bytes([0, 1, 2, 250, 251, 252, 253, 254, 255]),
                    "DataType": "Binary.png",
                },
            },
        },
    ),
    request(
        "trace header",
        {
            "MessageBody": "x",
            "MessageSystemAttributes": {
                "AWSTraceHeader": {
                    "StringValue": "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1",
                    "DataType": "String",
                }
            },
        },
    ),
    request(
        "fifo queue",
        {
            "MessageBody": "x",
            "MessageDeduplicationId": "d-1!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
            "MessageGroupId": "g_1",
        },
        queue_url=f"{QUEUE}.fifo",
    ),
    request(
        "session token",
        {"MessageBody": "x"},
        session_token="IQoJb3JpZ2luX2VjEXAMPLE//////////wEaCXVzLWVhc3QtMSJHMEUC==",
    ),
    request(
        "endpoint on its scheme's default port, spelled out",
        {"MessageBody": "x"},
        endpoint=f"{AWS}:443",
    ),
    request(
        "batch",
        [
            {
                "MessageBody": "Hello, wörld & ~*+ =?/\n",
                "DelaySeconds": 0,
                "MessageAttributes": {
                    "count": {"StringValue": "-12.50", "DataType": "Number.int"},
                    "picture": {"BinaryValue": bytes([0, 255]), "DataType": "Binary.png"},
                },
                "MessageSystemAttributes": {
                    "AWSTraceHeader": {"StringValue": "Root=1-5759e988", "DataType": "String"}
                },
            },
            {"MessageBody": "x"},
        ],
    ),
    request(
        "batch to a fifo queue",
        [
            {"MessageBody": "x", "MessageDeduplicationId": "d-1", "MessageGroupId": "g"},
            {"MessageBody": "y", "MessageDeduplicationId": "d-2", "MessageGroupId": "g"},
        ],
        queue_url=f"{QUEUE}.fifo",
    ),
]
note = (
    f"SendMessage and SendMessageBatch requests as botocore {botocore.__version__} serialised and signed them: access key "
    f"{KEY[0]}, secret {KEY[1]}, region {REGION}, service sqs, time {TIME.isoformat()}Z. BinaryValue is "
    "base64. Made by requests.py."
)
json.dump(
    {"note": note, "requests": requests},
    sys.stdout,
    indent=1,
    ensure_ascii=False,
    default=lambda value: base64.b64encode(value).decode(),
)
print()
