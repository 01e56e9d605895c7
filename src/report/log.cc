#include "src/report/log.h"

#include <fcntl.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <string>

#include "src/base/fd.h"
#include "src/report/json_text.h"
#include "src/stream/record.h"

namespace maskpipe {
namespace {

// %J: the message as the inside of a JSON string.
class JsonMessage : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& msg, const std::tm&,
              spdlog::memory_buf_t& out) override {
    const std::string text =
        JsonEscaped({msg.payload.data(), msg.payload.size()});
    out.append(text.data(), text.data() + text.size());
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<JsonMessage>();
  }
};

// One write(2) a message, to a descriptor: no buffer that a crash would lose.
class DescriptorSink
    : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  explicit DescriptorSink(int fd) : fd_(fd) {}
  explicit DescriptorSink(Fd file) : file_(std::move(file)), fd_(file_.get()) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& msg) override {
    spdlog::memory_buf_t line;
    formatter_->format(msg, line);
    // Nobody is left to be told that a message could not be written.
    (void)!::write(fd_, line.data(), line.size());
  }
  void flush_() override {}

 private:
  Fd file_;
  int fd_;
};

constexpr const char* kTextPattern = "maskpipe: %l: %v";
constexpr const char* kJsonPattern =
    R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","program":"maskpipe",)"
    R"("message":"%J"})";

std::unique_ptr<spdlog::formatter> Formatter(LogFormat format) {
  if (format == LogFormat::kText) {
    return std::make_unique<spdlog::pattern_formatter>(
        kTextPattern, spdlog::pattern_time_type::utc);
  }
  auto json = std::make_unique<spdlog::pattern_formatter>(
      spdlog::pattern_time_type::utc);
  json->add_flag<JsonMessage>('J').set_pattern(kJsonPattern);
  return json;
}

spdlog::level::level_enum LevelOf(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarn:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
    case LogLevel::kOff:
      break;
  }
  return spdlog::level::off;
}

struct State {
  std::mutex mutex;
  std::shared_ptr<spdlog::logger> logger;
  std::shared_ptr<const CompiledSet> set;
};

std::shared_ptr<spdlog::logger> MakeLogger(spdlog::sink_ptr sink,
                                           const Options& options) {
  auto logger = std::make_shared<spdlog::logger>("maskpipe", std::move(sink));
  logger->set_formatter(Formatter(options.log_format));
  logger->set_level(LevelOf(options.log_level));
  return logger;
}

State& TheState() {
  static State state{
      {},
      MakeLogger(std::make_shared<DescriptorSink>(STDERR_FILENO), Options{}),
      nullptr};
  return state;
}

void Write(spdlog::level::level_enum level, std::string_view message,
           bool always = false) {
  State& state = TheState();
  const std::lock_guard lock(state.mutex);
  if (!always && !state.logger->should_log(level)) return;
  std::string masked;
  if (state.set != nullptr) {
    masked = Masked(*state.set, message);
    message = masked;
  }
  // A file's name may hold what would forge a line or drive a terminal.
  std::string plain(message);
  for (char& c : plain) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  message = plain;
  const spdlog::level::level_enum usual = state.logger->level();
  if (always) state.logger->set_level(level);
  // As an argument, never as the format: a name may hold braces.
  state.logger->log(level,
                    spdlog::string_view_t(message.data(), message.size()));
  state.logger->set_level(usual);
}

}  // namespace

Status Log::Open(const Options& options) {
  if (options.log_file.empty()) {
    TheState().logger =
        MakeLogger(std::make_shared<DescriptorSink>(STDERR_FILENO), options);
    return Status::Ok();
  }
  Fd file(::open(options.log_file.c_str(),
                 O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600));
  if (!file.valid()) {
    return Status::Usage("option log-file: " + options.log_file + ": " +
                         std::strerror(errno));
  }
  TheState().logger =
      MakeLogger(std::make_shared<DescriptorSink>(std::move(file)), options);
  return Status::Ok();
}

void Log::MaskWith(std::shared_ptr<const CompiledSet> set) {
  const std::lock_guard lock(TheState().mutex);
  TheState().set = std::move(set);
}

void Log::ErrorsOnly() {
  spdlog::logger& logger = *TheState().logger;
  logger.set_level(std::max(logger.level(), spdlog::level::err));
}

void Log::Debug(std::string_view m) { Write(spdlog::level::debug, m); }
void Log::Info(std::string_view m) { Write(spdlog::level::info, m); }
void Log::Warn(std::string_view m) { Write(spdlog::level::warn, m); }
void Log::Error(std::string_view m) { Write(spdlog::level::err, m); }
void Log::Loud(std::string_view m) { Write(spdlog::level::err, m, true); }

}  // namespace maskpipe
