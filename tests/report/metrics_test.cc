#include "src/report/metrics.h"

#include <gtest/gtest.h>

namespace maskpipe {
namespace {

RunMetrics Example() {
  RunMetrics m;
  m.stream.bytes_in = 100;
  m.stream.bytes_out = 90;
  m.stream.masks = 3;
  m.stream.held_max = 7;
  m.stream.masks_by_name = {{{"file:x", "a"}, 1}, {{"file:x", "b"}, 2}};
  m.secrets_by_source = {{"file:x", 2}, {"env:\"q\"", 0}};
  m.refreshes_by_result = {{"failed", 1}, {"ok", 4}};
  m.errors_by_kind = {{"io", 0}};
  return m;
}

TEST(Metrics, TheStatsAreOneLineOfJson) {
  EXPECT_EQ(StatsLine(Example()),
            R"({"maskpipe_bytes_total":{"in":100,"out":90},)"
            R"("maskpipe_masks_total":3,)"
            R"("maskpipe_masks_by_source":{"env:\"q\"":0,"file:x":3},)"
            R"("maskpipe_masks_by_name":{"a":1,"b":2},)"
            R"("maskpipe_held_bytes_max":7,)"
            R"("maskpipe_refresh_total":{"failed":1,"ok":4},)"
            R"("maskpipe_secrets":{"env:\"q\"":0,"file:x":2},)"
            R"("maskpipe_errors_total":{"io":0}})");
}

TEST(Metrics, NamesAreInThePrometheusTextOnlyWhereAskedFor) {
  const std::string text = PrometheusText(Example(), false);
  EXPECT_NE(text.find("\nmaskpipe_masks_total{source=\"file:x\"} 3\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("maskpipe_bytes_total{stream=\"out\"} 90\n"),
            std::string::npos);
  EXPECT_NE(text.find("\nmaskpipe_held_bytes_max 7\n"), std::string::npos);
  EXPECT_NE(text.find("\nmaskpipe_refresh_total{result=\"ok\"} 4\n"),
            std::string::npos);
  EXPECT_EQ(text.find("by_name"), std::string::npos);
  EXPECT_NE(PrometheusText(Example(), true)
                .find("maskpipe_masks_by_name_total{name=\"b\"} 2\n"),
            std::string::npos);
}

TEST(Metrics, TwoStreamsAddUp) {
  StreamStats sum = Example().stream;
  StreamStats other;
  other.bytes_in = 1;
  other.masks = 2;
  other.held_max = 9;
  other.masks_by_name = {{{"file:x", "b"}, 2}};
  Add(other, &sum);
  EXPECT_EQ(sum.bytes_in, 101u);
  EXPECT_EQ(sum.masks, 5u);
  EXPECT_EQ(sum.held_max, 9u);  // never both at once
  EXPECT_EQ((sum.masks_by_name[{"file:x", "b"}]), 4u);
  EXPECT_EQ((sum.masks_by_name[{"file:x", "a"}]), 1u);
}

}  // namespace
}  // namespace maskpipe
