"""Debian's botocore and we resolve the same AWS configuration.

The same files, environment and server go to botocore and to our resolver
(aws_config_probe); both must end with the same credentials from the same link
of the chain, with the same requests, or both with none. The table in
aws_judges.md says who judges which branch; a test below holds it against the
cases.

usage: AWS_CONFIG_PROBE=... /usr/bin/python3 aws_chain_test.py
"""

import hashlib
import json
import os
import re
import sys
import textwrap
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from aws_world import (ACCOUNT, KEY, ROLE, SECRET, START,  # noqa: E402
                       WorldCase, botocore_in, probe, static, when)
import dateutil.parser  # noqa: E402


def judged(world):
    try:
        with botocore_in(world) as session:
            session.get_scoped_config()  # as create_client: is there a profile?
            credentials = session.get_credentials()
            if credentials is None:
                return {"error": "no credentials"}
            frozen = credentials.get_frozen_credentials()
            expiry = getattr(credentials, "_expiry_time", None)
            return {"access_key": frozen.access_key,
                    "secret_key": frozen.secret_key,
                    "token": frozen.token or None,
                    "method": credentials.method,
                    "expiry": expiry and expiry.timestamp()}
    except Exception as e:  # whatever it is, botocore has no credentials
        return {"error": "%s: %s" % (type(e).__name__, e)}


def ours(world):
    answer = probe(world, "credentials=1")
    if "session" in answer:
        return answer["session"]
    resolved = answer["credentials"][0]
    if resolved.get("expiry"):
        resolved["expiry"] = dateutil.parser.parse(
            resolved["expiry"]).timestamp()
    return resolved


def requests(server):
    """What was asked, without what differs from client to client."""
    out = []
    for r in server.log:
        body = r["body"]
        if isinstance(body, bytes):
            try:
                body = json.loads(body) if body else None
            except ValueError:
                body = body.decode()
        if isinstance(body, dict):
            body = dict(body)
            if re.match(r"(botocore-session|maskpipe)-\d+$",
                        body.get("RoleSessionName", "")):
                body["RoleSessionName"] = "made up"
        path = r["path"]
        if "?" in path:
            path = path.partition("?")[0] + "?" + "&".join(
                sorted(path.partition("?")[2].split("&")))
        headers = r["headers"]
        signed = re.search(r"Credential=(\S+?)/\d{8}/([^,]*),",
                           headers.get("authorization", ""))
        out.append((r["operation"], path, body,
                    signed.groups() if signed
                    else headers.get("authorization"),
                    headers.get("x-amz-security-token"),
                    headers.get("x-amz-sso_bearer_token"),
                    headers.get("x-aws-ec2-metadata-token-ttl-seconds")))
    return out


# --- The cases ----------------------------------------------------------------

CASES = []  # (branch, name, method or None, set-up)


def case(branch, method):
    """`method`: the link that botocore must find; None: no credentials."""
    def add(set_up):
        CASES.append((branch, set_up.__name__, method, set_up))
        return set_up
    return add


def env_keys(w, key="AKIAENVIRONMENT00001", secret="env-secret"):
    w.env.update(AWS_ACCESS_KEY_ID=key, AWS_SECRET_ACCESS_KEY=secret)
    w.server.allow(key, secret)


def instance(w):
    w.server.instance_role = "instance-role"


# environment

@case("environment", "env")
def keys_and_no_token(w):
    env_keys(w)


@case("environment", "env")
def security_token_before_session_token(w):
    env_keys(w)
    w.env.update(AWS_SECURITY_TOKEN="older-name", AWS_SESSION_TOKEN="newer")


@case("environment", "env")
def session_token_where_the_older_name_is_empty(w):
    env_keys(w)
    w.env.update(AWS_SECURITY_TOKEN="", AWS_SESSION_TOKEN="newer")


@case("environment", "env")
def expiration_ahead(w):
    env_keys(w)
    w.env["AWS_CREDENTIAL_EXPIRATION"] = when(hours=3)


