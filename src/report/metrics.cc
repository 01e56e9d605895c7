#include "src/report/metrics.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "src/base/fd.h"
#include "src/report/json_text.h"

namespace maskpipe {
namespace {

using Counts = std::map<std::string, uint64_t>;

std::string Quoted(const std::string& text) {
  std::string out = "\"";
  out += JsonEscaped(text);
  out += '"';
  return out;
}

std::string Object(const Counts& counts) {
  std::string out = "{";
  for (const auto& [key, n] : counts) {
    if (out.size() > 1) out += ',';
    out += Quoted(key) + ":" + std::to_string(n);
  }
  out += '}';
  return out;
}

Counts MasksBySource(const RunMetrics& m) {
  Counts counts;
  for (const auto& [source, n] : m.secrets_by_source) counts[source] = 0;
  for (const auto& [key, count] : m.stream.masks_by_name) {
    counts[key.first] += count;
  }
  return counts;
}

Counts MasksByName(const RunMetrics& m) {
  Counts counts;
  for (const auto& [key, count] : m.stream.masks_by_name) {
    counts[key.second] += count;
  }
  return counts;
}

// The format knows no escapes of control characters, other than \n.
std::string LabelValue(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) c = '_';
  }
  return Quoted(text);
}

// A metric with one label, in the exposition format. A label's value is
// escaped as JSON escapes quotes and backslashes.
std::string Metric(const std::string& name, const char* type, const char* help,
                   const char* label, const Counts& counts) {
  std::string out =
      "# HELP " + name + " " + help + "\n# TYPE " + name + " " + type + "\n";
  for (const auto& [value, n] : counts) {
    out += name + "{" + label + "=" + LabelValue(value) + "} " +
           std::to_string(n) + "\n";
  }
  return out;
}

}  // namespace

void Add(const StreamStats& stats, StreamStats* sum) {
  sum->bytes_in += stats.bytes_in;
  sum->bytes_out += stats.bytes_out;
  sum->masks += stats.masks;
  sum->held_max = std::max(sum->held_max, stats.held_max);
  for (const auto& [key, count] : stats.masks_by_name) {
    sum->masks_by_name[key] += count;
  }
}

std::string StatsLine(const RunMetrics& m) {
  return "{\"maskpipe_bytes_total\":{\"in\":" +
         std::to_string(m.stream.bytes_in) +
         ",\"out\":" + std::to_string(m.stream.bytes_out) +
         "},\"maskpipe_masks_total\":" + std::to_string(m.stream.masks) +
         ",\"maskpipe_masks_by_source\":" + Object(MasksBySource(m)) +
         ",\"maskpipe_masks_by_name\":" + Object(MasksByName(m)) +
         ",\"maskpipe_held_bytes_max\":" + std::to_string(m.stream.held_max) +
         ",\"maskpipe_refresh_total\":" + Object(m.refreshes_by_result) +
         ",\"maskpipe_secrets\":" + Object(m.secrets_by_source) +
         ",\"maskpipe_errors_total\":" + Object(m.errors_by_kind) + "}";
}

std::string PrometheusText(const RunMetrics& m, bool names) {
  std::string out =
      Metric("maskpipe_bytes_total", "counter", "Bytes read and written.",
             "stream",
             {{"in", m.stream.bytes_in}, {"out", m.stream.bytes_out}}) +
      Metric("maskpipe_masks_total", "counter", "Masks written.", "source",
             MasksBySource(m)) +
      "# HELP maskpipe_held_bytes_max Most bytes withheld after a read.\n"
      "# TYPE maskpipe_held_bytes_max gauge\nmaskpipe_held_bytes_max " +
      std::to_string(m.stream.held_max) + "\n" +
      Metric("maskpipe_refresh_total", "counter",
             "Times that the sources were read again.", "result",
             m.refreshes_by_result) +
      Metric("maskpipe_secrets", "gauge", "Secrets loaded.", "source",
             m.secrets_by_source) +
      Metric("maskpipe_errors_total", "counter", "Failures.", "kind",
             m.errors_by_kind);
  if (names) {
    out +=
        Metric("maskpipe_masks_by_name_total", "counter",
               "Masks written, by the secret's name.", "name", MasksByName(m));
  }
  return out;
}

Status WriteMetrics(const std::string& path, const std::string& text) {
  const auto failed = [&] {
    return Status::Io(path + ": " + std::strerror(errno));
  };
  // rename(2) would put a plain file in the place of a device or a link.
  struct stat st = {};
  if (::lstat(path.c_str(), &st) == 0 && !S_ISREG(st.st_mode)) {
    return Status::Io(path + ": exists and is no regular file");
  }
  std::string temporary = path + ".XXXXXX";
  const Fd fd(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!fd.valid()) return failed();
  size_t written = 0;
  while (written < text.size()) {
    const ssize_t n =
        ::write(fd.get(), text.data() + written, text.size() - written);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) break;
    written += static_cast<size_t>(n);
  }
  // Whoever collects metrics runs as another user; they hold counts only.
  constexpr mode_t kReadable = 0644;
  if (written == text.size() && ::fchmod(fd.get(), kReadable) == 0 &&
      ::rename(temporary.c_str(), path.c_str()) == 0) {
    return Status::Ok();
  }
  Status status = failed();
  ::unlink(temporary.c_str());
  return status;
}

}  // namespace maskpipe
