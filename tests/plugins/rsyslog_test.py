"""maskpipe rsyslog: by hand as rsyslog's mmexternal calls it, and under the real rsyslogd with the
configuration that is documented."""
import contextlib
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

MASKPIPE = os.environ["MASKPIPE"]
REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
SECRET = "hunter2-Secret!"
MARK = {"masked": "1"}


class Directory(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="maskpipe-rsyslog")
        self.addCleanup(directory.cleanup)
        self.here = pathlib.Path(directory.name)
        self.secrets = self.here / "secrets.json"
        self.put_secrets()

    def put_secrets(self, password=SECRET):
        """In one step, as rotation does: nobody reads half a file."""
        new = self.secrets.with_suffix(".new")
        new.write_text(json.dumps({"db": {"password": password}, "pin": "7654321"}))
        new.chmod(0o600)
        new.rename(self.secrets)


class Helper(Directory):
    """What goes in and out, as mmexternal has it: an empty environment, one pipe for both outputs."""

    def start(self, *arguments):
        self.process = subprocess.Popen(
            [MASKPIPE, "rsyslog", *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, env={}, bufsize=0, cwd="/")
        self.addCleanup(self.process.wait)
        self.addCleanup(self.process.kill)
        for pipe in (self.process.stdin, self.process.stdout):
            self.addCleanup(pipe.close)

    def ask(self, line):
        """One exchange; the reply must be one line."""
        self.process.stdin.write((line if isinstance(line, bytes) else line.encode()) + b"\n")
        reply = b""
        while not reply.endswith(b"\n"):
            got = self.process.stdout.read(1 << 20)
            self.assertTrue(got, f"the helper went silent after {reply!r}")
            reply += got
        self.assertEqual(1, reply.count(b"\n"), reply)
        return reply

    def masked(self, **message):
        message = {"msg": "m", "rawmsg": "r", "$!": None, **message}
        return json.loads(self.ask(json.dumps(message)))

    def assert_unmarked(self, reply, reason):
        reply = json.loads(reply) if isinstance(reply, bytes) else reply
        self.assertEqual({"$!"}, set(reply))
        self.assertEqual("0", reply["$!"]["masked"])
        self.assertIn(reason, reply["$!"]["maskpipe"])

    def start_masking(self, *arguments):
        self.start("--source", f"file:{self.secrets}", *arguments)

    def test_every_copy_of_the_text(self):
        self.start_masking()
        reply = self.masked(msg=f"a {SECRET}", rawmsg=f"<13>a {SECRET}", hostname=SECRET,
                            syslogtag=f"app[{SECRET}]:", procid="7", msgid=SECRET, pri="13",
                            **{"structured-data": f"[x a=\"{SECRET}\"]", "fromhost": "h", "$!": {
                                "deep": {"list": [SECRET, {SECRET: [7654321, 1.50, True, None]}]},
                                "n": 7654321, "plain": "x\n\u00fc\\", "big": 1e300}})
        self.assertEqual({
            "msg": "a ***", "rawmsg": "<13>a ***", "hostname": "***", "syslogtag": "app[***]:",
            "msgid": "***", "structured-data": "[x a=\"***\"]",
            "$!": {"deep": {"list": ["***", {"***": ["***", 1.5, True, None]}]}, "n": "***",
                   "plain": "x\n\u00fc\\", "big": 1e300, **MARK}}, reply)

    def test_text_without_a_secret_is_given_back_too(self):
        self.start_masking()
        self.assertEqual({"msg": "m", "rawmsg": "r", "$!": MARK}, self.masked(pri="13"))
        message = {"msg": "m", "rawmsg": "r"}
        self.assertEqual({**message, "$!": MARK}, json.loads(self.ask(json.dumps(message))))

    def test_a_senders_own_mark_does_not_count(self):
        self.start_masking()
        for forged in ({"masked": "1"}, {"masked": {"a": [1]}, "maskpipe": ["x", {}]}):
            self.assertEqual(MARK, self.masked(**{"$!": forged})["$!"])
            self.assert_unmarked(self.masked(**{"$!": forged, "programname": SECRET}),
                                 "lets nobody change")

    def test_what_cannot_be_changed_is_not_marked(self):
        self.start_masking()
        for name in ("programname", "app-name", "of-a-later-version"):
            self.assert_unmarked(self.masked(**{name: f"x {SECRET}"}), "lets nobody change")
        self.assert_unmarked(self.masked(**{"$!": {SECRET: 1}}), "name of a variable")
        self.assertEqual(MARK, self.masked(inputname="imfile", programname="app")["$!"])

    def test_bad_input_is_answered_and_is_the_end_of_nothing(self):
        self.start_masking()
        good = json.dumps({"msg": SECRET, "rawmsg": "r"}).encode()
        bad = [b"", b"plain text", b"{", b"[]", b"[1]", b"7", b'"x"', b"null", b"{}", b'{"msg": 1}',
               good[:-1], good + b"x", good[:-4], b'{"msg": {}, "rawmsg": "r"}', b"\xff\xfe",
               b'{"msg":"m","rawmsg":"r","$!":7}', b'{"msg":"m","rawmsg":"r","$!":[1]}',
               b'{"msg":"m","rawmsg":"r","x":[' + b"[" * 10000, b'{"msg":"\\ud800","rawmsg":""}',
               b"[" * 100000 + b"]" * 100000, b'{"$!":{"masked":"1"}}', b"\x00", b'\x00{"msg":""}']
        dice = random.Random(11)
        for line in bad + [bytes(dice.choices(b'{}[]":,\\msgraw$!1e-\x00\xff ', k=dice.randint(
                0, 60))) for _ in range(500)]:
            reply = self.ask(line)
            self.assertIn(b'"masked":"0"', reply, (line, reply))
            json.loads(reply)
        self.assertEqual(b'{"msg":"***","rawmsg":"r","$!":{"masked":"1"}}\n', self.ask(good))

    def test_bytes_that_are_no_utf8_and_long_lines(self):
        self.start_masking()
        line = b'{"msg":"\xff ' + SECRET.encode() + b' \xc3","rawmsg":"' + b"x" * 5000000 + b'"}'
        reply = self.ask(line)
        self.assertTrue(reply.startswith(b'{"msg":"\xff *** \xc3",'), reply[:80])
        self.assertEqual(len(line) - len(SECRET) + 3, len(reply) - len(',"$!":{"masked":"1"}\n'))
        self.process.stdin.write(b'{"msg":"' + b"y" * (65 << 20))
        self.assert_unmarked(self.ask(b'"}'), "longer than 64 MiB")
        self.assertEqual(MARK, self.masked()["$!"])

    def test_a_line_in_pieces(self):
        self.start_masking()
        line = json.dumps({"msg": SECRET, "rawmsg": "r"}).encode()
        for piece in (line[:5], line[5:9], line[9:]):
            self.process.stdin.write(piece)
            time.sleep(0.02)
        self.assertEqual(b'{"msg":"***"', self.ask(b"")[:12])

    def test_a_broken_command_line_is_told_in_the_replies(self):
        for arguments, reason in (
                (["--nosuch"], "there is no option --nosuch"), ([], "there is no --source"),
                (["--source", "env:X", "--no-masking"], "--no-masking"),
                (["--config", "/nowhere/at/all"], "/nowhere/at/all"),
                (["--source", "env:X", "file"], "takes no file"),
                (["--log-file", "/nowhere/at/all", "--source", "env:X"], "/nowhere/at/all")):
            self.start(*arguments)
            for _ in range(3):
                self.assert_unmarked(self.ask('{"msg":"m","rawmsg":"r"}'), reason)

    def test_sources_that_fail_are_tried_again(self):
        self.secrets.write_text('{"MARKER')
        log = self.here / "log"
        self.start("--source", f"file:{self.secrets}", "--log-file", str(log))
        self.assert_unmarked(self.masked(msg=SECRET), str(self.secrets))
        self.put_secrets()
        end = time.monotonic() + 20
        while "msg" not in (reply := self.masked(msg=SECRET)):
            self.assertLess(time.monotonic(), end)
            time.sleep(0.05)
        self.assertEqual("***", reply["msg"])
        self.assertIn(str(self.secrets), log.read_text())
        self.assertNotIn("MARKER", log.read_text())

    def eventually(self, condition, what):
        end = time.monotonic() + 60
        while not condition():
            self.assertLess(time.monotonic(), end, what)
            time.sleep(0.02)

    def test_secrets_are_refreshed_and_old_values_stay_masked(self):
        """Also where no message comes meanwhile; every reply belongs to its message."""
        self.start_masking("--refresh", "100ms")
        asked = iter(range(10**9))

        def knows(value):
            n = next(asked)
            reply = self.masked(msg=f"{n} {SECRET} {value}", rawmsg=value)
            self.assertEqual(MARK, reply["$!"])
            self.assertEqual(f"{n} ***", reply["msg"][:len(f"{n} ***")])
            self.assertIn(reply["msg"], (f"{n} *** ***", f"{n} *** {value}"))
            return reply["msg"].endswith(" ***")

        self.assertTrue(knows(SECRET))
        for value in ("rotated-Once-1", "rotated-Twice-2"):
            self.assertFalse(knows(value))
            self.put_secrets(value)
            self.eventually(lambda: knows(value), f"{value} is not masked")
        self.assertEqual("*** *** ***", self.masked(
            msg=f"{SECRET} rotated-Once-1 rotated-Twice-2")["msg"])

    def test_a_refresh_that_fails_is_told_in_the_log_file_and_nowhere_else(self):
        log = self.here / "log"
        self.start_masking("--refresh", "50ms", "--log-file", str(log))
        self.masked()
        self.secrets.write_text('{"MARKER')
        self.eventually(lambda: "stays masked" in log.read_text(), "nothing is told")
        self.assertIn(str(self.secrets), log.read_text())
        self.assertNotIn("MARKER", log.read_text())
        self.assertEqual({"msg": "***", "rawmsg": "r", "$!": MARK}, self.masked(msg=SECRET))
        self.put_secrets("after-The-failure-3")
        self.eventually(lambda: self.masked(msg="after-The-failure-3")["msg"] == "***",
                        "it is not tried again")
        self.assertIn("can be read again", log.read_text())
        self.process.stdin.close()
        self.assertEqual(b"", self.process.stdout.read())

    def test_the_reload_signal_refreshes(self):
        self.start_masking("--refresh", "0", "--reload-signal", "HUP")
        self.masked()
        self.put_secrets("on-Demand-4")
        time.sleep(0.3)
        self.assertEqual("on-Demand-4", self.masked(msg="on-Demand-4")["msg"])
        self.process.send_signal(signal.SIGHUP)
        self.eventually(lambda: self.masked(msg="on-Demand-4")["msg"] == "***", "not refreshed")

    def test_no_message_waits_for_a_source_that_hangs(self):
        """But for the first; and the end of the input is the end, whatever is being read."""
        os.mkfifo(self.here / "fifo")
        self.start("--source", f"file:{self.here / 'fifo'}", "--source-timeout", "3s")
        self.assert_unmarked(self.masked(msg=SECRET), str(self.here / "fifo"))
        longest, end = 0, time.monotonic() + 6
        while time.monotonic() < end:
            begun = time.monotonic()
            self.assert_unmarked(self.masked(msg=SECRET), str(self.here / "fifo"))
            longest = max(longest, time.monotonic() - begun)
            time.sleep(0.01)
        self.assertLess(longest, 2.5)
        self.process.stdin.close()
        self.assertEqual(0, self.process.wait(20))

    def test_the_end_of_the_input_is_the_end(self):
        self.start_masking()
        self.masked()
        self.process.stdin.close()
        self.assertEqual(0, self.process.wait(20))
        self.assertEqual(b"", self.process.stdout.read())

    def test_a_reader_that_has_gone_ends_it(self):
        self.start_masking()
        self.masked()
        self.process.stdout.close()
        self.process.stdin.write(b"{}\n")
        self.assertEqual(1, self.process.wait(20))


def with_mmjsonparse(text):
    """The documented configuration, behind mmjsonparse, which sets variables as senders wish."""
    begin = 'queue.workerThreads="1") {\n'
    assert begin in text
    return text.replace(begin, begin + '  action(type="mmjsonparse" cookie="")\n').replace(
        'module(load="mmexternal")', 'module(load="mmexternal")\nmodule(load="mmjsonparse")')


def children(pid):
    path = pathlib.Path(f"/proc/{pid}/task")
    found = []
    for task in path.iterdir() if path.exists() else ():
        try:
            found += [int(p) for p in (task / "children").read_text().split()]
        except OSError:
            pass
    return found


@unittest.skipUnless(shutil.which("rsyslogd", path="/usr/sbin:/usr/bin"),
                     "SKIPPED: rsyslogd is missing (Debian package rsyslog)")
class Rsyslogd(Directory):
    """The real daemon with src/deploy/rsyslog/maskpipe.conf; only paths are changed."""

    def setUp(self):
        super().setUp()
        self.masked, self.quarantine = self.here / "masked.log", self.here / "quarantine"
        self.input, self.log = self.here / "app.log", self.here / "maskpipe.log"
        self.config = self.here / "maskpipe.ini"
        self.config.write_text(f"source = file:{self.secrets}\nlog-file = {self.log}\n")
        text = (REPOSITORY / "src/deploy/rsyslog/maskpipe.conf").read_text()
        for path, ours in (("/usr/bin/maskpipe", MASKPIPE),
                           ("/etc/maskpipe/rsyslog.conf", self.config),
                           ("/var/log/masked.log", self.masked),
                           ("/var/log/maskpipe.quarantine", self.quarantine)):
            self.assertIn(path, text)
            text = text.replace(path, str(ours))
        self.template = text
        self.input.write_text("")

    def helpers(self):
        """The processes of our helper; one that has just ended is left out."""
        found = []
        for pid in children(self.daemon.pid):
            with contextlib.suppress(OSError):
                if b"maskpipe\0rsyslog\0" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes():
                    found.append(pid)
        return found

    def kill_helper(self):
        """How many were killed."""
        for pid in self.helpers()[:1]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                return 1
        return 0

    def start(self, extra="", change=lambda text: text, input_options=""):
        (self.here / "rsyslog.conf").write_text(
            f'global(workDirectory="{self.here}")\nmodule(load="imfile" mode="polling" '
            'pollingInterval="1")\n' + change(self.template) + extra +
            f'input(type="imfile" file="{self.input}" tag="app:" ruleset="maskpipe"'
            f"{input_options})\n")
        checked = subprocess.run(["/usr/sbin/rsyslogd", "-N1", "-f", self.here / "rsyslog.conf"],
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.assertEqual(0, checked.returncode, checked.stdout)
        self.start_daemon()

    def start_daemon(self):
        self.daemon = subprocess.Popen(
            ["/usr/sbin/rsyslogd", "-n", "-f", self.here / "rsyslog.conf", "-i",
             self.here / "pid"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)
        self.addCleanup(self.daemon.stdout.close)
        self.addCleanup(self.daemon.wait)
        self.addCleanup(self.daemon.kill)

    def read(self, path):
        return path.read_bytes().decode("utf-8", "surrogateescape") if path.exists() else ""

    def wait_for(self, lines, seconds=120, meanwhile=lambda count: None):
        end = time.monotonic() + seconds
        while True:
            count = sum(self.read(p).count("\n") for p in (self.masked, self.quarantine))
            if count >= lines:
                return
            self.assertLess(time.monotonic(), end, f"{count} of {lines} lines came")
            self.assertIsNone(self.daemon.poll(), "rsyslogd ended")
            meanwhile(count)
            time.sleep(0.01)

    def wait_until(self, holds, seconds=30):
        end = time.monotonic() + seconds
        while not holds():
            self.assertLess(time.monotonic(), end)
            time.sleep(0.01)

    def stop(self):
        self.daemon.send_signal(signal.SIGTERM)
        self.daemon.wait(30)

    def test_messages_are_masked_in_the_file(self):
        self.start()
        self.input.write_bytes(b"one " + SECRET.encode() + b"\ntwo \xff\xc3 " + SECRET.encode() +
                               b"\nthree {\"a\": \"\\u0041 \\\\ %s\"} \t tab\n" % SECRET.encode() +
                               "four ü without\n".encode())
        self.wait_for(4)
        self.stop()
        lines = [line.split(" ", 2)[2] for line in self.read(self.masked).splitlines()]
        self.assertEqual(["app: one ***", "app: two \udcff\udcc3 ***",
                          'app: three {"a": "\\u0041 \\\\ ***"}  tab'.replace("  tab", " #011 tab")
                          if "#011" in lines[2] else
                          'app: three {"a": "\\u0041 \\\\ ***"} \t tab',
                          "app: four ü without"], lines)
        self.assertEqual("", self.read(self.quarantine))

    def test_secrets_are_refreshed_while_the_daemon_runs(self):
        """Rotated twice, then broken: order and count stay, and no old value comes back."""
        self.config.write_text(f"source = file:{self.secrets}\nlog-file = {self.log}\n"
                               "refresh = 100ms\n")
        self.start()
        written, values = 0, [SECRET]

        def write(text):
            nonlocal written
            with self.input.open("a") as out:
                out.write(f"number {written} {text} end\n")
            written += 1
            self.wait_for(written)

        write(SECRET)
        for value in ("rotated-Once-1", "rotated-Twice-2"):
            self.put_secrets(value)
            values.append(value)
            end = time.monotonic() + 60
            write(value)
            while not self.read(self.masked).endswith(" *** end\n"):
                self.assertLess(time.monotonic(), end, f"{value} is not masked")
                write(value)
        self.secrets.write_text('{"MARKER')
        end = time.monotonic() + 60
        while "stays masked" not in self.read(self.log):
            self.assertLess(time.monotonic(), end, "a refresh that failed is not told")
            time.sleep(0.02)
        last = written
        for value in values:
            write(value)
        self.stop()
        lines = self.read(self.masked).splitlines()
        self.assertEqual("", self.read(self.quarantine))
        self.assertEqual(list(range(written)),
                         [int(re.search(r"number (\d+) ", line)[1]) for line in lines])
        self.assertTrue(all(line.endswith(" *** end") for line in lines[last:]), lines[last:])
        self.assertNotIn("MARKER", self.read(self.log))

    def test_rawmsg_and_variables_are_masked_too(self):
        """With a template that prints every copy, of a JSON message that mmjsonparse opened."""
        self.start(change=lambda text: with_mmjsonparse(text).replace(
            'string="%timegenerated:::date-rfc3339% %hostname% %syslogtag%%msg:::sp-if-no-1st-sp'
            '%%msg%\\n"', 'string="%jsonmesg%\\n"'))
        self.input.write_text(json.dumps({"user": SECRET, "deep": {"k": [SECRET]}, "masked": "1"}) +
                              "\n")
        self.wait_for(1)
        self.stop()
        text = self.read(self.masked)
        self.assertNotIn(SECRET, text)
        message = json.loads(text)
        self.assertIn("metadata", message["$!"])  # imfile's own, before ours
        del message["$!"]["metadata"]
        self.assertEqual({"user": "***", "deep": {"k": ["***"]}, "masked": "1"}, message["$!"])

    def test_a_sender_cannot_mark_a_message_that_nobody_masked(self):
        """The helper's sources fail; the message says of itself that it is masked."""
        self.secrets.write_text("{")
        self.start(change=with_mmjsonparse)
        self.input.write_text(json.dumps({"user": SECRET, "masked": "1"}) + "\n")
        self.wait_for(1)
        self.stop()
        self.assertEqual("", self.read(self.masked))
        self.assertIn(SECRET, self.read(self.quarantine))
        self.assertIn(f"[{self.secrets}", self.read(self.quarantine))
        self.assertEqual(0o600, self.quarantine.stat().st_mode & 0o777)

    def test_a_sender_cannot_mark_a_message_where_nobody_answers(self):
        """The program is missing; the message says of itself that it is masked."""
        self.start(change=lambda text: with_mmjsonparse(text).replace(
            MASKPIPE, "/nowhere/maskpipe"))
        self.input.write_text(json.dumps({"user": SECRET, "masked": "1"}) + "\n")
        self.wait_for(1)
        self.stop()
        self.assertEqual("", self.read(self.masked))
        self.assertIn(SECRET, self.read(self.quarantine))

    def start_with_large_messages(self, secrets, input_options="", extra=""):
        self.secrets.write_text(json.dumps(secrets))
        self.start(change=lambda text: 'global(maxMessageSize="8m")\n' + text.replace(
            'string="%timegenerated:::date-rfc3339% %hostname% %syslogtag%%msg:::sp-if-no-1st-sp'
            '%%msg%\\n"', 'string="%msg%|%rawmsg%\\n"'), input_options=input_options, extra=extra)

    def test_messages_of_a_mebibyte(self):
        """Longer than any pipe holds, and with bytes that grow sixfold in JSON."""
        self.start_with_large_messages({"password": SECRET})
        texts = [b"x" * (1 << 20), b'"\\' * (1 << 19), b"\xff\xc3" * (1 << 19)]
        for text in texts:
            with self.input.open("ab") as out:
                out.write(text + SECRET.encode() + text[:100] + b"\n")
        self.wait_for(3)
        self.stop()
        self.assertEqual("", self.read(self.quarantine))
        lines = self.masked.read_bytes().split(b"\n")
        self.assertEqual([text + b"***" + text[:100] for text in texts],
                         [line[:len(line) // 2] for line in lines[:3]])
        self.assertNotIn(SECRET.encode(), self.masked.read_bytes())

    def test_messages_and_secrets_of_several_lines(self):
        """With everything that JSON escapes in the secret."""
        secret = 'first "line" \\ one\n\tsecond-Line/2\nthird \u00fc-line'
        self.start_with_large_messages({"note": secret},
                                       ' startmsg.regex="^BEGIN" escapeLF="off" readTimeout="2"')
        self.input.write_text(f"BEGIN 1\n{secret}\nend\nBEGIN 2\nplain\nBEGIN 3\nlast\n")
        self.wait_for(11)
        self.stop()
        text = self.read(self.masked)
        self.assertTrue(text.startswith("BEGIN 1\n***\nend|"), text)
        self.assertIn("BEGIN 2\nplain|", text)
        self.assertIn("BEGIN 3\nlast|", text)
        for line in secret.split("\n"):
            self.assertNotIn(line, text)
        self.assertEqual("", self.read(self.quarantine))

    def test_control_characters_that_the_daemon_escapes_are_those_of_the_secret(self):
        """As #012 and #011, of what comes through a socket; no line is a secret by itself."""
        secret = "pw1\nq#7\t\u00fcz9"
        listener = self.here / "log"
        self.start_with_large_messages(
            {"note": secret},
            extra='module(load="imuxsock" SysSock.Use="off")\n'
                  f'input(type="imuxsock" Socket="{listener}" ruleset="maskpipe")\n')
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            self.wait_until(listener.exists)
            sender.connect(str(listener))
            for text in (f"one {secret} end", "two pw1\nq#7", "three"):
                sender.send(b"<13>Dec  1 12:00:00 app: " + text.encode())
            self.wait_for(3)
        self.stop()
        text = self.read(self.masked)
        self.assertTrue(text.startswith(" one *** end|"), text)
        self.assertIn(" two pw1#012q#7|", text)
        self.assertEqual("", self.read(self.quarantine))

    def test_json_of_any_shape_in_the_variables(self):
        self.start(change=lambda text: with_mmjsonparse(text).replace(
            'string="%timegenerated:::date-rfc3339% %hostname% %syslogtag%%msg:::sp-if-no-1st-sp'
            '%%msg%\\n"', 'string="%$!%|%msg%\\n"'))
        deep = '{"a":' * 20 + json.dumps(SECRET) + "}" * 20
        escaped = "".join(f"\\u{ord(c):04x}" for c in SECRET)
        self.input.write_text(
            f'{{"twice":"{SECRET}","twice":"{SECRET}","x":1}}\n'
            f'{{"deep":{deep}}}\n'
            f'{{"escaped":"{escaped}","n":7654322,"f":1.5,"t":true,"z":null,"l":[1,false]}}\n'
            f'{{"pin":7654321,"list":[7654321,"{SECRET}",[["{SECRET}"]]]}}\n')
        self.wait_for(4)
        self.stop()
        text = self.read(self.masked)
        self.assertEqual("", self.read(self.quarantine))
        self.assertNotIn(SECRET, text)
        variables = [json.loads(line.rsplit("|", 1)[0]) if line.count("|") == 1 else self.fail(line)
                     for line in text.splitlines()]
        for one in variables:
            self.assertEqual("1", one.pop("masked"))
            one.pop("metadata")
        self.assertEqual({"twice": "***", "x": 1}, variables[0])
        self.assertEqual(json.loads(deep.replace(SECRET, "***")), variables[1]["deep"])
        self.assertEqual({"escaped": "***", "n": 7654322, "f": 1.5, "t": True, "z": None,
                          "l": [1, False]}, variables[2])
        self.assertEqual({"pin": "***", "list": ["***", "***", [["***"]]]}, variables[3])

    def test_nothing_is_lost_when_the_daemon_is_restarted_with_a_full_queue(self):
        """The helper stands still meanwhile; what waits goes to disk and is masked afterwards."""
        self.start(change=lambda text: text.replace(
            'queue.type="LinkedList"', 'queue.type="LinkedList" queue.filename="waiting" '
            'queue.saveOnShutdown="on" queue.timeoutShutdown="100" '
            'queue.timeoutActionCompletion="100"'))
        total = 50_000
        with self.input.open("w") as out:
            for n in range(total):
                out.write(f"number {n} {SECRET} end {n}\n")
        self.wait_for(1)
        helper = self.helpers()[0]
        os.kill(helper, signal.SIGSTOP)
        time.sleep(0.5)
        before = self.daemon
        before.send_signal(signal.SIGTERM)
        time.sleep(1.5)
        os.kill(helper, signal.SIGKILL)
        before.wait(60)
        self.assertLess(self.read(self.masked).count("\n"), total)
        self.assertTrue(list(self.here.glob("waiting*")), "nothing waits on disk")
        self.start_daemon()
        end = time.monotonic() + 60
        numbers = set()
        while len(numbers) < total:
            self.assertLess(time.monotonic(), end, f"{len(numbers)} of {total} came")
            both = self.read(self.masked) + self.read(self.quarantine)
            numbers = set(re.findall(r"number (\d+) \S+ end \1$", both, re.M))
            time.sleep(0.1)
        self.stop()
        self.assertNotIn(SECRET, self.read(self.masked))
        self.assertLess(self.read(self.quarantine).count("\n"), 100)

    def test_the_helper_is_killed_within_long_messages(self):
        """A reply that rsyslog has read half of changes nothing and marks nothing."""
        self.start_with_large_messages({"password": SECRET})
        total, filling, kills, dice = 100, "z" * 200_000, 0, random.Random(3)
        with self.input.open("w") as out:
            for n in range(total):
                out.write(f"number {n} {SECRET} {filling} {SECRET} end {n}\n")

        def kill(count):
            nonlocal kills
            if kills < 30 and self.helpers():
                time.sleep(dice.uniform(0.01, 0.08))
                kills += self.kill_helper()

        self.wait_for(total, 120, kill)
        self.stop()
        masked, quarantine = self.read(self.masked), self.read(self.quarantine)
        print(f"kills {kills}, quarantined {quarantine.count(chr(10))} of {total}", file=sys.stderr)
        self.assertGreater(kills, 3)
        self.assertNotIn(SECRET, masked)
        numbers = []
        for text, value in ((masked, "***"), (quarantine, SECRET)):
            for line in text.splitlines():
                message = line.split("|")[0].removeprefix(line[:line.index("number ")])
                n = int(message.split()[1])
                self.assertEqual(f"number {n} {value} {filling} {value} end {n}", message)
                numbers.append(n)
        self.assertEqual(list(range(total)), sorted(numbers))

    def test_without_the_program_everything_is_quarantined(self):
        self.start(change=lambda text: text.replace(MASKPIPE, "/nowhere/maskpipe"))
        self.input.write_text(f"one {SECRET}\ntwo\n")
        self.wait_for(2)
        self.stop()
        self.assertEqual("", self.read(self.masked))
        self.assertEqual(2, self.read(self.quarantine).count("\n"))

    def test_the_helper_is_killed_twenty_times_over_100000_messages(self):
        total, kills = 100_000, []
        self.start()
        with self.input.open("w") as out:
            for n in range(total):
                out.write(f"number {n} password={SECRET} end {n}\n")
        step = total // 21

        def kill(count):
            if len(kills) < 20 and count >= step * (len(kills) + 1):
                kills.extend([count] * self.kill_helper())

        self.wait_for(total, 300, kill)
        self.stop()
        masked, quarantine = self.read(self.masked), self.read(self.quarantine)
        print(f"kills {len(kills)}, masked {masked.count(chr(10))}, quarantined "
              f"{quarantine.count(chr(10))}", file=sys.stderr)
        self.assertEqual(20, len(kills))
        self.assertNotIn(SECRET, masked)
        found = {}
        for name, text in (("masked", masked), ("quarantine", quarantine)):
            numbers = [int(n) for n in re.findall(r"number (\d+) password=\S+ end \1$", text, re.M)]
            self.assertEqual(text.count("\n"), len(numbers), name)
            self.assertEqual(sorted(numbers), numbers, f"the order of {name}")
            found[name] = set(numbers)
            self.assertEqual(len(numbers), len(found[name]), f"twice in {name}")
        self.assertEqual(set(range(total)), found["masked"] | found["quarantine"])
        self.assertEqual(set(), found["masked"] & found["quarantine"])
        # One message a kill, or as many as the small pipe holds.
        self.assertLess(len(found["quarantine"]), 20 * 12)
        self.assertEqual("", "".join(line for line in quarantine.splitlines(True)
                                     if SECRET not in line))


if __name__ == "__main__":
    unittest.main(verbosity=2)
