// What can be set, under one name each, by command line, MASKPIPE_* variables,
// an INI file and the C ABI.
//
//   Options options;
//   Status s = SetOption(&options, "min-length", "8");
//   for (const OptionRow& row : OptionTable()) ...
//
// The table in options.cc is the only place that knows names, arguments,
// defaults and help; everything that reads options walks it.

#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/status.h"

namespace maskpipe {

enum class OnError { kFail, kWithhold, kWarn };
enum class LogLevel { kDebug, kInfo, kWarn, kError, kOff };
enum class LogFormat { kText, kJson };
enum class MaskPolicy { kStrict, kAirflow };
enum class TtyMode { kAuto, kPty, kPipe };
enum class ShortMode { kToken, kSkip, kAnywhere };

// In what forms a value is looked for besides its own bytes.
struct FormsMode {
  bool base64 = true;
  bool hex = true;
  bool spellings = true;
  bool operator==(const FormsMode&) const = default;
};

struct Options {
  // sources
  std::vector<std::string> sources;
  bool require_secrets = false;
  std::chrono::milliseconds source_timeout{30000};
  OnError on_error = OnError::kFail;
  bool airflow_commands = false;
  std::chrono::milliseconds refresh{300000};  // 0: never
  int reload_signal = 0;                      // 0: none

  // masking
  std::string mask = "***";
  std::string hash_key_file;
  size_t min_length = 5;
  ShortMode short_secrets = ShortMode::kToken;
  FormsMode forms;
  bool truncated = true;
  bool hold_line = false;
  MaskPolicy policy = MaskPolicy::kStrict;
  bool mask_all = false;
  std::vector<std::string> allow_files;
  std::string detect;  // empty: none
  std::vector<std::string> patterns;  // NAME=REGEX
  std::string detect_config;
  bool no_masking = false;
  int add_fd = -1;

  // reports
  bool stats = false;
  std::string metrics_file;
  bool metrics_names = false;
  LogLevel log_level = LogLevel::kWarn;
  LogFormat log_format = LogFormat::kText;
  std::string log_file;

  // run
  TtyMode tty = TtyMode::kAuto;
  std::chrono::milliseconds drain_timeout{2000};
  std::vector<std::string> hide_env;
  bool group = false;
  bool subreaper = false;

  // check
  std::string against;
  bool json_table = false;
};

enum class OptionGroup { kSources, kMasking, kRun, kReports, kCheck };

// Who may set an option.
enum OptionScope : unsigned {
  kCommandLine = 1,  // and MASKPIPE_* and the INI file
  kLibrary = 2,
};

struct OptionRow {
  std::string_view name;      // as on the command line, without --
  std::string_view argument;  // of the help; empty: a flag
  std::string_view fallback;  // the default, for the help
  std::string_view help;
  OptionGroup group;
  unsigned scopes;
  bool repeats;  // each setting adds to those before
  // Refuses a value by saying what is expected; the message does not repeat it.
  Status (*set)(Options*, std::string_view value);
  void (*clear)(Options*);  // of what repeats; else null
};

std::span<const OptionRow> OptionTable();

// Null where there is no such option.
const OptionRow* FindOption(std::string_view name);

// Sets one option of the given scope. A flag takes "true", "false" or "".
Status SetOption(Options* options, std::string_view name,
                 std::string_view value, OptionScope scope);

// What no single option can know, once all are set.
Status CheckOptions(const Options& options);

}  // namespace maskpipe
