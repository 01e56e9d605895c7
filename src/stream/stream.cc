#include "src/stream/stream.h"

#include <algorithm>
#include <cstring>

namespace maskpipe {
namespace {

// A caller's larger write is taken in pieces, so that the buffer stays small.
constexpr size_t kLargestCopy = size_t{256} << 10;
// --hold=line lets go of a longer line, so that memory stays bounded.
constexpr uint64_t kLongestHeldLine = uint64_t{64} << 10;

}  // namespace

// Gathers what one call writes. Short pieces are copied side by side, since
// handing over each of them costs more than copying it.
class Stream::Output {
 public:
  explicit Output(Stream* stream) : s_(stream) {}

  void Add(std::string_view piece) {
    if (piece.empty() || !s_->status_.ok()) return;
    if (piece.size() > kShort) {
      Seal();
      s_->pieces_.push_back(piece);
    } else {
      if (piece.size() > kRoom - used_) Flush();
      s_->small_.Reserve(kRoom);
      std::memcpy(s_->small_.data() + used_, piece.data(), piece.size());
      used_ += piece.size();
    }
    bytes_ += piece.size();
    if (s_->pieces_.size() >= kPieces) Flush();
  }

  void Flush() {
    Seal();
    if (!s_->pieces_.empty() && s_->status_.ok()) {
      s_->status_ = s_->sink_->Write(s_->pieces_);
      if (s_->status_.ok()) s_->bytes_out_ += bytes_;
    }
    s_->pieces_.clear();
    used_ = sealed_ = bytes_ = 0;
  }

 private:
  static constexpr size_t kShort = 512;
  static constexpr size_t kRoom = size_t{16} << 10;
  static constexpr size_t kPieces = 512;  // below IOV_MAX

  void Seal() {
    if (used_ == sealed_) return;
    s_->pieces_.push_back({s_->small_.data() + sealed_, used_ - sealed_});
    sealed_ = used_;
  }

