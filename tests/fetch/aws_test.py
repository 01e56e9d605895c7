"""Secrets Manager and Parameter Store, read from a server that verifies every
signature with botocore and speaks AWS's dialect, LocalStack's or moto's."""

import collections
import re
import subprocess
import time
from unittest import mock

import aws_case
import aws_server
from aws_case import AwsCase
from aws_server import AwsError

MARKER = "Mrk-7c9e41-aws"


class SecretsManager(AwsCase):
    def tearDown(self):
        self.assert_signed_well()
        super().tearDown()

    def test_text_and_binary_are_masked(self):
        self.aws.put_secret("app/text", "text-value-1")
        self.aws.put_secret("app/binary", b"\x00\xfebinary\xff")
        self.aws.put_secret("app/json", '{"password": "in-json-1", "port": 1}')
        out = self.masked(b"text-value-1,\x00\xfebinary\xff,in-json-1",
                          *self.manager("app/"), "--mask=<{name}>")
        self.assertEqual(out, b"<app/text>,<app/binary>,<app/json/password>")

    def test_the_prefix_is_taken_verbatim_and_case_counts(self):
        for name in ("app/a", "app2/b", "App/c", "x/app/d"):
            self.aws.put_secret(name, "value-of-" + name)
        text = b"value-of-app/a value-of-app2/b value-of-App/c value-of-x/app/d"
        self.assertEqual(self.masked(text, *self.manager("app/")),
                         b"*** value-of-app2/b value-of-App/c value-of-x/app/d")
        self.assertEqual(self.masked(text, *self.manager("app")),
                         b"*** *** value-of-App/c value-of-x/app/d")
        self.assertEqual(self.masked(text, *self.manager("")),
                         b"*** *** *** ***")

    def test_a_server_that_does_not_filter_gives_no_more_than_asked(self):
        self.aws.put_secret("app/a", "value-a-1")
        self.aws.put_secret("other/b", "value-b-1")
        filters = self.aws.secretsmanager_ListSecrets
        self.aws.secretsmanager_ListSecrets = \
            lambda body: filters({k: v for k, v in body.items()
                                  if k != "Filters"})
        self.assertEqual(self.masked(b"value-a-1 value-b-1",
                                     *self.manager("app/")),
                         b"*** value-b-1")

    def test_current_pending_and_previous_versions(self):
        self.aws.put_secret("db", "first-password")
        self.aws.put_secret("db", "second-password")
        self.aws.put_secret("db", "third-password", stages=["AWSPENDING"])
        self.aws.put_secret("db", "labelled-password", stages=["blue"])
        self.assertEqual(
            self.masked(b"first-password second-password third-password "
                        b"labelled-password", *self.manager("db")),
            b"*** *** *** ***")
        self.assertEqual(self.aws.count("GetSecretValue"), 3)

    def test_only_versions_that_are_not_current_cost_a_request(self):
        for i in range(1000):
            self.aws.put_secret("many/%04d" % i, "value-number-%04d" % i)
        for i in range(0, 1000, 100):
            self.aws.put_secret("many/%04d" % i, "rotated-value-%04d" % i)
        self.aws.put_secret("many/0500", "pending-value", stages=["AWSPENDING"])
        text = b"".join(b"value-number-%04d\n" % i for i in range(1000))
        out = self.masked(text + b"rotated-value-0900 pending-value",
                          *self.manager("many/"))
        self.assertEqual(out, b"***\n" * 1000 + b"*** ***")
        counts = collections.Counter(r["operation"] for r in self.aws.log)
        self.assertEqual(counts, {"ListSecrets": 10, "BatchGetSecretValue": 50,
                                  "GetSecretValue": 11})

    def test_several_requests_share_a_pool_of_connections(self):
        for i in range(400):
            self.aws.put_secret("many/%04d" % i, "value-number-%04d" % i)
        self.aws.unknown.add("BatchGetSecretValue")
        self.aws.delay = 0.005
        self.masked(b"", *self.manager("many/"))
        self.assertGreaterEqual(len(self.aws.log), 400)
        self.assertLessEqual(self.aws.connections, 8)
        self.assertGreater(self.aws.busiest, 3)
        self.assertLessEqual(self.aws.busiest, 8)

    def test_pages_of_any_size(self):
        for size in (1, 3, 19, 20, 21, 100):
            with self.subTest(size=size):
                self.aws.page_size = size
                self.aws.secrets.clear()
                self.aws.log.clear()
                for i in range(45):
                    self.aws.put_secret("p/%d" % i, "value-number-%04d" % i)
                text = b"".join(b"value-number-%04d\n" % i for i in range(45))
                self.assertEqual(self.masked(text, *self.manager("p/")),
                                 b"***\n" * 45)
                self.assertEqual(self.aws.count("BatchGetSecretValue"), 3)

    def test_a_server_without_batches_gets_single_calls_at_once(self):
        for i in range(70):
            self.aws.put_secret("p/%d" % i, "value-number-%04d" % i)
        self.aws.unknown.add("BatchGetSecretValue")
        text = b"".join(b"value-number-%04d\n" % i for i in range(70))
        self.assertEqual(self.masked(text, *self.manager("p/")),
                         b"***\n" * 70)
        self.assertEqual(self.aws.count("BatchGetSecretValue"), 1)
        self.assertEqual(self.aws.count("GetSecretValue"), 70)

    def test_denied_batches_become_single_calls(self):
        for i in range(30):
            self.aws.put_secret("p/%d" % i, "value-number-%04d" % i)
        self.aws.denied.add("BatchGetSecretValue")
        text = b"".join(b"value-number-%04d\n" % i for i in range(30))
        self.assertEqual(self.masked(text, *self.manager("p/")),
                         b"***\n" * 30)
        self.assertEqual(self.aws.count("BatchGetSecretValue"), 1)

    def test_a_batch_that_leaves_some_out_loses_none(self):
        for i in range(40):
            self.aws.put_secret("p/%d" % i, "value-number-%04d" % i)
        whole = self.aws.secretsmanager_BatchGetSecretValue

        def part(body):
            answer = whole(body)
            answer["SecretValues"] = answer["SecretValues"][:7]
            if len(body["SecretIdList"]) == 20:
                answer["NextToken"] = "more"
            return answer

        self.aws.secretsmanager_BatchGetSecretValue = part
        text = b"".join(b"value-number-%04d\n" % i for i in range(40))
        self.assertEqual(self.masked(text, *self.manager("p/")),
                         b"***\n" * 40)

    def test_servers_that_tell_no_versions_are_asked_by_stage(self):
        self.aws.stages_listed = False
        self.aws.moto = True
        self.aws.put_secret("db", "first-password")
        self.aws.put_secret("db", "second-password")
        self.aws.put_secret("db", "third-password", stages=["AWSPENDING"])
        self.aws.put_secret("once", "only-password")
        self.assertEqual(
            self.masked(b"first-password second-password third-password "
                        b"only-password", *self.manager("")),
            b"*** *** *** ***")

    def test_a_rotation_while_we_read_loses_neither_value(self):
        self.aws.put_secret("db", "before-rotation")
        listed = self.aws.secretsmanager_ListSecrets

        def rotate(body):
            answer = listed(body)
            self.aws.put_secret("db", "after-rotation")
            return answer

        self.aws.secretsmanager_ListSecrets = rotate
        self.assertEqual(self.masked(b"before-rotation after-rotation",
                                     *self.manager("db")), b"*** ***")

    def test_a_list_that_changes_between_pages(self):
        for i in range(30):
            self.aws.put_secret("p/%02d" % i, "value-number-%04d" % i)
        self.aws.page_size = 10
        listed = self.aws.secretsmanager_ListSecrets

        def shift(body):
            answer = listed(body)
            # One comes in front: what was on this page is on the next, too.
            name = "p/new-%d" % len(self.aws.secrets)
            self.aws.put_secret(name, "value-of-a-new-one")
            self.aws.secrets.move_to_end(name, last=False)
            return answer

        self.aws.secretsmanager_ListSecrets = shift
        text = b"".join(b"value-number-%04d\n" % i for i in range(30))
        self.assertEqual(self.masked(text, *self.manager("p/")), b"***\n" * 30)

    def test_a_page_token_that_is_not_valid_any_more_begins_again(self):
        for i in range(30):
            self.aws.put_secret("p/%02d" % i, "value-number-%04d" % i)
        self.aws.page_size = 10
        listed = self.aws.secretsmanager_ListSecrets
        broken = []

        def forget(body):
            if body.get("NextToken") and not broken:
                broken.append(True)
                raise aws_server.AwsError("InvalidNextTokenException", "gone")
            return listed(body)

        self.aws.secretsmanager_ListSecrets = forget
        text = b"".join(b"value-number-%04d\n" % i for i in range(30))
        self.assertEqual(self.masked(text, *self.manager("p/")), b"***\n" * 30)
        self.assertEqual(self.aws.count("ListSecrets"), 5)
        broken = None
        self.aws.secretsmanager_ListSecrets = lambda body: {
            "SecretList": [], "NextToken": "same"}
        self.assert_refused(self.mask(b"x", *self.manager("p/")), 3, "circle")

    def test_what_is_listed_and_gone_is_a_warning(self):
        self.aws.put_secret("p/good", "value-of-the-good")
        self.aws.put_secret("p/deleted", "x")
        self.aws.secrets["p/empty"] = aws_server.Secret("p/empty")
        for moto in (False, True):
            self.aws.moto = moto
            self.aws.errors = {"p/deleted": "ResourceNotFoundException"}
            run = self.mask(b"value-of-the-good", *self.manager("p/"))
            self.assertEqual((run.status, run.out), (0, b"***"), run)
            for name in (b"p/deleted", b"p/empty"):
                self.assertIn(name + b" is listed", run.err)

    def test_each_failure_is_named_and_the_source_fails(self):
        for i in range(25):
            self.aws.put_secret("p/%d" % i, "value-number-%04d" % i)
        self.aws.errors = {"p/3": "DecryptionFailure"}
        self.aws.denied = {("GetSecretValue", "p/21")}
        run = self.mask(b"value-number-0001", *self.manager("p/"))
        self.assert_refused(
            run, 3, "2 secrets could not be read", "p/3 (", "DecryptionFailure",
            "kms:Decrypt", "p/21 (", "AccessDeniedException",
            "IAM action secretsmanager:GetSecretValue")
        self.assertNotIn(b"p/1 ", run.err)

    def test_failures_may_be_let_pass(self):
        for i in range(25):
            self.aws.put_secret("p/%d" % i, "value-number-%04d" % i)
        self.aws.denied = {("GetSecretValue", "p/21")}
        run = self.mask(b"value-number-0001 value-number-0021",
                        *self.manager("p/"), "--on-error=warn")
        self.assertEqual((run.status, run.out), (0, b"*** value-number-0021"))
        self.assertIn(b"p/21 (", run.err)
        self.assertIn(b"UNMASKED", run.err)

    def test_a_version_that_is_denied_fails_by_name(self):
        first = self.aws.put_secret("db", "first-password")
        self.aws.put_secret("db", "second-password")
        get = self.aws.secretsmanager_GetSecretValue

        def deny(body):
            if body.get("VersionId") == first:
                raise aws_server.AwsError("AccessDeniedException", "no")
            return get(body)

        self.aws.secretsmanager_GetSecretValue = deny
        self.assert_refused(self.mask(b"x", *self.manager("db")), 3,
                            "db (a version of it: ")

    def test_a_secret_without_any_value_in_the_answer_fails(self):
        self.aws.put_secret("db", "password-1")
        self.aws._value = lambda secret, version: {
            "ARN": secret.arn, "Name": secret.name, "VersionId": version}
        self.assert_refused(self.mask(b"x", *self.manager("db")), 3, "db (",
                            "neither SecretString nor SecretBinary")

    def test_an_empty_secret_is_no_failure(self):
        self.aws.put_secret("db", "")
        self.aws.put_secret("db2", "password-2")
        run = self.mask(b"password-2", *self.manager("db"))
        self.assertEqual((run.status, run.out), (0, b"***"), run)

    def test_nothing_below_the_prefix_is_a_warning(self):
        self.aws.put_secret("there/a", "value-1")
        run = self.mask(b"text", *self.manager("elsewhere/"))
        self.assertEqual((run.status, run.out), (0, b"text"))
        self.assertIn(b"holds no secret", run.err)
        self.assertEqual(self.mask(b"", "--require-secrets",
                                   *self.manager("elsewhere/")).status, 3)

    def test_without_list_permission_the_names_are_read(self):
        self.aws.denied.add("ListSecrets")
        self.aws.put_secret("db/a", "first-password")
        self.aws.put_secret("db/a", "second-password")
        arn = self.aws.secrets["db/a"].arn
        self.aws.put_secret("db/b", "other-password")
        text = b"first-password second-password other-password"
        refused = self.mask(text, *self.manager("db/"))
        self.assert_refused(refused, 3, "ListSecrets", "AccessDeniedException",
                            "IAM action secretsmanager:ListSecrets", "names=")
        self.assertEqual(
            self.masked(text, *self.manager("", names="db/a;db/b")),
            b"*** *** ***")
        self.assertEqual(
            self.masked(text, *self.manager("", names=arn)),
            b"*** *** other-password")
        run = self.mask(text, *self.manager("db/", names="db/b"))
        self.assertEqual((run.status, run.out),
                         (0, b"first-password second-password ***"))
        self.assertIn(b"ListSecrets", run.err)

    def test_names_that_do_not_exist_fail(self):
        self.aws.put_secret("db/a", "first-password")
        for moto in (False, True):
            self.aws.moto = moto
            self.assert_refused(
                self.mask(b"", *self.manager("", names="db/a;db/typo")), 3,
                "1 secret could not be read: db/typo (",
                "ResourceNotFoundException")

    def test_names_need_no_list(self):
        self.aws.put_secret("db/a", "first-password")
        self.masked(b"", *self.manager("", names="db/a"))
        self.assertEqual(self.aws.count("ListSecrets"), 0)

    def test_duplicate_names_and_strange_characters(self):
        names = ["sp@ce+_=.-", "umlaut-\u00fc", "quo\"te\\", "tab\t", "n" * 500]
        for i, name in enumerate(names):
            self.aws.put_secret(name, "value-number-%04d" % i)
        text = b"".join(b"value-number-%04d\n" % i for i in range(len(names)))
        self.assertEqual(self.masked(text, *self.manager("")),
                         b"***\n" * len(names))

    def test_values_of_every_byte(self):
        every = bytes(range(256))
        self.aws.put_secret("bytes", every)
        self.aws.put_secret("text", "nul\x00in-\u00fcnicode-\U0001f511-text")
        out = self.masked(b"[" + every + b"][" + "nul\x00in-\u00fcnicode-"
                          "\U0001f511-text".encode() + b"]",
                          *self.manager(""))
        self.assertEqual(out, b"[***][***]")

    def test_the_largest_secrets_fit(self):
        values = ["%d-" % i + "x%dy" % i * 13000 for i in range(20)]
        values = [v[:65536] for v in values]
        for i, value in enumerate(values):
            self.aws.put_secret("large/%d" % i, value)
        self.assertEqual(self.masked(values[7].encode(),
                                     *self.manager("large/")), b"***")

    def test_our_own_keys_are_masked_too(self):
        self.aws.put_secret("db", "first-password")
        self.assertEqual(
            self.masked(aws_case.SECRET_KEY.encode(), *self.manager("db")),
            b"***")
        # What emulators are given is a word like any other.
        self.aws.allow("test", "test")
        self.assertEqual(
            self.masked(b"a test", *self.manager("db"),
                        env={"AWS_ACCESS_KEY_ID": "test",
                             "AWS_SECRET_ACCESS_KEY": "test"}), b"a test")

    def test_check_shows_names_and_no_values(self):
        self.aws.put_secret("db", "first-" + MARKER)
        run = self.mask(b"", "check", *self.manager("db"))
        self.assertIn(b"db ", run.out)
        self.assertNotIn(MARKER.encode(), run.out + run.err)


