#include "src/options/options.h"

#include <signal.h>

#include <algorithm>
#include <charconv>

namespace maskpipe {
namespace {

Status Expected(std::string_view what) {
  return Status::Usage("expected " + std::string(what));
}

Status SetFlag(bool* flag, std::string_view value) {
  if (value.empty() || value == "true" || value == "1" || value == "yes") {
    *flag = true;
  } else if (value == "false" || value == "0" || value == "no") {
    *flag = false;
  } else {
    return Expected("true or false");
  }
  return Status::Ok();
}

Status SetNumber(uint64_t* number, std::string_view value, uint64_t least,
                 uint64_t most) {
  const char* end = value.data() + value.size();
  const auto [stop, error] = std::from_chars(value.data(), end, *number);
  if (error != std::errc() || stop != end || *number < least ||
      *number > most) {
    return Expected("a whole number from " + std::to_string(least) + " to " +
                    std::to_string(most));
  }
  return Status::Ok();
}

// 500ms, 30s, 5m, 1h; a bare number counts seconds.
Status SetDuration(std::chrono::milliseconds* duration,
                   std::string_view value) {
  uint64_t number = 0;
  const char* end = value.data() + value.size();
  const auto [stop, error] = std::from_chars(value.data(), end, number);
  const std::string_view unit(stop, static_cast<size_t>(end - stop));
  uint64_t factor = 0;
  if (unit.empty() || unit == "s") factor = 1000;
  if (unit == "ms") factor = 1;
  if (unit == "m") factor = 60 * 1000;
  if (unit == "h") factor = 3600 * 1000;
  constexpr uint64_t kLongest = 365ull * 24 * 3600 * 1000;
  if (error != std::errc() || factor == 0 || number > kLongest / factor) {
    return Expected("a duration such as 500ms, 30s, 5m or 1h");
  }
  *duration = std::chrono::milliseconds(number * factor);
  return Status::Ok();
}

template <typename T>
struct Choice {
  std::string_view word;
  T value;
};

template <typename T>
Status SetChoice(T* chosen, std::string_view value,
                 std::initializer_list<Choice<T>> choices) {
  std::string words;
  for (const Choice<T>& c : choices) {
    if (c.word == value) {
      *chosen = c.value;
      return Status::Ok();
    }
    words += (words.empty() ? "" : ", ") + std::string(c.word);
  }
  return Expected("one of " + words);
}

// all, plain, or names with commas between.
Status SetForms(FormsMode* forms, std::string_view value) {
  constexpr std::pair<std::string_view, bool FormsMode::*> kForms[] = {
      {"base64", &FormsMode::base64},
      {"hex", &FormsMode::hex},
      {"spellings", &FormsMode::spellings}};
  FormsMode chosen{.base64 = false, .hex = false, .spellings = false};
  if (value == "all") {
    chosen = FormsMode();
  } else if (value != "plain") {
    for (size_t begin = 0; begin <= value.size();) {
      const size_t end = std::min(value.find(',', begin), value.size());
      const std::string_view name = value.substr(begin, end - begin);
      const auto* at =
          std::find_if(std::begin(kForms), std::end(kForms),
                       [&](const auto& form) { return form.first == name; });
      if (at == std::end(kForms)) {
        return Expected("all, plain, or some of base64,hex,spellings");
      }
      chosen.*(at->second) = true;
      begin = end + 1;
    }
  }
  *forms = chosen;
  return Status::Ok();
}

Status SetText(std::string* text, std::string_view value) {
  *text = value;
  return Status::Ok();
}

Status AddText(std::vector<std::string>* list, std::string_view value) {
  list->emplace_back(value);
  return Status::Ok();
}

using G = OptionGroup;
using O = Options*;
using V = std::string_view;
constexpr std::string_view kNameBytes =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
constexpr unsigned kBoth = kCommandLine | kLibrary;

constexpr OptionRow kTable[] = {
    {"source", "KIND:ARG", "", "where secrets come from; repeat for several",
     G::kSources, kCommandLine, true,
     [](O o, V v) { return AddText(&o->sources, v); },
     [](O o) { o->sources.clear(); }},
    {"require-secrets", "", "", "a source that holds no secret is a failure",
     G::kSources, kBoth, false,
     [](O o, V v) { return SetFlag(&o->require_secrets, v); }, nullptr},
    {"source-timeout", "TIME", "30s", "how long one source may take",
     G::kSources, kBoth, false,
     [](O o, V v) { return SetDuration(&o->source_timeout, v); }, nullptr},
    {"on-error", "WHAT", "fail",
     "a source failed: fail, withhold (all, until it loads) or warn (go on)",
     G::kSources, kCommandLine, false,
     [](O o, V v) {
       return SetChoice<OnError>(&o->on_error, v,
                                 {{"fail", OnError::kFail},
                                  {"withhold", OnError::kWithhold},
                                  {"warn", OnError::kWarn}});
     },
     nullptr},
    {"refresh", "TIME", "5m", "how often sources are read again; 0: never",
     G::kSources, kCommandLine, false,
     [](O o, V v) { return SetDuration(&o->refresh, v); }, nullptr},
    {"reload-signal", "SIGNAL", "",
     "HUP, USR1, USR2 or WINCH to us: read the sources again", G::kSources,
     kCommandLine, false,
     [](O o, V v) {
       return SetChoice<int>(&o->reload_signal, v,
                             {{"HUP", SIGHUP},
                              {"USR1", SIGUSR1},
                              {"USR2", SIGUSR2},
                              {"WINCH", SIGWINCH}});
     },
     nullptr},
    {"airflow-commands", "", "",
     "airflow: run the commands of options such as sql_alchemy_conn_cmd",
     G::kSources, kBoth, false,
     [](O o, V v) { return SetFlag(&o->airflow_commands, v); }, nullptr},

    {"mask", "TEXT", "***", "what stands for a secret; {name}, {hash}",
     G::kMasking, kBoth, false, [](O o, V v) { return SetText(&o->mask, v); },
     nullptr},
    {"hash-key-file", "FILE", "", "key of {hash}, else one of this process",
     G::kMasking, kBoth, false,
     [](O o, V v) { return SetText(&o->hash_key_file, v); }, nullptr},
    {"min-length", "N", "5", "shorter secrets count as short (characters)",
     G::kMasking, kBoth, false,
     [](O o, V v) {
       uint64_t n = 0;
       Status s = SetNumber(&n, v, 1, 1024);
       if (s.ok()) o->min_length = static_cast<size_t>(n);
       return s;
     },
     nullptr},
    {"short-secrets", "HOW", "token",
     "token (masked where they stand alone), skip, or anywhere", G::kMasking,
     kBoth, false,
     [](O o, V v) {
       return SetChoice<ShortMode>(&o->short_secrets, v,
                                   {{"token", ShortMode::kToken},
                                    {"skip", ShortMode::kSkip},
                                    {"anywhere", ShortMode::kAnywhere}});
     },
     nullptr},
    {"forms", "LIST", "all",
     "all, plain (the bytes as they are), or some of base64,hex,spellings",
     G::kMasking, kBoth, false, [](O o, V v) { return SetForms(&o->forms, v); },
     nullptr},
    {"truncated", "HOW", "mask",
     "what the end of the log cuts off: mask or show", G::kMasking, kBoth,
     false,
     [](O o, V v) {
       return SetChoice<bool>(&o->truncated, v,
                              {{"mask", true}, {"show", false}});
     },
     nullptr},
    {"hold", "HOW", "exact",
     "exact (hold back what may be a secret) or line (whole lines)",
     G::kMasking, kBoth, false,
     [](O o, V v) {
       return SetChoice<bool>(&o->hold_line, v,
                              {{"exact", false}, {"line", true}});
     },
     nullptr},
    {"policy", "HOW", "strict",
     "strict (mask all but what is harmless) or airflow (its own rules)",
     G::kMasking, kBoth, false,
     [](O o, V v) {
       return SetChoice<MaskPolicy>(&o->policy, v,
                                    {{"strict", MaskPolicy::kStrict},
                                     {"airflow", MaskPolicy::kAirflow}});
     },
     nullptr},
    {"mask-all", "", "", "no part of a secret is harmless", G::kMasking, kBoth,
     false, [](O o, V v) { return SetFlag(&o->mask_all, v); }, nullptr},
    {"allow", "FILE", "", "values, or name:GLOB, that are never masked",
     G::kMasking, kBoth, true,
     [](O o, V v) { return AddText(&o->allow_files, v); },
     [](O o) { o->allow_files.clear(); }},
    {"detect", "WHAT", "none",
     "credentials that no source told: none, default, all, or NAME,…",
     G::kMasking, kBoth, false, [](O o, V v) { return SetText(&o->detect, v); },
     nullptr},
    {"pattern", "NAME=REGEX", "", "a detector of your own (RE2); repeatable",
     G::kMasking, kBoth, true,
     [](O o, V v) {
       const size_t equals = v.find('=');
       if (equals == 0 || equals == V::npos || equals + 1 == v.size() ||
           v.substr(0, equals).find_first_not_of(kNameBytes) != V::npos) {
         return Expected("NAME=REGEX, the name of letters, digits, . _ and -");
       }
       return AddText(&o->patterns, v);
     },
     [](O o) { o->patterns.clear(); }},
    {"detect-config", "FILE", "", "YAML of rules, allow lists and stop words",
     G::kMasking, kBoth, false,
     [](O o, V v) { return SetText(&o->detect_config, v); }, nullptr},
    {"no-masking", "", "", "copy the log as it is, with a loud warning",
     G::kMasking, kCommandLine, false,
     [](O o, V v) { return SetFlag(&o->no_masking, v); }, nullptr},
    {"add-fd", "N", "",
     "descriptor from which more secrets come, each ended by a NUL",
     G::kMasking, kCommandLine, false,
     [](O o, V v) {
       uint64_t n = 0;
       Status s = SetNumber(&n, v, 3, 1 << 20);
       if (s.ok()) o->add_fd = static_cast<int>(n);
       return s;
     },
     nullptr},

    {"tty", "HOW", "auto",
     "run: a terminal for the command: auto (where ours is one), pty or pipe",
     G::kRun, kCommandLine, false,
     [](O o, V v) {
       return SetChoice<TtyMode>(&o->tty, v,
                                 {{"auto", TtyMode::kAuto},
                                  {"pty", TtyMode::kPty},
                                  {"pipe", TtyMode::kPipe}});
     },
     nullptr},
    {"drain-timeout", "TIME", "2s",
     "run: how long others may hold the output when the command is done",
     G::kRun, kCommandLine, false,
     [](O o, V v) { return SetDuration(&o->drain_timeout, v); }, nullptr},
    {"hide-env", "GLOB", "",
     "run: variables that the command does not get; repeat for several",
     G::kRun, kCommandLine, true,
     [](O o, V v) { return AddText(&o->hide_env, v); },
     [](O o) { o->hide_env.clear(); }},
    {"group", "", "", "run: the command gets a process group of its own",
     G::kRun, kCommandLine, false,
     [](O o, V v) { return SetFlag(&o->group, v); }, nullptr},
    {"subreaper", "", "", "run: take in orphans, as process 1 always does",
     G::kRun, kCommandLine, false,
     [](O o, V v) { return SetFlag(&o->subreaper, v); }, nullptr},

    {"stats", "", "", "a closing line of JSON on standard error", G::kReports,
     kCommandLine, false, [](O o, V v) { return SetFlag(&o->stats, v); },
     nullptr},
    {"metrics", "FILE", "", "Prometheus text, written at the end", G::kReports,
     kCommandLine, false, [](O o, V v) { return SetText(&o->metrics_file, v); },
     nullptr},
    {"metrics-names", "", "", "masks by secret name in --metrics too",
     G::kReports, kCommandLine, false,
     [](O o, V v) { return SetFlag(&o->metrics_names, v); }, nullptr},
    {"log-level", "LEVEL", "warn", "debug, info, warn, error or off",
     G::kReports, kCommandLine, false,
     [](O o, V v) {
       return SetChoice<LogLevel>(&o->log_level, v,
                                  {{"debug", LogLevel::kDebug},
                                   {"info", LogLevel::kInfo},
                                   {"warn", LogLevel::kWarn},
                                   {"error", LogLevel::kError},
                                   {"off", LogLevel::kOff}});
     },
     nullptr},
    {"log-format", "FORMAT", "text", "of our own messages: text or json",
     G::kReports, kCommandLine, false,
     [](O o, V v) {
       return SetChoice<LogFormat>(
           &o->log_format, v,
           {{"text", LogFormat::kText}, {"json", LogFormat::kJson}});
     },
     nullptr},
    {"log-file", "FILE", "", "our own messages, else on standard error",
     G::kReports, kCommandLine, false,
     [](O o, V v) { return SetText(&o->log_file, v); }, nullptr},

    {"against", "LOG", "", "check: count what would be masked in a sample",
     G::kCheck, kCommandLine, false,
     [](O o, V v) { return SetText(&o->against, v); }, nullptr},
    {"format", "FORMAT", "text", "check: text or json", G::kCheck, kCommandLine,
     false,
     [](O o, V v) {
       return SetChoice<bool>(&o->json_table, v,
                              {{"text", false}, {"json", true}});
     },
     nullptr},
};

}  // namespace

std::span<const OptionRow> OptionTable() { return kTable; }

const OptionRow* FindOption(std::string_view name) {
  const auto* row =
      std::find_if(std::begin(kTable), std::end(kTable),
                   [&](const OptionRow& r) { return r.name == name; });
  return row == std::end(kTable) ? nullptr : row;
}

Status SetOption(Options* options, std::string_view name,
                 std::string_view value, OptionScope scope) {
  const OptionRow* row = FindOption(name);
  if (row == nullptr || (row->scopes & scope) == 0) {
    return Status::Usage("there is no option " + std::string(name));
  }
  if (Status s = row->set(options, value); !s.ok()) {
    return Status::Usage("option " + std::string(name) + ": " + s.message());
  }
  return Status::Ok();
}

Status CheckOptions(const Options& options) {
  constexpr size_t kLeastToken = 3;
  if (options.min_length < kLeastToken &&
      options.short_secrets != ShortMode::kAnywhere) {
    return Status::Usage(
        "option min-length: below 3 only with short-secrets=anywhere, since "
        "such secrets blank the log");
  }
  if (options.mask_all && options.policy == MaskPolicy::kAirflow) {
    return Status::Usage(
        "option mask-all: goes with policy=strict only, since Airflow's own "
        "rules leave most of a secret alone");
  }
  return Status::Ok();
}

}  // namespace maskpipe
