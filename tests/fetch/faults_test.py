"""What a network, a load balancer or a broken server may do loses and leaks
nothing: either every secret is masked, or the run fails closed with a message
that names the source and the cause.

MASKPIPE_FAULT_SEED repeats one random run.
"""

import os
import random
import signal
import time

import aws_case
import fault_proxy
from aws_case import AwsCase
from fault_proxy import FAULTS, FaultProxy

MARKER = "Mrk-3d8b07-fault"
COUNT = 45  # three batches and more than one page
# What two more tries can mend, when they are spared.
PASSING = {"throttle", "500", "502", "503", "504", "internal", "reset",
           "reset-half", "close", "cut", "cut-chunked", "stall", "stall-half"}
# Not an error at all.
HARMLESS = {"slow"}
# What is told of each.
CAUSES = {
    "throttle": "ThrottlingException", "500": "HTTP status 500",
    "502": "HTTP status 502", "503": "HTTP status 503",
    "504": "HTTP status 504", "internal": "InternalServiceError",
    "reset": "127.0.0.1", "reset-half": "127.0.0.1", "close": "127.0.0.1",
    "cut": "127.0.0.1", "cut-chunked": "127.0.0.1",
    "half-json": "JSON", "stall": "in time", "stall-half": "in time",
    "garbage": "JSON", "empty": "JSON", "braces": "no ", "list": "no JSON obj",
    "null": "no ", "html": "JSON", "redirect": "HTTP status 307",
    "huge": "larger than 64 MiB", "unauthorized": "SignatureDoesNotMatch",
    "deep": "deeper than 64", "no-http": "127.0.0.1",
}


