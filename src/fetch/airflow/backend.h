// A secrets backend of Airflow's, by its class and its keyword arguments.
//
//   Result<SecretsBackend> backend =
//       SecretsBackend::Parse(class_name, kwargs, "[secrets]", &warnings);
//   for (const SecretsBackend::Scope& s : backend->scopes) ...
//
// Known are the two of the Amazon provider and the core's own for files.

#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/status.h"
#include "src/fetch/aws/session.h"
#include "src/secret/warning.h"

namespace maskpipe {

struct SecretsBackend {
  enum class Kind { kSecretsManager, kParameterStore, kLocalFiles };
  enum class Holds { kConnections, kVariables, kConfig };

  // Where one kind of thing lies. None of a kind: its prefix is null, and
  // Airflow never asks.
  struct Scope {
    Holds holds;
    // What the names of all secrets begin with, the separator included; of
    // files, the path. Empty: all that there is.
    std::string prefix;
    // Python's re.match() on the rest of the name, without regard to case.
    std::optional<std::string> pattern;
    std::string argument;  // that says so: "connections_prefix"
    bool given = false;    // the argument is; else it is Airflow's default
  };

  Kind kind = Kind::kSecretsManager;
  std::string class_name;
  std::vector<Scope> scopes;
  std::string separator = "/";  // between a prefix and an id
  // Words for the fields of a connection; none: Airflow's core names alone.
  std::optional<std::map<std::string, std::vector<std::string>>> words;
  aws::SessionOptions session;
  // Credentials among the arguments, by name.
  std::vector<std::pair<std::string, std::string>> credentials;
  // It cannot be used as it is; the warnings say why. What could be read of it
  // is good for looking further, not for loading.
  Status broken;

  // `where` says where class and arguments stand, for messages. Fails where the
  // class is not known, or nothing can be read of the arguments.
  static Result<SecretsBackend> Parse(const std::string& class_name,
                                      std::string_view kwargs,
                                      const std::string& where,
                                      std::vector<Warning>* warnings);
};

const char* WordFor(SecretsBackend::Holds holds);

}  // namespace maskpipe
