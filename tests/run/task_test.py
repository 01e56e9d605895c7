"""A task as Airflow's KubernetesExecutor starts it, by maskpipe run: JSON lines
with escaped secrets, tracebacks and a PEM key come out clean on both streams.
"""

import json
import sys

import maskpipe_cli
from maskpipe_cli import CliTest

PASSWORD = "p@ss w0rd/\"quoted\"\\Zebra"
TOKEN = "tok-7f3kQ9xW2mZ8"
BODY = ["MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj",
        "MzEfYyjiWA4R4/M2bS1GB4t7NXp98C3SC6dVMvDuictGeurT8jNbvJZHtCSuYEvu",
        "NMoSfm76oqFvAp8Gy0iz5sxjZmSnXyCdPEovGhLa0VzMaQ8s+CLOyS56YyCFGeJZ"]
PEM = ("-----BEGIN PRIVATE KEY-----\n" + "\n".join(BODY) +
       "\n-----END PRIVATE KEY-----\n")
URI = "postgresql://etl:S3cr%2Ft-Pass@db.internal:5432/sales"

# What the executor puts behind the entry point.
WORKLOAD = json.dumps({"token": "eyJh.header.signature", "ti": {
    "task_id": "load", "dag_id": "sales", "run_id": "manual", "try_number": 1}})

TASK = r"""
import json, os, sys, time
assert sys.argv[1] == "--json-string" and json.loads(sys.argv[2])["ti"]
folder = os.environ["SECRETS"]
password, token, pem = (open(folder + "/" + n).read()
                        for n in ("password", "token", "key.pem"))
uri = os.environ["AIRFLOW_CONN_PG"]
def log(event, **more):
    print(json.dumps({"timestamp": "2026-11-24T20:00:00Z", "level": "info",
                      "event": event, **more}), flush=True)
log("Task instance is in running state")
log("token=" + token, header={"Authorization": "Bearer " + token})
log("dsn " + uri)
log("key\n" + pem)
for line in pem.splitlines():
    print("[2026-11-24, 20:00:00 UTC] {subprocess.py:93} INFO - " + line)
print("plain", token, "S3cr/t-Pass", flush=True)
print("stderr", token, file=sys.stderr)
def connect(password):
    raise ConnectionError("cannot log in with " + token + " to " + uri)
try:
    connect(password)
except ConnectionError:
    import traceback
    traceback.print_exc()
    log("Task failed", error_detail=traceback.format_exc())
sys.exit(1)
"""


class Task(CliTest):
    def test_it_comes_out_clean_on_both_streams(self):
        self.folder({"password": PASSWORD, "token": TOKEN, "key.pem": PEM},
                    "secrets")
        task = self.file("execute_workload.py", TASK)
        run = self.mask(
            b"", "run", "--source", "dir:" + self.path("secrets"), "--source",
            "env:AIRFLOW_CONN_*", "--", sys.executable, task, "--json-string",
            WORKLOAD, env={"SECRETS": self.path("secrets"),
                           "AIRFLOW_CONN_PG": URI})
        self.assertEqual(run.status, 1, run)
        both = run.out + run.err
        for secret in (TOKEN, "S3cr%2Ft-Pass", "S3cr/t-Pass", *BODY):
            self.assertNotIn(secret.encode(), both)
        self.assertGreater(both.count(b"***"), 12)
        # What is no secret has stayed.
        self.assertIn(b'"event": "Task instance is in running state"', run.out)
        self.assertIn(b"Traceback (most recent call last)", run.err)
        self.assertIn(b"ConnectionError: cannot log in with *** to ", run.err)
        lines = [l for l in run.out.splitlines() if l.startswith(b"{")]
        for line in lines:
            json.loads(line)  # still JSON
        self.assertEqual(len(lines), 5)


if __name__ == "__main__":
    maskpipe_cli.main()
