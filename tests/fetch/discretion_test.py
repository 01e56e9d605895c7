"""What the fetched sources hold shows nowhere: in no message of a failing path
at any log level, in no core of the fetcher, and by no socket of the masking
program."""

import json
import os
import random
import shutil
import sqlite3
import threading
import time

import aws_case
import maskpipe_cli
from airflow_test import FILES, MANAGER, STORE, BackendCase
from aws_server import AwsError
from core_file import core_of, need_root_and_gdb, pieces
from maskpipe_cli import SECONDS

try:
    from cryptography.fernet import Fernet
except ImportError:
    print("SKIPPED: python3-cryptography is not installed")
    raise SystemExit(77)

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
MARKER = "Mrk-e07d52-Discretion"


class DiscretionCase(BackendCase):
    def database(self, password, key=None, name="airflow.db"):
        """A metastore of one connection and one variable; its URL."""
        path = self.path(name)
        value = password
        if key is not None:
            value = Fernet(key).encrypt(password.encode()).decode()
        with sqlite3.connect(path) as db:
            db.execute("create table connection (conn_id, login, password, "
                       "host, schema, extra, is_encrypted, is_extra_encrypted)")
            db.execute("create table variable (key, val, is_encrypted)")
            db.execute("insert into connection values ('c', 'l', ?, 'h', 's', "
                       "NULL, ?, 0)", (value, key is not None))
            db.execute("insert into variable values ('v', ?, ?)",
                       (value, key is not None))
        db.close()
        return "sqlite:///" + path


class Messages(DiscretionCase):
    """Every failing path, at every log level, in both formats."""

    def silent(self, status, *arguments, env):
        log, metrics = self.path("log"), self.path("metrics")
        for level in ("debug", "info", "warn", "error", "off"):
            form = "json" if level in ("debug", "warn") else "text"
            for path in (log, metrics):
                if os.path.exists(path):
                    os.remove(path)
            run = self.mask(b"a line\n", *arguments, "--log-level", level,
                            "--log-format", form, "--log-file", log, "--stats",
                            "--metrics", metrics, "--metrics-names", env=env)
            written = run.out + run.err + b"".join(
                self.text_of(p) for p in (log, metrics) if os.path.exists(p))
            self.assertEqual(run.status, status, run)
            for word in (MARKER, MARKER[:12], MARKER[4:]):
                self.assertNotIn(word.encode(), written)
            for word in (b"AWS4-HMAC", b"Signature=",
                         aws_case.SECRET_KEY.encode()):
                self.assertNotIn(word, written)
        for form in ("text", "json"):
            run = self.mask(b"", "check", *arguments, "--format", form, env=env)
            self.assertNotIn(MARKER[:12].encode(), run.out + run.err)
            self.assertNotIn(MARKER[4:].encode(), run.out + run.err)

    def airflow_env(self):
        """One whose every place holds the marker."""
        for kind in ("connections", "variables", "config"):
            self.aws.put_secret("airflow/%s/x" % kind, MARKER)
        self.file("airflow.cfg", "[smtp]\nsmtp_password = %s\n" % MARKER)
        return {**self.backend(aws_session_token=MARKER,
                               aws_access_key_id=aws_case.KEY,
                               aws_secret_access_key=aws_case.SECRET_KEY),
                "AIRFLOW_CONN_X": "x://u:%s@h" % MARKER,
                "AIRFLOW_VAR_X": MARKER,
                "AIRFLOW__CELERY__BROKER_URL": "redis://:%s@h" % MARKER,
                "AIRFLOW__WEBSERVER__SECRET_KEY": MARKER}

    def good(self):
        env = self.airflow_env()
        self.aws.allow(aws_case.KEY, aws_case.SECRET_KEY, MARKER)
        return env

    def test_what_loads_is_not_told(self):
        self.silent(0, "--source", "airflow:", env=self.good())

    def test_backends_that_refuse(self):
        for error in ("AccessDeniedException", "ExpiredTokenException",
                      "InternalServiceError", MARKER):
            def refuse(body, error=error):
                raise AwsError(error, MARKER)

            env = {**self.good(), "AWS_MAX_ATTEMPTS": "1"}
            self.aws.secretsmanager_ListSecrets = refuse
            with self.subTest(error=error):
                self.silent(3, "--source", "airflow:", env=env)

    def test_arguments_that_are_broken(self):
        for kwargs in ('{"profile_name": "%s' % MARKER, MARKER,
                       '["%s"]' % MARKER, '{"profile_name": ["%s"]}' % MARKER,
                       '\u201c%s\u201d' % MARKER,
                       '{\u201cx\u201d: \u201c%s\u201d}' % MARKER,
                       '{"role_arn": "arn:x", "assume_role_kwargs": "%s"}'
                       % MARKER,
                       '{"endpoint_url": "http://u:%s@h/"}' % MARKER,
                       '{"aws_secret_access_key": "%s"}' % MARKER):
            for name in (MANAGER, STORE):
                with self.subTest(kwargs=kwargs):
                    self.silent(3, "--source", "airflow:", env={
                        **self.backend(name),
                        "AIRFLOW__SECRETS__BACKEND_KWARGS": kwargs})

    def test_files_that_are_broken(self):
        for name, text in (("a.json", '{"c": "%s' % MARKER),
                           ("b.json", '{"c": {"password": %s}}' % MARKER),
                           ("c.yaml", "c: *%s" % MARKER),
                           ("d.env", MARKER)):
            path = self.file(name, text)
            with self.subTest(file=name):
                self.silent(3, "--source", "airflow:", env={
                    "AIRFLOW__SECRETS__BACKEND": FILES,
                    "AIRFLOW__SECRETS__BACKEND_KWARGS": json.dumps(
                        {"connections_file_path": path})})

    def test_a_configuration_that_is_broken(self):
        for text in ("[smtp]\n%s\n" % MARKER, "x = %s\n" % MARKER,
                     "[smtp]\nsmtp_password = %%(%s)s\n" % MARKER,
                     "[smtp]\na = %s\na = %s\n" % (MARKER, MARKER)):
            self.file("airflow.cfg", text)
            with self.subTest(text=text):
                for source in ("airflow:", "metastore:airflow"):
                    self.silent(3, "--source", source, env={})

    def test_commands_that_fail(self):
        helper = self.file("helper", "#!/bin/sh\necho %s; echo %s >&2; exit 3\n"
                           % (MARKER, MARKER), 0o700)
        env = {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_CMD":
               "%s %s" % (helper, MARKER)}
        for source in ("airflow:", "metastore:airflow"):
            for more in ([], ["--airflow-commands"]):
                self.silent(3, "--source", source, *more, env=env)

    def test_databases_that_refuse(self):
        key = Fernet.generate_key()
        text = self.file("no.db", MARKER.encode() * 100)
        for url, more in (
                (self.database(MARKER, key), {}),
                (self.database(MARKER, key, "other.db"),
                 {"AIRFLOW__CORE__FERNET_KEY": Fernet.generate_key().decode()}),
                (self.database(MARKER, None, "third.db"),
                 {"AIRFLOW__CORE__FERNET_KEY": MARKER}),
                ("sqlite:///" + text, {}),
                ("postgresql://u:%s@127.0.0.1:1/d" % MARKER, {}),
                ("mysql://u:%s@127.0.0.1:1/d" % MARKER, {}),
                ("oracle://u:%s@h/d" % MARKER, {}),
                ("postgresql://u:%s@h:no/d" % MARKER, {}),
                (MARKER, {})):
            env = {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": url, **more,
                   "URL": url}
            for source in ("airflow:", "metastore:airflow",
                           "metastore:env:URL"):
                with self.subTest(url=url, source=source):
                    self.silent(3, "--source", source, env=env)


