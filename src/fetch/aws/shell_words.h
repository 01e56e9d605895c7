// Words as a POSIX shell splits them: Python's shlex.split, which botocore
// applies to section names and to credential_process.
//
//   SplitWords("aws-vault exec 'a b'")  // {"aws-vault", "exec", "a b"}

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace maskpipe::aws {

// None where a quotation is not closed or a backslash ends the text. There is
// no expansion of any kind.
std::optional<std::vector<std::string>> SplitWords(std::string_view text);

}  // namespace maskpipe::aws
