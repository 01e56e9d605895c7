// What the rules ask of a value's text.

#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace maskpipe {

inline constexpr std::string_view kWhiteSpace = " \t\n\v\f\r";

// Without the ASCII white space at both ends.
std::string_view Trim(std::string_view text);

// Code points, or bytes where the text is not valid UTF-8 (RFC 3629).
size_t Characters(std::string_view text);

// What stands in one matching pair of ' or "; the text itself where none does.
std::string_view Unquote(std::string_view text);

// The lines that CR, LF or CRLF end, trimmed; empty ones are left out.
std::vector<std::string_view> Lines(std::string_view text);

// "-----BEGIN …-----" and "-----END …-----" (RFC 7468).
bool IsPemArmour(std::string_view line);

// One symbol (no letter, digit or byte above 0x7f), once or repeated.
bool IsOneSymbol(std::string_view text);

// A digit, letters of both cases, or punctuation: what code keywords lack.
bool IsDistinctive(std::string_view line);

}  // namespace maskpipe
