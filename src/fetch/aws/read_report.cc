#include "src/fetch/aws/read_report.h"

#include "src/secret/secret.h"

namespace maskpipe::aws {

bool ReadReport::ReadInstead(const Answer& answer,
                             const std::vector<std::string>& fallback,
                             const std::string& names_option) {
  if (!answer.access_denied()) {
    FailAll(answer.status);
    return false;
  }
  const std::string how =
      answer.status.message() + ", or give the names: " + names_option;
  if (fallback.empty()) {
    FailAll(Status::Source(how));
    return false;
  }
  warnings.push_back(how + " (now only these are loaded)");
  return true;
}

Status ReadReport::Summary(std::string_view noun) const {
  constexpr size_t kNamed = 20;
  if (failures.empty()) return status;
  std::string message = status.ok() ? "" : status.message() + "; ";
  message += std::to_string(failures.size()) + " " + std::string(noun) +
             (failures.size() == 1 ? "" : "s") + " could not be read: ";
  for (size_t i = 0; i < failures.size() && i < kNamed; ++i) {
    if (i != 0) message += "; ";
    message += PrintableName(failures[i].name) + " (" + failures[i].why + ")";
  }
  if (failures.size() > kNamed) {
    message += "; and " + std::to_string(failures.size() - kNamed) + " more";
  }
  return Status::Source(message);
}

}  // namespace maskpipe::aws
