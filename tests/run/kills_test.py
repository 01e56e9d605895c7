"""Whatever is killed, and whenever: no byte of a secret has been printed, and
the command does not outlive us.

MASKPIPE_SEED=N repeats a run; a failure prints it.
"""

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import maskpipe_cli
from maskpipe_cli import CliTest, SECONDS

SECRET = b"Kn0ck-kn0ck-Wh0s-There"
KILLS = 200
PAUSE = 0.4  # of a system call that strace holds up
# What a kill cuts off is masked where half of it was seen (--truncated).
HALF = SECRET[:len(SECRET) // 2]

# Prints secrets on both outputs, in writes of all sizes, and never ends.
PRINTER = """
import os, random, sys
r = random.Random(int(sys.argv[1]))
text = b"".join(b"%%d said %s and %s\\n" %% i for i in range(2000))
at = 0
open(sys.argv[2], "w").write(str(os.getpid()))
while True:
    size = r.choice((1, 3, 10, 50, 4096, 60000))
    for fd in (1, 2):
        os.write(fd, (text + text)[at:at + size])
    at = (at + size) %% len(text)
""" % (SECRET.decode(), SECRET.decode())


class Kills(CliTest):
    def setUp(self):
        super().setUp()
        self.seed = int(os.environ.get("MASKPIPE_SEED",
                                       random.randrange(10**9)))
        print("seed", self.seed)
        self.random = random.Random(self.seed)
        self.source = self.one(SECRET)
        self.script = self.file("printer.py", PRINTER)

    def gone(self, pid):
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            try:
                with open("/proc/%d/stat" % pid) as f:
                    if f.read().rsplit(")", 1)[1].split()[0] in "ZX":
                        return True
            except (OSError, IndexError):
                return True
            time.sleep(0.005)
        return False

    def one_kill(self, number):
        what = self.random.choice(("term us", "kill the command", "kill us"))
        options = self.random.choice(((), ("--group",), ("--tty=pty",)))
        pid_file = self.path("pid")
        out = self.path("out"), self.path("err")
        with open(out[0], "wb") as o, open(out[1], "wb") as e:
            process = subprocess.Popen(
                [maskpipe_cli.binary(), "run", *self.source, *options, "--",
                 sys.executable, self.script, str(self.random.randrange(1000)),
                 pid_file], env=self.environment(), stdout=o, stderr=e,
                stdin=subprocess.DEVNULL)
            # At any moment, also before the command is there.
            time.sleep(self.random.choice((0, 0.02, 0.05, 0.08)) *
                       self.random.random() * 2)
            started = os.path.exists(pid_file)
            command = 0
            if started:
                with open(pid_file) as f:
                    command = int(f.read() or 0)
            if what == "kill the command" and command:
                os.kill(command, signal.SIGKILL)
            elif what == "kill us":
                process.kill()
            else:
                process.terminate()
            status = process.wait(SECONDS)
            if not command and os.path.exists(pid_file):
                time.sleep(0.01)
                with open(pid_file) as f:
                    command = int(f.read() or 0)
            if command:
                self.assertTrue(self.gone(command), "the command lives on")
        for path in out:
            text = self.text_of(path)
            self.assertFalse(HALF in text, "printed")
        if what == "kill the command" and command and started:
            self.assertEqual(status, 137)
        if os.path.exists(pid_file):
            os.remove(pid_file)
        return (self.text_of(out[0]) + self.text_of(out[1])).count(b"***")

    def test_two_hundred_kills_print_nothing_and_leave_nobody(self):
        masks = 0
        for number in range(KILLS):
            with self.subTest(number=number, seed=self.seed):
                masks += self.one_kill(number)
        self.assertGreater(masks, KILLS, "nothing was printed")

    def test_a_command_does_not_start_when_its_parent_is_dead_already(self):
        """PR_SET_PDEATHSIG asks for the death to come; the race is that it has
        been. strace makes it happen: each prctl(2) waits, ours as well as the
        one between fork and exec, and meanwhile we are killed."""
        if shutil.which("strace") is None:
            self.skipTest("SKIPPED: strace is not installed")
        for options in ((), ("--group",), ("--tty=pty",)):
            started = self.path("started")
            tracer = subprocess.Popen(
                ["strace", "-f", "-q", "-o", self.path("trace"), "-e",
                 "trace=prctl,execve", "-e",
                 "inject=prctl:delay_enter=%d" % (PAUSE * 1000000),
                 maskpipe_cli.binary(), "run", *self.source, *options, "--",
                 "touch", started], env=self.environment(),
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL)
            us = self.child_of(tracer.pid)
            command = self.child_of(us)
            time.sleep(PAUSE / 4)
            os.kill(us, signal.SIGKILL)
            tracer.wait(SECONDS)
            with self.subTest(options=options):
                trace = self.text_of(self.path("trace"))
                self.assertIn(b"PR_SET_PDEATHSIG", trace)
                self.assertTrue(self.gone(command))
                self.assertFalse(os.path.exists(started), "it was started")
                self.assertNotIn(b'"touch"', trace.replace(
                    b'"--", "touch"', b""))

    def child_of(self, pid):
        """One that is maskpipe yet: strace has others of its own."""
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            with contextlib.suppress(OSError):
                with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
                    children = f.read().split()
                for child in children:
                    with open("/proc/%s/comm" % child) as f:
                        if f.read() == "maskpipe\n":
                            return int(child)
            time.sleep(0.005)
        raise AssertionError("no child has come")


if __name__ == "__main__":
    maskpipe_cli.main()
