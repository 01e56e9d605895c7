// What a stream has printed.

#pragma once

#include <span>
#include <string>
#include <string_view>

#include "src/stream/stream.h"

namespace maskpipe {

class TextSink : public Sink {
 public:
  Status Write(std::span<const std::string_view> pieces) override {
    ++writes;
    for (std::string_view p : pieces) text += p;
    return fails ? Status::Io("the sink failed") : Status::Ok();
  }

  std::string text;
  int writes = 0;
  bool fails = false;
};

}  // namespace maskpipe
