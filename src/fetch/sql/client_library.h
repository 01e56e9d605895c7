// A shared library that is loaded when it is needed.
//
//   Result<ClientLibrary> pq = ClientLibrary::Load("libpq.so.5", "libpq5");
//   decltype(&::PQclear) clear = nullptr;
//   bool found = pq->Find("PQclear", &clear);
//
// What is loaded stays loaded until the process ends: client libraries keep
// threads and exit handlers.

#pragma once

#include <string>

#include "src/base/status.h"

namespace maskpipe {

class ClientLibrary {
 public:
  // `package` is what to install where the library is missing.
  static Result<ClientLibrary> Load(const std::string& soname,
                                    const std::string& package);

  // The function of that name; false where the library has none.
  template <typename Function>
  bool Find(const char* name, Function* function) {
    *function = reinterpret_cast<Function>(Symbol(name));
    if (*function == nullptr) missing_ = name;
    return *function != nullptr;
  }

  // After a Find that failed.
  Status Missing() const;

 private:
  explicit ClientLibrary(std::string soname) : soname_(std::move(soname)) {}
  void* Symbol(const char* name) const;

  std::string soname_;
  std::string missing_;
  void* handle_ = nullptr;
};

}  // namespace maskpipe
