"""A second judge of signatures.

The server is moto, which verifies signatures and IAM policies with code of its own and botocore's
signer, and is made strict here where it is lax. It runs in this process, on 127.0.0.1 and a port
that the system picks, and ends with it.
"""

import datetime
import hashlib
import importlib.metadata
import io
import logging
import re
import sys
import threading
import urllib.parse
import xml.sax.saxutils

from moto import settings
from moto.core.request import Request
from moto.iam.access_control import IAMRequest
from moto.iam.models import iam_backends
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    create_backend_app,
)
from werkzeug.serving import make_server
from werkzeug.wrappers import Response
from werkzeug.wsgi import get_input_stream

from base_lab import REGION, BaseLab, allow, run

# What is replaced below was read in this version, and in no other.
MOTO = "5.2.5"
BASIC = "%Y%m%dT%H%M%SZ"
TOLERANCE = datetime.timedelta(minutes=15)
AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=[A-Z0-9]{20}/(\d{8})/([^/,]*)/([^/,]*)/aws4_request,"
    r" ?SignedHeaders=([a-z0-9;-]+), ?Signature=[0-9a-f]{64}"
)
# One endpoint stands for three services: a request tells by its API version which one it means,
# where AWS has the host name. What does not tell is taken for SQS.
SERVICES = {"2010-05-08": "iam", "2011-06-15": "sts"}


class Refusal(Exception):
    """A message, and the code and the status that go with it."""

    def __init__(self, message, code="SignatureDoesNotMatch", status=403):
        super().__init__(message)
        message = xml.sax.saxutils.escape(message)
        # As AWS writes it; what moto itself refuses looks otherwise, and clients should read both.
        text = (
            '<?xml version="1.0"?><ErrorResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/">'
            f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message><Detail/>"
            "</Error><RequestId>00000000-0000-0000-0000-000000000000</RequestId></ErrorResponse>"
        )
        self.response = Response(text, status, content_type="text/xml")


class Strict:
    """Stands before moto, and refuses what moto would accept and AWS does not."""

    def __init__(self, application):
        self._application = application
        # moto's stores are plain dictionaries and lists.
        self._lock = threading.Lock()

    def __call__(self, environ, start_response):
        body = get_input_stream(environ).read()
        try:
            check(environ["PATH_INFO"], Request(environ).headers, body)
        except Refusal as refusal:
            return refusal.response(environ, start_response)
        # moto reads the body again; a chunked one has a length now.
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        environ["CONTENT_LENGTH"] = str(len(body))
        environ["wsgi.input"] = io.BytesIO(body)
        environ["wsgi.input_terminated"] = False
        environ["lab.body"] = body
        with self._lock:
            return self._application(environ, start_response)


def check(path, headers, body):
    """What moto does not look at: all but the key, the token, the signature and the policy."""
    # moto's own interface could switch the checks off.
    if path.startswith("/moto-api"):
        raise Refusal("This is not part of AWS", "AccessDenied")
    if "Authorization" not in headers:
        raise Refusal("Request is missing Authentication Token", "MissingAuthenticationToken")
    match = AUTHORIZATION.fullmatch(headers["Authorization"])
    if match is None:
        raise Refusal("Authorization cannot be read", "IncompleteSignature", 400)
    day, region, service, signed = match.groups()
    # A name that is signed without such a header does not verify: these are there, and signed.
    required = {"host", "x-amz-date", "content-type"}
    required |= {name.lower() for name in headers.keys() if name.startswith("X-Amz-")}
    for name in sorted(required - set(signed.split(";"))):
        raise Refusal(f"'{name}' must be a 'SignedHeader' in the AWS Authorization.")
    # moto would take the client's word for the hash of the body.
    digest = hashlib.sha256(body).hexdigest()
    if headers.get("X-Amz-Content-Sha256", digest) != digest:
        raise Refusal("x-amz-content-sha256 is not the hash of the body")
    now = datetime.datetime.now(datetime.timezone.utc)
    date = headers.get("X-Amz-Date", "")
    try:
        age = now - datetime.datetime.strptime(date, "%Y%m%dT%H%M%S%z")
    except ValueError:
        raise Refusal(f"Date must be in ISO-8601 'basic format'. Got '{date}'.") from None
    if age > TOLERANCE:
        raise Refusal(f"Signature expired: {date} is now earlier than {now:{BASIC}} - 15 min.")
    if age < -TOLERANCE:
        raise Refusal(f"Signature not yet current: {date} is still later than {now:{BASIC}} + 15 min.")
    if day != date[:8]:
        raise Refusal(f"Date in Credential scope does not match: '{day}' != '{date[:8]}'")
    if region != REGION:
        raise Refusal(f"Credential should be scoped to a valid region, not '{region}'.")
    version = urllib.parse.parse_qs(body.decode(errors="replace")).get("Version", [""])[0]
    meant = SERVICES.get(version, "sqs")
    if service != meant:
        raise Refusal(f"Credential should be scoped to correct service: '{meant}'.")


def make_moto_strict():
    """The one place where moto is changed."""
    if importlib.metadata.version("moto") != MOTO:
        sys.exit(f"moto_lab.py changes moto {MOTO}, and knows no other version")

    # Every request is verified, the lab's own too: moto's switch is global, and this lab's users
    # run at the same time.
    settings.INITIAL_NO_AUTH_ACTION_COUNT = 0

    # moto verifies a form as it would write it itself; what was signed is the body as it came.
    # Without the body that Strict leaves there, this fails, and nothing is accepted unseen.
    check_signature = IAMRequest.check_signature

    def check_raw_body(request):
        request._body = request._headers.environ["lab.body"]
        check_signature(request)

    IAMRequest.check_signature = check_raw_body


class MotoLab(BaseLab):
    """The server, strict."""

    account = "123456789012"

    def __init__(self):
        make_moto_strict()
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        # The lab's own key is one like any other, of a user that may do everything.
        users = iam_backends[self.account]["aws"]
        # moto does not know that an account's root stands for all its users.
        self.trusted = users.create_user(REGION, "root").arn
        users.put_user_policy("root", "all", allow("*", "*"))
        key = users.create_access_key("root")
        self.root = (key.access_key_id, key.secret_access_key)
        strict = Strict(DomainDispatcherApplication(create_backend_app))
        server = make_server("127.0.0.1", 0, strict, threaded=True)
        self.endpoint = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.connect()


if __name__ == "__main__":
    run(MotoLab())