@case("environment", None)
def expiration_past(w):
    env_keys(w)
    w.env["AWS_CREDENTIAL_EXPIRATION"] = when(hours=-1)


@case("environment", None)
def half_a_pair_is_an_error_and_nothing_later_is_asked(w):
    w.env["AWS_ACCESS_KEY_ID"] = KEY
    w.credentials(static("default"))


@case("environment", "shared-credentials-file")
def an_empty_key_counts_as_none(w):
    w.env.update(AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="x")
    w.credentials(static("default"))


@case("environment", "env")
def before_a_profile_of_AWS_PROFILE(w):
    env_keys(w)
    w.env["AWS_PROFILE"] = "etl"
    w.credentials(static("etl"))


@case("environment", "shared-credentials-file")
def not_before_a_profile_that_is_given(w):
    env_keys(w)
    w.options["profile"] = "etl"
    w.credentials(static("etl"))


@case("environment", None)
def not_with_a_profile_that_does_not_exist(w):
    env_keys(w)
    w.env["AWS_PROFILE"] = "nowhere"


# profiles and files

@case("profile", "shared-credentials-file")
def default_profile(w):
    w.credentials(static("default") + "aws_session_token = tok=en#;\n")


@case("profile", "shared-credentials-file")
def older_token_key_first(w):
    w.credentials(static("default") + "aws_session_token = b\n"
                  "aws_security_token = a\n")


@case("profile", "shared-credentials-file")
def AWS_DEFAULT_PROFILE_before_AWS_PROFILE(w):
    w.env.update(AWS_PROFILE="one", AWS_DEFAULT_PROFILE="two")
    w.credentials(static("one", "AKIAONE", "1") + static("two", "AKIATWO", "2"))


@case("profile", None)
def unknown_profile(w):
    w.env["AWS_PROFILE"] = "nowhere"
    w.credentials(static("default"))


@case("profile", None)
def a_given_default_must_exist(w):
    w.options["profile"] = "default"
    instance(w)


@case("profile", "config-file")
def keys_of_the_config_file(w):
    w.config(static("profile etl") + "aws_session_token=t\n")
    w.options["profile"] = "etl"


@case("profile", "config-file")
def quoted_profile_name(w):
    w.config(static('profile "two words"'))
    w.options["profile"] = "two words"


@case("profile", "config-file")
def default_as_profile_default_later_wins(w):
    w.config(static("default", "AKIAFIRST", "1") +
             static("profile default", "AKIASECOND", "2"))


@case("profile", None)
def a_section_without_profile_is_none_in_config(w):
    w.config(static("etl"))
    w.options["profile"] = "etl"


@case("profile", "shared-credentials-file")
def credentials_file_before_config_file(w):
    w.config(static("default", "AKIACONFIG", "config"))
    w.credentials(static("default"))


@case("profile", None)
def half_a_pair_in_the_credentials_file(w):
    w.config(static("default"))
    w.credentials("[default]\naws_access_key_id = %s\n" % KEY)


@case("profile", None)
def half_a_pair_in_the_config_file(w):
    w.config("[default]\naws_access_key_id = %s\n" % KEY)
    w.credentials("[default]\naws_secret_access_key = %s\n" % SECRET)


@case("profile", "shared-credentials-file")
def other_files_by_variable(w):
    w.env["AWS_SHARED_CREDENTIALS_FILE"] = "~/elsewhere/$WHICH/creds"
    w.env["WHICH"] = "here"
    w.env["AWS_CONFIG_FILE"] = "${HOME}/elsewhere/conf"
    w.write("elsewhere/here/creds", static("etl"))
    w.write("elsewhere/conf", "[profile etl]\nregion = us-west-2\n")
    w.env["AWS_PROFILE"] = "etl"


@case("profile", "iam-role")
def variables_set_to_nothing_mean_no_file(w):
    w.credentials(static("default"))
    w.env.update(AWS_CONFIG_FILE="", AWS_SHARED_CREDENTIALS_FILE="")
    instance(w)


