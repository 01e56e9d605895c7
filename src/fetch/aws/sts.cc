#include "src/fetch/aws/sts.h"

#include <chrono>
#include <pugixml.hpp>

#include "src/fetch/aws/error.h"
#include "src/fetch/aws/form.h"
#include "src/fetch/aws/timestamp.h"

namespace maskpipe::aws {
namespace {

std::string MadeUpName() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return "maskpipe-" +
         std::to_string(
             std::chrono::duration_cast<std::chrono::seconds>(now).count());
}

// <ActionResponse><ActionResult><Credentials>…
Result<Credentials> ReadAnswer(const std::string& body, const char* action) {
  pugi::xml_document xml;
  const Status unreadable = Status::Source(std::string("STS ") + action +
                                           ": the answer holds no credentials");
  if (!xml.load_buffer(body.data(), body.size())) return unreadable;
  const std::string response = std::string(action) + "Response";
  const std::string result = std::string(action) + "Result";
  const pugi::xml_node node =
      xml.child(response.c_str()).child(result.c_str()).child("Credentials");
  Credentials credentials;
  credentials.access_key_id = SecretString(node.child_value("AccessKeyId"));
  credentials.secret_access_key =
      SecretString(node.child_value("SecretAccessKey"));
  credentials.session_token = SecretString(node.child_value("SessionToken"));
  credentials.expiry = ParseTimestamp(node.child_value("Expiration"));
  if (credentials.access_key_id.empty() ||
      credentials.secret_access_key.empty() ||
      credentials.session_token.empty() || !credentials.expiry.has_value()) {
    return unreadable;
  }
  return credentials;
}

Result<Credentials> Call(const char* action, const AssumeRoleRequest& asked,
                         Form form, std::optional<HttpSignature> signature,
                         const Endpoint& sts, HttpClient* client) {
  form.Add("Action", action);
  form.Add("Version", "2011-06-15");
  form.Add("RoleArn", asked.role_arn);
  form.Add("RoleSessionName",
           asked.session_name.empty() ? MadeUpName() : asked.session_name);
  if (!asked.policy.empty()) form.Add("Policy", asked.policy);
  if (asked.duration_seconds.has_value()) {
    form.Add("DurationSeconds", std::to_string(*asked.duration_seconds));
  }
  HttpRequest request;
  request.method = "POST";
  request.url = sts.url;
  request.headers = {
      "Content-Type: application/x-www-form-urlencoded; charset=utf-8"};
  request.body = form.Take();
  request.sign = std::move(signature);
  request.retry = RetryAws;
  const HttpResult result = client->Send(std::move(request));
  const std::string what = "role " + asked.role_arn + ": STS " + action;
  if (!result.ok()) {
    return Status::Source(what + ": " + result.status.message());
  }
  if (result.answer.status != 200) {
    const std::string type = ErrorType(result.answer);
    std::string message =
        what + " at " + HostOf(sts.url) + " was refused: " +
        (type.empty() ? "HTTP status " + std::to_string(result.answer.status)
                      : type);
    if (type == "AccessDenied" || type == "AccessDeniedException") {
      message +=
          "; the caller needs sts:" + std::string(action) +
          " on the role, and the role's trust policy must name the caller";
    }
    return Status::Source(message);
  }
  return ReadAnswer(result.answer.body, action);
}

}  // namespace

Result<Credentials> AssumeRole(const AssumeRoleRequest& request,
                               const Endpoint& sts, const Credentials& from,
                               HttpClient* client) {
  Form form;
  if (!request.external_id.empty()) form.Add("ExternalId", request.external_id);
  HttpSignature signature;
  signature.region = sts.signing_region;
  signature.service = "sts";
  signature.access_key_id = from.access_key_id.view();
  signature.secret_access_key = from.secret_access_key.view();
  signature.session_token = from.session_token.view();
  Result<Credentials> credentials = Call("AssumeRole", request, std::move(form),
                                         std::move(signature), sts, client);
  if (credentials.ok()) credentials->method = "assume-role";
  return credentials;
}

Result<Credentials> AssumeRoleWithWebIdentity(const AssumeRoleRequest& request,
                                              std::string_view token,
                                              const Endpoint& sts,
                                              HttpClient* client) {
  Form form;
  form.Add("WebIdentityToken", token);
  Result<Credentials> credentials =
      Call("AssumeRoleWithWebIdentity", request, std::move(form), std::nullopt,
           sts, client);
  if (credentials.ok()) credentials->method = "assume-role-with-web-identity";
  return credentials;
}

}  // namespace maskpipe::aws
