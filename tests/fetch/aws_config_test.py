"""Files, words, times, paths, proxies, regions and endpoints: Python and
Debian's botocore read them as we do.

usage: AWS_CONFIG_PROBE=... /usr/bin/python3 aws_config_test.py
"""

import configparser
import datetime
import itertools
import json
import os
import random
import re
import shlex
import sys
import tempfile
import threading
import unittest
from unittest import mock

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from aws_world import (KEY, SECRET, SameKeysServer, World,  # noqa: E402
                       probe, static)
import botocore.awsrequest  # noqa: E402
import botocore.configloader  # noqa: E402
import botocore.httpsession  # noqa: E402
import botocore.session  # noqa: E402
import botocore.utils  # noqa: E402
import dateutil.parser  # noqa: E402

SEED = int(os.environ.get("SEED", random.randrange(1 << 30)))


class ConfigTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        home = tempfile.TemporaryDirectory()
        self.addCleanup(home.cleanup)
        self.home = home.name
        self.env = {"HOME": home.name, "PATH": os.environ["PATH"],
                    "AWS_EC2_METADATA_DISABLED": "true"}

    def write(self, name, data):
        path = os.path.join(self.home, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(data if isinstance(data, bytes) else data.encode())
        return path

    def ask(self, *arguments, env=None):
        world = mock.Mock(options={}, env=self.env, server=mock.Mock(url=""))
        return probe(world, *arguments, env=env or self.env)


# --- Text ---------------------------------------------------------------------

INIS = [
    b"",
    b"[a]\nk = v # no comment\n; a comment\n  # another\nl=;v\n",
    b"[a]\nk: v:w=x\nK2   =   v  \n",
    b"[a]\nk =\n  n = 1\n  m=2 = 3\n\n  o =\n[b]\nk=\n",
    b"[a]\nk = v\n  more\n\n  and more\nl = 1\n",
    b"[a]\nk =\n  no nesting\n",
    b"[a]\n  k = v\n  l = w\n    x\n m = 1\n",
    b"[a]\nk=1\n[a]\nl=2\n",
    b"[a]\nk=1\nK=2\n",
    b"k=1\n",
    b"[a]\nno delimiter\n",
    b"[a]\n= v\n",
    b"[a]b]c\nk=1\n",
    b"[]\n",
    b"[a\nk=1\n",
    b"[a]\n[b\n",
    b"[DEFAULT]\nk = d\n[a]\nl = 1\n[DEFAULT]\nm = 2\n[b]\nk = own\n",
    b"[a]\r\nk = v\r\n  n\rl = 2",
    b"\xef\xbb\xbf[a]\nk=1\n",
    b"[a]\nk = \xff\n",
    "[a]\nk = \u00a0v\u2003\n\u00a0 l = 1\nschl\u00fcssel = w\u00e4rt\n"
    .encode(),
    "[a]\nk =\n  a = 1\u2028b = 2\x0bc = 3\n".encode(),
    b"[profile a b]\n\tk\t=\tv\t\n[ x ]\nk=1",
    b"[a]\nk = v\n# comment\n  still\n",
    b"[a]\nk = v\n\n\n\n[b]\n",
    b"[a]\nk\n  = v\n",
]


def random_ini(rng):
    pieces = ["[a]", "[b]", "[profile x]", "[DEFAULT]", "k", "K", "l", "=",
              ":", " ", "  ", "\t", "\n", "\n", "\n  ", "#", ";", "v", "]",
              "[", "\r\n", "k = v\n", "l =\n  n = 1\n", "\u00a0", "\x0c"]
    return "".join(rng.choice(pieces)
                   for _ in range(rng.randrange(1, 30))).encode()


class Text(ConfigTest):
    def read_by_botocore(self, path):
        try:
            return botocore.configloader.raw_config_parse(path)
        except botocore.exceptions.ConfigParseError:
            return "error"

    def test_ini_files_are_read_as_botocore_reads_them(self):
        rng = random.Random(SEED)
        texts = INIS + [random_ini(rng) for _ in range(4000)]
        paths = [self.write("ini/%d" % i, t) for i, t in enumerate(texts)]
        errors = 0
        for begin in range(0, len(paths), 500):
            some = paths[begin:begin + 500]
            read = self.ask("parse_only=1", *["ini=" + p for p in some])["ini"]
            for path, text in zip(some, texts[begin:]):
                ours = read[path]
                if set(ours) == {"error"} and isinstance(ours["error"], str):
                    ours = "error"
                    errors += 1
                self.assertEqual(self.read_by_botocore(path), ours,
                                 "seed %d: %r" % (SEED, text))
        self.assertGreater(errors, 500)
        self.assertLess(errors, len(paths) - 500)

    def test_profiles_are_named_as_botocore_names_them(self):
        headers = ["profile a", "profile 'a b'", 'profile "c', "profile",
                   "profile a b", "profilex y", "profile\tt", "default",
                   "profile default", " profile z", "other", "profile a\\ b",
                   "sso-session s", "services v", "profile ''"]
        text = "".join("[%s]\nregion = r%d\n" % (h, i)
                       for i, h in enumerate(headers))
        path = self.write(".aws/config", text)
        profiles = botocore.configloader.load_config(path)["profiles"]
        names = set(profiles) | {"a b", "c", "b", "y", "z", "other", "t",
                                 "s", "v", "nowhere"}
        for name in sorted(names):
            with self.subTest(profile=name):
                answer = self.ask("profile=" + name)
                if name not in profiles:
                    self.assertIn("session", answer)
                else:
                    self.assertEqual(profiles[name]["region"],
                                     answer["region"])

    def test_words_are_split_as_shlex_splits_them(self):
        rng = random.Random(SEED)
        letters = "ab '\"\\\t#$;|&\n\u00e4"
        texts = {"".join(rng.choice(letters)
                         for _ in range(rng.randrange(0, 12)))
                 for _ in range(2000)}
        words = self.ask("parse_only=1", *["words=" + t for t in texts])
        for text in texts:
            try:
                expected = shlex.split(text)
            except ValueError:
                expected = None
            self.assertEqual(expected, words["words"][text],
                             "seed %d: %r" % (SEED, text))

    def test_times_are_read_as_dateutil_reads_them(self):
        zones = ["Z", "UTC", "+00:00", "+0130", "-08", "+05:30"]
        times = [d + s + t + f + z for d, s, t, f, z in itertools.product(
            ["2026-11-24", "1999-12-31", "2028-02-29"], "T ",
            ["00:00:00", "23:59:59"], ["", ".5", ".123456"], zones)]
        read = self.ask("parse_only=1", *["time=" + t for t in times])["times"]
        for text in times:
            then = dateutil.parser.parse(text).astimezone(
                datetime.timezone.utc)
            self.assertEqual(then.strftime("%Y-%m-%dT%H:%M:%SZ"), read[text],
                             text)

    def test_what_is_no_time_with_a_zone_is_none(self):
        times = ["", "tomorrow", "2026-11-24", "2026-11-24T20:00:00",
                 "2026-13-01T00:00:00Z", "2027-02-29T00:00:00Z",
                 "2026-11-24T24:00:00Z", "2026-11-24T20:00:00Zx",
                 "2026-11-24T20:00:00+25:00", "2026-11-24T20:00:00.Z",
                 "99999-01-01T00:00:00Z", "2026-11-24T20:00:00UTC+1"]
        read = self.ask("parse_only=1", *["time=" + t for t in times])["times"]
        self.assertEqual({t: None for t in times}, read)

    def test_paths_are_expanded_as_python_expands_them(self):
        self.env.update(A="one", B_2="two/three", EMPTY="")
        paths = ["~", "~/x", "~root/x", "~nobody-knows/x", "$A/$B_2", "${A}b",
                 "$Ab", "$", "$$A", "${A", "${}", "${NONE}$NONE", "a~/b",
                 "$EMPTY/x", "$A~", "${B_2}${A}", "\u00e4$A", "$1"]
        for home in ("/home/h", "/home/h///", "/", ""):
            env = dict(self.env, HOME=home)
            read = self.ask("parse_only=1", *["path=" + p for p in paths],
                            env=env)["paths"]
            with mock.patch.dict(os.environ, env, clear=True):
                for path in paths:
                    self.assertEqual(
                        os.path.expanduser(os.path.expandvars(path)),
                        read[path], "%s with HOME=%s" % (path, home))

    def test_proxies_are_chosen_as_botocore_chooses_them(self):
        urls = ["http://127.0.0.1:4566", "https://sts.eu-west-1.amazonaws.com",
                "http://localhost", "https://secrets.internal:8443",
                "http://169.254.169.254"]
        values = [None, "", "http://low:1", "up.example:3128",
                  "https://p:2", "//short:9"]
        no_proxies = [None, "", "*", "localhost,127.0.0.1",
                      ".amazonaws.com, internal", "internal:8443",
                      "169.254.169.254:80", "INTERNAL"]
        rng = random.Random(SEED)
        for _ in range(60):
            env = dict(self.env)
            for name in ("http_proxy", "HTTP_PROXY", "https_proxy",
                         "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
                value = rng.choice(values)
                if value is not None:
                    env[name] = value
            for name in ("no_proxy", "NO_PROXY"):
                value = rng.choice(no_proxies)
                if value is not None:
                    env[name] = value
            if rng.random() < 0.2:
                env["REQUEST_METHOD"] = "GET"
            read = self.ask("parse_only=1", *["proxy=" + u for u in urls],
                            env=env)["proxies"]
            with mock.patch.dict(os.environ, env, clear=True):
                for url in urls:
                    config = botocore.httpsession.ProxyConfiguration(
                        botocore.utils.get_environ_proxies(url))
                    expected = config.proxy_url_for(url) or ""
                    self.assertEqual(expected, read[url] and
                                     config._fix_proxy_url(read[url]),
                                     "seed %d: %s in %r" % (SEED, url, env))


# --- Regions and endpoints ----------------------------------------------------

# What 1.29 knows; newer regions, partitions and secretsmanager's dual-stack
# rules are for the AWS SDK for JavaScript (aws_js_test.py).
REGIONS = ["us-east-1", "eu-west-1", "ap-southeast-3", "us-gov-west-1",
           "us-gov-east-1", "cn-north-1", "cn-northwest-1", "us-iso-east-1",
           "us-isob-east-1", "us-west-2", "sa-east-1", "xx-nowhere-1",
           "fips-us-east-1", "us-gov-west-1-fips", "custom"]
SERVICES = ["secretsmanager", "ssm", "sts", "sso", "sso-oidc"]


def request_of(client, service):
    """The first request that a botocore client would send."""
    seen = []

    def stop(request, **_):
        seen.append(request)
        return botocore.awsrequest.AWSResponse(request.url, 200, {}, mock.Mock(
            stream=lambda: [b"{}"]))

    client.meta.events.register("before-send", stop)
    call = {"secretsmanager": lambda: client.list_secrets(),
            "ssm": lambda: client.describe_parameters(),
            "sts": lambda: client.get_caller_identity(),
            "sso": lambda: client.get_role_credentials(
                roleName="r", accountId="a", accessToken="t"),
            "sso-oidc": lambda: client.create_token(
                clientId="c", clientSecret="s", grantType="refresh_token")}
    try:
        call[service]()
    except Exception:  # an answer of {} is none of STS's
        if not seen:
            raise
    return seen[0]


def host_and_scope(request):
    url = re.match(r"(https?://[^/?]+)", request.url).group(1)
    signed = re.search(rb"Credential=[^/]+/\d+/([^/]+)/([^/]+)/",
                       request.headers.get("Authorization", b""))
    return url, signed and tuple(g.decode() for g in signed.groups())


class Endpoints(ConfigTest):
    def setUp(self):
        super().setUp()
        self.sessions = {}

    def judged(self, env, service, region=None, endpoint_url=None,
               profile=None):
        with mock.patch.dict(os.environ, env, clear=True):
            # A session reads the services' models once.
            key = (profile, *sorted(env.items()))
            if self.sessions.get("key") != key:
                self.sessions["key"] = key
                self.sessions["session"] = botocore.session.Session(
                    profile=profile)
                self.sessions["session"].set_credentials("AKIA", "secret")
            session = self.sessions["session"]
            try:
                client = session.create_client(
                    service, region_name=region, endpoint_url=endpoint_url)
                return host_and_scope(request_of(client, service))
            except (botocore.exceptions.BotoCoreError, ValueError) as e:
                return "error: %s" % type(e).__name__

    def compare(self, expected, ours, where):
        if isinstance(expected, str):
            self.assertIn("error", ours, "%s: %s" % (where, expected))
            return
        url, scope = expected
        self.assertEqual(url, ours.get("url", "").rstrip("/"), where)
        if scope is not None:
            self.assertEqual(scope, (ours["signing_region"],
                                     ours["signing_name"]), where)

    def test_of_every_service_region_and_variant(self):
        compared = 0
        for fips, dual, legacy in itertools.product((0, 1), (0, 1), (0, 1)):
            env = dict(self.env)
            if fips:
                env["AWS_USE_FIPS_ENDPOINT"] = "True"
            if dual:
                env["AWS_USE_DUALSTACK_ENDPOINT"] = "true"
            # 1.29's default, which was changed later.
            env["AWS_STS_REGIONAL_ENDPOINTS"] = (
                "legacy" if legacy else "regional")
            services = ["sts"] if legacy else SERVICES
            asked = ["%s@%s" % p for p in itertools.product(services, REGIONS)]
            ours = self.ask(*["service=" + a for a in asked], env=env)
            for each in asked:
                service, region = each.split("@")
                if dual and ("iso" in region or service == "secretsmanager"):
                    continue
                if service.startswith("sso") and "gov" in region and (
                        fips or "fips" in region):
                    continue
                with self.subTest(each=each, env=(fips, dual, legacy)):
                    expected = self.judged(env, service, region)
                    self.compare(expected, ours["endpoints"][each], each)
                    compared += not isinstance(expected, str)
        self.assertGreater(compared, 200)

    def test_regions_that_are_none_are_refused(self):
        for region in ("a/b", "-x", "x-", "x.y", "e@x.com", "x" * 64, "123",
                       "a b", "#", "eu-west-1/"):
            with self.subTest(region=region):
                self.assertEqual("error: InvalidRegionError",
                                 self.judged(self.env, "ssm", region))
                ours = self.ask("service=ssm@" + region)["endpoints"]
                self.assertIn("error", ours["ssm@" + region])

    def test_region_of(self):
        self.write(".aws/config", "[default]\nregion = us-west-1\n"
                   "[profile etl]\nregion=us-west-2\n[profile none]\nx=1\n")
        self.write(".aws/credentials", "[etl2]\nregion = ca-central-1\n")
        cases = [({}, None, None), ({}, "etl", None), ({}, "none", None),
                 ({}, "etl2", None), ({}, "etl", "eu-north-1"),
                 ({"AWS_DEFAULT_REGION": "eu-west-3"}, "etl", None),
                 ({"AWS_DEFAULT_REGION": "eu-west-3"}, None, "eu-north-1"),
                 ({"AWS_PROFILE": "etl"}, None, None),
                 ({"AWS_PROFILE": "etl"}, "none", None)]
        for more, profile, region in cases:
            with self.subTest(env=more, profile=profile, region=region):
                env = dict(self.env, **more)
                expected = self.judged(env, "ssm", region, profile=profile)
                arguments = ["service=ssm"]
                if profile:
                    arguments.append("profile=" + profile)
                if region:
                    arguments.append("region=" + region)
                ours = self.ask(*arguments, env=env)
                self.compare(expected, ours["endpoints"]["ssm"], "")
                if expected == "error: NoRegionError":
                    self.assertIn("AWS_DEFAULT_REGION",
                                  ours["region"]["error"])

    def test_AWS_REGION_comes_last_since_botocore_ignores_it(self):
        env = dict(self.env, AWS_REGION="eu-south-1")
        self.assertEqual("error: NoRegionError", self.judged(env, "ssm"))
        answer = self.ask(env=env)
        self.assertEqual("eu-south-1", answer["region"])
        self.assertTrue(answer["region_is_from_aws_region"])
        self.write(".aws/config", "[default]\nregion = us-west-1\n")
        answer = self.ask(env=env)
        self.assertEqual("us-west-1", answer["region"])
        self.assertFalse(answer["region_is_from_aws_region"])

    def test_given_endpoint_outweighs_variants(self):
        env = dict(self.env, AWS_USE_FIPS_ENDPOINT="true",
                   AWS_USE_DUALSTACK_ENDPOINT="true")
        for url in ("http://127.0.0.1:4566", "https://vpce.example:8443"):
            expected = self.judged(env, "ssm", "eu-west-1", url)
            ours = self.ask("service=ssm", "region=eu-west-1",
                            "endpoint_url=" + url, env=env)
            self.compare(expected, ours["endpoints"]["ssm"], url)
            self.assertTrue(ours["endpoints"]["ssm"]["configured"])

    def test_given_endpoint_is_not_that_of_STS_and_SSO(self):
        ours = self.ask("service=sts", "service=sso", "region=eu-west-1",
                        "endpoint_url=http://127.0.0.1:1")["endpoints"]
        self.assertEqual("https://sts.eu-west-1.amazonaws.com",
                         ours["sts"]["url"])
        self.assertEqual("https://portal.sso.eu-west-1.amazonaws.com",
                         ours["sso"]["url"])

    def test_endpoints_that_are_no_URL_are_refused(self):
        for url in ("localhost:4566", "ftp://x", "http://", "https:///x",
                    "http://user:pa55word@host", "http://a b", "http://:80"):
            with self.subTest(url=url):
                ours = self.ask("service=ssm", "region=eu-west-1",
                                "endpoint_url=" + url)["endpoints"]["ssm"]
                self.assertIn("error", ours)
                self.assertNotIn("pa55word", ours["error"])

    def test_an_sts_mode_that_is_none_is_refused(self):
        env = dict(self.env, AWS_STS_REGIONAL_ENDPOINTS="sometimes")
        self.assertEqual("error: InvalidSTSRegionalEndpointsConfigError",
                         self.judged(env, "sts", "eu-west-1"))
        ours = self.ask("service=sts@eu-west-1", env=env)["endpoints"]
        self.assertIn("error", ours["sts@eu-west-1"])

    def test_ca_bundle(self):
        self.write(".aws/config", "[default]\nca_bundle = /of/profile\n")
        for more in ({}, {"AWS_CA_BUNDLE": "/of/env"}):
            env = dict(self.env, **more)
            with mock.patch.dict(os.environ, env, clear=True):
                expected = botocore.session.Session().get_config_variable(
                    "ca_bundle")
            self.assertEqual(expected, self.ask(env=env)["ca_bundle"])
        self.assertEqual("/given", self.ask(
            "ca_bundle=/given", env=dict(self.env, AWS_CA_BUNDLE="/x"))
            ["ca_bundle"])
        # botocore would switch verification off.
        self.assertIsNone(self.ask(
            env=dict(self.env, AWS_CA_BUNDLE=""))["ca_bundle"])


if __name__ == "__main__":
    unittest.main(warnings="ignore")  # botocore leaves its sockets open
