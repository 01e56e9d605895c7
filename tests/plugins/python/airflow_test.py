"""maskpipe.airflow as Airflow 2 and 3 use it: what a task logs and prints leaves none of the values
in any file that a handler wrote.

Airflow itself cannot be installed here: standin2/ and standin3/ play the parts of it that are
touched, after its documented interfaces. Python's logging, structlog and the files are real.
"""
import base64
import contextlib
import copy
import importlib
import io
import json
import logging
import logging.config
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import time
import traceback
import unittest
from urllib.parse import quote, urlencode

HERE = pathlib.Path(__file__).resolve().parent

PEM = "\n".join(["-----BEGIN RSA PRIVATE KEY-----"] + [
    base64.b64encode(random.Random(n).randbytes(48)).decode() for n in range(12)] + [
        "-----END RSA PRIVATE KEY-----"])

# What the LocalStack article creates, but for its password ("root", four letters, which is masked
# where it stands alone), and what the Astro guide's DAG reads.
CONNECTIONS = {
    "connection1": {"password": "root", "conn_type": "mysql", "port": "3306", "host": "db",
                    "login": "root", "schema": "db1"},
    "connection2": {"password": "r0ot&Pass/w0rd %x", "conn_type": "mysql", "port": "3306",
                    "host": "db2", "login": "root"},
    "connection3": {"password": "p@ss'wörd\"3\\", "conn_type": "postgres", "port": "5432",
                    "host": "db3", "login": "postgres",
                    "extra": {"sslkey": PEM, "api_key": "AKx-9+/Zq7=="}},
}
VARIABLES = {"my_secret_var": "Sup3r/Secret+Value=", "my_pem": PEM, "my_json": json.dumps(
    {"token": "tok-77af-\u00fc-x", "url": "https://u:Pa55-in-url@h/x"})}


def values():
    """Everything that no file may hold."""
    found = [c["password"] for c in CONNECTIONS.values() if len(c["password"]) > 4]
    found += ["AKx-9+/Zq7==", "Sup3r/Secret+Value=", "tok-77af-ü-x", "Pa55-in-url"]
    return found + [line for line in PEM.split("\n") if "--" not in line]


def spelled(value):
    """The value in the notations that this task's printers use."""
    dumped = json.dumps(value)[1:-1]
    return {value, quote(value, safe=""), quote(value), urlencode({"": value})[1:], dumped,
            json.dumps(value, ensure_ascii=False)[1:-1], repr(value)[1:-1],
            quote(json.dumps({"k": value})[7:-2], safe="")}


class Connection:
    """Airflow's: get_uri() quotes everything, repr() shows the URI."""

    def __init__(self, conn_id):
        self.conn_id, self.fields = conn_id, CONNECTIONS[conn_id]

    def get_uri(self):
        f = self.fields
        uri = (f"{f['conn_type']}://{quote(f['login'], safe='')}:{quote(f['password'], safe='')}"
               f"@{f['host']}:{f['port']}/{f.get('schema', '')}")
        if "extra" in f:
            uri += "?" + urlencode({"__extra__": json.dumps(f["extra"])})
        return uri

    def __repr__(self):
        return self.get_uri()


def careless_task(log):
    """The body of the Astro guide's DAG, and what else tasks do."""
    for key in VARIABLES:
        my_var = VARIABLES[key]
        print(f"My secret variable is: {my_var}")
        log.info("variable %s is %r", key, my_var)
    for conn_id in CONNECTIONS:
        conn = Connection(conn_id)
        print(f"My secret connection is: {conn.get_uri()}")
        log.info("connection %s: %s", conn_id, conn)
        log.info(json.dumps(conn.fields))
        log.info("fields %s", conn.fields)
        log.warning("password %s", conn.fields["password"])
        print(json.dumps(conn.fields, indent=2, ensure_ascii=False))
        try:
            secret_local = conn.fields["password"]
            raise ValueError(f"cannot connect with {secret_local}")
        except ValueError as e:
            log.exception("failed")
            print("".join(traceback.TracebackException.from_exception(
                e, capture_locals=True).format()))
            traceback.print_exc(file=sys.stdout)
    print(PEM)
    log.info("key:\n%s", PEM)
    for line in PEM.split("\n"):
        log.info(line)
    log.info("extra", extra={"conn": CONNECTIONS["connection3"]})
    sys.stdout.write("no newline: " + VARIABLES["my_secret_var"])
    sys.stdout.flush()


