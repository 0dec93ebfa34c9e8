"""A real SQS-compatible server, and an independent client to look into it.

The server is MiniStack, which verifies signatures and IAM policies. It runs in this process, on
127.0.0.1 and a port that the system picks, and ends with it. The client is botocore.

As a program, the lab takes one JSON command a line on standard input and answers each with one line
of JSON on standard output; it ends when standard input does, so it cannot outlive its parent.
"""

import asyncio
import base64
import json
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading

REGION = "us-east-1"
ACCOUNT = "000000000000"
# MiniStack does not verify what its root key signs: nothing under test may ever use it.
ROOT = ("AKIAROOTROOTROOTROOT", "root")


class Lab:
    """The server, with a queue, a FIFO queue, and users that may or may not send to them."""

    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="sqs-lab-")
        listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.endpoint = f"http://127.0.0.1:{listener.getsockname()[1]}"
        # The server reads its configuration from the environment when it is imported.
        os.environ.update(
            AUTH="true",
            AWS_ACCESS_KEY_ID=ROOT[0],
            AWS_SECRET_ACCESS_KEY=ROOT[1],
            GATEWAY_PORT=str(listener.getsockname()[1]),
            LOG_LEVEL="ERROR",
            MINISTACK_HOST="127.0.0.1",
            SERVICES="sqs,iam,sts",
            TMPDIR=self.directory,
        )
        tempfile.tempdir = None
        self._serve(listener)
        self._sqs, self._iam, self._sts = (
            self._client(service) for service in ("sqs", "iam", "sts")
        )

    def _serve(self, listener):
        from hypercorn.asyncio import serve
        from hypercorn.config import Config
        from ministack.app import app

        config = Config()
        config.bind = [f"fd://{listener.detach()}"]
        config.keep_alive_timeout = 75
        config.errorlog = None

        async def for_ever():
            await asyncio.Event().wait()

        def run():
            asyncio.run(serve(app, config, shutdown_trigger=for_ever))

        threading.Thread(target=run, daemon=True).start()

    def _client(self, service):
        import botocore.session
        from botocore.config import Config

        # The port is bound before the server accepts: the first call waits, none is refused.
        return botocore.session.Session().create_client(
            service,
            region_name=REGION,
            endpoint_url=self.endpoint,
            aws_access_key_id=ROOT[0],
            aws_secret_access_key=ROOT[1],
            config=Config(read_timeout=60, retries={"total_max_attempts": 1}),
        )

    def close(self):
        """Removes what the server left in the file system."""
        shutil.rmtree(self.directory, ignore_errors=True)

    def create_queue(self, name):
        """Creates a queue; a name that ends in .fifo makes a FIFO queue."""
        attributes = {"FifoQueue": "true"} if name.endswith(".fifo") else {}
        return self._sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]

    def create_user(self, name, queue_urls=()):
        """Creates an IAM user that may send to these queues and nothing else."""
        self._iam.create_user(UserName=name)
        if queue_urls:
            self._iam.put_user_policy(
                UserName=name, PolicyName="send", PolicyDocument=_may_send(queue_urls)
            )
        key = self._iam.create_access_key(UserName=name)["AccessKey"]
        return {
            "access_key_id": key["AccessKeyId"],
            "secret_access_key": key["SecretAccessKey"],
        }

    def create_role(self, name, queue_urls, trusted, action="sts:AssumeRole"):
        """Creates a role that may send to these queues and nothing else, for whom it trusts."""
        trust = {"Effect": "Allow", "Principal": trusted, "Action": action}
        role = self._iam.create_role(
            RoleName=name,
            AssumeRolePolicyDocument=json.dumps(
                {"Version": "2012-10-17", "Statement": [trust]}
            ),
        )["Role"]
        self._iam.put_role_policy(
            RoleName=name, PolicyName="send", PolicyDocument=_may_send(queue_urls)
        )
        return role["Arn"]

    def assume_role(self, name, queue_urls):
        """Temporary credentials of a role that may send to these queues and nothing else."""
        role = self.create_role(name, queue_urls, {"AWS": f"arn:aws:iam::{ACCOUNT}:root"})
        given = self._sts.assume_role(RoleArn=role, RoleSessionName="lab")
        return {
            "access_key_id": given["Credentials"]["AccessKeyId"],
            "secret_access_key": given["Credentials"]["SecretAccessKey"],
            "session_token": given["Credentials"]["SessionToken"],
        }

    def create_role_and_user(self, name, queue_urls):
        """A role that may send to these queues, and a user that may assume the role and nothing else."""
        role = self.create_role(name, queue_urls, {"AWS": f"arn:aws:iam::{ACCOUNT}:root"})
        user = self.create_user(name)
        self._iam.put_user_policy(
            UserName=name,
            PolicyName="assume",
            PolicyDocument=_allow("sts:AssumeRole", [role]),
        )
        return {"role": role, **user}

    def create_web_role(self, name, queue_urls):
        """A role that may send to these queues, for tokens of an identity provider; and such a token."""
        issuer = f"https://{name}.example"
        provider = self._iam.create_open_id_connect_provider(
            Url=issuer, ThumbprintList=["0" * 40]
        )["OpenIDConnectProviderArn"]
        role = self.create_role(
            name, queue_urls, {"Federated": provider}, "sts:AssumeRoleWithWebIdentity"
        )
        parts = ({"alg": "none"}, {"iss": issuer, "sub": "host"})
        token = ".".join(
            base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
            for part in parts
        )
        # The server looks at the issuer, not at the signature.
        return {"role": role, "token": token + ".signature"}

    def receive(self, queue_url):
        """Takes every message out of a queue, as botocore shows it; bytes become base64."""
        messages = []
        while True:
            batch = self._sqs.receive_message(
                QueueUrl=queue_url,
                MaxNumberOfMessages=10,
                MessageAttributeNames=["All"],
                MessageSystemAttributeNames=["All"],
            ).get("Messages", [])
            if not batch:
                return messages
            for message in batch:
                self._sqs.delete_message(
                    QueueUrl=queue_url, ReceiptHandle=message.pop("ReceiptHandle")
                )
                for attribute in message.get("MessageAttributes", {}).values():
                    if "BinaryValue" in attribute:
                        value = base64.b64encode(attribute["BinaryValue"])
                        attribute["BinaryValue"] = value.decode()
                messages.append(message)


def _may_send(queue_urls):
    resources = [
        f"arn:aws:sqs:{REGION}:{ACCOUNT}:{url.rsplit('/', 1)[1]}" for url in queue_urls
    ]
    # AWS takes a batch for SendMessage; this server has an action of its own for it.
    return _allow(["sqs:SendMessage", "sqs:SendMessageBatch"], resources)


def _allow(action, resources):
    statement = {"Effect": "Allow", "Action": action, "Resource": resources}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def main():
    # Ctrl-C goes to the whole group; the parent decides, and closes standard input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    lab = Lab()
    commands = {
        "endpoint": lambda: lab.endpoint,
        "create_queue": lab.create_queue,
        "create_user": lab.create_user,
        "assume_role": lab.assume_role,
        "create_role_and_user": lab.create_role_and_user,
        "create_web_role": lab.create_web_role,
        "receive": lab.receive,
    }
    try:
        for line in sys.stdin:
            command, *arguments = json.loads(line)
            print(json.dumps(commands[command](*arguments)), flush=True)
    finally:
        lab.close()
        # The server's threads would hold the process up.
        os._exit(0)


if __name__ == "__main__":
    main()
