"""boto3 as a client of the benchmark: rounds on standard input, what they took on standard output."""

import json
import sys
import threading
import time

import boto3
from botocore.config import Config

DIGITS = slice(12, 22)

url = sys.argv[1]
sqs = boto3.client(
    "sqs",
    region_name="us-east-1",
    endpoint_url=url.rsplit("/123456789012", 1)[0],
    aws_access_key_id="AKIDEXAMPLE",
    aws_secret_access_key="wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    config=Config(max_pool_connections=1024),
)


def body(template, sequence):
    return f"{template[:DIGITS.start]}{sequence:010}{template[DIGITS.stop:]}"


def send(bodies):
    if len(bodies) == 1:
        sqs.send_message(QueueUrl=url, MessageBody=bodies[0])
    else:
        entries = [{"Id": str(index), "MessageBody": text} for index, text in enumerate(bodies)]
        answer = sqs.send_message_batch(QueueUrl=url, Entries=entries)
        if answer.get("Failed"):
            raise RuntimeError(answer["Failed"][0]["Code"])


def run(task):
    end = time.monotonic() + task["milliseconds"] / 1000
    lock, begun, times, errors = threading.Lock(), 0, [], []

    def lane():
        nonlocal begun
        while time.monotonic() < end and not errors:
            with lock:
                first = begun
                begun += task["batch"]
            if first >= task["messages"]:
                return
            last = min(first + task["batch"], task["messages"])
            bodies = [body(task["template"], task["first"] + number) for number in range(first, last)]
            began = time.perf_counter()
            try:
                send(bodies)
            except Exception as error:  # whatever it is, it is told
                errors.append(repr(error))
                return
            times.append(time.perf_counter() - began)

    cpu = time.process_time_ns()
    lanes = [threading.Thread(target=lane) for _ in range(task["in_flight"])]
    for thread in lanes:
        thread.start()
    for thread in lanes:
        thread.join()
    cpu = time.process_time_ns() - cpu
    times.sort()

    def quantile(of_hundred):
        return times[min(len(times) * of_hundred // 100, len(times) - 1)] * 1e6 if times else 0.0

    return {
        "messages": min(len(times) * task["batch"], task["messages"]),
        "cpu_us": cpu / 1000,
        "p50_us": quantile(50),
        "p99_us": quantile(99),
        "instructions": None,
        "error": errors[0] if errors else None,
    }


for line in sys.stdin:
    print(json.dumps(run(json.loads(line))), flush=True)
