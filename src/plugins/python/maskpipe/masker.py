"""Secrets, maskers and streams: the objects of the C ABI, owned.

Errors are maskpipe.Error. A Masker is immutable and may be used by any number of threads at a
time; every other object belongs to one at a time. None can be copied or pickled. A forked child finds all secrets wiped: there
everything here raises Error(STATE), and nothing is printed unmasked. LiveMasker loads anew.
"""
import codecs
import ctypes
import io

from maskpipe import abi
from maskpipe.abi import Error, failure, lib


def to_bytes(text):
    """A str as the bytes that will be logged. Returns (bytes, how to decode them)."""
    try:
        return text.encode("utf-8"), "surrogateescape"
    except UnicodeEncodeError:
        pass
    try:
        return text.encode("utf-8", "surrogateescape"), "surrogateescape"
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass"), "surrogatepass"


def to_text(masked, how):
    try:
        return masked.decode("utf-8", how)
    except UnicodeDecodeError:
        return masked.decode("utf-8", "backslashreplace")


def as_bytes(value):
    return to_bytes(value)[0] if isinstance(value, str) else bytes(value)


class _Owned:
    """Holds an object of the library. A copy would free it twice, and in another process its address
    means nothing."""

    handle = None

    def __reduce_ex__(self, protocol):
        raise TypeError(f"a maskpipe.{type(self).__name__} can be neither copied nor pickled: make "
                        "one in each process")


class Options(_Owned):
    """Options by the command line's names: {"mask": "[{name}]", "min-length": 8}."""

    def __init__(self, options=None):
        self.handle = lib.options_new()
        if not self.handle:
            raise Error(abi.MEMORY)
        for name, values in (options or {}).items():
            for value in values if isinstance(values, (list, tuple)) else [values]:
                if isinstance(value, bool):
                    value = "true" if value else "false"
                error = ctypes.c_void_p()
                code = lib.options_set(self.handle, str(name).encode(), str(value).encode(),
                                       ctypes.byref(error))
                if code < 0:
                    raise failure(code, error)

    def __del__(self):
        if self.handle:
            lib.options_free(self.handle)
            self.handle = None


class Secrets(_Owned):
    """A set of secrets that grows until maskers are made of it. What is there already is not
    added again."""

    def __init__(self):
        self.handle = lib.secrets_new()
        if not self.handle:
            raise Error(abi.MEMORY)

    def __del__(self):
        if self.handle:
            lib.secrets_free(self.handle)
            self.handle = None

    def add(self, name, value):
        """A value (str or bytes) under a name, which may be printed. Trimmed; never opened."""
        value, error = as_bytes(value), ctypes.c_void_p()
        code = lib.secrets_add(self.handle, str(name).encode("utf-8", "replace"), value,
                               len(value), ctypes.byref(error))
        if code < 0:
            raise failure(code, error)

    def load(self, spec=None, options=None):
        """Loads a source, e.g. "file:/run/secrets.json"; None: "airflow:", where an Airflow
        environment is found. One that fails adds nothing."""
        options, error = options or Options(), ctypes.c_void_p()
        code = lib.secrets_load(self.handle, None if spec is None else spec.encode(),
                                options.handle, ctypes.byref(error))
        if code < 0:
            raise failure(code, error)

    def merge(self, other):
        """Adds all that another set holds."""
        error = ctypes.c_void_p()
        code = lib.secrets_merge(self.handle, other.handle, ctypes.byref(error))
        if code < 0:
            raise failure(code, error)


class Masker(_Owned):
    """Masks whole records. `sources` are SPECs, `secrets` a Secrets or {name: value}."""

    def __init__(self, sources=(), secrets=None, options=None):
        options = options if isinstance(options, Options) else Options(options)
        if not isinstance(secrets, Secrets):
            values, secrets = secrets or {}, Secrets()
            for name, value in values.items():
                secrets.add(name, value)
        for spec in [sources] if isinstance(sources, str) else sources:
            secrets.load(spec, options)
        error = ctypes.c_void_p()
        self.handle = lib.masker_new(secrets.handle, options.handle, ctypes.byref(error))
        if not self.handle:
            raise failure(abi.USAGE if error.value else abi.MEMORY, error)

    def __del__(self):
        if self.handle:
            lib.masker_free(self.handle)
            self.handle = None

    def mask(self, record):
        """One whole record, masked: str gives str, bytes give bytes. The same object is returned
        where nothing was masked."""
        if isinstance(record, str):
            data, how = to_bytes(record)
            masked = self._masked(data)
            return record if masked is None else to_text(masked, how)
        data = bytes(record)
        masked = self._masked(data)
        return data if masked is None else masked

    def _masked(self, data):
        out, size = ctypes.c_void_p(), ctypes.c_size_t()
        code = lib.mask(self.handle, data, len(data), ctypes.byref(out), ctypes.byref(size))
        if code == 0:
            return None
        if code < 0:
            raise Error(code)
        try:
            return ctypes.string_at(out, size.value)
        finally:
            lib.free(out)


class Stream(_Owned):
    """Masks a stream of bytes, cut into writes in any way, and hands what leaves to `write`.

    Call finish(): a stream that is dropped without it drops what it held back. An exception from
    `write` kills the stream and reaches the caller of write() or finish().
    """

    def __init__(self, masker, write):
        thrown = []

        def sink(_, data, size):
            try:
                write(ctypes.string_at(data, size))
                return 0
            except BaseException as e:  # passed on by _check, whatever it is
                thrown.append(e)
                return 1

        self._thrown = thrown
        self._sink = abi.SINK_FUNCTION(sink)  # kept: the library holds only its address
        self.handle = lib.stream_new(masker.handle, self._sink, None)
        if not self.handle:
            raise Error(abi.MEMORY)

    def __del__(self):
        if self.handle:
            lib.stream_free(self.handle)
            self.handle = None

    def _check(self, code):
        if self._thrown:
            raise self._thrown.pop()
        if code < 0:
            raise Error(code)

    def write(self, data):
        data = bytes(data)
        self._check(lib.stream_write(self.handle, data, len(data)))

    def set_masker(self, masker):
        """From here on another masker decides, over what is held back too."""
        self._check(lib.stream_set_masker(self.handle, masker.handle))

    def finish(self):
        self._check(lib.stream_finish(self.handle))


class MaskedWriter(io.TextIOBase):
    """A text stream that masks what is printed to it, e.g. for contextlib.redirect_stdout.

    `masker` is a Masker, or a LiveMasker, whose newest set is taken before each write. What may
    still belong to a secret is held back until close().
    """

    def __init__(self, masker, target):
        super().__init__()
        self._live = masker if hasattr(masker, "current") else None
        self._masker = self._live.current() if self._live else masker
        self._target = target
        self._decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")
        self._stream = Stream(self._masker, self._emit)

    def _emit(self, data):
        self._target.write(self._decoder.decode(data))

    def writable(self):
        return True

    @property
    def encoding(self):
        return "utf-8"

    def fileno(self):
        raise io.UnsupportedOperation("a masked stream has no descriptor")

    def isatty(self):
        return False

    def write(self, text):
        if self._live and self._live.current() is not self._masker:
            self._masker = self._live.current()
            self._stream.set_masker(self._masker)
        self._stream.write(as_bytes(text))
        return len(text)

    def flush(self):
        if not self.closed:
            self._target.flush()

    def close(self):
        """Ends the stream and writes what was held back. The target stays open."""
        if self.closed:
            return
        try:
            self._stream.finish()
            self._target.write(self._decoder.decode(b"", final=True))
            self._target.flush()
        finally:
            super().close()
