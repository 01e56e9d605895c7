// Masks the lines of standard input through one of the library's ways in.
//
// usage: same_text abi|wrapper|spdlog SPEC

#include <maskpipe/spdlog_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <iostream>
#include <string>

namespace {

int ThroughTheAbi(const char* spec) {
  maskpipe_secrets* secrets = maskpipe_secrets_new();
  if (maskpipe_secrets_load(secrets, spec, nullptr, nullptr) != 0) return 1;
  maskpipe_masker* masker = maskpipe_masker_new(secrets, nullptr, nullptr);
  maskpipe_secrets_free(secrets);
  for (std::string line; std::getline(std::cin, line);) {
    char* out = nullptr;
    size_t size = 0;
    const int result =
        maskpipe_mask(masker, line.data(), line.size(), &out, &size);
    if (result < 0) return 1;
    if (result == 0) {
      std::fwrite(line.data(), 1, line.size(), stdout);
    } else {
      std::fwrite(out, 1, size, stdout);
    }
    std::fputc('\n', stdout);
    maskpipe_free(out);
  }
  maskpipe_masker_free(masker);
  return 0;
}

maskpipe::Masker Load(const char* spec) {
  maskpipe::Secrets secrets;
  secrets.load(spec);
  return maskpipe::Masker(secrets);
}

int ThroughTheWrapper(const char* spec) {
  const maskpipe::Masker masker = Load(spec);
  for (std::string line; std::getline(std::cin, line);) {
    std::cout << masker.mask(line) << '\n';
  }
  return 0;
}

int ThroughSpdlog(const char* spec) {
  spdlog::logger logger(
      "same", std::make_shared<maskpipe::SpdlogSink>(
                  std::make_shared<const maskpipe::Masker>(Load(spec)),
                  std::make_shared<spdlog::sinks::stdout_sink_st>()));
  logger.set_pattern("%v");
  for (std::string line; std::getline(std::cin, line);) {
    logger.info(spdlog::string_view_t(line.data(), line.size()));
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const std::string way = argv[1];
  try {
    if (way == "abi") return ThroughTheAbi(argv[2]);
    if (way == "wrapper") return ThroughTheWrapper(argv[2]);
    if (way == "spdlog") return ThroughSpdlog(argv[2]);
  } catch (const maskpipe::Error& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
  return 2;
}
