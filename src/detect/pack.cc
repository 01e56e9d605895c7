// The rules that come with maskpipe. Formats are taken from their owners' own
// descriptions, which each rule names.
//
// Every pattern begins with literals (shape.h), so that it is tried only where
// one of them stands; what is repeated without a limit ends at white space or
// a quote.

#include <array>

#include "src/detect/rule.h"

namespace maskpipe {
namespace {

struct Format {
  const char* name;
  Check check;
  const char* about;
  const char* source;
  std::vector<const char*> patterns;
};

const std::vector<Format>& Formats() {
  static const std::vector<Format> formats = {
      {"aws-access-key-id",
       Check::kToken,
       "AWS access key ids (AKIA…, ASIA…)",
       "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
       "reference_identifiers.html",
       {R"(\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b)"}},
      {"github-token",
       Check::kCrc32,
       "GitHub tokens (ghp_… and the like), by their checksum",
       "https://github.blog/2021-04-05-behind-githubs-new-authentication-"
       "token-formats/",
       {R"(\bgh[pousr]_[0-9A-Za-z]{36}\b)"}},
      {"github-fine-grained-token",
       Check::kToken,
       "GitHub fine-grained tokens (github_pat_…)",
       "https://docs.github.com/en/authentication/"
       "keeping-your-account-and-data-secure/about-authentication-to-github",
       {R"(\bgithub_pat_[0-9A-Za-z]{22}_[0-9A-Za-z]{59}\b)"}},
      {"gitlab-token",
       Check::kToken,
       "GitLab tokens (glpat-…, glrt-… and the like)",
       "https://docs.gitlab.com/security/tokens/",
       {R"(\bgl(?:pat|oas|dt|rt|rtr|cbt|ptt|ft|imt|agent|soat|ffct|wt)-)"
        R"([0-9A-Za-z_-]{20,255}(?:\.[0-9a-z]{2}\.[0-9a-z]{9})?)"}},
      {"slack-token",
       Check::kToken,
       "Slack tokens (xoxb-… and the like, xapp-…)",
       "https://docs.slack.dev/authentication/tokens",
       {R"(\bxox[abeoprs]-(?:[0-9]-)?[0-9A-Za-z]{8,}(?:-[0-9A-Za-z]{4,}){0,6})",
        R"(\bxapp-[0-9]-[0-9A-Z]{6,}-[0-9]{6,}-[0-9a-f]{32,})"}},
      {"slack-webhook",
       Check::kToken,
       "Slack webhook URLs (the path)",
       "https://docs.slack.dev/messaging/"
       "sending-messages-using-incoming-webhooks",
       {R"(hooks\.slack\.com/(?:services|workflows|triggers)/)"
        R"((?P<secret>[0-9A-Za-z/]{20,120}))"}},
      {"stripe-key",
       Check::kToken,
       "Stripe secret and restricted keys, webhook secrets",
       "https://docs.stripe.com/keys",
       {R"(\b[sr]k_(?:live|test)_[0-9A-Za-z]{16,247}\b)",
        R"(\bwhsec_[0-9A-Za-z+/]{24,128})"}},
      {"google-api-key",
       Check::kToken,
       "Google API keys (AIza…), OAuth client secrets and tokens",
       "https://cloud.google.com/docs/authentication/api-keys",
       {R"(\bAIza[0-9A-Za-z_-]{35})", R"(\bGOCSPX-[0-9A-Za-z_-]{28})",
        R"(\bya29\.[0-9A-Za-z_-]{20,})"}},
      {"npm-token",
       Check::kCrc32,
       "npm access tokens, by their checksum",
       "https://github.blog/security/announcing-npms-new-access-token-format/",
       {R"(\bnpm_[0-9A-Za-z]{36}\b)"}},
      {"pypi-token",
       Check::kToken,
       "PyPI and TestPyPI API tokens",
       "https://pypi.org/help/#apitoken",
       {R"(\bpypi-AgE(?:IcHlwaS5vcmc|NdGVzdC5weXBpLm9yZw)[0-9A-Za-z_-]{50,})"}},
      {"docker-token",
       Check::kToken,
       "Docker Hub personal and organization access tokens",
       "https://docs.docker.com/security/access-tokens/",
       {R"(\bdckr_[po]at_[0-9A-Za-z_-]{20,64})"}},
      {"azure-key",
       Check::kToken,
       "Azure storage and shared access keys in connection strings",
       "https://learn.microsoft.com/azure/storage/common/"
       "storage-configure-connection-string",
       {R"((?i)\bAccountKey=(?P<secret>[0-9a-z+/]{86}==))",
        R"((?i)\bSharedAccessKey=(?P<secret>[0-9a-z+/]{43}=))",
        R"((?i)\bSharedAccessSignature=(?P<secret>[^\s"';]{20,}))"}},
      {"databricks-token",
       Check::kToken,
       "Databricks personal access tokens and OAuth secrets",
       "https://docs.databricks.com/en/dev-tools/auth/pat.html",
       {R"(\bdapi[0-9a-f]{32}(?:-[0-9]{1,2})?\b)", R"(\bdose[0-9a-f]{32}\b)"}},
      {"snowflake-token",
       Check::kToken,
       "Snowflake session tokens",
       "https://docs.snowflake.com/en/developer-guide/sql-api/authenticating",
       {R"(\bver:[0-9]-hint:[0-9]{1,20}-(?P<secret>[0-9A-Za-z+/]{40,}={0,2}))",
        R"(Snowflake Token=\\{0,3}"(?P<secret>[^\s"\\]{20,}))"}},
      {"sendgrid-key",
       Check::kToken,
       "SendGrid API keys",
       "https://www.twilio.com/docs/sendgrid/ui/account-and-settings/api-keys",
       {R"(\bSG\.[0-9A-Za-z_-]{22}\.[0-9A-Za-z_-]{43})"}},
      {"twilio-key",
       Check::kToken,
       "Twilio API key ids (SK…)",
       "https://www.twilio.com/docs/iam/api-keys",
       {R"(\bSK[0-9a-f]{32}\b)"}},
      {"openai-key",
       Check::kToken,
       "OpenAI API keys, and those made like them",
       "https://platform.openai.com/docs/api-reference/authentication",
       {R"(\bsk-(?:proj|svcacct|admin|None)-[0-9A-Za-z_-]{20,250})",
        R"(\bsk-[0-9A-Za-z]{32,64}\b)"}},
      {"anthropic-key",
       Check::kToken,
       "Anthropic API keys",
       "https://docs.anthropic.com/en/api/overview",
       {R"(\bsk-ant-[0-9a-z]{3,16}-[0-9A-Za-z_-]{20,250})"}},
      {"vault-token",
       Check::kToken,
       "HashiCorp Vault tokens",
       "https://developer.hashicorp.com/vault/docs/concepts/tokens",
       {R"(\bhv[sbr]\.[0-9A-Za-z_-]{24,300})"}},
      {"huggingface-token",
       Check::kToken,
       "Hugging Face user access tokens",
       "https://huggingface.co/docs/hub/security-tokens",
       {R"(\bhf_[A-Za-z]{34}\b)"}},
      {"digitalocean-token",
       Check::kToken,
       "DigitalOcean tokens",
       "https://docs.digitalocean.com/reference/api/create-personal-access-"
       "token/",
       {R"(\bdo[opr]_v1_[0-9a-f]{64}\b)"}},
      {"grafana-token",
       Check::kToken,
       "Grafana service account tokens",
       "https://grafana.com/docs/grafana/latest/administration/"
       "service-accounts/",
       {R"(\bglsa_[0-9A-Za-z]{32}_[0-9a-f]{8}\b)"}},
      {"age-key",
       Check::kToken,
       "age secret keys",
       "https://github.com/C2SP/C2SP/blob/main/age.md",
       {R"(\bAGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}\b)"}},
      {"jwt",
       Check::kToken,
       "signed JSON web tokens",
       "https://www.rfc-editor.org/rfc/rfc7519",
       {R"(\beyJ[0-9A-Za-z_-]{10,}\.eyJ[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]{20,})"}},
      {"authorization",
       Check::kRandom,
       "credentials of Authorization headers, Bearer and Basic",
       "https://www.rfc-editor.org/rfc/rfc9110#name-authorization",
       {R"((?i)authorization["'\\]{0,4}\s{0,4}[:=]\s{0,4}["'\\]{0,4})"
        R"((?:Basic|Bearer|Token|Negotiate|ApiKey)\s{1,4})"
        R"((?P<secret>[0-9a-z+/._~=-]{6,}))",
        R"((?i)\bBearer (?P<secret>[0-9a-z+/._~-]{20,}={0,2}))",
        R"((?i)\bBasic (?P<secret>[0-9a-z+/]{20,}={0,2}))",
        R"(AWS4-HMAC-SHA256 Credential=[^\s,]+, ?)"
        R"(SignedHeaders=[^\s,]+, ?)"
        R"(Signature=(?P<secret>[0-9a-f]{64}))"}},
      {"url-password",
       Check::kValue,
       "the password in scheme://user:password@host",
       "https://www.rfc-editor.org/rfc/rfc3986#section-3.2.1",
       {R"(\b://[^\s:/?#@"'<>\\]*:(?P<secret>[^\s/?#"'<>\\]+)@)",
        R"(\b:\\/\\/[^\s:/?#@"'<>\\]*:)"
        R"((?P<secret>[^\s/?#"'<>\\]+)@)"}},
      {"url-parameter",
       Check::kParameter,
       "secret parameters of URLs (sig=, token=, X-Amz-Signature= …)",
       "https://docs.aws.amazon.com/AmazonS3/latest/API/"
       "sigv4-query-string-auth.html",
       {R"((?i)(?:[?&;]|\\u0026)(?:x-amz-signature|x-amz-security-token|)"
        R"(x-goog-signature|x-ms-signature|signature|sig|token|access_token|)"
        R"(access-token|refresh_token|id_token|auth_token|private_token|)"
        R"(job_token|feed_token|client_secret|client-secret|secret|api_key|)"
        R"(api-key|apikey|access_key|password|passwd|pwd|jwt|)"
        R"(subscription-key)=(?P<secret>[^\s&"'<>\\#;,)]{4,}))"}},
      {"command-line-password",
       Check::kArgument,
       "passwords given to mysql, curl, sshpass, redis-cli, docker login …",
       "https://dev.mysql.com/doc/refman/8.4/en/password-security-user.html",
       {R"(\b(?:mysql|mysqldump|mysqladmin|mariadb)\s[^\n|;&]*?)"
        R"(\s?-p(?P<secret>[^\s"'=|;&-][^\s"'|;&]{3,}))",
        R"(\bsshpass\s{1,4}-p\s{0,4}["']?(?P<secret>[^\s"'|;&]{4,}))",
        R"(\bcurl\s[^\n|;&]*?(?:-u|--user)[ =]{0,4}["']?[^\s:"'/]+:)"
        R"((?P<secret>[^\s"'|;&]{4,}))",
        R"(\bredis-cli\s[^\n|;&]*?\s?(?:-a|--pass)\s{1,4}["']?)"
        R"((?P<secret>[^\s"'|;&]{4,}))",
        R"(\b(?:docker|podman|helm registry|oc) login\s[^\n|;&]*?)"
        R"(\s?-p\s{1,4}["']?(?P<secret>[^\s"'|;&]{4,}))"}},
  };
  return formats;
}

