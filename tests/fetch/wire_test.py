"""Both ends of the wire judged by others: Debian's awscli and botocore store
and read what maskpipe reads, and the server that all of them ask verifies every
signature with botocore.
"""

import json
import os
import subprocess

import aws_case
import botocore.session
from aws_case import AwsCase, REGION
from botocore.exceptions import ClientError

AWS = "/usr/bin/aws"  # Debian's
ROLE = "arn:aws:iam::123456789012:role/reader"


class AwsCli(AwsCase):
    def setUp(self):
        super().setUp()
        if not os.access(AWS, os.X_OK):
            self.skipTest("SKIPPED: awscli is not installed")

    def aws_cli(self, *arguments, env=None):
        done = subprocess.run(
            [AWS, "--endpoint-url", self.aws.url, "--region", REGION,
             "--no-cli-pager", "--output", "json", *arguments],
            env=self.environment({"AWS_CONFIG_FILE": "/dev/null",
                                  **(env or {})}),
            capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_what_awscli_stores_maskpipe_masks(self):
        self.aws_cli("secretsmanager", "create-secret", "--name", "app/db",
                     "--secret-string",
                     '{"password": "cr3ated-by-the-cli", "port": 5432}')
        binary = self.file("binary", b"\x00cli-binary\xff\xfe")
        self.aws_cli("secretsmanager", "create-secret", "--name", "app/bin",
                     "--secret-binary", "fileb://" + binary)
        self.aws_cli("secretsmanager", "put-secret-value", "--secret-id",
                     "app/db", "--secret-string",
                     '{"password": "r0tated-by-the-cli"}')
        self.aws_cli("secretsmanager", "put-secret-value", "--secret-id",
                     "app/db", "--secret-string",
                     '{"password": "p3nding-by-the-cli"}',
                     "--version-stages", "AWSPENDING")
        self.aws_cli("ssm", "put-parameter", "--name", "/app/token", "--type",
                     "SecureString", "--value", "p4rameter-by-the-cli")
        self.aws.roles[ROLE] = {"external_id": "extern", "trusts": {aws_case.KEY}}
        role = self.aws_cli("sts", "assume-role", "--role-arn", ROLE,
                            "--role-session-name", "session",
                            "--external-id", "extern")["Credentials"]
        text = b"cr3ated-by-the-cli r0tated-by-the-cli p3nding-by-the-cli " \
            b"p4rameter-by-the-cli \x00cli-binary\xff\xfe"
        # The role that the CLI took, and one that maskpipe takes itself.
        keys = {"AWS_ACCESS_KEY_ID": role["AccessKeyId"],
                "AWS_SECRET_ACCESS_KEY": role["SecretAccessKey"],
                "AWS_SESSION_TOKEN": role["SessionToken"]}
        masked = b"*** *** *** *** ***"
        self.assertEqual(
            self.masked(text, *self.manager("app/"), *self.ssm("/app"),
                        env=keys), masked)
        taken = len(self.aws.sessions)
        own = {"role_arn": ROLE, "external_id": "extern"}
        env = {"AWS_ENDPOINT_URL_STS": self.aws.url}
        self.assertEqual(
            self.masked(text, *self.manager("app/", **own),
                        *self.ssm("/app", **own), env=env), masked)
        self.assertEqual([(r, c) for r, c, _ in self.aws.sessions[taken:]],
                         [(ROLE, aws_case.KEY)] * 2)
        self.assert_signed_well()


class Botocore(AwsCase):
    """What botocore's own paginators and calls find, maskpipe finds."""

    def client(self, service):
        session = botocore.session.Session()
        session.set_credentials(aws_case.KEY, aws_case.SECRET_KEY)
        return session.create_client(service, region_name=REGION,
                                     endpoint_url=self.aws.url)

    def test_both_find_the_same_secrets(self):
        for moto in (False, True):
            self.aws.moto = moto
            self.aws.secrets.clear()
            client = self.client("secretsmanager")
            for i in range(230):
                client.create_secret(Name="a/%03d" % i,
                                     SecretString="value-no-%03d" % i)
            for i in range(3):
                client.put_secret_value(SecretId="a/%03d" % i,
                                        SecretString="later-no-%03d" % i)
            client.create_secret(Name="b/x", SecretBinary=b"binary\x00value")
            found = []
            for page in client.get_paginator("list_secrets").paginate(
                    Filters=[{"Key": "name", "Values": ["a/"]}]):
                for secret in page["SecretList"]:
                    for version in secret["SecretVersionsToStages"]:
                        found.append(client.get_secret_value(
                            SecretId=secret["ARN"],
                            VersionId=version)["SecretString"])
            self.assertEqual(len(found), 233)
            out = self.masked("\n".join(found).encode() + b"\nbinary\x00value",
                              *self.manager("a/"))
            self.assertEqual(out, b"***\n" * 233 + b"binary\x00value")

    def test_both_find_the_same_parameters(self):
        client = self.client("ssm")
        for i in range(25):
            client.put_parameter(Name="/a/%d/x" % i, Value="value-no-%03d" % i,
                                 Type="SecureString")
        found = [p["Value"] for page in client.get_paginator(
            "get_parameters_by_path").paginate(
                Path="/a", Recursive=True, WithDecryption=True)
            for p in page["Parameters"]]
        self.assertEqual(len(found), 25)
        self.assertEqual(
            self.masked("\n".join(found).encode(), *self.ssm("/a")),
            b"\n".join([b"***"] * 25))

    def test_both_find_the_same_history(self):
        client = self.client("ssm")
        for i in range(60):
            client.put_parameter(Name="/a/x", Value="version-no-%03d" % i,
                                 Type="SecureString", Overwrite=True)
        found = [p["Value"] for page in client.get_paginator(
            "get_parameter_history").paginate(Name="/a/x", WithDecryption=True)
            for p in page["Parameters"]]
        self.assertEqual(len(found), 60)
        self.assertEqual(
            self.masked("\n".join(found).encode(), *self.ssm("/a")),
            b"\n".join([b"***"] * 60))

    def test_the_server_refuses_what_is_signed_wrongly(self):
        # The judge itself: a wrong key, a changed body, another service.
        client = self.client("secretsmanager")
        session = botocore.session.Session()
        session.set_credentials(aws_case.KEY, "wrong")
        wrong = session.create_client("secretsmanager", region_name=REGION,
                                      endpoint_url=self.aws.url)
        with self.assertRaises(ClientError) as caught:
            wrong.list_secrets()
        self.assertEqual(caught.exception.response["Error"]["Code"],
                         "SignatureDoesNotMatch")

        def change(request, **_):
            request.body = b"[]"  # as long as "{}"

        client.meta.events.register("before-send", change)
        with self.assertRaises(ClientError) as caught:
            client.list_secrets()
        self.assertEqual(caught.exception.response["Error"]["Code"],
                         "SignatureDoesNotMatch")


if __name__ == "__main__":
    aws_case.main()
