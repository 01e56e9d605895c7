"""Runs the binary that the variable MASKPIPE names, for the black-box tests.

    class Something(CliTest):
        def test_a_claim(self):
            run = self.mask(b"text", "--source", "file:" + self.file("s", b"v"))
            self.assertEqual(run.out, b"***")

Nothing here knows how maskpipe works; it starts processes, feeds pipes and
reads what comes back, always with a deadline.
"""

import contextlib
import faulthandler
import fcntl
import json
import os
import select
import shutil
import struct
import subprocess
import tempfile
import termios
import time
import unittest

SECONDS = 20  # until a test that waits gives up
NOBODY = 65534  # a user without rights
REPOSITORY = os.path.dirname(
    os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


# Where a test hangs is told before ctest ends it, which takes 300 s.
faulthandler.dump_traceback_later(270)


def binary():
    path = os.environ.get("MASKPIPE", "")
    if not os.access(path, os.X_OK):
        raise SystemExit("MASKPIPE must name the maskpipe binary")
    return os.path.abspath(path)


class Run:
    """What a process that has ended left behind."""

    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err

    def __repr__(self):
        return "status %r, out %r, err %r" % (
            self.status, self.out[:2000], self.err[:2000])


class Running:
    """A process whose pipes are read and written step by step."""

    def __init__(self, argv, env, **popen):
        popen.setdefault("stdin", subprocess.PIPE)
        popen.setdefault("stdout", subprocess.PIPE)
        popen.setdefault("stderr", subprocess.PIPE)
        self.process = subprocess.Popen(argv, env=env, bufsize=0, **popen)
        self.pid = self.process.pid

    def write(self, data):
        """Writes all of it, then waits until the process has read it."""
        fd = self.process.stdin.fileno()
        view = memoryview(data)
        while view:
            view = view[os.write(fd, view):]
        self.drain()

    def drain(self):
        fd = self.process.stdin.fileno()
        end = time.monotonic() + SECONDS
        while queued(fd):
            if time.monotonic() > end or self.process.poll() is not None:
                raise AssertionError("the input is not read any more")
            time.sleep(0.0005)

    def read(self, size, seconds=SECONDS):
        """Exactly `size` bytes of output, or what came within the time."""
        fd, got = self.process.stdout.fileno(), b""
        end = time.monotonic() + seconds
        while len(got) < size:
            if not select.select([fd], [], [],
                                 max(0, end - time.monotonic()))[0]:
                break
            part = os.read(fd, size - len(got))
            if not part:
                break
            got += part
        return got

    def quiet(self, seconds=0.15):
        """What comes although nothing should: b"" is the right answer."""
        return self.read(1 << 16, seconds)

    def status_field(self, name):
        """A field of /proc/PID/status; sizes in bytes."""
        with open("/proc/%d/status" % self.pid) as f:
            for line in f:
                key, value = line.split(":", 1)
                if key == name:
                    words = value.split()
                    return int(words[0]) * (1024 if words[-1] == "kB" else 1)
        raise AssertionError("no " + name)

    def end(self):
        """Closes the input and returns the rest."""
        out, err = self.process.communicate(timeout=SECONDS)
        return Run(self.process.returncode, out or b"", err or b"")

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for f in (self.process.stdin, self.process.stdout, self.process.stderr):
            if f is not None:
                with contextlib.suppress(OSError):
                    f.close()


def queued(fd):
    """Bytes that wait in a pipe."""
    buf = fcntl.ioctl(fd, termios.FIONREAD, struct.pack("i", 0))
    return struct.unpack("i", buf)[0]


class CliTest(unittest.TestCase):
    maxDiff = 2000

    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="maskpipe-test-")
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)

    # files

    def path(self, name):
        return os.path.join(self.dir, name)

    def file(self, name, content=b"", mode=0o600):
        """A file that only its owner reads; its path."""
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if isinstance(content, str):
            content = content.encode()
        with open(path, "wb") as f:
            f.write(content)
        os.chmod(path, mode)
        return path

    def text_of(self, path):
        with open(path, "rb") as f:
            return f.read()

    def one(self, value, name="s.txt"):
        """--source arguments for one secret, taken as it is."""
        return ["--source",
                "file[format=value]:" + self.file(name, value)]

    def named(self, secrets, name="secrets.json"):
        """--source arguments for secrets by name."""
        return ["--source", "file:" + self.file(name, json.dumps(secrets))]

    def folder(self, secrets, name="secrets.d"):
        """--source arguments for a folder with one file per secret."""
        for key, value in secrets.items():
            self.file(name + "/" + key, value)
        return ["--source", "dir:" + self.path(name)]

    # processes

    def environment(self, env=None):
        kept = {"PATH": os.environ.get("PATH", "/usr/bin:/bin")}
        # What a sanitizer's build needs to be told.
        kept.update({k: v for k, v in os.environ.items()
                     if k.endswith("SAN_OPTIONS")})
        kept.update(env or {})
        return kept

    def start(self, *arguments, env=None, under=(), **popen):
        running = Running([*under, binary(), *arguments],
                          self.environment(env), **popen)
        self.addCleanup(running.stop)
        return running

    def mask(self, text, *arguments, env=None, **popen):
        """A whole run: input, arguments, Run."""
        popen.setdefault("stdout", subprocess.PIPE)
        popen.setdefault("stderr", subprocess.PIPE)
        if "stdin" not in popen:
            popen["input"] = text
        done = subprocess.run([binary(), *arguments], timeout=3 * SECONDS,
                              env=self.environment(env), **popen)
        return Run(done.returncode, done.stdout or b"", done.stderr or b"")

    def masked(self, text, *arguments, **more):
        """The output of a run that must end well."""
        run = self.mask(text, *arguments, **more)
        self.assertEqual(run.status, 0, run)
        return run.out

    def as_nobody(self):
        """Arguments of start() for a process that is not root."""
        if os.geteuid() != 0:
            return {}
        # The folder of the build may be closed to others.
        copy = self.path("maskpipe-of-nobody")
        if not os.path.exists(copy):
            shutil.copy(binary(), copy)
            os.chmod(copy, 0o755)
            os.chmod(self.dir, 0o755)

        def become_nobody():
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)

        return {"executable": copy, "preexec_fn": become_nobody}

    # claims

    def assert_refused(self, run, status, *words, never=()):
        """Ended with `status`, printed nothing, said `words`."""
        self.assertEqual(run.status, status, run)
        self.assertEqual(run.out, b"", "printed something")
        for word in words:
            self.assertIn(word.encode(), run.err)
        for marker in never:
            self.assertNotIn(
                marker if isinstance(marker, bytes) else marker.encode(),
                run.err)


def skip_under_sanitizer(test):
    """Figures of a sanitizer's build say nothing about ours."""
    with open(binary(), "rb") as f:
        text = f.read()
    if b"__asan_init" in text or b"__tsan_init" in text:
        test.skipTest("SKIPPED: the binary is built with a sanitizer, whose "
                      "own doings would be measured")


def main():
    binary()
    unittest.main(verbosity=2)  # so that skips say why
