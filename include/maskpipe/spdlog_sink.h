// A sink of spdlog's that masks what it passes on to another sink. C++17,
// header-only; the only header of ours that includes spdlog.
//
//   auto file = std::make_shared<spdlog::sinks::basic_file_sink_mt>("a.log");
//   auto masked = std::make_shared<maskpipe::SpdlogSink>(masker, file);
//   spdlog::logger logger("service", masked);
//   logger.info("login with {}", password);   // login with ***
//
// The text of each record is masked before the wrapped sink formats it; the
// logger's name is not. Where a record cannot be masked (e.g. in a forked
// child) "[withheld: ...]" stands for its text.
//
// Threads: as the wrapped sink; masking itself takes no lock, and allocates
// only for a record in which something is masked.

#pragma once

#include <spdlog/details/log_msg.h>
#include <spdlog/sinks/sink.h>

#include <maskpipe/maskpipe.hpp>
#include <memory>
#include <string>
#include <utility>

namespace maskpipe {

class SpdlogSink final : public spdlog::sinks::sink {
 public:
  SpdlogSink(std::shared_ptr<const Masker> masker,
             std::shared_ptr<spdlog::sinks::sink> wrapped)
      : masker_(std::move(masker)), wrapped_(std::move(wrapped)) {}

  void log(const spdlog::details::log_msg& record) override {
    if (!wrapped_->should_log(record.level)) return;
    char* text = nullptr;
    size_t size = 0;
    const int result = ::maskpipe_mask(masker_->get(), record.payload.data(),
                                       record.payload.size(), &text, &size);
    if (result == 0) {
      wrapped_->log(record);
      return;
    }
    const std::unique_ptr<char, void (*)(void*)> owner(text, ::maskpipe_free);
    spdlog::details::log_msg masked = record;
    masked.payload =
        result == 1 ? spdlog::string_view_t(text, size) : Withheld(result);
    wrapped_->log(masked);
  }

  void flush() override { wrapped_->flush(); }
  void set_pattern(const std::string& pattern) override {
    wrapped_->set_pattern(pattern);
  }
  void set_formatter(std::unique_ptr<spdlog::formatter> formatter) override {
    wrapped_->set_formatter(std::move(formatter));
  }

 private:
  static spdlog::string_view_t Withheld(int code) {
    return code == MASKPIPE_E_STATE
               ? spdlog::string_view_t(
                     "[withheld: the secrets are gone in this forked process]")
               : spdlog::string_view_t("[withheld: maskpipe failed]");
  }

  std::shared_ptr<const Masker> masker_;
  std::shared_ptr<spdlog::sinks::sink> wrapped_;
};

}  // namespace maskpipe
