// The filter in a host of our own, which loads the plugin as Fluent Bit does:
// it copies the struct, sets properties, hands over chunks of msgpack. A real
// one is rarely at hand (fluentbit_test.py); this one shows what the plugin
// makes of records. Built again as hosts that do not fit: HOST_VERSION of
// another series, HOST_LAYOUT of plugins before 2.1.
//
// usage: fluentbit_host [gtest's arguments], with FLUENT_BIT_PLUGIN set
//        fluentbit_host --lines SPEC    masks lines, a record each

#include <dlfcn.h>
#include <fluent-bit/flb_filter.h>
#include <fluent-bit/flb_log.h>
#include <gtest/gtest.h>
#include <msgpack.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#ifndef HOST_VERSION
#define HOST_VERSION "5.1.7"
#endif

// --- What the plugin finds in its host ---------------------------------------

struct flb_filter_instance {
  std::map<std::string, std::string> properties;
  void* context = nullptr;
};

#ifdef HOST_LAYOUT
struct HostPlugin {  // no event_type, no cb_pre_run
  int flags;
  char* name;
  char* description;
  flb_config_map* config_map;
  flb_filter_begin* cb_init;
  flb_filter_records* cb_filter;
  int (*cb_exit)(void*, flb_config*);
  void* list[2];
};
#else
using HostPlugin = flb_filter_plugin;
#endif

namespace {

std::mutex said_mutex;
std::string said_text;

// What was said since the last call.
std::string Said() {
  const std::lock_guard lock(said_mutex);
  return std::exchange(said_text, "");
}

thread_local size_t allocations = 0;

}  // namespace

extern "C" {
// Of a filter that every host has; its size tells the layout.
__attribute__((visibility("default"))) HostPlugin filter_grep_plugin = {};
// In the program's data, as a real host has it.
__attribute__((used)) const char host_version[] = HOST_VERSION;

__attribute__((visibility("default"))) const char* flb_filter_get_property(
    const char* key, flb_filter_instance* instance) {
  const auto found = instance->properties.find(key);
  return found == instance->properties.end() ? nullptr : found->second.c_str();
}

__attribute__((visibility("default"))) void flb_filter_set_context(
    flb_filter_instance* instance, void* context) {
  instance->context = context;
}

__attribute__((visibility("default"), format(printf, 4, 5))) void flb_log_print(
    int, const char*, int, const char* format, ...) {
  char line[1024];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  const std::lock_guard lock(said_mutex);
  said_text += std::string(line) + "\n";
}

void* __libc_malloc(size_t size);
void* __libc_realloc(void* p, size_t size);
void* __libc_calloc(size_t count, size_t size);
__attribute__((visibility("default"))) void* malloc(size_t size) {
  ++allocations;
  return __libc_malloc(size);
}
__attribute__((visibility("default"))) void* realloc(void* p, size_t size) {
  ++allocations;
  return __libc_realloc(p, size);
}
__attribute__((visibility("default"))) void* calloc(size_t count, size_t size) {
  ++allocations;
  return __libc_calloc(count, size);
}
}

namespace {

constexpr std::string_view kSecret = "hunter2-Secret!";

// --- msgpack, written and read
// ------------------------------------------------

class Pack {
 public:
  Pack() {
    ::msgpack_sbuffer_init(&buffer_);
    ::msgpack_packer_init(&packer_, &buffer_, ::msgpack_sbuffer_write);
  }
  ~Pack() { ::msgpack_sbuffer_destroy(&buffer_); }
  Pack(const Pack&) = delete;
  Pack& operator=(const Pack&) = delete;