@case("profile", None)
def a_broken_credentials_file(w):
    w.credentials("aws_access_key_id = %s\n" % KEY)


@case("profile", None)
def a_broken_config_file(w):
    w.config("[default]\nregion = a\nregion = b\n")
    w.credentials(static("default"))


# assume-role

def role(name, more=""):
    return ("[profile %s]\nrole_arn = %s%s\n" % (name, ROLE, name) +
            textwrap.dedent(more))


def trust(w, *names, **more):
    for name in names:
        w.server.roles[ROLE + name] = more
    w.server.allow(KEY, SECRET)


@case("assume-role, source_profile", "assume-role")
def of_static_keys(w):
    trust(w, "etl")
    w.config(role("etl", "source_profile = base\n"))
    w.credentials(static("base"))
    w.options["profile"] = "etl"


@case("assume-role, source_profile", "assume-role")
def with_external_id_session_name_and_duration(w):
    trust(w, "etl", external_id="ex/ternal id+1")
    w.config(role("etl", """\
        source_profile = base
        external_id = ex/ternal id+1
        role_session_name = nightly@etl
        duration_seconds = 1800
    """))
    w.credentials(static("base"))
    w.options["profile"] = "etl"


@case("assume-role, source_profile", "assume-role")
def a_duration_that_is_no_number_is_ignored(w):
    trust(w, "etl")
    w.config(role("etl", "source_profile=base\nduration_seconds=1h\n"))
    w.credentials(static("base"))
    w.options["profile"] = "etl"


@case("assume-role, source_profile", None)
def not_trusted(w):
    trust(w, "etl", external_id="needed")
    w.config(role("etl", "source_profile = base\n"))
    w.credentials(static("base"))
    w.options["profile"] = "etl"


@case("assume-role, source_profile", "assume-role")
def role_of_a_profile_that_names_itself(w):
    trust(w, "etl")
    w.config(role("etl", "source_profile = etl\n"))
    w.credentials(static("etl"))
    w.options["profile"] = "etl"


@case("assume-role, source_profile", None)
def itself_without_keys(w):
    w.config(role("etl", "source_profile = etl\n"))
    w.options["profile"] = "etl"


@case("assume-role, source_profile", "assume-role")
def static_keys_of_the_source_before_its_role(w):
    trust(w, "etl")
    w.config(role("etl", "source_profile = base\n") +
             role("base", "source_profile = nowhere\n"))
    w.credentials(static("base"))
    w.options["profile"] = "etl"


@case("assume-role, source_profile", "assume-role")
def before_static_keys_of_the_same_profile(w):
    trust(w, "etl")
    w.config(role("etl", "source_profile = base\n"))
    w.credentials(static("etl", "AKIAUNUSED", "x") + static("base"))
    w.options["profile"] = "etl"


@case("assume-role, source_profile", "assume-role")
def of_keys_with_a_session_token(w):
    trust(w, "etl")
    w.server.allow(KEY, SECRET, "session/token+==")
    w.config(role("etl", "source_profile = base\n"))
    w.credentials(static("base") + "aws_session_token = session/token+==\n")
    w.options["profile"] = "etl"


@case("assume-role, source_profile", None)
def source_that_does_not_exist(w):
    w.config(role("etl", "source_profile = nowhere\n"))
    w.options["profile"] = "etl"


@case("assume-role, source_profile", None)
def source_without_credentials(w):
    w.config(role("etl", "source_profile = empty\n") +
             "[profile empty]\nregion = eu-west-1\n")
    instance(w)
    w.options["profile"] = "etl"


@case("assume-role, source_profile", None)
def neither_source(w):
    w.config(role("etl"))
    w.credentials(static("etl"))
    w.options["profile"] = "etl"


@case("assume-role, source_profile", None)
def both_sources(w):
    env_keys(w)
    trust(w, "etl")
    w.config(role("etl", """\
        source_profile = base
        credential_source = Environment
    """))
    w.credentials(static("base"))
    w.options["profile"] = "etl"


