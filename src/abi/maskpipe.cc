// The C ABI over the C++ inside; see include/maskpipe/maskpipe.h.

#include "include/maskpipe/maskpipe.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>
#include <tuple>
#include <vector>

#include "src/options/options.h"
#include "src/setup/setup.h"
#include "src/source/airflow_environment.h"
#include "src/stream/record.h"
#include "src/stream/stream.h"

using maskpipe::Code;
using maskpipe::CompiledSet;
using maskpipe::Secret;
using maskpipe::SecretStore;
using maskpipe::Status;

struct maskpipe_secrets {
  maskpipe::SecretStore store;
};

struct maskpipe_options {
  maskpipe::Options options;
};

struct maskpipe_masker {
  std::shared_ptr<const CompiledSet> set;
};

namespace {

using SinkFunction = int (*)(void* ctx, const char* bytes, size_t n);

// Hands pieces to a C callback.
class CallbackSink : public maskpipe::Sink {
 public:
  CallbackSink(SinkFunction sink, void* ctx) : sink_(sink), ctx_(ctx) {}

  Status Write(std::span<const std::string_view> pieces) override {
    for (std::string_view piece : pieces) {
      if (sink_(ctx_, piece.data(), piece.size()) != 0) {
        return Status::Io("the sink failed");
      }
    }
    return Status::Ok();
  }

 private:
  SinkFunction sink_;
  void* ctx_;
};

char* CopyText(const std::string& text) {
  char* copy = static_cast<char*>(std::malloc(text.size() + 1));
  if (copy != nullptr) std::memcpy(copy, text.c_str(), text.size() + 1);
  return copy;
}

int CodeOf(const Status& status) {
  switch (status.code()) {
    case Code::kOk:
      return 0;
    case Code::kUsage:
      return MASKPIPE_E_USAGE;
    case Code::kSource:
      return MASKPIPE_E_SOURCE;
    case Code::kIo:
      return MASKPIPE_E_SINK;
    case Code::kBroken:
      break;
  }
  return MASKPIPE_E_STATE;
}

int Fail(const Status& status, char** error) {
  if (error != nullptr && !status.ok()) *error = CopyText(status.message());
  return CodeOf(status);
}

// Runs what may throw; nothing may cross the interface. The only exceptions
// inside are those of memory.
template <typename F>
int Guarded(char** error, F&& f) {
  if (error != nullptr) *error = nullptr;
  try {
    return Fail(f(), error);
  } catch (...) {
    return MASKPIPE_E_MEMORY;
  }
}

// Everything of a secret: two that differ in nothing mask the same.
auto Key(const Secret& s) {
  return std::tie(s.value, s.name, s.origin, s.key, s.open, s.certain);
}

// Adds what is not there yet, so that a set may be loaded again and again.
void AddNew(const SecretStore& from, SecretStore* to) {
  std::vector<const Secret*> known;
  known.reserve(to->secrets().size());
  for (const Secret& s : to->secrets()) known.push_back(&s);
  const auto less = [](const Secret* a, const Secret* b) {
    return Key(*a) < Key(*b);
  };
  std::sort(known.begin(), known.end(), less);
  std::vector<const Secret*> fresh;  // first: adding moves what is known
  for (const Secret& s : from.secrets()) {
    if (!std::binary_search(known.begin(), known.end(), &s, less)) {
      fresh.push_back(&s);
    }
  }
  for (const Secret* s : fresh) to->Add(*s, s->value);
}

Status GoneAfterFork() {
  return Status::Broken(
      "the secrets are gone in this forked process; load them again after "
      "fork()");
}

Status Null(const char* what) {
  return Status::Usage(std::string(what) + " is NULL");
}

template <typename T>
T* NewOrNull() {
  try {
    return new T;
  } catch (...) {
    return nullptr;
  }
}

const maskpipe::Options& OptionsOr(const maskpipe_options* or_null) {
  static const maskpipe::Options defaults;
  return or_null != nullptr ? or_null->options : defaults;
}

std::string_view View(const char* bytes, size_t n) {
  return n == 0 ? std::string_view() : std::string_view(bytes, n);
}

}  // namespace

struct maskpipe_stream {
  maskpipe_stream(std::shared_ptr<const CompiledSet> set, SinkFunction sink,
                  void* ctx)
      : callback(sink, ctx), stream(std::move(set), &callback) {}

  CallbackSink callback;
  maskpipe::Stream stream;
  bool finished = false;
  bool dead = false;     // an exception left it in an unknown state
  bool in_call = false;  // its sink must not call back into it
};

namespace {

// Calls into a stream that is neither finished nor dead.
template <typename F>
int OnStream(maskpipe_stream* stream, F&& f) {
  if (stream == nullptr) return MASKPIPE_E_USAGE;
  if (stream->dead) return MASKPIPE_E_MEMORY;
  if (stream->finished || stream->in_call) return MASKPIPE_E_STATE;
  stream->in_call = true;
  const int code = Guarded(nullptr, f);
  stream->in_call = false;
  if (code == MASKPIPE_E_MEMORY) stream->dead = true;
  return code;
}

}  // namespace

