"""Airflow 2's handlers: a task's file is opened once its context is set, with the formatter that
the configuration gave; a task's standard output is logged."""
import logging
import pathlib
import sys


class FileTaskHandler(logging.Handler):
    def __init__(self, base_log_folder):
        super().__init__()
        self.local_base, self.handler = pathlib.Path(base_log_folder), None

    def set_context(self, relative_path):
        path = self.local_base / relative_path
        path.parent.mkdir(parents=True, exist_ok=True)
        self.handler = logging.FileHandler(path, encoding="utf-8")
        if self.formatter:
            self.handler.setFormatter(self.formatter)
        self.handler.setLevel(self.level)

    def emit(self, record):
        if self.handler is not None:
            self.handler.emit(record)


class RedirectStdHandler(logging.StreamHandler):
    def __init__(self, stream):
        logging.Handler.__init__(self)

    @property
    def stream(self):
        return sys.stdout


class StreamLogWriter:
    """What sys.stdout is while a task runs."""
    encoding = None

    def __init__(self, logger, level):
        self._logger, self._level, self._held = logger, level, ""

    def write(self, message):
        self._held += message
        if message.endswith("\n"):
            self.flush()

    def flush(self):
        held, self._held = self._held.rstrip(), ""
        if held:
            self._logger.log(self._level, held)

    def isatty(self):
        return False
