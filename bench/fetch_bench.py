#!/usr/bin/env python3
"""Measures how long 1,000 secrets take to load, beside a boto3 loop that does
the same.

    MASKPIPE=.build/release/maskpipe bench/fetch_bench.py [--secrets N]
        [--latency MS] [--runs N]

The test server of tests/fetch/ answers, in a process of its own, each request
after a pause that stands for the network. All are started anew for each run,
as a task is. Answers are checked before times are printed: status 1 where one
was wrong. Runs under Debian's python3 (botocore); with boto3 where it is
installed. A botocore that does not know BatchGetSecretValue has the loop with
single calls only.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.join(HERE, "..", "tests", "fetch")
KEY, SECRET_KEY, REGION = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI", "eu-west-1"

SERVER = """
import json, sys
sys.path.insert(0, sys.argv[1])
from aws_server import AwsServer
server = AwsServer()
server.allow(sys.argv[2], sys.argv[3])
for i in range(int(sys.argv[4])):
    server.put_secret("bench/%06d" % i, "value-number-%06d-x" % i)
server.delay = float(sys.argv[5])
print(server.url, flush=True)
for line in sys.stdin:
    print(json.dumps([len(server.log), server.connections, server.refused]),
          flush=True)
    server.log.clear()
    server.connections = 0
"""

LOOP = """
import sys
url, region, way = sys.argv[1:]
try:
    import boto3
    client = boto3.client("secretsmanager", region_name=region,
                          endpoint_url=url)
except ImportError:
    import botocore.session
    client = botocore.session.Session().create_client(
        "secretsmanager", region_name=region, endpoint_url=url)
values = []
for page in client.get_paginator("list_secrets").paginate(
        Filters=[{"Key": "name", "Values": ["bench/"]}],
        PaginationConfig={"PageSize": 100}):
    names = [s["Name"] for s in page["SecretList"]]
    if way == "batch":
        for i in range(0, len(names), 20):
            answer = client.batch_get_secret_value(SecretIdList=names[i:i + 20])
            values += [v["SecretString"] for v in answer["SecretValues"]]
    else:
        values += [client.get_secret_value(SecretId=n)["SecretString"]
                   for n in names]
text = sys.stdin.read()
for value in values:
    text = text.replace(value, "***")
sys.stdout.write(text)
"""


def knows_batches(python):
    return subprocess.run(
        [python, "-c", "import botocore.session as s; s.Session()."
         "create_client('secretsmanager', region_name='x')."
         "batch_get_secret_value"], capture_output=True).returncode == 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--secrets", type=int, default=1000)
    parser.add_argument("--latency", type=float, default=10)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--boto-python", default=sys.executable,
                        help="the python that has boto3")
    options = parser.parse_args()
    maskpipe = os.environ.get("MASKPIPE", "")
    if not os.access(maskpipe, os.X_OK):
        sys.exit("MASKPIPE must name the maskpipe binary")

    server = subprocess.Popen(
        ["/usr/bin/python3", "-c", SERVER, TESTS, KEY, SECRET_KEY,
         str(options.secrets), str(options.latency / 1000)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    url = server.stdout.readline().strip()
    env = {"PATH": os.environ["PATH"], "AWS_ACCESS_KEY_ID": KEY,
           "AWS_SECRET_ACCESS_KEY": SECRET_KEY, "HOME": "/nonexistent",
           "AWS_EC2_METADATA_DISABLED": "true"}
    loop = [options.boto_python, "-c", LOOP, url, REGION]
    rivals = [("maskpipe", [
        maskpipe, "--source", "aws-secretsmanager[region=%s,endpoint_url=%s]:"
        "bench/" % (REGION, url)])]
    if knows_batches(options.boto_python):
        rivals.append(("boto3 loop, batches", loop + ["batch"]))
    rivals.append(("boto3 loop, single gets", loop + ["single"]))

    last = options.secrets - 1
    text = "a value-number-%06d-x b value-number-%06d-x c" % (0, last)
    wrong = False
    print("%d secrets, %g ms a request, median of %d runs\n" % (
        options.secrets, options.latency, options.runs))
    print("%-24s %9s %9s %9s %12s" % ("", "seconds", "CPU s", "requests",
                                      "connections"))
    for name, command in rivals:
        walls, cpus = [], []
        for _ in range(options.runs):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            begin = time.monotonic()
            done = subprocess.run(command, input=text.encode(), env=env,
                                  capture_output=True)
            walls.append(time.monotonic() - begin)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            cpus.append(after.ru_utime + after.ru_stime - before.ru_utime -
                        before.ru_stime)
            server.stdin.write("\n")
            server.stdin.flush()
            requests, connections, refused = json.loads(
                server.stdout.readline())
            if done.stdout != b"a *** b *** c" or refused:
                print("%s: a wrong answer (status %d)" % (
                    name, done.returncode), file=sys.stderr)
                wrong = True
        print("%-24s %9.2f %9.2f %9d %12d" % (
            name, statistics.median(walls), statistics.median(cpus), requests,
            connections))
    server.stdin.close()
    server.wait()
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