class Faults(AwsCase):
    def setUp(self):
        super().setUp()
        self.aws.page_size = 20
        self.values = []
        for i in range(COUNT):
            value = "value-%03d-%s" % (i, MARKER)
            self.values.append(value)
            self.aws.put_secret("p/%03d" % i, value)
            self.aws.put_parameter("/p/%03d" % i, value)
        self.aws.put_secret("p/001", "rotated-" + MARKER)
        self.aws.put_parameter("/p/001", "rotated-" + MARKER)
        self.values.append("rotated-" + MARKER)

    def proxy(self, fault, **more):
        proxy = FaultProxy(self.aws.port, fault, marker=MARKER, **more)
        self.addCleanup(proxy.stop)
        return proxy

    def run_through(self, proxy, kind, *arguments):
        source = (self.ssm if kind == "ssm" else self.manager)(
            {"ssm": "/p", "manager": "p/"}[kind], proxy.url)
        run = self.mask("\n".join(self.values).encode(), *source, *arguments)
        masked = b"\n".join([b"***"] * len(self.values))
        return run, masked

    def assert_lost_and_leaked_nothing(self, run, masked, source):
        """Whole or not at all, and never a word of a value."""
        self.assertNotIn(MARKER.encode(), run.out + run.err)
        for word in (b"Signature=", b"AWS4-HMAC", aws_case.SECRET_KEY.encode()):
            self.assertNotIn(word, run.err)
        if run.status == 0:
            self.assertEqual(run.out, masked)
            return
        self.assertEqual(run.status, 3, run)
        self.assertEqual(run.out, b"", run)
        self.assertIn(b"source " + source, run.err)

    def spoil(self, kind, operation, fault, spare, arguments):
        """Spoils an operation's requests but those from `spare` on."""
        seen = []

        def choose(_number, asked):
            if asked != operation:
                return None
            seen.append(asked)
            return fault if len(seen) <= spare else None

        proxy = self.proxy(choose, slow=0.01)
        run, masked = self.run_through(proxy, kind, *arguments)
        self.assert_lost_and_leaked_nothing(
            run, masked, b"aws-ssm" if kind == "ssm" else
            b"aws-secretsmanager")
        self.assertGreater(proxy.hit, 0)
        proxy.stop()
        return run

    def test_each_fault_of_each_request_that_does_not_pass(self):
        for kind, operation in (("manager", "ListSecrets"),
                                ("ssm", "GetParametersByPath"),
                                ("ssm", "GetParameterHistory"),
                                ("manager", "BatchGetSecretValue"),
                                ("manager", "GetSecretValue")):
            for fault in FAULTS:
                if fault == "huge" and operation != "ListSecrets":
                    continue  # 64 MiB each take their time
                arguments = ["--source-timeout=800ms"] \
                    if fault.startswith("stall") else []
                with self.subTest(operation=operation, fault=fault):
                    self.attempts = "1"
                    run = self.spoil(kind, operation, fault, 10**9, arguments)
                    if fault in HARMLESS:
                        self.assertEqual(run.status, 0, run)
                        continue
                    if operation == "BatchGetSecretValue" and run.status == 0:
                        continue  # single calls gave all
                    self.assertEqual(run.status, 3, run)
                    cause = CAUSES[fault]
                    if operation == "GetSecretValue" and cause == "no ":
                        cause = "neither SecretString nor SecretBinary"
                    else:
                        self.assertIn(operation.encode(), run.err)
                    self.assertIn(cause.encode(), run.err)

    def test_each_fault_that_passes_is_survived(self):
        for kind, operation in (("manager", "ListSecrets"),
                                ("manager", "BatchGetSecretValue"),
                                ("manager", "GetSecretValue"),
                                ("ssm", "GetParametersByPath"),
                                ("ssm", "GetParameterHistory")):
            for fault in sorted(PASSING):
                if fault.startswith("stall"):
                    continue  # a try lasts 10 seconds
                if fault == "throttle" and operation != "ListSecrets":
                    continue  # so do the pauses
                with self.subTest(operation=operation, fault=fault):
                    self.attempts = None
                    run = self.spoil(kind, operation, fault, 1, [])
                    self.assertEqual(run.status, 0, run)

    attempts = None

    def environment(self, env=None):
        env = dict(env or {})
        if self.attempts is not None:
            env["AWS_MAX_ATTEMPTS"] = self.attempts
        return super().environment(env)

    def test_stalls_end_with_the_time(self):
        for kind in ("manager", "ssm"):
            proxy = self.proxy(lambda n, op: "stall")
            begin = time.monotonic()
            run, _ = self.run_through(proxy, kind, "--source-timeout=500ms")
            self.assert_refused(run, 3, "127.0.0.1:%d" % proxy.port,
                                "in time (--source-timeout)")
            self.assertLess(time.monotonic() - begin, 15)
            proxy.stop()

    def test_slow_bytes_end_with_the_time(self):
        proxy = self.proxy(lambda n, op: "slow", slow=0.1)
        begin = time.monotonic()
        run, _ = self.run_through(proxy, "manager", "--source-timeout=500ms")
        self.assert_refused(run, 3)
        self.assertLess(time.monotonic() - begin, 15)

    def test_redirects_are_not_followed(self):
        proxy = self.proxy(lambda n, op: "redirect")
        run, _ = self.run_through(proxy, "manager")
        self.assert_refused(run, 3, "HTTP status 307")
        self.assertEqual(self.aws.log, [])

    def test_random_faults(self):
        seeds = [int(os.environ["MASKPIPE_FAULT_SEED"])] \
            if "MASKPIPE_FAULT_SEED" in os.environ else \
            [random.randrange(10**9) for _ in range(12)]
        faults = [f for f in FAULTS
                  if not f.startswith("stall") and f not in ("huge",
                                                             "throttle")]
        survived = 0
        for seed in seeds:
            with self.subTest(MASKPIPE_FAULT_SEED=seed):
                proxy = self.proxy(fault_proxy.at_random(
                    seed, 0.03 + seed % 7 / 20, faults), slow=0.01)
                for kind in ("manager", "ssm"):
                    run, masked = self.run_through(proxy, kind)
                    self.assert_lost_and_leaked_nothing(run, masked, b"aws-")
                    survived += run.status == 0
                proxy.stop()
        print("(seeds %s: %d of %d runs survived)" % (
            seeds, survived, 2 * len(seeds)), end=" ")

    def test_the_fetcher_killed_at_any_moment(self):
        self.aws.delay = 0.01
        text = "\n".join(self.values).encode()
        masked = b"\n".join([b"***"] * len(self.values))
        killed = 0
        for _ in range(30):
            moment = random.random() * 0.12
            run = self.start(*self.manager("p/"))
            begin = time.monotonic()
            children = "/proc/%d/task/%d/children" % (run.pid, run.pid)
            pids = []
            while not pids and run.process.poll() is None and \
                    time.monotonic() - begin < 5:
                with open(children) as f:
                    pids = f.read().split()
            time.sleep(moment)
            try:
                os.kill(int(pids[0]), signal.SIGKILL)
            except (IndexError, ProcessLookupError):
                pass  # it had ended
            try:
                out, err = run.process.communicate(text, timeout=20)
            except BrokenPipeError:
                out, err = b"", run.process.stderr.read()
            with self.subTest(moment=moment):
                self.assertNotIn(MARKER.encode(), out + err)
                if run.process.wait() == 0:
                    self.assertEqual(out, masked)
                else:
                    killed += 1
                    self.assertEqual((run.process.returncode, out), (3, b""))
                    self.assertIn(b"was killed by signal 9", err)
        self.assertGreater(killed, 0)

    def test_whoever_goes_on_regardless_masks_what_came(self):
        seen = []

        def second_batch(_number, operation):
            if operation == "BatchGetSecretValue":
                seen.append(operation)
                return "half-json" if len(seen) == 2 else None
            return None

        proxy = self.proxy(second_batch)
        run, _ = self.run_through(proxy, "manager", "--on-error=warn")
        self.assertEqual(run.status, 0)
        lines = run.out.split(b"\n")
        self.assertEqual(sum(line == b"***" for line in lines), COUNT + 1 - 20)
        self.assertIn(b"20 secrets could not be read", run.err)


