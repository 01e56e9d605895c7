"""The AWS SDK for JavaScript judges what Debian's botocore is too old for:
endpoint variables and services sections, newer partitions and rules, SSO as the
source of a role, BatchGetSecretValue.

usage: AWS_CONFIG_PROBE=... AWS_JS=... /usr/bin/python3 aws_js_test.py
"""

import itertools
import os
import re
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from aws_world import (ACCOUNT, KEY, ROLE, SECRET, START,  # noqa: E402
                       WorldCase, judged_by_js, need_js, probe, static)

SERVICES = ["secretsmanager", "ssm", "sts", "sso", "sso-oidc"]
# One of each partition and more; those that 1.29's botocore does not know too.
REGIONS = ["us-east-1", "eu-west-1", "mx-central-1", "ap-southeast-7",
           "il-central-1", "us-gov-west-1", "us-gov-east-1", "cn-north-1",
           "us-iso-east-1", "us-isob-east-1", "eu-isoe-west-1",
           "us-isof-south-1", "eusc-de-east-1", "xx-nowhere-1"]


class Endpoints(WorldCase):
    def compare(self, theirs, ours, where):
        if "error" in theirs:
            self.assertIn("error", ours, where)
            return
        self.assertEqual(theirs["url"], ours["url"].rstrip("/"), where)
        if theirs["scope"] is not None:
            self.assertEqual(theirs["scope"], [ours["signing_region"],
                                               ours["signing_name"]], where)

    def test_of_every_partition_and_variant(self):
        w = self.world()
        w.env.pop("AWS_DEFAULT_REGION")
        cases, ours = [], []
        for fips, dual in itertools.product((0, 1), repeat=2):
            w.env["AWS_USE_FIPS_ENDPOINT"] = "true" if fips else "false"
            w.env["AWS_USE_DUALSTACK_ENDPOINT"] = "true" if dual else "false"
            asked = list(itertools.product(SERVICES, REGIONS))
            read = probe(w, *["service=%s@%s" % a for a in asked],
                         env=dict(w.env))["endpoints"]
            for service, region in asked:
                # eusc and the newer isolated partitions have had neither
                # variant when this SDK was made.
                cases.append({"kind": "endpoint", "env": dict(w.env),
                              "service": service, "region": region})
                ours.append(read["%s@%s" % (service, region)])
        self.assertEqual(280, len(cases))
        for case, theirs, mine in zip(cases, judged_by_js(cases), ours):
            self.compare(theirs, mine, case)

    def test_of_variables_services_and_profiles(self):
        cases, ours = [], []
        variables = [{}, {"AWS_ENDPOINT_URL": "http://all.env:1"},
                     {"AWS_ENDPOINT_URL_SECRETS_MANAGER": "http://sm.env:2",
                      "AWS_ENDPOINT_URL_SSM": "https://ssm.env",
                      "AWS_ENDPOINT_URL_SSO_OIDC": "http://oidc.env:5"},
                     {"AWS_ENDPOINT_URL": "http://all.env:1",
                      "AWS_ENDPOINT_URL_SSM": "http://ssm.env:3",
                      "AWS_ENDPOINT_URL_STS": "http://sts.env:4"}]
        profiles = ["", "endpoint_url = http://all.profile:6\n",
                    "services = local\n",
                    "services = local\nendpoint_url = http://all.profile:6\n"]
        ignores = [({}, ""),
                   ({"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}, ""),
                   ({}, "ignore_configured_endpoint_urls = true\n")]
        for variable, profile, (env, line) in itertools.product(
                variables, profiles, ignores):
            w = self.world()
            w.config("[default]\nregion = eu-west-1\n" + profile + line +
                     "[services local]\nsecrets_manager =\n"
                     "  endpoint_url = http://sm.services:7\n"
                     "  other = 1\nsts =\n  endpoint_url=https://sts.services\n")
            w.env.update(variable, **env)
            w.env["AWS_CONFIG_FILE"] = w.path(".aws/config")
            read = probe(w, *["service=" + s for s in SERVICES],
                         env=dict(w.env))["endpoints"]
            for service in SERVICES:
                cases.append({"kind": "endpoint", "env": dict(w.env),
                              "service": service, "region": "eu-west-1"})
                ours.append((read[service], profile, line))
        self.assertEqual(240, len(cases))
        configured = 0
        for case, theirs, (mine, *files) in zip(cases, judged_by_js(cases),
                                                ours):
            self.compare(theirs, mine, (case, files))
            self.assertEqual(not mine["url"].endswith(".amazonaws.com"),
                             mine["configured"])
            configured += mine["configured"]
        self.assertGreater(configured, 60)

    def test_a_services_section_that_does_not_exist(self):
        # botocore refuses it, and so do we; JavaScript goes on without.
        w = self.world()
        w.config("[default]\nservices = nowhere\nregion=eu-west-1\n")
        ours = probe(w, "service=ssm", env=dict(w.env))["endpoints"]["ssm"]
        self.assertIn("[services nowhere]", ours["error"])


class Credentials(WorldCase):
    def test_of_a_role_whose_source_is_SSO(self):
        # 1.29 looks for the session of the wrong profile (it was mended).
        config = """\
            [profile etl]
            role_arn = %setl
            source_profile = sso
            [profile sso]
            sso_session = corp
            sso_account_id = %s
            sso_role_name = Reader
            [sso-session corp]
            sso_start_url = %s
            sso_region = eu-central-1
        """ % (ROLE, ACCOUNT, START)
        found = []
        for resolve in (self.by_js, self.by_us):
            w = self.world()
            w.config(config)
            w.sso_token("corp", hours=6)
            w.server.roles[ROLE + "etl"] = {}
            found.append(resolve(w, "etl"))
            self.assertEqual(["GetRoleCredentials", "AssumeRole"],
                             [r["operation"] for r in w.server.log])
        self.assertEqual(found[0], found[1])

    def by_js(self, w, profile=None):
        env = dict(w.env, AWS_REGION="eu-west-1", **{
            "AWS_ENDPOINT_URL_" + s: w.server.url
            for s in ("STS", "SSO", "SSO_OIDC")})
        (found,) = judged_by_js([{"kind": "credentials", "env": env,
                                  "profile": profile, "region": "eu-west-1"}])
        return found

    def by_us(self, w, profile=None):
        more = ["profile=" + profile] if profile else []
        (found,) = probe(w, "credentials=1", *more)["credentials"]
        return {k: found.get(k) for k in ("access_key", "secret_key", "token")}

    def test_of_a_container_with_a_token_file(self):
        found = []
        for resolve in (self.by_js, self.by_us):
            w = self.world()
            w.env["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = (
                w.server.url + "/credentials")
            w.env["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = w.write(
                "token", "eks-pod-token")
            w.server.container_token = "eks-pod-token"
            found.append(resolve(w))
        self.assertEqual(found[0], found[1])
        self.assertIn("access_key", found[0])


class Batch(WorldCase):
    def test_is_what_JavaScript_asks_and_understands(self):
        w = self.world()
        w.server.allow(KEY, SECRET)
        w.server.put_secret("one", "value-1")
        w.server.put_secret("two", '{"a": "value-2"}')
        (answer,) = judged_by_js([{
            "kind": "batch", "env": {}, "endpoint": w.server.url,
            "ids": ["one", "two", "none"], "key": KEY, "secret": SECRET,
            "region": "eu-west-1"}])
        self.assertEqual({"values": {"one": "value-1",
                                     "two": '{"a": "value-2"}'},
                          "errors": [["none", "ResourceNotFoundException"]]},
                         answer)
        (request,) = w.server.log
        self.assertEqual({"SecretIdList": ["one", "two", "none"]},
                         request["body"])
        self.assertEqual("secretsmanager.BatchGetSecretValue",
                         request["headers"]["x-amz-target"])
        self.assertEqual("application/x-amz-json-1.1",
                         request["headers"]["content-type"])


if __name__ == "__main__":
    need_js()
    unittest.main()
