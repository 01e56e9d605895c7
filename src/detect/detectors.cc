#include "src/detect/detectors.h"

#include <re2/filtered_re2.h>
#include <re2/re2.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "src/detect/lazy_pattern.h"
#include "src/detect/piece.h"
#include "src/detect/re2_bytes.h"
#include "src/detect/shape.h"

namespace maskpipe {
namespace {

constexpr uint64_t kNone = ~uint64_t{0};
// Of a rule's atoms in one line so many are tried one by one; a line made of
// them is then searched as a whole, in time linear in it.
constexpr uint32_t kMostFailures = 64;
// An open secret of more bytes is looked at again only when it has grown by a
// part of them, so that bytes that come one by one cost no square.
constexpr uint64_t kLongOpen = 1024;
constexpr int kHoldTries = 64;

bool IsWord(char c) {
  const char lower = static_cast<char>(c | 0x20);
  return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

// What RE2 refuses, and where in the pattern.
Status Broken(const std::string& what, const RE2& pattern) {
  std::string message = what + ": " + pattern.error();
  const std::string& part = pattern.error_arg();
  const size_t at =
      part.empty() ? std::string::npos : pattern.pattern().find(part);
  if (at != std::string::npos) {
    message +=
        ", at character " + std::to_string(at + 1) + " of " + pattern.pattern();
  }
  return Status::Usage(message);
}

}  // namespace

struct Detectors::Compiled {
  explicit Compiled(Rule r)
      : rule(std::move(r)), pattern(rule.pattern, Re2Bytes()) {}

