// The secrets that are masked: those that the sources hold now and, for a
// while, those that they held before, since what was rotated is still printed
// and may still be valid.
//
//   History history;
//   history.Update(loaded, {}, now);                 // the first time
//   if (history.Update(loaded, failed, now)) {       // and again later
//     compile(history.store());
//   }
//
// An old value stays for 24 hours after it was last seen; then, or where there
// are more than ten times as many as were ever live at once, the oldest go.
// What a failed source held does not age.
//
// Not thread-safe.

#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "src/secret/secret.h"

namespace maskpipe {

class History {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::hours kKept{24};
  static constexpr size_t kMostPerLive = 10;

  // Takes what was loaded now. `failed` are the origins of which nothing could
  // be loaded. Whether store() has changed.
  bool Update(const SecretStore& loaded, const std::vector<std::string>& failed,
              Clock::time_point now);

  const SecretStore& store() const { return store_; }

 private:
  SecretStore store_;
  std::vector<Clock::time_point>
      seen_;  // of each of its secrets, the last time
  size_t most_live_ = 0;
};

}  // namespace maskpipe
