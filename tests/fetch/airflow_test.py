"""--source airflow: what an Airflow would find, judged by Python's configparser
and urllib, which Airflow reads and writes with, and by a server that verifies
every signature."""

import configparser
import json
import os
import re
import urllib.parse

import aws_case
from aws_case import KEY, SECRET_KEY, AwsCase
from aws_server import REGION
from maskpipe_cli import CliTest

MARKER = "Mrk-51f0a7-airflow"
KWARGS = "AIRFLOW__SECRETS__BACKEND_KWARGS"
MANAGER = "airflow.providers.amazon.aws.secrets.secrets_manager." \
          "SecretsManagerBackend"
STORE = "airflow.providers.amazon.aws.secrets.systems_manager." \
        "SystemsManagerParameterStoreBackend"
FILES = "airflow.secrets.local_filesystem.LocalFilesystemBackend"


def get_uri(login, password, host, schema="", extra=None):
    """What Connection.get_uri() prints."""
    def quote(text):
        return urllib.parse.quote(text, safe="")

    uri = "postgres://%s:%s@%s/%s" % (quote(login), quote(password),
                                      quote(host), quote(schema))
    if extra:
        query = urllib.parse.urlencode(extra)
        plain = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
        if plain != extra:
            query = urllib.parse.urlencode({"__extra__": json.dumps(extra)})
        uri += "?" + query
    return uri


class AirflowCase(CliTest):
    def environment(self, env=None):
        return super().environment(
            {"HOME": self.dir, "AIRFLOW_HOME": self.dir, **(env or {})})

    def airflow(self, text, *arguments, env=None, **more):
        if isinstance(text, str):
            text = text.encode()
        return self.masked(text, "--source", "airflow:", "--log-level=error",
                           *arguments, env=env, **more).decode()

    def check(self, *arguments, env=None):
        run = self.mask(b"", "check", "--source", "airflow:", "--format=json",
                        *arguments, env=env)
        return run, json.loads(run.out)

    def findings(self, *arguments, env=None):
        _, report = self.check(*arguments, env=env)
        return [(f["code"], f["text"] + " -> " + f["mend"])
                for f in report["findings"]]

    def assert_found(self, findings, code, *words):
        for kind, text in findings:
            if kind == code and all(w in text for w in words):
                return
        self.fail("no %s with %r in %r" % (code, words, findings))


class Environment(AirflowCase):
    def test_connections_and_variables(self):
        env = {"AIRFLOW_CONN_PG": "postgresql://etl:p%40ss%2Fw0rd@db1:5432/sale",
               "AIRFLOW_CONN_API": json.dumps(
                   {"conn_type": "http", "host": "api.example.com",
                    "login": "apiuser", "password": "pw-of-api",
                    "extra": {"nested": {"anything": "deep-value"}}}),
               "AIRFLOW_VAR_PLAIN": "variable-value"}
        self.assertEqual(
            self.airflow("p@ss/w0rd p%40ss%2Fw0rd p%40ss/w0rd pw-of-api "
                         "deep-value variable-value etl db1 5432 sale "
                         "api.example.com apiuser", env=env),
            "*** *** *** *** *** *** etl db1 5432 sale api.example.com apiuser")

    def test_what_get_uri_prints_is_masked(self):
        password, extra = "p@ss/w:0r?d 100%é", {"token": "a+b/c d=&e",
                                                     "region": "eu-west-1"}
        printed = get_uri("etl", password, "db.example.com", "sale", extra)
        for value in (printed, json.dumps(
                {"conn_type": "postgres", "login": "etl",
                 "password": password, "host": "db.example.com",
                 "extra": extra}), json.dumps(
                {"conn_type": "postgres", "login": "etl",
                 "password": password, "host": "db.example.com",
                 "extra": json.dumps(extra)})):
            with self.subTest(value=value):
                out = self.airflow("say " + printed + " and " + password,
                                   env={"AIRFLOW_CONN_PG": value})
                if value == printed:  # which is a secret as a whole
                    self.assertEqual(out, "say *** and ***")
                else:
                    self.assertEqual(
                        out, "say postgres://etl:***@db.example.com/sale?"
                        "token=***&region=eu-west-1 and ***")

    def test_a_uri_in_a_uri_and_json_in_extra(self):
        env = {"AIRFLOW_CONN_SPARK": "spark://yarn://u:inner-passw@host",
               "AIRFLOW_CONN_X": "x://h/?__extra__=" + urllib.parse.quote(
                   json.dumps({"a": {"key_path": "value-in-extra"}}))}
        self.assertEqual(self.airflow("inner-passw value-in-extra", env=env),
                         "*** ***")

    def test_a_uri_without_a_secret_is_none(self):
        self.assertEqual(
            self.airflow("aws://host/db and localhost",
                         env={"AIRFLOW_CONN_AWS": "aws://host/db",
                              "AIRFLOW_VAR_X": "some-value"}),
            "aws://host/db and localhost")

    def test_it_is_the_default_where_an_airflow_is_found(self):
        for env in ({"AIRFLOW_CONN_X": "a://u:" + MARKER + "@h"},
                    {"AIRFLOW_VAR_X": MARKER}):
            with self.subTest(env=env):
                run = self.mask(MARKER.encode(), env={
                    "AIRFLOW_HOME": self.dir, **env})
                self.assertEqual((run.status, run.out), (0, b"***"), run)
        self.file("airflow/airflow.cfg", "[smtp]\nsmtp_password = " + MARKER)
        run = self.mask(MARKER.encode(), env={"AIRFLOW_HOME": None,
                                              "HOME": self.dir})
        self.assertEqual((run.status, run.out), (0, b"***"), run)

    def test_another_source_takes_its_place_and_without_both_is_usage(self):
        run = self.mask(b"variable-value", *self.one("other-value"),
                        env={"AIRFLOW_VAR_X": "variable-value"})
        self.assertEqual(run.out, b"variable-value")
        empty = {"HOME": self.path("nowhere"), "PATH": os.environ["PATH"]}
        self.assertEqual(self.bare(empty).status, 2)

    def bare(self, env):
        import subprocess
        done = subprocess.run([aws_case.binary()], env=env, input=b"x",
                              capture_output=True, timeout=20)
        self.assertEqual(done.stdout, b"")
        return type("Run", (), {"status": done.returncode})

    def environment(self, env=None):
        return {k: v for k, v in super().environment(env).items()
                if v is not None}