  Rule rule;
  RE2 pattern;
  uint32_t name = 0;
  int secret_group = 0;        // of the pattern; 0: the whole match
  bool word_boundary = false;  // it begins with \b, and then a word
  bool by_head = false;
  std::optional<LazyPattern> gate, alive, context, alive_from_secret;
  std::vector<std::unique_ptr<RE2>> allow;
};

struct Detectors::Lines {
  // The rules' patterns, or their contexts, in the order of `rules`.
  re2::FilteredRE2 filter{static_cast<int>(kLeastHead)};
  std::vector<uint32_t> rules;
  std::vector<uint32_t> always;  // those without an atom
  std::vector<int> atom_of;      // by the finder's atom: the filter's, or -1
  std::vector<bool> holds;       // by the filter's atom: a context has it
  bool hold_all = false;         // some secret may begin before all atoms
};

void Detectors::Cursor::Restart(uint64_t position) {
  line_ = window_ = looked_ = scanned_ = read_ = pending_ = keep_ = position;
  open_.clear();
  std::fill(tried_.begin(), tried_.end(), Tried());
  seen_.clear();
  line_hold_ = kNone;
  block_.Close();
}

Detectors::Detectors() = default;
Detectors::~Detectors() = default;

Result<std::shared_ptr<const Detectors>> Detectors::Compile(
    std::vector<Rule> rules) {
  std::shared_ptr<Detectors> detectors(new Detectors);
  for (Rule& rule : rules) {
    if (Status s = detectors->Add(std::move(rule)); !s.ok()) return s;
  }
  detectors->CompileAtoms();
  return std::shared_ptr<const Detectors>(std::move(detectors));
}

// 1 compile, 2 see how its matches begin.
Status Detectors::Add(Rule rule) {
  auto compiled = std::make_unique<Compiled>(std::move(rule));  // 1
  Compiled& c = *compiled;
  if (!c.pattern.ok()) return Broken("pattern " + c.rule.name, c.pattern);
  const auto& groups = c.pattern.NamedCapturingGroups();
  if (const auto at = groups.find("secret"); at != groups.end()) {
    c.secret_group = at->second;
  }
  for (const std::string& text : c.rule.allow) {
    c.allow.push_back(std::make_unique<RE2>(text, Re2Bytes()));
    if (!c.allow.back()->ok()) {
      return Broken("allow list of " + c.rule.name, *c.allow.back());
    }
  }
  if (!c.rule.gate.empty()) c.gate.emplace(c.rule.gate);

  if (const auto shape = ReadShape(c.rule.pattern)) {  // 2
    const std::string_view behind_flags =
        std::string_view(c.rule.pattern)
            .substr(LeadingFlags(c.rule.pattern).size());
    c.by_head = !shape->heads.empty();
    c.word_boundary =
        behind_flags.starts_with("\\b") && shape->choices == 1 &&
        std::all_of(shape->heads.begin(), shape->heads.end(),
                    [](const std::string& h) { return IsWord(h[0]); });
    c.alive.emplace(shape->alive);
    if (shape->has_context) {
      c.context.emplace(shape->context);
      c.alive_from_secret.emplace(shape->alive_from_secret);
    }
  }
  const auto name = std::find(names_.begin(), names_.end(), c.rule.name);
  c.name = static_cast<uint32_t>(name - names_.begin());
  if (name == names_.end()) names_.push_back(c.rule.name);
  rules_.push_back(std::move(compiled));
  return Status::Ok();
}

// 1 heads, 2 what the filter says of the patterns without, 3 one list of all.
void Detectors::CompileAtoms() {
  std::vector<Atom> atoms;
  std::vector<uint32_t> early;
  const auto number = [&](Atom atom) {
    const auto at = std::find(atoms.begin(), atoms.end(), atom);
    if (at != atoms.end()) return static_cast<uint32_t>(at - atoms.begin());
    atoms.push_back(std::move(atom));
    rules_of_atom_.emplace_back();
    return static_cast<uint32_t>(atoms.size() - 1);
  };
  for (uint32_t r = 0; r < rules_.size(); ++r) {
    Compiled& c = *rules_[r];
    if (c.by_head) {  // 1
      const Shape shape = *ReadShape(c.rule.pattern);
      // The secret stands behind the head where the context alone has one.
      const bool behind = shape.has_context && !shape.context_heads.empty();
      const auto& heads = behind ? shape.context_heads : shape.heads;
      for (const std::string& head : heads) {
        const uint32_t atom = number({head, shape.any_case});
        rules_of_atom_[atom].push_back(r);
        if (!behind) early.push_back(atom);
      }
      continue;
    }
    // 2. A context without an atom does not say where the secret may begin.
    if (lines_ == nullptr) lines_ = std::make_unique<Lines>();
    const auto atoms_in = [](const std::string& pattern) {
      re2::FilteredRE2 one(static_cast<int>(kLeastHead));
      int id = 0;
      std::vector<std::string> found;
      if (one.Add(pattern, Re2Bytes(), &id) == RE2::NoError)
        one.Compile(&found);
      return found;
    };
    const std::optional<Shape> shape = ReadShape(c.rule.pattern);
    const bool prompt =
        shape && shape->has_context && !atoms_in(shape->context).empty();
    const std::string& filtered = prompt ? shape->context : c.rule.pattern;
    const bool has_atoms = prompt || !atoms_in(filtered).empty();
    if (has_atoms) {
      int id = 0;
      (void)lines_->filter.Add(filtered, Re2Bytes(), &id);
      lines_->rules.push_back(r);
    } else {
      lines_->always.push_back(r);
    }
    if (!prompt) {
      lines_->hold_all = true;
      warnings_.push_back(
          "pattern " + c.rule.name +
          (has_atoms
               ? " may begin before its literals, so each line is withheld "
                 "until its end; let it begin with one, or put what it masks "
                 "into (?P<secret>...) behind one"
               : " holds no literal of 3 bytes that every match has, so it "
                 "is run over each line, which is withheld until its end"));
    }
  }
  if (lines_ != nullptr && !lines_->rules.empty()) {  // 3
    std::vector<std::string> found;
    lines_->filter.Compile(&found);
    std::vector<std::pair<uint32_t, int>> numbers;
    for (size_t i = 0; i < found.size(); ++i) {
      numbers.push_back({number({found[i], true}), static_cast<int>(i)});
    }
    lines_->atom_of.assign(atoms.size(), -1);
    for (const auto& [atom, id] : numbers) lines_->atom_of[atom] = id;
  }
  std::sort(early.begin(), early.end());
  early.erase(std::unique(early.begin(), early.end()), early.end());
  for (uint32_t atom : early) {
    const auto first = static_cast<uint8_t>(atoms[atom].text[0]);
    early_[first].push_back(atom);
    if (atoms[atom].any_case && first >= 'a' && first <= 'z') {
      early_[first & ~0x20u].push_back(atom);
    }
  }
  finder_ = std::make_unique<AtomFinder>(std::move(atoms));
}

void Detectors::Scan(const Window& window, Cursor* cursor,
                     const OnSpan& on_span) const {
  Run(window, cursor, false, on_span);
}

void Detectors::Finish(const Window& window, Cursor* cursor,
                       const OnSpan& on_span) const {
  Run(window, cursor, true, on_span);
}

// 1 find atoms, 2 go to the next window of a line that matters, 3 find its end,
// 4 judge it, 5 see what is withheld and what must be kept.
void Detectors::Run(const Window& text, Cursor* cursor, bool last,
                    const OnSpan& on_span) const {
  Cursor& c = *cursor;
  const uint64_t end = text.end();
  const char* const bytes = text.bytes.data();
  const auto at = [&](uint64_t p) { return bytes + (p - text.offset); };
  const auto position = [&](const void* p) {
    return text.offset +
           static_cast<uint64_t>(static_cast<const char*>(p) - bytes);
  };
  if (c.tried_.size() != rules_.size()) c.tried_.resize(rules_.size());

  static thread_local std::vector<AtomHit> hits;  // 1; keeps its room
  hits.clear();
  finder_->Find(text.bytes, c.scanned_ - text.offset, &hits);
  std::erase_if(hits, [&](const AtomHit& hit) {
    const size_t size = finder_->atoms()[hit.atom].text.size();
    return text.offset + hit.begin + size <= c.read_;
  });
  size_t next = 0;
  const auto next_hit = [&] {
    return next < hits.size() ? text.offset + hits[next].begin : end;
  };

  const bool every_line =
      lines_ != nullptr && (lines_->hold_all || !lines_->always.empty());
  uint64_t hold = kNone;
  for (;;) {
    const bool waiting =
        every_line || c.block_.open() || !c.open_.empty() || !c.seen_.empty();
    if (!waiting) {  // 2
      const uint64_t goal = next_hit();
      if (goal > c.looked_) {
        const void* newline = ::memrchr(at(c.looked_), '\n', goal - c.looked_);
        if (newline != nullptr) c.line_ = position(newline) + 1;
        c.looked_ = goal;
      }
      c.window_ = c.line_ + (goal - c.line_) / kWindow * kWindow;
    }
    // 3.
    const uint64_t most = std::min(end, c.window_ + kWindow);
    uint64_t limit = most;
    bool newline = false;
    const uint64_t from = std::max(c.looked_, c.window_);
    if (most > from) {
      const void* found = std::memchr(at(from), '\n', most - from);
      if (found != nullptr) {
        limit = position(found);
        newline = true;
      }
    }
    c.looked_ = limit;
    const bool whole = newline || limit == c.window_ + kWindow;
    const bool ends = newline || (last && !whole);
    // 4.
    for (; next < hits.size() && next_hit() < limit; ++next) {
      const uint32_t atom = hits[next].atom;
      const uint64_t begin = next_hit();
      if (begin + finder_->atoms()[atom].text.size() > limit) continue;
      for (uint32_t rule : rules_of_atom_[atom]) {
        // A block is masked from its secret on, which stands behind the atom.
        const Compiled& of = *rules_[rule];
        const bool behind = of.rule.block && of.context;
        const size_t head = finder_->atoms()[atom].text.size();
        c.open_.push_back({begin, rule, begin + (behind ? head : 0), 0});
      }
      if (lines_ != nullptr && atom < lines_->atom_of.size() &&
          lines_->atom_of[atom] >= 0) {
        c.seen_.push_back(lines_->atom_of[atom]);
        c.line_hold_ = std::min(c.line_hold_, begin);
      }
    }
    const Piece piece{text, c.window_, limit, whole || last, ends, on_span};
    hold = Judge(piece, cursor);
    if (!whole) break;
    if (newline) {
      c.line_ = c.window_ = limit + 1;
    } else {
      c.window_ = limit;
    }
    c.looked_ = c.window_;
  }
  // 5.
  const uint64_t overlap = finder_->longest() == 0 ? 0 : finder_->longest() - 1;
  if (end - c.scanned_ > overlap) c.scanned_ = end - overlap;
  c.read_ = end;
  c.pending_ = std::max(c.pending_, std::min(hold, end));
  c.keep_ = std::min(c.scanned_, c.pending_);
  for (const Cursor::Open& open : c.open_) {
    c.keep_ = std::min(c.keep_, open.at);
  }
  c.keep_ -= std::min<uint64_t>(c.keep_, kBehind);
  if (lines_ != nullptr || c.block_.open())
    c.keep_ = std::min(c.keep_, c.window_);
}

// Where the secrets that are not settled may begin; kNone in a whole window.
uint64_t Detectors::Judge(const Piece& piece, Cursor* cursor) const {
  uint64_t hold = kNone;
  // What goes on from the lines before comes before what begins in this one.
  if (cursor->block_.open()) hold = JudgeBlock(piece, &cursor->block_);
  hold = std::min(hold, JudgeAtoms(piece, cursor));
  if (lines_ != nullptr) hold = std::min(hold, JudgeLines(piece, cursor));
  if (!piece.whole) hold = std::min(hold, PartialAtom(piece));
  return hold;
}

uint64_t Detectors::JudgeAtoms(const Piece& piece, Cursor* cursor) const {
  constexpr int kMostHeld = 8;
  std::vector<Cursor::Open>& open = cursor->open_;
  if (open.empty()) return kNone;
  for (const Cursor::Open& o : open) {
    Cursor::Tried& tried = cursor->tried_[o.rule];
    if (tried.window != piece.begin) {
      tried = {.window = piece.begin, .resume = piece.begin};
    }
    tried.waits = false;
  }
  uint64_t hold = kNone;
  int held = 0;
  size_t kept = 0;
  for (size_t i = 0; i < open.size(); ++i) {
    Cursor::Open& o = open[i];
    Cursor::Tried& tried = cursor->tried_[o.rule];
    if (o.at < tried.resume) continue;
    if (tried.waits) {
      // Behind one that is not settled, but its secret may begin earlier.
      if (o.at < hold) {
        hold = std::min(hold, ++held > kMostHeld
                                  ? o.at
                                  : HoldFrom(piece, *rules_[o.rule], o.at));
      }
    } else if (Settle(piece, cursor, &o)) {
      continue;
    } else {
      tried.waits = true;
      hold = std::min(hold, o.hold);
    }
    open[kept++] = o;
  }
  open.resize(kept);
  return hold;
}

// True where the rule's match at this atom, or that there is none, is known.
bool Detectors::Settle(const Piece& piece, Cursor* cursor,
                       Cursor::Open* open) const {
  const Compiled& c = *rules_[open->rule];
  Cursor::Tried& tried = cursor->tried_[open->rule];
  const uint64_t at = open->at;
  if (c.word_boundary && at > piece.begin && IsWord(piece.text.at(at - 1))) {
    return true;
  }
  if (tried.failures >= kMostFailures) {
    if (!piece.whole) return false;
    SearchOn(piece, c, at);
    tried.resume = kNone;
    return true;
  }
  if (!piece.whole && piece.end < open->next_try) return false;
  if (piece.whole && c.gate && c.gate->get() != nullptr &&
      !piece.Match(*c.gate->get(), at, piece.end, RE2::ANCHOR_START, nullptr,
                   0)) {
    return true;
  }

  // For groups RE2 walks back and forth, so whether there is a match, which its
  // automaton tells, comes first.
  std::vector<re2::StringPiece> groups(static_cast<size_t>(c.secret_group) + 1);
  const bool found =
      piece.Match(c.pattern, at, piece.end, RE2::ANCHOR_START, nullptr, 0) &&
      piece.Match(c.pattern, at, piece.end, RE2::ANCHOR_START, groups.data(),
                  static_cast<int>(groups.size()));
  const uint64_t end = at + (found ? groups[0].size() : 0);
  const bool alive = !piece.whole && piece.Full(c.alive->get(), at, piece.end);
  if (c.rule.block && end > open->hold) {
    // Masked already whatever comes, and not kept.
    piece.on_span({open->hold, end, c.name});
    open->hold = end;
  }
  if (alive) {
    if (!c.rule.block) open->hold = HoldFrom(piece, c, at);
    const auto& secret = groups[static_cast<size_t>(c.secret_group)];
    if (found && !c.rule.block && !secret.empty()) {
      // It stays what is found unless the pattern prefers what may still come.
      open->hold = std::min(open->hold, piece.position(secret.data()));
    }
    const uint64_t length = piece.end - at;
    open->next_try = piece.end + (length > kLongOpen ? length / 64 : 0);
    return false;
  }
  if (!found) {
    ++tried.failures;
    return true;
  }
  tried.resume = std::max(end, at + 1);
  if (c.rule.block) {
    const std::string_view match = piece.sub(at, end);
    if (piece.line_ends && PemBlock::GoesOn(match, piece.sub(end, piece.end))) {
      cursor->block_.Begin(match, end, at - piece.begin, c.name);
    }
  } else {
    const re2::StringPiece& secret =
        groups[static_cast<size_t>(c.secret_group)];
    Report(piece, c, {groups[0].data(), groups[0].size()},
           {secret.data(), secret.size()});
  }
  return true;
}

// Where RE2 finds the rule from `from` on, one after the other.
void Detectors::SearchOn(const Piece& piece, const Compiled& rule,
                         uint64_t from) const {
  std::vector<re2::StringPiece> groups(static_cast<size_t>(rule.secret_group) +
                                       1);
  while (from <= piece.end &&
         piece.Match(rule.pattern, from, piece.end, RE2::UNANCHORED,
                     groups.data(), static_cast<int>(groups.size()))) {
    const re2::StringPiece& secret =
        groups[static_cast<size_t>(rule.secret_group)];
    Report(piece, rule, {groups[0].data(), groups[0].size()},
           {secret.data(), secret.size()});
    const uint64_t begin = piece.position(groups[0].data());
    from = begin + std::max<size_t>(1, groups[0].size());
  }
}

void Detectors::Report(const Piece& piece, const Compiled& c,
                       std::string_view match, std::string_view secret) const {
  if (secret.empty()) return;  // or its group took no part
  const uint64_t at = piece.position(match.data());
  const uint64_t behind =
      std::max(piece.seen_from(), at - std::min<uint64_t>(at, kBehind));
  if (!Passes(c.rule.check, secret, match, piece.sub(behind, at))) return;
  if (c.rule.least_entropy > 0 && Entropy(secret) < c.rule.least_entropy) {
    return;
  }
  const re2::StringPiece piece_of_it = ToRe2(secret);
  for (const auto& allowed : c.allow) {
    if (RE2::PartialMatch(piece_of_it, *allowed)) return;
  }
  for (const std::string& word : c.rule.stop_words) {
    const auto same = [](char a, char b) {
      return (a >= 'A' && a <= 'Z' ? a | 0x20 : a) ==
             (b >= 'A' && b <= 'Z' ? b | 0x20 : b);
    };
    if (std::search(secret.begin(), secret.end(), word.begin(), word.end(),
                    same) != secret.end()) {
      return;
    }
  }
  const uint64_t begin = piece.position(secret.data());
  piece.on_span({begin, begin + secret.size(), c.name});
}

// The leftmost place where the secret may begin that what follows `at` may
// become; the end where none has begun.
uint64_t Detectors::HoldFrom(const Piece& piece, const Compiled& c,
                             uint64_t at) const {
  if (!c.context) return at;
  const RE2* context = c.context->get();
  const RE2* rest = c.alive_from_secret->get();
  if (context == nullptr || rest == nullptr) return at;
  const auto some_context = [&](uint64_t end) {
    return piece.Match(*context, at, end, RE2::ANCHOR_START, nullptr, 0);
  };
  if (!some_context(piece.end)) return piece.end;
  // Whether a context ends before a place only ever becomes true.
  uint64_t low = at, high = piece.end;  // not before low, one ends at high
  while (low < high) {
    const uint64_t middle = low + (high - low) / 2;
    if (some_context(middle)) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  for (int tries = 0; low < piece.end && tries < kHoldTries; ++tries, ++low) {
    if (piece.Full(context, at, low) && piece.Full(rest, low, piece.end)) break;
  }
  return low;
}

// Where the end of the text begins an atom with which a secret may begin.
uint64_t Detectors::PartialAtom(const Piece& piece) const {
  const uint64_t most = finder_->longest();
  uint64_t p = piece.end - std::min(most, piece.end - piece.begin);
  for (p = std::max(p, piece.seen_from()); p < piece.end; ++p) {
    const std::string_view tail = piece.sub(p, piece.end);
    for (uint32_t i : early_[static_cast<uint8_t>(tail[0])]) {
      const Atom& atom = finder_->atoms()[i];
      if (tail.size() >= atom.text.size()) continue;
      const bool begins = std::equal(
          tail.begin(), tail.end(), atom.text.begin(), [&](char a, char b) {
            return a == b ||
                   (atom.any_case && a >= 'A' && a <= 'Z' && (a | 0x20) == b);
          });
      if (!begins) continue;
      for (uint32_t rule : rules_of_atom_[i]) {
        const Compiled& c = *rules_[rule];
        if (c.word_boundary && p > piece.begin && p > piece.text.offset &&
            IsWord(piece.text.at(p - 1))) {
          continue;
        }
        if (!piece.Full(c.alive->get(), p, piece.end)) continue;
        return p;
      }
    }
  }
  return kNone;
}

uint64_t Detectors::JudgeLines(const Piece& piece, Cursor* cursor) const {
  if (!piece.whole) {
    const bool all = lines_->hold_all || !lines_->always.empty();
    return all ? piece.begin : cursor->line_hold_;
  }
  std::vector<int> passed;
  if (!cursor->seen_.empty()) {
    lines_->filter.AllPotentials(cursor->seen_, &passed);
  }
  for (int id : passed) {
    SearchOn(piece, *rules_[lines_->rules[static_cast<size_t>(id)]],
             piece.begin);
  }
  for (uint32_t rule : lines_->always) {
    SearchOn(piece, *rules_[rule], piece.begin);
  }
  cursor->seen_.clear();
  cursor->line_hold_ = kNone;
  return kNone;
}

uint64_t Detectors::JudgeBlock(const Piece& piece, PemBlock* block) const {
  if (piece.end - piece.begin > PemBlock::kLongestLine) {
    block->Close();
  } else if (!piece.whole) {
    return block->from(piece.begin);
  } else if (const auto span =
                 block->Take(piece.sub(piece.begin, piece.end), piece.begin)) {
    piece.on_span(*span);
  }
  return kNone;
}

}  // namespace maskpipe
