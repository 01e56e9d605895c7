#include "src/fetch/sql/client_library.h"

#include <dlfcn.h>

namespace maskpipe {

Result<ClientLibrary> ClientLibrary::Load(const std::string& soname,
                                          const std::string& package) {
  ClientLibrary library(soname);
  library.handle_ = ::dlopen(soname.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library.handle_ == nullptr) {
    return Status::Source("the library " + soname +
                          " cannot be loaded; on Debian, install " + package);
  }
  return library;
}

void* ClientLibrary::Symbol(const char* name) const {
  return ::dlsym(handle_, name);
}

Status ClientLibrary::Missing() const {
  return Status::Source("the library " + soname_ + " lacks the function " +
                        missing_ + ": it is another version than expected");
}

}  // namespace maskpipe
