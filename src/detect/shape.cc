#include "src/detect/shape.h"

#include <algorithm>
#include <bitset>
#include <charconv>
#include <memory>

namespace maskpipe {
namespace {

constexpr size_t kMostHeads = 256;
constexpr size_t kFewHeads = 16;
constexpr size_t kLongestHead = 12;
constexpr size_t kMostMembers = 16;  // of a class, to spell it out
constexpr int kDeepest = 32;
constexpr int kUnlimited = -1;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

struct Node;
using Sequence = std::vector<Node>;

enum class Kind {
  kByte,    // one certain byte
  kClass,   // one of several
  kAssert,  // of no width
  kGroup,
};

// An element of a sequence, with how often it may stand there.
struct Node {
  Kind kind = Kind::kByte;
  std::string text;     // as written, without the quantifier; of a group, what
                        // opens it
  std::string members;  // of a byte or a class; empty: too many to list
  std::vector<Sequence> choices;  // of a group
  bool secret = false;            // the group of that name
  int least = 1;
  int most = 1;
  std::string quantifier;  // as written

  bool repeated() const { return !quantifier.empty(); }
};

// Recursive descent over what RE2 has accepted. A null result: not understood.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::optional<std::vector<Sequence>> Read() {
    auto choices = Choices(0);
    if (!choices || at_ != text_.size()) return std::nullopt;
    return choices;
  }

 private:
  bool AtEnd() const { return at_ == text_.size(); }
  char Peek(size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }

  std::optional<std::vector<Sequence>> Choices(int depth) {
    if (depth > kDeepest) return std::nullopt;
    std::vector<Sequence> choices(1);
    while (!AtEnd() && Peek() != ')') {
      if (Peek() == '|') {
        ++at_;
        choices.emplace_back();
        continue;
      }
      std::optional<Node> node = Element(depth);
      if (!node || !Quantifier(&*node)) return std::nullopt;
      choices.back().push_back(std::move(*node));
    }
    return choices;
  }

  std::optional<Node> Element(int depth) {
    Node node;
    const size_t begin = at_;
    const char c = text_[at_];
    switch (c) {
      case '(':
        return Group(depth);
      case '[':
        return Class();
      case '\\':
        return Escape();
      case '^':
      case '$':
        node.kind = Kind::kAssert;
        break;
      case '.':
        node.kind = Kind::kClass;
        break;
      case '*':
      case '+':
      case '?':
        return std::nullopt;
      default:
        node.members = c;
        break;
    }
    ++at_;
    node.text.assign(1, text_[begin]);
    if (node.kind == Kind::kByte && !IsLetter(c) && !IsDigit(c) && c > ' ' &&
        c < '\x7f') {
      node.text.insert(0, 1, '\\');  // '{' that opens no quantifier
    }
    return node;
  }

  std::optional<Node> Group(int depth) {
    Node node;
    node.kind = Kind::kGroup;
    const size_t begin = at_++;
    if (Peek() == '?') {
      ++at_;
      if (Peek() == 'P') {
        const size_t close = text_.find('>', at_);
        if (close == text_.npos) return std::nullopt;
        node.secret = text_.substr(at_, close + 1 - at_) == "P<secret>";
        at_ = close + 1;
      } else {
        while (!AtEnd() && Peek() != ':' && Peek() != ')') ++at_;
        if (Peek() != ':') return std::nullopt;  // flags in the middle
        ++at_;
      }
    }
    node.text = text_.substr(begin, at_ - begin);
    auto choices = Choices(depth + 1);
    if (!choices || Peek() != ')') return std::nullopt;
    ++at_;
    node.choices = std::move(*choices);
    return node;
  }

