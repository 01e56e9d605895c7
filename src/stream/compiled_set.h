// Everything that a stream needs to mask one set of secrets, compiled once,
// then immutable and shared by threads.
//
//   Result<std::shared_ptr<const CompiledSet>> set =
//       CompiledSet::Compile(store, options);
//
// It keeps no value: needles live in the matcher's arena, and what is said of
// a secret is its name.

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/status.h"
#include "src/detect/detectors.h"
#include "src/match/matcher.h"
#include "src/needle/forms.h"
#include "src/secret/leaf.h"
#include "src/secret/secret.h"
#include "src/stream/mask_text.h"

namespace maskpipe {

struct MaskOptions {
  std::string mask = "***";
  // For {hash}; sets that one stream uses share it.
  std::shared_ptr<const HashKey> hash_key = HashKey::OfThisProcess();
  Rules rules;
  FormOptions forms;
  bool truncated = true;   // mask what the end of the stream cuts off
  bool hold_line = false;  // release only whole lines
  // What masks credentials that are no secret of the set; null: nothing does.
  std::shared_ptr<const Detectors> detectors = nullptr;
};

// Stands for a name in which a secret occurs.
inline constexpr std::string_view kHiddenName = "***";

// A leaf that is masked: what its mask prints and who counts it.
struct Label {
  std::string name;  // printable; *** where a secret occurs in it
  std::string mask;
  uint32_t source = 0;  // index in CompiledSet::sources()
};

// What became of a leaf, for reports. Holds no value.
struct Finding {
  std::string name;  // printable, and masked as Label::name is
  uint32_t source = 0;
  uint32_t secret = 0;  // index in the store
  Verdict verdict = Verdict::kMasked;
  LeafKind kind = LeafKind::kWhole;
};

class CompiledSet {
 public:
  // A mask text that cannot be used is a usage error that names the secret in
  // question.
  static Result<std::shared_ptr<const CompiledSet>> Compile(
      const SecretStore& store, const MaskOptions& options);

  const Matcher& matcher() const { return matcher_; }
  // By Span::secret, in the order of the names.
  const Label& label(uint32_t secret) const { return labels_[secret]; }
  const std::vector<Label>& labels() const { return labels_; }
  // By Span::secret of the options' detectors.
  const Label& detector_label(uint32_t detector) const {
    return labels_[first_detector_ + detector];
  }
  const std::vector<std::string>& sources() const { return sources_; }
  const std::vector<Finding>& findings() const { return findings_; }
  const MaskOptions& options() const { return options_; }

  // False in a forked child, which must not mask with it.
  bool intact() const { return matcher_.intact(); }

 private:
  CompiledSet(const Needles& needles, MaskOptions options)
      : matcher_(needles.list), options_(std::move(options)) {}

  std::string SafeName(const std::string& name) const;

  Matcher matcher_;
  MaskOptions options_;
  std::vector<Label> labels_;  // of the secrets, then of the detectors
  size_t first_detector_ = 0;
  std::vector<std::string> sources_;
  std::vector<Finding> findings_;
};

}  // namespace maskpipe
