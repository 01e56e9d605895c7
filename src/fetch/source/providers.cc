#include "src/fetch/source/providers.h"

namespace maskpipe {
namespace {

constexpr FetchKind kKinds[] = {
    {"aws-secretsmanager", LoadSecretsManager},
    {"aws-ssm", LoadParameterStore},
};

}  // namespace

std::span<const FetchKind> FetchKinds() { return kKinds; }

}  // namespace maskpipe
