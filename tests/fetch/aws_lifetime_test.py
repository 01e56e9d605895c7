"""How credentials come, last and end: refresh, the SSO cache, helper commands,
containers, roles on top, and what of all this is secret.

usage: AWS_CONFIG_PROBE=... /usr/bin/python3 aws_lifetime_test.py
"""

import json
import os
import signal
import stat
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from aws_world import (ACCOUNT, KEY, ROLE, SECRET, START,  # noqa: E402
                       WorldCase, botocore_in, probe, static, when)

NOBODY = 65534
SSO = """\
    [profile sso]
    sso_session = corp
    sso_account_id = %s
    sso_role_name = Reader
    [sso-session corp]
    sso_start_url = %s
    sso_region = eu-central-1
""" % (ACCOUNT, START)


class LifetimeTest(WorldCase):
    def setUp(self):
        self.w = self.world()

    def resolve(self, *more, **popen):
        answer = probe(self.w, *(more or ("credentials=1",)), **popen)
        self.assertNotIn("session", answer)
        return answer["credentials"]

    def role(self, more=""):
        self.w.server.roles[ROLE + "etl"] = {}
        self.w.server.allow(KEY, SECRET)
        self.w.config("[default]\nrole_arn=%setl\nsource_profile=base\n%s" %
                      (ROLE, more))
        self.w.credentials(static("base"))


class Refresh(LifetimeTest):
    def helper_that_works_once(self, **lasting):
        helper = self.w.script("helper", """\
            test -e "$0.ran" && exit 1
            : >"$0.ran"
            echo '{"Version": 1, "AccessKeyId": "%s", "SecretAccessKey": "%s",
                   "SessionToken": "t", "Expiration": "%s"}'
        """ % (KEY, SECRET, when(**lasting)))
        self.w.config("[default]\ncredential_process = %s\n" % helper)

    def test_keys_that_last_are_fetched_once(self):
        self.role()
        first, second = self.resolve("credentials=2", "skip=2640")
        self.assertEqual(first, second)
        self.assertEqual(1, self.w.server.count("AssumeRole"))

    def test_with_less_than_15_minutes_left_they_are_fetched_again(self):
        self.role()
        self.resolve("credentials=2", "skip=2710")
        self.assertEqual(2, self.w.server.count("AssumeRole"))

    def test_where_that_fails_the_old_ones_serve_until_10_minutes(self):
        self.helper_that_works_once(hours=1)
        first, second, third = self.resolve("credentials=3", "skip=2760")[:3]
        self.assertEqual(first, second)
        self.assertIn("status 1", third["error"])

    def test_roles_of_15_minutes_are_not_fetched_for_every_request(self):
        self.role()
        self.w.server.session_seconds = 899
        self.resolve("credentials=5", "skip=1")
        self.assertEqual(1, self.w.server.count("AssumeRole"))
        self.resolve("credentials=3", "skip=61")
        self.assertEqual(4, self.w.server.count("AssumeRole"))

    def test_keys_that_are_over_are_never_used_again(self):
        self.helper_that_works_once(seconds=30)
        first, second = self.resolve("credentials=2", "skip=31")
        self.assertEqual(KEY, first["access_key"])
        self.assertIn("error", second)

    def test_an_instance_s_last_keys_serve_on(self):
        # As botocore has it, while the service has no newer ones.
        self.w.server.instance_role = "role"
        self.w.server.session_seconds = -60
        self.assertEqual("iam-role", self.resolve()[0]["method"])


    def test_version_1_of_the_metadata_service_can_be_switched_off(self):
        # 1.29's botocore does not know the variable.
        self.w.server.instance_role = "role"
        self.w.server.imds_v1 = True
        self.w.env["AWS_EC2_METADATA_V1_DISABLED"] = "true"
        (keys,) = self.resolve()
        self.assertIn("IMDSv1 is switched off", keys["error"])
        self.assertEqual(["IMDS /latest/api/token"],
                         [r["operation"] for r in self.w.server.log])