@case("assume-role, source_profile", None)
def with_mfa_nobody_can_type_a_code(w):
    trust(w, "etl")
    w.config(role("etl", "source_profile=base\nmfa_serial=arn:mfa\n"))
    w.credentials(static("base"))
    w.options["profile"] = "etl"


@case("assume-role, chains", "assume-role")
def of_three_roles(w):
    trust(w, "a", "b", "c")
    w.config(role("a", "source_profile = b\n") +
             role("b", "source_profile = c\nrole_session_name = middle\n") +
             role("c", "source_profile = base\n"))
    w.credentials(static("base"))
    w.options["profile"] = "a"


@case("assume-role, chains", None)
def in_a_circle(w):
    trust(w, "a", "b", "c")
    w.config(role("a", "source_profile = b\n") +
             role("b", "source_profile = c\n") +
             role("c", "source_profile = a\n"))
    w.options["profile"] = "a"


@case("assume-role, chains", None)
def a_source_that_names_itself(w):
    trust(w, "a", "b")
    w.config(role("a", "source_profile = b\n") +
             role("b", "source_profile = b\n"))
    w.options["profile"] = "a"


@case("assume-role, chains", "assume-role")
def of_a_process(w):
    trust(w, "etl")
    helper = w.script("helper", """\
        echo '{"Version": 1, "AccessKeyId": "%s", "SecretAccessKey": "%s"}'
    """ % (KEY, SECRET))
    w.config(role("etl", "source_profile = base\n") +
             "[profile base]\ncredential_process = %s\n" % helper)
    w.options["profile"] = "etl"


@case("assume-role, chains", "assume-role")
def of_a_web_identity(w):
    trust(w, "etl")
    w.write("token", "ey.web.token")
    w.server.web_tokens["ey.web.token"] = ROLE + "base"
    w.config(role("etl", "source_profile = base\n") +
             role("base", "web_identity_token_file = %s\n" % w.path("token")))
    w.options["profile"] = "etl"


@case("assume-role, chains", "assume-role")
def the_environment_does_not_hide_a_source_s_web_identity(w):
    trust(w, "etl")
    w.write("token", "ey.web.token")
    w.server.web_tokens["ey.web.token"] = ROLE + "base"
    w.env["AWS_WEB_IDENTITY_TOKEN_FILE"] = "/nonexistent"
    w.env["AWS_ROLE_ARN"] = ROLE + "other"
    w.config(role("etl", "source_profile = base\n") +
             role("base", "web_identity_token_file = %s\n" % w.path("token")))
    w.env["AWS_PROFILE"] = "etl"


@case("assume-role, credential_source", "assume-role")
def Environment(w):
    env_keys(w)
    trust(w, "etl")
    w.config(role("etl", "credential_source = Environment\n"))
    w.options["profile"] = "etl"


@case("assume-role, credential_source", None)
def Environment_that_has_none(w):
    w.config(role("etl", "credential_source = Environment\n"))
    w.options["profile"] = "etl"


