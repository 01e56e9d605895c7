"""structlog's events, masked; the processor to put before whatever renders or sends them.

    structlog.configure(processors=[..., maskpipe.events.Processor(live), JSONRenderer()])

Keys and values are masked inside containers of any depth. An exception becomes text, as
structlog.processors.format_exc_info makes it: a renderer that opened it later would find the values
in it. Behind a renderer, text is masked. Where the secrets cannot be loaded the event is withheld
and says why; its level and time stay.
"""
import sys

from maskpipe.abi import Error
from maskpipe.logs import exception_text, mask_value, withheld

_KEPT = ("level", "timestamp")


def _exc_info(value):
    """What structlog allows as exc_info, as sys.exc_info() has it; None where there is none."""
    if isinstance(value, BaseException):
        return type(value), value, value.__traceback__
    if isinstance(value, tuple) and len(value) == 3:
        return value if value[0] is not None else None
    found = sys.exc_info() if value else (None, None, None)
    return found if found[0] is not None else None


def _with_exception_text(event):
    if "exc_info" not in event:
        return event
    event = dict(event)
    found = _exc_info(event.pop("exc_info"))
    if found is not None:
        event["exception"] = exception_text(found)
    return event


class Processor:
    def __init__(self, live):
        self._live = live

    def __call__(self, logger, method_name, event):
        is_dict = isinstance(event, dict)
        try:
            return mask_value(self._live, _with_exception_text(event) if is_dict else event)
        except Error as e:
            if isinstance(event, bytes):
                return withheld(e).encode()
            if not is_dict:
                return withheld(e)
            kept = {k: event[k] for k in _KEPT if k in event}
            kept["event"] = withheld(e)
            return kept