class Airflow2(unittest.TestCase):
    """Each test in a process of its own: the configuration is the process's."""

    def run_here(self):
        self.folder = pathlib.Path(os.environ["AIRFLOW__LOGGING__BASE_LOG_FOLDER"])
        module, name = "maskpipe.airflow.LOGGING_CONFIG".rsplit(".", 1)  # as import_string does
        config = getattr(importlib.import_module(module), name)
        logging.config.dictConfig(config)
        self.log = logging.getLogger("airflow.task")

    def task(self, function):
        """Runs it as Airflow runs a task: its own file, standard output logged."""
        from airflow.utils.log.file_task_handler import StreamLogWriter
        for handler in self.log.handlers:
            handler.set_context("dag_id=d/run_id=r/task_id=t/attempt=1.log")
        self.log.propagate = False
        with contextlib.redirect_stdout(StreamLogWriter(self.log, logging.INFO)):
            function(self.log)
            sys.stdout.flush()

    def check_files(self, least=1):
        files = [p for p in self.folder.rglob("*") if p.is_file()]
        self.assertGreaterEqual(len(files), least)
        text = "".join(p.read_text() for p in files)
        for value in values():
            for form in spelled(value):
                self.assertNotIn(form, text)
        self.assertIsNone(re.search(r"(?<![A-Za-z0-9])root(?![A-Za-z0-9])", text))
        return text

    def test_a_careless_task_leaves_no_value(self):
        self.run_here()
        other = logging.getLogger("my.own")  # a handler that nobody configured
        other.addHandler(logging.FileHandler(self.folder / "own.log"))
        self.task(lambda log: (careless_task(log), careless_task(other)))
        text = self.check_files(2)
        for kept in ("My secret variable is: ***", "ValueError: cannot connect with ***",
                     "secret_local = ", "variable my_secret_var is '***'", "@db2:3306/"):
            self.assertIn(kept, text)

    def test_the_source_is_this_airflow_where_none_is_named(self):
        del os.environ["MASKPIPE_SOURCE"]
        os.environ["AIRFLOW_HOME"] = os.environ["AIRFLOW__LOGGING__BASE_LOG_FOLDER"] + "-home"
        for conn_id, fields in CONNECTIONS.items():
            os.environ["AIRFLOW_CONN_" + conn_id.upper()] = json.dumps(fields)
        self.run_here()
        self.task(careless_task)
        self.assertIn("My secret variable is: ***", self.check_files())

    def test_a_forked_task_process_is_masked_too(self):
        """As Airflow 2's StandardTaskRunner starts a task."""
        self.run_here()
        self.log.info("parent %s", VARIABLES["my_secret_var"])
        child = os.fork()
        if child == 0:
            status = 1
            try:
                self.task(careless_task)
                status = 0
            finally:
                os._exit(status)
        self.assertEqual(0, os.waitpid(child, 0)[1])
        self.assertIn("My secret variable is: ***", self.check_files())

    def test_values_that_airflow_registers_are_added(self):
        self.run_here()
        from airflow.utils.log.secrets_masker import mask_secret
        mask_secret("registered-(1).*")
        mask_secret({"api_key": "registered-2", "colour": "plain-blue"})
        mask_secret("insensitive-3", "colour")
        sys.modules["maskpipe.airflow"].mask_secret({"x": ["given-4", b"given-5"]})
        self.task(lambda log: log.info("%s", "registered-(1).* registered-2 plain-blue "
                                       "insensitive-3 given-4 given-5"))
        self.assertIn("- *** *** plain-blue insensitive-3 *** ***", self.check_files())

    def test_values_are_added_from_any_container(self):
        self.run_here()
        add = sys.modules["maskpipe.airflow"].mask_secret
        itself = ["in-a-list-of-itself"]
        itself.append(itself)
        deep = "at-the-bottom"
        for _ in range(5000):
            deep = [deep]
        for container in (itself, deep, (f"generated-{n}" for n in range(3)), {"a": {"b": (
                "in-a-tuple", {"in-a-set"}, frozenset({"in-a-frozenset"}))}}.values(),
                bytearray(b"a-bytearray"), 7654321098, [None, 3.5, True, 80]):
            add(container)
        self.task(lambda log: log.info("%s", "in-a-list-of-itself at-the-bottom generated-0 "
                                       "generated-2 in-a-tuple in-a-set in-a-frozenset a-bytearray "
                                       "7654321098 3.5 True 80"))
        self.assertIn("- *** *** *** *** *** *** *** *** *** 3.5 True 80", self.check_files())

    def test_airflow_does_not_start_without_the_library(self):
        """The configuration cannot be imported, which ends Airflow: nothing is logged unmasked."""
        done = subprocess.run([sys.executable, "-B", "-c", "import maskpipe.airflow"],
                              env={**os.environ, "MASKPIPE_LIBRARY": "/nowhere/lib.so"},
                              stderr=subprocess.PIPE, text=True)
        self.assertEqual(1, done.returncode)
        self.assertIn("ImportError: /nowhere/lib.so cannot be loaded", done.stderr)

    def test_airflows_rule_on_sensitive_keys_stays(self):
        self.run_here()
        self.task(lambda log: log.info("%s and %s", {"password": "never-loaded", "n": 1}, "x"))
        self.assertIn("{'password': '***', 'n': 1} and x", self.check_files())

    def test_records_are_withheld_while_the_source_fails(self):
        os.environ["MASKPIPE_SOURCE"] = "file:/nowhere/at/all"
        self.run_here()
        self.task(careless_task)
        text = self.check_files()
        self.assertIn("[withheld: maskpipe: ", text)
        self.assertNotIn("My secret", text)

    def test_a_configuration_of_ones_own(self):
        from airflow.config_templates.airflow_local_settings import DEFAULT_LOGGING_CONFIG
        import maskpipe.airflow
        mine = copy.deepcopy(DEFAULT_LOGGING_CONFIG)
        mine["handlers"]["mine"] = {"class": "logging.FileHandler", "formatter": "airflow",
                                    "filename": os.environ["AIRFLOW__LOGGING__BASE_LOG_FOLDER"] +
                                    "/mine.log"}
        mine["loggers"]["airflow.task"]["handlers"].append("mine")
        before = copy.deepcopy(mine)
        logging.config.dictConfig(maskpipe.airflow.masked(mine))
        self.assertEqual(before, mine)
        self.folder = pathlib.Path(os.environ["AIRFLOW__LOGGING__BASE_LOG_FOLDER"])
        logging.getLogger("airflow.task").info("x %s", VARIABLES["my_secret_var"],
                                               extra={"asctime2": PEM})
        self.assertIn("- x ***", self.check_files())

    def test_other_names_come_from_airflows_own_settings(self):
        import maskpipe.airflow
        self.assertEqual("s3://bucket/logs", maskpipe.airflow.REMOTE_BASE_LOG_FOLDER)
        with self.assertRaises(AttributeError):
            maskpipe.airflow.NO_SUCH_NAME

    def test_it_gives_what_airflows_own_masking_gives_and_tells_how_fast(self):
        """1,000 secrets, the same records into the same kind of file, alternated; Airflow's rule is
        one regular expression over all values and re.sub on each record. Promised are fifty times;
        what a clock says fails nothing."""
        from airflow.utils.log.secrets_masker import SecretsMasker
        from maskpipe import LiveMasker, logs
        dice = random.Random(7)
        secrets = ["".join(dice.choices("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                        "0123456789+/=-_", k=dice.randint(12, 40)))
                   for _ in range(1000)]
        theirs, live = SecretsMasker(), LiveMasker([])
        for n, secret in enumerate(secrets):
            theirs.patterns.add(re.escape(secret))
            live.add(secret, f"s{n}")
        theirs.replacer = re.compile("|".join(theirs.patterns))
        words = "task run of the billing export loaded rows from table and wrote part file".split()
        messages = [" ".join(dice.choices(words, k=30)) for _ in range(400)]
        for n in range(0, len(messages), 20):
            messages[n] += " password=" + secrets[n]
        live.mask("")

        def logger(mask):
            out = io.StringIO()
            handler = logging.StreamHandler(out)
            handler.addFilter(mask)
            made = logging.Logger("speed")
            made.addHandler(handler)
            return made, out

        def seconds(log, messages):
            begun = time.thread_time()  # what others do on this machine is not counted
            for message in messages:
                log.info("%s", message)
            return time.thread_time() - begun

        plain = logging.LogRecord
        ours, our_out = logger(logs.MaskingFilter(live))
        airflow, their_out = logger(theirs)
        best = {}
        for n in range(25):  # the best of each; more where others disturb the caches
            if n >= 5 and best["airflow"] >= 50 * best["ours"]:
                break
            for name, log, part in (("ours", ours, messages * 5), ("airflow", airflow, messages)):
                logging.setLogRecordFactory(plain)
                each = seconds(log, part) / len(part)
                best[name] = min(each, best.get(name, each))
        self.assertEqual(their_out.getvalue(),
                         our_out.getvalue()[:len(their_out.getvalue())])
        ratio = best["airflow"] / best["ours"]
        print(f"a record: Airflow's rule {best['airflow'] * 1e6:.0f} us, ours "
              f"{best['ours'] * 1e6:.1f} us, {ratio:.0f} times as fast; promised, 50: "
              f"{'yes' if ratio >= 50 else 'NO'}", file=sys.stderr)


class Airflow3(unittest.TestCase):
    def supervisor_logger(self, path):
        """As the supervisor makes the logger of a task's file."""
        import structlog
        module = importlib.import_module("maskpipe.airflow")
        self.remote = getattr(module, "REMOTE_TASK_LOG")
        out = open(path, "ab", buffering=0)
        self.addCleanup(out.close)
        return structlog.wrap_logger(structlog.BytesLogger(out), processors=(
            structlog.processors.add_log_level, structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.dict_tracebacks, *self.remote.processors,
            structlog.processors.JSONRenderer(
                serializer=lambda event, **kw: json.dumps(event, default=str).encode())))

    def test_records_and_forwarded_output_are_masked_in_the_file_and_the_remote_log(self):
        path = pathlib.Path(os.environ["AIRFLOW__LOGGING__BASE_LOG_FOLDER"], "attempt=1.log")
        log = self.supervisor_logger(path)
        from airflow.config_templates import airflow_local_settings
        from airflow.sdk._shared.secrets_masker import mask_secret
        mask_secret("registered-later-1", "name")  # as the supervisor does for MaskSecret
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            quiet = logging.Logger("quiet")
            quiet.addHandler(logging.StreamHandler(printed))
            careless_task(quiet)
        for line in printed.getvalue().split("\n"):  # forwarded line by line
            log.info(line, logger="task.stdout")
        for connection in CONNECTIONS.values():
            log.info("record", conn=connection, error_detail=[{"frames": [connection]}])
        log.info("registered-later-1")
        try:
            raise ValueError(VARIABLES["my_secret_var"])
        except ValueError:
            log.exception("failed")
        sent = airflow_local_settings.REMOTE_TASK_LOG.sent
        self.assertGreater(len(sent), 50)
        for text in (path.read_text(), repr(sent), json.dumps(sent)):
            for value in values() + ["registered-later-1"]:
                for form in spelled(value):
                    self.assertNotIn(form, text)
        for line in path.read_text().splitlines():
            json.loads(line)
        self.assertIn("My secret variable is: ***", path.read_text())

    def test_the_remote_log_goes_on_behind_ours(self):
        import maskpipe.airflow
        from airflow.config_templates.airflow_local_settings import REMOTE_TASK_LOG as theirs
        ours = maskpipe.airflow.REMOTE_TASK_LOG
        ours.upload("path", object())
        self.assertEqual(["path"], theirs.uploaded)
        self.assertEqual((["from p"], ["text"]), ours.read("p", object()))
        self.assertEqual("streamed", ours.stream("p"))
        self.assertEqual("aws_default", maskpipe.airflow.DEFAULT_REMOTE_CONN_ID)
        alone = maskpipe.airflow.RemoteTaskLog()
        self.assertEqual(1, len(alone.processors))
        self.assertIsNone(alone.upload("path"))
        with self.assertRaises(NotImplementedError):
            alone.read("p")
        self.assertFalse(hasattr(alone, "stream"))

    def test_its_configuration_is_masked_as_well(self):
        import maskpipe.airflow
        config = maskpipe.airflow.LOGGING_CONFIG
        logging.config.dictConfig(config)
        record = logging.getLogger().makeRecord("n", logging.INFO, "f", 1, "a %s",
                                                (VARIABLES["my_secret_var"],), None)
        self.assertEqual("a ***", record.msg)


def in_a_process_of_its_own(case, name, directory):
    """Runs one test with the stand-in of its version on the path, the documents' secrets in the
    environment and in a file."""
    folder = pathlib.Path(directory, "logs")
    folder.mkdir()
    secrets = pathlib.Path(directory, "connections.json")
    secrets.write_text(json.dumps(CONNECTIONS))
    secrets.chmod(0o600)
    environment = dict(os.environ)
    for key, value in VARIABLES.items():
        environment["AIRFLOW_VAR_" + key.upper()] = value
    environment["MASKPIPE_SOURCE"] = f"file:{secrets}\nenv:AIRFLOW_VAR_*"
    environment["AIRFLOW__LOGGING__BASE_LOG_FOLDER"] = str(folder)
    standin = HERE / ("standin2" if case == "Airflow2" else "standin3")
    environment["PYTHONPATH"] = f"{standin}:{environment['PYTHONPATH']}"
    return subprocess.run([sys.executable, "-B", __file__, "--here", f"{case}.{name}"],
                          env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=300)


def outside(case, name, self):
    with tempfile.TemporaryDirectory() as directory:
        done = in_a_process_of_its_own(case, name, directory)
    for line in done.stdout.splitlines():
        if "times as fast" in line or "SKIPPED" in line:
            print(line, file=sys.stderr)
    self.assertEqual(0, done.returncode, done.stdout[-6000:])


def run_outside(case, name):
    return lambda self: outside(case, name, self)


def run_each_outside():
    for case in (Airflow2, Airflow3):
        for name in [n for n in dir(case) if n.startswith("test_")]:
            setattr(case, name, run_outside(case.__name__, name))


if __name__ == "__main__":
    if "--here" in sys.argv:
        sys.argv.remove("--here")
    else:
        run_each_outside()
    unittest.main(verbosity=2)