extern "C" {

maskpipe_secrets* maskpipe_secrets_new(void) {
  return NewOrNull<maskpipe_secrets>();
}

void maskpipe_secrets_free(maskpipe_secrets* secrets) { delete secrets; }

int maskpipe_secrets_add(maskpipe_secrets* secrets, const char* name,
                         const char* value, size_t value_len, char** error) {
  return Guarded(error, [&] {
    if (secrets == nullptr) return Null("secrets");
    if (name == nullptr) return Null("name");
    if (value == nullptr && value_len != 0) return Null("value");
    if (!secrets->store.intact()) return GoneAfterFork();
    const Secret secret = {.name = name,
                           .origin = "added",
                           .open = false,
                           .certain = true,
                           .value = View(value, value_len)};
    const auto& known = secrets->store.secrets();
    const bool there =
        std::any_of(known.begin(), known.end(),
                    [&](const Secret& s) { return Key(s) == Key(secret); });
    if (!there) secrets->store.Add(secret, secret.value);
    return Status::Ok();
  });
}

int maskpipe_secrets_load(maskpipe_secrets* secrets, const char* source_spec,
                          const maskpipe_options* or_null, char** error) {
  return Guarded(error, [&] {
    if (secrets == nullptr) return Null("secrets");
    if (!secrets->store.intact()) return GoneAfterFork();
    if (source_spec == nullptr) {
      if (!maskpipe::HasAirflowEnvironment()) {
        return Status::Usage(
            "source_spec is NULL, and there is no Airflow environment");
      }
      source_spec = "airflow:";
    }
    SecretStore loaded;
    Status status =
        maskpipe::LoadOne(source_spec, OptionsOr(or_null), &loaded).status;
    if (status.ok()) AddNew(loaded, &secrets->store);
    return status;
  });
}

int maskpipe_secrets_merge(maskpipe_secrets* secrets,
                           const maskpipe_secrets* other, char** error) {
  return Guarded(error, [&] {
    if (secrets == nullptr) return Null("secrets");
    if (other == nullptr) return Null("other");
    if (!secrets->store.intact() || !other->store.intact()) {
      return GoneAfterFork();
    }
    AddNew(other->store, &secrets->store);
    return Status::Ok();
  });
}

maskpipe_options* maskpipe_options_new(void) {
  return NewOrNull<maskpipe_options>();
}

void maskpipe_options_free(maskpipe_options* options) { delete options; }

int maskpipe_options_set(maskpipe_options* options, const char* name,
                         const char* value, char** error) {
  return Guarded(error, [&] {
    if (options == nullptr) return Null("options");
    if (name == nullptr) return Null("name");
    if (value == nullptr) return Null("value");
    return maskpipe::SetOption(&options->options, name, value,
                               maskpipe::kLibrary);
  });
}

maskpipe_masker* maskpipe_masker_new(const maskpipe_secrets* secrets,
                                     const maskpipe_options* or_null,
                                     char** error) {
  maskpipe_masker* masker = nullptr;
  (void)Guarded(error, [&]() -> Status {
    if (secrets == nullptr) return Null("secrets");
    if (!secrets->store.intact()) return GoneAfterFork();
    const maskpipe::Options& options = OptionsOr(or_null);
    if (Status s = maskpipe::CheckOptions(options); !s.ok()) return s;
    auto mask = maskpipe::MakeMaskOptions(options);
    if (!mask.ok()) return mask.status();
    auto set = CompiledSet::Compile(secrets->store, *mask);
    if (!set.ok()) return set.status();
    masker = new maskpipe_masker{std::move(*set)};
    return Status::Ok();
  });
  return masker;
}

void maskpipe_masker_free(maskpipe_masker* masker) { delete masker; }

int maskpipe_mask(const maskpipe_masker* masker, const char* in, size_t in_len,
                  char** out, size_t* out_len) {
  if (out == nullptr || out_len == nullptr) return MASKPIPE_E_USAGE;
  *out = nullptr;
  *out_len = 0;
  if (masker == nullptr || (in == nullptr && in_len != 0)) {
    return MASKPIPE_E_USAGE;
  }
  if (!masker->set->intact()) return MASKPIPE_E_STATE;
  try {
    maskpipe::Regions regions;
    const std::string_view record = View(in, in_len);
    maskpipe::FindRegions(*masker->set, record, &regions);
    if (regions.empty()) return 0;
    size_t size = 0;
    maskpipe::ForEachPiece(record, regions,
                           [&](std::string_view p) { size += p.size(); });
    char* at = static_cast<char*>(std::malloc(size));
    if (at == nullptr) return MASKPIPE_E_MEMORY;
    *out = at;
    *out_len = size;
    maskpipe::ForEachPiece(record, regions, [&](std::string_view p) {
      at += p.copy(at, p.size());
    });
    return 1;
  } catch (...) {
    return MASKPIPE_E_MEMORY;
  }
}

maskpipe_stream* maskpipe_stream_new(const maskpipe_masker* masker,
                                     int (*sink)(void* ctx, const char* bytes,
                                                 size_t n),
                                     void* ctx) {
  if (masker == nullptr || sink == nullptr) return nullptr;
  try {
    return new maskpipe_stream(masker->set, sink, ctx);
  } catch (...) {
    return nullptr;
  }
}

void maskpipe_stream_free(maskpipe_stream* stream) { delete stream; }

int maskpipe_stream_write(maskpipe_stream* stream, const char* bytes,
                          size_t n) {
  if (bytes == nullptr && n != 0) return MASKPIPE_E_USAGE;
  return OnStream(stream, [&] { return stream->stream.Write(View(bytes, n)); });
}

int maskpipe_stream_set_masker(maskpipe_stream* stream,
                               const maskpipe_masker* masker) {
  if (masker == nullptr) return MASKPIPE_E_USAGE;
  return OnStream(stream,
                  [&] { return stream->stream.SetMasker(masker->set); });
}

int maskpipe_stream_finish(maskpipe_stream* stream) {
  const int code = OnStream(stream, [&] { return stream->stream.Finish(); });
  if (code == 0) stream->finished = true;
  return code;
}

void maskpipe_free(void* p) { std::free(p); }

const char* maskpipe_version(void) { return MASKPIPE_VERSION; }

int maskpipe_abi_version(void) { return MASKPIPE_ABI_VERSION; }

}  // extern "C"
