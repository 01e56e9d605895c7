// Names that were probably meant to be others.
//
//   NearestName("connection_prefix", {"connections_prefix", "sep"})
//       // "connections_prefix"

#pragma once

#include <span>
#include <string>
#include <string_view>

namespace maskpipe {

// The known name that `name` is a slip of the keyboard away from: up to two
// letters, or any number of underscores; without regard to case. Empty where
// there is none, or `name` is known itself.
std::string_view NearestName(std::string_view name,
                             std::span<const std::string_view> known);

}  // namespace maskpipe