  std::optional<Node> Escape() {
    Node node;
    const char c = Peek(1);
    size_t length = 2;
    if (c == 'b' || c == 'B' || c == 'A' || c == 'z') {
      node.kind = Kind::kAssert;
    } else if (c == 'd' || c == 'D' || c == 's' || c == 'S' || c == 'w' ||
               c == 'W') {
      node.kind = Kind::kClass;
    } else if (c == 'x') {
      unsigned value = 0;
      const char* digits = text_.data() + at_ + 2;
      if (at_ + 4 > text_.size() ||
          std::from_chars(digits, digits + 2, value, 16).ptr != digits + 2) {
        return std::nullopt;
      }
      node.members = static_cast<char>(value);
      length = 4;
    } else if (c == 'n' || c == 't' || c == 'r' || c == 'f' || c == 'v') {
      constexpr std::string_view kNames = "ntrfv", kValues = "\n\t\r\f\v";
      node.members = kValues[kNames.find(c)];
    } else if (IsLetter(c) || IsDigit(c) || c == '\0') {
      return std::nullopt;
    } else {
      node.members = c;
    }
    node.text = text_.substr(at_, length);
    at_ += length;
    return node;
  }

  std::optional<Node> Class() {
    Node node;
    node.kind = Kind::kClass;
    const size_t begin = at_++;
    std::bitset<256> set;
    bool listed = true;
    if (Peek() == '^') {
      listed = false;
      ++at_;
    }
    for (bool first = true; first || Peek() != ']'; first = false) {
      if (AtEnd()) return std::nullopt;
      if (Peek() == '[' && Peek(1) == ':') {
        const size_t close = text_.find(":]", at_ + 2);
        if (close == text_.npos) return std::nullopt;
        at_ = close + 2;
        listed = false;
        continue;
      }
      bool one = true;
      const std::optional<uint8_t> low = Member(&one);
      if (!low) return std::nullopt;
      uint8_t high = *low;
      if (Peek() == '-' && Peek(1) != ']' && Peek(1) != '\0') {
        ++at_;
        const std::optional<uint8_t> end = Member(&one);
        if (!end || *end < *low) return std::nullopt;
        high = *end;
      }
      listed = listed && one;
      for (unsigned b = *low; b <= high; ++b) set.set(b);
    }
    ++at_;
    node.text = text_.substr(begin, at_ - begin);
    if (listed && set.count() <= kMostMembers) {
      for (unsigned b = 0; b < 256; ++b) {
        if (set.test(b)) node.members += static_cast<char>(b);
      }
    }
    return node;
  }

  // A byte in a class; `one` becomes false for an escape that means several.
  std::optional<uint8_t> Member(bool* one) {
    if (Peek() != '\\') return static_cast<uint8_t>(text_[at_++]);
    std::optional<Node> escape = Escape();
    if (!escape || escape->kind == Kind::kAssert) return std::nullopt;
    if (escape->members.empty()) {
      *one = false;
      return uint8_t{0};
    }
    return static_cast<uint8_t>(escape->members[0]);
  }

  bool Quantifier(Node* node) {
    const size_t begin = at_;
    switch (Peek()) {
      case '*':
        node->least = 0, node->most = kUnlimited;
        ++at_;
        break;
      case '+':
        node->most = kUnlimited;
        ++at_;
        break;
      case '?':
        node->least = 0;
        ++at_;
        break;
      case '{':
        if (!Count(node)) return true;  // a brace that means itself
        break;
      default:
        return true;
    }
    if (Peek() == '?') ++at_;  // as few as can be
    node->quantifier = text_.substr(begin, at_ - begin);
    const char next = Peek();
    return next != '*' && next != '+' && next != '?';
  }

  // {n}, {n,} and {n,m}.
  bool Count(Node* node) {
    const char* end = text_.data() + text_.size();
    const char* p = text_.data() + at_ + 1;
    int least = 0;
    auto [after, error] = std::from_chars(p, end, least);
    if (error != std::errc() || least < 0 || after == end) return false;
    int most = least;
    if (*after == ',') {
      p = after + 1;
      most = kUnlimited;
      if (p != end && IsDigit(*p)) {
        after = std::from_chars(p, end, most).ptr;
      } else {
        after = p;
      }
    }
    if (after == end || *after != '}') return false;
    node->least = least;
    node->most = most;
    at_ = static_cast<size_t>(after + 1 - text_.data());
    return true;
  }

