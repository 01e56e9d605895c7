// Finds credentials that no source told, by patterns over each line.
//
//   Result<std::shared_ptr<const Detectors>> detectors =
//       Detectors::Compile(rules);               // once, share const
//   Detectors::Cursor cursor(0);                 // one per stream
//   (*detectors)->Scan(window, &cursor, [](const Span& s) { ... });
//   uint64_t pending = cursor.pending();
//   (*detectors)->Finish(window, &cursor, ...);  // end of the stream
//
// A span's `secret` is an index in names(). The spans are those that RE2 finds
// when it searches each line from its beginning, one match after the other, and
// that pass their rule's checks; the calls' cuts do not matter. A line is what
// '\n' ends. Of a longer one, each 64 KiB from its start are taken as a line.
//
// Costs nothing but the search for a few literals ("atoms") on text that holds
// none. Where the pattern begins with literals (shape.h), it is tried at each
// of them, and a byte is withheld from where the secret may begin and only
// while the pattern can still grow. Where it does not, but its context before
// the group `secret` holds an atom, the rest of the line is withheld from there
// on. Any other pattern withholds each line until its end; warnings() names
// those.
//
// Of a PEM block what is sure to be masked is not withheld: its spans come
// piece by piece and touch.
//
// Immutable and shared by threads; a Cursor belongs to one stream. Keeps no
// byte of the text.

#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/status.h"
#include "src/detect/atoms.h"
#include "src/detect/pem_block.h"
#include "src/detect/rule.h"
#include "src/match/needle.h"

namespace maskpipe {

struct Piece;  // of the text: what one call looks at

class Detectors {
 public:
  using OnSpan = std::function<void(const Span&)>;

  // The longest piece of a line that a pattern sees.
  static constexpr uint64_t kWindow = uint64_t{64} << 10;

  // How far a stream has been read.
  class Cursor {
   public:
    // At `position`, where a line begins.
    explicit Cursor(uint64_t position)
        : line_(position),
          window_(position),
          looked_(position),
          scanned_(position),
          read_(position),
          pending_(position),
          keep_(position) {}
    // As a new one, but keeps its room.
    void Restart(uint64_t position);

    // The leftmost position from which a secret may still be in progress; never
    // falls from call to call.
    uint64_t pending() const { return pending_; }
    // The window of the next call must hold all from here on, also where it
    // was released.
    uint64_t keep() const { return keep_; }

   private:
    friend class Detectors;
    struct Open {  // an atom whose rule is not settled yet
      uint64_t at;
      uint32_t rule;
      uint64_t hold;      // the secret does not begin before it
      uint64_t next_try;  // not before the text reaches so far
    };
    struct Tried {  // what a rule has seen of the window at `window`
      uint64_t window = ~uint64_t{0};
      uint64_t resume = 0;  // behind its last match
      uint32_t failures = 0;
      bool waits = false;  // for the atom that is not settled
    };
    uint64_t line_;     // where the line begins
    uint64_t window_;   // and the piece of it that is read now
    uint64_t looked_;   // no newline from window_ up to here
    uint64_t scanned_;  // atoms that begin before are known
    uint64_t read_;     // and those that end up to here
    uint64_t pending_;
    uint64_t keep_;
    std::vector<Open> open_;  // in the order of the text
    std::vector<Tried> tried_;
    // Of the patterns that see whole lines: atoms in this window, and where
    // they make the line wait from.
    std::vector<int> seen_;
    uint64_t line_hold_ = ~uint64_t{0};
    PemBlock block_;
  };

  // A pattern that RE2 refuses is a usage error that shows where.
  static Result<std::shared_ptr<const Detectors>> Compile(
      std::vector<Rule> rules);
  ~Detectors();

  // Scans to the window's end, see Cursor::keep().
  void Scan(const Window& window, Cursor* cursor, const OnSpan& on_span) const;

  // The stream ends at the window's end.
  void Finish(const Window& window, Cursor* cursor,
              const OnSpan& on_span) const;

  // By Span::secret.
  const std::vector<std::string>& names() const { return names_; }
  // The patterns that cost more than others, and what.
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  struct Compiled;
  struct Lines;

  Detectors();
  Status Add(Rule rule);
  void CompileAtoms();
  void Run(const Window& window, Cursor* cursor, bool last,
           const OnSpan& on_span) const;
  uint64_t Judge(const Piece& piece, Cursor* cursor) const;
  uint64_t JudgeAtoms(const Piece& piece, Cursor* cursor) const;
  uint64_t JudgeLines(const Piece& piece, Cursor* cursor) const;
  uint64_t JudgeBlock(const Piece& piece, PemBlock* block) const;
  bool Settle(const Piece& piece, Cursor* cursor, Cursor::Open* open) const;
  void SearchOn(const Piece& piece, const Compiled& rule, uint64_t from) const;
  void Report(const Piece& piece, const Compiled& rule, std::string_view match,
              std::string_view secret) const;
  uint64_t HoldFrom(const Piece& piece, const Compiled& rule,
                    uint64_t at) const;
  uint64_t PartialAtom(const Piece& piece) const;

  std::vector<std::unique_ptr<Compiled>> rules_;
  std::unique_ptr<Lines> lines_;  // the rules that see whole lines, or null
  std::vector<std::vector<uint32_t>> rules_of_atom_;
  std::unique_ptr<AtomFinder> finder_;
  // Atoms with which a secret may begin, by the text's first byte of them.
  std::array<std::vector<uint32_t>, 256> early_;
  std::vector<std::string> names_;
  std::vector<std::string> warnings_;
};

}  // namespace maskpipe
