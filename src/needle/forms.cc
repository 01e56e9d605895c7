#include "src/needle/forms.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "src/match/characters.h"
#include "src/match/spelling_reader.h"
#include "src/needle/base64.h"
#include "src/secret/text.h"

namespace maskpipe {
namespace {

// Nobody prints more of a value encoded.
constexpr size_t kLongestEncoded = size_t{1} << 20;
constexpr size_t kLongestReencoded = size_t{64} << 10;
// Nor joined in one piece; each line of it is a needle too.
constexpr size_t kLongestJoined = size_t{64} << 10;
constexpr size_t kLeastBase64 = 6;    // determined characters
constexpr size_t kLeastHexBytes = 4;  // eight digits

bool IsBreak(char c) { return c == '\r' || c == '\n'; }

bool HasMoreThanPunctuation(std::string_view line) {
  return std::any_of(line.begin(), line.end(), [](char c) {
    const auto u = static_cast<unsigned char>(c);
    const char lower = static_cast<char>(c | 0x20);
    // Control characters are none that a printer adds.
    return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') ||
           u >= 0x7f || (u < 0x20 && !IsWhite(c));
  });
}

// Makes the needles of one leaf.
class Forms {
 public:
  Forms(const FormOptions& options, const SpellingReader& reader, uint32_t leaf,
        bool alone, Needles* needles)
      : options_(options),
        reader_(reader),
        leaf_(leaf),
        alone_(alone),
        needles_(needles) {}

  void Make(std::string_view value) {
    AddSpelled(value);
    const bool lines = std::any_of(value.begin(), value.end(), IsBreak);
    std::string joined;
    if (lines && value.size() <= kLongestJoined) {
      for (bool returns : {true, false}) {
        Scratch(&joined, [&](std::string* out) {
          for (char c : value) {
            if (c != '\n' && (c != '\r' || !returns)) *out += c;
          }
        });
        if (!std::any_of(joined.begin(), joined.end(), IsBreak)) {
          if (options_.spellings) AddSpelled(joined);
          Encode(joined);
        }
      }
      Scratch(&joined, [&](std::string* out) {
        for (std::string_view line : Lines(value)) *out += line;
      });
      if (options_.spellings) AddSpelled(joined);
    }
    Encode(value);
    if (options_.spellings && !alone_) AddReread(value);
    Wipe(joined.data(), joined.size());
  }

 private:
  // Fills `text` anew; what was there before is wiped.
  template <typename F>
  static void Scratch(std::string* text, F&& fill) {
    Wipe(text->data(), text->size());
    text->clear();
    fill(text);
  }

  void Add(std::string_view bytes, Writing writing) {
    if (bytes.empty()) return;
    AddCopy(needles_->arena->Copy(bytes), writing);
  }
  // Of bytes that the arena holds.
  void AddCopy(std::string_view bytes, Writing writing) {
    needles_->list.push_back({bytes, leaf_, alone_, writing});
  }

  // White space around a line break becomes one line feed, which stands for any
  // white space.
  void AddSpelled(std::string_view value) {
    if (!options_.spellings) {
      Add(value, Writing::kPlain);
      return;
    }
    const auto outer_line = [&](bool front) {
      const size_t at =
          front ? value.find_first_of("\r\n") : value.find_last_of("\r\n");
      if (at == value.npos) return false;
      const std::string_view line =
          front ? value.substr(0, at) : value.substr(at + 1);
      if (HasMoreThanPunctuation(line)) return false;
      const std::string_view rest =
          Trim(front ? value.substr(at) : value.substr(0, at));
      if (!HasMoreThanPunctuation(rest)) return false;
      value = rest;
      return true;
    };
    while (outer_line(true) || outer_line(false)) {
    }
    std::string folded;
    for (size_t i = 0; i < value.size();) {
      size_t end = i;
      while (end < value.size() && IsWhite(value[end])) ++end;
      const std::string_view run = value.substr(i, end - i);
      if (run.find_first_of("\r\n") != run.npos) {
        folded += '\n';
        i = end;
      } else if (!run.empty()) {
        folded += run;
        i = end;
      } else {
        folded += value[i++];
      }
    }
    Add(folded, Writing::kSpelled);
    Wipe(folded.data(), folded.size());
  }

