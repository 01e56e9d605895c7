#include "src/secret/leaf.h"

#include <algorithm>

#include "src/secret/dotenv.h"
#include "src/secret/harmless.h"
#include "src/secret/json.h"
#include "src/secret/text.h"
#include "src/secret/uri.h"

namespace maskpipe {
namespace {

// A part of a structured value, before it is judged.
struct Part {
  std::string path;
  std::string key;  // empty: no key says anything about it
  std::string_view value;
  bool same = false;  // the same value in another spelling: no name of its own
};

// What opens to parts that open again: a JSON string in a URI in JSON …
constexpr int kOpenings = 16;
// A URI's parts are read in three ways, so URIs in URIs multiply.
constexpr int kUriOpenings = 3;

class Judgement {
 public:
  Judgement(const Rules& rules, Leaves* leaves)
      : rules_(rules), leaves_(leaves) {}

  // Judges a secret and all it holds.
  void Judge(const Secret& secret, uint32_t index) {
    const bool sensitive = secret.key.empty() ? IsSensitiveName(secret.name) ||
                                                    NamesCredential(secret.name)
                                              : NamesCredential(secret.key);
    Value({secret, index, secret.name, secret.key, sensitive}, secret.value);
  }

 private:
  // What a value is judged by besides its text.
  struct Context {
    const Secret& secret;
    uint32_t index;
    std::string name;
    std::string key;
    bool sensitive;  // by its name or key: what stands there is a credential
    int depth = 0;   // openings so far
    int uris = 0;    // of those, of URIs
  };

  // Judges a value and all it holds. False: all of it is harmless.
  bool Value(const Context& context, std::string_view raw) {
    const std::string_view value = Trim(raw);
    const size_t own = leaves_->list.size();
    leaves_->list.push_back({context.name, value, Verdict::kMasked,
                             context.depth == 0 && context.secret.key.empty()
                                 ? LeafKind::kWhole
                                 : LeafKind::kPart,
                             context.index});
    Context inner = context;
    ++inner.depth;
    std::vector<Part> parts;
    const bool opened = context.secret.open && context.depth < kOpenings &&
                        OpenValue(value, &inner, &parts);
    bool holds_secrets = false;
    for (const Part& part : parts) {
      if (!part.same) {
        inner.name = context.name + "/" + part.path;
        inner.key = part.key;
        inner.sensitive = NamesCredential(part.key);
      }
      // Not `holds_secrets || Value(...)`: every part must be judged.
      holds_secrets |= Value(inner, part.value);
    }
    constexpr size_t kLeastQuoted = 8;
    if (const std::string_view unquoted = Unquote(value);
        !opened && unquoted.size() < value.size() &&
        value.size() >= kLeastQuoted && context.depth < kOpenings) {
      Value(inner, unquoted);
    }
    const Verdict verdict = WholeVerdict(context, value, opened, holds_secrets);
    leaves_->list[own].verdict = verdict;
    if (verdict == Verdict::kMasked) {
      // What was opened elsewhere (by the reader of a connection) is no
      // different; what somebody named as secret is.
      AddLines(context.name, value, context.index,
               opened || !(context.secret.open || context.secret.certain));
    }
    return verdict != Verdict::kHarmless && verdict != Verdict::kAllowed &&
           verdict != Verdict::kEmpty;
  }

  void Add(const std::string& name, std::string_view value, Verdict verdict,
           LeafKind kind, uint32_t index) {
    leaves_->list.push_back({name, value, verdict, kind, index});
  }

  Verdict LengthVerdict(std::string_view value) const {
    const size_t length = Characters(value);
    const bool anywhere = rules_.short_secrets == ShortSecrets::kAnywhere;
    constexpr size_t kHopeless = 2;
    if (length == 0) return Verdict::kEmpty;
    if (length <= kHopeless && !(anywhere && length >= rules_.min_length)) {
      return Verdict::kTooShort;
    }
    if (IsOneSymbol(value) && !anywhere) return Verdict::kOneSymbol;
    if (length >= rules_.min_length) return Verdict::kMasked;
    return rules_.short_secrets == ShortSecrets::kSkip || rules_.airflow
               ? Verdict::kSkipped
               : Verdict::kAlone;
  }

  Verdict WholeVerdict(const Context& context, std::string_view value,
                       bool opened, bool holds_secrets) const {
    if (rules_.allow.HasValue(value) || rules_.allow.HasName(context.name)) {
      return Verdict::kAllowed;
    }
    const Verdict by_length = LengthVerdict(value);
    if (by_length == Verdict::kEmpty || context.secret.certain ||
        rules_.mask_all) {
      return by_length;
    }
    if (rules_.airflow) {
      const bool told =
          IsSensitiveName(context.key.empty() ? context.name : context.key);
      return told ? by_length : Verdict::kHarmless;
    }
    if (IsHarmlessKey(context.key)) return Verdict::kHarmless;
    const bool harmless = opened ? !holds_secrets : IsHarmlessValue(value);
    return harmless && !context.sensitive ? Verdict::kHarmless : by_length;
  }

