"""A core of maskpipe run, taken by root, holds nothing of a value: neither in
the middle of streaming nor after it, in no thread and no process of it."""

import os
import random
import signal
import stat
import subprocess
import sys
import time

import maskpipe_cli
from core_file import core_of, need_root_and_gdb, pieces
from maskpipe_cli import CliTest, SECONDS

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


class Cores(CliTest):
    def setUp(self):
        super().setUp()
        maskpipe_cli.skip_under_sanitizer(self)
        need_root_and_gdb(self)
        self.seed = int(os.environ.get("MASKPIPE_SEED",
                                       random.randrange(10**9)))
        self.random = random.Random(self.seed)
        self.markers = {}

    def marker(self, what, size=40):
        value = "".join(self.random.choice(LETTERS) for _ in range(size))
        self.markers[what] = value
        return value

    def clean(self, pid, control, where):
        core = core_of(self, pid)
        self.assertTrue(control.encode() in core, "the control is not found")
        for what, marker in self.markers.items():
            left = [p for p in pieces(marker) if p in core]
            with self.subTest(marker=what, where=where, seed=self.seed):
                self.assertEqual(left, [], "in the core")
        for name in ("cmdline", "environ"):
            text = self.text_of("/proc/%d/%s" % (pid, name))
            for marker in self.markers.values():
                self.assertFalse(marker.encode() in text, name)
        self.open_files(pid)

    def open_files(self, pid):
        """Neither a name of what is open nor a file's content tells a value."""
        folder = "/proc/%d/fd/" % pid
        numbers = os.listdir(folder)
        self.assertGreater(len(numbers), 0)
        for fd in numbers:
            try:
                name = os.readlink(folder + fd)
                text = name.encode()
                if stat.S_ISREG(os.stat(folder + fd).st_mode):
                    if name.startswith(self.dir):
                        continue  # a source that is being read
                    text += self.text_of(folder + fd)
            except FileNotFoundError:
                continue  # closed since
            for marker in self.markers.values():
                for piece in pieces(marker):
                    self.assertFalse(piece in text, name)

    def processes(self, pid):
        """maskpipe run and its helper, where there is one."""
        found = [pid]
        with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
            for child in f.read().split():
                with open("/proc/%s/comm" % child) as comm:
                    if comm.read().strip() == "maskpipe":
                        found.append(int(child))
        return found

    def search(self, *options, helper):
        loaded, folder = self.marker("loaded"), self.marker("folder", 3000)
        added, answered = self.marker("added"), self.marker("answered")
        old, new = self.marker("old"), self.marker("new")
        log = self.path("log")
        control = "Control" + self.random.choice(LETTERS) * 20
        self.file("rotating", old)
        # The values reach the command by files, as ours do; it holds them.
        values = {n: self.file("v-" + n, v) for n, v in self.markers.items()}
        script = (
            "import os, subprocess, sys, time\n"
            "n = int(os.environ['MASKPIPE_ADD_FD'])\n"
            "read = lambda name: open(%r + '/v-' + name, 'rb').read()\n"
            "os.write(n, read('added') + b'\\0')\n"
            "subprocess.run([%r, 'add'], input=read('answered'), pass_fds=[n])"
            "\nwhile not os.path.exists(%r):\n"
            "  for name in ('loaded', 'folder', 'added', 'answered', 'old'):\n"
            "    for fd in (1, 2): os.write(fd, read(name) + b'\\n')\n"
            "  time.sleep(0.001)\n"
            "for fd in (1, 2): os.write(fd, b'z' * 100 + b'\\n')\n"
            "time.sleep(60)\n" % (self.dir, maskpipe_cli.binary(),
                                  self.path("stop")))
        running = self.start(
            "run", *self.one(loaded), *self.folder({"a": folder}), "--source",
            "file[format=value]:" + self.path("rotating"), "--refresh", "60ms",
            "--log-file", log, "--log-level", "debug", "--mask", control,
            *options, "--", sys.executable, "-c", script,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.5)
        self.file("rotating.new", new)
        os.rename(self.path("rotating.new"), self.path("rotating"))
        time.sleep(0.5)
        self.assertEqual(len(self.processes(running.pid)), 2 if helper else 1)
        for pid in self.processes(running.pid):
            self.clean(pid, control, "in the middle")
        self.file("stop")
        time.sleep(0.5)
        for pid in self.processes(running.pid):
            self.clean(pid, control, "after")
        text = self.text_of(log)
        self.assertIn(b"what is masked has changed", text)
        for marker in self.markers.values():
            self.assertFalse(marker[:12].encode() in text)
        del values

    def waiting(self, script, *options):
        """A run whose command says READY in a file, then does nothing more."""
        control = "Control" + self.random.choice(LETTERS) * 20
        running = self.start(
            "run", *options, "--mask", control, "--", sys.executable, "-c",
            "import os, time\nhere = %r\n"
            "read = lambda name: open(here + '/v-' + name, 'rb').read()\n"
            "def ready():\n  open(here + '/ready', 'w').close()\n"
            "  time.sleep(60)\n" % self.dir + script + "ready()\n",
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + SECONDS
        while not os.path.exists(self.path("ready")):
            self.assertLess(time.monotonic(), end)
            time.sleep(0.01)
        time.sleep(0.3)
        return running, control

    def test_the_registers_of_a_thread_that_waits_with_held_bytes(self):
        """They were moved, by vector registers, and no line follows that would
        move others."""
        # Without refresh there is no thread of that, at whose start the
        # registers are cleared, too.
        for options in ((), ("--refresh", "0")):
            secret = self.marker("held", 300)
            self.file("v-held", secret)
            running, control = self.waiting(
                "for n in (10, 60, 250):\n"
                "  os.write(1, b'a line\\n' * n + read('held')[:n])\n"
                "  time.sleep(0.1)\n"
                "  os.write(1, b' no\\n' if n < 250 else b'')\n"
                "  os.write(2, b'x' * n + read('held')[:n])\n"
                "  time.sleep(0.1)\n",
                *self.one(secret), *options)
            self.clean(running.pid, control, "held")
            os.remove(self.path("ready"))

    def test_the_registers_of_a_thread_that_waits_for_its_reader(self):
        """Of an output that is full: what was masked has just been moved."""
        secrets = [self.marker("full-%d" % n, n) for n in (40, 90, 200)]
        self.file("v-all", " and ".join(secrets) + "\n")
        control = "Control" + self.random.choice(LETTERS) * 20
        running = self.start(
            "run", *self.named(dict(enumerate(secrets))), "--mask", control,
            "--", sys.executable, "-c", "import os\n"
            "text = open(%r, 'rb').read()\n"
            "while True: os.write(1, text * 40)\n" % self.path("v-all"))
        time.sleep(1)
        self.clean(running.pid, control, "the output is full")

    def test_the_registers_after_additions(self):
        values = [self.marker("added-%d" % n, n) for n in (20, 40, 90, 200)]
        for value in values:
            self.file("v-%d" % len(value), value)
        running, control = self.waiting(
            "n = int(os.environ['MASKPIPE_ADD_FD'])\n"
            "for size in (20, 40, 90, 200):\n"
            "  os.write(n, read(str(size)) + b'\\0')\n"
            "  time.sleep(0.1)\n", *self.one("loaded-secret"))
        self.clean(running.pid, control, "added")

    def test_the_registers_between_two_readings(self):
        old, new = self.marker("before", 200), self.marker("after", 200)
        self.file("rotating", old)
        running, control = self.waiting(
            "", "--source", "file[format=value]:" + self.path("rotating"),
            "--refresh", "1h", "--reload-signal", "USR1")
        self.clean(running.pid, control, "before it is read again")
        self.file("rotating", new)
        running.process.send_signal(signal.SIGUSR1)
        time.sleep(0.5)
        self.clean(running.pid, control, "after it was read again")

    def test_with_pipes(self):
        self.search(helper=False)

    def test_with_a_terminal(self):
        self.search("--tty=pty", helper=True)


if __name__ == "__main__":
    maskpipe_cli.main()
