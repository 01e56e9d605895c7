"""Airflow 3's default logging configuration: the remote log stands beside it."""


class Remote:
    """A RemoteLogIO that sends each event as it comes."""

    def __init__(self):
        self.sent, self.uploaded = [], []

    @property
    def processors(self):
        def send(logger, method, event):
            self.sent.append(dict(event))
            return event
        return (send,)

    def upload(self, path, ti=None):
        self.uploaded.append(path)

    def read(self, relative_path, ti=None):
        return [f"from {relative_path}"], ["text"]

    def stream(self, relative_path, ti=None):
        return "streamed"


DEFAULT_LOGGING_CONFIG = {"version": 1, "disable_existing_loggers": False,
                          "formatters": {"airflow": {"format": "%(message)s"}},
                          "handlers": {"task": {"class": "logging.NullHandler",
                                                "formatter": "airflow"}},
                          "root": {"handlers": ["task"]}}
DEFAULT_REMOTE_CONN_ID = "aws_default"
REMOTE_TASK_LOG = Remote()
