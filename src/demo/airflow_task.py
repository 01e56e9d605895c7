"""Plays an Airflow task that is careless with its secrets.

  airflow_task.py make DIR      the task's secrets (env.sh, secrets.json, run-secrets/), its task.log,
                                and values.json, which tells show.py what to look for
  airflow_task.py write DIR     task.log to standard output, as a task writes: in small pieces
  airflow_task.py grow DIR MIB  big.log, in which one line of 20 bears a secret

Every value is made anew on every run: none can be built into maskpipe.
"""
import base64
import datetime
import itertools
import json
import os
import pathlib
import random
import secrets
import shlex
import signal
import string
import sys
import time
from urllib.parse import quote

ALNUM = string.ascii_letters + string.digits

# "file:line LEVEL text" gets Airflow's prefix, on each line of a value of several lines; "| text" is printed bare.
TASK_LOG = """\
taskinstance.py:1157 INFO Dependencies all met for ti=<TaskInstance: billing_export.load_invoices>
taskinstance.py:1380 INFO Executing <Task(PythonOperator): load_invoices>
logging_mixin.py:188 INFO Task environment:
| AIRFLOW_CONN_WAREHOUSE=$AIRFLOW_CONN_WAREHOUSE
| AIRFLOW_CONN_AWS_DEFAULT=$AIRFLOW_CONN_AWS_DEFAULT
| AIRFLOW_VAR_BILLING=$AIRFLOW_VAR_BILLING
| AIRFLOW__CORE__FERNET_KEY=$fernet_key
| PATH=/usr/local/bin:/usr/bin:/bin
base.py:73 INFO Using connection ID 'warehouse' for task execution.
logging_mixin.py:188 INFO My secret connection is: $AIRFLOW_CONN_WAREHOUSE
logging_mixin.py:188 INFO conn.password = $warehouse_password
billing_export.py:41 INFO Connecting to warehouse.example.net:5432 as etl_writer, region eu-west-1
billing_export.py:44 DEBUG Effective configuration:
| $config_dump
billing_export.py:52 INFO Password policy: 12 characters at least; the password, token and key fields are required
base_aws.py:161 INFO Credentials: access key $aws_access_key_id, secret key $aws_secret_access_key (region eu-west-1)
s3.py:872 INFO s3://example-billing/2026/11/20/part-0001.parquet: 1048576 bytes, etag $harmless_hex
http.py:112 DEBUG Session $number opened, token: $session_token
http.py:140 DEBUG curl -v https://billing.example.net/v2/invoices?page=2
| > GET /v2/invoices?page=2 HTTP/1.1
| > Host: billing.example.net
| > Authorization: Bearer $run_token
| > Accept: */*
| >
| < HTTP/1.1 200 OK\r
billing_export.py:60 INFO Two that touch: $billing_api_key$warehouse_password
billing_export.py:61 INFO Two that overlap: $rotated_keys
billing_export.py:62 INFO Three in one line: $billing_api_key;$session_token;$billing_api_key
logging_mixin.py:188 INFO 250 invoices read, 0 rejected, 100% done, \x1b[32mOK\x1b[0m
ssh.py:203 DEBUG The private key, by the logger:
ssh.py:204 DEBUG $tls_private_key
ssh.py:210 DEBUG The private key, printed bare:
| $tls_private_key
gcs.py:77 INFO Service account loader@example-project.iam.gserviceaccount.com of project example-project
gcs.py:78 DEBUG client_id=$service_account_client_id private_key_id=$service_account_key_id private_key:
| $service_account_private_key
billing_export.py:80 INFO Grüße aus Köln; a byte that is no UTF-8: \udcff; a tab:\t; two blanks:\x20\x20
billing_export.py:88 WARNING Retrying in 5 s: the pool of 10 connections is exhausted
taskinstance.py:1937 ERROR Task failed with exception
| Traceback (most recent call last):
|   File "/opt/airflow/dags/billing_export.py", line 91, in load_invoices
|     engine = create_engine(url, pool_pre_ping=True, connect_args=options)
|         attempt = 1
|         options = {'user': 'etl_writer', 'password': '$metadata_password', 'connect_timeout': 10}
|         url = '$AIRFLOW__DATABASE__SQL_ALCHEMY_CONN'
|   File "/usr/lib/python3/dist-packages/sqlalchemy/create.py", line 643, in connect
|     return dialect.connect(*cargs, **cparams)
| sqlalchemy.exc.OperationalError: cannot connect to $AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: timeout expired
slack_webhook.py:132 INFO Posting the alert to $AIRFLOW_VAR_SLACK_WEBHOOK
taskinstance.py:1398 INFO Marking task as UP_FOR_RETRY. dag_id=billing_export, task_id=load_invoices, run_id=scheduled
local_task_job_runner.py:222 INFO Task exited with return code 1
taskinstance.py:2776 INFO 0 downstream tasks scheduled"""

