// Secrets as sources give them: a name, an origin and a value.
//
//   SecretStore store;
//   store.Add({.name = "airflow/connections/pg", .origin = "env:AIRFLOW_*"},
//             value);
//
// A value lives in the store's arena and nowhere else. A store is filled by
// one thread; reading it is safe from several.

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "src/base/arena.h"

namespace maskpipe {

struct Secret {
  std::string name{};    // as its source calls it; see PrintableName()
  std::string origin{};  // the source's SPEC, for messages
  // Where in its source it stands ("metastore"); empty where that is one place.
  std::string place{};
  // The key under which the value stood, where it was part of a larger one:
  // decides whether it is harmless. Empty: the secret is nobody's part.
  std::string key{};
  // A structured value is opened: what it holds are secrets of their own.
  bool open = true;
  // Somebody said that this very value is secret: no rule calls it harmless.
  bool certain = false;
  std::string_view value{};  // in the store's arena
};

class SecretStore {
 public:
  // Copies `value` into the arena; `secret.value` is ignored.
  void Add(Secret secret, std::string_view value) {
    if (secret.place.empty()) secret.place = place_;
    secret.value = arena_->Copy(value);
    secrets_.push_back(std::move(secret));
  }

  // Where all that is added from now on stands, unless it says so itself.
  void SetPlace(std::string place) { place_ = std::move(place); }

  const std::vector<Secret>& secrets() const { return secrets_; }
  bool empty() const { return secrets_.empty(); }
  bool intact() const { return arena_->intact(); }

 private:
  std::unique_ptr<Arena> arena_ = std::make_unique<Arena>();
  std::vector<Secret> secrets_;
  std::string place_;
};

inline constexpr size_t kLongestName = 64;

// A name as every message, mask and metric prints it: bytes other than
// [A-Za-z0-9_./-] become '_', and it ends after kLongestName
// bytes.
std::string PrintableName(std::string_view name);

}  // namespace maskpipe