// A header, and what of the block stands on its line: separators (also in the
// escapes of JSON), RFC 1421 headers, base64, and the footer.
#define MASKPIPE_SEPARATORS R"((?:[ \t\r]|\\{1,4}[nrt])*)"
constexpr const char* kBlock =
    R"(-----BEGIN (?P<secret>(?:[0-9A-Z]{1,16} ){0,3}PRIVATE KEY(?: BLOCK)?)"
    R"(-----(?:)" MASKPIPE_SEPARATORS
    R"((?:(?:Proc-Type|DEK-Info|Version|Comment|Charset): [^\n\\"]+|)"
    R"([0-9A-Za-z+/]{16,}={0,2}))*)"
    R"((?:)" MASKPIPE_SEPARATORS
    R"((?:=?[0-9A-Za-z+/]{1,15}={0,2})?)" MASKPIPE_SEPARATORS
    R"(-----END (?:[0-9A-Z]{1,16} ){0,3}PRIVATE KEY(?: BLOCK)?-----)?))";
#undef MASKPIPE_SEPARATORS

// "access_key" as a pattern that also matches access-key and accessKey.
std::string WordPattern(std::string_view word) {
  std::string pattern;
  for (char c : word) {
    if (c == '_' && word == "service_account") {
      pattern += "[_-]";  // of Kubernetes, serviceaccount:… is no secret
    } else if (c == '_' || c == '-' || c == ' ' || c == '.') {
      pattern += "[_-]?";
    } else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
      pattern += c;
    } else if (c >= 'A' && c <= 'Z') {
      pattern += static_cast<char>(c | 0x20);
    } else {
      pattern += '\\';
      pattern += c;
    }
  }
  return pattern;
}