class Cores(DiscretionCase):
    """A core of the fetcher in the middle of its work, taken by root, holds
    nothing of what it has read so far."""

    def setUp(self):
        super().setUp()
        aws_case.skip_under_sanitizer(self)
        need_root_and_gdb(self)
        seed = int(os.environ.get("MASKPIPE_SEED", random.randrange(10**9)))
        self.random = random.Random(seed)
        self.seed = seed
        self.markers = {}
        self.reached, self.go_on = threading.Event(), threading.Event()
        self.addCleanup(self.go_on.set)

    def marker(self, what, size=40):
        value = "".join(self.random.choice(LETTERS) for _ in range(size))
        self.markers[what] = value
        return value

    def hold(self, operation, when=lambda body: True):
        """The server answers this request only when the test goes on."""
        own = getattr(self.aws, operation)

        def wait(body):
            if when(body):
                self.reached.set()
                # Others are answered meanwhile.
                self.aws.lock.release()
                self.go_on.wait(6 * SECONDS)
                self.aws.lock.acquire()
            return own(body)

        setattr(self.aws, operation, wait)

    def fetcher_of(self, pid):
        with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
            return int(f.read().split()[0])

    def search(self, source, control, text, env):
        running = self.start("--source", source, "--log-level=error",
                             "--source-timeout=120s", env=env)
        self.assertTrue(self.reached.wait(SECONDS), "the request never came")
        time.sleep(0.2)  # until other answers have been read, too
        core = core_of(self, self.fetcher_of(running.pid))
        self.assertIn(control.encode(), core, "the control is not found")
        for what, marker in self.markers.items():
            left = [p for p in pieces(marker) if p in core]
            with self.subTest(marker=what, seed=self.seed):
                self.assertEqual(left, [], "in the core")
        self.go_on.set()
        running.write(text.encode())
        done = running.end()
        self.assertEqual((done.status, done.out), (0, b"***"), done)

    def test_of_secrets_manager(self):
        self.aws.page_size = 20
        for i in range(40):
            self.aws.put_secret("p/%02d" % i, self.marker("text-%d" % i))
        for i in range(3):
            self.aws.put_secret("p/0%d" % i, self.marker("again-%d" % i, 3000))
        self.aws.put_secret("p/03", self.marker("binary", 5000).encode())
        self.hold("secretsmanager_ListSecrets",
                  lambda body: body.get("NextToken"))
        self.search(self.manager("p/")[1], "p/",
                    self.markers["text-7"], {})

    def test_of_parameters(self):
        for i in range(15):
            self.aws.put_parameter("/p/%02d" % i, self.marker("text-%d" % i))
        self.aws.put_parameter("/p/03", self.marker("again", 3000))
        self.hold("ssm_GetParametersByPath",
                  lambda body: body.get("NextToken"))
        self.search(self.ssm("/p")[1], "/p", self.markers["again"], {})

    def test_of_an_airflow(self):
        key = Fernet.generate_key()
        self.markers["fernet key"] = key.decode()
        self.database(self.marker("database"), key)
        for i in range(15):
            self.aws.put_parameter("/airflow/connections/%02d" % i, json.dumps(
                {"password": self.marker("password-%d" % i), "extra": {
                    "x": self.marker("extra-%d" % i)}}))
        self.file("airflow.cfg", "[core]\nfernet_key = %s\n[smtp]\n"
                  "smtp_password = %s\n" % (key.decode(), self.marker("cfg")))
        self.hold("ssm_GetParametersByPath",
                  lambda body: body.get("NextToken"))
        self.search("airflow:", "/airflow/connections",
                    self.markers["extra-3"], self.backend(STORE))


