"""metastore: and airflow: read an Airflow database: SQLite, PostgreSQL and
MariaDB as Debian ships them, with values that python3-cryptography's Fernet
encrypted and URLs that SQLAlchemy wrote."""

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "front"))

try:
    from cryptography.fernet import Fernet
    from sqlalchemy.engine import URL
except ImportError as e:
    print("SKIPPED: %s" % e)
    sys.exit(77)

import maskpipe_cli  # noqa: E402
from maskpipe_cli import CliTest  # noqa: E402

OLD, NEW, OTHER = (Fernet.generate_key() for _ in range(3))
KEYS = (NEW + b"," + OLD).decode()
MARKER = "Mrk-90b2d4-metastore"
DB_PASSWORD = "p@ss/w:0r%d ?#é+"
POSTGRES = "/usr/lib/postgresql/15/bin"

# name, password, its key (None: clear), extra, its key
CONNECTIONS = [
    ("new", "pw/of new", NEW, '{"api_key": "key in new"}', NEW),
    ("old", "pw-of-old", OLD, '{"deep": {"any": "any-in-old"}}', None),
    ("clear", "pw-of-clear", None, None, None),
    ("nothing", None, None, "", None),
    ("unicode", "pw-\u00fc\u4e2d", NEW, None, None)]
VARIABLES = [("new_v", "variable new", NEW), ("old_v", "variable-old", OLD),
             ("clear_v", "variable-clear", None),
             ("big", "x" * 70000 + "-end-of-big", NEW)]
TEXT = ("pw/of new|pw%2Fof%20new|key in new|key+in+new|pw-of-old|any-in-old|"
        "pw-of-clear|pw-\u00fc\u4e2d|variable new|variable-old|variable-clear|"
        "login-of-all|host-of-all").encode()
MASKED = b"|".join([b"***"] * 11) + b"|login-of-all|host-of-all"


def encrypted(value, key):
    if value is None or key is None:
        return value
    return Fernet(key).encrypt(value.encode()).decode()


def rows():
    """(SQL with ? marks, values) of both tables."""
    for name, password, key, extra, extra_key in CONNECTIONS:
        yield "connection", {
            "conn_id": name, "conn_type": "postgres", "login": "login-of-all",
            "host": "host-of-all", "schema": "s", "port": 5432,
            "password": encrypted(password, key),
            "is_encrypted": key is not None,
            "extra": encrypted(extra, extra_key),
            "is_extra_encrypted": extra_key is not None}
    for name, value, key in VARIABLES:
        yield "variable", {"key": name, "val": encrypted(value, key),
                           "is_encrypted": key is not None}


def tables(quote, version):
    """As Airflow 2 and 3 make them."""
    team = ", team_name varchar(50)" if version == 3 else ""
    text = "longtext" if quote == "`" else "text"
    serial = {"`": "integer primary key auto_increment",
              '"': "serial primary key", "[": "integer primary key"}[quote]
    quote = '"' if quote == "[" else quote
    q = lambda name: quote + name + quote  # noqa: E731
    return ["create table connection (id %s, conn_id varchar(250) unique, "
            "conn_type varchar(500), description text, host varchar(500), "
            "%s varchar(500), login varchar(500), password varchar(5000), "
            "port integer, is_encrypted boolean, is_extra_encrypted boolean, "
            "extra text%s)" % (serial, q("schema"), team),
            "create table variable (id %s, %s varchar(250) unique, "
            "val %s, description text, is_encrypted boolean%s)" % (
                serial, q("key"), text, team)]


def literal(value, backslash=False):
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if backslash:
        value = value.replace("\\", "\\\\")
    return "'" + value.replace("'", "''") + "'"


def script(quote, version):
    """Everything as SQL text, for psql and mariadb."""
    lines = tables(quote, version)
    for table, row in rows():
        lines.append("insert into %s (%s) values (%s)" % (
            table, ", ".join(quote + k + quote for k in row),
            ", ".join(literal(v, quote == "`") for v in row.values())))
    return ";\n".join(lines) + ";\n"