void AddPairs(std::span<const std::string> names, std::vector<Rule>* rules) {
  constexpr const char* kAbout =
      "values behind sensitive names: \"password\": \"…\", api_key=…, "
      "--token …";
  constexpr const char* kSource =
      "https://airflow.apache.org/docs/apache-airflow/stable/security/secrets/"
      "mask-sensitive-values.html";
  std::string words;
  for (const std::string& name : names) {
    if (name.size() < 3) continue;
    // So short a word ends others: pass stands in compass and in bypass.
    const std::string before = name.size() <= 4 ? "(?:\\b|_)" : "";
    words += (words.empty() ? "" : "|") + before + WordPattern(name);
  }
  if (words.empty()) return;
  // A name may go on behind the word: token_prod, password2.
  const std::string name = "(?i)(?:" + words + ")s?[0-9]*(?:[_-][0-9a-z_-]*)?";
  // Then a quote that ends it, a separator, and what opens the value.
  const std::string separator =
      R"((?:\\{0,3}["'])?\s{0,4}(?::=|=>|==|[:=])\s{0,8})";
  const std::string gate = name + separator;
  const auto add = [&](const std::string& pattern, Check check,
                       const std::string& first) {
    rules->push_back({.name = "sensitive-pair",
                      .pattern = pattern,
                      .check = check,
                      .gate = first,
                      .about = kAbout,
                      .source = kSource});
  };
  add(gate + R"([bru]?"(?P<secret>(?:[^"\\]|\\.){3,}))", Check::kPair, gate);
  add(gate + R"([bru]?'(?P<secret>(?:[^'\\]|\\.){3,}))", Check::kPair, gate);
  add(gate + R"(\\{1,3}["'](?P<secret>[^"'\\]{3,}))", Check::kPair, gate);
  add(gate + R"((?P<secret>[^\s"',;&\\]{2,}[^\s"',;&\\)\]}>.]))",
      Check::kPairWord, gate);
  // Options: --password X, --db-token X; Passes() looks for the dashes.
  const std::string option = "(?i)(?:" + words + ")";
  add(option + R"(\s{1,4}["']?(?P<secret>[^\s"'|;&-][^\s"'|;&]{3,}))",
      Check::kOption, option + R"(\s)");
}

}  // namespace

std::vector<Rule> RulePack(std::span<const std::string> names) {
  std::vector<Rule> rules;
  for (const Format& format : Formats()) {
    for (const char* pattern : format.patterns) {
      rules.push_back(
          {.name = format.name,
           .pattern = pattern,
           .check = format.check,
           .by_default = format.name == std::string_view("url-password"),
           .about = format.about,
           .source = format.source});
    }
  }
  rules.push_back({.name = "private-key",
                   .pattern = kBlock,
                   .by_default = true,
                   .block = true,
                   .about = "PEM blocks of private keys, over many lines",
                   .source = "https://www.rfc-editor.org/rfc/rfc7468"});
  AddPairs(names, &rules);
  return rules;
}

}  // namespace maskpipe