  void Encode(std::string_view value) {
    if (options_.hex && value.size() >= kLeastHexBytes &&
        value.size() <= kLongestEncoded) {
      Add(value, Writing::kHex);
    }
    if (!options_.base64 || value.size() > kLongestEncoded) return;
    for (Base64Alphabet alphabet :
         {Base64Alphabet::kStandard, Base64Alphabet::kUrl}) {
      for (size_t before = 0; before < 3; ++before) {
        Base64Core once = EncodeBase64(value, before, alphabet);
        if (alphabet == Base64Alphabet::kUrl && !once.DependsOnAlphabet()) {
          WipeAll(&once);
          continue;
        }
        AddBase64(once);
        if (value.size() <= kLongestReencoded &&
            once.core.size() >= kLeastBase64) {
          for (size_t again = 0; again < 3; ++again) {
            Base64Core twice = EncodeBase64(once.core, again, alphabet);
            AddCore(twice.core);
            WipeAll(&twice);
            std::string whole = once.core + once.last + once.padding;
            twice = EncodeBase64(whole, again, alphabet);
            AddBase64(twice);
            WipeAll(&twice);
            Wipe(whole.data(), whole.size());
          }
        }
        WipeAll(&once);
      }
    }
  }

  Writing WritingOfBase64() const {
    return options_.spellings ? Writing::kSpelled : Writing::kPlain;
  }
  void AddCore(std::string_view core) {
    if (core.size() >= kLeastBase64) Add(core, WritingOfBase64());
  }

  // Each is the beginning of the next, so one copy does.
  void AddBase64(const Base64Core& encoded) {
    const size_t core = encoded.core.size();
    if (core < kLeastBase64) return;
    std::string whole = encoded.core + encoded.last;
    const size_t ended = whole.size();
    if (!encoded.last.empty()) whole += encoded.padding;
    const std::string_view copy = needles_->arena->Copy(whole);
    AddCopy(copy.substr(0, core), WritingOfBase64());
    if (ended > core) AddCopy(copy.substr(0, ended), WritingOfBase64());
    if (copy.size() > ended) AddCopy(copy, WritingOfBase64());
    Wipe(whole.data(), whole.size());
  }

  static void WipeAll(Base64Core* encoded) {
    for (std::string* s : {&encoded->core, &encoded->last, &encoded->padding}) {
      Wipe(s->data(), s->size());
      s->clear();
    }
  }

  // As if the store or the printer had read the value once more.
  void AddReread(std::string_view value) {
    if (value.size() > kLongestJoined) return;
    std::string read;
    const auto add = [&](auto&& fill) {
      Scratch(&read, fill);
      const std::string_view text = Trim(read);
      if (read == value || Characters(text) < options_.min_length ||
          IsOneSymbol(text)) {
        return;
      }
      AddSpelled(text);
    };
    if (value.find('\\') != value.npos) {
      add([&](std::string* out) { Resolve(value, '\\', out); });
      add([&](std::string* out) { Drop(value, '\\', out); });
    }
    if (value.find('^') != value.npos) {
      add([&](std::string* out) { Drop(value, '^', out); });
    }
    if (value.find('%') != value.npos) {
      add([&](std::string* out) { Resolve(value, '%', out); });
    }
    Wipe(read.data(), read.size());
  }

  // Each escape that begins with `lead` read once.
  void Resolve(std::string_view value, char lead, std::string* out) const {
    Readings units;
    for (size_t i = 0; i < value.size();) {
      const Reading* longest = nullptr;
      if (value[i] == lead) {
        reader_.Read(value, i, &units, 1);
        for (const Reading& r : units) {
          if (!r.raw && (longest == nullptr || r.end > longest->end)) {
            longest = &r;
          }
        }
      }
      if (longest == nullptr) {
        *out += value[i++];
      } else {
        *out += longest->unit();
        i = longest->end;
      }
    }
  }

  // Each `c` left out, but for one that another one protects.
  static void Drop(std::string_view value, char c, std::string* out) {
    for (size_t i = 0; i < value.size(); ++i) {
      if (value[i] == c && ++i == value.size()) return;
      *out += value[i];
    }
  }

  const FormOptions& options_;
  const SpellingReader& reader_;
  const uint32_t leaf_;
  const bool alone_;
  Needles* needles_;
};

}  // namespace

Needles MakeNeedles(const Leaves& leaves, const FormOptions& options) {
  Needles needles;
  const SpellingReader reader(StandardSpellings());
  for (uint32_t i = 0; i < leaves.list.size(); ++i) {
    const Leaf& leaf = leaves.list[i];
    if (!IsMasked(leaf.verdict)) continue;
    Forms(options, reader, i, leaf.verdict == Verdict::kAlone, &needles)
        .Make(leaf.value);
  }
  return needles;
}

}  // namespace maskpipe
