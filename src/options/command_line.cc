#include "src/options/command_line.h"

#include <algorithm>
#include <boost/program_options.hpp>
#include <fstream>
#include <iomanip>
#include <sstream>

namespace maskpipe {
namespace {

namespace po = boost::program_options;

constexpr const char* kConfig = "config";
constexpr const char* kOperand = "operand";

// Variables of ours that are no options.
constexpr std::string_view kOtherVariables[] = {
    "MASKPIPE_ADD_FD", "MASKPIPE_ADD_ID",  "MASKPIPE_FETCH",
    "MASKPIPE_KERNEL", "MASKPIPE_CORPORA", "MASKPIPE_CONFIG"};

bool IsOtherVariable(std::string_view name) {
  return std::find(std::begin(kOtherVariables), std::end(kOtherVariables),
                   name) != std::end(kOtherVariables);
}

// Every option of the table, as a list of texts: the table's own parsers read
// them, so that the library and the command line agree.
po::options_description Describe() {
  po::options_description all;
  for (const OptionRow& row : OptionTable()) {
    auto* value = po::value<std::vector<std::string>>()->composing();
    if (row.argument.empty()) {
      value->implicit_value(std::vector<std::string>{""}, "")->zero_tokens();
    }
    all.add_options()(std::string(row.name).c_str(), value);
  }
  return all;
}

std::string VariableName(std::string_view option) {
  std::string name = "MASKPIPE_";
  name += option;
  std::transform(name.begin(), name.end(), name.begin(), [](char c) {
    if (c == '-') return '_';
    return c >= 'a' && c <= 'z' ? static_cast<char>(c & ~0x20) : c;
  });
  return name;
}

// The option's name in an error of Boost's, without what the user gave it.
std::string NameIn(const po::error_with_option_name& error) {
  std::string name = error.get_option_name();
  name = name.substr(0, name.find('='));
  // -pVALUE: the name is one letter.
  if (name.size() > 2 && name[0] == '-' && name[1] != '-') name.resize(2);
  return name.empty() ? "an argument" : name;
}

Status Apply(const po::variables_map& found, const std::string& where,
             Options* options) {
  for (const OptionRow& row : OptionTable()) {
    const auto at = found.find(std::string(row.name));
    if (at == found.end()) continue;
    if (row.repeats) row.clear(options);  // replaces those of a lower rank
    for (const std::string& v : at->second.as<std::vector<std::string>>()) {
      Status s = SetOption(options, row.name, v, kCommandLine);
      if (!s.ok()) return Status::Usage(where + s.message());
    }
  }
  return Status::Ok();
}

Status ApplyFile(const std::string& path, Options* options) {
  std::ifstream file(path);
  if (!file.is_open() || (file.peek(), file.bad())) {  // bad: a directory
    return Status::Usage(path + ": cannot be read as --config");
  }
  po::options_description described;
  for (const OptionRow& row : OptionTable()) {
    described.add_options()(std::string(row.name).c_str(),
                            po::value<std::vector<std::string>>()->composing());
  }
  try {
    po::variables_map found;
    po::store(po::parse_config_file(file, described), found);
    return Apply(found, path + ": ", options);
  } catch (const po::error_with_option_name& e) {
    return Status::Usage(path + ": there is no option " + NameIn(e) +
                         ", or not in this form");
  } catch (const po::error&) {
    return Status::Usage(path + ": expected lines of name = value");
  }
}

Status ApplyEnvironment(char** environment, Options* options,
                        std::vector<std::string>* warnings) {
  for (char** entry = environment; *entry != nullptr; ++entry) {
    const std::string_view variable = *entry;
    const std::string name(variable.substr(0, variable.find('=')));
    if (!name.starts_with("MASKPIPE_") || name == variable) continue;
    const std::string_view value = variable.substr(name.size() + 1);
    if (value.empty() || IsOtherVariable(name)) continue;
    const std::span<const OptionRow> table = OptionTable();
    const auto row =
        std::find_if(table.begin(), table.end(), [&](const OptionRow& r) {
          return (r.scopes & kCommandLine) != 0 && VariableName(r.name) == name;
        });
    if (row == table.end()) {
      warnings->push_back("the variable " + name +
                          " is ignored: there is no such option");
      continue;
    }
    if (!row->repeats) {
      Status s = SetOption(options, row->name, value, kCommandLine);
      if (!s.ok()) return Status::Usage(name + ": " + s.message());
      continue;
    }
    row->clear(options);
    std::istringstream lines{std::string(value)};
    for (std::string line; std::getline(lines, line);) {
      if (line.empty()) continue;
      Status s = SetOption(options, row->name, line, kCommandLine);
      if (!s.ok()) return Status::Usage(name + ": " + s.message());
    }
  }
  return Status::Ok();
}

// "--name=value" with options of the table, --config, --help and --version.
Result<po::variables_map> ApplyArguments(
    const std::vector<std::string>& arguments) {
  po::options_description described = Describe();
  described.add_options()(kConfig, po::value<std::string>())("help,h", "")(
      "version,V", "")(kOperand, po::value<std::vector<std::string>>());
  po::positional_options_description operands;
  operands.add(kOperand, -1);
  // No guessing: --log must not mean --log-level today and another tomorrow.
  const int style = po::command_line_style::default_style ^
                    po::command_line_style::allow_guessing;
  try {
    po::variables_map found;
    po::store(po::command_line_parser(arguments)
                  .options(described)
                  .positional(operands)
                  .style(style)
                  .run(),
              found);
    return found;
  } catch (const po::unknown_option& e) {
    return Status::Usage("there is no option " + NameIn(e));
  } catch (const po::error_with_option_name& e) {
    return Status::Usage("option " + NameIn(e) +
                         " lacks its argument, or has one too many");
  } catch (const po::error&) {
    return Status::Usage("the command line cannot be understood");
  }
}

}  // namespace

// Lowest rank first: file, variables, flags; each replaces what is there.
Result<CommandLine> ParseCommandLine(const std::vector<std::string>& arguments,
                                     char** environment) {
  Result<po::variables_map> flags = ApplyArguments(arguments);
  if (!flags.ok()) return flags.status();
  CommandLine line;
  line.help = flags->count("help") != 0;
  line.version = flags->count("version") != 0;
  if (flags->count(kOperand) != 0) {
    line.operands = (*flags)[kOperand].as<std::vector<std::string>>();
  }

  std::string config;
  if (const char* given = std::getenv("MASKPIPE_CONFIG")) config = given;
  if (flags->count(kConfig) != 0) config = (*flags)[kConfig].as<std::string>();
  if (!config.empty()) {
    Status s = ApplyFile(config, &line.options);
    if (!s.ok()) return s;
  }
  Status s = ApplyEnvironment(environment, &line.options, &line.warnings);
  if (!s.ok()) return s;
  s = Apply(*flags, "", &line.options);
  if (!s.ok()) return s;
  s = CheckOptions(line.options);
  if (!s.ok()) return s;
  return line;
}

std::string OptionHelp() {
  constexpr std::pair<OptionGroup, std::string_view> kGroups[] = {
      {OptionGroup::kSources, "Sources"},
      {OptionGroup::kMasking, "Masking"},
      {OptionGroup::kRun, "Run"},
      {OptionGroup::kReports, "Reports"},
      {OptionGroup::kCheck, "Check"}};
  std::ostringstream out;
  const auto line = [&](const std::string& left, std::string_view right,
                        std::string_view fallback) {
    out << "  " << std::left << std::setw(26) << left << ' ' << right;
    if (!fallback.empty()) out << " [" << fallback << "]";
    out << '\n';
  };
  for (const auto& [group, title] : kGroups) {
    out << title << ":\n";
    for (const OptionRow& row : OptionTable()) {
      if (row.group != group) continue;
      std::string left = "--";
      left.append(row.name);
      if (!row.argument.empty()) left.append(" ").append(row.argument);
      line(left, row.help, row.fallback);
    }
    out << '\n';
  }
  out << "General:\n";
  line("--config FILE", "an INI file of name = value lines", "");
  line("-h, --help", "this text", "");
  line("-V, --version", "one line with the versions in use", "");
  return out.str();
}

}  // namespace maskpipe