class Configuration(AirflowCase):
    CFG = """
# a comment
[core]
fernet_key = 
  sql_dialect: x
[smtp]
smtp_user = etl
domain = %(smtp_user)s-Domain
smtp_password = pw%%of #smtp; %(domain)s
[sentry]
sentry_dsn: https://key-of-sentry:pw-of-sentry@sentry.example.com/1
[celery]
broker_url = redis://:p%%40ss-of-redis@redis:6379/0
result_backend =
    db+postgresql://u:pw-of-results@pg/airflow
flower_basic_auth = admin:pw-of-flower,guest:pw-of-guest
[webserver]
secret_key = secret-of-webserver
"""

    def cfg(self, text=None):
        return self.file("airflow.cfg", text or self.CFG)

    def judge(self, path):
        parser = configparser.ConfigParser()
        parser.optionxform = str
        with open(path, encoding="utf-8") as f:
            parser.read_file(f)
        return parser

    def test_own_keys_are_masked_as_pythons_parser_reads_them(self):
        parser = self.judge(self.cfg())
        for section, key in (("smtp", "smtp_password"),
                             ("celery", "broker_url"),
                             ("celery", "result_backend"),
                             ("sentry", "sentry_dsn"),
                             ("celery", "flower_basic_auth"),
                             ("webserver", "secret_key")):
            value = parser.get(section, key).strip()
            with self.subTest(key=key):
                self.assertEqual(self.airflow("<" + value + ">"), "<***>")
        self.assertEqual(
            self.airflow("p@ss-of-redis p%40ss-of-redis pw-of-results "
                         "pw-of-flower pw-of-guest pw-of-sentry redis etl"),
            "*** *** *** *** *** *** redis etl")

    def test_odd_files_are_read_as_python_reads_them(self):
        for i, text in enumerate((
                "[smtp]\nsmtp_password = first\n second line\n\n  third\nx=1",
                "[smtp]\r\nsmtp_password:colon=equals ; no comment\r\n",
                "[DEFAULT]\nsmtp_password = from-default-section\n[smtp]\na=b",
                "[smtp]\nsmtp_password = \"quotes-belong\"  \n",
                "[smtp]\nsmtp_password =\xa0pw-\u00fcmlaut-\u2003end\n",
                "[smtp]\nbase = %%x%%\nsmtp_password = %(base)s-of-%(base)s\n",
                "[smtp]\n# smtp_password = no\n; x\nsmtp_password = yes-it-is\n"
        )):
            with self.subTest(i=i):
                path = self.file("airflow.cfg", text)
                value = self.judge(path).get("smtp", "smtp_password").strip()
                self.assertEqual(self.airflow("<" + value + ">"), "<***>")

    def test_what_python_refuses_fails_closed(self):
        for text in ("[smtp]\nsmtp_password = 100% " + MARKER,
                     "[smtp]\nsmtp_password = %(nothing)s" + MARKER,
                     "[smtp]\nsmtp_password = %(smtp_password)s" + MARKER,
                     "[smtp]\na=" + MARKER + "\na=2\n",
                     "[smtp]\na=1\n[smtp]\nb=" + MARKER,
                     "smtp_password = " + MARKER, "[smtp]\n" + MARKER):
            with self.subTest(text=text):
                path = self.file("airflow.cfg", text)
                with self.assertRaises(configparser.Error):
                    self.judge(path).get("smtp", "smtp_password")
                run = self.mask(b"log", "--source", "airflow:")
                self.assert_refused(run, 3, "airflow.cfg", never=[MARKER])

    def test_variables_outweigh_the_file(self):
        self.cfg("[smtp]\nsmtp_password = pw-of-the-file\n")
        env = {"AIRFLOW__SMTP__SMTP_PASSWORD": "pw-of-env%%"}
        self.assertEqual(
            self.airflow("pw-of-env%% pw-of-the-file", env=env),
            "*** pw-of-the-file")

    def test_airflow_config_names_another_file_and_variables_expand(self):
        self.file("conf/other.cfg",
                  "[smtp]\nsmtp_password = $PART_OF_IT-${AND}-%%\n")
        env = {"AIRFLOW_CONFIG": "~/conf/other.cfg",
               "PART_OF_IT": "expanded", "AND": "value"}
        self.assertEqual(self.airflow("expanded-value-%", env=env), "***")

    def test_commands_run_only_when_allowed(self):
        ran = self.path("ran")
        self.cfg("[smtp]\nsmtp_password_cmd = sh -c \"touch '%s'; "
                 "echo pw-of-command\"\n" % ran)
        env = {"AIRFLOW_VAR_X": "some-variable"}
        run = self.mask(b"pw-of-command some-variable", "--source", "airflow:",
                        env=env)
        self.assertEqual((run.status, run.out), (0, b"pw-of-command ***"))
        self.assertIn(b"--airflow-commands", run.err)
        self.assertFalse(os.path.exists(ran))
        for source in (["--source", "airflow:", "--airflow-commands"],
                       ["--source", "airflow[commands=run]:"]):
            self.assertEqual(self.masked(b"pw-of-command", *source, env=env),
                             b"***")
        self.assertTrue(os.path.exists(ran))

    def test_a_needed_command_that_is_not_allowed_fails_closed(self):
        env = {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_CMD": "echo " + MARKER}
        run = self.mask(b"log", "--source", "airflow:", env=env)
        self.assert_refused(run, 3, "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_CMD",
                            "--airflow-commands", never=[MARKER])

    def test_a_jwt_secret_is_no_name_of_a_secret(self):
        env = {"AIRFLOW__API_AUTH__JWT_SECRET": "value-of-jwt"}
        self.assertEqual(self.airflow("value-of-jwt", env=env), "***")


class LocalFiles(AirflowCase):
    def files(self, **paths):
        return {"AIRFLOW__SECRETS__BACKEND": FILES,
                "AIRFLOW__SECRETS__BACKEND_KWARGS": json.dumps(paths)}

    def test_json_yaml_and_env(self):
        connections = self.file("c.json", json.dumps({
            "one": "mysql://u:pw-of-one@h/d",
            "two": {"conn_type": "ssh", "password": "pw-of/two",
                    "extra_dejson": {"private_key": "key of two"}},
            "three": ["ftp://u:pw-of-three@h"]}))
        variables = self.file("v.yaml", "plain: value-of-yaml\n"
                              "nested:\n  inner: value-in-yaml\n")
        configs = self.file("k.env", "# a comment\nkey='quoted-value'\n")
        env = self.files(connections_file_path=connections,
                         variables_file_path=variables,
                         configs_file_path=configs)
        self.assertEqual(
            self.airflow("pw-of-one pw-of/two pw-of%2Ftwo key+of+two "
                         "pw-of-three value-of-yaml value-in-yaml "
                         "'quoted-value' h ssh", env=env),
            "*** *** *** *** *** *** *** *** h ssh")

    def test_yaml_connections(self):
        path = self.file("c.yml", "a: \"x://u:pw-of-a@h\"\nb:\n"
                         "  conn_type: x\n  host: host-of-b\n"
                         "  password: \"pw of/b\"\n"
                         "  extra:\n    k: extra-of-b\nc:\n- x://u:pw-of-c@h\n")
        env = self.files(connections_file_path=path)
        self.assertEqual(
            self.airflow("pw-of-a pw of/b pw%20of%2Fb extra-of-b pw-of-c "
                         "host-of-b", env=env), "*** *** *** *** *** host-of-b")

    def test_what_cannot_be_read_fails_closed(self):
        for name, text, word in (
                ("c.json", "{" + MARKER, "JSON"), ("c.txt", MARKER, ".json"),
                ("c.env", MARKER, "NAME=VALUE"), ("c.json", "[]", "object")):
            with self.subTest(name=name, text=text):
                path = self.file(name, text)
                run = self.mask(b"log", "--source", "airflow:",
                                env=self.files(connections_file_path=path))
                self.assert_refused(run, 3, path, word, never=[MARKER])
        run = self.mask(b"log", "--source", "airflow:", env=self.files(
            variables_file_path="/no/such.json"))
        self.assert_refused(run, 3, "/no/such.json")

    def test_a_backend_that_is_not_known_fails_closed(self):
        for name, word in (("x.VaultBackend", "VaultBackend"),
                           ("x.LocalFileSystemBackends",
                            "LocalFilesystemBackend")):
            run = self.mask(b"log", "--source", "airflow:",
                            env={"AIRFLOW__SECRETS__BACKEND": name})
            self.assert_refused(run, 3, word)


class Policy(AirflowCase):
    ENV = {"AIRFLOW_CONN_X": json.dumps(
        {"conn_type": "x", "login": "user-of-x", "password": "pw@of/x",
         "schema": "schema-of-x",
         "extra": {"api_key": "key-of-x", "other": "other-of-x",
                   "list_of_tokens": ["token-1-x", "token-2-x"]}}),
        "AIRFLOW_VAR_DB_PASSWORD": "variable-secret",
        "AIRFLOW_VAR_PLAIN": "variable-plain",
        "AIRFLOW_VAR_JSON": json.dumps({"secret": "in-json-1",
                                        "other": "in-json-2"}),
        "AIRFLOW_VAR_MY_TOKEN": "abcd"}
    TEXT = ("pw@of/x pw%40of/x key-of-x token-1-x token-2-x variable-secret "
            "in-json-1 other-of-x variable-plain in-json-2 user-of-x abcd")

    def test_strict_masks_all_but_the_harmless(self):
        self.assertEqual(
            self.airflow(self.TEXT, env=self.ENV),
            "*** *** *** *** *** *** *** *** *** *** user-of-x ***")

    def test_airflow_masks_what_airflow_masks(self):
        self.assertEqual(
            self.airflow(self.TEXT, "--policy=airflow", env=self.ENV),
            "*** *** *** *** *** *** *** other-of-x variable-plain in-json-2 "
            "user-of-x abcd")

    def test_airflows_own_options_count(self):
        env = {**self.ENV,
               "AIRFLOW__CORE__SENSITIVE_VAR_CONN_NAMES": "plain, Other",
               "AIRFLOW__LOGGING__MIN_LENGTH_MASKED_SECRET": "4"}
        out = self.airflow("variable-plain other-of-x in-json-2 in-json-1",
                           "--policy=airflow", env=env)
        self.assertEqual(out, "*** *** *** ***")
        env["AIRFLOW__CORE__HIDE_SENSITIVE_VAR_CONN_FIELDS"] = "False # no"
        out = self.airflow("variable-plain other-of-x in-json-1 pw@of/x",
                           "--policy=airflow", env=env)
        self.assertEqual(out, "variable-plain other-of-x in-json-1 ***")

    def test_other_sources_follow_it_by_name_and_key(self):
        source = self.named({"api_token": "token-value", "host": "host-value",
                             "any": json.dumps({"password": "pw-in-any",
                                                "note": "note-in-any"})})
        text = b"token-value host-value pw-in-any note-in-any"
        self.assertEqual(self.masked(text, *source, "--policy=airflow",
                                     "--log-level=error"),
                         b"*** host-value *** note-in-any")

    def test_it_does_not_go_with_mask_all(self):
        run = self.mask(b"", "--source", "airflow:", "--policy=airflow",
                        "--mask-all")
        self.assert_refused(run, 2, "mask-all")


class BackendCase(AirflowCase, AwsCase):
    def environment(self, env=None):
        return AwsCase.environment(
            self, {"HOME": self.dir, "AIRFLOW_HOME": self.dir, **(env or {})})

    def tearDown(self):
        self.assert_signed_well()
        super().tearDown()

    def backend(self, name=MANAGER, **kwargs):
        kwargs = {"region_name": REGION, "endpoint_url": self.aws.url, **kwargs}
        return {"AIRFLOW__SECRETS__BACKEND": name,
                "AIRFLOW__SECRETS__BACKEND_KWARGS": json.dumps(
                    {k: v for k, v in kwargs.items() if v != "unset"})}


class Backends(BackendCase):
    def test_secrets_manager_with_its_defaults(self):
        self.aws.put_secret("airflow/connections/pg",
                            "postgres://etl:pw%40of-pg@db/x")
        self.aws.put_secret("airflow/variables/v", "value-of-v")
        self.aws.put_secret("airflow/config/k", "value-of-k")
        self.aws.put_secret("other/secret", "value-elsewhere")
        self.assertEqual(
            self.airflow("pw@of-pg value-of-v value-of-k value-elsewhere etl",
                         env=self.backend()),
            "*** *** *** value-elsewhere etl")

    def test_synonyms_and_words_of_the_user(self):
        self.aws.put_secret("airflow/connections/rds", json.dumps(
            {"username": "user-of-rds", "key": "pw/of rds", "server": "db-rds",
             "conn_id": "postgres-kind", "my_host": "host-by-word",
             "my_pw": "pw by/word", "dbInstanceIdentifier": "instance-id"}))
        env = self.backend(extra_conn_words={"host": ["my_host"],
                                             "password": ["my_pw"]})
        self.assertEqual(
            self.airflow("pw/of rds pw%2Fof%20rds pw by/word pw%20by%2Fword "
                         "instance-id user-of-rds db-rds postgres-kind "
                         "host-by-word", env=env),
            "*** *** *** *** *** user-of-rds db-rds postgres-kind host-by-word")

    def test_prefixes_null_empty_and_separators(self):
        for name in ("c-one", "c--two", "v-three", "four", "airflow/config/x"):
            self.aws.put_secret(name, "value-of-" + name)
        text = " ".join("value-of-" + n for n in
                        ("c-one", "v-three", "four", "airflow/config/x"))
        self.assertEqual(
            self.airflow(text, env=self.backend(
                connections_prefix="c--", variables_prefix=None, sep="-",
                config_prefix=None)),
            "*** value-of-v-three value-of-four value-of-airflow/config/x")
        self.assertEqual(
            self.airflow(text, env=self.backend(
                connections_prefix=None, variables_prefix="",
                config_prefix=None)), "*** *** *** ***")

    def test_a_null_prefix_is_not_the_default_one(self):
        for kind in ("connections", "variables", "config"):
            self.aws.put_secret("airflow/%s/x" % kind, "value-of-" + kind)
            self.aws.put_parameter("/airflow/%s/x" % kind, "value-of-" + kind)
        text = "value-of-connections value-of-variables value-of-config"
        for backend in (MANAGER, STORE):
            for kind in ("connections", "variables", "config"):
                with self.subTest(backend=backend, kind=kind):
                    env = self.backend(backend, **{kind + "_prefix": None})
                    self.assertEqual(
                        self.airflow(text, env=env),
                        text.replace("value-of-", "***-of-").replace(
                            "***-of-" + kind, "value-of-" + kind).replace(
                            "***-of-connections", "***").replace(
                            "***-of-variables", "***").replace(
                            "***-of-config", "***"))
        # No request for what no prefix is left of.
        self.aws.log.clear()
        run = self.mask(text.encode(), "--source", "airflow:",
                        env=self.backend(connections_prefix=None,
                                         variables_prefix=None,
                                         config_prefix=None))
        self.assertEqual((run.status, run.out), (0, text.encode()), run)
        self.assertEqual(self.aws.log, [])

    def test_only_current_versions_where_the_user_says_so(self):
        for value in ("value-of-before", "value-of-now"):
            self.aws.put_secret("airflow/variables/x", value)
            self.aws.put_parameter("/airflow/variables/x", value)
        text = b"value-of-before value-of-now"
        for backend in (MANAGER, STORE):
            for source, out in (("airflow:", b"*** ***"),
                                ("airflow[versions=current]:",
                                 b"value-of-before ***")):
                self.assertEqual(self.masked(
                    text, "--source", source, "--log-level=error",
                    env=self.backend(backend)), out)

    def test_lookup_patterns_match_from_the_start_in_any_case(self):
        for name in ("Prod_a", "x_prod", "PROD"):
            self.aws.put_secret("airflow/variables/" + name, "value-" + name)
        self.assertEqual(
            self.airflow("value-Prod_a value-x_prod value-PROD",
                         env=self.backend(variables_lookup_pattern="prod")),
            "*** value-x_prod ***")
        self.assert_found(
            self.findings(env=self.backend(
                variables_lookup_pattern="(?=prod)")), "lookup-pattern")

    def test_parameter_store(self):
        self.aws.put_parameter("/airflow/connections/pg", "pg://u:pw-of-pg@h")
        self.aws.put_parameter("/airflow/variables/v", "value-of-v", "String")
        self.aws.put_parameter("/airflow2/x", "value-elsewhere")
        self.assertEqual(
            self.airflow("pw-of-pg value-of-v value-elsewhere",
                         env=self.backend(STORE)), "*** *** value-elsewhere")
        self.assertEqual(
            self.airflow("pw-of-pg value-of-v value-elsewhere",
                         env=self.backend(STORE, connections_prefix="airflow2/",
                                          variables_prefix=None)),
            "pw-of-pg value-of-v ***")

    def test_keys_in_the_arguments_sign_and_are_masked(self):
        other = ("AKIDINTHEARGUMENTS12", "secret-key-in-the-arguments")
        self.aws.allow(*other)
        self.aws.put_secret("airflow/variables/v", "value-of-v")
        env = self.backend(aws_access_key_id=other[0],
                           aws_secret_access_key=other[1])
        env["AWS_ACCESS_KEY_ID"] = env["AWS_SECRET_ACCESS_KEY"] = "broken-key"
        self.assertEqual(self.airflow("value-of-v " + " ".join(other), env=env),
                         "*** *** ***")

    def signer(self):
        """Whose key signed the last request, and for which region."""
        text = self.aws.log[-1]["headers"]["authorization"]
        return re.search("Credential=([^/]+)/[0-9]+/([^/]+)/", text).groups()

    def test_arguments_of_the_session(self):
        self.aws.put_secret("airflow/variables/v", "value-of-v")
        self.aws.allow("AKIAPROFILEPROFILE00", "secret-of-the-profile")
        self.file(".aws/config", "[profile p]\nregion = us-east-2\n"
                  "aws_access_key_id = AKIAPROFILEPROFILE00\n"
                  "aws_secret_access_key = secret-of-the-profile\n")
        for kwargs, signer in (
                ({"session_kwargs": {"profile_name": "p"}},
                 ("AKIAPROFILEPROFILE00", REGION)),
                ({"session_kwargs": {"profile_name": "p"},
                  "region_name": "unset"},
                 ("AKIAPROFILEPROFILE00", "us-east-2")),
                ({"session_kwargs": {"region_name": "us-west-2"},
                  "region_name": "unset"}, (KEY, "us-west-2")),
                ({"session_kwargs": {"region_name": "us-west-2"}},
                 (KEY, REGION)),
                ({"session_kwargs": {
                    "aws_access_key_id": "AKIAPROFILEPROFILE00",
                    "aws_secret_access_key": "secret-of-the-profile"}},
                 ("AKIAPROFILEPROFILE00", REGION)),
                ({"session_kwargs": {"profile_name": "p"},
                  "aws_access_key_id": KEY, "aws_secret_access_key":
                  SECRET_KEY}, (KEY, REGION)),
                ({"profile_name": "p"}, ("AKIAPROFILEPROFILE00", REGION)),
                ({"session_kwargs": None, "use_ssl": False, "api_version":
                  "2017-10-17", "config_kwargs": {"retries": {}}},
                 (KEY, REGION))):
            with self.subTest(kwargs=kwargs):
                self.assertEqual(self.airflow(
                    "value-of-v", env=self.backend(**kwargs)), "***")
                self.assertEqual(self.signer(), signer)
        self.assert_signed_well()

    def test_arguments_of_the_wrong_kind_fail_closed(self):
        for name in ("session_kwargs", "config_kwargs", "service_config",
                     "assume_role_kwargs"):
            run = self.mask(b"x", "--source", "airflow:",
                            env=self.backend(**{name: MARKER}))
            self.assert_refused(run, 3, name + " is no JSON object",
                                never=[MARKER])
        for method in ("assume_role_with_saml", "something"):
            run = self.mask(b"x", "--source", "airflow:", env=self.backend(
                role_arn="arn:aws:iam::1:role/r", assume_role_method=method))
            self.assert_refused(run, 3, method)

    def test_arguments_that_a_command_or_a_secret_gives(self):
        self.aws.put_secret("airflow/variables/v", "value-of-v")
        env = self.backend()
        kwargs = self.file("kwargs", env.pop(KWARGS))
        env[KWARGS + "_CMD"] = "cat " + kwargs
        run = self.mask(b"value-of-v", "--source", "airflow:", env=env)
        self.assert_refused(run, 3, KWARGS + "_CMD", "--airflow-commands")
        self.assertEqual(self.airflow("value-of-v", "--airflow-commands",
                                      env=env), "***")
        del env[KWARGS + "_CMD"]
        # It would have to lie in the backend that it describes.
        env[KWARGS + "_SECRET"] = "kwargs"
        run = self.mask(b"value-of-v", "--source", "airflow:", env=env)
        self.assert_refused(run, 3, KWARGS + "_SECRET")

    def test_words_for_a_password_are_no_passwords(self):
        self.aws.put_secret("airflow/connections/c", json.dumps(
            {"my_word": "pw-of-c", "conn_type": "http"}))
        env = self.backend(extra_conn_words={"password": ["my_word"]})
        run = self.mask(b"pw-of-c my_word", "--source", "airflow:", env=env)
        self.assertEqual((run.status, run.out, run.err),
                         (0, b"*** my_word", b""), run)

    def test_a_role_is_assumed(self):
        role = "arn:aws:iam::123456789012:role/airflow"
        self.aws.roles[role] = {"external_id": "ext-7"}
        self.aws.put_secret("airflow/variables/v", "value-of-v")
        env = self.backend(
            role_arn=role, assume_role_kwargs={"ExternalId": "ext-7"},
            service_config={"sts": {"endpoint_url": self.aws.url}})
        self.assertEqual(self.airflow("value-of-v", env=env), "***")
        self.assertEqual(self.aws.count("AssumeRole"), 1)

    def test_options_that_lie_in_the_backend(self):
        self.aws.put_secret("airflow/config/smtp-pw", "pw-in-the-backend")
        env = {**self.backend(),
               "AIRFLOW__SMTP__SMTP_PASSWORD_SECRET": "smtp-pw",
               "AIRFLOW__WEBSERVER__SECRET_KEY_SECRET": "not-there"}
        self.assertEqual(self.airflow("pw-in-the-backend", env=env), "***")
        self.assert_found(self.findings(env=env), "option-not-read",
                          "not-there", "config_prefix")

    def test_the_worker_backend_of_airflow_3_is_read_too(self):
        self.aws.put_secret("airflow/variables/v", "value-of-v")
        env = {k.replace("SECRETS__BACKEND", "WORKERS__SECRETS_BACKEND"): v
               for k, v in self.backend().items()}
        self.assertEqual(self.airflow("value-of-v", env=env), "***")

    def test_without_the_right_to_list_names_can_be_told(self):
        self.aws.put_secret("airflow/variables/v", "value-of-v")
        self.aws.denied.add("ListSecrets")
        run, report = self.check(env=self.backend())
        self.assertEqual(run.status, 3)
        self.assert_found([(f["code"], f["text"] + f["mend"])
                           for f in report["findings"]], "denied",
                          "secretsmanager:ListSecrets",
                          "secretsmanager:GetSecretValue", "kms:Decrypt")
        out = self.masked(b"value-of-v", "--source",
                          "airflow[names=airflow/variables/v]:",
                          "--log-level=error", env=self.backend())
        self.assertEqual(out, b"***")


class Findings(BackendCase):
    def test_a_prefix_under_which_nothing_lies(self):
        for i in range(3):
            self.aws.put_secret("connections/connection%d" % i, "value-%d" % i)
        for name, value in (("connections_prefix", "datasources/connections"),
                            ("connections_prefix", "unset")):
            found = self.findings(env=self.backend(
                **{name: value}, variables_prefix=None, config_prefix=None))
            self.assert_found(found, "wrong-prefix", "0 secrets under",
                              "3 under connections/",
                              "set connections_prefix to connections")
        self.aws.put_parameter("/connections/a", "value-of-a")
        found = self.findings(env=self.backend(
            STORE, connections_prefix="/datasource/connections"))
        self.assert_found(found, "wrong-prefix", "1 under /connections/")

    def test_another_separator(self):
        self.aws.put_secret("airflow/connections/a", "pg://u:long-pass@h/d")
        found = self.findings(env=self.backend(sep="-"))
        self.assert_found(found, "wrong-prefix", "airflow/connections-",
                          'set sep to "/"')

    def test_an_unused_default_prefix_is_no_finding(self):
        self.aws.put_secret("airflow/connections/a", "pg://u:long-pass@h/d")
        run, report = self.check(env=self.backend())
        self.assertEqual((run.status, report["findings"]), (0, []))

    def test_near_misses(self):
        self.aws.put_secret("airflow/connections/a", "pg://u:long-pass@h/d")
        env = {**self.backend(connection_prefix="x", regionname="y"),
               "AIRFLOW__SECRETS_BACKEND": "x",
               "AIRFLOW_SECRETSS_BACKEND_KWARGS": MARKER,
               "AIRFLOW_CONNECTION_PG": MARKER, "airflow_conn_pg": MARKER,
               "AIRFLOW_VARIABLE_X": MARKER,
               "AIRFLOW__CORE__FERNETKEY": MARKER}
        found = self.findings(env=env)
        for wrong, right in (
                ("connection_prefix", "connections_prefix"),
                ("regionname", "region_name"),
                ("AIRFLOW__SECRETS_BACKEND ", "AIRFLOW__SECRETS__BACKEND"),
                ("AIRFLOW_SECRETSS_BACKEND_KWARGS",
                 "AIRFLOW__SECRETS__BACKEND_KWARGS"),
                ("AIRFLOW_CONNECTION_PG", "AIRFLOW_CONN_PG"),
                ("airflow_conn_pg", "AIRFLOW_CONN_PG"),
                ("AIRFLOW_VARIABLE_X", "AIRFLOW_VAR_X"),
                ("AIRFLOW__CORE__FERNETKEY", "AIRFLOW__CORE__FERNET_KEY")):
            self.assert_found(found, "near-miss", wrong, right)
        self.assertNotIn(MARKER, str(found))

    def test_right_names_are_no_near_misses(self):
        env = {"AIRFLOW__CORE__EXECUTOR": "x", "AIRFLOW__SECRETS__USE_CACHE":
               "x", "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC": "", "AIRFLOW_UID": "1",
               "AIRFLOW__CORE__SQL_ALCHEMY_CONN": "", "AIRFLOW_VERSION": "2",
               "AIRFLOW__WORKERS__SECRETS_BACKEND": "",
               "AIRFLOW_VAR_X": "long-value-x", "AIRFLOW_IMAGE_NAME": "x",
               "AIRFLOW__API__SECRET_KEY": "long-value-y"}
        self.assertEqual(self.findings(env=env), [])

    def test_a_missing_region(self):
        run, report = self.check(env=self.backend(region_name="unset"))
        self.assertEqual(run.status, 3)
        self.assertEqual(report["findings"][0]["code"], "no-region")
        self.assertIn("AWS_DEFAULT_REGION", report["findings"][0]["mend"])
        self.aws.put_secret("airflow/connections/a", "pg://u:long-pass@h/d")
        self.assert_found(self.findings(env={
            **self.backend(region_name="unset"), "AWS_REGION": REGION}),
            "no-region", "AWS_REGION")

    def test_an_expired_sso_login(self):
        self.file(".aws/config", "[profile sso]\nsso_start_url = https://x/\n"
                  "sso_region = eu-west-1\nsso_account_id = 1\n"
                  "sso_role_name = r\nregion = eu-west-1\n")
        env = {**self.backend(profile_name="sso"), "AWS_ACCESS_KEY_ID": None,
               "AWS_SECRET_ACCESS_KEY": None}
        run, report = self.check(env=env)
        self.assertEqual(run.status, 3)
        self.assertEqual(report["findings"][0]["code"], "sso-expired",
                         report["findings"])
        self.assertIn("aws sso login", report["findings"][0]["mend"])

    def test_a_password_too_short_to_mask_safely(self):
        run, report = self.check(env={"AIRFLOW_CONN_X": "x://u:root@host/d"})
        self.assertEqual(run.status, 1)
        self.assert_found([(f["code"], f["text"]) for f in report["findings"]],
                          "short-secret", "AIRFLOW_CONN_X/password")

    def test_check_tells_where_each_secret_stands(self):
        self.aws.put_secret("airflow/variables/v", "value-of-v")
        self.file("airflow.cfg", "[smtp]\nsmtp_password = pw-of-smtp\n")
        env = {**self.backend(), "AIRFLOW_CONN_X": "x://u:long-pass@h/d"}
        _, report = self.check(env=env)
        places = {s["name"]: s.get("place") for s in report["secrets"]}
        self.assertEqual(places["airflow/variables/v"], "secrets backend")
        self.assertEqual(places["AIRFLOW_CONN_X/password"], "environment")
        self.assertEqual(places["smtp/smtp_password"], "configuration")
        self.assertIn("AWS credentials", places.values())
        self.assertEqual({s["source"] for s in report["secrets"]},
                         {"airflow:"})
        run = self.mask(b"", "check", "--source", "airflow:", env=env)
        self.assertRegex(run.out, rb"(?m)^airflow/variables/v +airflow: "
                         rb"\(secrets backend\) ")

    def test_the_table_tells_them_and_no_value(self):
        self.aws.put_secret("connections/a", MARKER)
        env = {**self.backend(connections_prefix="conections"),
               "AIRFLOW_CONN_X": "x://u:%s@h/d" % MARKER}
        run = self.mask(b"", "check", env=env)
        self.assertEqual(run.status, 1)
        self.assertRegex(run.out, rb"(?m)^CODE +NEEDS MENDING$")
        self.assertRegex(run.out, rb"(?m)^wrong-prefix +.*conections")
        self.assertRegex(run.out, rb"(?m)^ +-> set connections_prefix to "
                         rb"connections")
        self.assertNotIn(MARKER.encode(), run.out + run.err)


class LocalStackArticle(BackendCase):
    """G. Belli, Airflow + AWS Secret Manager + LocalStack, March 2023."""

    KEYS = ("john", "doe")

    def setUp(self):
        super().setUp()
        self.aws.allow(*self.KEYS)
        self.aws.unknown.add("BatchGetSecretValue")  # LocalStack 1.4
        for name, value in (
                ("connection1", {"password": "root", "conn_type": "mysql",
                                 "port": "3306", "host": "db", "login": "root",
                                 "schema": "db1"}),
                ("connection2", {"password": "root", "conn_type": "mysql",
                                 "port": "3306", "host": "db2",
                                 "login": "root"}),
                ("connection3", {"password": "root", "conn_type": "postgres",
                                 "port": "5432", "host": "db3",
                                 "login": "postgres"})):
            self.aws.put_secret("connections/" + name,
                                json.dumps(value, separators=(",", ":")))

    def article(self, kwargs):
        return {"AIRFLOW__SECRETS__BACKEND": MANAGER,
                "AIRFLOW__SECRETS__BACKEND_KWARGS":
                    kwargs.replace("http://localstack:4566", self.aws.url),
                "AWS_ACCESS_KEY_ID": self.KEYS[0],
                "AWS_SECRET_ACCESS_KEY": self.KEYS[1]}

    AS_WRITTEN = ("\u2018{\u201cconnections_prefix\u201d: "
                  "\u201cdatasources/connections\u201d, "
                  "\u201cvariables_prefix\u201d: null, \u201cregion_name"
                  "\u201d: \u201cus-east-1\u201d, \u201cendpoint_url\u201d: "
                  "\u201chttp://localstack:4566\"}'")

    def test_as_written(self):
        env = self.article(self.AS_WRITTEN)
        run = self.mask(b"root", "--source", "airflow:", env=env)
        self.assert_refused(run, 3, "typographic quotes")
        run, report = self.check(env=env)
        self.assertEqual(run.status, 3)
        found = [(f["code"], f["text"] + f["mend"]) for f in report["findings"]]
        self.assert_found(found, "typographic-quotes", "U+201C",
                          "AIRFLOW__SECRETS__BACKEND_KWARGS")
        self.assert_found(found, "wrong-prefix",
                          "0 secrets under datasources/connections/",
                          "3 under connections/")

    def test_with_plain_quotes_the_prefix_is_still_wrong(self):
        plain = re.sub("[\u201c\u201d]", '"', self.AS_WRITTEN).strip("\u2018'")
        run, report = self.check(env=self.article(plain))
        self.assertEqual(run.status, 1)
        self.assertEqual([f["code"] for f in report["findings"]],
                         ["wrong-prefix", "no-secret"])

    def test_the_names_that_its_text_spells(self):
        found = self.findings(env={
            "AIRFLOW__SECRETS_BACKEND": MANAGER,
            "AIRFLOW_SECRETSS_BACKEND_KWARGS": "{}"})
        self.assert_found(found, "near-miss", "AIRFLOW__SECRETS_BACKEND")
        self.assert_found(found, "near-miss", "AIRFLOW_SECRETSS_BACKEND_KWARGS")

    def test_mended(self):
        env = self.article(json.dumps(
            {"connections_prefix": "connections", "variables_prefix": None,
             "region_name": "us-east-1",
             "endpoint_url": "http://localstack:4566"}))
        self.assertEqual(
            self.airflow("login root with root at db2, port 3306; rooted in "
                         "/uproot/x root.", env=env),
            "login *** with *** at db2, port 3306; rooted in /uproot/x ***.")
        printed = "mysql://root:root@db:3306/db1 as postgres"
        self.assertEqual(self.airflow(printed, env=env),
                         "mysql://***:***@db:3306/db1 as postgres")
        self.assertEqual(self.aws.count("BatchGetSecretValue"), 2)
        run, report = self.check(env=env)
        self.assertEqual(
            [(f["code"]) for f in report["findings"]], ["short-secret"])


if __name__ == "__main__":
    aws_case.main()
