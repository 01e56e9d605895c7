#include "src/match/spelling_table.h"

namespace maskpipe {
namespace {

using V = SpelledValue;

constexpr SpellingRow kRows[] = {
    // Percent-encoding.
    {"%<x2>", V::kByteOrCodePoint, "",
     "urllib, curl, jq @uri, encodeURIComponent; escape() of JavaScript",
     "RFC 3986, 2.1; URL Standard, percent-encode sets"},
    {"%u<x4>", V::kCodeUnit, "", "escape() of JavaScript", "ECMA-262, B.2.1.1"},
    {"+", V::kFixed, " ", "quote_plus, URLSearchParams",
     "URL Standard, application/x-www-form-urlencoded"},
    {"%%", V::kFixed, "%", "printf, cmd, ini files", "configparser, cmd /?"},
    {"%AZP25", V::kFixed, "%", "Azure DevOps logging commands",
     "Azure Pipelines, logging commands"},

    // Backslash escapes.
    {"\\n", V::kFixed, "\n", "JSON, repr, %q, $'…'", "RFC 8259, 7; C 6.4.4.4"},
    {"\\r", V::kFixed, "\r", "JSON, repr, %q, $'…'", "RFC 8259, 7; C 6.4.4.4"},
    {"\\t", V::kFixed, "\t", "JSON, repr, %q, $'…'", "RFC 8259, 7; C 6.4.4.4"},
    {"\\b", V::kFixed, "\b", "JSON, JavaScript, $'…'", "RFC 8259, 7"},
    {"\\f", V::kFixed, "\f", "JSON, Go, $'…'", "RFC 8259, 7"},
    {"\\v", V::kFixed, "\v", "Go, C, $'…'", "C 6.4.4.4"},
    {"\\a", V::kFixed, "\a", "Go, C, $'…'", "C 6.4.4.4"},
    {"\\0", V::kFixed, std::string_view("\0", 1), "JavaScript, YAML",
     "YAML 1.2, 5.7"},
    {"\\e", V::kFixed, "\x1b", "YAML, perl", "YAML 1.2, 5.7"},
    {"\\E", V::kFixed, "\x1b", "bash $'…'", "bash(1), QUOTING"},
    {"\\x<x2>", V::kByteOrCodePoint, "",
     "Python bytes and str, C, Go, YAML, JavaScript",
     "Python reference, 2.4.1; C 6.4.4.4"},
    {"\\x{<x1-8>}", V::kCodePoint, "", "perl", "perlop, Quote Operators"},
    {"\\u{<x1-6>}", V::kCodePoint, "", "Rust, JavaScript",
     "ECMA-262, 12.9.4; Rust reference, tokens"},
    {"\\u<x4>", V::kCodeUnit, "", "JSON, Python, Java, JavaScript",
     "RFC 8259, 7"},
    {"\\U<x8>", V::kCodePoint, "", "Python, C, Go, YAML",
     "Python reference, 2.4.1"},
    {"\\<o1-3>", V::kByteOrCodePoint, "",
     "bash printf %q, C, psql bytea; of code points http.cookies, Data::Dumper",
     "C 6.4.4.4; bash(1), QUOTING; perlop, Quote Operators"},
    // Never a backslash before a letter that means nothing there: Windows paths
    // are full of them.
    {"\\<punct>", V::kSame, "", "JSON \\/, bash printf %q, repr, psql",
     "RFC 8259, 7; bash(1), QUOTING"},
    {"\\\t", V::kFixed, "\t", "re.escape, quotemeta, Shellwords, zsh",
     "perlfunc, quotemeta"},
    {"\\<wide>", V::kSame, "", "quotemeta of bytes, Shellwords",
     "perlfunc, quotemeta"},

    // Entities.
    {"&#<d1-7>;", V::kCodePoint, "", "html.escape, Go template, PHP",
     "HTML Standard, 13.1.4; XML 1.0, 4.1"},
    {"&#x<x1-6>;", V::kCodePoint, "", "html.escape, xml.sax.saxutils",
     "HTML Standard, 13.1.4; XML 1.0, 4.1"},
    {"&#X<x1-6>;", V::kCodePoint, "", "hand-written HTML",
     "HTML Standard, 13.1.4"},
    {"&<name>;", V::kNamed, "", "html.escape, XML writers, htmlentities()",
     "HTML Standard, 13.5; XML 1.0, 4.6"},

    {"=<x2>", V::kByte, "", "quopri, mail", "RFC 2045, 6.7"},

    // Quotes.
    {"''", V::kFixed, "'", "SQL, CSV, YAML, PowerShell",
     "ISO/IEC 9075-2, 5.3; YAML 1.2, 7.3.2"},
    {"\"\"", V::kFixed, "\"", "CSV, SQL names, PowerShell", "RFC 4180, 2.7"},
    {"'\\''", V::kFixed, "'", "bash set -x, jq @sh", "POSIX XCU, 2.2"},
    {"\"\\\"\"", V::kFixed, "\"", "shell scripts", "POSIX XCU, 2.2"},
    {"'\"<quotes>\"'", V::kRepeated, "'", "shlex.quote, ash set -x",
     "POSIX XCU, 2.2"},
    {"\"'<quotes>'\"", V::kRepeated, "\"", "shell scripts", "POSIX XCU, 2.2"},

    // Escapes of shells and build tools.
    {"$$", V::kFixed, "$", "make, Jenkins, docker compose",
     "GNU make manual, 6.1"},
    {"^<punct>", V::kSame, "", "cmd", "cmd /?"},
    {"`<punct>", V::kSame, "", "PowerShell", "about_Special_Characters"},
};

// The names of the ASCII characters and of the Latin-1 ones of HTML 4.
constexpr NamedEntity kEntities[] = {
    {"AElig", 0xc6},        {"AMP", 0x26},
    {"Aacute", 0xc1},       {"Acirc", 0xc2},
    {"Agrave", 0xc0},       {"Aring", 0xc5},
    {"Atilde", 0xc3},       {"Auml", 0xc4},
    {"Ccedil", 0xc7},       {"DiacriticalGrave", 0x60},
    {"ETH", 0xd0},          {"Eacute", 0xc9},
    {"Ecirc", 0xca},        {"Egrave", 0xc8},
    {"Euml", 0xcb},         {"GT", 0x3e},
    {"Hat", 0x5e},          {"Iacute", 0xcd},
    {"Icirc", 0xce},        {"Igrave", 0xcc},
    {"Iuml", 0xcf},         {"LT", 0x3c},
    {"NewLine", 0xa},       {"Ntilde", 0xd1},
    {"Oacute", 0xd3},       {"Ocirc", 0xd4},
    {"Ograve", 0xd2},       {"Oslash", 0xd8},
    {"Otilde", 0xd5},       {"Ouml", 0xd6},
    {"QUOT", 0x22},         {"THORN", 0xde},
    {"Tab", 0x9},           {"Uacute", 0xda},
    {"Ucirc", 0xdb},        {"Ugrave", 0xd9},
    {"UnderBar", 0x5f},     {"Uuml", 0xdc},
    {"VerticalLine", 0x7c}, {"Yacute", 0xdd},
    {"aacute", 0xe1},       {"acirc", 0xe2},
    {"acute", 0xb4},        {"aelig", 0xe6},
    {"agrave", 0xe0},       {"amp", 0x26},
    {"apos", 0x27},         {"aring", 0xe5},
    {"ast", 0x2a},          {"atilde", 0xe3},
    {"auml", 0xe4},         {"brvbar", 0xa6},
    {"bsol", 0x5c},         {"ccedil", 0xe7},
    {"cedil", 0xb8},        {"cent", 0xa2},
    {"colon", 0x3a},        {"comma", 0x2c},
    {"commat", 0x40},       {"copy", 0xa9},
    {"curren", 0xa4},       {"deg", 0xb0},
    {"divide", 0xf7},       {"dollar", 0x24},
    {"eacute", 0xe9},       {"ecirc", 0xea},
    {"egrave", 0xe8},       {"equals", 0x3d},
    {"eth", 0xf0},          {"euml", 0xeb},
    {"excl", 0x21},         {"frac12", 0xbd},
    {"frac14", 0xbc},       {"frac34", 0xbe},
    {"grave", 0x60},        {"gt", 0x3e},
    {"iacute", 0xed},       {"icirc", 0xee},
    {"iexcl", 0xa1},        {"igrave", 0xec},
    {"iquest", 0xbf},       {"iuml", 0xef},
    {"laquo", 0xab},        {"lbrace", 0x7b},
    {"lbrack", 0x5b},       {"lcub", 0x7b},
    {"lowbar", 0x5f},       {"lpar", 0x28},
    {"lsqb", 0x5b},         {"lt", 0x3c},
    {"macr", 0xaf},         {"micro", 0xb5},
    {"midast", 0x2a},       {"middot", 0xb7},
    {"nbsp", 0xa0},         {"not", 0xac},
    {"ntilde", 0xf1},       {"num", 0x23},
    {"oacute", 0xf3},       {"ocirc", 0xf4},
    {"ograve", 0xf2},       {"ordf", 0xaa},
    {"ordm", 0xba},         {"oslash", 0xf8},
    {"otilde", 0xf5},       {"ouml", 0xf6},
    {"para", 0xb6},         {"percnt", 0x25},
    {"period", 0x2e},       {"plus", 0x2b},
    {"plusmn", 0xb1},       {"pound", 0xa3},
    {"quest", 0x3f},        {"quot", 0x22},
    {"raquo", 0xbb},        {"rbrace", 0x7d},
    {"rbrack", 0x5d},       {"rcub", 0x7d},
    {"reg", 0xae},          {"rpar", 0x29},
    {"rsqb", 0x5d},         {"sect", 0xa7},
    {"semi", 0x3b},         {"shy", 0xad},
    {"sol", 0x2f},          {"sup1", 0xb9},
    {"sup2", 0xb2},         {"sup3", 0xb3},
    {"szlig", 0xdf},        {"thorn", 0xfe},
    {"times", 0xd7},        {"uacute", 0xfa},
    {"ucirc", 0xfb},        {"ugrave", 0xf9},
    {"uml", 0xa8},          {"uuml", 0xfc},
    {"verbar", 0x7c},       {"vert", 0x7c},
    {"yacute", 0xfd},       {"yen", 0xa5},
    {"yuml", 0xff},
};

}  // namespace

std::span<const SpellingRow> StandardSpellings() { return kRows; }

std::span<const NamedEntity> NamedEntities() { return kEntities; }

}  // namespace maskpipe