  Pack& Map(size_t n) { return Did(::msgpack_pack_map(&packer_, n)); }
  Pack& Array(size_t n) { return Did(::msgpack_pack_array(&packer_, n)); }
  Pack& Nil() { return Did(::msgpack_pack_nil(&packer_)); }
  Pack& True() { return Did(::msgpack_pack_true(&packer_)); }
  Pack& Int(int64_t i) { return Did(::msgpack_pack_int64(&packer_, i)); }
  Pack& Unsigned(uint64_t i) { return Did(::msgpack_pack_uint64(&packer_, i)); }
  Pack& Float(double d) { return Did(::msgpack_pack_double(&packer_, d)); }
  Pack& Str(std::string_view s) {
    (void)::msgpack_pack_str(&packer_, s.size());
    return Did(::msgpack_pack_str_body(&packer_, s.data(), s.size()));
  }
  Pack& Bin(std::string_view s) {
    (void)::msgpack_pack_bin(&packer_, s.size());
    return Did(::msgpack_pack_bin_body(&packer_, s.data(), s.size()));
  }
  Pack& Ext(int8_t type, std::string_view s) {
    (void)::msgpack_pack_ext(&packer_, s.size(), type);
    return Did(::msgpack_pack_ext_body(&packer_, s.data(), s.size()));
  }
  // Bytes as they are, e.g. an encoding that no packer would choose.
  Pack& Raw(std::string_view s) {
    return Did(::msgpack_sbuffer_write(&buffer_, s.data(), s.size()));
  }
  // Fluent Bit's time, eight bytes of extension type 0, and no metadata.
  Pack& Record() { return Array(2).Array(2).Time().Map(0); }
  Pack& Time() { return Ext(0, std::string_view("\x65\0\0\1\0\0\0\2", 8)); }

  std::string text() const { return std::string(buffer_.data, buffer_.size); }

 private:
  Pack& Did(int result) {
    EXPECT_EQ(result, 0);
    return *this;
  }

  msgpack_sbuffer buffer_;
  msgpack_packer packer_;
};

// All records, written as text.
[[maybe_unused]] std::string Print(std::string_view chunk) {
  std::string text;
  msgpack_unpacked record;
  ::msgpack_unpacked_init(&record);
  size_t at = 0;
  while (::msgpack_unpack_next(&record, chunk.data(), chunk.size(), &at) ==
         MSGPACK_UNPACK_SUCCESS) {
    char* line = nullptr;
    size_t size = 0;
    FILE* out = ::open_memstream(&line, &size);
    ::msgpack_object_print(out, record.data);
    (void)std::fclose(out);
    text += std::string(line, size) + "\n";
    std::free(line);
  }
  ::msgpack_unpacked_destroy(&record);
  EXPECT_EQ(at, chunk.size()) << "the output is no msgpack";
  return text;
}

// --- The host
// -----------------------------------------------------------------

class Filter {
 public:
  explicit Filter(std::map<std::string, std::string> properties) {
    instance_.properties = std::move(properties);
    const char* path = std::getenv("FLUENT_BIT_PLUGIN");
    library_ = ::dlopen(path, RTLD_LAZY);
    if (library_ == nullptr) {
      ADD_FAILURE() << ::dlerror();
      return;
    }
    // By the host's own size, whatever the plugin's is.
    std::memcpy(static_cast<void*>(&plugin_),
                ::dlsym(library_, "filter_maskpipe_plugin"), sizeof plugin_);
    started_ = plugin_.cb_init(&instance_, nullptr, nullptr) == 0;
  }
  ~Filter() {
    if (started_) {
      EXPECT_EQ(plugin_.cb_exit(instance_.context, nullptr), 0);
    }
    if (library_ != nullptr) ::dlclose(library_);
  }
  Filter(const Filter&) = delete;
  Filter& operator=(const Filter&) = delete;

  bool started() const { return started_; }

  // The chunk after the filter; `touched` says whether it is another one.
  std::string Run(std::string_view chunk, bool* touched = nullptr) const {
    void* out = nullptr;
    size_t size = 0;
    const int result =
        plugin_.cb_filter(chunk.data(), chunk.size(), "tag", 3, &out, &size,
                          const_cast<flb_filter_instance*>(&instance_), nullptr,
                          instance_.context, nullptr);
    if (touched != nullptr) *touched = result == FLB_FILTER_MODIFIED;
    if (result == FLB_FILTER_NOTOUCH) return std::string(chunk);
    EXPECT_EQ(result, FLB_FILTER_MODIFIED);
    const std::unique_ptr<void, void (*)(void*)> owner(out, std::free);
    return size == 0 ? "" : std::string(static_cast<char*>(out), size);
  }

