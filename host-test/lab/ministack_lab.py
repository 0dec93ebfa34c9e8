"""A real SQS-compatible server, MiniStack, which verifies signatures and IAM policies.

It runs in this process, on 127.0.0.1 and a port that the system picks, and ends with it.
"""

import asyncio
import base64
import json
import os
import shutil
import socket
import tempfile
import threading

from base_lab import BaseLab, allow, run

# MiniStack does not verify what its root key signs: nothing under test may ever use it.
ROOT = ("AKIAROOTROOTROOTROOT", "root")


class MiniStackLab(BaseLab):
    """The server, with what else it can do."""

    account = "000000000000"
    root = ROOT
    trusted = f"arn:aws:iam::{account}:root"

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
        self.connect()

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

    def close(self):
        """Removes what the server left in the file system."""
        shutil.rmtree(self.directory, ignore_errors=True)

    def create_role_and_user(self, name, queue_urls):
        """A role that may send to these queues, and a user that may assume the role and nothing else."""
        role = self.create_role(name, queue_urls, {"AWS": self.trusted})
        user = self.create_user(name)
        self.iam.put_user_policy(
            UserName=name, PolicyName="assume", PolicyDocument=allow("sts:AssumeRole", [role])
        )
        return {"role": role, **user}

    def create_web_role(self, name, queue_urls):
        """A role that may send to these queues, for tokens of an identity provider; and such a token."""
        issuer = f"https://{name}.example"
        provider = self.iam.create_open_id_connect_provider(
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


if __name__ == "__main__":
    run(MiniStackLab(), "create_role_and_user", "create_web_role")
