"""A masker that stays right for as long as the process lives.

    live = LiveMasker(["airflow:"], {"mask": "[{name}]"})
    live.mask("login with hunter2!")
    live.add(value, "fetched")       # masked from the next call on

The sources are loaded at the first use, once per process, and again every `refresh` seconds
(± 20 %) by a thread of its own; the set in use goes on masking until the new one is compiled. What
a source no longer holds stays masked for at least `keep` seconds. Where a refresh fails, the old
set stays, `on_problem` is told once, and it is tried again.

A forked child finds the secrets wiped: it loads anew at its first use, and adds again what was
added. Fails closed: until the sources have answered, mask() raises maskpipe.Error.

Safe for any number of threads.
"""
import os
import random
import threading
import time
import weakref

from maskpipe.masker import Error, Masker, Options, Secrets

FIRST_RETRY, LONGEST_RETRY = 1.0, 60.0  # seconds after a load that failed


class LiveMasker:
    def __init__(self, sources, options=None, refresh=300.0, keep=24 * 3600.0, on_problem=None):
        self.sources = [sources] if isinstance(sources, str) else list(sources)
        self._options = Options(options)  # refuses at once what is no option
        self._refresh, self._keep = refresh, keep
        self._on_problem = on_problem
        # What was added, by value. Python holds these values anyway: whoever added them had them.
        self._added = {}
        self._begin()
        _alive.add(self)

    def _begin(self):
        # A signal's handler may log while its thread loads: it must not wait for itself.
        self._lock = threading.RLock()
        self._masker = None
        self._stale = False     # something was added since it was compiled
        self._old = None        # all that was loaded since _old_since
        self._young = None      # all that was loaded since _young_since, which is later
        self._old_since = self._young_since = 0.0
        self._due = 0.0         # when to load next
        self._retry = FIRST_RETRY
        self._failure = None    # why there is no set yet
        self._loading = False
        self._told = False

    def mask(self, record):
        """One whole record (str or bytes), masked."""
        return self.current().mask(record)

    def add(self, value, name="added"):
        """Masks a value (str or bytes) from the next call on."""
        with self._lock:
            if not value or value in self._added:
                return
            self._added[value] = str(name)
            if self._old is not None:
                self._old.add(name, value)
                self._young.add(name, value)
                self._stale = True

    def current(self):
        """The Masker in use: loads, compiles or begins a refresh where one is due."""
        if self._masker is not None and not self._stale and not self._is_due():
            return self._masker
        with self._lock:
            if self._masker is None:
                self._load_first()
            elif self._is_due() and not self._loading:
                self._begin_reload()
            if self._stale:
                self._masker = Masker(secrets=self._old, options=self._options)
                self._stale = False
            return self._masker

    def _begin_reload(self):
        try:
            threading.Thread(target=self._reload, name="maskpipe-refresh", daemon=True).start()
            self._loading = True  # seen by the thread, which waits for our lock
        except RuntimeError:  # none can be had, or Python ends: whoever logs must not suffer
            self._due = time.monotonic() + self._retry

    def __reduce_ex__(self, protocol):
        raise TypeError("a maskpipe.LiveMasker can be neither copied nor pickled: make one in each "
                        "process")

    def _is_due(self):
        return self._refresh > 0 and time.monotonic() >= self._due

    def _next(self):
        return time.monotonic() + self._refresh * random.uniform(0.8, 1.2)

    def _load(self):
        loaded = Secrets()
        for spec in self.sources:
            loaded.load(spec, self._options)
        return loaded

    def _load_first(self):
        """Whoever comes first loads while the others wait. Not every record waits for a source
        that is down: between two attempts the failure is told again."""
        if self._failure is not None and time.monotonic() < self._due:
            raise Error(self._failure.code, str(self._failure)[len("maskpipe: "):])
        try:
            young, old = self._load(), Secrets()
            for value, name in self._added.items():
                young.add(name, value)
            old.merge(young)
            self._masker = Masker(secrets=old, options=self._options)
        except Error as e:
            self._failure = e
            self._due = time.monotonic() + self._retry
            self._retry = min(2 * self._retry, LONGEST_RETRY)
            raise
        self._old, self._young = old, young
        self._old_since = self._young_since = time.monotonic()
        self._failure, self._retry, self._due = None, FIRST_RETRY, self._next()
        self._stale = False

    def _reload(self):
        lock, problem = self._lock, None
        try:
            loaded = self._load()  # slow, and nobody waits for it
        except Error as e:
            problem = e
        with lock:
            if lock is not self._lock:
                return  # we were forked
            if problem is None:
                self._take(loaded)
                self._retry, self._due, self._told = FIRST_RETRY, self._next(), False
            else:
                self._due = time.monotonic() + self._retry
                self._retry = min(2 * self._retry, LONGEST_RETRY)
            self._loading = False
            tell, self._told = problem is not None and not self._told, problem is not None
        if tell and self._on_problem is not None:
            self._on_problem(f"{problem}; the secrets loaded before stay masked")

    def _take(self, loaded):
        now = time.monotonic()
        if now - self._young_since >= self._keep:
            # All that _old has over _young was last seen `keep` ago or earlier.
            self._old, self._old_since = self._young, self._young_since
            self._young, self._young_since = Secrets(), now
            for value, name in self._added.items():
                self._young.add(name, value)
        self._old.merge(loaded)
        self._young.merge(loaded)
        self._masker = Masker(secrets=self._old, options=self._options)
        self._stale = False


_alive = weakref.WeakSet()


def _forked():
    for live in list(_alive):
        live._begin()


os.register_at_fork(after_in_child=_forked)
