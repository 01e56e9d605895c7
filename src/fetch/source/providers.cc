#include "src/fetch/source/providers.h"

namespace maskpipe {
namespace {

constexpr FetchKind kKinds[] = {
    {"airflow", LoadAirflow},
    {"metastore", LoadMetastore},
    {"aws-secretsmanager", LoadSecretsManager},
    {"aws-ssm", LoadParameterStore},
};

}  // namespace

std::span<const FetchKind> FetchKinds() { return kKinds; }

}  // namespace maskpipe