class Refusals(AwsCase):
    """What a server may answer to who asks wrongly."""

    def test_error_types_decide_and_not_the_status(self):
        # Each error with each status: the same outcome, the same words.
        self.aws.put_secret("db", "first-password")
        for status in (400, 403, 404, 409, 418):
            def fail(body):
                raise aws_server.AwsError("AccessDeniedException", "x", status)
            self.aws.secretsmanager_BatchGetSecretValue = fail
            self.aws.log.clear()
            self.assertEqual(self.masked(b"first-password",
                                         *self.manager("db")), b"***")
            self.assertEqual(self.aws.count("GetSecretValue"), 1)

    def test_one_batch_that_fails_leaves_the_others(self):
        # Half of AWS's errors come with 400; only some of them mean that there
        # is no such operation.
        for number in range(45):
            self.aws.put_secret(f"p/{number:02}", f"value-no-{number:02}")
        for kind in ("DecryptionFailure", "ValidationException",
                     "InvalidRequestException"):
            whole = aws_server.AwsServer.secretsmanager_BatchGetSecretValue

            def fail_once(body):
                self.aws.secretsmanager_BatchGetSecretValue = (
                    whole.__get__(self.aws))
                raise aws_server.AwsError(kind, MARKER, 400)
            self.aws.secretsmanager_BatchGetSecretValue = fail_once
            self.aws.log.clear()
            self.assertEqual(self.masked(b"value-no-44 value-no-01",
                                         *self.manager("p/")), b"*** ***")
            self.assertEqual(self.aws.count("BatchGetSecretValue"), 3)
            self.assertEqual(self.aws.count("GetSecretValue"), 20)

    def test_a_not_found_that_comes_as_400_is_one(self):
        self.aws.put_secret("good", "value-of-good")
        for status in (400, 404, 403):
            def gone(secret, version):
                if secret.name == "gone":
                    raise aws_server.AwsError("ResourceNotFoundException",
                                              "x", status)
                return value(secret, version)
            value = aws_server.AwsServer._value.__get__(self.aws)
            self.aws._value = gone
            self.aws.put_secret("gone", "x")
            run = self.mask(b"value-of-good", *self.manager(""))
            self.assertEqual((run.status, run.out), (0, b"***"), run)

    def test_throttling_is_retried_whatever_its_status(self):
        self.aws.put_secret("db", "first-password")
        whole = self.aws.secretsmanager_ListSecrets
        for kind, status in (
                ("ThrottlingException", 400), ("TooManyRequestsException", 429),
                ("SlowDown", 503), ("LimitExceededException", 404),
                ("RequestLimitExceeded", 403), ("RequestTimeoutException", 404),
                ("InternalServiceError", 500), ("Whatever", 503)):
            first = []

            def throttle(body):
                if not first:
                    first.append(True)
                    raise aws_server.AwsError(kind, "x", status)
                return whole(body)

            self.aws.secretsmanager_ListSecrets = throttle
            with self.subTest(kind=kind, status=status):
                self.assertEqual(
                    self.masked(b"first-password", *self.manager("db")),
                    b"***")
                self.assertEqual(first, [True])

    def instead(self, operation, answers):
        """Gives these (status, headers, body) before the server's own."""
        def call(handler, target, raw):
            if answers and target.endswith("." + operation):
                status, headers, body = answers.pop(0)
                handler.send_response(status)
                for header in headers.items():
                    handler.send_header(*header)
                handler.send_header("Content-Length", str(len(body)))
                handler.end_headers()
                handler.wfile.write(body)
            else:
                own(handler, target, raw)

        own = aws_server._Handler._json_call
        patch = mock.patch.object(aws_server._Handler, "_json_call", call)
        patch.start()
        self.addCleanup(patch.stop)

    def test_gateways_that_ask_for_patience_get_it(self):
        self.aws.put_secret("db", "first-password")
        for status, headers in ((429, {}), (503, {}), (429, {"Retry-After": "0"}),
                                (503, {"Retry-After": "1"}),
                                (503, {"Retry-After": "soon"}),
                                (429, {"x-amz-retry-after": "100"})):
            answers = [(status, headers, b"<html>")] * 2
            self.instead("ListSecrets", answers)
            begin = time.monotonic()
            with self.subTest(status=status, headers=headers):
                self.assertEqual(self.masked(
                    b"first-password", *self.manager("db")), b"***")
                self.assertEqual(answers, [])
                if headers.get("Retry-After") == "1":
                    self.assertGreaterEqual(time.monotonic() - begin, 2)

    def test_a_gateways_retry_after_is_not_heeded_for_ever(self):
        self.aws.put_secret("db", "first-password")
        self.instead("ListSecrets", [(503, {"Retry-After": "86400"}, b"")])
        run = self.mask(b"first-password", *self.manager("db"),
                        "--source-timeout=3s")
        self.assert_refused(run, 3, "503")

    def test_batches_that_no_router_knows_become_single_calls(self):
        self.aws.put_secret("db", "first-password")
        for status, body in ((404, b""), (404, b"<h1>Not found</h1>"),
                             (405, b"Method Not Allowed"), (501, b"")):
            self.instead("BatchGetSecretValue", [(status, {}, body)])
            self.assertEqual(self.masked(b"first-password",
                                         *self.manager("db")), b"***")

    def test_keys_that_expire_between_two_pages_fail_closed(self):
        for i in range(40):
            self.aws.put_secret("p/%02d" % i, "value-no-%02d" % i)
        self.aws.page_size = 20
        own = self.aws.secretsmanager_ListSecrets

        def expire(body):
            if body.get("NextToken"):
                raise AwsError("ExpiredTokenException", MARKER, 403)
            return own(body)

        self.aws.secretsmanager_ListSecrets = expire
        run = self.mask(b"value-no-01", *self.manager("p/"))
        self.assert_refused(run, 3, "ListSecrets", "have expired",
                            never=[MARKER])

    def test_what_no_retry_mends_is_not_retried(self):
        for kind in ("AccessDeniedException", "ValidationException",
                     "UnrecognizedClientException", "ExpiredTokenException"):
            def fail(body):
                raise aws_server.AwsError(kind, MARKER, 400)
            self.aws.secretsmanager_ListSecrets = fail
            self.aws.log.clear()
            run = self.mask(b"", *self.manager("db"))
            self.assert_refused(run, 3, kind, never=[MARKER])
            self.assertEqual(self.aws.count("ListSecrets"), 1)

    def test_a_wrong_key_is_told_without_the_signature(self):
        for env, word in (
                ({"AWS_SECRET_ACCESS_KEY": "wrong-" + MARKER},
                 "SignatureDoesNotMatch"),
                ({"AWS_ACCESS_KEY_ID": "AKIAUNKNOWN000000000"},
                 "UnrecognizedClientException"),
                ({"AWS_SESSION_TOKEN": "token-" + MARKER},
                 "UnrecognizedClientException")):
            run = self.mask(b"", *self.manager("db"), env=env)
            self.assert_refused(run, 3, word, never=[
                MARKER, "Signature=", "AWS4-HMAC", "X-Amz"])

    def test_error_types_that_are_none_are_not_repeated(self):
        for kind in ("Type " + MARKER, "x" * 65, "\x1b[31m", MARKER):
            def fail(body):
                raise aws_server.AwsError(kind, MARKER, 400)
            self.aws.secretsmanager_ListSecrets = fail
            self.assert_refused(self.mask(b"", *self.manager("db")), 3,
                                never=[MARKER, "\x1b", "x" * 65])

    def test_session_tokens_are_signed_and_sent(self):
        self.aws.allow("ASIATEMPORARY0000000", "temporary-secret-key-0001",
                       "token+with/strange==characters and blanks")
        self.aws.put_secret("db", "first-password")
        out = self.masked(
            b"first-password", *self.manager("db"),
            env={"AWS_ACCESS_KEY_ID": "ASIATEMPORARY0000000",
                 "AWS_SECRET_ACCESS_KEY": "temporary-secret-key-0001",
                 "AWS_SESSION_TOKEN":
                     "token+with/strange==characters and blanks"})
        self.assertEqual(out, b"***")
        self.assert_signed_well()

    def test_keys_with_colons_and_more_are_signed_well(self):
        secret = "se:cret/with+co:lons=and %40:"
        self.aws.allow("AKIACOLONS0000000000", secret)
        self.aws.put_secret("db", "first-password")
        self.assertEqual(
            self.masked(b"first-password", *self.manager("db"),
                        env={"AWS_ACCESS_KEY_ID": "AKIACOLONS0000000000",
                             "AWS_SECRET_ACCESS_KEY": secret}), b"***")
        self.assert_signed_well()

    def test_the_region_is_that_of_the_signature(self):
        self.aws.put_secret("db", "first-password")
        self.aws.region = "ap-southeast-2"
        self.assert_refused(self.mask(b"", *self.manager("db")), 3,
                            "SignatureDoesNotMatch", "region")
        self.assertEqual(
            self.masked(b"first-password",
                        *self.manager("db", region="ap-southeast-2")), b"***")