HARMLESS_LOG = """\
billing_export.py:66 INFO Batch $number of 9000: 250 rows read from analytics.invoices, 0 rejected
s3.py:872 DEBUG PUT s3://example-billing/2026/11/20/part-$number.parquet etag $harmless_hex
http.py:140 DEBUG GET https://billing.example.net/v2/invoices?page=$number 200 OK in 38 ms
taskinstance.py:1157 INFO Heartbeat of <TaskInstance: billing_export.load_invoices [running]>"""


def alnum(length):
    return "".join(secrets.choice(ALNUM) for _ in range(length))


def password():
    """Symbols that mean something in a URI; none that JSON or Python's repr would spell differently."""
    symbols = random.SystemRandom().sample("/@:?#!&+^", 4)
    return alnum(5) + "".join(symbol + alnum(5) for symbol in symbols)


def pem(lines):
    """The shape of a private key around random bytes: an unmistakable secret, and nobody's."""
    encoded = base64.b64encode(secrets.token_bytes(48 * lines - 21)).decode()
    body = "\n".join(encoded[i:i + 64] for i in range(0, len(encoded), 64))
    return f"-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n"


def make_values():
    """The secrets themselves, by name."""
    shared = alnum(12)
    return {
        "warehouse_password": password(),
        "metadata_password": password(),
        "aws_access_key_id": "AKIA" + "".join(secrets.choice(string.ascii_uppercase + "234567") for _ in range(16)),
        "aws_secret_access_key": base64.b64encode(secrets.token_bytes(30)).decode(),
        "fernet_key": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "slack_webhook_key": alnum(24),
        "billing_api_key": "bk_live_" + alnum(32),
        "session_token": secrets.token_urlsafe(60),
        "run_token": ".".join(secrets.token_urlsafe(n) for n in (27, 60, 32)),
        "rotation_key_old": alnum(16) + shared,  # the end of the old key ...
        "rotation_key_new": shared + alnum(16),  # ... is the beginning of the new one
        "tls_private_key": pem(4),
        "service_account_private_key": pem(3),
        "service_account_key_id": secrets.token_hex(20),
        "service_account_client_id": str(10**20 + secrets.randbelow(9 * 10**20)),
    }


def make_environment(v):
    warehouse, metadata = (quote(v[name], safe="") for name in ("warehouse_password", "metadata_password"))
    aws = {"aws_access_key_id": v["aws_access_key_id"], "aws_secret_access_key": v["aws_secret_access_key"],
           "region_name": "eu-west-1"}
    return {
        "AIRFLOW_CONN_WAREHOUSE": f"postgres://etl_writer:{warehouse}@warehouse.example.net:5432/analytics",
        "AIRFLOW_CONN_AWS_DEFAULT": json.dumps({"conn_type": "aws", "extra": aws}),
        "AIRFLOW_VAR_SLACK_WEBHOOK":
            f"https://hooks.slack.com/services/T0{alnum(9).upper()}/B0{alnum(9).upper()}/{v['slack_webhook_key']}",
        "AIRFLOW_VAR_BILLING": json.dumps({"endpoint": "https://billing.example.net", "api_key": v["billing_api_key"]}),
        "AIRFLOW__CORE__FERNET_KEY": v["fernet_key"],
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN":
            f"postgresql+psycopg2://airflow:{metadata}@metadata.example.net:5432/airflow",
    }


def make_secrets_file(v):
    return {
        "database_password": v["metadata_password"],
        "api_keys": {name: v[name] for name in ("session_token", "rotation_key_old", "rotation_key_new")},
        "tls_private_key": v["tls_private_key"],
        "service_account": {
            "type": "service_account", "project_id": "example-project",
            "private_key_id": v["service_account_key_id"],
            "private_key": v["service_account_private_key"],
            "client_email": "loader@example-project.iam.gserviceaccount.com",
            "client_id": v["service_account_client_id"],
        },
    }


def mount_run_secrets(folder, files):
    """As Kubernetes mounts a secret: the files stand in a dated folder, reached through two links."""
    (folder / "..2026_11_20").mkdir(parents=True)
    (folder / "..data").symlink_to("..2026_11_20")
    for name, text in files.items():
        (folder / "..data" / name).write_text(text)
        (folder / name).symlink_to(f"..data/{name}")


