#include "src/source/yaml.h"

#include <yaml.h>

#include <set>

#include "src/secret/secret.h"

namespace maskpipe {
namespace {

constexpr size_t kDepth = 64;

// libyaml's parser and event, wiped before libyaml frees them: it copies the
// text through buffers of its own.
class Parser {
 public:
  explicit Parser(std::string_view text) {
    ok_ = ::yaml_parser_initialize(&parser_) != 0;
    if (!ok_) return;
    ::yaml_parser_set_input_string(
        &parser_, reinterpret_cast<const unsigned char*>(text.data()),
        text.size());
  }
  ~Parser() {
    FreeEvent();
    if (!ok_) return;
    WipeRange(parser_.raw_buffer.start, parser_.raw_buffer.end);
    WipeRange(parser_.buffer.start, parser_.buffer.end);
    ::yaml_parser_delete(&parser_);
  }
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

  // The next event; null after an error.
  const yaml_event_t* Next() {
    FreeEvent();
    if (!ok_ || ::yaml_parser_parse(&parser_, &event_) == 0) return nullptr;
    live_ = true;
    return &event_;
  }

  YamlError Error() const {
    // libyaml's own words for what is wrong are fixed texts.
    const size_t line = parser_.problem_mark.line + 1;
    return {std::string("no valid YAML: ") + (ok_ && parser_.problem != nullptr
                                                  ? parser_.problem
                                                  : "out of memory"),
            line};
  }

 private:
  static void WipeRange(unsigned char* begin, unsigned char* end) {
    if (begin != nullptr) Wipe(begin, static_cast<size_t>(end - begin));
  }
  void FreeEvent() {
    if (!live_) return;
    if (event_.type == YAML_SCALAR_EVENT) {
      Wipe(event_.data.scalar.value, event_.data.scalar.length);
    }
    ::yaml_event_delete(&event_);
    live_ = false;
  }

  yaml_parser_t parser_{};
  yaml_event_t event_{};
  bool ok_ = false;
  bool live_ = false;
};

// A collection that is open while its members come.
struct Open {
  bool is_mapping;
  bool at_key = true;  // a mapping's next scalar is a key
  size_t index = 0;    // of a sequence's next element
  std::string step;    // the key or index of the next value
  std::set<std::string> keys;
};

class Walker {
 public:
  Walker(Arena* arena, YamlText* out) : arena_(arena), out_(out) {}

  // Empty: the event was taken.
  std::string Take(const yaml_event_t& event) {
    switch (event.type) {
      case YAML_ALIAS_EVENT:
        return "an alias (*name) is not allowed in a file of secrets; write "
               "the value out";
      case YAML_SCALAR_EVENT:
        return Scalar({reinterpret_cast<const char*>(event.data.scalar.value),
                       event.data.scalar.length});
      case YAML_MAPPING_START_EVENT:
        return Start(true);
      case YAML_SEQUENCE_START_EVENT:
        return Start(false);
      case YAML_MAPPING_END_EVENT:
      case YAML_SEQUENCE_END_EVENT:
        open_.pop_back();
        ValueEnds();
        return "";
      default:
        return "";
    }
  }

 private:
  std::string Scalar(std::string_view text) {
    if (!open_.empty() && open_.back().is_mapping && open_.back().at_key) {
      Open& mapping = open_.back();
      mapping.step = text;
      mapping.at_key = false;
      if (!mapping.keys.insert(mapping.step).second) {
        return "the name " + PrintableName(text) +
               " stands there twice; which value is meant is not to be guessed";
      }
      return "";
    }
    BeginValue();
    YamlLeaf leaf;
    for (const Open& o : open_) {
      leaf.path += (leaf.path.empty() ? "" : "/") + o.step;
      if (o.is_mapping) leaf.key = o.step;
    }
    leaf.depth = open_.size();
    leaf.value = arena_->Copy(text);
    out_->leaves.push_back(std::move(leaf));
    ValueEnds();
    return "";
  }

  std::string Start(bool is_mapping) {
    if (!open_.empty() && open_.back().is_mapping && open_.back().at_key) {
      return "a key that is no plain text is not understood";
    }
    if (open_.size() == kDepth) return "nested deeper than 64 levels";
    BeginValue();
    open_.push_back({is_mapping, true, 0, {}, {}});
    return "";
  }

  void BeginValue() {
    if (open_.empty() || open_.back().is_mapping) return;
    open_.back().step = std::to_string(open_.back().index++);
  }

  void ValueEnds() {
    if (!open_.empty()) open_.back().at_key = true;
  }

  Arena* arena_;
  YamlText* out_;
  std::vector<Open> open_;
};

}  // namespace

YamlError ReadYaml(std::string_view text, Arena* arena, YamlText* out) {
  Parser parser(text);
  Walker walker(arena, out);
  for (;;) {
    const yaml_event_t* event = parser.Next();
    if (event == nullptr) return parser.Error();
    if (event->type == YAML_STREAM_END_EVENT) return {};
    std::string what = walker.Take(*event);
    if (!what.empty()) return {std::move(what), event->start_mark.line + 1};
  }
}

}  // namespace maskpipe
