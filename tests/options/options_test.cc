#include "src/options/options.h"

#include <gtest/gtest.h>

#include <set>

#include "src/options/command_line.h"

namespace maskpipe {
namespace {

Result<CommandLine> Parsed(std::vector<std::string> arguments,
                           std::vector<std::string> environment = {}) {
  std::vector<char*> entries;
  for (std::string& e : environment) entries.push_back(e.data());
  entries.push_back(nullptr);
  return ParseCommandLine(arguments, entries.data());
}

TEST(Options, EveryRowHasItsOwnNameAndSetsItsDefault) {
  std::set<std::string_view> names;
  for (const OptionRow& row : OptionTable()) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_EQ(FindOption(row.name), &row);
    EXPECT_EQ(row.repeats, row.clear != nullptr) << row.name;
    if (row.fallback.empty()) continue;
    Options options;
    EXPECT_TRUE(row.set(&options, row.fallback).ok()) << row.name;
  }
}

TEST(Options, ARefusedValueIsNotRepeated) {
  for (const char* name : {"min-length", "short-secrets", "forms", "truncated",
                           "hold", "source-timeout", "on-error", "add-fd",
                           "stats", "log-level", "log-format", "format"}) {
    Options options;
    const Status s = SetOption(&options, name, "MARKER", kCommandLine);
    EXPECT_EQ(s.code(), Code::kUsage) << name;
    EXPECT_NE(s.message().find(name), std::string::npos);
    EXPECT_EQ(s.message().find("MARKER"), std::string::npos);
  }
}

TEST(Options, TheLibraryTakesItsOwnOnesOnly) {
  Options options;
  EXPECT_TRUE(SetOption(&options, "mask", "#", kLibrary).ok());
  EXPECT_FALSE(SetOption(&options, "log-file", "x", kLibrary).ok());
  EXPECT_FALSE(SetOption(&options, "no-masking", "true", kLibrary).ok());
}

TEST(Options, FormsAreAllPlainOrAList) {
  const auto forms = [](const char* value) {
    Options options;
    EXPECT_TRUE(SetOption(&options, "forms", value, kLibrary).ok()) << value;
    return options.forms;
  };
  EXPECT_EQ(Options().forms, forms("all"));
  EXPECT_EQ(forms("all"), forms("base64,hex,spellings"));
  EXPECT_EQ(forms("plain"),
            (FormsMode{.base64 = false, .hex = false, .spellings = false}));
  EXPECT_EQ(forms("hex"),
            (FormsMode{.base64 = false, .hex = true, .spellings = false}));
  EXPECT_EQ(forms("spellings,base64"),
            (FormsMode{.base64 = true, .hex = false, .spellings = true}));
  for (const char* value : {"", ",", "hex,", ",hex", "hex,,base64", "all,hex",
                            "plain,hex", "Hex", "hex base64", "base32"}) {
    Options options;
    const Status s = SetOption(&options, "forms", value, kLibrary);
    EXPECT_EQ(s.code(), Code::kUsage) << value;
    EXPECT_NE(s.message().find("base64,hex,spellings"), std::string::npos);
    EXPECT_NE(s.message().find("plain"), std::string::npos);
    EXPECT_EQ(options.forms, FormsMode()) << value;
  }
}

TEST(Options, DurationsHaveUnits) {
  Options options;
  for (const auto& [text, ms] : {std::pair<const char*, int>{"500ms", 500},
                                 {"30s", 30000},
                                 {"7", 7000},
                                 {"2m", 120000}}) {
    ASSERT_TRUE(SetOption(&options, "source-timeout", text, kLibrary).ok());
    EXPECT_EQ(options.source_timeout.count(), ms);
  }
  for (const char* text : {"", "s", "5 s", "5d", "-1", "99999999999999h"}) {
    EXPECT_FALSE(SetOption(&options, "source-timeout", text, kLibrary).ok());
  }
}

TEST(CommandLine, FlagsOutweighVariables) {
  const auto line = Parsed({"--mask", "flag", "--source=env:A"},
                           {"MASKPIPE_MASK=variable", "MASKPIPE_MIN_LENGTH=7",
                            "MASKPIPE_SOURCE=env:B\nenv:C", "MASKPIPE_STATS=1",
                            "MASKPIPE_TRUNCATED="});
  ASSERT_TRUE(line.ok()) << line.status().message();
  EXPECT_EQ(line->options.mask, "flag");
  EXPECT_EQ(line->options.min_length, 7u);
  EXPECT_EQ(line->options.sources, std::vector<std::string>{"env:A"});
  EXPECT_TRUE(line->options.stats);
  EXPECT_TRUE(line->warnings.empty());
}

TEST(CommandLine, ARepeatedVariableHasALineASetting) {
  const auto line = Parsed({}, {"MASKPIPE_SOURCE=env:B\nenv:C\n"});
  ASSERT_TRUE(line.ok());
  EXPECT_EQ(line->options.sources,
            (std::vector<std::string>{"env:B", "env:C"}));
}

TEST(CommandLine, AVariableThatIsNoOptionIsWarnedAbout) {
  const auto line = Parsed({}, {"MASKPIPE_MASKALL=1", "MASKPIPE_KERNEL=x"});
  ASSERT_TRUE(line.ok());
  ASSERT_EQ(line->warnings.size(), 1u);
  EXPECT_NE(line->warnings[0].find("MASKPIPE_MASKALL"), std::string::npos);
}

TEST(CommandLine, OperandsAreFiles) {
  const auto line = Parsed({"--stats", "a", "-", "--", "--b"});
  ASSERT_TRUE(line.ok()) << line.status().message();
  EXPECT_EQ(line->operands, (std::vector<std::string>{"a", "-", "--b"}));
}

TEST(CommandLine, ErrorsNameTheOptionAndNotItsValue) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"--nosuch=MARKER"},
                                             {"--log=MARKER"},
                                             {"-x", "MARKER"},
                                             {"--min-length=MARKER"},
                                             {"--stats=MARKER"},
                                             {"--mask"},
                                             {"--min-length", "2"}}) {
    const auto line = Parsed(arguments);
    ASSERT_FALSE(line.ok()) << arguments[0];
    EXPECT_EQ(line.status().code(), Code::kUsage);
    EXPECT_EQ(line.status().message().find("MARKER"), std::string::npos)
        << line.status().message();
  }
}

TEST(CommandLine, HelpHasALineForEveryOption) {
  const std::string help = OptionHelp();
  for (const OptionRow& row : OptionTable()) {
    EXPECT_NE(help.find("--" + std::string(row.name)), std::string::npos);
  }
}

}  // namespace
}  // namespace maskpipe
