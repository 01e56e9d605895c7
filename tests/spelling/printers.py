"""What real programs print of a value. Each printer takes a text and gives the bytes that a log
would show of it; `None` where it has no way to print that text.

    for name, printer in PRINTERS.items():
        shown = printer(value)
"""
import base64
import binascii
import configparser
import csv
import html
import html.entities
import http.cookies
import http.server
import io
import json
import os
import pprint
import quopri
import re
import shlex
import sqlite3
import subprocess
import threading
import traceback
import urllib.parse
import xml.etree.ElementTree
import xml.sax.saxutils

PRINTERS = {}
# What a printer puts around the value itself, beyond the value's own bytes: quotes, names.
FRAMES = {}


def printer(frame=""):
    def register(function):
        PRINTERS[function.__name__] = function
        FRAMES[function.__name__] = frame
        return function
    return register


def output(*command, data=b"", merged=False):
    done = subprocess.run(command, input=data, stdout=subprocess.PIPE, timeout=60,
                          stderr=subprocess.STDOUT if merged else subprocess.PIPE,
                          env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"})
    if done.returncode != 0:
        raise RuntimeError("%s: %s" % (command[0], done.stderr))
    return done.stdout


def node(script, value):
    return output("node", "-e", "const v = process.argv[1]; process.stdout.write(" + script + ")",
                  "--", value)


def bash(script, value, **more):
    return output("bash", "--norc", "-c", script, "bash", value, **more)


def perl(script, value, *modules):
    use = ["-M" + module for module in modules]
    return output("perl", *use, "-e", "binmode STDOUT; my $v = shift; print " + script, "--", value)


def jq(options, filter_, value):
    return output("jq", "-Rrsj" + options, filter_, data=value.encode())


# --- Python ------------------------------------------------------------------
@printer('"')
def python_json(v): return json.dumps(v).encode()


@printer('"')
def python_json_utf8(v): return json.dumps(v, ensure_ascii=False).encode()


@printer('"\\ko{}: ')
def python_json_thrice(v):
    return json.dumps(json.dumps({"k": json.dumps({"o": v})})).encode()


@printer("'\"")
def python_repr(v): return repr(v).encode()


@printer("'\"b")
def python_bytes(v): return repr(v.encode()).encode()


@printer("'\"")
def python_ascii(v): return ascii(v).encode()


@printer("'\"\\[]")
def python_repr_in_repr(v): return repr([repr([v])]).encode()


@printer("{}'\":tokenlist,[]1 \n")
def python_pprint(v): return pprint.pformat({"token": [1, v], "list": []}, width=30).encode()


@printer("KeyEror: '\"\n")
def python_exception(v):
    try:
        return {}[v]
    except KeyError as e:
        return traceback.format_exception_only(type(e), e)[-1].encode()


@printer()
def python_quote(v): return urllib.parse.quote(v, safe="").encode()


@printer()
def python_quote_plus(v): return urllib.parse.quote_plus(v).encode()


@printer("q=")
def python_urlencode_in_url(v):
    return urllib.parse.urlencode({"q": urllib.parse.quote(v)}).encode()


@printer()
def python_html(v): return html.escape(v).encode()


@printer()
def python_html_names(v):
    """As PHP's htmlentities() does."""
    names = html.entities.codepoint2name
    return "".join("&%s;" % names[ord(c)] if ord(c) in names else c for c in v).encode()


@printer()
def python_xml(v): return xml.sax.saxutils.escape(v).encode()


@printer("<a b=\"' />")
def python_xml_attribute(v):
    element = xml.etree.ElementTree.Element("a", {"b": v})
    return xml.etree.ElementTree.tostring(element)


@printer("'")
def python_shell_word(v): return shlex.quote(v).encode()


@printer("sh -c'\"\\")
def python_shell_in_shell(v): return shlex.join(["sh", "-c", shlex.quote(v)]).encode()


@printer()
def python_base64(v): return base64.b64encode(v.encode())


@printer()
def python_base64_lines(v): return base64.encodebytes(v.encode()).rstrip()


@printer()
def python_base64_url(v): return base64.urlsafe_b64encode(v.encode()).rstrip(b"=")


@printer()
def python_base64_twice(v): return base64.b64encode(base64.b64encode(v.encode()))


@printer()
def python_hex(v): return binascii.hexlify(v.encode())


@printer()
def python_hex_colons(v): return v.encode().hex(":").upper().encode()


@printer('"')
def python_csv(v):
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="").writerow([v])
    return out.getvalue().encode()


