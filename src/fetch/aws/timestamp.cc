#include "src/fetch/aws/timestamp.h"

#include <ctime>

namespace maskpipe::aws {
namespace {

// Takes `digits` digits off the front.
std::optional<int> TakeNumber(std::string_view* text, size_t digits) {
  if (text->size() < digits) return std::nullopt;
  int number = 0;
  for (const char c : text->substr(0, digits)) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + (c - '0');
  }
  text->remove_prefix(digits);
  return number;
}

bool Take(std::string_view what, std::string_view* text) {
  if (!text->starts_with(what)) return false;
  text->remove_prefix(what.size());
  return true;
}

// Minutes east of Greenwich: Z, UTC, +HH, +HHMM, +HH:MM.
std::optional<int> TakeZone(std::string_view* text) {
  if (Take("Z", text) || Take("UTC", text) || Take("GMT", text)) {
    // "UTC+1" would mean west to some and east to others.
    return text->empty() ? std::optional<int>(0) : std::nullopt;
  }
  const bool west = text->starts_with('-');
  if (!Take("+", text) && !Take("-", text)) return std::nullopt;
  const auto hours = TakeNumber(text, 2);
  if (!hours.has_value() || *hours > 23) return std::nullopt;
  std::optional<int> minutes = 0;
  if (!text->empty()) {
    Take(":", text);
    minutes = TakeNumber(text, 2);
  }
  if (!minutes.has_value() || *minutes > 59) return std::nullopt;
  const int east = *hours * 60 + *minutes;
  return west ? -east : east;
}

}  // namespace

std::optional<Time> ParseTimestamp(std::string_view text) {
  using std::chrono::day;
  using std::chrono::month;
  using std::chrono::year;
  const auto y = TakeNumber(&text, 4);
  if (!y.has_value() || !Take("-", &text)) return std::nullopt;
  const auto mo = TakeNumber(&text, 2);
  if (!mo.has_value() || !Take("-", &text)) return std::nullopt;
  const auto d = TakeNumber(&text, 2);
  if (!d.has_value() || !(Take("T", &text) || Take(" ", &text))) {
    return std::nullopt;
  }
  const auto h = TakeNumber(&text, 2);
  if (!h.has_value() || !Take(":", &text)) return std::nullopt;
  const auto mi = TakeNumber(&text, 2);
  if (!mi.has_value() || !Take(":", &text)) return std::nullopt;
  const auto s = TakeNumber(&text, 2);
  if (!s.has_value()) return std::nullopt;
  if (Take(".", &text)) {
    // Parts of a second do not matter to an expiry.
    size_t digits = 0;
    while (TakeNumber(&text, 1).has_value()) ++digits;
    if (digits == 0) return std::nullopt;
  }
  const auto zone = TakeZone(&text);
  if (!zone.has_value() || !text.empty()) return std::nullopt;
  const std::chrono::year_month_day date(year(*y),
                                         month(static_cast<unsigned>(*mo)),
                                         day(static_cast<unsigned>(*d)));
  // The clock's nanoseconds reach to the year 2262.
  if (!date.ok() || *y < 1970 || *y > 2261 || *h > 23 || *mi > 59 || *s > 60) {
    return std::nullopt;
  }
  return Time(std::chrono::sys_days(date)) + std::chrono::hours(*h) +
         std::chrono::minutes(*mi - *zone) + std::chrono::seconds(*s);
}

std::string FormatTimestamp(Time time) {
  const time_t seconds = std::chrono::system_clock::to_time_t(time);
  tm parts;
  ::gmtime_r(&seconds, &parts);
  char text[32];
  const size_t size =
      std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return {text, size};
}

}  // namespace maskpipe::aws
