"""The C ABI of libmaskpipe.so.0 as ctypes sees it; include/maskpipe/maskpipe.h is its contract.

The library is looked for where MASKPIPE_LIBRARY says, else where the loader looks.
"""
import ctypes
import os

ABI_VERSION = 0
SONAME = "libmaskpipe.so.0"

USAGE, SOURCE, SINK, STATE, MEMORY = -1, -2, -3, -4, -5

_TEXTS = {
    USAGE: "an argument is no good",
    SOURCE: "a source could not be read",
    SINK: "the sink failed; the stream is dead",
    STATE: "used after its end or in a forked child",
    MEMORY: "out of memory",
}

_pointer, _text, _size, _int = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_int
_pointers = ctypes.POINTER(_pointer)

SINK_FUNCTION = ctypes.CFUNCTYPE(_int, _pointer, _pointer, _size)

# name -> (result, arguments)
_FUNCTIONS = {
    "secrets_new": (_pointer, []),
    "secrets_free": (None, [_pointer]),
    "secrets_add": (_int, [_pointer, _text, _text, _size, _pointers]),
    "secrets_load": (_int, [_pointer, _text, _pointer, _pointers]),
    "secrets_merge": (_int, [_pointer, _pointer, _pointers]),
    "options_new": (_pointer, []),
    "options_free": (None, [_pointer]),
    "options_set": (_int, [_pointer, _text, _text, _pointers]),
    "masker_new": (_pointer, [_pointer, _pointer, _pointers]),
    "masker_free": (None, [_pointer]),
    "mask": (_int, [_pointer, _text, _size, _pointers, ctypes.POINTER(_size)]),
    "stream_new": (_pointer, [_pointer, SINK_FUNCTION, _pointer]),
    "stream_free": (None, [_pointer]),
    "stream_write": (_int, [_pointer, _text, _size]),
    "stream_set_masker": (_int, [_pointer, _pointer]),
    "stream_finish": (_int, [_pointer]),
    "free": (None, [_pointer]),
    "version": (_text, []),
    "abi_version": (_int, []),
}


class Error(Exception):
    """Something of maskpipe's failed. `code` is a MASKPIPE_E_ value of maskpipe.h."""

    def __init__(self, code, text=None):
        super().__init__("maskpipe: " + (text or _TEXTS.get(code, "failed")))
        self.code = code


class _Library:
    def __init__(self):
        path = os.environ.get("MASKPIPE_LIBRARY") or SONAME
        try:
            library = ctypes.CDLL(path)
        except OSError as e:
            raise ImportError(
                f"{path} cannot be loaded ({e}): install libmaskpipe0, or set MASKPIPE_LIBRARY to "
                "the path of the library") from None
        for name, (result, arguments) in _FUNCTIONS.items():
            try:
                function = getattr(library, "maskpipe_" + name)
            except AttributeError:
                raise ImportError(f"{path} is older than this package: it lacks maskpipe_{name}; "
                                  "install the libmaskpipe0 of the same version") from None
            function.restype, function.argtypes = result, arguments
            setattr(self, name, function)
        if self.abi_version() != ABI_VERSION:
            raise ImportError(f"{path} has ABI version {self.abi_version()}, this package needs "
                              f"{ABI_VERSION}")


lib = _Library()


def version():
    """The version of the library in use."""
    return lib.version().decode()


def failure(code, text_pointer):
    """An Error with the text that a call left at `text_pointer`, which is freed."""
    text = None
    if text_pointer.value:
        text = ctypes.string_at(text_pointer.value).decode("utf-8", "replace")
        lib.free(text_pointer)
    return Error(code, text)