@printer("[s]\nk= ")
def python_ini(v):
    if "\n" in v:
        return None  # the reader's continuation lines have no blank lines
    parser, out = configparser.ConfigParser(), io.StringIO()
    parser.read_dict({"s": {"k": v.replace("%", "%%")}})
    parser.write(out)
    return out.getvalue().strip().encode()


@printer()
def python_quoted_printable(v): return quopri.encodestring(v.encode())


@printer("'")
def python_sql(v):
    return sqlite3.connect(":memory:").execute("select quote(?)", (v,)).fetchone()[0].encode()


@printer()
def python_escapes(v): return v.encode("unicode_escape")


@printer()
def python_re_escape(v): return re.escape(v).encode()


@printer('k="')
def python_cookie_latin1(v):
    """Of what is not ASCII the code point, in three octal digits."""
    if any(ord(c) > 255 for c in v):
        return None
    return http.cookies.SimpleCookie({"k": v}).output(header="").strip().encode()


@printer()
def python_hex_groups(v): return v.encode().hex(":", 4).encode()


# --- node --------------------------------------------------------------------
@printer('"')
def node_json(v): return node("JSON.stringify(v)", v)


@printer()
def node_component(v): return node("encodeURIComponent(v)", v)


@printer()
def node_escape(v): return node("escape(v)", v)


@printer("v=")
def node_search_params(v): return node("new URLSearchParams({v}).toString()", v)


@printer("{}key: '\"`+\n")
def node_inspect(v): return node("require('util').inspect({key: v}, {breakLength: 40})", v)


@printer("<Buffer >")
def node_buffer(v):
    return node("(require('buffer').INSPECT_MAX_BYTES = 1e5, "
                "require('util').inspect(Buffer.from(v)))", v)


@printer()
def node_base64(v): return node("Buffer.from(v).toString('base64url')", v)


@printer()
def node_hex(v): return node("Buffer.from(v).toString('hex')", v)


# --- jq ----------------------------------------------------------------------
@printer('"')
def jq_json(v): return jq("", "@json", v)


@printer('"\\')
def jq_json_in_json(v): return jq("", "@json|@json", v)


@printer("{}\"k: \n\x1b[0;12349m")
def jq_coloured(v): return jq("C", "{k: .}", v)


@printer()
def jq_uri(v): return jq("", "@uri", v)


@printer("'")
def jq_sh(v): return jq("", "@sh", v)


@printer()
def jq_html(v): return jq("", "@html", v)


@printer('"')
def jq_csv(v): return jq("", "[.]|@csv", v)


@printer()
def jq_base64(v): return jq("", "@base64", v)


# --- Shells ------------------------------------------------------------------
@printer("$'")
def bash_q(v): return bash('printf %q "$1"', v)


@printer("$'\"")
def bash_at_q(v): return bash('printf %s "${1@Q}"', v)


@printer("$'")
def coreutils_q(v): return output("env", "LC_ALL=C.UTF-8", "printf", "%q", v)


@printer("$'")
def coreutils_q_of_bytes(v): return output("env", "LC_ALL=C", "printf", "%q", v)


@printer("cat: /$':No such file or directoryFile name too long")
def coreutils_error(v):
    return output("sh", "-c", 'LC_ALL=C cat -- "/$1" || :', "sh", v, merged=True).rstrip(b"\n")


@printer("+: '$")
def bash_xtrace(v): return bash('set -x; : "$1"', v, merged=True).rstrip(b"\n")


@printer("declare -x=\"$'")
def bash_declare(v): return bash('x=$1; declare -p x', v).rstrip(b"\n")


@printer("+: '\"")
def sh_xtrace(v): return output("sh", "-c", 'set -x; : "$1"', "sh", v, merged=True).rstrip(b"\n")


# --- Perl --------------------------------------------------------------------
@printer("'$VAR1=; \n")
def perl_dumper(v): return perl("Dumper($v)", v, "Data::Dumper")


@printer("\"$VAR1=; \n")
def perl_dumper_escapes(v):
    return perl("Data::Dumper->new([$v])->Useqq(1)->Dump", v, "Data::Dumper")


@printer("\"$VAR1=; \n")
def perl_dumper_decoded(v):
    return perl("Data::Dumper->new([decode('UTF-8', $v)])->Useqq(1)->Dump", v,
                "Data::Dumper", "Encode")