  std::string_view text_;
  size_t at_ = 0;
};

std::string Text(const Sequence& sequence, size_t from, size_t to);

std::string TextOnce(const Node& node) {
  if (node.kind != Kind::kGroup) return node.text;
  std::string text = node.text;
  for (size_t i = 0; i < node.choices.size(); ++i) {
    if (i != 0) text += '|';
    text += Text(node.choices[i], 0, node.choices[i].size());
  }
  return text + ')';
}

std::string Text(const Sequence& sequence, size_t from, size_t to) {
  std::string text;
  for (size_t i = from; i < to; ++i) {
    text += TextOnce(sequence[i]) + sequence[i].quantifier;
  }
  return text;
}

// --- All beginnings ----------------------------------------------------------
//
// Of ABC: those of A, or A and then those of BC. Of A{n,m}: up to m-1 times A,
// and then those of A. An assertion may hold once more text is there.

std::string Beginnings(const Sequence& sequence, size_t from);

std::string BeginningsOf(const Node& node) {
  std::string once;
  switch (node.kind) {
    case Kind::kAssert:
      return "";
    case Kind::kByte:
    case Kind::kClass:
      once = node.text + "?";
      break;
    case Kind::kGroup:
      once = node.secret ? "(?:" : node.text;
      for (size_t i = 0; i < node.choices.size(); ++i) {
        if (i != 0) once += '|';
        once += Beginnings(node.choices[i], 0);
      }
      once += ')';
      break;
  }
  if (!node.repeated() || node.most == 1) return once;
  if (node.most == 0) return "";
  std::string before = TextOnce(node);
  if (node.secret) before.replace(0, node.text.size(), "(?:");
  before += node.most == kUnlimited
                ? "*"
                : "{0," + std::to_string(node.most - 1) + "}";
  return before + once;
}

std::string Beginnings(const Sequence& sequence, size_t from) {
  std::string text, close;
  for (size_t i = from; i < sequence.size(); ++i) {
    const std::string of_this = BeginningsOf(sequence[i]);
    if (i + 1 == sequence.size()) {
      text += of_this;
      break;
    }
    std::string whole = TextOnce(sequence[i]);
    if (sequence[i].secret) {
      whole.replace(0, sequence[i].text.size(), "(?:");
    }
    text += "(?:" + of_this + "|" + whole + sequence[i].quantifier;
    close += ')';
  }
  return text + close;
}

// --- How matches begin -------------------------------------------------------

struct Heads {
  std::vector<std::string> list = {""};
  bool whole = true;  // nothing was left out, so more can be appended
};

Heads HeadsOf(const Sequence& sequence, bool any_case);

// Heads of the element standing there once; not whole with no list: unknown.
Heads HeadsOnce(const Node& node, bool any_case) {
  Heads heads;
  if (node.kind == Kind::kAssert) return heads;
  heads.list.clear();
  if (node.kind == Kind::kGroup) {
    for (const Sequence& choice : node.choices) {
      Heads of_choice = HeadsOf(choice, any_case);
      heads.whole = heads.whole && of_choice.whole;
      heads.list.insert(heads.list.end(), of_choice.list.begin(),
                        of_choice.list.end());
    }
    return heads;
  }
  for (char c : node.members) {
    const std::string byte(1, any_case ? Lower(c) : c);
    if (std::find(heads.list.begin(), heads.list.end(), byte) ==
        heads.list.end()) {
      heads.list.push_back(byte);
    }
  }
  heads.whole = !heads.list.empty();
  return heads;
}