@case("assume-role, credential_source", "assume-role")
def EcsContainer(w):
    trust(w, "etl")
    w.env["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = w.server.url + "/credentials"
    w.config(role("etl", "credential_source = EcsContainer\n"))
    w.options["profile"] = "etl"


@case("assume-role, credential_source", "assume-role")
def Ec2InstanceMetadata(w):
    trust(w, "etl")
    instance(w)
    w.config(role("etl", "credential_source = Ec2InstanceMetadata\n"))
    w.options["profile"] = "etl"


@case("assume-role, credential_source", None)
def in_another_case(w):
    env_keys(w)
    trust(w, "etl")
    w.config(role("etl", "credential_source = environment\n"))
    w.options["profile"] = "etl"


# web identity

@case("web identity", "assume-role-with-web-identity")
def of_the_environment(w):
    w.env["AWS_WEB_IDENTITY_TOKEN_FILE"] = w.write("token", "ey.web.token")
    w.env["AWS_ROLE_ARN"] = ROLE + "pod"
    w.server.web_tokens["ey.web.token"] = ROLE + "pod"


@case("web identity", "assume-role-with-web-identity")
def with_a_session_name(w):
    of_the_environment(w)
    w.env["AWS_ROLE_SESSION_NAME"] = "pod-7"


@case("web identity", "assume-role-with-web-identity")
def of_a_profile(w):
    w.write("token", "ey.web.token\n")
    w.server.web_tokens["ey.web.token\n"] = ROLE + "pod"
    w.config(role("pod", """\
        web_identity_token_file = %s
        role_session_name = from-profile
        source_profile = ignored
    """ % w.path("token")))
    w.options["profile"] = "pod"


@case("web identity", "assume-role-with-web-identity")
def before_static_keys(w):
    of_the_environment(w)
    w.credentials(static("default"))


@case("web identity", "assume-role-with-web-identity")
def the_environment_key_by_key_before_the_profile(w):
    w.write("token", "ey.web.token")
    w.server.web_tokens["ey.web.token"] = ROLE + "from-env"
    w.config(role("pod", "web_identity_token_file=%s\n" % w.path("token")))
    w.env.update(AWS_PROFILE="pod", AWS_ROLE_ARN=ROLE + "from-env")


@case("web identity", "shared-credentials-file")
def not_the_environment_s_with_a_given_profile(w):
    of_the_environment(w)
    w.credentials(static("etl"))
    w.options["profile"] = "etl"


@case("web identity", "shared-credentials-file")
def an_empty_variable_means_none(w):
    w.env["AWS_WEB_IDENTITY_TOKEN_FILE"] = ""
    w.credentials(static("default"))


@case("web identity", None)
def without_a_role(w):
    w.env["AWS_WEB_IDENTITY_TOKEN_FILE"] = w.write("token", "ey.web.token")
    w.credentials(static("default"))


@case("web identity", None)
def without_its_file(w):
    w.env["AWS_WEB_IDENTITY_TOKEN_FILE"] = "/nonexistent/token"
    w.env["AWS_ROLE_ARN"] = ROLE + "pod"
    w.credentials(static("default"))


@case("web identity", None)
def a_token_that_is_refused(w):
    of_the_environment(w)
    w.server.web_tokens.clear()


# SSO

SSO = """\
    [profile sso]
    sso_session = corp
    sso_account_id = %s
    sso_role_name = Reader
    [sso-session corp]
    sso_start_url = %s
    sso_region = eu-central-1
    sso_registration_scopes = sso:account:access
""" % (ACCOUNT, START)

LEGACY = """\
    [profile sso]
    sso_start_url = %s
    sso_region = eu-central-1
    sso_account_id = %s
    sso_role_name = Reader
""" % (START, ACCOUNT)


def sso(w, text=SSO):
    w.config(text)
    w.options["profile"] = "sso"


@case("SSO, sso-session", "sso")
def with_a_token_that_lasts(w):
    sso(w)
    w.sso_token("corp", hours=6)


@case("SSO, sso-session", "sso")
def a_token_near_its_end_is_refreshed(w):
    sso(w)
    w.sso_token("corp", refresh=True, minutes=5)


@case("SSO, sso-session", "sso")
def an_expired_token_is_refreshed(w):
    sso(w)
    w.sso_token("corp", refresh=True, hours=-2)


@case("SSO, sso-session", None)
def an_expired_token_without_refresh(w):
    sso(w)
    w.sso_token("corp", hours=-2)


@case("SSO, sso-session", None)
def an_expired_registration(w):
    sso(w)
    w.sso_token("corp", refresh=True, registration=when(days=-1), hours=-2)


@case("SSO, sso-session", "sso")
def a_refused_refresh_leaves_the_token_that_still_lasts(w):
    sso(w)
    w.sso_token("corp", refresh=True, minutes=5)
    w.server.sso_refresh.clear()


@case("SSO, sso-session", None)
def without_a_login(w):
    sso(w)


@case("SSO, sso-session", None)
def a_token_that_the_portal_refuses(w):
    sso(w)
    w.sso_token("corp", hours=6)
    w.server.sso_tokens.clear()


@case("SSO, sso-session", None)
def a_session_that_does_not_exist(w):
    sso(w, SSO.replace("[sso-session corp]", "[sso-session other]"))
    w.sso_token("corp", hours=6)


@case("SSO, sso-session", None)
def a_region_that_differs(w):
    sso(w, SSO.replace("sso_session = corp",
                       "sso_session = corp\n    sso_region = us-east-1"))
    w.sso_token("corp", hours=6)


@case("SSO, sso-session", "sso")
def before_keys_of_the_same_profile(w):
    sso(w)
    w.sso_token("corp", hours=6)
    w.credentials(static("sso"))


@case("SSO, legacy", "sso")
def legacy_token(w):
    sso(w, LEGACY)
    w.sso_token(START, hours=6)


@case("SSO, legacy", None)
def legacy_is_never_refreshed(w):
    sso(w, LEGACY)
    w.sso_token(START, refresh=True, hours=-1)
    w.server.sso_tokens.clear()


@case("SSO, legacy", None)
def one_key_alone_is_an_error(w):
    sso(w, "[profile sso]\nsso_account_id = %s\n" % ACCOUNT)
    w.credentials(static("sso"))


@case("SSO, legacy", "shared-credentials-file")
def a_start_url_alone_is_no_sso(w):
    sso(w, "[profile sso]\nsso_start_url = %s\n" % START)
    w.credentials(static("sso"))


@case("SSO, legacy", None)
def a_cache_file_that_is_no_token(w):
    sso(w, LEGACY)
    with open(w.sso_token(START, hours=6), "w") as f:
        f.write('{"startUrl": "x"}')


# process

def process(w, script, name="etl"):
    helper = w.script("helper", script)
    w.config("[profile %s]\ncredential_process = %s\n" % (name, helper))
    w.options["profile"] = name


PRINTS = """printf '%%s' '%s'\n"""


@case("credential_process", "custom-process")
def lasting_keys(w):
    process(w, PRINTS % json.dumps({
        "Version": 1, "AccessKeyId": KEY, "SecretAccessKey": SECRET}))


@case("credential_process", "custom-process")
def session_keys(w):
    process(w, PRINTS % json.dumps({
        "Version": 1, "AccessKeyId": KEY, "SecretAccessKey": SECRET,
        "SessionToken": "a token", "Expiration": when(hours=1)}))


@case("credential_process", "custom-process")
def null_means_none(w):
    process(w, PRINTS % json.dumps({
        "Version": 1, "AccessKeyId": KEY, "SecretAccessKey": SECRET,
        "SessionToken": None, "Expiration": None}))


@case("credential_process", None)
def keys_that_have_expired(w):
    process(w, PRINTS % json.dumps({
        "Version": 1, "AccessKeyId": KEY, "SecretAccessKey": SECRET,
        "SessionToken": "t", "Expiration": when(hours=-1)}))


@case("credential_process", None)
def another_version(w):
    process(w, PRINTS % json.dumps({
        "Version": 2, "AccessKeyId": KEY, "SecretAccessKey": SECRET}))


@case("credential_process", None)
def a_version_in_quotes(w):
    process(w, PRINTS % json.dumps({
        "Version": "1", "AccessKeyId": KEY, "SecretAccessKey": SECRET}))


@case("credential_process", None)
def without_a_key(w):
    process(w, PRINTS % json.dumps({"Version": 1, "AccessKeyId": KEY}))


@case("credential_process", None)
def that_prints_no_json(w):
    process(w, "echo nothing")


@case("credential_process", None)
def that_fails(w):
    process(w, "echo 'Version: 1'; exit 3")


@case("credential_process", None)
def that_does_not_exist(w):
    w.config("[default]\ncredential_process = /nonexistent/helper\n")
    instance(w)


@case("credential_process", "custom-process")
def with_quoted_arguments_and_no_shell(w):
    helper = w.script("a helper", """\
        test "$#" = 4 && test "$2" = '$HOME;*' && test "$4" = '' || exit 9
        printf '{"Version": 1, "AccessKeyId": "%s", "SecretAccessKey": "%s"}' \\
               "$1" "$3"
    """)
    w.config("[profile etl]\ncredential_process = '%s' \"AKIA KEY\" $HOME;* "
             "sec\\ ret ''\n" % helper)
    w.options["profile"] = "etl"


@case("credential_process", "shared-credentials-file")
def behind_the_credentials_file(w):
    process(w, "exit 1")
    w.credentials(static("etl"))


@case("credential_process", "custom-process")
def before_the_config_file_s_keys(w):
    helper = w.script("helper", PRINTS % json.dumps({
        "Version": 1, "AccessKeyId": "AKIAPROCESS",
        "SecretAccessKey": "process"}))
    w.config(static("default") + "credential_process = %s\n" % helper)


@case("credential_process", "custom-process")
def in_the_credentials_file(w):
    helper = w.script("helper", PRINTS % json.dumps({
        "Version": 1, "AccessKeyId": "AKIAPROCESS",
        "SecretAccessKey": "process"}))
    w.credentials("[default]\ncredential_process = %s\n" % helper)


# legacy files

@case("AWS_CREDENTIAL_FILE", "ec2-credentials-file")
def of_the_ec2_tools(w):
    w.env["AWS_CREDENTIAL_FILE"] = "~/ec2"
    w.write("ec2", "AWSAccessKeyId=%s\nAWSSecretKey = a=b \nother\n" % KEY)


@case("AWS_CREDENTIAL_FILE", None)
def without_its_secret(w):
    w.env["AWS_CREDENTIAL_FILE"] = w.write("ec2", "AWSAccessKeyId=%s\n" % KEY)


@case("AWS_CREDENTIAL_FILE", None)
def that_is_not_there(w):
    w.env["AWS_CREDENTIAL_FILE"] = "/nonexistent/ec2"


@case("boto.cfg", "boto-config")
def at_home(w):
    w.write(".boto", static("Credentials"))


@case("boto.cfg", "boto-config")
def by_variable(w):
    w.env["BOTO_CONFIG"] = w.write("b", static("Credentials"))
    w.write(".boto", static("Credentials", "AKIAUNUSED", "x"))


@case("boto.cfg", None)
def with_half_a_pair(w):
    w.write(".boto", "[Credentials]\naws_access_key_id = x\n")


# container

def container(w, path="/credentials"):
    w.env["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = w.server.url + path


@case("container, full URI", "container-role")
def of_loopback(w):
    container(w)


@case("container, full URI", "container-role")
def of_localhost_with_a_token(w):
    container(w)
    w.env["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = (
        "http://LOCALHOST:%d/credentials?a=b" % w.server.port)
    w.env["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "Basic abc"
    w.server.container_token = "Basic abc"


@case("container, full URI", None)
def with_a_token_that_is_wrong(w):
    container(w)
    w.env["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "Basic abd"
    w.server.container_token = "Basic abc"
    instance(w)


@case("container, full URI", None)
def of_a_host_that_may_not_be_asked(w):
    w.env["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://169.254.170.9/c"
    instance(w)


@case("container, full URI", None)
def of_a_host_that_only_begins_like_loopback(w):
    w.env["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = (
        "http://127.0.0.1.example.invalid/c")


@case("container, full URI", None)
def of_a_host_behind_a_user(w):
    w.env["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = (
        "http://127.0.0.1@example.invalid/c")


@case("container, full URI", None)
def without_all_keys(w):
    container(w)
    w.server.container_keys = {"AccessKeyId": KEY, "SecretAccessKey": SECRET}
    instance(w)


@case("container, full URI", "container-role")
def before_the_instance(w):
    container(w)
    instance(w)


@case("container, full URI", "shared-credentials-file")
def behind_every_file(w):
    container(w)
    w.credentials(static("default"))


# instance metadata

@case("instance metadata", "iam-role")
def at_last(w):
    instance(w)


@case("instance metadata", "iam-role")
def of_version_1(w):
    instance(w)
    w.server.imds_v1 = True


@case("instance metadata", None)
def without_a_role_of_the_instance(w):
    pass


@case("instance metadata", None)
def switched_off(w):
    instance(w)
    w.env["AWS_EC2_METADATA_DISABLED"] = "True"


@case("instance metadata", "iam-role")
def endpoint_of_the_profile(w):
    instance(w)
    del w.env["AWS_EC2_METADATA_SERVICE_ENDPOINT"]
    w.config("[default]\nec2_metadata_service_endpoint = %s/\n" % w.server.url)


@case("instance metadata", None)
def a_mode_that_is_none(w):
    instance(w)
    w.env["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"] = "ipv5"


@case("instance metadata", None)
def attempts_that_are_no_number(w):
    instance(w)
    w.env["AWS_METADATA_SERVICE_NUM_ATTEMPTS"] = "many"


class SameCredentials(WorldCase):
    longMessage = True

    def both(self, set_up):
        """Each in a world of its own, so that a refresh is done twice."""
        results = []
        for resolve in (judged, ours):
            world = self.world()
            set_up(world)
            resolved = resolve(world)
            results.append((resolved, requests(world.server),
                            world.server.refused))
        return results


def add_case(branch, name, method, set_up):
    label = re.sub(r"\W+", "_", "%s %s" % (branch, name))

    def test(self):
        (theirs, asked, _), (mine, asked_by_us, refused) = self.both(set_up)
        if method is None:
            self.assertIn("error", theirs)
            self.assertIn("error", mine)
            if os.environ.get("SHOW"):
                print(label, theirs["error"], "|", mine["error"], sep="\n   ")
            for secret in (KEY, SECRET, "token-1", "secret-1", "ey.web"):
                self.assertNotIn(secret, mine["error"])
            return
        self.assertEqual(theirs.get("method"), method, theirs)
        ends = [result.pop("expiry", None) for result in (theirs, mine)]
        self.assertEqual(ends[0] is None, ends[1] is None)
        # botocore adds a random time to an instance's, and forgets SSO's.
        if ends[0] is not None and method not in ("iam-role", "sso"):
            self.assertAlmostEqual(*ends, delta=30)
        self.assertEqual(theirs, mine)
        self.assertEqual([r[0] for r in asked], [r[0] for r in asked_by_us])
        self.assertEqual(asked, asked_by_us)
        self.assertEqual(refused, [])
    setattr(SameCredentials, "test_" + label, test)


for one in CASES:
    add_case(*one)


class Judges(unittest.TestCase):
    def test_every_branch_of_the_table_has_cases_and_every_case_a_branch(self):
        with open(os.path.join(os.path.dirname(os.path.abspath(__file__)),
                               "aws_judges.md")) as f:
            text = f.read()
        chain = text.split("## The credential chain")[1].split("\n## ")[0]
        rows = re.findall(r"^\| ([^|]+) \| ([BJP]) \|", chain, re.M)
        elsewhere = {"container, relative URI"}  # aws_container_test.py
        self.assertEqual({branch for branch, *_ in CASES} | elsewhere,
                         {branch for branch, _ in rows})
        self.assertEqual({"B"}, {judge for _, judge in rows})
        for branch in {b for b, *_ in CASES}:
            methods = {m for b, _, m, _ in CASES if b == branch}
            self.assertIn(None, methods, branch)
            self.assertGreater(len(methods), 1, branch)


if __name__ == "__main__":
    unittest.main(warnings="ignore")  # botocore leaves its sockets open
