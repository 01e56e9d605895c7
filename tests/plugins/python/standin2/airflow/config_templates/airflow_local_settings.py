"""Airflow 2's default logging configuration, in its documented shape."""
import os

_FORMAT = "[%(asctime)s] {%(filename)s:%(lineno)d} %(levelname)s - %(message)s"
_HANDLERS = "airflow.utils.log.file_task_handler."

DEFAULT_LOGGING_CONFIG = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "airflow": {"format": _FORMAT, "class": "logging.Formatter"},
        "airflow_coloured": {"format": _FORMAT, "class": "logging.Formatter"},
    },
    "filters": {"mask_secrets": {"()": "airflow.utils.log.secrets_masker.SecretsMasker"}},
    "handlers": {
        "console": {"class": _HANDLERS + "RedirectStdHandler", "formatter": "airflow_coloured",
                    "stream": "sys.stdout", "filters": ["mask_secrets"]},
        "task": {"class": _HANDLERS + "FileTaskHandler", "formatter": "airflow",
                 "base_log_folder": os.environ["AIRFLOW__LOGGING__BASE_LOG_FOLDER"],
                 "filters": ["mask_secrets"]},
    },
    "loggers": {"airflow.task": {"handlers": ["task"], "level": "INFO", "propagate": True,
                                 "filters": ["mask_secrets"]}},
    "root": {"handlers": ["console"], "level": "INFO", "filters": ["mask_secrets"]},
}
REMOTE_BASE_LOG_FOLDER = "s3://bucket/logs"
