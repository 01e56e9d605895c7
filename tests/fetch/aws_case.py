"""What the tests of AWS sources share: a server, keys, and sources at it."""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "front")]

try:
    import botocore.auth  # noqa: F401
except ImportError:
    print("SKIPPED: python3-botocore is not installed")
    sys.exit(77)

from aws_server import AwsServer, REGION  # noqa: E402
from maskpipe_cli import (CliTest, binary, main,  # noqa: E402, F401
                          skip_under_sanitizer)

KEY, SECRET_KEY = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYKEY"


class AwsCase(CliTest):
    def setUp(self):
        super().setUp()
        self.aws = self.server()

    def server(self, **more):
        server = AwsServer(**more)
        server.allow(KEY, SECRET_KEY)
        self.addCleanup(server.stop)
        return server

    def environment(self, env=None):
        kept = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
                "HOME": self.dir, "AWS_EC2_METADATA_DISABLED": "true"}
        kept.update(super().environment(env))
        return {k: v for k, v in kept.items() if v is not None}

    def manager(self, prefix="", url=None, **options):
        """--source arguments for Secrets Manager at the server."""
        return self._source("aws-secretsmanager", prefix, url, options)

    def ssm(self, path="", url=None, **options):
        return self._source("aws-ssm", path, url, options)

    def _source(self, kind, argument, url, options):
        options = {"region": REGION, "endpoint_url": url or self.aws.url,
                   **options}
        return ["--source", "%s[%s]:%s" % (
            kind, ",".join("%s=%s" % o for o in options.items()), argument)]

    def assert_signed_well(self):
        """No request was refused for its signature."""
        self.assertEqual(self.aws.refused, [])
