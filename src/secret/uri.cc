#include "src/secret/uri.h"

#include <algorithm>

#include "src/base/percent.h"
#include "src/secret/text.h"

namespace maskpipe {
namespace {

constexpr std::string_view kJdbc = "jdbc:";

// Percent-decodes into the arena.
std::string_view Decode(std::string_view text, bool plus_is_blank,
                        Arena* arena) {
  if (text.empty()) return {};
  char* out = static_cast<char*>(arena->allocate(text.size(), 1));
  return {out, PercentDecodeTo(text, plus_is_blank, out)};
}

bool IsToken(std::string_view segment) {
  const auto any = [&](auto in) {
    return std::any_of(segment.begin(), segment.end(), in);
  };
  return Characters(segment) >= 16 ||
         (any([](char c) { return c >= 'a' && c <= 'z'; }) &&
          any([](char c) { return c >= 'A' && c <= 'Z'; }) &&
          any([](char c) { return c >= '0' && c <= '9'; }));
}

// Cuts `text` at the first of `marks`; what follows goes to `rest`.
std::string_view Until(std::string_view text, std::string_view marks,
                       std::string_view* rest) {
  const size_t at = std::min(text.find_first_of(marks), text.size());
  *rest = text.substr(std::min(at + 1, text.size()));
  return text.substr(0, at);
}

class Opener {
 public:
  explicit Opener(Arena* arena) : arena_(arena) {}

  void Add(std::string name, std::string_view value, bool is_query = false) {
    if (value.empty()) return;
    parts_.push_back({name, is_query, value});
    AddDecoded(name, value, is_query, false);
    if (is_query && value.find('+') != value.npos) {
      AddDecoded(name, value, is_query, true);
    }
  }

  std::vector<UriPart> Take() { return std::move(parts_); }

 private:
  void AddDecoded(const std::string& name, std::string_view value,
                  bool is_query, bool plus_is_blank) {
    const std::string_view decoded = Decode(value, plus_is_blank, arena_);
    if (decoded != value) parts_.push_back({name, is_query, decoded});
  }

  Arena* arena_;
  std::vector<UriPart> parts_;
};

// Path segments, query values and the fragment of what follows the authority.
void OpenRest(std::string_view rest, bool jdbc, Opener* parts) {
  // JDBC writes properties behind ';' (SQL Server) or '?' (PostgreSQL).
  const std::string_view query_marks = jdbc ? "?;" : "?";
  const std::string_view pair_marks = jdbc ? "&;" : "&";
  std::string_view fragment, query, path;
  rest = Until(rest, "#", &fragment);
  rest = Until(rest, query_marks, &query);
  Until(rest, "/", &path);  // what is before it is host and port
  while (!query.empty()) {
    const std::string_view pair = Until(query, pair_marks, &query);
    std::string_view value;
    const std::string_view key = Until(pair, "=", &value);
    parts->Add(std::string(key), value, true);
  }
  while (!path.empty()) {
    const std::string_view segment = Until(path, "/", &path);
    if (IsToken(segment)) parts->Add("path", segment);
  }
  parts->Add("fragment", fragment);
}

}  // namespace

bool IsUri(std::string_view text) {
  const size_t colon = text.find("://");
  if (colon == 0 || colon == text.npos || colon + 3 == text.size()) {
    return false;
  }
  std::string_view scheme = text.substr(0, colon);
  if (scheme.starts_with(kJdbc)) scheme.remove_prefix(kJdbc.size());
  if (scheme.empty()) return false;
  const auto is_letter = [](char c) {
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'z';
  };
  // Airflow's connection types bring '_' along, which RFC 3986 does not allow.
  const auto in_scheme = [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' ||
           c == '.' || c == '_';
  };
  return is_letter(scheme[0]) &&
         std::all_of(scheme.begin(), scheme.end(), in_scheme) &&
         text.find_first_of("\t\n\v\f\r") == text.npos;
}

// The user information ends at an '@', and the first ':' in it splits it. Which
// '@' that is, readers disagree on where a password holds a raw '/', '?' or '#'
// or a query holds an '@': both readings count.
std::vector<UriPart> OpenUri(std::string_view uri, Arena* arena) {
  Opener parts(arena);
  const bool jdbc = uri.starts_with(kJdbc);
  const std::string_view rest = uri.substr(uri.find("://") + 3);
  const size_t authority_end = std::min(rest.find_first_of("/?#"), rest.size());
  const size_t strict = rest.substr(0, authority_end).rfind('@');
  const size_t last = rest.rfind('@');
  const auto add_user_info = [&parts](std::string_view user_info) {
    const size_t colon = user_info.find(':');
    if (colon != user_info.npos && colon + 1 < user_info.size()) {
      parts.Add("password", user_info.substr(colon + 1));
    } else {
      parts.Add("user", user_info.substr(0, colon));
    }
  };
  // RFC 3986: the '@' stands before the first of "/?#".
  if (strict != rest.npos) add_user_info(rest.substr(0, strict));
  OpenRest(strict == rest.npos ? rest : rest.substr(strict + 1), jdbc, &parts);
  // What people write: the last '@', where a ':' can begin a password.
  if (last != rest.npos && last != strict &&
      rest.substr(0, authority_end).find(':') != rest.npos) {
    add_user_info(rest.substr(0, last));
    OpenRest(rest.substr(last + 1), jdbc, &parts);
  }
  return parts.Take();
}

}  // namespace maskpipe
