#include "src/secret/wire.h"

#include <cstring>

namespace maskpipe {
namespace {

constexpr char kSecret = 'S';
constexpr char kWarning = 'W';
constexpr char kFinding = 'F';  // a warning with a code, and how to mend it
constexpr char kReason = 'R';   // why the status is none of Ok, for machines
constexpr char kEnd = 'E';

constexpr unsigned char kOpen = 1;
constexpr unsigned char kCertain = 2;

class Writer {
 public:
  explicit Writer(Buffer* out) : out_(out) {}

  void Type(char type) { Bytes({&type, 1}); }
  void Field(std::string_view bytes) {
    char length[4];
    for (size_t i = 0; i < sizeof length; ++i) {
      length[i] = static_cast<char>(bytes.size() >> (8 * i));
    }
    Bytes({length, sizeof length});
    Bytes(bytes);
  }
  size_t size() const { return size_; }

 private:
  void Bytes(std::string_view bytes) {
    out_->Reserve(size_ + bytes.size());
    bytes.copy(out_->data() + size_, bytes.size());
    size_ += bytes.size();
  }

  Buffer* out_;
  size_t size_ = 0;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : left_(bytes) {}

  bool empty() const { return left_.empty(); }
  char Type() {
    const char type = left_.front();
    left_.remove_prefix(1);
    return type;
  }
  // False where the bytes end first.
  bool Field(std::string_view* field) {
    if (left_.size() < 4) return false;
    size_t length = 0;
    for (size_t i = 0; i < 4; ++i) {
      length |= size_t{static_cast<unsigned char>(left_[i])} << (8 * i);
    }
    if (left_.size() - 4 < length) return false;
    *field = left_.substr(4, length);
    left_.remove_prefix(4 + length);
    return true;
  }

 private:
  std::string_view left_;
};

// What a fetcher may say of itself; kIo and kBroken are about logs.
constexpr struct {
  std::string_view word;
  Code code;
} kCodes[] = {
    {"ok", Code::kOk}, {"usage", Code::kUsage}, {"source", Code::kSource}};

std::string_view WordOf(Code code) {
  for (const auto& c : kCodes) {
    if (c.code == code) return c.word;
  }
  return "source";
}

Status Cut() { return Status::Source("the fetcher's answer is cut off"); }
Status Wrong() { return Status::Source("the fetcher's answer is garbled"); }

}  // namespace

size_t WriteWire(const SecretStore& store, const WireAnswer& answer,
                 Buffer* out) {
  Writer writer(out);
  for (const Secret& secret : store.secrets()) {
    const char flags = static_cast<char>((secret.open ? kOpen : 0) |
                                         (secret.certain ? kCertain : 0));
    writer.Type(kSecret);
    writer.Field({&flags, 1});
    writer.Field(secret.name);
    writer.Field(secret.key);
    writer.Field(secret.place);
    writer.Field(secret.value);
  }
  for (const Warning& warning : answer.warnings) {
    const bool plain = warning.code == Warning().code && warning.mend.empty();
    writer.Type(plain ? kWarning : kFinding);
    writer.Field(warning.text);
    if (plain) continue;
    writer.Field(warning.code);
    writer.Field(warning.mend);
  }
  if (!answer.status.reason().empty()) {
    writer.Type(kReason);
    writer.Field(answer.status.reason());
  }
  writer.Type(kEnd);
  writer.Field(WordOf(answer.status.code()));
  writer.Field(answer.status.message());
  writer.Field(std::to_string(store.secrets().size()));
  return writer.size();
}

Result<WireAnswer> ReadWire(std::string_view bytes, SecretStore* store) {
  struct Found {
    Secret secret;
    std::string_view value;
  };
  std::vector<Found> secrets;
  WireAnswer answer;
  std::string reason;
  Reader reader(bytes);
  while (!reader.empty()) {
    switch (reader.Type()) {
      case kSecret: {
        std::string_view flags, name, key, place, value;
        if (!reader.Field(&flags) || !reader.Field(&name) ||
            !reader.Field(&key) || !reader.Field(&place) ||
            !reader.Field(&value)) {
          return Cut();
        }
        if (flags.size() != 1) return Wrong();
        secrets.push_back({{.name = std::string(name),
                            .place = std::string(place),
                            .key = std::string(key),
                            .open = (flags[0] & kOpen) != 0,
                            .certain = (flags[0] & kCertain) != 0},
                           value});
        break;
      }
      case kWarning: {
        std::string_view text;
        if (!reader.Field(&text)) return Cut();
        answer.warnings.emplace_back(std::string(text));
        break;
      }
      case kReason: {
        std::string_view word;
        if (!reader.Field(&word)) return Cut();
        reason = word;
        break;
      }
      case kFinding: {
        std::string_view text, code, mend;
        if (!reader.Field(&text) || !reader.Field(&code) ||
            !reader.Field(&mend)) {
          return Cut();
        }
        answer.warnings.emplace_back(std::string(code), std::string(text),
                                     std::string(mend));
        break;
      }
      case kEnd: {
        std::string_view word, message, count;
        if (!reader.Field(&word) || !reader.Field(&message) ||
            !reader.Field(&count)) {
          return Cut();
        }
        if (!reader.empty() || count != std::to_string(secrets.size())) {
          return Wrong();
        }
        if (word == WordOf(Code::kUsage)) {
          answer.status =
              Status::Usage(std::string(message)).WithReason(reason);
        } else if (word == WordOf(Code::kSource)) {
          answer.status =
              Status::Source(std::string(message)).WithReason(reason);
        } else if (word != WordOf(Code::kOk)) {
          return Wrong();
        }
        for (Found& f : secrets) store->Add(std::move(f.secret), f.value);
        return answer;
      }
      default:
        return Wrong();
    }
  }
  return Cut();
}

}  // namespace maskpipe