  // A logger puts a prefix before each line, so each is a secret of its own;
  // but not `{`, `else` or a PEM header, which would mask harmless text.
  // Of a structured value, lines that hold nothing but harmless parts stay.
  void AddLines(const std::string& name, std::string_view value, uint32_t index,
                bool lenient) {
    if (value.find_first_of("\r\n") == value.npos || rules_.airflow) return;
    const bool anywhere = rules_.short_secrets == ShortSecrets::kAnywhere;
    for (std::string_view line : Lines(value)) {
      if (Characters(line) < rules_.min_length) continue;
      if (rules_.allow.HasValue(line)) continue;
      if (!anywhere &&
          (!IsDistinctive(line) || IsPemArmour(line) || IsOneSymbol(line))) {
        continue;
      }
      if (lenient && IsHarmlessMember(line)) continue;
      Add(name, line, Verdict::kMasked, LeafKind::kLine, index);
    }
  }

  // Whether a line of pretty-printed JSON is `"key": value,` with a harmless
  // key or value.
  bool IsHarmlessMember(std::string_view line) {
    if (rules_.mask_all || !line.starts_with('"')) return false;
    if (line.ends_with(',')) line.remove_suffix(1);
    Arena* arena = leaves_->arena.get();
    char* member = static_cast<char*>(arena->allocate(line.size() + 2, 1));
    member[0] = '{';
    line.copy(member + 1, line.size());
    member[line.size() + 1] = '}';
    JsonText json;
    if (!ReadJson({member, line.size() + 2}, arena, &json).what.empty()) {
      return false;
    }
    return std::all_of(
        json.leaves.begin(), json.leaves.end(), [](const JsonLeaf& leaf) {
          return IsHarmlessKey(leaf.key) ||
                 (IsHarmlessValue(leaf.value) && !NamesCredential(leaf.key));
        });
  }

  // False: the value has no structure that we know.
  bool OpenValue(std::string_view value, Context* inner,
                 std::vector<Part>* parts) {
    if (OpenJson(value, parts)) return true;
    if (inner->uris < kUriOpenings && OpenUriValue(value, parts)) {
      ++inner->uris;
      return true;
    }
    return OpenDotenv(value, parts);
  }

  bool OpenJson(std::string_view value, std::vector<Part>* parts) {
    if (value.empty() ||
        std::string_view("{[\"").find(value[0]) == std::string_view::npos) {
      return false;
    }
    JsonText json;
    if (!ReadJson(value, leaves_->arena.get(), &json).what.empty()) {
      return false;
    }
    for (JsonLeaf& leaf : json.leaves) {
      const bool same = !json.is_collection;  // a lone string, without quotes
      parts->push_back(
          {std::move(leaf.path), std::move(leaf.key), leaf.value, same});
    }
    return true;
  }

  bool OpenUriValue(std::string_view value, std::vector<Part>* parts) {
    if (!IsUri(value)) return false;
    for (UriPart& part : OpenUri(value, leaves_->arena.get())) {
      std::string key = part.is_query ? part.name : "";
      parts->push_back(
          {std::move(part.name), std::move(key), part.value, false});
    }
    return true;
  }

  bool OpenDotenv(std::string_view value, std::vector<Part>* parts) {
    if (value.find('=') == value.npos) return false;
    std::vector<DotenvEntry> entries;
    if (!ReadDotenv(value, leaves_->arena.get(), &entries).what.empty()) {
      return false;
    }
    // One line NAME=VALUE may as well be a token such as base64 with its
    // padding: what is short there would only make noise, and its first half
    // is no name that may be printed.
    const bool sure = entries.size() > 1;
    for (const DotenvEntry& entry : entries) {
      for (std::string_view v : entry.values) {
        if (!sure && Characters(Trim(v)) < rules_.min_length) continue;
        parts->push_back({sure ? entry.name : "value", entry.name, v, false});
      }
    }
    return !parts->empty();
  }

  const Rules& rules_;
  Leaves* leaves_;
};

}  // namespace

Leaves Judge(const SecretStore& store, const Rules& rules) {
  Leaves leaves;
  Judgement judgement(rules, &leaves);
  for (uint32_t i = 0; i < store.secrets().size(); ++i) {
    judgement.Judge(store.secrets()[i], i);
  }
  return leaves;
}

}  // namespace maskpipe