class Sockets(DiscretionCase):
    """Of all processes, only the fetcher opens a network socket."""

    def traced(self, arguments, env):
        aws_case.skip_under_sanitizer(self)  # its leak check traces, too
        if shutil.which("strace") is None:
            self.skipTest("SKIPPED: strace is not installed")
        trace = self.path("trace")
        run = self.start(
            *arguments, env=env,
            under=["strace", "-f", "-o", trace, "-e",
                   "trace=execve,clone,clone3,vfork,fork,socket,socketpair,"
                   "connect,bind,sendto"])
        run.write(b"a %s here" % MARKER.encode())
        done = run.end()
        self.assertEqual((done.status, done.out), (0, b"a *** here"), done)
        fetchers, masking, fetching = set(), [], []
        for line in self.text_of(trace).decode(errors="replace").splitlines():
            pid, _, call = line.partition(" ")
            call = call.strip()
            name = call.partition("(")[0]
            if name == "execve" and "maskpipe-fetch" in call:
                fetchers.add(pid)
            elif "clone" in name or "fork" in name:
                child = call.rpartition("= ")[2]
                if pid in fetchers and child.isdigit():
                    fetchers.add(child)  # its threads, its helpers
            elif name in ("socket", "socketpair", "connect", "bind", "sendto"):
                (fetching if pid in fetchers else masking).append(call)
        self.assertEqual(masking, [])
        self.assertTrue(fetchers)
        return fetching

    def test_airflow(self):
        self.aws.put_secret("airflow/variables/x", MARKER)
        fetching = self.traced(["--source", "airflow:"], self.backend())
        self.assertTrue(any("AF_INET" in c for c in fetching), fetching)

    def test_secrets_manager(self):
        self.aws.put_secret("db", MARKER)
        fetching = self.traced(self.manager("db"), {})
        self.assertTrue(any("AF_INET" in c for c in fetching), fetching)

    def test_airflow_unasked(self):
        self.aws.put_secret("airflow/variables/x", MARKER)
        fetching = self.traced([], self.backend())
        self.assertTrue(any("AF_INET" in c for c in fetching), fetching)

    def test_metastore(self):
        url = self.database(MARKER)
        self.traced(["--source", "metastore:env:URL"], {"URL": url})
        # A server that is not there: who asked for it?
        trace = self.path("trace")
        for scheme in ("postgresql", "mysql"):
            run = self.start(
                "--source", "metastore:env:URL",
                env={"URL": scheme + "://u:p@127.0.0.1:1/d"},
                under=["strace", "-f", "-o", trace, "-e",
                       "trace=execve,clone,clone3,vfork,fork,connect"])
            self.assertEqual(run.end().status, 3)
            asked = [line for line in self.text_of(trace).decode().splitlines()
                     if "connect(" in line and "AF_INET" in line]
            started = [line.split()[0]
                       for line in self.text_of(trace).decode().splitlines()
                       if "execve(" in line and "maskpipe-fetch" in line]
            self.assertTrue(asked, scheme)
            self.assertTrue({a.split()[0] for a in asked} <= set(started))

    def test_several_at_once_and_again(self):
        self.aws.put_secret("airflow/variables/x", MARKER)
        url = self.database(MARKER)
        fetching = self.traced(
            ["--source", "airflow:", "--source", "metastore:env:URL",
             *self.ssm("/"), "--refresh=50ms"],
            {**self.backend(), "URL": url})
        self.assertTrue(any("AF_INET" in c for c in fetching), fetching)


if __name__ == "__main__":
    maskpipe_cli.main()