class MetastoreCase(CliTest):
    def environment(self, env=None):
        return super().environment(
            {"HOME": self.dir, "AIRFLOW_HOME": self.dir,
             "AIRFLOW__CORE__FERNET_KEY": KEYS, **(env or {})})

    def sources(self, url):
        """Every way to the database: arguments and environment."""
        yield ["--source", "metastore:env:URL"], {"URL": url}
        yield ["--source", "metastore:file:" + self.file("url", url + "\n")], {}
        variable = {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": url}
        yield ["--source", "metastore:airflow"], variable
        yield ["--source", "airflow:"], variable
        yield ["--source", "airflow:"], {
            "AIRFLOW__CORE__SQL_ALCHEMY_CONN": url}
        self.file("airflow.cfg", "[database]\nsql_alchemy_conn = %s\n"
                  % url.replace("%", "%%"))
        yield ["--source", "airflow:"], {}
        os.remove(self.path("airflow.cfg"))

    def assert_all_masked(self, url):
        for arguments, env in self.sources(url):
            with self.subTest(arguments=arguments, env=list(env)):
                run = self.mask(TEXT, *arguments, "--log-level=error", env=env)
                self.assertEqual((run.status, run.out), (0, MASKED), run)

    def assert_closed(self, url, *words, env=None):
        run = self.mask(b"log", "--source", "metastore:env:URL",
                        env={"URL": url, **(env or {})})
        self.assert_refused(run, 3, *words, never=[
            MARKER, DB_PASSWORD, "pw-of-clear", OLD, NEW])
        return run


class Sqlite(MetastoreCase):
    def database(self, version=2, name="airflow.db", wal=False):
        path = self.path(name)
        db = sqlite3.connect(path)
        if wal:
            db.execute("pragma journal_mode=wal")
        for sql in tables("[", version):
            db.execute(sql)
        for table, row in rows():
            db.execute("insert into %s (%s) values (%s)" % (
                table, ", ".join('"%s"' % k for k in row),
                ", ".join("?" * len(row))), list(row.values()))
        db.commit()
        db.close()
        return path

    def url(self, path):
        return "sqlite:///" + path

    def test_all_is_masked(self):
        for version in (2, 3):
            self.assert_all_masked(self.url(
                self.database(version, "v%d.db" % version)))

    def test_the_default_file_is_found_without_a_word(self):
        self.database()
        run = self.mask(TEXT, "--log-level=error")
        self.assertEqual((run.status, run.out), (0, MASKED), run)

    def test_a_big_value_is_masked(self):
        self.database()
        out = self.masked(b"x" * 70000 + b"-end-of-big", "--log-level=error")
        self.assertEqual(out, b"***")

    def test_the_keys_themselves_are_masked(self):
        self.database()
        self.assertEqual(
            self.masked(OLD + b" " + NEW, "--log-level=error"), b"*** ***")

    def test_it_is_never_written(self):
        for wal in (False, True):
            path = self.database(name="w%d.db" % wal, wal=wal)
            os.chmod(path, 0o400)
            with open(path, "rb") as f:
                before = f.read()
            self.masked(TEXT, "--source", "metastore:env:URL",
                        "--log-level=error", env={"URL": self.url(path)})
            with open(path, "rb") as f:
                self.assertEqual(before, f.read())

    def test_rows_that_no_key_opens_are_named_and_fail_closed(self):
        url = self.url(self.database())
        for keys, names in ((NEW, ["connection/old/password",
                                   "variable/old_v"]),
                            (OLD, ["connection/new/password",
                                   "connection/new/extra",
                                   "connection/unicode/password",
                                   "variable/new_v", "variable/big"]),
                            (OTHER, ["connection/old/password",
                                     "variable/new_v"])):
            run = self.assert_closed(
                url, "cannot be decrypted", *names,
                env={"AIRFLOW__CORE__FERNET_KEY": keys.decode()})
            self.assertNotIn(b"clear", run.err)
        self.assert_closed(url, "there is no Fernet key", "fernet_key",
                           env={"AIRFLOW__CORE__FERNET_KEY": ""})

    def test_a_token_that_was_tampered_with_is_not_opened(self):
        path = self.database()
        db = sqlite3.connect(path)
        token = encrypted("pw-of-tampered", NEW)
        for i, bad in enumerate((token[:30] + "AAAA" + token[34:], token[:-8],
                                 "no token", token + "AAAA", "gAAAAA==")):
            db.execute("update connection set password=? where conn_id='new'",
                       (bad,))
            db.commit()
            with self.subTest(i=i):
                self.assert_closed(self.url(path), "connection/new/password")
        db.close()

    def test_a_key_that_is_none_fails_closed(self):
        url = self.url(self.database())
        for key in (MARKER, KEYS[:-3], NEW.decode() + "," + MARKER):
            self.assert_closed(url, "fernet_key",
                               env={"AIRFLOW__CORE__FERNET_KEY": key})

    def test_what_is_no_airflow_database_fails_closed(self):
        empty = self.path("empty.db")
        sqlite3.connect(empty).execute("create table x (y)").close()
        self.assert_closed(self.url(empty), "connection")
        self.assert_closed(self.url(self.file("no.db", MARKER * 100)),
                           "sqlite database")
        self.assert_closed("sqlite:////no/such.db", "/no/such.db")
        self.assert_closed("sqlite://", "in memory")
        self.assert_closed("oracle://u:%s@h/x" % MARKER, "dialect")
        self.assert_closed(MARKER, "no database URL")
        self.assert_closed("", "URL")

    def test_a_column_that_is_missing_fails_closed(self):
        for table, column in (("connection", "password"),
                              ("connection", "is_extra_encrypted"),
                              ("variable", "val")):
            path = self.database(name=column + ".db")
            db = sqlite3.connect(path)
            db.execute("alter table %s drop column %s" % (table, column))
            db.close()
            self.assert_closed(self.url(path), column)

    def test_airflow_without_a_database(self):
        env = {"AIRFLOW_VAR_X": "variable-x",
               "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN":
                   "airflow-db-not-allowed:///"}
        run = self.mask(b"variable-x", env=env)
        self.assertEqual((run.status, run.out, run.err), (0, b"***", b""))
        env["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] = "sqlite:////no/such.db"
        run = self.mask(b"variable-x", env=env)
        self.assertEqual((run.status, run.out), (0, b"***"))
        self.assertIn(b"/no/such.db", run.err)

    def test_a_url_on_the_command_line_is_refused(self):
        for argument in ("postgresql://u:%s@h/d" % MARKER, "sqlite:////x", ""):
            run = self.mask(b"log", "--source", "metastore:" + argument)
            self.assert_refused(run, 2, never=[MARKER])

    def test_clients_are_loaded_only_when_they_are_used(self):
        url = self.url(self.database())
        trace = self.path("trace")
        if shutil.which("strace") is None:
            self.skipTest("SKIPPED: strace is not installed")
        started = self.start(
            "--source", "metastore:env:URL", env={"URL": url},
            under=["strace", "-f", "-qq", "-e", "trace=openat", "-o", trace])
        started.write(b"log")
        self.assertEqual(started.end().status, 0)
        text = self.text_of(trace)
        self.assertIn(b"libsqlite3", text)
        self.assertNotIn(b"libpq", text)
        self.assertNotIn(b"libmariadb", text)

    def test_airflows_own_policy(self):
        self.database()
        out = self.masked(TEXT, "--policy=airflow", "--log-level=error")
        self.assertEqual(
            out.split(b"|"),
            [b"***", b"***", b"***", b"***", b"***",
             b"any-in-old", b"***", b"***", b"variable new", b"variable-old",
             b"variable-clear", b"login-of-all", b"host-of-all"])


class Server:
    """A database server in a folder of its own, run as its Debian user."""

    def __init__(self, user):
        self.user = user if os.geteuid() == 0 else None
        self.folder = tempfile.mkdtemp(prefix="maskpipe-db-")
        os.chmod(self.folder, 0o755)
        self.data = os.path.join(self.folder, "data")
        os.mkdir(self.data, 0o700)
        if self.user:
            shutil.chown(self.folder, self.user)
            shutil.chown(self.data, self.user)
        self.process = None

    def run(self, *command, **more):
        done = subprocess.run(command, user=self.user, cwd=self.folder,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, timeout=120, **more)
        if done.returncode != 0:
            raise RuntimeError("%s: %s" % (command[0], done.stdout[-2000:]))
        return done.stdout

    def start(self, *command):
        self.log = open(os.path.join(self.folder, "log"), "wb")
        self.process = subprocess.Popen(
            command, user=self.user, cwd=self.folder, stdout=self.log,
            stderr=self.log, stdin=subprocess.DEVNULL)

    def wait(self, ready):
        end = time.monotonic() + 60
        while not ready():
            if time.monotonic() > end or self.process.poll() is not None:
                with open(self.log.name) as f:
                    raise RuntimeError("no server: " + f.read()[-2000:])
            time.sleep(0.1)

    def stop(self):
        if self.process is not None:
            self.process.send_signal(signal.SIGINT if self.user == "postgres"
                                     else signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class ServerCases:
    """What holds of both servers; `url()` is the class's."""

    def test_all_is_masked(self):
        for database in ("v2", "v3"):
            self.assert_all_masked(self.url(database=database))

    def test_over_the_socket_too(self):
        self.assert_all_masked(self.socket_url())

    def test_what_refuses_us_fails_closed(self):
        self.assert_closed(self.url(password=MARKER), "connecting")
        self.assert_closed(self.url(database="no_such"), "no_such")
        self.assert_closed(self.url(database="empty"), "reading")
        self.assert_closed(self.url(port=free_port()), "connecting")

    def test_rows_that_no_key_opens_are_named(self):
        self.assert_closed(self.url(), "connection/old/password",
                           "variable/old_v",
                           env={"AIRFLOW__CORE__FERNET_KEY": NEW.decode()})

    def test_the_url_and_its_password_are_masked(self):
        run = self.mask((self.url() + " " + DB_PASSWORD).encode(), "--source",
                        "metastore:env:URL", "--log-level=error",
                        env={"URL": self.url()})
        self.assertEqual((run.status, run.out), (0, b"*** ***"), run)

    def test_a_server_that_is_silent_is_given_up(self):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            s.listen()
            began = time.monotonic()
            run = self.mask(b"log", "--source", "metastore:env:URL",
                            "--source-timeout=2s",
                            env={"URL": self.url(port=s.getsockname()[1])})
            self.assert_refused(run, 3, "metastore", never=[MARKER])
            self.assertLess(time.monotonic() - began, 10)


class Postgresql(ServerCases, MetastoreCase):
    @classmethod
    def setUpClass(cls):
        if not os.access(POSTGRES + "/initdb", os.X_OK):
            raise unittest.SkipTest("SKIPPED: postgresql-15 is not installed")
        cls.server = server = Server("postgres")
        cls.addClassCleanup(server.stop)
        cls.port = free_port()
        with open(os.path.join(server.folder, "pw"), "w") as f:
            f.write(DB_PASSWORD)
        server.run(POSTGRES + "/initdb", "-D", server.data, "-U", "air flow",
                   "--pwfile", f.name, "-A", "scram-sha-256", "-E", "UTF8",
                   "--locale=C", "--no-sync")
        server.start(POSTGRES + "/postgres", "-D", server.data, "-F", "-p",
                     str(cls.port), "-k", server.folder, "-c",
                     "listen_addresses=127.0.0.1")
        env = {"PGPASSWORD": DB_PASSWORD, "PGUSER": "air flow",
               "PGHOST": "127.0.0.1", "PGPORT": str(cls.port),
               "PGDATABASE": "postgres", "PATH": os.environ["PATH"],
               "PGCLIENTENCODING": "UTF8"}
        psql = [POSTGRES + "/psql", "-q", "-v", "ON_ERROR_STOP=1"]
        server.wait(lambda: subprocess.run(
            [*psql, "-c", "select 1"], env=env,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ).returncode == 0)
        for name in ("v2", "v3", "empty"):
            server.run(*psql, "-c", "create database " + name, env=env)
            if name != "empty":
                server.run(*psql, env={**env, "PGDATABASE": name},
                           input=script('"', int(name[1])))

    def url(self, database="v2", password=DB_PASSWORD, port=None):
        return URL.create("postgresql+psycopg2", "air flow", password,
                          "127.0.0.1", port or self.port, database
                          ).render_as_string(hide_password=False)

    def socket_url(self):
        return URL.create("postgresql", "air flow", DB_PASSWORD, None, None,
                          "v3", {"host": self.server.folder,
                                 "port": str(self.port)}
                          ).render_as_string(hide_password=False)

    def test_options_of_the_query_count(self):
        for query, status in (("?options=-csearch_path%3Dno_such", 3),
                              ("?sslmode=require", 3),
                              ("?sslmode=prefer&application_name=x", 0)):
            run = self.mask(TEXT, "--source", "metastore:env:URL",
                            "--log-level=error",
                            env={"URL": self.url() + query})
            self.assertEqual(run.status, status, run)


class Mariadb(ServerCases, MetastoreCase):
    @classmethod
    def setUpClass(cls):
        if shutil.which("mariadbd", path="/usr/sbin:/usr/bin") is None:
            raise unittest.SkipTest("SKIPPED: mariadb-server is not installed")
        cls.server = server = Server("mysql")
        cls.addClassCleanup(server.stop)
        cls.port = free_port()
        cls.socket = os.path.join(server.folder, "s")
        common = ["--no-defaults", "--datadir=" + server.data]
        server.run("/usr/bin/mariadb-install-db", *common,
                   "--auth-root-authentication-method=normal",
                   "--skip-test-db")
        server.start("/usr/sbin/mariadbd", *common, "--port=%d" % cls.port,
                     "--bind-address=127.0.0.1", "--socket=" + cls.socket,
                     "--innodb-flush-log-at-trx-commit=0",
                     "--innodb-buffer-pool-size=16M",
                     "--pid-file=" + os.path.join(server.folder, "pid"))
        client = ["/usr/bin/mariadb", "--no-defaults", "-S", cls.socket, "-u",
                  "root", "--default-character-set=utf8mb4"]
        server.wait(lambda: subprocess.run(
            [*client, "-e", "select 1"], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL).returncode == 0)
        for name in ("v2", "v3", "empty"):
            setup = "create database %s character set utf8mb4; use %s;\n" % (
                name, name)
            if name != "empty":
                setup += script("`", int(name[1]))
            server.run(*client, input=setup)
        server.run(*client, input="create user 'air flow'@'%%' identified by "
                   "%s; grant select on *.* to 'air flow'@'%%';" %
                   literal(DB_PASSWORD, True))

    def url(self, database="v2", password=DB_PASSWORD, port=None):
        return URL.create("mysql+mysqldb", "air flow", password, "127.0.0.1",
                          port or self.port, database
                          ).render_as_string(hide_password=False)

    def socket_url(self):
        return URL.create("mysql", "air flow", DB_PASSWORD, "localhost", None,
                          "v3", {"unix_socket": self.socket}
                          ).render_as_string(hide_password=False)


if __name__ == "__main__":
    maskpipe_cli.main()
