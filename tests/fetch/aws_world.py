"""A home folder, an environment and an AWS in which botocore and our resolver
find their credentials, for the tests that compare the two.
"""

import contextlib
import datetime
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import textwrap
import threading
import unittest
from unittest import mock

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

try:
    import botocore.credentials
    import botocore.session
    import botocore.tokens
    import botocore.utils
except ImportError:
    print("SKIPPED: python3-botocore is not installed")
    sys.exit(77)

from aws_server import ACCOUNT, AwsServer  # noqa: E402

PROBE = os.environ["AWS_CONFIG_PROBE"]
KEY, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYKEY"
ROLE = "arn:aws:iam::%s:role/" % ACCOUNT
START = "https://start.example/start"


def when(**delta):
    then = datetime.datetime.utcnow() + datetime.timedelta(**delta)
    return then.strftime("%Y-%m-%dT%H:%M:%SZ")


STATIC = """\
    [%s]
    aws_access_key_id = %s
    aws_secret_access_key = %s
"""


def static(name, key=KEY, secret=SECRET):
    return textwrap.dedent(STATIC % (name, key, secret))


class SameKeysServer(AwsServer):
    """Gives the same caller the same keys of a role each time, so that what two
    clients were given can be compared."""

    def issue(self, role, caller):
        name = hashlib.sha256(("%s %s" % (role, caller)).encode()).hexdigest()
        keys = {"AccessKeyId": "ASIA" + name[:16].upper(),
                "SecretAccessKey": "issued/" + name[:33],
                "SessionToken": "token+of=" + name,
                "Expiration": when(seconds=self.session_seconds)}
        self.allow(keys["AccessKeyId"], keys["SecretAccessKey"],
                   keys["SessionToken"])
        self.sessions.append((role, caller, keys))
        return keys


class WorldCase(unittest.TestCase):
    """Tests that make worlds, each with a server of its own."""

    maxDiff = None

    def world(self):
        home = tempfile.TemporaryDirectory()
        self.addCleanup(home.cleanup)
        server = SameKeysServer()
        # A server takes a while to stop; nobody waits for it.
        self.addCleanup(threading.Thread(target=server.stop).start)
        return World(home.name, server)


class World:
    """A home folder, an environment and an AWS."""

    def __init__(self, home, server):
        self.home, self.server = home, server
        self.env = {"HOME": home, "PATH": os.environ["PATH"],
                    "AWS_EC2_METADATA_SERVICE_ENDPOINT": server.url,
                    "AWS_DEFAULT_REGION": "eu-west-1"}
        self.options = {}

    def path(self, *parts):
        return os.path.join(self.home, *parts)

    def write(self, name, text, mode=0o600):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as f:
            f.write(textwrap.dedent(text))
        os.chmod(path, mode)
        return path

    def config(self, text):
        self.write(".aws/config", text)

    def credentials(self, text):
        self.write(".aws/credentials", text)

    def script(self, name, text):
        return self.write(name, "#!/bin/sh\n" + textwrap.dedent(text), 0o700)

    def sso_token(self, name, token="access-token-1", refresh=False,
                  registration=None, **expires):
        """A cached login; `name` is the session's or the start URL."""
        digest = hashlib.sha1(name.encode()).hexdigest()
        data = {"startUrl": START, "region": "eu-central-1",
                "accessToken": token, "expiresAt": when(**expires)}
        if refresh:
            data.update(clientId="client-1", clientSecret="client-secret-1",
                        refreshToken="refresh-token-1",
                        registrationExpiresAt=registration or when(days=30))
            self.server.sso_refresh["refresh-token-1"] = (
                "client-1", "client-secret-1")
        self.server.sso_tokens[token] = {(ACCOUNT, "Reader")}
        return self.write(".aws/sso/cache/%s.json" % digest, json.dumps(data))


# --- The judge ----------------------------------------------------------------

def to_server(create_client, server):
    """botocore 1.29 knows no endpoint variables."""
    def create(self, service, *args, **kwargs):
        if service in ("sts", "sso", "sso-oidc"):
            kwargs["endpoint_url"] = server.url
        return create_client(self, service, *args, **kwargs)
    return create


def without_terminal(init):
    def create(*args, **kwargs):
        init(*args, prompter=mock.Mock(side_effect=EOFError), **kwargs)
    return create


@contextlib.contextmanager
def botocore_in(world):
    cache = world.path(".aws/sso/cache")
    with contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch.dict(os.environ, world.env, clear=True))
        for owner in (botocore.credentials.SSOProvider,
                      botocore.tokens.SSOTokenProvider):
            stack.enter_context(
                mock.patch.object(owner, "_SSO_TOKEN_CACHE_DIR", cache))
        stack.enter_context(mock.patch.object(
            botocore.utils.ContainerMetadataFetcher, "SLEEP_TIME", 0))
        stack.enter_context(mock.patch.object(
            botocore.session.Session, "create_client",
            to_server(botocore.session.Session.create_client, world.server)))
        stack.enter_context(mock.patch.object(
            botocore.credentials.AssumeRoleProvider, "__init__",
            without_terminal(botocore.credentials.AssumeRoleProvider.__init__)))
        session = botocore.session.Session(
            profile=world.options.get("profile"))
        if "region" in world.options:
            session.set_config_variable("region", world.options["region"])
        yield session


def probe(world, *arguments, env=None, user=None):
    """Runs our resolver; its STS and SSO are the world's unless `env` tells."""
    if env is None:
        env = dict(world.env, **{"AWS_ENDPOINT_URL_" + s: world.server.url
                                 for s in ("STS", "SSO", "SSO_OIDC")})
    options = ["%s=%s" % o for o in world.options.items()]
    ran = subprocess.run([PROBE, *options, *arguments],
                         env=env,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                         stdin=subprocess.DEVNULL, timeout=90, user=user)
    if ran.returncode != 0:
        raise AssertionError("%d %r" % (ran.returncode, ran.stderr))
    return json.loads(ran.stdout)


def judged_by_js(cases):
    """What the AWS SDK for JavaScript makes of each case; see js/judge.mjs."""
    folder = os.environ.get("AWS_JS", "")
    ran = subprocess.run(
        ["node", os.path.join(os.path.dirname(os.path.abspath(__file__)),
                              "js", "judge.mjs")],
        input=json.dumps(cases).encode(), stdout=subprocess.PIPE, timeout=120,
        env={"PATH": os.environ["PATH"], "AWS_JS": folder,
             "NODE_NO_WARNINGS": "1"})
    if ran.returncode != 0:
        raise AssertionError("the judge ended with %d" % ran.returncode)
    return json.loads(ran.stdout)


def need_js():
    """Ends the test as skipped where there is no SDK."""
    if not os.path.isdir(os.path.join(os.environ.get("AWS_JS", ""),
                                      "node_modules", "@aws-sdk")):
        print("SKIPPED: the AWS SDK for JavaScript is not installed; "
              "tests/run.sh installs it")
        sys.exit(77)
