// A service that logs through spdlog, with the installed headers, as C++17.

#include <maskpipe/spdlog_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

int main() {
  maskpipe::Secrets secrets;
  secrets.add("db", "hunter2");
  spdlog::logger logger("service",
                        std::make_shared<maskpipe::SpdlogSink>(
                            std::make_shared<const maskpipe::Masker>(secrets),
                            std::make_shared<spdlog::sinks::stdout_sink_mt>()));
  logger.set_pattern("%v");
  logger.info("password={}", "hunter2");
}
