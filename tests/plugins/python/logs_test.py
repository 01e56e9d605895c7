"""Python's logging and structlog, masked before anything is written; files are searched after."""
import datetime
import io
import json
import logging
import logging.handlers
import os
import pickle
import queue
import sys
import tempfile
import traceback
import unittest
import warnings

import maskpipe
import maskpipe.events

try:
    import structlog
except ImportError:
    structlog = None

SECRET = "hunter2-Secret!"


class Leaky:
    def __str__(self):
        return f"leaky {SECRET}"


class Broken(Exception):
    def __str__(self):
        raise RuntimeError(SECRET)


class Fails:
    """Whatever asks it for its text fails, and the error holds the value."""

    def __str__(self):
        raise RuntimeError(SECRET)

    __repr__ = __str__


class PrintsAll(logging.Formatter):
    """Prints whatever a record holds, as JSON formatters of others do."""

    def format(self, record):
        text = super().format(record)
        if record.exc_info:
            text += "".join(traceback.TracebackException(
                *record.exc_info, capture_locals=True).format())
        return text + repr(record.__dict__)


class LogsTest(unittest.TestCase):
    def setUp(self):
        self.live = maskpipe.LiveMasker([])
        self.live.add(SECRET)
        self.addCleanup(logging.setLogRecordFactory, maskpipe.logs.install(self.live))
        self.file = tempfile.NamedTemporaryFile("r")
        self.addCleanup(self.file.close)
        self.handler = logging.FileHandler(self.file.name)
        self.handler.setFormatter(PrintsAll("%(levelname)s %(message)s"))
        self.logger = logging.Logger("test")
        self.logger.addHandler(self.handler)
        self.addCleanup(self.handler.close)

    def written(self):
        self.handler.flush()
        self.file.seek(0)
        return self.file.read()

    def check(self, *expected):
        text = self.written()
        self.assertNotIn(SECRET, text)
        for part in expected:
            self.assertIn(part, text)

    def test_message_and_arguments(self):
        self.logger.info("plain " + SECRET)
        self.logger.info("one %s", SECRET)
        self.logger.info("map %(k)s", {"k": SECRET})
        self.logger.info("object %s and %r", Leaky(), {"deep": [SECRET]})
        self.logger.info(Leaky())
        self.check("plain ***", "one ***", "map ***", "object leaky *** and {'deep': ['***']}",
                   "INFO leaky ***")

    def test_a_secret_made_of_message_and_argument(self):
        self.logger.info("hunter2-%s!", "Secret")
        self.check("INFO ***")

    def test_a_percent_sign_survives_where_there_are_no_arguments(self):
        self.logger.info("100% done")
        self.logger.info("%d%% of %s", 50, SECRET)
        self.check("INFO 100% done", "INFO 50% of ***")

    def test_exceptions_with_cause_context_and_locals(self):
        local = SECRET  # printed by capture_locals
        try:
            try:
                raise ValueError(SECRET)
            except ValueError as e:
                raise KeyError(SECRET + local) from e
        except KeyError:
            self.logger.exception("failed")
            self.logger.error(traceback.TracebackException(
                *sys.exc_info(), capture_locals=True).format().__class__)
            self.logger.error("%s", "".join(traceback.TracebackException(
                *sys.exc_info(), capture_locals=True).format()))
        self.check("ERROR failed", "ValueError: ***", "KeyError: '***'", "direct cause",
                   "local = '***'")

    def test_an_exception_whose_text_fails(self):
        try:
            raise Broken(SECRET)
        except Broken:
            self.logger.exception("failed")
        self.check("ERROR failed", "Broken")

    def test_stack_info(self):
        self.logger.info("here", stack_info=True)
        self.logger.info("SECRET in source: hunter2-Secret!", stack_info=True)
        self.check("Stack (most recent call last)")

    def test_arguments_that_do_not_fit_reach_neither_file_nor_standard_error(self):
        error, sys.stderr = sys.stderr, io.StringIO()
        try:
            self.logger.info("%d", SECRET)
            self.logger.info("%s %s", SECRET)
        finally:
            said, sys.stderr = sys.stderr.getvalue(), error
        self.assertNotIn(SECRET, said)
        self.check("%d (arguments that do not fit: ('***',))")

    def test_extra_is_masked_by_the_filter_and_by_a_masked_formatter(self):
        extra = {"user": SECRET, "deep": {"k": [SECRET, 7]}, "object": Leaky(), "n": 7}
        filtered, plain = io.StringIO(), io.StringIO()
        first, second = logging.StreamHandler(filtered), logging.StreamHandler(plain)
        first.addFilter(maskpipe.logs.MaskingFilter(self.live))
        first.setFormatter(PrintsAll())
        formatter = PrintsAll("%(user)s %(deep)s %(object)s %(n)d")
        second.setFormatter(maskpipe.logs.masked_formatter(self.live, formatter))
        self.assertIsInstance(formatter, PrintsAll)
        self.assertIs(formatter, second.formatter)
        logger = logging.Logger("other")
        logger.addHandler(second)
        logger.info("x", extra=extra)
        logger.removeHandler(second)
        logger.addHandler(first)
        logger.info("x", extra=extra)
        for text in (filtered.getvalue(), plain.getvalue()):
            self.assertNotIn(SECRET, text)
            self.assertIn("'k': ['***', 7]", text)

    def test_extra_is_masked_for_handlers_that_nobody_configured(self):
        self.logger.info("x", extra={"user": SECRET, "deep": {"k": [SECRET]}, "o": Leaky(), "n": 7})
        logging.LoggerAdapter(self.logger, {"adapted": SECRET}).info("y")
        self.check("'user': '***'", "'deep': {'k': ['***']}", "'o': 'leaky ***'", "'n': 7",
                   "'adapted': '***'")

    def test_what_fails_when_asked_for_its_text_reaches_neither_caller_nor_standard_error(self):
        error, sys.stderr = sys.stderr, io.StringIO()
        try:
            self.logger.info("%s and %s", Fails(), SECRET)
            self.logger.info(Fails())
            self.logger.info("x", extra={"failing": Fails(), "deep": [Fails(), SECRET]})
        finally:
            said, sys.stderr = sys.stderr.getvalue(), error
        self.assertEqual("", said)
        self.check("(arguments that do not fit: whose text fails)", "a message whose text fails",
                   "'failing': '[withheld: a Fails whose text fails]'", "'***']")

    def test_a_queue_handlers_record_holds_no_value_in_any_form(self):
        records, listened = queue.Queue(), []
        logger = logging.Logger("queued")
        logger.addHandler(logging.handlers.QueueHandler(records))
        try:
            raise ValueError(SECRET)
        except ValueError as e:
            logger.error("text %s", SECRET, exc_info=e, stack_info=True, extra={"u": SECRET})
        record = records.get_nowait()
        self.assertNotIn(SECRET.encode(), pickle.dumps(record))
        listened.append(pickle.loads(pickle.dumps(record)))
        self.handler.handle(listened[0])
        self.check("text ***", "ValueError: ***", "'u': '***'")

    def test_loggers_and_handlers_that_come_later(self):
        logger = logging.getLogger("later.made")
        logger.propagate = False
        logger.setLevel(logging.DEBUG)
        logger.addHandler(self.handler)
        self.addCleanup(logger.removeHandler, self.handler)
        logger.debug("debug %s", SECRET)
        logger.warning("%(a)s %(b)r", {"a": SECRET, "b": (SECRET,)})
        logging.captureWarnings(True)
        self.addCleanup(logging.captureWarnings, False)
        logging.getLogger("py.warnings").addHandler(self.handler)
        self.addCleanup(logging.getLogger("py.warnings").removeHandler, self.handler)
        warnings.warn(f"deprecated {SECRET}")
        self.check("DEBUG debug ***", "WARNING *** ('***',)", "deprecated ***")

    def test_bytes_and_very_long_records(self):
        self.logger.info(SECRET.encode())
        self.logger.info("%s %r", SECRET.encode(), bytearray(SECRET.encode()))
        self.logger.info("x" * 4_000_000 + SECRET + "y" * 4_000_000)
        self.check("INFO b'***'", "b'***' bytearray(b'***')", "x***y")

    def test_a_record_that_another_factory_made_is_masked_by_the_filter(self):
        record = logging.makeLogRecord({"msg": "a %s", "args": (SECRET,), "levelname": "INFO"})
        record.__dict__.pop("_maskpipe_masked", None)
        record.msg, record.args = "a %s", (SECRET,)
        self.assertTrue(maskpipe.logs.MaskingFilter(self.live).filter(record))
        self.assertEqual("a ***", record.getMessage())

    def test_records_are_withheld_while_the_secrets_cannot_be_loaded(self):
        live = maskpipe.LiveMasker(["file:/nowhere/at/all"])
        self.addCleanup(logging.setLogRecordFactory, logging.getLogRecordFactory())
        logging.setLogRecordFactory(logging.LogRecord)
        maskpipe.logs.install(live)
        try:
            raise ValueError(SECRET)
        except ValueError:
            self.logger.exception("text %s", SECRET)
        text = self.written()
        self.assertNotIn(SECRET, text)
        self.assertNotIn("text", text.split("{")[0])
        self.assertIn("[withheld: maskpipe: ", text)
        self.assertIn("/nowhere/at/all", text)

    def test_a_forked_child_logs_masked(self):
        child = os.fork()
        if child == 0:
            try:
                self.logger.info("child %s", SECRET)
                self.handler.flush()
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        self.check("INFO child ***")


