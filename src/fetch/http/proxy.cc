#include "src/fetch/http/proxy.h"

#include <algorithm>

namespace maskpipe {
namespace {

std::string Lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  });
  return out;
}

std::string_view Strip(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r\n\v\f");
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n\v\f") + 1 - begin);
}

// NAME_proxy, the lower-case spelling first; one that is set and empty counts
// as set.
std::string Setting(const std::string& name, const Variables& variables) {
  if (const char* lower = variables((name + "_proxy").c_str())) return lower;
  std::string upper = name + "_proxy";
  std::transform(upper.begin(), upper.end(), upper.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 0x20) : c;
  });
  if (name == "http" && variables("REQUEST_METHOD") != nullptr) return "";
  const char* set = variables(upper.c_str());
  return set == nullptr ? "" : set;
}

// Whether `name` is `entry` or ends in ".entry".
bool IsWithin(std::string_view name, std::string_view entry) {
  if (!name.ends_with(entry)) return false;
  return name.size() == entry.size() ||
         name[name.size() - entry.size() - 1] == '.';
}

bool IsExempt(const std::string& list, const std::string& host,
              const std::string& host_and_port) {
  if (list == "*") return true;
  std::string_view rest = list;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find(','), rest.size());
    std::string entry = Lower(Strip(rest.substr(0, end)));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    entry.erase(0, entry.find_first_not_of('.'));
    if (entry.empty()) continue;
    if (IsWithin(host, entry) || IsWithin(host_and_port, entry)) return true;
  }
  return false;
}

}  // namespace

std::string ProxyFor(std::string_view scheme, std::string_view host,
                     std::string_view port, const Variables& variables) {
  std::string proxy = Setting(std::string(scheme), variables);
  if (proxy.empty()) return "";
  const std::string name = Lower(host);
  if (IsExempt(Setting("no", variables), name,
               port.empty() ? name : name + ":" + std::string(port))) {
    return "";
  }
  if (proxy.starts_with("//")) {
    proxy.insert(0, "http:");
  } else if (proxy.find("://") == proxy.npos) {
    proxy.insert(0, "http://");
  }
  return proxy;
}

}  // namespace maskpipe
