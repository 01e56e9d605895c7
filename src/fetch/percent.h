// Percent-encoding as Python's urllib.parse does it: what Airflow and
// SQLAlchemy read URLs with, and what they print.
//
//   PercentEncode("p@ss/w", "");       // p%40ss%2Fw
//   PercentDecode("p%40ss");           // p@ss

#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace maskpipe {

// quote(text, safe): letters, digits, "_.-~" and `safe` stay.
std::string PercentEncode(std::string_view text, std::string_view safe);

// quote_plus(text): as Quote without a safe character, but a blank is '+'.
std::string PercentEncodePlus(std::string_view text);

// unquote(text): a malformed escape stays as it is. Bytes that are no UTF-8 are
// kept, where Python puts U+FFFD.
std::string PercentDecode(std::string_view text);

// unquote(text.replace('+', ' ')).
std::string PercentDecodePlus(std::string_view text);

// parse_qsl(query, keep_blank_values=True): names and values, decoded.
std::vector<std::pair<std::string, std::string>> ParseQuery(
    std::string_view query);

}  // namespace maskpipe
