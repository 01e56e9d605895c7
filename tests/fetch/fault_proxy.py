"""A reverse proxy that spoils what passes through it, as networks and load
balancers do.

    proxy = FaultProxy(server.port, lambda n, operation: "reset" if n == 3
                       else None)
    ... proxy.url instead of server.url ...

`fault(n, operation)` is asked for each request, n from 0; None lets it pass.
The Host header stays, so that signatures hold.
"""

import http.client
import http.server
import json
import random
import socket
import struct
import threading
import time

# The kinds of faults, by name.
FAULTS = (
    "throttle",     # 400 ThrottlingException
    "500", "502", "503", "504",  # an HTML page of a load balancer
    "internal",     # 500 InternalServiceError, as JSON
    "reset",        # TCP reset instead of an answer
    "reset-half",   # and after half of it
    "close",        # closed without an answer
    "cut",          # Content-Length of the whole, half of the bytes
    "cut-chunked",  # a chunked answer without its last chunk
    "half-json",    # half of the bytes as if they were the whole
    "stall",        # no answer at all
    "stall-half",   # half an answer, and then nothing
    "slow",         # a byte now and then
    "garbage",      # 200 and no JSON
    "empty",        # 200 and no byte
    "braces",       # 200 and {}
    "list",         # 200 and []
    "null",         # 200 and the lists are null
    "html",         # 200 and HTML
    "redirect",     # 307 to somewhere else
    "huge",         # an answer without end
    "unauthorized", # 403 with a signature's text
    "deep",         # JSON nested very deep
    "no-http",      # bytes that are no HTTP
)


class FaultProxy:
    def __init__(self, port, fault, marker="", slow=0.2):
        self.fault, self.marker, self.slow = fault, marker, slow
        self.count = 0
        self.hit = 0
        self.stopping = threading.Event()
        self.lock = threading.Lock()
        outer = self

        class Handler(_Handler):
            proxy = outer
            upstream = port

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, request, address):
                pass

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self.url = "http://127.0.0.1:%d" % self.port
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def stop(self):
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy = None
    upstream = None

    def log_message(self, *arguments):
        pass

    def do_POST(self):
        self._pass("POST")

    def do_GET(self):
        self._pass("GET")

    def do_PUT(self):
        self._pass("PUT")

    def _pass(self, method):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        operation = (self.headers.get("X-Amz-Target") or "").rpartition(".")[2]
        with self.proxy.lock:
            number = self.proxy.count
            self.proxy.count += 1
            fault = self.proxy.fault(number, operation)
            self.proxy.hit += fault is not None
        if callable(fault):
            status, headers, answer = self._ask(method, body)
            self._answer(status, fault(answer), headers)
        elif fault is None:
            status, headers, answer = self._ask(method, body)
            self._answer(status, answer, headers)
        else:
            self._spoil(fault, method, body)

    def _ask(self, method, body):
        connection = http.client.HTTPConnection("127.0.0.1", self.upstream,
                                                timeout=30)
        headers = {k: v for k, v in self.headers.items()
                   if k.lower() != "connection"}
        connection.request(method, self.path, body, headers)
        response = connection.getresponse()
        answer = response.read()
        connection.close()
        return response.status, dict(response.getheaders()), answer

    def _answer(self, status, body, headers=None, length=None):
        self.send_response(status)
        for name in ("Content-Type", "X-Amzn-ErrorType"):
            if headers and name in headers:
                self.send_header(name, headers[name])
        self.send_header("Content-Length",
                         str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def _error(self, status, kind):
        self._answer(status, json.dumps({
            "__type": kind, "message": "words " + self.proxy.marker}).encode(),
            {"Content-Type": "application/x-amz-json-1.1"})

    def _reset(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                   struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def _wait(self):
        self.proxy.stopping.wait(60)
        self.close_connection = True

    def _spoil(self, fault, method, body):
        html = ("<html><body>Bad Gateway %s</body></html>" %
                self.proxy.marker).encode()
        if fault == "throttle":
            self._error(400, "ThrottlingException")
        elif fault in ("500", "502", "503", "504"):
            self._answer(int(fault), html, {"Content-Type": "text/html"})
        elif fault == "internal":
            self._error(500, "InternalServiceError")
        elif fault == "unauthorized":
            self._error(403, "SignatureDoesNotMatch")
        elif fault == "reset":
            self._reset()
        elif fault == "close":
            self.close_connection = True
        elif fault == "stall":
            self._wait()
        elif fault == "garbage":
            self._answer(200, b"{\"SecretList\": [" + html)
        elif fault == "empty":
            self._answer(200, b"")
        elif fault == "braces":
            self._answer(200, b"{}")
        elif fault == "list":
            self._answer(200, b"[]")
        elif fault == "null":
            self._answer(200, json.dumps(dict.fromkeys(
                ("SecretList", "SecretValues", "Errors", "Parameters",
                 "SecretString", "Parameter", "NextToken"))).encode())
        elif fault == "html":
            self._answer(200, html, {"Content-Type": "text/html"})
        elif fault == "redirect":
            self.send_response(307)
            self.send_header("Location",
                             "http://127.0.0.1:%d/" % self.upstream)
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif fault == "huge":
            self.send_response(200)
            self.end_headers()
            try:
                while not self.proxy.stopping.is_set():
                    self.wfile.write(b"[" * 65536)
            except OSError:
                pass
            self.close_connection = True
        elif fault == "deep":
            self._answer(200, b'{"SecretList":' + b"[" * 100000 +
                         b"]" * 100000 + b"}")
        elif fault == "no-http":
            self.wfile.write(html)
            self.close_connection = True
        else:
            self._half(fault, method, body)

    def _half(self, fault, method, body):
        status, headers, answer = self._ask(method, body)
        half = answer[:len(answer) // 2]
        if fault == "cut":
            self._answer(status, half, headers, len(answer))
            self.close_connection = True
        elif fault == "cut-chunked":
            self.send_response(status)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"%x\r\n%s\r\n" % (len(half), half))
            self.close_connection = True
        elif fault == "half-json":
            self._answer(status, half, headers)
        elif fault == "reset-half":
            self._answer(status, half, headers, len(answer))
            self.wfile.flush()
            time.sleep(0.05)
            self._reset()
        elif fault == "stall-half":
            self._answer(status, half, headers, len(answer))
            self.wfile.flush()
            self._wait()
        elif fault == "slow":
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            step = max(1, len(answer) // 10)
            for i in range(0, len(answer), step):
                self.wfile.write(answer[i:i + step])
                self.wfile.flush()
                if self.proxy.stopping.wait(self.proxy.slow):
                    break
        else:
            raise ValueError(fault)


def at_random(seed, share, faults=FAULTS):
    """A fault function that spoils a share of the requests."""
    source = random.Random(seed)

    def fault(_number, _operation):
        return source.choice(faults) if source.random() < share else None

    return fault
