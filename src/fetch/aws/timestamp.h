// Points in time as AWS and its tools write them.

#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace maskpipe::aws {

using Time = std::chrono::system_clock::time_point;

// ISO 8601 with a zone: "2026-11-24T20:00:00Z", fractions of a second, "UTC" or
// "+01:00" for the zone, a blank for the T. None for anything else: a time
// without a zone could be hours off.
std::optional<Time> ParseTimestamp(std::string_view text);

// "2026-11-24T20:00:00Z"
std::string FormatTimestamp(Time time);

}  // namespace maskpipe::aws
