"""What the labs share: queues, users and roles on an SQS-compatible server, made and looked into with an independent
client, botocore.

As a program, a lab takes one JSON command a line on standard input and answers each with one line of JSON on standard
output; it ends when standard input does, so it cannot outlive its parent.
"""

import base64
import json
import os
import signal
import sys

import botocore.session
from botocore.config import Config

REGION = "us-east-1"


class BaseLab:
    """A server, with queues, and users that may or may not send to them. A lab of its own has `endpoint`, `account`,
    the `root` key that may do everything, and `trusted`, whom a role trusts so that this key can assume it."""

    def connect(self):
        """Makes the clients, once the server's address is known."""
        self.sqs, self.iam, self.sts = (self._client(service) for service in ("sqs", "iam", "sts"))

    def _client(self, service):
        # The port is bound before the server accepts: the first call waits, none is refused.
        return botocore.session.Session().create_client(
            service,
            region_name=REGION,
            endpoint_url=self.endpoint,
            aws_access_key_id=self.root[0],
            aws_secret_access_key=self.root[1],
            config=Config(read_timeout=60, retries={"total_max_attempts": 1}),
        )

    def close(self):
        """Removes what the server left behind."""

    def create_queue(self, name):
        """Creates a queue; a name that ends in .fifo makes a FIFO queue."""
        attributes = {"FifoQueue": "true"} if name.endswith(".fifo") else {}
        return self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]

    def create_user(self, name, queue_urls=()):
        """Creates an IAM user that may send to these queues and nothing else."""
        self.iam.create_user(UserName=name)
        if queue_urls:
            self.iam.put_user_policy(
                UserName=name, PolicyName="send", PolicyDocument=self._may_send(queue_urls)
            )
        key = self.iam.create_access_key(UserName=name)["AccessKey"]
        return {
            "access_key_id": key["AccessKeyId"],
            "secret_access_key": key["SecretAccessKey"],
        }

    def create_role(self, name, queue_urls, trusted, action="sts:AssumeRole"):
        """Creates a role that may send to these queues and nothing else, for whom it trusts."""
        trust = {"Effect": "Allow", "Principal": trusted, "Action": action}
        role = self.iam.create_role(
            RoleName=name,
            AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
        )["Role"]
        self.iam.put_role_policy(
            RoleName=name, PolicyName="send", PolicyDocument=self._may_send(queue_urls)
        )
        return role["Arn"]

    def assume_role(self, name, queue_urls):
        """Temporary credentials of a role that may send to these queues and nothing else."""
        role = self.create_role(name, queue_urls, {"AWS": self.trusted})
        given = self.sts.assume_role(RoleArn=role, RoleSessionName="lab")
        return {
            "access_key_id": given["Credentials"]["AccessKeyId"],
            "secret_access_key": given["Credentials"]["SecretAccessKey"],
            "session_token": given["Credentials"]["SessionToken"],
        }

    def receive(self, queue_url):
        """Takes every message out of a queue, as botocore shows it; bytes become base64."""
        messages = []
        while True:
            batch = self.sqs.receive_message(
                QueueUrl=queue_url,
                MaxNumberOfMessages=10,
                MessageAttributeNames=["All"],
                MessageSystemAttributeNames=["All"],
            ).get("Messages", [])
            if not batch:
                return messages
            for message in batch:
                self.sqs.delete_message(
                    QueueUrl=queue_url, ReceiptHandle=message.pop("ReceiptHandle")
                )
                for attribute in message.get("MessageAttributes", {}).values():
                    if "BinaryValue" in attribute:
                        value = base64.b64encode(attribute["BinaryValue"])
                        attribute["BinaryValue"] = value.decode()
                messages.append(message)

    def _may_send(self, queue_urls):
        resources = [
            f"arn:aws:sqs:{REGION}:{self.account}:{url.rsplit('/', 1)[1]}" for url in queue_urls
        ]
        # AWS takes a batch for SendMessage; both servers have an action of its own for it.
        return allow(["sqs:SendMessage", "sqs:SendMessageBatch"], resources)


def allow(action, resources):
    """A policy that allows this and nothing else."""
    statement = {"Effect": "Allow", "Action": action, "Resource": resources}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def run(lab, *commands):
    """Answers commands: those of every lab, and those of this one, by their names."""
    # Ctrl-C goes to the whole group; the parent decides, and closes standard input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    names = ("create_queue", "create_user", "assume_role", "receive", *commands)
    methods = {name: getattr(lab, name) for name in names}
    methods["endpoint"] = lambda: lab.endpoint
    try:
        for line in sys.stdin:
            command, *arguments = json.loads(line)
            print(json.dumps(methods[command](*arguments)), flush=True)
    finally:
        lab.close()
        # The server's threads would hold the process up.
        os._exit(0)
