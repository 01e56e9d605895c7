#include "src/run/masked_output.h"

#include <cstring>

namespace maskpipe {
namespace {

std::shared_ptr<const CompiledSet> OrEmpty(
    std::shared_ptr<const CompiledSet> set) {
  if (set != nullptr) return set;
  return *CompiledSet::Compile(SecretStore(), MaskOptions());
}

}  // namespace

MaskedOutput::MaskedOutput(std::shared_ptr<const CompiledSet> set, Sink* sink,
                           AddedSecrets* added, Refresher* refresher)
    : sink_(sink),
      added_(added),
      refresher_(refresher),
      stream_(OrEmpty(set), sink),
      set_seen_(set != nullptr ? 1 : 0),
      withholding_(set == nullptr),
      has_set_(set != nullptr) {}

char* MaskedOutput::Prepare(size_t bytes) {
  if (!withholding_) return stream_.Prepare(bytes);
  room_.Reserve(bytes);
  return room_.data();
}

Status MaskedOutput::Commit(size_t bytes) {
  if (Status s = Renew(); !s.ok()) return s;
  if (!withholding_) return stream_.Commit(bytes);
  size_t used = 0;
  Status s = Withhold({room_.data(), bytes}, &used);
  if (s.ok() && used < bytes)
    s = stream_.Write({room_.data() + used, bytes - used});
  Wipe(room_.data(), bytes);
  return s;
}

Status MaskedOutput::Finish() {
  if (Status s = Renew(); !s.ok()) return s;
  if (withholding_ && in_line_) {
    in_line_ = false;
    if (Status s = Marker(""); !s.ok()) return s;
  }
  return stream_.Finish();
}

// A set that came, and all secrets that were added: the task may have printed
// them after that.
Status MaskedOutput::Renew() {
  if (refresher_ != nullptr) {
    if (auto set = refresher_->Newer(&set_seen_); set != nullptr) {
      has_set_ = true;
      if (Status s = stream_.SetMasker(std::move(set)); !s.ok()) return s;
    }
  }
  return added_->Take(&stream_, &added_seen_);
}

// Takes the lines that must not be seen; `used` bytes belong to them.
Status MaskedOutput::Withhold(std::string_view bytes, size_t* used) {
  while (*used < bytes.size()) {
    if (!in_line_ && has_set_) {
      withholding_ = false;
      break;
    }
    in_line_ = true;
    const std::string_view rest = bytes.substr(*used);
    const size_t newline = rest.find('\n');
    const size_t taken = newline == rest.npos ? rest.size() : newline + 1;
    *used += taken;
    bytes_withheld_ += taken;
    if (newline == rest.npos) break;
    in_line_ = false;
    const bool crlf = newline > 0 && rest[newline - 1] == '\r';
    if (Status s = Marker(crlf ? "\r\n" : "\n"); !s.ok()) return s;
  }
  return Status::Ok();
}

Status MaskedOutput::Marker(std::string_view line_end) {
  ++withheld_;
  const std::string_view pieces[] = {kMarker, line_end};
  marker_bytes_ += kMarker.size() + line_end.size();
  return sink_->Write(pieces);
}

StreamStats MaskedOutput::stats() const {
  StreamStats stats = stream_.stats();
  stats.bytes_in += bytes_withheld_;
  stats.bytes_out += marker_bytes_;
  return stats;
}

}  // namespace maskpipe