class ParameterStore(AwsCase):
    def tearDown(self):
        self.assert_signed_well()
        super().tearDown()

    def test_all_kinds_are_masked(self):
        self.aws.put_parameter("/app/secure", "secure-value-1")
        self.aws.put_parameter("/app/plain", "plain-value-1", "String")
        self.aws.put_parameter("/app/list", "first-item,second-item",
                               "StringList")
        out = self.masked(b"secure-value-1 plain-value-1 second-item "
                          b"first-item,second-item", *self.ssm("/app"))
        self.assertEqual(out, b"*** *** *** ***")

    def test_paths_are_read_below_in_pages(self):
        for i in range(45):
            self.aws.put_parameter("/app/deep/%d/x" % i, "value-no-%03d" % i)
        self.aws.put_parameter("/application", "value-of-another")
        text = b"".join(b"value-no-%03d\n" % i for i in range(45))
        for path in ("/app", "/app/", "app", "app/deep/"):
            self.aws.log.clear()
            self.assertEqual(
                self.masked(text + b"value-of-another", *self.ssm(path)),
                b"***\n" * 45 + b"value-of-another")
            self.assertEqual(self.aws.count("GetParametersByPath"), 5)
            self.assertEqual(len(self.aws.log), 5)

    def test_no_path_means_all(self):
        self.aws.put_parameter("/a/b", "value-number-1")
        self.aws.put_parameter("plain", "value-number-2")
        for path in ("", "/"):
            self.assertEqual(
                self.masked(b"value-number-1 value-number-2", *self.ssm(path)),
                b"*** ***")

    def test_one_key_that_is_denied_is_named(self):
        for i in range(15):
            self.aws.put_parameter("/app/%02d" % i, "value-no-%03d" % i)
        for kind in ("AccessDeniedException", "InvalidKeyId"):
            self.aws.errors = {"/app/07": kind}
            run = self.mask(b"", *self.ssm("/app"))
            self.assert_refused(run, 3, "1 parameter could not be read: "
                                "/app/07 (", kind)
            run = self.mask(b"value-no-003 value-no-007", *self.ssm("/app"),
                            "--on-error=warn")
            self.assertEqual((run.status, run.out), (0, b"*** value-no-007"))

    def test_without_list_permission_the_names_are_read(self):
        self.aws.denied.add("GetParametersByPath")
        for i in range(12):
            self.aws.put_parameter("/app/%02d" % i, "value-no-%03d" % i)
        self.assert_refused(self.mask(b"", *self.ssm("/app")), 3,
                            "IAM action ssm:GetParametersByPath", "names=")
        names = ";".join("/app/%02d" % i for i in range(12))
        text = b"".join(b"value-no-%03d\n" % i for i in range(12))
        self.aws.log.clear()
        self.assertEqual(self.masked(text, *self.ssm("", names=names)),
                         b"***\n" * 12)
        self.assertEqual(self.aws.count("GetParameters"), 2)
        self.assert_refused(
            self.mask(b"", *self.ssm("", names="/app/00;/app/typo")), 3,
            "/app/typo (", "ParameterNotFound")
        self.aws.denied.add("GetParameters")
        self.assertEqual(self.masked(text, *self.ssm("", names=names)),
                         b"***\n" * 12)

    def test_an_answer_without_a_list_fails(self):
        self.aws.ssm_GetParametersByPath = lambda body: {}
        self.assert_refused(self.mask(b"", *self.ssm("/app")), 3,
                            "holds no Parameters")


