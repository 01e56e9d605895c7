#include "src/front/fetcher_folder.h"

#include <fcntl.h>
#include <link.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>
#include <system_error>
#include <vector>

#include "src/base/fd.h"
#include "src/front/file_copy.h"
#include "src/source/fetcher.h"

namespace maskpipe {
namespace {

namespace fs = std::filesystem;

// What src/fetch/sql loads when it is used, where it is installed.
constexpr char kLoadedLater[] = "libsqlite3.so.0 libpq.so.5 libmariadb.so.3";
// How MariaDB's client logs in to servers that want it so. They stand in
// libmariadb3/plugin beside the library.
constexpr std::string_view kMariaDb = "libmariadb.so.3";
constexpr char kMariaDbPlugins[] = "libmariadb3/plugin";

// Debian and Alpine, Fedora, openSUSE.
constexpr const char* kCertificates[] = {"/etc/ssl/certs/ca-certificates.crt",
                                         "/etc/pki/tls/certs/ca-bundle.crt",
                                         "/etc/ssl/ca-bundle.pem"};

Status Failed(const fs::path& path, const std::string& why) {
  return Status::Io(path.string() + ": " + why);
}

constexpr mode_t kRead = 0644;
constexpr mode_t kProgram = 0755;

// All that the command prints; its errors are not shown.
Result<std::string> OutputOf(std::vector<std::string> command) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    return Status::Io(std::string("no pipe: ") + std::strerror(errno));
  }
  const Fd from(ends[0]);
  Fd to(ends[1]);
  std::vector<char*> argv;
  for (std::string& argument : command) argv.push_back(argument.data());
  argv.push_back(nullptr);
  // Only the libraries that the program names, wherever they are.
  std::string path = "LD_LIBRARY_PATH=";
  if (const char* given = ::getenv("LD_LIBRARY_PATH")) path += given;
  char* environment[] = {path.data(), nullptr};

  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, to.get(), STDOUT_FILENO);
  ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null",
                                     O_WRONLY, 0);
  pid_t child = -1;
  const int error = ::posix_spawn(&child, argv[0], &actions, nullptr,
                                  argv.data(), environment);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return Failed(command[0], std::strerror(error));
  to = Fd();

  std::string output;
  char block[4096];
  for (ssize_t n; (n = ::read(from.get(), block, sizeof block)) != 0;) {
    if (n > 0) output.append(block, static_cast<size_t>(n));
    if (n < 0 && errno != EINTR) break;
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (status != 0) {
    return Failed(command.back(), "its loader cannot tell its libraries");
  }
  return output;
}

struct Library {
  std::string name;
  fs::path path;
};

// Lines of `name => path (address)`.
Result<std::vector<Library>> LibrariesOf(const std::string& program,
                                         const std::string& loader) {
  Result<std::string> listing =
      OutputOf({loader, "--preload", kLoadedLater, "--list", program});
  if (!listing.ok()) return listing.status();
  std::vector<Library> libraries;
  std::istringstream lines(*listing);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string name, arrow, path;
    if (!(words >> name >> arrow >> path) || arrow != "=>") continue;
    if (path[0] != '/') {
      return Failed(program, "its library " + name + " is not installed");
    }
    libraries.push_back({fs::path(name).filename(), path});
  }
  return libraries;
}

Status CopyPlugins(const Library& mariadb, const fs::path& folder) {
  std::error_code error;
  const fs::path plugins =
      fs::canonical(mariadb.path, error).parent_path() / kMariaDbPlugins;
  for (const fs::directory_entry& e : fs::directory_iterator(plugins, error)) {
    if (e.path().extension() != ".so") continue;
    const fs::path to = folder / e.path().filename();
    if (Status s = CopyFile(e.path(), to, kRead); !s.ok()) return s;
  }
  return Status::Ok();
}

