// Which parts of a structured value are plainly no secrets, by their key or by
// their value. Whatever is not named here is masked.

#pragma once

#include <span>
#include <string_view>

namespace maskpipe {

// A key such as host, port or region_name: the whole key, without regard to
// case and with '-' as '_'.
bool IsHarmlessKey(std::string_view key);

// Booleans, null, integers below 10^6, ISO 8601 dates, AWS region names.
bool IsHarmlessValue(std::string_view value);

// A name that holds one of the words by which Airflow knows a secret
// (airflow/_shared/secrets_masker, DEFAULT_SENSITIVE_FIELDS).
bool IsSensitiveName(std::string_view name);
std::span<const std::string_view> SensitiveWords();

// A key that ends in such a word: what stands there is a credential itself and
// not something about one (`db_password`, but not `token_ttl`).
bool NamesCredential(std::string_view key);

}  // namespace maskpipe
