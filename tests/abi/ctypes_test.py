"""The C ABI from Python's ctypes, as a log handler would use it.

usage: ctypes_test.py LIBMASKPIPE_SO
"""
import ctypes
import os
import sys
import threading
import unittest

SINK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p,
                        ctypes.POINTER(ctypes.c_char), ctypes.c_size_t)
LIBRARY = None


def load(path):
    lib = ctypes.CDLL(path)
    p, text, size = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t
    errors = ctypes.POINTER(ctypes.c_void_p)
    for name, result, arguments in (
            ('secrets_new', p, []), ('secrets_free', None, [p]),
            ('secrets_add', ctypes.c_int, [p, text, text, size, errors]),
            ('secrets_load', ctypes.c_int, [p, text, p, errors]),
            ('options_new', p, []), ('options_free', None, [p]),
            ('options_set', ctypes.c_int, [p, text, text, errors]),
            ('masker_new', p, [p, p, errors]), ('masker_free', None, [p]),
            ('mask', ctypes.c_int, [p, text, size, ctypes.POINTER(p),
                                    ctypes.POINTER(size)]),
            ('stream_new', p, [p, SINK, p]), ('stream_free', None, [p]),
            ('stream_write', ctypes.c_int, [p, text, size]),
            ('stream_finish', ctypes.c_int, [p]),
            ('free', None, [p]), ('version', text, []),
            ('abi_version', ctypes.c_int, [])):
        function = getattr(lib, 'maskpipe_' + name)
        function.restype, function.argtypes = result, arguments
    return lib


class CAbi(unittest.TestCase):
    def setUp(self):
        self.lib = LIBRARY

    def masker(self, values, options=None):
        secrets = self.lib.maskpipe_secrets_new()
        for name, value in values.items():
            self.assertEqual(0, self.lib.maskpipe_secrets_add(
                secrets, name.encode(), value, len(value), None))
        masker = self.lib.maskpipe_masker_new(secrets, options, None)
        self.lib.maskpipe_secrets_free(secrets)
        self.assertTrue(masker)
        self.addCleanup(self.lib.maskpipe_masker_free, masker)
        return masker

    def mask(self, masker, record):
        out, size = ctypes.c_void_p(), ctypes.c_size_t()
        changed = self.lib.maskpipe_mask(masker, record, len(record),
                                         ctypes.byref(out), ctypes.byref(size))
        self.assertIn(changed, (0, 1))
        if not changed:
            return record
        masked = ctypes.string_at(out, size.value)
        self.lib.maskpipe_free(out)
        return masked

    def test_records_with_any_bytes_are_masked(self):
        masker = self.masker({'a': b'se\xffcret\x00x'})
        self.assertEqual(b'\x00***\xfe', self.mask(masker, b'\x00se\xffcret\x00x\xfe'))
        self.assertEqual(b'se\xffcret', self.mask(masker, b'se\xffcret'))

    def test_a_stream_hands_masked_bytes_to_a_callback(self):
        masker, got = self.masker({'a': b'hunter2'}), []

        @SINK
        def sink(_, data, size):
            got.append(data[:size])
            return 0

        stream = self.lib.maskpipe_stream_new(masker, sink, None)
        self.addCleanup(self.lib.maskpipe_stream_free, stream)
        for chunk in (b'one hun', b'ter', b'2 two'):
            self.assertEqual(0, self.lib.maskpipe_stream_write(
                stream, chunk, len(chunk)))
        self.assertEqual(0, self.lib.maskpipe_stream_finish(stream))
        self.assertEqual(b'one *** two', b''.join(got))

    def test_an_error_is_a_text_to_be_freed(self):
        options, error = self.lib.maskpipe_options_new(), ctypes.c_void_p()
        self.assertEqual(-1, self.lib.maskpipe_options_set(
            options, b'min-length', b'MARKER', ctypes.byref(error)))
        message = ctypes.string_at(error)
        self.lib.maskpipe_free(error)
        self.lib.maskpipe_options_free(options)
        self.assertIn(b'min-length', message)
        self.assertNotIn(b'MARKER', message)

    def test_forms_are_an_option(self):
        options = self.lib.maskpipe_options_new()
        self.assertEqual(0, self.lib.maskpipe_options_set(
            options, b'forms', b'plain', None))
        masker = self.masker({'a': b'p@ss/w0rd'}, options)
        self.assertEqual(b'*** p%40ss/w0rd',
                         self.mask(masker, b'p@ss/w0rd p%40ss/w0rd'))
        self.assertEqual(0, self.lib.maskpipe_options_set(
            options, b'forms', b'spellings', None))
        masker = self.masker({'a': b'p@ss/w0rd'}, options)
        self.assertEqual(b'*** ***',
                         self.mask(masker, b'p@ss/w0rd p%40ss/w0rd'))
        self.lib.maskpipe_options_free(options)

    def test_one_masker_serves_many_threads(self):
        masker, wrong = self.masker({'a': b'secret-one'}), []

        def work():
            for _ in range(500):
                if self.mask(masker, b'x secret-one y') != b'x *** y':
                    wrong.append(1)

        threads = [threading.Thread(target=work) for _ in range(8)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertEqual([], wrong)

    def test_a_forked_child_is_refused(self):
        masker = self.masker({'a': b'hunter2'})
        child = os.fork()
        if child == 0:
            out, size = ctypes.c_void_p(), ctypes.c_size_t()
            code = self.lib.maskpipe_mask(masker, b'hunter2', 7,
                                          ctypes.byref(out), ctypes.byref(size))
            os._exit(0 if code == -4 else 1)
        self.assertEqual(0, os.waitpid(child, 0)[1])


if __name__ == '__main__':
    LIBRARY = load(sys.argv.pop(1))
    unittest.main()