def make_placeholders(v, environment):
    config = {
        "warehouse": {"host": "warehouse.example.net", "login": "etl_writer", "password": v["warehouse_password"]},
        "billing": {"api_key": v["billing_api_key"], "rows": 250, "dry_run": False},
    }
    return {name: value.rstrip("\n") for name, value in v.items()} | environment | {
        "config_dump": json.dumps(config, indent=2),
        "rotated_keys": v["rotation_key_old"][:16] + v["rotation_key_new"],
    }


def make_expectations(v, environment):
    """What show.py looks for. Of a part not even a piece may be left; a whole also holds harmless text (a host)."""
    passwords = ("warehouse_password", "metadata_password")
    parts = {f"{name}, percent-encoded": quote(v[name], safe="") for name in passwords}
    for name, value in v.items():
        for number, line in enumerate(value.splitlines(), 1):
            if not line.startswith("-----"):  # PEM armour is no secret
                parts[f"{name}, line {number}" if "\n" in value else name] = line
    wholes = environment | {name: value.strip() for name, value in v.items() if "\n" in value}
    return {"parts": parts, "wholes": wholes}


class Clock:
    """Gives each line Airflow's prefix, a little later than the line before."""

    def __init__(self):
        self.now = datetime.datetime.now(datetime.timezone.utc)

    def prefix(self, place, level):
        self.now += datetime.timedelta(milliseconds=random.randint(1, 90))
        return f"[{self.now:%Y-%m-%dT%H:%M:%S}.{self.now.microsecond // 1000:03}+0000] {{{place}}} {level} - "


def render(template, placeholders, clock):
    """For each line of the template, the lines that it becomes in the log."""
    for line in template.split("\n"):
        # Shaped like secrets, but no source tells them: they stay.
        chance = {"number": random.randrange(10**6), "harmless_hex": random.randbytes(16).hex()}
        text = string.Template(line).substitute(placeholders | chance)
        if line.startswith("| "):
            yield text[2:].split("\n")
        else:
            place, level, message = text.split(" ", 2)
            yield [clock.prefix(place, level) + part for part in message.split("\n")]


def to_bytes(lines):
    return "\n".join(lines).encode("utf-8", "surrogateescape")


def make(folder):
    v = make_values()
    environment = make_environment(v)
    placeholders = make_placeholders(v, environment)
    exports = (f"export {name}={shlex.quote(value)}\n" for name, value in environment.items())
    log = itertools.chain.from_iterable(render(TASK_LOG, placeholders, Clock()))
    (folder / "env.sh").write_text("".join(exports))
    (folder / "secrets.json").write_text(json.dumps(make_secrets_file(v), indent=2))
    mount_run_secrets(folder / "run-secrets", {"password": v["warehouse_password"], "token": v["run_token"] + "\n"})
    (folder / "task.log").write_bytes(to_bytes(log))
    values = make_expectations(v, environment) | {"placeholders": placeholders}
    (folder / "values.json").write_text(json.dumps(values))


def write(folder, values):
    """Line by line, and one secret in two writes: no reader sees the end of it along with the beginning."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # should the reader fail, it has the word
    log = (folder / "task.log").read_bytes()
    token = values["parts"]["session_token"].encode()
    cut = log.index(token) + len(token) // 2
    for half in (log[:cut], log[cut:]):
        for line in half.splitlines(keepends=True):
            sys.stdout.buffer.write(line)
            sys.stdout.buffer.flush()
        time.sleep(0.3)


def spread_thin(placeholders, parts, **_):
    """The task log once more, so many harmless lines between its own that one of 20 bears a secret."""
    clock = Clock()
    harmless = itertools.chain.from_iterable(itertools.chain.from_iterable(
        render(HARMLESS_LOG, placeholders, clock) for _ in itertools.count()))
    owed = 0
    for lines in render(TASK_LOG, placeholders, clock):
        bearing = sum(any(part in line for part in parts.values()) for line in lines)
        owed += 20 * bearing - len(lines)
        yield from itertools.chain(lines, itertools.islice(harmless, max(0, owed)))
        owed = min(0, owed)


def grow(folder, values, mib):
    # Sixteen different copies, so that the processor cannot learn the log by heart.
    block = b"".join(to_bytes(spread_thin(**values)) + b"\n" for _ in range(16))
    missing = int(mib) * 2**20
    with open(folder / "big.log", "wb") as big:
        while missing > 0:
            missing -= big.write(block[:missing])


if __name__ == "__main__":
    os.umask(0o077)  # all that we make is for our own eyes
    command, directory, *rest = sys.argv[1:]
    folder = pathlib.Path(directory)
    if command == "make":
        make(folder)
    else:
        {"write": write, "grow": grow}[command](folder, json.loads((folder / "values.json").read_text()), *rest)