class Silence(Faults):
    """Every failing path, at every log level, in both formats."""

    test_each_fault_of_each_request_that_does_not_pass = None
    test_each_fault_that_passes_is_survived = None
    test_stalls_end_with_the_time = None
    test_slow_bytes_end_with_the_time = None
    test_redirects_are_not_followed = None
    test_random_faults = None
    test_the_fetcher_killed_at_any_moment = None
    test_whoever_goes_on_regardless_masks_what_came = None

    def test_no_failing_path_prints_a_value(self):
        self.attempts = "1"
        for fault in FAULTS:
            if fault in ("huge", "stall", "stall-half", "slow"):
                continue
            for operation in ("ListSecrets", "BatchGetSecretValue"):
                proxy = self.proxy(
                    lambda n, op: fault if op == operation else None)
                for level, form in (("debug", "text"), ("debug", "json"),
                                    ("off", "text")):
                    run, masked = self.run_through(
                        proxy, "manager", "--log-level", level,
                        "--log-format", form, "--stats")
                    self.assertNotIn(MARKER.encode(), run.out + run.err)
                    self.assertNotIn(b"AWS4", run.err)
                proxy.stop()

    def test_check_prints_no_value_either(self):
        self.attempts = "1"
        for fault in ("html", "unauthorized", "half-json", "throttle"):
            for form in ("text", "json"):
                proxy = self.proxy(lambda n, op: fault)
                run = self.mask(b"", "check", *self.manager("p/", proxy.url),
                                "--format", form)
                self.assertEqual(run.status, 3)
                self.assertNotIn(MARKER.encode(), run.out + run.err)
                proxy.stop()


if __name__ == "__main__":
    aws_case.main()
