"""The MASKPIPE_* variables, as the program reads them.

MASKPIPE_SOURCE holds SPECs, a line each; MASKPIPE_REFRESH a time such as 5m (0: never). The others
are options by their names (MASKPIPE_MASK, MASKPIPE_MIN_LENGTH …); of those that are for programs
only nothing is said here.
"""
import os
import re

from maskpipe.abi import USAGE, Error

_OPTIONS = ("mask", "hash-key-file", "min-length", "short-secrets", "forms", "truncated",
            "mask-all", "allow", "source-timeout", "require-secrets")
_REPEATED = ("allow",)
_SECONDS = {"ms": 0.001, "s": 1, "": 1, "m": 60, "h": 3600}


def seconds(text):
    """5m, 30s, 500ms, 1h; a bare number counts seconds."""
    match = re.fullmatch(r"(\d+)(ms|s|m|h|)", text)
    if not match:
        raise Error(USAGE, "MASKPIPE_REFRESH: expected a time such as 30s, 5m or 1h, or 0")
    return int(match[1]) * _SECONDS[match[2]]


def lines(text):
    return [line for line in text.split("\n") if line]


def from_environment(sources=(), environment=None):
    """The arguments of a LiveMasker. `sources` are used where MASKPIPE_SOURCE names none."""
    variables = os.environ if environment is None else environment
    options = {}
    for name in _OPTIONS:
        value = variables.get("MASKPIPE_" + name.upper().replace("-", "_"))
        if value:
            options[name] = lines(value) if name in _REPEATED else value
    return {
        "sources": lines(variables.get("MASKPIPE_SOURCE", "")) or list(sources),
        "options": options,
        "refresh": seconds(variables.get("MASKPIPE_REFRESH") or "5m"),
    }