// False where nothing could be appended without too many or too long heads.
bool Append(const Heads& next, Heads* heads) {
  if (next.list.empty() || heads->list.size() * next.list.size() > kMostHeads) {
    return false;
  }
  std::vector<std::string> list;
  for (const std::string& head : heads->list) {
    if (head.size() >= kLongestHead) return false;
    for (const std::string& tail : next.list) list.push_back(head + tail);
  }
  heads->list = std::move(list);
  heads->whole = next.whole;
  return true;
}

Heads HeadsOf(const Sequence& sequence, bool any_case) {
  Heads heads;
  for (const Node& node : sequence) {
    const Heads once = HeadsOnce(node, any_case);
    if (node.least == 0) {
      Heads maybe = once;
      maybe.list.push_back("");
      if (node.most != 1 || !once.whole || !Append(maybe, &heads)) {
        heads.whole = false;
        return heads;
      }
      continue;
    }
    for (int i = 0; i < node.least; ++i) {
      if (!Append(once, &heads)) heads.whole = false;
      if (!heads.whole) return heads;
    }
    if (node.most != node.least) {
      heads.whole = false;
      return heads;
    }
  }
  return heads;
}

void SortOnce(std::vector<std::string>* list) {
  std::sort(list->begin(), list->end());
  list->erase(std::unique(list->begin(), list->end()), list->end());
}

// Those that can be looked for: none where one of them is too short. Of very
// many, as where a digit follows, their beginnings if these are few: a search
// for less is the faster one.
std::vector<std::string> Usable(Heads heads) {
  size_t longest = 0;
  for (const std::string& head : heads.list) {
    if (head.size() < kLeastHead || head.find('\n') != head.npos) return {};
    longest = std::max(longest, head.size());
  }
  SortOnce(&heads.list);
  if (heads.list.size() <= kFewHeads) return heads.list;
  for (size_t size = longest; size-- > kLeastHead;) {
    std::vector<std::string> beginnings;
    for (const std::string& head : heads.list) {
      beginnings.push_back(head.substr(0, size));
    }
    SortOnce(&beginnings);
    if (beginnings.size() <= kFewHeads) return beginnings;
  }
  return heads.list;
}

}  // namespace

std::string_view LeadingFlags(std::string_view pattern) {
  if (!pattern.starts_with("(?")) return {};
  size_t end = 2;
  while (end < pattern.size() &&
         (IsLetter(pattern[end]) || pattern[end] == '-'))
    ++end;
  return end < pattern.size() && pattern[end] == ')'
             ? pattern.substr(0, end + 1)
             : std::string_view();
}

std::optional<Shape> ReadShape(std::string_view pattern) {
  const std::string flags(LeadingFlags(pattern));
  // Of the others, s and i change nothing here but m and U would.
  if (flags.find_first_not_of("(?is)") != flags.npos) return std::nullopt;
  auto choices = Reader(pattern.substr(flags.size())).Read();
  if (!choices) return std::nullopt;

  Node all;
  all.kind = Kind::kGroup;
  all.text = "(?:";
  all.choices = std::move(*choices);
  Shape shape;
  shape.any_case = pattern.find("(?i") != pattern.npos;
  shape.heads = Usable(HeadsOnce(all, shape.any_case));
  shape.choices = all.choices.size();
  shape.alive = flags + BeginningsOf(all);

  if (all.choices.size() != 1) return shape;
  const Sequence& only = all.choices[0];
  const auto secret = std::find_if(only.begin(), only.end(), [](const Node& n) {
    return n.secret && !n.repeated();
  });
  if (secret == only.end() || secret == only.begin()) return shape;
  const auto at = static_cast<size_t>(secret - only.begin());
  shape.has_context = true;
  shape.context = flags + Text(only, 0, at);
  shape.alive_from_secret = flags + Beginnings(only, at);
  shape.context_heads =
      Usable(HeadsOf(Sequence(only.begin(), secret), shape.any_case));
  return shape;
}

}  // namespace maskpipe
