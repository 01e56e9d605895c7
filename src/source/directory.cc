// dir:PATH — one secret per file, as Kubernetes and Docker mount them: named
// after the file, without the line break that an editor leaves at its end.
// Links are followed; dot-files, `..data` among them, and folders are skipped.

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "src/source/providers.h"
#include "src/source/secret_file.h"

namespace maskpipe {
namespace {

// The visible names in `path`, sorted.
Result<std::vector<std::string>> List(const std::string& path) {
  struct Close {
    void operator()(DIR* d) const { ::closedir(d); }
  };
  const std::unique_ptr<DIR, Close> dir(::opendir(path.c_str()));
  if (dir == nullptr) return Status::Source(path + ": " + std::strerror(errno));
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(dir.get())) {
    if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
  }
  if (errno != 0) return Status::Source(path + ": " + std::strerror(errno));
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

Status LoadDirectory(const SourceSpec& spec, const SourceLimits& limits,
                     SecretStore* store, std::vector<Warning>* warnings) {
  if (Status s = CheckOptions(spec, {}); !s.ok()) return s;
  if (spec.argument.empty()) {
    return Status::Usage("source dir needs a path, e.g. dir:/run/secrets");
  }
  Result<std::vector<std::string>> names = List(spec.argument);
  if (!names.ok()) return names.status();
  for (const std::string& name : *names) {
    const std::string path = spec.argument + "/" + name;
    struct stat st = {};
    if (::stat(path.c_str(), &st) == 0 && S_ISDIR(st.st_mode)) continue;
    if (S_ISREG(st.st_mode) && st.st_size == 0) {
      warnings->push_back(path + ": is empty (0 bytes)");
      continue;
    }
    Result<SecretFile> file = SecretFile::Read(path, limits, warnings);
    if (!file.ok()) return file.status();
    store->Add({.name = name}, file->text());
  }
  return Status::Ok();
}

}  // namespace maskpipe