 private:
  flb_filter_instance instance_;
  void* library_ = nullptr;
  HostPlugin plugin_ = {};
  bool started_ = false;
};

class FluentBitHost : public testing::Test {
 protected:
  FluentBitHost() {
    char name[] = "/tmp/maskpipe-fluentbit.XXXXXX";
    directory_ = ::mkdtemp(name);
    Put(std::string(kSecret));
    (void)Said();
  }
  ~FluentBitHost() override { std::filesystem::remove_all(directory_); }

  // In one step, as rotation does.
  void Put(const std::string& password) {
    const std::string path = directory_ + "/new";
    std::ofstream(path) << "{\"password\": \"" << password
                        << "\", \"pin\": \"7654321\", \"low\": \"-7654321\"}";
    std::filesystem::permissions(path, std::filesystem::perms::owner_read);
    std::filesystem::rename(path, directory_ + "/secrets.json");
  }

  std::map<std::string, std::string> With(
      std::map<std::string, std::string> properties = {}) const {
    properties.emplace("sources", "file:" + directory_ + "/secrets.json");
    return properties;
  }

  std::string directory_;
};

#if defined(HOST_LAYOUT) || defined(HOST_REFUSED)

TEST_F(FluentBitHost, AHostThatDoesNotFitIsRefusedWithAClearMessage) {
  testing::internal::CaptureStderr();
  const Filter filter(With());
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_FALSE(filter.started());
#ifdef HOST_LAYOUT
  EXPECT_NE(said.find("plugins have another layout"), said.npos) << said;
#else
  EXPECT_NE(said.find("this is another version"), said.npos) << said;
#endif
  EXPECT_NE(said.find("built for Fluent Bit 5.1.x"), said.npos) << said;
  EXPECT_NE(said.find("FLUENT_BIT_SOURCE"), said.npos) << said;
}

#else

TEST_F(FluentBitHost, NestedMapsAndArraysAreMaskedAndTheRestIsKept) {
  const Filter filter(With());
  ASSERT_TRUE(filter.started()) << Said();
  Pack in, expected;
  in.Record().Map(6).Str("log").Str("a hunter2-Secret! b");
  in.Str("n").Map(1).Str(kSecret).Array(8).Str(kSecret).Float(1.5).Nil().True();
  in.Map(1).Str("x").Map(1).Bin("y").Bin("y hunter2-Secret!");
  in.Ext(7, kSecret).Int(-5).Unsigned(UINT64_MAX);
  in.Str("pin").Int(7654321).Str("low").Int(-7654321).Str("o").Int(7654322);
  in.Int(7654321).Str(std::string_view("\xff\0ü", 4));
  expected.Record().Map(6).Str("log").Str("a *** b");
  expected.Str("n").Map(1).Str("***").Array(8).Str("***").Float(1.5).Nil();
  expected.True().Map(1).Str("x").Map(1).Bin("y").Bin("y ***");
  expected.Ext(7, "***").Int(-5).Unsigned(UINT64_MAX);
  expected.Str("pin").Str("***").Str("low").Str("***").Str("o").Int(7654322);
  expected.Str("***").Str(std::string_view("\xff\0ü", 4));
  EXPECT_EQ(filter.Run(in.text()), expected.text());
}

TEST_F(FluentBitHost, OnlyChosenKeysAreMaskedWhereSomeAreChosen) {
  const Filter filter(With({{"keys", "log a"}}));
  ASSERT_TRUE(filter.started()) << Said();
  Pack in, expected;
  in.Array(2).Array(2).Time().Map(1).Str("m").Str(kSecret);
  in.Map(4).Str("log").Str(kSecret).Str("a").Map(1).Str("b").Array(1);
  in.Str(kSecret).Str("c").Map(1).Str("log").Str(kSecret).Int(1).Str(kSecret);
  expected.Array(2).Array(2).Time().Map(1).Str("m").Str(kSecret);
  expected.Map(4).Str("log").Str("***").Str("a").Map(1).Str("b").Array(1);
  expected.Str("***").Str("c").Map(1).Str("log").Str(kSecret).Int(1);
  expected.Str(kSecret);
  EXPECT_EQ(filter.Run(in.text()), expected.text());
}

TEST_F(FluentBitHost, GroupsAndMetadataAreKeptAndMasked) {
  const Filter filter(With());
  ASSERT_TRUE(filter.started()) << Said();
  const auto group = [](Pack* p, std::string_view value) {
    // A group's beginning and end have the times -1 and -2 (32 bits).
    p->Array(2).Array(2).Raw("\xd2\xff\xff\xff\xff").Map(1).Str("schema");
    p->Str("otlp").Map(1).Str("resource").Map(1).Str("user").Str(value);
    p->Array(2).Array(2).Time().Map(1).Str("attribute").Str(value);
    p->Map(1).Str("log").Str("clean");
    p->Array(2).Array(2).Raw("\xd2\xff\xff\xff\xfe").Map(0).Map(0);
    // The older form: a time and a body.
    p->Array(2).Int(1700000000).Map(1).Str("log").Str(value);
  };
  Pack in, expected;
  group(&in, kSecret);
  group(&expected, "***");
  EXPECT_EQ(Print(filter.Run(in.text())), Print(expected.text()));
  EXPECT_NE(filter.Run(in.text()).find("\xd2\xff\xff\xff\xfe"),
            std::string::npos);
}

TEST_F(FluentBitHost, ATimeIsNoSecretEvenWhereItsDigitsAreOne) {
  const Filter filter(With());
  Pack old, with_metadata;
  old.Array(2).Int(7654321).Map(0);
  with_metadata.Array(2).Array(2).Int(7654321).Map(0).Map(0);
  EXPECT_EQ(filter.Run(old.text()), old.text());
  EXPECT_EQ(filter.Run(with_metadata.text()), with_metadata.text());
}

TEST_F(FluentBitHost, WhatHoldsNoSecretIsLeftByteForByte) {
  const Filter filter(With());
  Pack clean;
  clean.Record().Map(1).Raw("\xdb").Raw(std::string_view("\0\0\0\1", 4));
  clean.Raw("k").Raw("\xd3").Raw(std::string_view("\0\0\0\0\0\0\0\5", 8));
  bool touched = true;
  EXPECT_EQ(filter.Run(clean.text(), &touched), clean.text());
  EXPECT_FALSE(touched);
  EXPECT_EQ(filter.Run("", &touched), "");
  EXPECT_FALSE(touched);
  // Beside a record that does hold one, too.
  Pack in, expected;
  in.Raw(clean.text()).Record().Map(1).Str("k").Str(kSecret).Raw(clean.text());
  expected.Raw(clean.text()).Record().Map(1).Str("k").Str("***");
  expected.Raw(clean.text());
  EXPECT_EQ(filter.Run(in.text(), &touched), expected.text());
  EXPECT_TRUE(touched);
  EXPECT_EQ(Said(), "");
}

TEST_F(FluentBitHost, WhatIsNoMsgpackIsDroppedAndTold) {
  const Filter filter(With());
  Pack first, second, first_masked;
  first.Record().Map(1).Str("log").Str(kSecret);
  first_masked.Record().Map(1).Str("log").Str("***");
  second.Record().Map(1).Str("log").Str("b hunter2-Secret! e");
  const std::string both = first.text() + second.text();
  for (size_t cut = 0; cut < both.size(); ++cut) {
    (void)Said();
    const std::string out = filter.Run(both.substr(0, cut));
    EXPECT_EQ(out, cut < first.text().size() ? "" : first_masked.text()) << cut;
    const bool whole = cut == 0 || cut == first.text().size();
    EXPECT_EQ(Said().find("no msgpack are dropped") == std::string::npos, whole)
        << cut;
  }
  EXPECT_EQ(filter.Run(first.text() + "\xc1" + second.text()),
            first_masked.text());
}

TEST_F(FluentBitHost, DeepNestingIsMaskedOrDropped) {
  const Filter filter(With());
  for (const size_t depth : {1u, 10u, 25u, 40u, 100u, 10000u}) {
    Pack in;
    in.Record().Map(1).Str("log");
    for (size_t i = 0; i < depth; ++i) in.Array(1);
    in.Str(kSecret);
    const std::string out = filter.Run(in.text());
    EXPECT_EQ(out.find(kSecret), std::string::npos) << depth;
    EXPECT_EQ(out.find("***") != std::string::npos, depth <= 25) << depth;
  }
}

TEST_F(FluentBitHost, NoBytesEndTheHostNorLetTheSecretThrough) {
  const Filter filter(With());
  Pack in;
  in.Record().Map(3).Str("log").Str("a hunter2-Secret! b");
  in.Str("n").Array(2).Str(kSecret).Map(1).Bin(kSecret).Int(7654321);
  in.Str("o").Bin("b");
  std::mt19937 dice(20261124);
  for (int i = 0; i < 20000; ++i) {
    std::string bytes = in.text();
    for (size_t changes = 1 + dice() % 3; changes > 0; --changes) {
      bytes[dice() % bytes.size()] = static_cast<char>(dice());
    }
    const std::string out = filter.Run(bytes);
    // As a reader sees it: a change may make numbers of a text's letters.
    ASSERT_EQ(Print(out).find(kSecret), std::string::npos)
        << "byte change " << i;
  }
}

TEST_F(FluentBitHost, ThingsThatAreNoRecordAreMaskedToo) {
  const Filter filter(With());
  Pack in, expected;
  in.Str(kSecret).Array(3).Int(1).Str(kSecret).Nil().Map(1).Str("k").Str(
      kSecret);
  in.Array(2).Time().Str(kSecret).Array(2).Array(2).Str(kSecret).Map(0).Map(0);
  in.Array(2).Str(kSecret).Map(0);
  expected.Str("***").Array(3).Int(1).Str("***").Nil().Map(1).Str("k");
  expected.Str("***").Array(2).Time().Str("***");
  expected.Array(2).Array(2).Str("***").Map(0).Map(0);
  expected.Array(2).Str("***").Map(0);
  EXPECT_EQ(filter.Run(in.text()), expected.text());
}

TEST_F(FluentBitHost, OptionsAreTheLibrarys) {
  std::ofstream(directory_ + "/allow") << "7654321\n";
  const Filter filter(
      With({{"mask", "[{name}]"}, {"allow", directory_ + "/allow"}}));
  ASSERT_TRUE(filter.started()) << Said();
  Pack in, expected;
  in.Record().Map(1).Str("log").Str("hunter2-Secret! 7654321");
  expected.Record().Map(1).Str("log").Str("[password] 7654321");
  EXPECT_EQ(filter.Run(in.text()), expected.text());
}

TEST_F(FluentBitHost, ItDoesNotStartWithoutItsSecrets) {
  const std::pair<std::map<std::string, std::string>, const char*> cases[] = {
      {{{"sources", "file:/nowhere/at/all"}}, "/nowhere/at/all"},
      {{{"sources", ""}}, "there is no source"},
      {{{"sources", With()["sources"] + " file:/nowhere"}}, "/nowhere"},
      {With({{"min_length", "x"}}), "min-length"},
      {With({{"mask", ""}}), "mask"},
      {With({{"allow", "/nowhere/list"}}), "/nowhere/list"},
      {With({{"refresh", "soon"}}), "refresh: expected"}};
  for (const auto& [properties, reason] : cases) {
    (void)Said();
    EXPECT_FALSE(Filter(properties).started()) << reason;
    const std::string said = Said();
    EXPECT_NE(said.find(reason), said.npos) << reason << ": " << said;
    EXPECT_EQ(said.find(kSecret), said.npos);
  }
}

TEST_F(FluentBitHost, RecordsAreWithheldWhereTheyCannotBeMasked) {
  const Filter filter(With({{"refresh", "0"}}));
  Pack in, expected;
  in.Array(2).Array(2).Time().Map(1).Str("m").Str(kSecret).Map(1);
  in.Str("log").Str(kSecret).Array(2).Time().Map(1).Str("log").Str("clean");
  constexpr std::string_view kNote = "withheld: the record could not be masked";
  expected.Record().Map(1).Str("maskpipe").Str(kNote);
  expected.Array(2).Time().Map(1).Str("maskpipe").Str(kNote);
  // A forked child finds the secrets wiped.
  const pid_t child = ::fork();
  if (child == 0) {
    const bool withheld = filter.Run(in.text()) == expected.text() &&
                          Said().find("withheld") != std::string::npos;
    ::_exit(withheld ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST_F(FluentBitHost, SecretsAreRefreshedWhileManyThreadsFilter) {
  const Filter filter(With({{"refresh", "1"}}));
  ASSERT_TRUE(filter.started()) << Said();
  Pack in, expected;
  in.Record().Map(2).Str("a").Str(kSecret).Str("b").Str("rotated-Once-1");
  expected.Record().Map(2).Str("a").Str("***").Str("b").Str("***");
  std::atomic<int> left{0};
  std::vector<std::thread> threads;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      std::string out;
      do {
        out = filter.Run(in.text());
        if (out.find(kSecret) != out.npos) ++left;
      } while (out != expected.text() &&
               std::chrono::steady_clock::now() < end);
      if (out != expected.text()) ++left;
    });
  }
  Put("rotated-Once-1");
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(left, 0);
  // What fails is told once, and nothing is forgotten.
  std::ofstream(directory_ + "/broken") << "{";
  std::filesystem::rename(directory_ + "/broken", directory_ + "/secrets.json");
  std::string said;
  while ((said = Said()).empty() && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_NE(said.find("the secrets loaded before stay masked"), said.npos);
  EXPECT_EQ(filter.Run(in.text()), expected.text());
}

TEST_F(FluentBitHost, AllocationsPerRecordAreBounded) {
  const Filter filter(With());
  constexpr size_t kRecords = 1000;
  for (const size_t masked : {0u, 1u, 5u}) {
    Pack in;
    for (size_t i = 0; i < kRecords; ++i) {
      in.Record().Map(5);
      for (size_t k = 0; k < 5; ++k) {
        in.Str("key" + std::to_string(k));
        in.Str(k < masked ? "a hunter2-Secret! b" : "nothing to see here");
      }
    }
    const std::string chunk = in.text();
    allocations = 0;
    const std::string out = filter.Run(chunk);
    const size_t counted = allocations;
    std::printf("%zu of 5 strings masked: %.2f allocations a record\n", masked,
                static_cast<double>(counted) / kRecords);
    // As filter_maskpipe.c says.
    EXPECT_LE(counted, kRecords * (2 + 2 * masked) + 40) << masked;
  }
}

#endif  // a host that fits

// Lines as records, in chunks as an input makes them.
int MaskLines(const char* spec) {
  const std::map<std::string, std::string> properties{{"sources", spec}};
  const Filter filter(properties);
  if (!filter.started()) {
    std::cerr << Said();
    return 1;
  }
  std::string line;
  bool more = true;
  while (more) {
    Pack chunk;
    for (int i = 0; i < 100 && (more = !!std::getline(std::cin, line)); ++i) {
      chunk.Record().Map(1).Str("log").Str(line);
    }
    const std::string out = filter.Run(chunk.text());
    msgpack_unpacked record;
    ::msgpack_unpacked_init(&record);
    size_t at = 0;
    while (::msgpack_unpack_next(&record, out.data(), out.size(), &at) ==
           MSGPACK_UNPACK_SUCCESS) {
      const msgpack_object& log =
          record.data.via.array.ptr[1].via.map.ptr[0].val;
      std::cout << std::string_view(log.via.str.ptr, log.via.str.size) << '\n';
    }
    ::msgpack_unpacked_destroy(&record);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && std::string_view(argv[1]) == "--lines") {
    return MaskLines(argv[2]);
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