  Stream* s_;
  size_t used_ = 0;
  size_t sealed_ = 0;  // bytes of used_ that a piece already points to
  size_t bytes_ = 0;   // of all pieces
};

Stream::Stream(std::shared_ptr<const CompiledSet> set, Sink* sink)
    : sink_(sink) {
  Replace(0, 0, {std::move(set)});
}

Status Stream::Write(std::string_view bytes) {
  if (Status s = CheckUsable(); !s.ok()) return s;
  while (!bytes.empty()) {
    const size_t n = std::min(bytes.size(), kLargestCopy);
    std::memcpy(Prepare(n), bytes.data(), n);
    bytes.remove_prefix(n);
    if (Status s = Commit(n); !s.ok()) return s;
  }
  return Status::Ok();
}

char* Stream::Prepare(size_t bytes) {
  const size_t used = begin_in_buffer_ + (end_ - begin_);
  if (buffer_.capacity() - used < bytes) {
    const size_t kept = end_ - begin_;
    if (kept != 0) {
      std::memmove(buffer_.data(), buffer_.data() + begin_in_buffer_, kept);
    }
    begin_in_buffer_ = 0;
    buffer_.Reserve(kept + bytes);
  }
  return buffer_.data() + begin_in_buffer_ + (end_ - begin_);
}

Status Stream::Commit(size_t bytes) {
  end_ += bytes;
  return Decide(false);
}

Status Stream::Finish() {
  if (Status s = Decide(true); !s.ok()) return s;
  bytes_before_ += end_;
  begin_ = printed_ = end_ = mask_end_ = 0;
  begin_in_buffer_ = 0;
  any_mask_ = false;
  RestartDetectors();
  Restart();
  return Status::Ok();
}

// 1 find the occurrences, 2 see up to where everything is known, 3 write that,
// 4 let go of what no later occurrence can need.
Status Stream::Decide(bool last) {
  if (Status s = CheckUsable(); !s.ok()) return s;
  Scan(last);                                          // 1
  const uint64_t decided = Decided(last);              // 2
  if (Status s = Release(decided); !s.ok()) return s;  // 3
  held_max_ = std::max(held_max_, held());

  // 4. The matchers may read again what was printed, if it may go on.
  uint64_t keep = printed_;
  for (const Layer& layer : layers_) {
    keep = std::min(keep, layer.set->matcher().Needed(layer.cursor));
  }
  if (detectors_ != nullptr) {
    keep = std::min(keep, detect_cursor_.keep());
    std::erase_if(detected_, [&](const Span& s) { return s.end <= printed_; });
  }
  keep = std::max(keep, begin_);
  begin_in_buffer_ += keep - begin_;
  begin_ = keep;
  return status_;
}

Status Stream::CheckUsable() {
  if (!status_.ok()) return status_;
  bool intact = canary_.intact();
  for (const Layer& layer : layers_) intact = intact && layer.set->intact();
  if (!intact) {
    status_ = Status::Broken(
        "the secrets are gone in this forked process; load them again after "
        "fork()");
  }
  return status_;
}

void Stream::Scan(bool last) {
  const Window w = window();
  for (Layer& layer : layers_) {
    const CompiledSet& set = *layer.set;
    // A matcher reports in the order of the text, so each region is added near
    // the end of a list; lists are merged in one pass.
    Regions found;
    Regions* regions = &layer == &layers_.front() ? &regions_ : &found;
    const Matcher::OnSpan add = [&](const Span& s) {
      regions->Add(s.begin, s.end, &set.label(s.secret));
    };
    set.matcher().Scan(w, &layer.cursor, add);
    if (last) {
      set.matcher().Finish(w, &layer.cursor, set.options().truncated, add);
    }
    regions_.Merge(found);
  }
  if (detectors_ != nullptr) Detect(last);
}

void Stream::Detect(bool last) {
  const CompiledSet& set = *layers_.front().set;
  Regions found;
  const auto add = [&](const Span& s) {
    detected_.push_back(s);
    found.Add(s.begin, s.end, &set.detector_label(s.secret));
  };
  if (last) {
    detectors_->Finish(window(), &detect_cursor_, add);
  } else {
    detectors_->Scan(window(), &detect_cursor_, add);
  }
  regions_.Merge(found);
}

uint64_t Stream::Decided(bool last) const {
  if (last) return end_;
  const Window w = window();
  uint64_t decided = end_;
  for (const Layer& layer : layers_) {
    decided = std::min(decided, layer.set->matcher().Pending(layer.cursor));
  }
  if (detectors_ != nullptr) {
    decided = std::min(decided, detect_cursor_.pending());
  }
  if (layers_[0].set->options().hold_line) {
    const std::string_view unprinted =
        w.bytes.substr(printed_ - begin_, decided - printed_);
    const size_t newline = unprinted.rfind('\n');
    const uint64_t whole =
        newline == unprinted.npos ? printed_ : printed_ + newline + 1;
    if (end_ - whole <= kLongestHeldLine) decided = whole;
  }
  return decided;
}

Status Stream::Release(uint64_t decided) {
  const Window w = window();
  Output out(this);
  const auto print_until = [&](uint64_t position) {
    if (position <= printed_) return;
    out.Add(w.bytes.substr(printed_ - begin_, position - printed_));
    printed_ = position;
  };
  const auto skip_masked = [&] {
    if (any_mask_) printed_ = std::max(printed_, std::min(mask_end_, decided));
  };
  // A region whose mask was written before may reach into what is decided now.
  skip_masked();
  for (; !regions_.empty() && regions_.front().begin < decided;
       regions_.PopFront()) {
    const Region& r = regions_.front();
    if (!any_mask_ || r.begin > mask_end_) {
      print_until(r.begin);
      out.Add(r.label->mask);
      CountMask(r.label);
      any_mask_ = true;
      mask_end_ = r.end;
    } else {
      mask_end_ = std::max(mask_end_, r.end);  // goes on behind its mask
    }
    skip_masked();
  }
  print_until(decided);
  out.Flush();
  return status_;
}

void Stream::CountMask(const Label* label) {
  ++masks_;
  for (Layer& layer : layers_) {
    const std::vector<Label>& labels = layer.set->labels();
    if (labels.empty() || label < &labels.front() || label > &labels.back()) {
      continue;
    }
    ++layer.masks[static_cast<size_t>(label - labels.data())];
    return;
  }
}

Status Stream::SetMasker(std::shared_ptr<const CompiledSet> set) {
  if (Status s = CheckUsable(); !s.ok()) return s;
  Replace(0, std::min<size_t>(1, layers_.size()), {std::move(set)});
  return Status::Ok();
}

Status Stream::SetAdded(std::vector<std::shared_ptr<const CompiledSet>> sets) {
  if (Status s = CheckUsable(); !s.ok()) return s;
  Replace(1, layers_.size(), std::move(sets));
  return Status::Ok();
}

// Puts `sets` in the place of layers [first, last). Held bytes are then read
// again by all layers, from a clean start.
void Stream::Replace(size_t first, size_t last,
                     std::vector<std::shared_ptr<const CompiledSet>> sets) {
  const auto place = [this](size_t i) {
    return layers_.begin() + static_cast<std::ptrdiff_t>(i);
  };
  for (size_t i = first; i < last; ++i) Count(layers_[i], &dropped_);
  layers_.erase(place(first), place(last));
  for (size_t i = 0; i < sets.size(); ++i) {
    const size_t labels = sets[i]->labels().size();
    layers_.insert(place(first + i),
                   Layer{std::move(sets[i]), Matcher::Cursor(printed_),
                         std::vector<uint64_t>(labels)});
  }
  if (!layers_.empty() &&
      detectors_ != layers_.front().set->options().detectors) {
    RestartDetectors();
  }
  Restart();
}

// At a place that counts as the beginning of a line.
void Stream::RestartDetectors() {
  detectors_ = layers_.front().set->options().detectors;
  detect_cursor_ = Detectors::Cursor(printed_);
  detected_.clear();
}

void Stream::Restart() {
  regions_.Clear();
  for (const Span& s : detected_) {
    regions_.Add(std::max(s.begin, printed_), s.end,
                 &layers_.front().set->detector_label(s.secret));
  }
  for (Layer& layer : layers_) {
    layer.cursor = Matcher::Cursor(printed_);
  }
}

void Stream::Count(const Layer& layer, StreamStats::Masks* by_name) {
  for (size_t i = 0; i < layer.masks.size(); ++i) {
    if (layer.masks[i] == 0) continue;
    const Label& label = layer.set->label(static_cast<uint32_t>(i));
    (*by_name)[{layer.set->sources()[label.source], label.name}] +=
        layer.masks[i];
  }
}

StreamStats Stream::stats() const {
  StreamStats stats;
  stats.bytes_in = bytes_before_ + end_;
  stats.bytes_out = bytes_out_;
  stats.masks = masks_;
  stats.held_max = held_max_;
  stats.masks_by_name = dropped_;
  for (const Layer& layer : layers_) Count(layer, &stats.masks_by_name);
  return stats;
}

}  // namespace maskpipe