// 1 itself and its loader, 2 libraries, 3 certificates.
Status Gather(const std::string& program, const fs::path& folder,
              bool* no_certificates) {
  Result<std::string> loader = InterpreterOf(program);  // 1
  if (!loader.ok()) return loader.status();
  if (Status s = CopyFile(program, folder / kFetcherName, kProgram); !s.ok()) {
    return s;
  }
  if (!loader->empty()) {
    const fs::path to = folder / kFetcherLoader;
    if (Status s = CopyFile(*loader, to, kProgram); !s.ok()) return s;
    Result<std::vector<Library>> libraries =
        LibrariesOf(program, *loader);  // 2
    if (!libraries.ok()) return libraries.status();
    for (const Library& l : *libraries) {
      Status s = CopyFile(l.path, folder / l.name, kRead);
      if (s.ok() && l.name == kMariaDb) s = CopyPlugins(l, folder);
      if (!s.ok()) return s;
    }
  }
  for (const char* certificates : kCertificates) {  // 3
    if (::access(certificates, R_OK) != 0) continue;
    return CopyFile(certificates, folder / kFetcherCertificates, kRead);
  }
  *no_certificates = true;
  return Status::Ok();
}

Status CopyFolder(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::directory_iterator entries(from, error);
  if (error) return Failed(from, error.message());
  for (const fs::directory_entry& e : entries) {
    if (!e.is_regular_file(error)) continue;
    const bool program = (e.status(error).permissions() &
                          fs::perms::owner_exec) != fs::perms::none;
    Status s = CopyFile(e.path(), to / e.path().filename(),
                        program ? kProgram : kRead);
    if (!s.ok()) return s;
  }
  return Status::Ok();
}

// `made` takes the place of `target`. Where a file system cannot exchange the
// two, there is none for a moment.
Status Replace(const fs::path& made, const fs::path& target) {
  std::error_code error;
  fs::rename(made, target, error);
  if (!error) return Status::Ok();
  if (::renameat2(AT_FDCWD, made.c_str(), AT_FDCWD, target.c_str(),
                  RENAME_EXCHANGE) != 0) {
    const fs::path old = made.string() + ".old";
    fs::rename(target, old, error);
    if (!error) fs::rename(made, target, error);
    if (error) return Failed(target, error.message());
    fs::remove_all(old, error);
  }
  return Status::Ok();
}

}  // namespace

Result<std::string> InterpreterOf(const std::string& program) {
  std::ifstream file(program, std::ios::binary);
  ElfW(Ehdr) header = {};
  if (!file.read(reinterpret_cast<char*>(&header), sizeof header) ||
      std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
      header.e_phentsize != sizeof(ElfW(Phdr))) {
    return Failed(program, "it is no program of this machine");
  }
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    ElfW(Phdr) part = {};
    file.seekg(static_cast<std::streamoff>(header.e_phoff + i * sizeof part));
    if (!file.read(reinterpret_cast<char*>(&part), sizeof part)) break;
    if (part.p_type != PT_INTERP) continue;
    std::string path(part.p_filesz < PATH_MAX ? part.p_filesz : 0, '\0');
    file.seekg(static_cast<std::streamoff>(part.p_offset));
    if (!file.read(path.data(), static_cast<std::streamsize>(path.size()))) {
      break;
    }
    return path.substr(0, path.find('\0'));
  }
  if (!file) return Failed(program, "it is cut off");
  return std::string();
}

Status CopyFetcher(const std::string& program, const std::string& into,
                   bool* no_certificates) {
  *no_certificates = false;
  const fs::path target = fs::path(into) / kFetcherFolder;
  const fs::path from = fs::path(program).parent_path();
  std::error_code error;
  // A copy of a folder to itself.
  if (fs::equivalent(from, target, error)) return Status::Ok();
  std::string made = target.string() + ".XXXXXX";
  if (::mkdtemp(made.data()) == nullptr) {
    return Failed(target, std::strerror(errno));
  }
  Status s = ::access((from / kFetcherLoader).c_str(), X_OK) == 0
                 ? CopyFolder(from, made)
                 : Gather(program, made, no_certificates);
  if (s.ok()) {
    fs::permissions(made, fs::perms{kProgram}, error);  // not ours alone
    s = error ? Failed(made, error.message()) : Replace(made, target);
  }
  fs::remove_all(made, error);  // what failed, or was there before
  return s;
}

}  // namespace maskpipe
