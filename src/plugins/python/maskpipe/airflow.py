"""Airflow's task logs, masked where they are written.

    [logging]
    logging_config_class = maskpipe.airflow.LOGGING_CONFIG

That one line does it, in Airflow 2 and 3. Airflow reads from this module:

* LOGGING_CONFIG, its own default configuration with our filter on every handler and every
  formatter masking what it returns. Besides, every record of the process is masked when it is made.
  With a configuration of one's own: LOGGING_CONFIG = maskpipe.airflow.masked(MY_CONFIG), in one's
  own module, and `from maskpipe.airflow import REMOTE_TASK_LOG` beside it.
* REMOTE_TASK_LOG (Airflow 3), whose `processors` Airflow's supervisor puts before what writes the
  task's log file; so the JSON records and the forwarded output of a task are masked there. Remote
  logging that was configured goes on behind it.

What a task prints reaches both ways as records: Airflow 2 logs a task's standard output, Airflow 3
forwards it to the supervisor.

Secrets come from `--source airflow:`, or from MASKPIPE_SOURCE (SPECs, a line each), loaded once per
process at its first record and refreshed (MASKPIPE_REFRESH, 5m). Other MASKPIPE_* variables are
options. Every value that Airflow registers by its own mask_secret() is added. Where the secrets
cannot be loaded, records are withheld and say why.

In a task process Airflow's own regular expression over all values is not run: our masker finds the
same values. Its rule on sensitive keys in containers that are logged as arguments stays.
"""
import copy
import logging
import logging.config
import re
import sys
from collections.abc import Iterable, Mapping

from maskpipe import logs, settings
from maskpipe.events import Processor
from maskpipe.live import LiveMasker

_FILTER = "maskpipe"
_BASE = "airflow.config_templates.airflow_local_settings"

_live = None


def live():
    """The one LiveMasker of this process, made at the first use."""
    global _live
    if _live is None:
        _live = LiveMasker(on_problem=logging.getLogger("maskpipe").warning,
                           **settings.from_environment(["airflow:"]))
    return _live


def mask_secret(secret, name="registered"):
    """Masks a value from the next record on; of a mapping all values, of another iterable all
    items, at any depth. Numbers below a million are too common to be masked."""
    todo, seen = [(secret, name)], {}  # by id; held, so that no other takes the id
    while todo:
        value, name = todo.pop()
        if isinstance(value, (str, bytes)):
            live().add(value, name)
        elif isinstance(value, (bytearray, memoryview)):
            live().add(bytes(value), name)
        elif isinstance(value, int):
            if abs(value) >= 1_000_000:
                live().add(str(value), name)
        elif id(value) not in seen:  # it may hold itself
            seen[id(value)] = value
            if isinstance(value, Mapping):
                todo += [(v, str(k)) for k, v in value.items()]
            elif isinstance(value, Iterable):
                todo += [(v, name) for v in value]


def _unescaped(pattern):
    """The value that re.escape() made this pattern of."""
    return re.sub(r"\\(.)", r"\1", pattern, flags=re.DOTALL)


def _watched(masker):
    """Hands on every value that a SecretsMasker of Airflow's takes, by its own rules."""
    add_mask = masker.add_mask

    def watching(secret, name=None):
        before = set(masker.patterns)
        result = add_mask(secret, name)
        for pattern in masker.patterns - before:
            live().add(_unescaped(pattern), str(name or "registered"))
        return result

    masker.add_mask = watching
    for pattern in masker.patterns:
        live().add(_unescaped(pattern), "registered")
    return masker


def _airflow_masker_class():
    """Airflow's SecretsMasker, wherever this version has it; None without Airflow."""
    import importlib
    for module in ("airflow.utils.log.secrets_masker",               # 2
                   "airflow.sdk._shared.secrets_masker",             # 3.1 and later
                   "airflow.sdk.execution_time.secrets_masker"):     # 3.0
        try:
            found = getattr(importlib.import_module(module), "SecretsMasker", None)
        except ImportError:
            continue
        if found is not None:
            return found
    return None


class _Redact:
    """Airflow's rule on sensitive keys, for arguments that are containers. Its masker here knows
    no value: values are ours to mask."""

    def __init__(self):
        self.masker = None

    def __call__(self, args):
        if self.masker is None or not _holds_container(args):
            return args
        try:
            return self.masker.redact(args)
        except Exception:  # its failure must not cost the record, which we mask anyway
            return args