@printer()
def perl_quotemeta(v): return perl("quotemeta($v)", v)


@printer()
def perl_code_points(v):
    return perl(r"join '', map { ord() > 126 || ord() < 32 ? sprintf('\x{%x}', ord()) : $_ } "
                r"split //, decode('UTF-8', $v)", v, "Encode")


@printer()
def perl_percent(v): return perl(r"join '', map { sprintf '%%%02x', ord() } split //, $v", v)


@printer()
def perl_base64(v): return perl("encode_base64($v)", v, "MIME::Base64").rstrip()


@printer("=\n")
def perl_quoted_printable(v): return perl("encode_qp($v, qq(\\n), 1)", v, "MIME::QuotedPrint")


@printer()
def perl_ldap_filter(v): return perl("escape_filter_value($v)", v, "Net::LDAP::Util=:escape")


@printer()
def perl_ldap_name(v): return perl("escape_dn_value($v)", v, "Net::LDAP::Util=:escape")


@printer('[]"')
def perl_json(v): return perl("JSON::PP->new->ascii->encode([decode('UTF-8', $v)])", v,
                              "JSON::PP", "Encode")


# --- openssl, xxd, base64, od, curl, fold and others ---------------------------
@printer()
def openssl_base64(v): return output("openssl", "base64", data=v.encode()).rstrip()


@printer()
def openssl_base64_one_line(v): return output("openssl", "base64", "-A", data=v.encode())


@printer()
def xxd_plain(v): return output("xxd", "-p", data=v.encode()).rstrip()


@printer()
def xxd_upper_narrow(v): return output("xxd", "-p", "-u", "-c", "9", data=v.encode()).rstrip()


@printer("0x ")
def xxd_c(v): return output("xxd", "-i", "-c", "1000000", data=v.encode()).rstrip()


@printer("0x ")
def xxd_c_lines(v): return output("xxd", "-i", data=v.encode()).rstrip()


@printer()
def base64_lines(v): return output("base64", data=v.encode()).rstrip()


@printer()
def base64_narrow(v): return output("base64", "-w", "24", data=v.encode()).rstrip()


@printer(" ")
def od_hex(v): return output("od", "-An", "-v", "-tx1", data=v.encode()).rstrip()


@printer("78 ")
def od_hex_behind(v):
    """Behind thirteen x, so that a line ends behind the third byte."""
    return output("od", "-An", "-v", "-tx1", data=b"x" * 13 + v.encode()).rstrip()


@printer("http:/127.0.0.1:9?v=")
def curl_url(v):
    done = subprocess.run(
        ["curl", "-sG", "-o", os.devnull, "-w", "%{url_effective}", "--data-urlencode", "v@-",
         "http://127.0.0.1:9/"], input=v.encode(), stdout=subprocess.PIPE, timeout=60)
    return done.stdout


class Quiet(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


@printer("Basic ZGVwbG95Ojklmn")
def curl_basic(v):
    """The Authorization header that curl -v shows: base64 of deploy:VALUE."""
    with http.server.HTTPServer(("127.0.0.1", 0), Quiet) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        shown = output("curl", "-sv", "--noproxy", "*", "-K", "-",
                       "http://127.0.0.1:%d/" % server.server_port, merged=True,
                       data=b'user = "deploy:%s"\n' % v.encode().replace(b"\\", b"\\\\")
                       .replace(b'"', b'\\"').replace(b"\n", b"\\n"))
        thread.join()
    return [line for line in shown.split(b"\n") if b"Authorization:" in line][0].rstrip().split(b": ")[1]


@printer()
def fold_raw(v): return output("fold", "-w", "13", data=v.encode()).rstrip(b"\n")


@printer('"')
def fold_json(v): return output("fold", "-w", "11", data=python_json(v))


@printer()
def fold_percent(v): return output("fold", "-w", "32", data=python_quote(v))


@printer()
def fold_entities(v): return output("fold", "-w", "20", data=python_html(v))


@printer("$")
def sed_list(v): return output("sed", "-n", "-l", "20", ":a;$!{N;ba};l", data=v.encode()).rstrip(b"\n")


@printer("\x1b[01;31mK")
def grep_coloured(v):
    shown = output("grep", "--color=always", "-E", "[0-9]+|.*", data=v.encode())
    return shown.rstrip(b"\n")