class History(AwsCase):
    """Earlier versions of parameters, which a running task may still hold."""

    def setUp(self):
        super().setUp()
        for i in range(25):
            self.aws.put_parameter("/a/once-%d" % i, "written-once-%d" % i)
        for i in range(3):
            self.aws.put_parameter("/a/pw", "version-no-%d" % i)
        self.log = b"version-no-0 version-no-1 version-no-2 written-once-3"

    def test_is_masked(self):
        self.assertEqual(self.masked(self.log, *self.ssm("/a")),
                         b"*** *** *** ***")
        self.assert_signed_well()

    def test_costs_a_request_only_where_there_is_one(self):
        self.masked(b"", *self.ssm("/a"))
        self.assertEqual(self.aws.count("GetParameterHistory"), 1)
        self.assertEqual(self.aws.count("GetParametersByPath"), 3)

    def test_is_read_in_pages(self):
        for i in range(3, 120):
            self.aws.put_parameter("/a/pw", "version-no-%d" % i)
        self.assertEqual(self.masked(b"version-no-61 version-no-119 "
                                     b"version-no-7", *self.ssm("/a")),
                         b"*** *** ***")
        self.assertEqual(self.aws.count("GetParameterHistory"), 3)

    def test_of_elements_of_lists(self):
        self.aws.put_parameter("/a/list", "old-first,old-second", "StringList")
        self.aws.put_parameter("/a/list", "new-first,new-second", "StringList")
        self.assertEqual(self.masked(b"old-second new-first", *self.ssm("/a")),
                         b"*** ***")

    def test_of_names_that_are_told(self):
        self.assertEqual(self.masked(self.log, *self.ssm(names="/a/pw")),
                         b"*** *** *** written-once-3")

    def test_can_be_left_out(self):
        out = self.masked(self.log, *self.ssm("/a", versions="current"))
        self.assertEqual(out, b"version-no-0 version-no-1 *** ***")
        self.assertEqual(self.aws.count("GetParameterHistory"), 0)
        self.aws.put_secret("s", "secret-old")
        self.aws.put_secret("s", "secret-new")
        self.assertEqual(self.masked(b"secret-old secret-new", *self.manager(
            "s", versions="current")), b"secret-old ***")
        run = self.mask(b"", *self.ssm("/a", versions="some"))
        self.assert_refused(run, 2, "all or current")

    def test_that_is_denied_is_a_warning_and_not_asked_for_again(self):
        for i in range(30):
            for text in ("old", "new"):
                self.aws.put_parameter("/a/more-%d" % i, "%s-no-%d" % (text, i))
        self.aws.denied.add("GetParameterHistory")
        run = self.mask(b"new-no-7 version-no-2", *self.ssm("/a"))
        self.assertEqual((run.status, run.out), (0, b"*** ***"), run)
        self.assertIn(b"ssm:GetParameterHistory", run.err)
        self.assertEqual(self.aws.count("GetParameterHistory"), 3)

    def test_that_is_denied_for_some_does_not_hide_the_others(self):
        for i in range(30):
            for text in ("old", "new"):
                self.aws.put_parameter("/a/more-%02d" % i,
                                       "%s-no-%02d" % (text, i))
        for i in range(1, 20):
            self.aws.denied.add(("GetParameterHistory", "/a/more-%02d" % i))
        run = self.mask(b"old-no-29 version-no-0", *self.ssm("/a"))
        self.assertEqual((run.status, run.out), (0, b"*** ***"), run)
        self.assertIn(b"ssm:GetParameterHistory", run.err)

    def test_that_a_server_does_not_know_is_not_missed(self):
        self.aws.unknown.add("GetParameterHistory")
        run = self.mask(b"version-no-1 version-no-2", *self.ssm("/a"))
        self.assertEqual((run.status, run.out, run.err),
                         (0, b"version-no-1 ***", b""), run)
        self.assertEqual(self.aws.count("GetParameterHistory"), 1)

    def test_that_cannot_be_read_fails_by_name(self):
        def broken(body):
            return {"Parameters": None}

        self.aws.ssm_GetParameterHistory = broken
        run = self.mask(self.log, *self.ssm("/a"))
        self.assert_refused(run, 3, "/a/pw (its earlier versions: ",
                            "no Parameters")