def _holds_container(args):
    if isinstance(args, dict):
        return True
    return isinstance(args, tuple) and any(
        isinstance(a, (dict, list, tuple, set)) for a in args)


_redact = _Redact()


def make_formatter(inner):
    """Used by LOGGING_CONFIG: the formatter that `inner` configures, masking what it returns."""
    made = logging.config.DictConfigurator({"version": 1}).configure_formatter(dict(inner))
    return logs.masked_formatter(live(), made)


def make_filter():
    """Used by LOGGING_CONFIG: our filter for handlers."""
    return logs.MaskingFilter(live(), _redact)


def make_airflow_filter():
    """Used by LOGGING_CONFIG in place of Airflow's SecretsMasker: the same object to Airflow, which
    registers values at it; its filter is ours."""
    found = _airflow_masker_class()

    class RegisteringMasker(found):
        def filter(self, record):
            logs.mask_record(live(), record, _redact)
            return True

    _redact.masker = found()
    return _watched(RegisteringMasker())


def masked(config):
    """A copy of a logging configuration (logging.config.dictConfig) that masks, and the record
    factory with it."""
    config = copy.deepcopy(config)
    name = __name__
    for key, formatter in config.get("formatters", {}).items():
        config["formatters"][key] = {"()": name + ".make_formatter", "inner": formatter}
    filters = config.setdefault("filters", {})
    filters[_FILTER] = {"()": name + ".make_filter"}
    if "SecretsMasker" in str(filters.get("mask_secrets", {}).get("()", "")):
        filters["mask_secrets"] = {"()": name + ".make_airflow_filter"}
    for handler in config.get("handlers", {}).values():
        handler["filters"] = [*handler.get("filters", []), _FILTER]
    _install()
    _watch_airflow_3()
    return config


_installed = False


def _install():
    global _installed
    if not _installed:
        _installed = True
        logs.install(live(), _redact)


class RemoteTaskLog:
    """Airflow 3's RemoteLogIO: our processor before those of the remote log that is configured;
    without one it stores nothing and reads nothing, as if it were not there."""

    def __init__(self, base=None):
        self._base = base

    @property
    def processors(self):
        return (Processor(live()), *(getattr(self._base, "processors", None) or ()))

    def upload(self, path, *args, **kwargs):
        if self._base is not None:
            return self._base.upload(path, *args, **kwargs)
        return None

    def read(self, relative_path, *args, **kwargs):
        if self._base is None:
            raise NotImplementedError  # what Airflow's reader takes for "no remote log"
        return self._base.read(relative_path, *args, **kwargs)

    def __getattr__(self, name):
        if name.startswith("__") or self.__dict__.get("_base") is None:
            raise AttributeError(name)
        return getattr(self._base, name)


def _watch_airflow_3():
    """Airflow 3: values reach the one SecretsMasker of a process by mask_secret(), in the
    supervisor's from the task's process too."""
    for name in ("airflow.sdk._shared.secrets_masker", "airflow.sdk.execution_time.secrets_masker",
                 "airflow._shared.secrets_masker"):
        try:
            module = __import__(name, fromlist=["_secrets_masker"])
            masker = module._secrets_masker()
        except (ImportError, AttributeError, RuntimeError):
            continue
        if not getattr(masker, "_maskpipe_watched", False):
            masker._maskpipe_watched = True
            _watched(masker)


def __getattr__(name):
    """LOGGING_CONFIG, REMOTE_TASK_LOG and what else Airflow reads from the module of a logging
    configuration (e.g. DEFAULT_REMOTE_CONN_ID), made when Airflow asks for them."""
    if name.startswith("__"):
        raise AttributeError(name)
    import importlib
    base = importlib.import_module(_BASE)
    if name == "LOGGING_CONFIG":
        value = masked(base.DEFAULT_LOGGING_CONFIG)
    elif name == "REMOTE_TASK_LOG":
        _watch_airflow_3()
        value = RemoteTaskLog(getattr(base, "REMOTE_TASK_LOG", None))
    else:
        return getattr(base, name)
    setattr(sys.modules[__name__], name, value)
    return value
