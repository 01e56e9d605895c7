"""Both outputs at full speed at once: nothing is lost, and memory stays flat.

FLOOD_SECONDS=N says how long (10).
"""

import os
import re
import sys
import threading
import time

import maskpipe_cli
from maskpipe_cli import CliTest

SECRET = b"hunter2-secret"
SECONDS = float(os.environ.get("FLOOD_SECONDS", "10"))

WRITER = """
import os, sys, threading, time
end = time.monotonic() + float(sys.argv[1])
def write(fd):
    n = 0
    while time.monotonic() < end:
        block = b"".join(b"%%d %s line\\n" %% i for i in range(n, n + 2000))
        n += 2000
        while block: block = block[os.write(fd, block):]
threads = [threading.Thread(target=write, args=(fd,)) for fd in (1, 2)]
[t.start() for t in threads]
[t.join() for t in threads]
""" % SECRET.decode()


class Flood(CliTest):
    def test_numbered_lines_come_whole_and_in_order(self):
        running = self.start("run", *self.one(SECRET), "--", sys.executable,
                             "-c", WRITER, str(SECONDS))
        failures, counts = [], {}

        def read(stream, name):
            want, left = 0, b""
            while True:
                part = stream.read(1 << 20)
                if not part:
                    break
                lines = (left + part).split(b"\n")
                left = lines.pop()
                for line in lines:
                    if line != b"%d *** line" % want:
                        failures.append((name, want, line[:100]))
                        want = -1
                        break
                    want += 1
                if want < 0:
                    break
            if left and not failures:
                failures.append((name, "at the end", left[:100]))
            counts[name] = want

        threads = [threading.Thread(target=read, args=(s, n)) for s, n in (
            (running.process.stdout, "out"), (running.process.stderr, "err"))]
        for t in threads:
            t.start()
        time.sleep(min(2, SECONDS / 3))
        early = running.status_field("VmRSS")
        time.sleep(SECONDS * 0.6)
        late = running.status_field("VmRSS")
        for t in threads:
            t.join(60)
        self.assertEqual(running.process.wait(60), 0)
        self.assertEqual(failures, [])
        self.assertGreater(min(counts.values()), 10000 * SECONDS)
        self.assertLess(late - early, 1 << 20, "memory grows")
        print("lines:", counts, "memory:", early, late)


if __name__ == "__main__":
    maskpipe_cli.main()