class Specs(AwsCase):
    def test_options_that_are_none_are_refused(self):
        for spec in ("aws-ssm[reggion=x]:/a", "aws-secretsmanager[name=x]:a",
                     "aws-ssm[region=eu-west-1,external_id=x]:/a"):
            self.assertEqual(self.mask(b"", "--source", spec).status, 2, spec)

    def test_credentials_in_a_spec_are_refused(self):
        for spec in ("aws-ssm[aws_secret_access_key=%s]:/a",
                     "aws-ssm[token=%s]:/a",
                     "aws-ssm[endpoint_url=http://u:%s@h]:/a"):
            run = self.mask(b"", "--source", spec % MARKER)
            self.assert_refused(run, 2, never=[MARKER])


class Wire(AwsCase):
    """Certificates, proxies, redirects, sizes."""

    def tls_server(self, names="IP:127.0.0.1"):
        ca, key, cert = (self.path(n) for n in ("ca.pem", "key.pem", "c.pem"))
        for command in (
                "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=ca "
                "-keyout %s -out %s" % (self.path("ca.key"), ca),
                "req -newkey rsa:2048 -nodes -subj /CN=server -keyout %s "
                "-out %s" % (key, self.path("csr.pem"))):
            subprocess.run(["openssl", *command.split()], check=True,
                           capture_output=True)
        ext = self.file("ext", "subjectAltName=" + names)
        subprocess.run(["openssl", "x509", "-req", "-days", "2", "-in",
                        self.path("csr.pem"), "-CA", ca, "-CAkey",
                        self.path("ca.key"), "-CAcreateserial", "-extfile",
                        ext, "-out", cert], check=True, capture_output=True)
        server = self.server(tls=(cert, key))
        server.put_secret("db", "first-password")
        return server, ca

    def test_certificates_are_verified(self):
        server, ca = self.tls_server()
        run = self.mask(b"x", *self.manager("db", server.url))
        self.assert_refused(run, 3, "certificate")
        self.assertEqual(server.log, [])
        for more in ({"options": {"ca_bundle": ca}},
                     {"env": {"AWS_CA_BUNDLE": ca}}):
            source = self.manager("db", server.url, **more.get("options", {}))
            self.assertEqual(self.masked(b"first-password", *source,
                                         env=more.get("env")), b"***")

    def test_a_certificate_for_another_host_is_none(self):
        server, ca = self.tls_server("DNS:elsewhere.example")
        run = self.mask(b"x", *self.manager("db", server.url, ca_bundle=ca))
        self.assert_refused(run, 3)
        self.assertEqual(server.log, [])

    def test_a_ca_bundle_that_is_missing_fails(self):
        server, _ = self.tls_server()
        run = self.mask(b"x", *self.manager("db", server.url,
                                            ca_bundle="/no/such.pem"))
        self.assert_refused(run, 3, "/no/such.pem")

    def test_proxies_are_those_of_the_environment(self):
        self.aws.put_secret("db", "first-password")
        url = "http://secrets.example.test:4566"
        for env, works in (
                ({"http_proxy": self.aws.url}, True),
                ({"HTTP_PROXY": self.aws.url}, True),
                ({"HTTP_PROXY": self.aws.url, "REQUEST_METHOD": "GET"}, False),
                ({"http_proxy": self.aws.url[7:]}, True),
                ({"https_proxy": self.aws.url}, False),
                ({"all_proxy": self.aws.url}, False),
                ({"http_proxy": self.aws.url, "no_proxy": "example.test"},
                 False),
                ({"http_proxy": self.aws.url, "NO_PROXY": "other.test"}, True),
                ({"http_proxy": "", "HTTP_PROXY": self.aws.url}, False)):
            env["AWS_MAX_ATTEMPTS"] = "1"
            run = self.mask(b"first-password", *self.manager("db", url),
                            env=env)
            with self.subTest(env=env):
                self.assertEqual(run.out, b"***" if works else b"", run)
                self.assertEqual(run.status, 0 if works else 3)

    def test_a_proxys_password_is_not_told(self):
        proxy = "http://user:%s@127.0.0.1:9" % MARKER
        run = self.mask(b"", *self.manager("db", "http://a.example.test"),
                        env={"http_proxy": proxy})
        self.assert_refused(run, 3, never=[MARKER])

    def test_files_of_curl_are_not_read(self):
        self.aws.put_secret("db", "first-password")
        self.file(".netrc", "default login %s password x" % MARKER)
        self.file(".curlrc", "insecure\nproxy = http://127.0.0.1:9")
        self.assertEqual(self.masked(b"first-password", *self.manager("db")),
                         b"***")
        self.assert_signed_well()

    def test_requests_carry_what_was_signed_and_no_more(self):
        self.aws.put_secret("db", "first-password")
        self.masked(b"", *self.manager("db"))
        for request in self.aws.log:
            headers = request["headers"]
            self.assertNotIn("expect", headers)
            self.assertNotIn("accept-encoding", headers)
            self.assertRegex(headers["authorization"], re.compile(
                "^AWS4-HMAC-SHA256 Credential=%s/[0-9]{8}/eu-west-1/"
                "secretsmanager/aws4_request, SignedHeaders=[a-z;-]*"
                "x-amz-target, Signature=[0-9a-f]{64}$" % aws_case.KEY))


class Linking(AwsCase):
    def test_the_masking_program_links_no_client_library(self):
        linked = subprocess.run(["ldd", aws_case.binary()], check=True,
                                capture_output=True).stdout
        for library in (b"curl", b"libssl", b"libcrypto", b"sqlite", b"libpq",
                        b"maria"):
            self.assertNotIn(library, linked)



if __name__ == "__main__":
    aws_case.main()