class SsoCache(LifetimeTest):
    def sso(self, **token):
        self.w.config(SSO)
        self.w.options["profile"] = "sso"
        return self.w.sso_token("corp", **token)

    def test_is_rewritten_as_botocore_writes_it(self):
        texts = []
        for resolve in (self.by_botocore, self.resolve):
            self.w = self.world()
            path = self.sso(refresh=True, minutes=1)
            os.chmod(path, 0o640)
            inode = os.stat(path).st_ino
            resolve()
            self.assertEqual(1, self.w.server.count("CreateToken"))
            if resolve == self.resolve:  # 1.29 writes in place
                self.assertEqual(0o600, stat.S_IMODE(os.stat(path).st_mode))
                self.assertNotEqual(inode, os.stat(path).st_ino)
            self.assertEqual([os.path.basename(path)],
                             os.listdir(os.path.dirname(path)))
            with open(path) as f:
                text = json.load(f)
            for key in ("expiresAt", "registrationExpiresAt"):
                self.assertRegex(text[key],
                                 r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
                del text[key]
            texts.append(text)
        self.assertEqual(texts[0], texts[1])
        self.assertEqual("refreshed-refresh-token-1", texts[1]["refreshToken"])

    def by_botocore(self):
        with botocore_in(self.w) as session:
            session.get_credentials().get_frozen_credentials()

    def test_a_second_run_uses_the_refreshed_token(self):
        self.sso(refresh=True, minutes=1)
        self.resolve()
        self.resolve()
        self.assertEqual(1, self.w.server.count("CreateToken"))
        self.assertEqual(2, self.w.server.count("GetRoleCredentials"))

    def read_only(self, **token):
        path = self.sso(**token)
        for name in (path, self.w.path(".aws/config")):
            os.chmod(name, 0o644)
        for name in (self.w.home, self.w.path(".aws"), self.w.path(".aws/sso"),
                     os.path.dirname(path)):
            os.chmod(name, 0o555)
        # Root may write anywhere.
        self.user = NOBODY if os.geteuid() == 0 else None
        self.addCleanup(os.chmod, os.path.dirname(path), 0o755)
        self.addCleanup(os.chmod, self.w.home, 0o755)

    def test_read_only_a_token_is_used_until_it_ends(self):
        self.read_only(refresh=True, minutes=1)
        (keys,) = self.resolve("credentials=1", user=self.user)
        self.assertEqual("sso", keys["method"])
        # The refresh token was not spent: its successor could not be kept.
        self.assertEqual(0, self.w.server.count("CreateToken"))
        self.assertIn("refresh-token-1", self.w.server.sso_refresh)

    def test_read_only_an_ended_token_is_an_error_that_says_why(self):
        self.read_only(refresh=True, minutes=-1)
        (keys,) = self.resolve("credentials=1", user=self.user)
        self.assertIn("cannot be written", keys["error"])
        self.assertIn("aws sso login --profile sso", keys["error"])
        self.assertEqual(0, self.w.server.count("CreateToken"))

    def test_a_token_with_a_line_break_is_never_sent(self):
        self.sso(token="abc\r\nX-Evil: 1", hours=1)
        (keys,) = self.resolve()
        self.assertIn("holds no token", keys["error"])
        self.assertEqual([], self.w.server.log)


class Process(LifetimeTest):
    def process(self, text):
        helper = self.w.script("helper", text)
        self.w.config("[default]\ncredential_process = %s\n" % helper)

    def test_what_it_says_on_standard_error_is_counted_and_not_shown(self):
        self.process("echo s3cret-on-stderr >&2; exit 4")
        (keys,) = self.resolve()
        self.assertIn("status 4", keys["error"])
        self.assertIn("17 bytes on standard error", keys["error"])
        self.assertNotIn("s3cret", keys["error"])

    def test_no_word_of_the_command_is_told(self):
        self.w.config("[default]\ncredential_process = "
                      "/nonexistent/t0ken-in-path --token s3cret\n")
        (keys,) = self.resolve()
        self.assertNotRegex(keys["error"], "t0ken|s3cret")

    def test_it_reads_nothing_of_our_input_and_leads_a_group(self):
        self.process("""\
            test "$(readlink /proc/$$/fd/0)" = /dev/null || exit 5
            test "$(ps -o pgid= -p $$)" -eq $$ || exit 6
            ls /proc/$$/fd >"$0.fds"
            grep -q '^[3-9]$' "$0.fds" && exit 7  # from 10 on: the shell's own
            echo '{"Version": 1, "AccessKeyId": "%s", "SecretAccessKey": "%s"}'
        """ % (KEY, SECRET))
        (keys,) = self.resolve()
        self.assertEqual(KEY, keys.get("access_key"), keys)

    def test_more_than_16_MiB_kill_its_whole_group(self):
        self.process("""\
            sleep 1000 & echo $! >"$0.child"
            exec head -c 20000000 /dev/zero
        """)
        (keys,) = self.resolve()
        self.assertIn("16 MiB", keys["error"])
        self.assert_gone(self.w.path("helper.child"))

    def test_past_the_deadline_its_whole_group_is_killed(self):
        self.process("""\
            trap '' TERM
            sleep 1000 & echo $! >"$0.child"
            sleep 1000
        """)
        begun = time.monotonic()
        (keys,) = self.resolve("credentials=1", "deadline=1")
        self.assertLess(time.monotonic() - begun, 30)
        self.assertIn("did not end in time", keys["error"])
        self.assert_gone(self.w.path("helper.child"))

    def assert_gone(self, file):
        with open(file) as f:
            pid = int(f.read())
        for _ in range(200):
            try:
                with open("/proc/%d/stat" % pid) as f:
                    if f.read().rpartition(")")[2].split()[0] == "Z":
                        return  # nobody reaps it here
            except FileNotFoundError:
                return
            time.sleep(0.02)
        os.kill(pid, signal.SIGKILL)
        self.fail("a child of the helper lives on")


class Container(LifetimeTest):
    def setUp(self):
        super().setUp()
        self.w.env["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = (
            self.w.server.url + "/credentials")

    def test_the_token_file_is_read_each_time(self):
        path = self.w.write("token", "first")
        self.w.env["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = path
        self.w.env["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "unused"
        for token in ("first", "second"):
            self.w.write("token", token)
            self.w.server.container_token = token
            self.assertEqual("container-role", self.resolve()[0]["method"])

    def test_a_line_break_in_the_token_is_refused(self):
        for name, token in (("TOKEN", "a\r\nX: 1"), ("TOKEN_FILE", "abc\n")):
            value = token if name == "TOKEN" else self.w.write("t", token)
            self.w.env["AWS_CONTAINER_AUTHORIZATION_" + name] = value
            (keys,) = self.resolve()
            self.assertIn("line break", keys["error"])
            self.assertIn(name, keys["error"])
        self.assertEqual([], self.w.server.log)

    def test_a_token_file_that_is_not_there_is_an_error(self):
        self.w.env["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = "/nonexistent"
        self.assertIn("error", self.resolve()[0])
        self.assertEqual([], self.w.server.log)

    def test_hosts_that_may_not_be_asked_are_refused_unasked(self):
        port = self.w.server.port
        for url in ("http://169.254.170.9/c", "http://127.0.0.1.x.invalid/c",
                    "http://127.0.0.1@x.invalid/c", "http://localhost.x/c",
                    "http://x.invalid#@127.0.0.1/c", "ftp://127.0.0.1/c",
                    "http://[fd00:ec2::24]/c", "http://[::2]/c", "/c", "",
                    "http://10.127.0.1/c"):
            self.w.env["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = url
            (keys,) = self.resolve()
            self.assertIn("FULL_URI: credentials are fetched by https",
                          keys["error"], url)
        for url in ("http://127.0.0.1:%d", "http://127.1.2.3:%d",
                    "http://LocalHost:%d"):
            self.w.env["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = (
                url % port + "/credentials")
            (keys,) = self.resolve()
            self.assertNotIn("FULL_URI", keys.get("error", ""), url)

    def test_relative_uris_stay_on_the_container_s_host(self):
        for uri in ("@127.0.0.1:%d/credentials" % self.w.server.port,
                    ".example.invalid/", ":80@example.invalid/"):
            self.w.env["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = uri
            (keys,) = self.resolve()
            self.assertIn("RELATIVE_URI", keys["error"])
        self.assertEqual([], self.w.server.log)

    def test_what_is_tried_again_succeeds(self):
        failures = [500, 503]
        answer = self.w.server.issue

        def issue(*arguments):
            if failures:
                from aws_server import AwsError
                raise AwsError("Busy", "", failures.pop())
            return answer(*arguments)

        self.w.server.issue = issue
        self.assertEqual("container-role", self.resolve()[0]["method"])
        self.assertEqual(3, self.w.server.count("ContainerCredentials"))


class RoleOnTop(LifetimeTest):
    def setUp(self):
        super().setUp()
        self.w.server.roles[ROLE + "top"] = {"external_id": "ex"}
        self.w.server.allow(KEY, SECRET)
        self.w.options.update(role_arn=ROLE + "top", external_id="ex",
                              session="Airflow_x", duration="900")

    def test_of_the_chain_s_credentials(self):
        self.w.credentials(static("default"))
        (keys,) = self.resolve()
        self.assertEqual("assume-role", keys["method"])
        (request,) = self.w.server.log
        self.assertEqual({"Action": "AssumeRole", "Version": "2011-06-15",
                          "RoleArn": ROLE + "top", "ExternalId": "ex",
                          "RoleSessionName": "Airflow_x",
                          "DurationSeconds": "900"}, request["body"])

    def test_of_given_keys_before_everything(self):
        self.w.credentials(static("default", "AKIAUNUSED", "x"))
        self.w.env.update(AWS_ACCESS_KEY_ID="AKIAUNUSED",
                          AWS_SECRET_ACCESS_KEY="y")
        self.w.options.update(key=KEY, secret=SECRET)
        self.assertEqual("assume-role", self.resolve()[0]["method"])

    def test_by_web_identity(self):
        self.w.server.web_tokens["ey.tok"] = ROLE + "top"
        self.w.options["web_identity_token_file"] = self.w.write("t", "ey.tok")
        self.assertEqual("assume-role-with-web-identity",
                         self.resolve()[0]["method"])

    def test_at_an_STS_of_its_own(self):
        other = self.world().server
        other.roles[ROLE + "top"] = {"external_id": "ex"}
        other.allow(KEY, SECRET)
        self.w.credentials(static("default"))
        self.w.options["sts_endpoint"] = other.url
        self.resolve()
        self.assertEqual(1, other.count("AssumeRole"))
        self.assertEqual(0, self.w.server.count("AssumeRole"))

    def test_without_one_of_two_keys_it_is_an_error(self):
        self.w.options.update(key=KEY)
        self.assertIn("error", self.resolve()[0])


class Secrets(LifetimeTest):
    def secrets(self, *more):
        answer = probe(self.w, "secrets=1", *more)
        self.assertEqual([], answer["warnings"])
        return {value for _, value in answer["secrets"]}

    def test_of_every_profile_of_both_files(self):
        self.w.config(static("profile a", "AKIAAAAA", "secret-of-a") +
                      static("no profile", "AKIABBBB", "secret-of-b") +
                      "[sso-session s]\nsso_region=x\n")
        self.w.credentials(static("a", "AKIACCCC", "secret-of-c") +
                           "aws_session_token = token-of-c\n" +
                           static("d", "AKIADDDD", "secret-of-d") +
                           "aws_security_token = token-of-d\n")
        self.assertEqual(
            {"AKIAAAAA", "AKIABBBB", "AKIACCCC", "AKIADDDD", "secret-of-a",
             "secret-of-b", "secret-of-c", "secret-of-d", "token-of-c",
             "token-of-d"}, self.secrets())

    def test_of_the_environment_and_of_token_files(self):
        self.w.env.update(
            AWS_ACCESS_KEY_ID="AKIAEEEE", AWS_SECRET_ACCESS_KEY="secret-of-e",
            AWS_SESSION_TOKEN="token-of-e", AWS_SECURITY_TOKEN="token-of-f",
            AWS_CONTAINER_AUTHORIZATION_TOKEN="container-token",
            AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=self.w.write("c", "token-c"),
            AWS_WEB_IDENTITY_TOKEN_FILE=self.w.write("w", "ey.web.token"))
        # A token of 7 characters is none.
        self.assertEqual(
            {"AKIAEEEE", "secret-of-e", "token-of-e", "token-of-f",
             "container-token", "ey.web.token"}, self.secrets())

    def test_of_caches(self):
        self.w.sso_token("corp", token="access-token-x", refresh=True, hours=1)
        self.w.write(".aws/cli/cache/1.json", json.dumps({"Credentials": {
            "AccessKeyId": "ASIACLI1", "SecretAccessKey": "secret-of-cli",
            "SessionToken": "token-of-cli", "Expiration": when(hours=1)}}))
        self.w.write(".aws/login/cache/2.json", json.dumps({
            "accessToken": {"accessKeyId": "ASIALOGIN",
                            "secretAccessKey": "secret-of-login",
                            "sessionToken": "token-of-login"},
            "refreshToken": "refresh-of-login", "dpopKey": "-----BEGIN x"}))
        self.assertEqual(
            {"access-token-x", "client-secret-1", "refresh-token-1",
             "ASIACLI1", "secret-of-cli", "token-of-cli", "ASIALOGIN",
             "secret-of-login", "token-of-login", "refresh-of-login",
             "-----BEGIN x"}, self.secrets())

    def test_a_cache_file_that_is_broken_is_warned_about(self):
        self.w.write(".aws/sso/cache/x.json", '{"accessToken": "abc')
        answer = probe(self.w, "secrets=1")
        self.assertEqual(1, len(answer["warnings"]))
        self.assertIn("x.json", answer["warnings"][0])
        self.assertNotIn("abc", answer["warnings"][0])

    def test_of_legacy_files(self):
        self.w.env["AWS_CREDENTIAL_FILE"] = self.w.write(
            "ec2", "AWSAccessKeyId=AKIAEC2222\nAWSSecretKey = secret-of-ec2\n")
        self.w.write(".boto", static("Credentials", "AKIABOTO", "of-boto-1"))
        self.assertEqual({"AKIAEC2222", "secret-of-ec2", "AKIABOTO",
                          "of-boto-1"}, self.secrets())

    def test_that_were_met_on_the_way(self):
        self.role()
        self.w.credentials("")
        helper = self.w.script("helper", """\
            echo '{"Version": 1, "AccessKeyId": "%s", "SecretAccessKey": "%s"}'
        """ % (KEY, SECRET))
        self.w.config("[default]\nrole_arn=%setl\nsource_profile=base\n"
                      "[profile base]\ncredential_process=%s\n" %
                      (ROLE, helper))
        found = self.secrets("credentials=1")
        self.assertLessEqual({KEY, SECRET}, found)
        (_, _, keys) = self.w.server.sessions[0]
        self.assertLessEqual({keys["AccessKeyId"], keys["SecretAccessKey"],
                              keys["SessionToken"]}, found)

    def test_the_refreshed_login_and_the_one_before(self):
        self.w.config(SSO)
        self.w.options["profile"] = "sso"
        self.w.sso_token("corp", token="access-token-1", refresh=True,
                         minutes=1)
        self.assertLessEqual(
            {"access-token-1", "refresh-token-1", "client-secret-1",
             "refreshed-access-token-1", "refreshed-refresh-token-1"},
            self.secrets("credentials=1"))

    def test_placeholders_of_emulators_stay(self):
        self.w.credentials(static("default", "test", "test"))
        self.assertEqual(set(), self.secrets())


class Login(LifetimeTest):
    """`aws login` (login_session), which Debian's botocore does not know."""

    def login(self, **expires):
        session = "arn:aws:sts::%s:assumed-role/x/y" % ACCOUNT
        self.w.config("[default]\nlogin_session = %s\n" % session)
        import hashlib
        digest = hashlib.sha256(session.encode()).hexdigest()
        self.w.write(".aws/login/cache/%s.json" % digest, json.dumps({
            "accessToken": {"accessKeyId": KEY, "secretAccessKey": SECRET,
                            "sessionToken": "t", "accountId": ACCOUNT,
                            "expiresAt": when(**expires)},
            "refreshToken": "r", "dpopKey": "k", "clientId": "c"}))

    def test_is_used_while_it_lasts(self):
        self.login(minutes=5)
        (keys,) = self.resolve()
        self.assertEqual((KEY, SECRET, "t", "login"),
                         (keys["access_key"], keys["secret_key"],
                          keys["token"], keys["method"]))

    def test_is_an_error_afterwards(self):
        self.login(minutes=-5)
        self.assertIn("expired", self.resolve()[0]["error"])


if __name__ == "__main__":
    unittest.main(warnings="ignore")  # botocore leaves its sockets open
