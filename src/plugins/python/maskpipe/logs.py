"""Python's logging, masked before any handler sees a record.

    maskpipe.logs.install(live)

Every record that is made from then on carries masked text only: its message is formatted and
masked at once (it keeps no arguments), and so are the exception, as text, and the stack. That
holds for every logger and every handler, also those that are added later, and for what `extra=`
adds. Where records come from elsewhere (another process, a factory that somebody set later) a
MaskingFilter on a handler masks them, and masked_formatter() makes a formatter mask all that it
returns.

Where the secrets cannot be loaded the text is withheld and the record says why.
"""
import logging
import traceback

from maskpipe.abi import Error

_FLAG = "_maskpipe_masked"
_STANDARD = frozenset(logging.LogRecord("", 0, "", 0, "", (), None).__dict__) | {
    "message", "asctime", "taskName", _FLAG}
_FORMATTER = logging.Formatter()


def withheld(error):
    """What stands for a text that cannot be masked."""
    return f"[withheld: {error}]"


def mask_text(live, text):
    """`text` masked; what says why it is withheld where that cannot be done."""
    try:
        return live.mask(text)
    except Error as e:
        return withheld(e)


def _text(function, value, otherwise):
    """What str() or repr() makes of a value; their failure must not reach whoever logs."""
    try:
        return function(value)
    except Exception:
        return otherwise


def _message(record):
    """The formatted message; for arguments that do not fit, both apart: logging would print them
    unmasked on standard error."""
    try:
        return record.getMessage()
    except Exception:
        message = _text(str, record.msg, "a message whose text fails")
        arguments = _text(repr, record.args, "whose text fails")
        return f"{message} (arguments that do not fit: {arguments})"


def exception_text(exc_info):
    """The traceback as logging prints it."""
    try:
        return _FORMATTER.formatException(exc_info)
    except Exception:  # e.g. a __str__ that raises
        return "".join(traceback.format_tb(exc_info[2])) + str(exc_info[0])


def mask_record(live, record, redact=None):
    """Masks a record in place, once. `redact` sees arguments that are containers before they are
    formatted."""
    if record.__dict__.get(_FLAG):
        return
    if redact is not None and record.args:
        record.args = redact(record.args)
    record.msg, record.args = mask_text(live, _message(record)), ()
    if record.exc_info and record.exc_info[0] is not None:
        record.exc_text = mask_text(live, record.exc_text or exception_text(record.exc_info))
    elif record.exc_text:
        record.exc_text = mask_text(live, record.exc_text)
    # The exception itself, its context and its frames hold the values still.
    record.exc_info = None
    if record.stack_info:
        record.stack_info = mask_text(live, str(record.stack_info))
    record.__dict__[_FLAG] = True


def mask_value(live, value, depth=0):
    """A value of any type as a handler may print it: containers are masked inside, an object whose
    str() or repr() holds a secret becomes text. Raises maskpipe.Error."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, (str, bytes)):
        return live.mask(value)
    if depth < 16:
        if isinstance(value, dict):
            return {mask_value(live, k, depth + 1): mask_value(live, v, depth + 1)
                    for k, v in value.items()}
        if type(value) in (list, tuple, set, frozenset):
            return type(value)(mask_value(live, v, depth + 1) for v in value)
    for function in (str, repr):
        text = _text(function, value, None)
        if text is None:
            return f"[withheld: a {type(value).__name__} whose text fails]"
        masked = live.mask(text)
        if masked != text:
            return masked
    return value


def mask_extra(live, record):
    """Masks in place what `extra=` added to a record."""
    for name in record.__dict__.keys() - _STANDARD:
        try:
            record.__dict__[name] = mask_value(live, record.__dict__[name])
        except Error as e:
            record.__dict__[name] = withheld(e)


class MaskingFilter(logging.Filter):
    """Masks what passes a handler: the record, if nobody did so yet, and what `extra=` added."""

    def __init__(self, live, redact=None):
        super().__init__()
        self._live, self._redact = live, redact

    def filter(self, record):
        mask_record(self._live, record, self._redact)
        mask_extra(self._live, record)
        return True


def masked_formatter(live, formatter):
    """Makes a formatter mask what it returns. It stays the object and of the class that it was."""
    original = type(formatter)

    class Masked(original):
        def format(self, record):
            return mask_text(live, super().format(record))

    Masked.__name__ = Masked.__qualname__ = "Masked" + original.__name__
    formatter.__class__ = Masked
    return formatter


_live = None  # of the last install()
_make_record = logging.Logger.makeRecord


def _make_masked_record(*args, **kwargs):
    """Logger.makeRecord, which adds `extra=` to what the factory made."""
    record = _make_record(*args, **kwargs)
    if record.__dict__.get(_FLAG) and _live is not None:
        mask_extra(_live, record)
    return record


def install(live, redact=None):
    """Masks every record that is made from now on. Returns the record factory there was."""
    global _live
    _live = live
    logging.Logger.makeRecord = _make_masked_record
    before = logging.getLogRecordFactory()

    def factory(*args, **kwargs):
        record = before(*args, **kwargs)
        mask_record(live, record, redact)
        return record

    logging.setLogRecordFactory(factory)
    return before