@unittest.skipIf(structlog is None, "SKIPPED: python3-structlog is missing")
class EventsTest(unittest.TestCase):
    def setUp(self):
        self.live = maskpipe.LiveMasker([])
        self.live.add(SECRET)
        self.live.add("7654321098")
        self.file = tempfile.NamedTemporaryFile("rb")
        self.addCleanup(self.file.close)

    def log(self, live=None):
        """A logger as Airflow 3's supervisor makes one: JSON bytes into a file."""
        out = open(self.file.name, "ab", buffering=0)
        self.addCleanup(out.close)
        return structlog.wrap_logger(structlog.BytesLogger(out), processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            maskpipe.events.Processor(live or self.live),
            structlog.processors.JSONRenderer(serializer=lambda event, **kw: json.dumps(
                event, default=str).encode()),
        ])

    def test_records_and_forwarded_output(self):
        when = datetime.datetime(2026, 1, 2)
        log = self.log()
        log.info("connecting with " + SECRET, uri=SECRET, nested={"a": [SECRET, {SECRET: 1}]},
                 when=when, number=7654321098, small=12, object=Leaky(), none=None, raw=None)
        log.error(f'{{"password": "{SECRET}"}}', logger="task.stdout")
        try:
            raise ValueError(SECRET)
        except ValueError:
            log.exception("failed")
        text = self.file.read().decode()
        self.assertNotIn(SECRET, text)
        self.assertNotIn("7654321098", text)
        first, second, third = map(json.loads, text.splitlines())
        self.assertEqual("connecting with ***", first["event"])
        self.assertEqual({"a": ["***", {"***": 1}]}, first["nested"])
        self.assertEqual((str(when), "***", 12, "leaky ***", None), tuple(
            first[k] for k in ("when", "number", "small", "object", "none")))
        self.assertEqual('{"password": "***"}', second["event"])
        self.assertIn("ValueError: ***", third["exception"])

    def test_renderers_that_open_an_exception_find_masked_text(self):
        """Without format_exc_info before ours, in every form that structlog allows."""
        for renderer in (structlog.dev.ConsoleRenderer(colors=False),
                         structlog.processors.JSONRenderer(),
                         structlog.processors.KeyValueRenderer()):
            out = io.StringIO()
            log = structlog.wrap_logger(structlog.PrintLogger(out), processors=[
                structlog.processors.StackInfoRenderer(),
                maskpipe.events.Processor(self.live), renderer])
            try:
                local = SECRET
                raise ValueError(local)
            except ValueError as e:
                log.exception("failed")
                log.error("given", exc_info=e)
                log.error("tuple", exc_info=sys.exc_info(), stack_info=True)
            log.error("none", exc_info=True)
            log.error("false", exc_info=False)
            text = out.getvalue()
            self.assertNotIn(SECRET, text)
            self.assertEqual(3, text.count("ValueError: ***"), text)

    def test_what_a_renderer_made_is_masked_too(self):
        ours = maskpipe.events.Processor(self.live)
        self.assertEqual("a ***", ours(None, "info", f"a {SECRET}"))
        self.assertEqual(b"a ***", ours(None, "info", b"a " + SECRET.encode()))
        self.assertEqual((("***",), {"k": "***"}), ours(None, "info", ((SECRET,), {"k": SECRET})))
        broken = maskpipe.events.Processor(maskpipe.LiveMasker(["file:/nowhere/at/all"]))
        for event in (SECRET, SECRET.encode(), ((SECRET,), {})):
            self.assertIn("withheld", str(broken(None, "info", event)))

    def test_an_event_is_withheld_while_the_secrets_cannot_be_loaded(self):
        self.log(maskpipe.LiveMasker(["file:/nowhere/at/all"])).info("text", a=SECRET)
        event = json.loads(self.file.read())
        self.assertEqual({"event", "level", "timestamp"}, set(event))
        self.assertIn("[withheld: ", event["event"])


if __name__ == "__main__":
    sys.exit(unittest.main(verbosity=2))
