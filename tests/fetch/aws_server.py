"""A small AWS for tests: Secrets Manager, SSM, STS, SSO, container credentials
and instance metadata on one port of this machine.

    server = AwsServer()
    server.allow("AKIDEXAMPLE0000000000", "secret", token=None)
    server.put_secret("db/password", "hunter2")
    ... server.url, server.log ...
    server.stop()

It answers as AWS does and trusts nobody: every signed request is verified with
botocore's own signer, whose code is not ours, and refused as AWS refuses it.
Debian's awscli drives it, too (aws_wire_test.py), so that both ends of the
wire are judged by others.
"""

import base64
import collections
import datetime
import hmac
import http.server
import json
import ssl
import threading
import time
import urllib.parse
import uuid

import botocore.auth
import botocore.awsrequest
import botocore.credentials

ACCOUNT = "123456789012"
REGION = "eu-west-1"


class AwsError(Exception):
    """An error of AWS: type, HTTP status, words that no client may repeat."""

    def __init__(self, kind, message="", status=400):
        super().__init__(kind)
        self.kind, self.message, self.status = kind, message, status


class Secret:
    def __init__(self, name, region=REGION):
        self.name = name
        self.arn = "arn:aws:secretsmanager:%s:%s:secret:%s-%s" % (
            region, ACCOUNT, name, uuid.uuid4().hex[:6])
        self.versions = {}  # id -> value (str or bytes)
        self.stages = {}    # stage -> id

    def put(self, value, stages=("AWSCURRENT",), version=None):
        version = version or str(uuid.uuid4())
        self.versions[version] = value
        for stage in stages:
            if stage == "AWSCURRENT" and "AWSCURRENT" in self.stages:
                self.stages["AWSPREVIOUS"] = self.stages["AWSCURRENT"]
            self.stages[stage] = version
        return version

    def versions_to_stages(self):
        versions = {}
        for stage, version in self.stages.items():
            versions.setdefault(version, []).append(stage)
        return versions


class Parameter:
    def __init__(self, name, value, kind="String"):
        self.name, self.kind = name, kind
        self.values = [value]  # of its versions, from 1

    @property
    def version(self):
        return len(self.values)

    def wire(self, decrypt, version=None):
        version = version or self.version
        value = self.values[version - 1]
        if self.kind == "SecureString" and not decrypt:
            value = "AQICAH" + base64.b64encode(b"sealed").decode()
        return {"Name": self.name, "Type": self.kind, "Value": value,
                "Version": version,
                "ARN": "arn:aws:ssm:%s:%s:parameter/%s" % (
                    REGION, ACCOUNT, self.name.lstrip("/")),
                "DataType": "text"}


