#include "src/shipper/mmexternal.h"

#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>

#include "src/stream/record.h"

namespace maskpipe {
namespace {

constexpr std::string_view kMark = "masked";
constexpr std::string_view kReason = "maskpipe";

// Given back in every reply.
constexpr std::string_view kTexts[] = {"msg", "rawmsg"};

// What rsyslog lets us change (msgSetPropViaJSON() in its runtime/msg.c).
constexpr std::string_view kChangeable[] = {
    "syslogtag", "procid",   "msgid",      "structured-data",
    "hostname",  "fromhost", "fromhost-ip"};

// What rsyslog makes itself: no sender puts text there.
constexpr std::string_view kOfRsyslog[] = {
    "timereported",   "timegenerated",  "pri",
    "syslogfacility", "syslogseverity", "protocol-version",
    "inputname",      "fromhost-port",  "uuid"};

template <size_t N>
bool Contains(const std::string_view (&list)[N], std::string_view name) {
  return std::find(std::begin(list), std::end(list), name) != std::end(list);
}

using JsonBuffer = rapidjson::StringBuffer;
using Writer = rapidjson::Writer<JsonBuffer>;

void Put(Writer* writer, std::string_view text) {
  writer->String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

// Reads a message's events and writes the reply's.
class Masking {
 public:
  Masking(const CompiledSet& set, Writer* out) : set_(set), out_(out) {}

  // Empty: masked. Else why the message must not be marked.
  std::string_view problem() const { return problem_; }

  void Begin() { out_->StartObject(); }

  void End() {
    if (!variables_seen_) {
      Put(out_, "$!");
      out_->StartObject();
      Mark();
      out_->EndObject();
    }
    if (!msg_seen_ || !rawmsg_seen_) {
      problem_ = "the line has no msg or no rawmsg";
    }
    out_->EndObject();
  }

  bool Null() {
    if (depth_ == 1) return Variables(false);
    if (in_variables_ && !skipping()) out_->Null();
    return Value();
  }
  bool Bool(bool b) {
    if (depth_ == 1) return Property(b ? "true" : "false");
    if (in_variables_ && !skipping()) out_->Bool(b);
    return Value();
  }
  bool RawNumber(const char* s, rapidjson::SizeType n, bool) {
    const std::string_view text(s, n);
    if (depth_ == 1) return Property(text);
    if (in_variables_ && !skipping()) {
      if (Mask(text)) {
        Put(out_, masked_);
      } else {
        out_->RawValue(s, n, rapidjson::kNumberType);
      }
    }
    return Value();
  }
  bool String(const char* s, rapidjson::SizeType n, bool) {
    const std::string_view text(s, n);
    if (depth_ == 1) return Property(text);
    if (in_variables_ && !skipping()) Put(out_, Mask(text) ? masked_ : text);
    return Value();
  }
  bool Key(const char* s, rapidjson::SizeType n, bool) {
    const std::string_view text(s, n);
    if (depth_ == 1) {
      name_ = text;
    } else if (depth_ == 2 && in_variables_) {
      // rsyslog adds to the variables: a name that we changed would stay.
      if (Mask(text)) problem_ = "a secret is the name of a variable";
      if (text == kMark || text == kReason) {
        skip_ = 2;
      } else {
        Put(out_, text);
      }
    } else if (in_variables_ && !skipping()) {
      Put(out_, Mask(text) ? masked_ : text);
    }
    return true;
  }
  bool StartObject() {
    if (depth_ == 1) {
      if (name_ == "$!") return Variables(true);
      problem_ = "a property is an object";
    } else if (in_variables_ && !skipping()) {
      out_->StartObject();
    }
    ++depth_;
    return true;
  }
  bool EndObject(rapidjson::SizeType) {
    --depth_;
    if (depth_ == 1 && in_variables_) {
      Mark();
      out_->EndObject();
      in_variables_ = false;
    } else if (in_variables_ && !skipping()) {
      out_->EndObject();
    }
    return Value();
  }
  bool StartArray() {
    if (depth_ <= 1) problem_ = "the line or a property is an array";
    if (in_variables_ && !skipping()) out_->StartArray();
    ++depth_;
    return true;
  }
  bool EndArray(rapidjson::SizeType) {
    --depth_;
    if (in_variables_ && !skipping()) out_->EndArray();
    return Value();
  }

  // Numbers arrive as RawNumber, whatever their type.
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(int64_t) { return false; }
  bool Uint64(uint64_t) { return false; }
  bool Double(double) { return false; }

 private:
  // Inside a variable of our own name, which a sender may not set.
  bool skipping() const { return skip_ != 0; }

  bool Value() {
    if (depth_ == skip_) skip_ = 0;
    return true;
  }

  // Whether something is masked: then masked_ has it.
  bool Mask(std::string_view text) {
    Regions regions;
    FindRegions(set_, text, &regions);
    if (regions.empty()) return false;
    masked_.clear();
    ForEachPiece(text, regions, [&](std::string_view p) { masked_ += p; });
    return true;
  }

  bool Property(std::string_view text) {
    const bool changed = Mask(text);
    if (Contains(kTexts, name_)) {
      (name_ == "msg" ? msg_seen_ : rawmsg_seen_) = true;
      Put(out_, name_);
      Put(out_, changed ? masked_ : text);
    } else if (name_ == "$!") {
      problem_ = "$! is no object";
      variables_seen_ = true;
    } else if (changed && Contains(kChangeable, name_)) {
      Put(out_, name_);
      Put(out_, masked_);
    } else if (changed && !Contains(kOfRsyslog, name_)) {
      problem_ = "a secret stands where rsyslog lets nobody change it";
    }
    return true;
  }

  // $!, an object that begins or null; null elsewhere holds nothing.
  bool Variables(bool object) {
    if (name_ != "$!") return true;
    if (variables_seen_) problem_ = "$! stands there twice";
    variables_seen_ = true;
    Put(out_, "$!");
    out_->StartObject();
    if (object) {
      in_variables_ = true;
      ++depth_;
    } else {
      Mark();
      out_->EndObject();
    }
    return true;
  }

  void Mark() {
    Put(out_, kMark);
    Put(out_, "1");
  }

  const CompiledSet& set_;
  Writer* out_;
  std::string masked_;
  std::string name_;  // of the property
  std::string_view problem_;
  int depth_ = 0;
  int skip_ = 0;  // the depth to which what is skipped belongs; 0: nothing
  bool in_variables_ = false;
  bool variables_seen_ = false;
  bool msg_seen_ = false;
  bool rawmsg_seen_ = false;
};

}  // namespace

MmExternal::MmExternal(std::shared_ptr<const CompiledSet> set,
                       std::string_view reason)
    : set_(std::move(set)), unmarked_(Unmarked(reason)) {}

std::string MmExternal::Unmarked(std::string_view reason) {
  JsonBuffer buffer;
  Writer out(buffer);
  out.StartObject();
  Put(&out, "$!");
  out.StartObject();
  Put(&out, kMark);
  Put(&out, "0");
  Put(&out, kReason);
  Put(&out, reason);
  out.EndObject();
  out.EndObject();
  return std::string(buffer.GetString(), buffer.GetSize()) + "\n";
}

std::string MmExternal::Reply(std::string_view line) const {
  if (set_ == nullptr) return unmarked_;
  if (!set_->intact()) return Unmarked("the secrets are gone after fork()");
  JsonBuffer buffer;
  Writer out(buffer);
  Masking masking(*set_, &out);
  rapidjson::MemoryStream stream(line.data(), line.size());
  rapidjson::Reader reader;
  masking.Begin();
  const bool read =
      !reader
           .Parse<rapidjson::kParseIterativeFlag |
                  rapidjson::kParseNumbersAsStringsFlag>(stream, masking)
           .IsError();
  if (!read) {
    return Unmarked(
        "the line is no JSON; set interface.input=\"fulljson\" in rsyslog's "
        "configuration");
  }
  masking.End();
  if (!masking.problem().empty()) return Unmarked(masking.problem());
  return std::string(buffer.GetString(), buffer.GetSize()) + "\n";
}

}  // namespace maskpipe
