#include "src/secret/dotenv.h"

#include <algorithm>

#include "src/secret/text.h"

namespace maskpipe {
namespace {

bool IsNameByte(char c) {
  const char lower = static_cast<char>(c | 0x20);
  return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.' || c == '-';
}

bool IsName(std::string_view name) {
  return !name.empty() && IsNameByte(name[0]) &&
         !(name[0] >= '0' && name[0] <= '9') && name[0] != '-' &&
         name[0] != '.' && std::all_of(name.begin(), name.end(), IsNameByte);
}

// What a backslash before `c` stands for in double quotes.
char Unescaped(char c) {
  switch (c) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return c;
  }
}

std::string_view ResolveEscapes(std::string_view text, Arena* arena) {
  if (text.find('\\') == text.npos) return text;
  char* out = static_cast<char*>(arena->allocate(text.size(), 1));
  size_t n = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '\\' && i + 1 < text.size();
    out[n++] = escape ? Unescaped(text[++i]) : text[i];
  }
  return {out, n};
}

// The closing quote of a value that `rest` starts with, or npos.
size_t ClosingQuote(std::string_view rest) {
  const char quote = rest[0];
  for (size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] == '\\' && quote == '"') {
      ++i;
    } else if (rest[i] == quote) {
      return i;
    }
  }
  return rest.npos;
}

}  // namespace

DotenvError ReadDotenv(std::string_view text, Arena* arena,
                       std::vector<DotenvEntry>* out) {
  size_t line_number = 0;
  while (!text.empty()) {
    ++line_number;
    const size_t end = std::min(text.find_first_of("\r\n"), text.size());
    const std::string_view line = Trim(text.substr(0, end));
    const bool crlf = text.substr(end).starts_with("\r\n");
    const size_t next = std::min(end + (crlf ? 2 : 1), text.size());
    if (line.empty() || line[0] == '#') {
      text.remove_prefix(next);
      continue;
    }

    const size_t equals = line.find('=');
    std::string_view name = Trim(line.substr(0, equals));
    if (name.starts_with("export ")) name = Trim(name.substr(7));
    if (equals == line.npos || !IsName(name)) {
      return {"expected NAME=VALUE", line_number};
    }
    DotenvEntry entry{std::string(name), {}, line_number};
    const std::string_view raw = Trim(line.substr(equals + 1));

    if (!raw.empty() && (raw[0] == '"' || raw[0] == '\'')) {
      // A quoted value may go on over the following lines.
      const std::string_view rest =
          text.substr(static_cast<size_t>(raw.data() - text.data()));
      const size_t close = ClosingQuote(rest);
      if (close == rest.npos) {
        return {"a quote is opened and never closed", line_number};
      }
      const std::string_view inner = rest.substr(1, close - 1);
      entry.values.push_back(raw[0] == '"' ? ResolveEscapes(inner, arena)
                                           : inner);
      if (entry.values[0] != inner) entry.values.push_back(inner);
      line_number +=
          static_cast<size_t>(std::count(inner.begin(), inner.end(), '\n'));
      const std::string_view after = rest.substr(close + 1);
      const size_t rest_of_line =
          std::min(after.find_first_of("\r\n"), after.size());
      const std::string_view tail = Trim(after.substr(0, rest_of_line));
      if (!tail.empty() && tail[0] != '#') {
        // 'it''s' or "a"b: a shell joins the pieces. The line as it stands is
        // kept too, so that whichever way it is read, it is known.
        entry.values.push_back(raw);
      }
      text = after.substr(rest_of_line);
      if (text.starts_with("\r\n")) text.remove_prefix(1);
      if (!text.empty()) text.remove_prefix(1);
      out->push_back(std::move(entry));
      continue;
    }

    // python-dotenv and Compose end a bare value at " #", docker --env-file
    // and systemd do not.
    const size_t comment = std::min(raw.find(" #"), raw.find("\t#"));
    entry.values.push_back(comment == raw.npos ? raw
                                               : Trim(raw.substr(0, comment)));
    if (entry.values[0] != raw) entry.values.push_back(raw);
    out->push_back(std::move(entry));
    text.remove_prefix(next);
  }
  return {};
}

}  // namespace maskpipe
