// maskpipe for C++17 and newer: header-only, over the C ABI (maskpipe.h), so
// that it works with any compiler's standard library.
//
//   maskpipe::Secrets secrets;
//   secrets.add("db/password", value);
//   secrets.load("file:/run/secrets.json");
//   maskpipe::Masker masker(secrets, {{"mask", "[{name}]"}});
//
//   std::string line = masker.mask(text);
//
//   maskpipe::Stream stream(masker, [&](std::string_view s) {
//     return fwrite(s.data(), 1, s.size(), out) == s.size();
//   });
//   stream.write(chunk);
//   stream.finish();
//
// Failures throw maskpipe::Error, whose text names a secret, a source or an
// option and never holds a value. Threads and fork(2): as maskpipe.h says.

#pragma once

#include <maskpipe/maskpipe.h>

#include <exception>
#include <functional>
#include <initializer_list>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace maskpipe {

class Error : public std::runtime_error {
 public:
  Error(int code, const std::string& what)
      : std::runtime_error(what), code_(code) {}
  // A MASKPIPE_E_ value.
  int code() const { return code_; }

 private:
  int code_;
};

namespace internal {

// Takes the text of a failed call; throws.
[[noreturn]] inline void Throw(int code, char* error) {
  const std::unique_ptr<char, void (*)(void*)> owner(error, ::maskpipe_free);
  throw Error(code, error != nullptr ? error : "maskpipe: out of memory");
}

// `error` by address: the call that sets it is an argument beside it.
inline void Check(int code, char** error) {
  if (code < 0) Throw(code, *error);
}

inline void CheckStream(int code) {
  if (code >= 0) return;
  throw Error(code, code == MASKPIPE_E_SINK ? "maskpipe: the sink failed"
                    : code == MASKPIPE_E_MEMORY
                        ? "maskpipe: out of memory"
                        : "maskpipe: used after its end or in a forked child");
}

}  // namespace internal

// Options by the command line's names: {{"mask", "***"}, {"min-length", "8"}}.
class Options {
 public:
  Options() : p_(::maskpipe_options_new(), ::maskpipe_options_free) {
    if (p_ == nullptr) internal::Throw(MASKPIPE_E_MEMORY, nullptr);
  }
  Options(std::initializer_list<std::pair<const char*, const char*>> list)
      : Options() {
    for (const auto& [name, value] : list) set(name, value);
  }

  void set(const std::string& name, const std::string& value) {
    char* error = nullptr;
    internal::Check(
        ::maskpipe_options_set(p_.get(), name.c_str(), value.c_str(), &error),
        &error);
  }

  const maskpipe_options* get() const { return p_.get(); }

 private:
  std::unique_ptr<maskpipe_options, void (*)(maskpipe_options*)> p_;
};

class Secrets {
 public:
  Secrets() : p_(::maskpipe_secrets_new(), ::maskpipe_secrets_free) {
    if (p_ == nullptr) internal::Throw(MASKPIPE_E_MEMORY, nullptr);
  }

  // Copied; trimmed; never opened.
  void add(const std::string& name, std::string_view value) {
    char* error = nullptr;
    internal::Check(::maskpipe_secrets_add(p_.get(), name.c_str(), value.data(),
                                           value.size(), &error),
                    &error);
  }

  void load(const std::string& source_spec, const Options& options = {}) {
    char* error = nullptr;
    internal::Check(::maskpipe_secrets_load(p_.get(), source_spec.c_str(),
                                            options.get(), &error),
                    &error);
  }

  // What the program loads unasked: "airflow:", where one is found.
  void load_default(const Options& options = {}) {
    char* error = nullptr;
    internal::Check(
        ::maskpipe_secrets_load(p_.get(), nullptr, options.get(), &error),
        &error);
  }

  // Adds all that another set holds and this one does not.
  void merge(const Secrets& other) {
    char* error = nullptr;
    internal::Check(::maskpipe_secrets_merge(p_.get(), other.p_.get(), &error),
                    &error);
  }

  const maskpipe_secrets* get() const { return p_.get(); }

 private:
  std::unique_ptr<maskpipe_secrets, void (*)(maskpipe_secrets*)> p_;
};

// Immutable; share one between threads.
class Masker {
 public:
  explicit Masker(const Secrets& secrets, const Options& options = {})
      : p_(nullptr, ::maskpipe_masker_free) {
    char* error = nullptr;
    p_.reset(::maskpipe_masker_new(secrets.get(), options.get(), &error));
    if (p_ == nullptr) internal::Throw(MASKPIPE_E_USAGE, error);
  }

  // One whole record, masked.
  std::string mask(std::string_view record) const {
    char* out = nullptr;
    size_t size = 0;
    const int changed =
        ::maskpipe_mask(p_.get(), record.data(), record.size(), &out, &size);
    internal::CheckStream(changed);
    const std::unique_ptr<char, void (*)(void*)> owner(out, ::maskpipe_free);
    return changed == 1 ? std::string(out, size) : std::string(record);
  }

  const maskpipe_masker* get() const { return p_.get(); }

 private:
  std::unique_ptr<maskpipe_masker, void (*)(maskpipe_masker*)> p_;
};

// Masks a stream piece by piece. Call finish(); a stream that is destroyed
// without it drops what it held back. An exception from the sink kills the
// stream and reaches the caller of write() or finish().
class Stream {
 public:
  // Takes masked bytes; returns false to say that it failed.
  using Sink = std::function<bool(std::string_view)>;

  Stream(const Masker& masker, Sink sink)
      : state_(std::make_unique<State>()), p_(nullptr, ::maskpipe_stream_free) {
    state_->sink = std::move(sink);
    p_.reset(::maskpipe_stream_new(masker.get(), &Call, state_.get()));
    if (p_ == nullptr) internal::Throw(MASKPIPE_E_MEMORY, nullptr);
  }

  void write(std::string_view bytes) {
    Check(::maskpipe_stream_write(p_.get(), bytes.data(), bytes.size()));
  }
  void set_masker(const Masker& masker) {
    Check(::maskpipe_stream_set_masker(p_.get(), masker.get()));
  }
  void finish() { Check(::maskpipe_stream_finish(p_.get())); }

 private:
  struct State {
    Sink sink;
    std::exception_ptr thrown;
  };

  static int Call(void* ctx, const char* bytes, size_t n) {
    auto* state = static_cast<State*>(ctx);
    try {
      return state->sink({bytes, n}) ? 0 : 1;
    } catch (...) {
      state->thrown = std::current_exception();
      return 1;
    }
  }

  void Check(int code) {
    if (state_->thrown) {
      std::rethrow_exception(std::exchange(state_->thrown, nullptr));
    }
    internal::CheckStream(code);
  }

  std::unique_ptr<State> state_;  // at a fixed address, as the sink's context
  std::unique_ptr<maskpipe_stream, void (*)(maskpipe_stream*)> p_;
};

}  // namespace maskpipe