class AwsServer:
    def __init__(self, tls=None, host="127.0.0.1", port=0):
        self.keys = {}        # access key -> (secret key, token or None)
        self.secrets = collections.OrderedDict()
        self.parameters = collections.OrderedDict()
        self.denied = set()   # operations, or (operation, name)
        self.unknown = set()  # operations that this server lacks
        self.errors = {}      # name -> error type of getting it
        self.region = None    # if set, the only region of a signature
        self.page_size = None
        self.moto = False     # 404 for what is not found, "NextToken": null
        self.stages_listed = True
        self.delay = 0
        self.log = []         # Request
        self.refused = []     # error types of signatures that did not hold
        self.connections = 0
        self.busiest = 0      # most requests that were answered at a time
        self._busy = 0
        # STS
        self.roles = {}       # role arn -> {"external_id":, "trusts":}
        self.web_tokens = {}  # token -> role arn
        self.sessions = []    # what AssumeRole gave: (role, caller, keys)
        self.session_seconds = 3600
        # SSO
        self.sso_tokens = {}  # access token -> {(account, role)}
        self.sso_refresh = {}  # refresh token -> (client id, client secret)
        # Containers and instances
        self.container_token = None
        self.container_keys = None
        self.instance_role = None
        self.imds_tokens = set()
        self.imds_v1 = False  # knows no tokens, as old ones
        self.lock = threading.RLock()

        outer = self

        class Handler(_Handler):
            server_of_aws = outer

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def process_request(self, request, address):
                with outer.lock:
                    outer.connections += 1
                super().process_request(request, address)

            def handle_error(self, request, address):
                pass  # clients that a fault proxy cut off

        self._server = Server((host, port), Handler)
        self.port = self._server.server_address[1]
        self.tls = tls
        if tls is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True,
                do_handshake_on_connect=False)
        self.url = "%s://%s:%d" % ("https" if tls else "http", host, self.port)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    # --- What tests set up ---------------------------------------------------

    def allow(self, access_key, secret_key, token=None):
        self.keys[access_key] = (secret_key, token)

    def put_secret(self, name, value, **more):
        secret = self.secrets.setdefault(name, Secret(name))
        return secret.put(value, **more)

    def put_parameter(self, name, value, kind="SecureString"):
        """A new parameter, or a new version of an old one."""
        if name in self.parameters:
            self.parameters[name].values.append(value)
        else:
            self.parameters[name] = Parameter(name, value, kind)

    def count(self, operation):
        return sum(1 for r in self.log if r["operation"] == operation)

    def issue(self, role, caller):
        """Fresh session keys for a role."""
        number = len(self.sessions)
        keys = {"AccessKeyId": "ASIASESSION%09d" % number,
                "SecretAccessKey": "issued-secret-key-%022d" % number,
                "SessionToken": "issued/session+token==" + "x" * 300 +
                                "%d" % number,
                "Expiration": (datetime.datetime.utcnow() + datetime.timedelta(
                    seconds=self.session_seconds)
                    ).strftime("%Y-%m-%dT%H:%M:%SZ")}
        self.allow(keys["AccessKeyId"], keys["SecretAccessKey"],
                   keys["SessionToken"])
        self.sessions.append((role, caller, keys))
        return keys

    # --- Who asks ------------------------------------------------------------

    def verify(self, method, path, headers, body, service):
        """The access key of a request that botocore would sign likewise."""
        given = headers.get("Authorization") or ""
        if not given:
            raise AwsError("MissingAuthenticationTokenException",
                           "Missing Authentication Token", 403)
        algorithm, _, rest = given.partition(" ")
        fields = dict(f.strip().split("=", 1) for f in rest.split(","))
        if algorithm != "AWS4-HMAC-SHA256":
            raise AwsError("IncompleteSignatureException", given, 403)
        access_key, date, region, name, end = fields["Credential"].split("/")
        stamp = headers.get("X-Amz-Date") or ""
        if headers.get_all("X-Amz-Date") != [stamp] or end != "aws4_request":
            raise AwsError("IncompleteSignatureException", given, 403)
        if access_key not in self.keys:
            raise AwsError("UnrecognizedClientException",
                           "The security token " + given + " is invalid.", 403)
        secret_key, token = self.keys[access_key]
        if (headers.get("X-Amz-Security-Token") or None) != token:
            raise AwsError("UnrecognizedClientException", given, 403)
        if name != service or (self.region and region != self.region):
            raise AwsError("SignatureDoesNotMatch",
                           "Credential should be scoped to a valid region "
                           "and service: " + given, 403)
        signed = fields["SignedHeaders"].split(";")
        must = {"host"} | {h.lower() for h in headers
                           if h.lower().startswith("x-amz-")}
        if not must <= set(signed) or any(h not in headers for h in signed):
            raise AwsError("SignatureDoesNotMatch", given, 403)
        request = botocore.awsrequest.AWSRequest(
            method=method, url="http://%s%s" % (headers["Host"], path),
            data=body, headers={h: headers[h] for h in signed})
        request.context["timestamp"] = stamp
        signer = botocore.auth.SigV4Auth(
            botocore.credentials.Credentials(access_key, secret_key, token),
            name, region)
        if not stamp.startswith(date):
            raise AwsError("SignatureDoesNotMatch", given, 403)
        text = signer.string_to_sign(request, signer.canonical_request(request))
        if not hmac.compare_digest(signer.signature(text, request),
                                   fields["Signature"]):
            raise AwsError("SignatureDoesNotMatch",
                           "The canonical string should have been " + text +
                           " " + given, 403)
        then = datetime.datetime.strptime(stamp, "%Y%m%dT%H%M%SZ")
        if abs((datetime.datetime.utcnow() - then).total_seconds()) > 300:
            raise AwsError("RequestExpired", given, 403)
        return access_key

    # --- Secrets Manager ------------------------------------------------------

    def _secret(self, secret_id):
        for secret in self.secrets.values():
            if secret_id in (secret.name, secret.arn, secret.arn[:-7]):
                return secret
        raise self._not_found("ResourceNotFoundException",
                              "Secrets Manager can't find " + secret_id)

    def _not_found(self, kind, message):
        return AwsError(kind, message, 404 if self.moto else 400)

    def _page(self, items, body, most):
        """A page of items, and the answer's NextToken, as they come."""
        size = min(int(body.get("MaxResults") or most), most)
        size = min(size, self.page_size or most)
        begin = 0
        token = body.get("NextToken")
        if token:
            try:
                begin = int(base64.b64decode(token).decode().split(":")[1])
            except (ValueError, IndexError):
                raise AwsError("InvalidNextTokenException", token)
        page = items[begin:begin + size]
        more = {}
        if begin + size < len(items):
            more["NextToken"] = base64.b64encode(
                b"page:%d" % (begin + size)).decode()
        elif self.moto:
            more["NextToken"] = None
        return page, more

    def secretsmanager_ListSecrets(self, body):
        if int(body.get("MaxResults", 1)) > 100:
            raise AwsError("ValidationException", "MaxResults")
        found = list(self.secrets.values())
        for f in body.get("Filters", []):
            if f["Key"] != "name":
                raise AwsError("InvalidParameterException", f["Key"])
            found = [s for s in found
                     if any(s.name.startswith(v) for v in f["Values"])]
        page, more = self._page(found, body, 100)
        entries = []
        for s in page:
            entry = {"ARN": s.arn, "Name": s.name, "CreatedDate": 1.0}
            if self.stages_listed:
                entry["SecretVersionsToStages"] = s.versions_to_stages()
            entries.append(entry)
        return dict(SecretList=entries, **more)

    def _value(self, secret, version):
        value = secret.versions[version]
        answer = {"ARN": secret.arn, "Name": secret.name, "VersionId": version,
                  "VersionStages": secret.versions_to_stages().get(version, []),
                  "CreatedDate": 1.0}
        if isinstance(value, bytes):
            answer["SecretBinary"] = base64.b64encode(value).decode()
        else:
            answer["SecretString"] = value
        return answer

    def _get(self, body, operation):
        secret = self._secret(body["SecretId"])
        if (operation, secret.name) in self.denied:
            raise AwsError("AccessDeniedException", "not authorized: " +
                           secret.name)
        if secret.name in self.errors:
            raise AwsError(self.errors[secret.name], secret.name)
        version = body.get("VersionId")
        if version is None:
            stage = body.get("VersionStage", "AWSCURRENT")
            version = secret.stages.get(stage)
        if version not in secret.versions:
            raise self._not_found("ResourceNotFoundException",
                                  "can't find the specified secret value")
        return self._value(secret, version)

    def secretsmanager_GetSecretValue(self, body):
        return self._get(body, "GetSecretValue")

    def secretsmanager_BatchGetSecretValue(self, body):
        ids = body["SecretIdList"]
        if not 1 <= len(ids) <= 20:
            raise AwsError("ValidationException", "SecretIdList")
        values, errors = [], []
        for secret_id in ids:
            try:
                values.append(self._get({"SecretId": secret_id},
                                        "GetSecretValue"))
            except AwsError as e:
                errors.append({"SecretId": secret_id, "ErrorCode": e.kind,
                               "Message": e.message})
        values.reverse()  # no order is promised
        return {"SecretValues": values, "Errors": errors}

    def secretsmanager_CreateSecret(self, body):
        if body["Name"] in self.secrets:
            raise AwsError("ResourceExistsException", body["Name"])
        secret = self.secrets[body["Name"]] = Secret(body["Name"])
        answer = {"ARN": secret.arn, "Name": secret.name}
        if "SecretString" in body or "SecretBinary" in body:
            answer["VersionId"] = self._put(secret, body)
        return answer

    def _put(self, secret, body):
        value = body.get("SecretString")
        if value is None:
            value = base64.b64decode(body["SecretBinary"])
        return secret.put(value,
                          tuple(body.get("VersionStages", ["AWSCURRENT"])),
                          body.get("ClientRequestToken"))

    def secretsmanager_PutSecretValue(self, body):
        secret = self._secret(body["SecretId"])
        version = self._put(secret, body)
        return {"ARN": secret.arn, "Name": secret.name, "VersionId": version,
                "VersionStages": secret.versions_to_stages().get(version, [])}

    def secretsmanager_DescribeSecret(self, body):
        secret = self._secret(body["SecretId"])
        return {"ARN": secret.arn, "Name": secret.name,
                "VersionIdsToStages": secret.versions_to_stages()}

    # --- Systems Manager ------------------------------------------------------

    def _parameter(self, name, decrypt, operation):
        if name not in self.parameters:
            raise self._not_found("ParameterNotFound", name)
        if (operation, name) in self.denied:
            raise AwsError("AccessDeniedException", name)
        if decrypt and name in self.errors:
            raise AwsError(self.errors[name], name)
        return self.parameters[name].wire(decrypt)

    def ssm_PutParameter(self, body):
        old = self.parameters.get(body["Name"])
        if old and not body.get("Overwrite"):
            raise AwsError("ParameterAlreadyExists", body["Name"])
        self.put_parameter(body["Name"], body["Value"],
                           body.get("Type", "String"))
        return {"Version": self.parameters[body["Name"]].version,
                "Tier": "Standard"}

    def ssm_GetParameter(self, body):
        return {"Parameter": self._parameter(
            body["Name"], body.get("WithDecryption"), "GetParameter")}

    def ssm_GetParameters(self, body):
        if not 1 <= len(body["Names"]) <= 10:
            raise AwsError("ValidationException", "Names")
        found, invalid = [], []
        for name in body["Names"]:
            if name in self.parameters:
                found.append(self._parameter(
                    name, body.get("WithDecryption"), "GetParameter"))
            else:
                invalid.append(name)
        return {"Parameters": found, "InvalidParameters": invalid}

    def ssm_GetParametersByPath(self, body):
        path = body["Path"]
        if not path.startswith("/") or int(body.get("MaxResults", 10)) > 10:
            raise AwsError("ValidationException", path)
        below = path.rstrip("/") + "/"
        found = []
        for p in sorted(self.parameters.values(), key=lambda p: p.name):
            name = p.name if p.name.startswith("/") else "/" + p.name
            if not name.startswith(below):
                continue
            if not body.get("Recursive") and "/" in name[len(below):]:
                continue
            found.append(p)
        page, more = self._page(found, body, 10)
        return dict(Parameters=[
            self._parameter(p.name, body.get("WithDecryption"),
                            "GetParametersByPath") for p in page], **more)

    def ssm_GetParameterHistory(self, body):
        if int(body.get("MaxResults", 50)) > 50:
            raise AwsError("ValidationException", "MaxResults")
        # For what the newest version is refused, the others are, too.
        self._parameter(body["Name"], body.get("WithDecryption"),
                        "GetParameterHistory")
        parameter = self.parameters[body["Name"]]
        page, more = self._page(list(range(1, parameter.version + 1)), body, 50)
        return dict(Parameters=[
            parameter.wire(body.get("WithDecryption"), version)
            for version in page], **more)

    # --- STS ------------------------------------------------------------------

    def sts(self, form, caller):
        action = form["Action"]
        if form.get("Version") != "2011-06-15":
            raise AwsError("InvalidAction", action)
        if action == "GetCallerIdentity":
            return ("<Arn>arn:aws:iam::%s:user/%s</Arn><UserId>AIDA</UserId>"
                    "<Account>%s</Account>" % (ACCOUNT, caller, ACCOUNT))
        if action == "AssumeRole":
            role = self.roles.get(form["RoleArn"])
            if role is None or not form.get("RoleSessionName"):
                raise AwsError("AccessDenied", form["RoleArn"], 403)
            if role.get("external_id") != form.get("ExternalId"):
                raise AwsError("AccessDenied", form["RoleArn"], 403)
            trusts = role.get("trusts")
            if trusts is not None and caller not in trusts:
                raise AwsError("AccessDenied", caller, 403)
        elif action == "AssumeRoleWithWebIdentity":
            if self.web_tokens.get(form["WebIdentityToken"]) != form["RoleArn"]:
                raise AwsError("InvalidIdentityToken", form["WebIdentityToken"])
        else:
            raise AwsError("InvalidAction", action)
        keys = self.issue(form["RoleArn"], caller)
        return ("<Credentials>%s</Credentials><AssumedRoleUser>"
                "<AssumedRoleId>AROA:%s</AssumedRoleId><Arn>%s</Arn>"
                "</AssumedRoleUser>" % (
                    "".join("<%s>%s</%s>" % (k, v, k)
                            for k, v in keys.items()),
                    form["RoleSessionName"], form["RoleArn"]))

    # --- SSO, containers, instances -------------------------------------------

    def sso_credentials(self, query, token):
        wanted = (query.get("account_id"), query.get("role_name"))
        if token not in self.sso_tokens:
            raise AwsError("UnauthorizedException", "Session token " +
                           str(token) + " not found or invalid", 401)
        if wanted not in self.sso_tokens[token]:
            raise AwsError("ForbiddenException", "No access", 403)
        keys = self.issue("sso:%s:%s" % wanted, token)
        expires = datetime.datetime.strptime(
            keys["Expiration"], "%Y-%m-%dT%H:%M:%SZ").replace(
                tzinfo=datetime.timezone.utc).timestamp()
        return {"roleCredentials": {
            "accessKeyId": keys["AccessKeyId"],
            "secretAccessKey": keys["SecretAccessKey"],
            "sessionToken": keys["SessionToken"],
            "expiration": int(expires * 1000)}}

    def oidc_token(self, body):
        client = self.sso_refresh.get(body.get("refreshToken"))
        if body.get("grantType") != "refresh_token" or client is None or \
                client != (body.get("clientId"), body.get("clientSecret")):
            raise AwsError("InvalidGrantException", json.dumps(body), 400)
        old = self.sso_refresh.pop(body["refreshToken"])
        number = len(self.sso_tokens)
        token = "refreshed-access-token-%d" % number
        refresh = "refreshed-refresh-token-%d" % number
        self.sso_refresh[refresh] = old
        self.sso_tokens[token] = set().union(*self.sso_tokens.values())
        return {"accessToken": token, "expiresIn": 3600,
                "refreshToken": refresh, "tokenType": "Bearer"}


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_of_aws = None
    timeout = 60

    def log_message(self, *arguments):
        pass

    def setup(self):
        super().setup()
        self.connection.setsockopt(6, 1, 1)  # TCP_NODELAY

    def do_GET(self):
        self._handle("GET")

    def do_POST(self):
        self._handle("POST")

    def do_PUT(self):
        self._handle("PUT")

    def _handle(self, method):
        aws = self.server_of_aws
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path.startswith("http://"):  # we are asked as a proxy
            self.path = "/" + self.path[7:].partition("/")[2]
        with aws.lock:
            aws._busy += 1
            aws.busiest = max(aws.busiest, aws._busy)
        try:
            if aws.delay:
                time.sleep(aws.delay)
            self._dispatch(method, body)
        finally:
            with aws.lock:
                aws._busy -= 1

    def _record(self, operation, body):
        self.server_of_aws.log.append({
            "operation": operation, "body": body, "path": self.path,
            "headers": {k.lower(): v for k, v in self.headers.items()}})

    def _dispatch(self, method, body):
        path, _, query = self.path.partition("?")
        query = dict(urllib.parse.parse_qsl(query))
        target = self.headers.get("X-Amz-Target") or ""
        kind = self.headers.get("Content-Type") or ""
        try:
            if method == "POST" and target:
                self._json_call(target, body)
            elif method == "POST" and path == "/token":
                self._rest("CreateToken", body, lambda aws: aws.oidc_token(
                    json.loads(body)))
            elif method == "POST" and "form" in kind:
                self._query_call(body)
            elif path == "/federation/credentials":
                self._rest("GetRoleCredentials", body, lambda aws:
                           aws.sso_credentials(query, self.headers.get(
                               "x-amz-sso_bearer_token")))
            elif path.startswith("/latest/"):
                self._metadata(method, path)
            elif path.startswith("/credentials"):
                self._rest("ContainerCredentials", body, self._container)
            else:
                self._send(404, b"", "text/plain")
        except AwsError as e:
            self._send_error(e)

    def _json_call(self, target, raw):
        aws = self.server_of_aws
        prefix, _, operation = target.partition(".")
        service = {"secretsmanager": "secretsmanager",
                   "AmazonSSM": "ssm"}.get(prefix)
        body = json.loads(raw)
        with aws.lock:
            self._record(operation, body)
            try:
                aws.verify("POST", self.path, self.headers, raw, service)
            except AwsError as e:
                aws.refused.append(e.kind)
                raise
            method = getattr(aws, "%s_%s" % (service, operation), None)
            if operation in aws.unknown or method is None:
                # As LocalStack 1.4 says it.
                raise AwsError("InternalFailure",
                               "API action '%s' for service '%s' not yet "
                               "implemented" % (operation, service), 501)
            if operation in aws.denied:
                raise AwsError("AccessDeniedException",
                               "User is not authorized to perform " + operation)
            answer = json.dumps(method(body)).encode()
        self._send(200, answer, "application/x-amz-json-1.1")

    def _query_call(self, raw):
        aws = self.server_of_aws
        form = dict(urllib.parse.parse_qsl(raw.decode()))
        with aws.lock:
            self._record(form.get("Action"), form)
            try:
                caller = None
                if form.get("Action") != "AssumeRoleWithWebIdentity":
                    caller = aws.verify("POST", self.path, self.headers, raw,
                                        "sts")
                inner = aws.sts(form, caller)
            except AwsError as e:
                if e.kind.startswith(("Sign", "Incomplete", "Unrecog")):
                    aws.refused.append(e.kind)
                xml = ('<ErrorResponse xmlns="https://sts.amazonaws.com/doc/'
                       '2011-06-15/"><Error><Type>Sender</Type><Code>%s</Code>'
                       "<Message>%s</Message></Error><RequestId>r</RequestId>"
                       "</ErrorResponse>" % (e.kind, e.message))
                self._send(e.status, xml.encode(), "text/xml")
                return
        action = form["Action"]
        self._send(200, (
            '<%sResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
            "<%sResult>%s</%sResult><ResponseMetadata><RequestId>r</RequestId>"
            "</ResponseMetadata></%sResponse>" % (
                action, action, inner, action, action)).encode(), "text/xml")

    def _rest(self, operation, raw, answer):
        aws = self.server_of_aws
        with aws.lock:
            self._record(operation, raw)
            body = json.dumps(answer(aws)).encode()
        self._send(200, body, "application/json")

    def _container(self, aws):
        if aws.container_token is not None and \
                self.headers.get("Authorization") != aws.container_token:
            raise AwsError("AccessDenied", str(self.headers), 403)
        if aws.container_keys is not None:
            return aws.container_keys
        keys = aws.issue("container", None)
        return {"AccessKeyId": keys["AccessKeyId"],
                "SecretAccessKey": keys["SecretAccessKey"],
                "Token": keys["SessionToken"],
                "Expiration": keys["Expiration"],
                "RoleArn": "arn:aws:iam::%s:role/task" % ACCOUNT}

    def _metadata(self, method, path):
        aws = self.server_of_aws
        with aws.lock:
            self._record("IMDS " + path, b"")
            if aws.instance_role is None:
                self._send(404, b"", "text/plain")
                return
            if method == "PUT" and aws.imds_v1:
                self._send(404, b"", "text/plain")
                return
            if method == "PUT" and path == "/latest/api/token":
                if not self.headers.get("x-aws-ec2-metadata-token-ttl-seconds"):
                    self._send(400, b"", "text/plain")
                    return
                token = "imds-token-" + uuid.uuid4().hex
                aws.imds_tokens.add(token)
                self._send(200, token.encode(), "text/plain")
                return
            if not aws.imds_v1 and self.headers.get(
                    "x-aws-ec2-metadata-token") not in aws.imds_tokens:
                self._send(401, b"", "text/plain")
                return
            base = "/latest/meta-data/iam/security-credentials/"
            if path == base:
                self._send(200, aws.instance_role.encode(), "text/plain")
            elif path == base + aws.instance_role:
                keys = aws.issue("instance", None)
                self._send(200, json.dumps({
                    "Code": "Success", "Type": "AWS-HMAC",
                    "LastUpdated": "2026-01-01T00:00:00Z",
                    "AccessKeyId": keys["AccessKeyId"],
                    "SecretAccessKey": keys["SecretAccessKey"],
                    "Token": keys["SessionToken"],
                    "Expiration": keys["Expiration"]}).encode(), "text/plain")
            else:
                self._send(404, b"", "text/plain")

    def _send_error(self, error):
        body = json.dumps({"__type": "com.amazonaws#" + error.kind,
                           "Message": error.message}).encode()
        self._send(error.status, body, "application/x-amz-json-1.1",
                   error=error.kind)

    def _send(self, status, body, kind, error=None):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if error is not None and status == 404:
            self.send_header("X-Amzn-ErrorType", error + ":http://internal/")
        self.end_headers()
        self.wfile.write(body)
