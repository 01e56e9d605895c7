// Whether the output depends on where a text is cut in two.
//
//   cuts SECRETS.json < RECORDS
//
// Secrets are loaded as `--source file:SECRETS.json --mask-all` does. A record
// is a line with its length, and its bytes. For each one line comes back:
// `same`, or `N: ` and what is printed when it is cut before byte N. Works
// through the C ABI, in one process, since a line has hundreds of cuts.

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <maskpipe/maskpipe.hpp>
#include <string>

namespace {

std::string Masked(const maskpipe::Masker& masker, std::string_view a,
                   std::string_view b) {
  std::string out;
  maskpipe::Stream stream(masker, [&out](std::string_view text) {
    out += text;
    return true;
  });
  stream.write(a);
  stream.write(b);
  stream.finish();
  return out;
}

int Run(const std::string& path) {
  maskpipe::Secrets secrets;
  secrets.load("file:" + path);
  const maskpipe::Masker masker(secrets, {{"mask-all", "true"}});
  for (std::string length; std::getline(std::cin, length);) {
    std::string text(std::strtoull(length.c_str(), nullptr, 10), '\0');
    if (!std::cin.read(text.data(), static_cast<std::streamsize>(text.size())))
      return 1;
    const std::string_view all = text;
    const std::string whole = Masked(masker, all, "");
    std::string answer = "same";
    for (size_t cut = 1; cut < text.size() && answer == "same"; ++cut) {
      const std::string got =
          Masked(masker, all.substr(0, cut), all.substr(cut));
      if (got != whole) answer = std::to_string(cut) + ": " + got;
    }
    for (char& c : answer) {
      if (c == '\n') c = ' ';
    }
    std::cout << answer << '\n';
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  try {
    return Run(argv[1]);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}
