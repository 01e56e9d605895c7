"""The files of src/deploy: read by the programs that will read them, or held
against their schema, and their commands run here, outside of containers.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "fetch"))

from aws_case import AwsCase, binary, main  # noqa: E402
from maskpipe_cli import REPOSITORY, SECONDS  # noqa: E402

try:
    import kubernetes.client as k8s
    import yaml
except ImportError as e:
    print("SKIPPED: a Python package is not installed: %s" % e)
    sys.exit(77)

DEPLOY = os.path.join(REPOSITORY, "src/deploy")
QUOTES = "‘’“”–—"


def text_of(name):
    with open(os.path.join(DEPLOY, name), encoding="utf-8") as f:
        return f.read()


def dotenv(text):
    return dict(line.split("=", 1) for line in text.splitlines()
                if line and not line.startswith("#"))


class DeployCase(AwsCase):
    def needs(self, *programs):
        for program in programs:
            if shutil.which(program) is None:
                self.skipTest("SKIPPED: %s is not installed" % program)

    def output_of(self, *command, **more):
        done = subprocess.run(command, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=3 * SECONDS,
                              **more)
        self.assertEqual(done.returncode, 0, done.stdout.decode())
        return done.stdout.decode()

    def here(self, command, script):
        """A container's command with our programs in place of its."""
        entry = self.file("entrypoint", "#!/bin/sh\n" + script, 0o700)
        init = self.file("init", '#!/bin/sh\n[ "$1" = -- ] && shift\n'
                         'exec "$@"\n', 0o700)
        places = {"/mask/maskpipe": binary(), "/usr/bin/dumb-init": init,
                  "tini": init, "/entrypoint": entry}
        self.assertEqual(command[0], "/mask/maskpipe")
        self.assertLessEqual({"run", "--", "/entrypoint"}, set(command))
        return [places.get(word, word) for word in command]

    def run_masked(self, command, env):
        return self.output_of(*command, env=self.environment(env))

    def of_this_server(self, text):
        return re.sub(r"http://localstack:4566", self.aws.url, text)


class Text(DeployCase):
    def test_no_file_has_typographic_quotes_where_a_program_reads_them(self):
        seen = 0
        for folder, _, names in os.walk(DEPLOY):
            for name in names:
                text = text_of(os.path.join(folder, name))
                seen += 1
                self.assertFalse(set(text) & set(QUOTES), name)
        self.assertGreater(seen, 15)

    def test_shell_is_well_formed(self):
        script = os.path.join(DEPLOY, "airflow/localstack/secrets.sh")
        self.output_of("bash", "-n", script)
        self.assertTrue(os.access(script, os.X_OK), "LocalStack skips it")
        if shutil.which("shellcheck"):
            self.output_of("shellcheck", script)


class Dockerfile(DeployCase):
    def setUp(self):
        super().setUp()
        text = re.sub(r"^#.*\n", "", text_of("docker/Dockerfile"), flags=re.M)
        lines = text.replace("\\\n", " ").splitlines()
        self.steps = [line.split(None, 1) for line in lines if line.strip()]

    def arguments(self, instruction):
        return [step[1] for step in self.steps if step[0] == instruction]

    def commands(self):
        """Of all RUN steps, one by one."""
        return [shlex.split(c) for step in self.arguments("RUN")
                for c in step.split("&&")]

    def test_every_instruction_is_one(self):
        known = {"FROM", "RUN", "WORKDIR", "COPY", "USER", "ENTRYPOINT", "CMD"}
        self.assertLessEqual({step[0] for step in self.steps}, known)
        self.assertEqual(self.steps[0][0], "FROM")
        for step in self.arguments("ENTRYPOINT") + self.arguments("CMD"):
            self.assertIsInstance(json.loads(step), list)
        for step in self.arguments("RUN"):
            self.output_of("sh", "-n", "-c", step)

    def test_it_ends_in_an_empty_image_and_not_as_root(self):
        froms = self.arguments("FROM")
        self.assertEqual(froms[-1], "scratch")
        user = self.arguments("USER")[-1]
        self.assertTrue(re.fullmatch(r"[1-9]\d*:[1-9]\d*", user), user)
        stages = {f.split(" AS ")[1] for f in froms if " AS " in f}
        for copy in self.arguments("COPY"):
            for stage in re.findall(r"--from=(\S+)", copy):
                self.assertIn(stage, stages)

    def test_what_it_copies_is_there_and_not_ignored(self):
        ignored = text_of("docker/Dockerfile.dockerignore").split()
        for copy in self.arguments("COPY"):
            words = copy.split()
            if words[0].startswith("--from"):
                continue
            for source in words[:-1]:
                self.assertTrue(os.path.exists(os.path.join(REPOSITORY,
                                                            source)), source)
                self.assertIn("!" + source, ignored)

    def test_it_installs_what_the_tests_install(self):
        with open(os.path.join(REPOSITORY, "tests/run.sh")) as f:
            listed = re.search(r"^packages=\((.*?)\)", f.read(),
                               re.M | re.S).group(1).split()
        packages = next(c for c in self.commands() if c[:2] == ["apt-get",
                                                                "install"])
        packages = {p for p in packages[2:] if not p.startswith("-")}
        self.assertLessEqual(packages, set(listed))

    def test_its_builds_can_be_configured_and_its_targets_exist(self):
        here = {"/build/static": self.path("static"),
                "/build/fetch": self.path("fetch")}
        options = set()
        for command in self.commands():
            if command[0] != "cmake":
                continue
            command = [here.get(word, word) for word in command]
            options |= {w for w in command if w.startswith("-DMASKPIPE")}
            if command[1] == "--build":
                command += ["--", "-n"]
            said = self.output_of(*command, cwd=REPOSITORY)
            self.assertNotIn("not used by the project", said)
            if command[1] == "--build":
                self.assertIn("Linking CXX executable", said)
        self.assertIn("-DMASKPIPE_STATIC=ON", options)

    def test_its_last_step_makes_the_image(self):
        fetch = os.path.join(os.path.dirname(binary()), "maskpipe-fetch")
        for name, program in (("static/maskpipe", binary()),
                              ("fetch/maskpipe-fetch", fetch)):
            if not os.path.exists(program):
                program = binary()  # a build without the fetcher
            os.makedirs(self.path("build/" + os.path.dirname(name)))
            shutil.copy(program, self.path("build/" + name))
        step = self.arguments("RUN")[-1]
        step = step.replace("/build/", self.path("build/"))
        step = step.replace("/image", self.path("image"))
        self.output_of("sh", "-e", "-c", step)
        image = self.path("image")
        self.assertEqual(sorted(os.listdir(image)),
                         ["maskpipe", "maskpipe-fetch.d"])
        entry = json.loads(self.arguments("ENTRYPOINT")[-1])
        arguments = json.loads(self.arguments("CMD")[-1])
        self.assertIn("maskpipe", self.output_of(image + entry[0], *arguments))


class Compose(DeployCase):
    """Airflow and LocalStack."""

    def config(self, *files):
        """As docker-compose understands it."""
        self.needs("docker-compose")
        said = self.output_of("docker-compose", *(
            word for f in files for word in ("-f", f)), "config",
            env=self.environment({"HOME": "/home/me"}))
        return yaml.safe_load(said)

    def setUp(self):
        super().setUp()
        self.compose = self.config(os.path.join(DEPLOY,
                                                "airflow/docker-compose.yaml"))

    def awslocal(self):
        """As LocalStack's, at our server."""
        self.needs("aws")
        self.file("bin/awslocal", '#!/bin/sh\nexec aws --endpoint-url %s "$@"\n'
                  % self.aws.url, 0o700)
        return {"PATH": self.path("bin") + ":" + os.environ["PATH"]}

    def make_secrets(self):
        self.output_of(os.path.join(DEPLOY, "airflow/localstack/secrets.sh"),
                       env=self.environment(self.awslocal()))

    def service(self, name):
        return self.compose["services"][name]

    def test_airflow_finds_what_the_script_makes(self):
        self.make_secrets()
        kwargs = json.loads(self.service("scheduler")["environment"][
            "AIRFLOW__SECRETS__BACKEND_KWARGS"])
        self.assertEqual(len(self.aws.secrets), 3)
        for name, secret in self.aws.secrets.items():
            self.assertTrue(name.startswith(kwargs["connections_prefix"] + "/"))
        self.assertIn("--region %s " % kwargs["region_name"],
                      text_of("airflow/localstack/secrets.sh"))
        check = self.service("localstack")["healthcheck"]["test"]
        self.assertEqual(check[0], "CMD-SHELL")
        self.output_of("sh", "-c", check[1],
                       env=self.environment(self.awslocal()))

    def test_what_waits_for_what(self):
        for name in ("scheduler", "webserver"):
            self.assertEqual(
                {k: v["condition"] for k, v in
                 self.service(name)["depends_on"].items()},
                {"maskpipe": "service_completed_successfully",
                 "localstack": "service_healthy",
                 "migrated": "service_completed_successfully"})

    def test_nothing_is_open_to_the_network_or_holds_docker_s_socket(self):
        text = text_of("airflow/docker-compose.yaml")
        for line in text.splitlines():
            if not line.lstrip().startswith("#"):
                self.assertNotIn("docker.sock", line)
        for service in self.compose["services"].values():
            for port in service.get("ports", []):
                self.assertTrue(str(port).startswith("127.0.0.1:"), port)

    def test_the_programs_come_by_the_volume(self):
        maskpipe = self.service("maskpipe")
        self.assertEqual(maskpipe["command"], ["install", "/mask"])
        os.mkdir(self.path("mask"))
        self.output_of(binary(), maskpipe["command"][0], self.path("mask"))
        self.assertTrue(os.access(self.path("mask/maskpipe"), os.X_OK))
        self.assertIn("maskpipe:/mask:rw", maskpipe["volumes"])
        self.assertIn("maskpipe:/mask:ro", self.service("scheduler")["volumes"])

    def test_the_log_of_the_scheduler_is_masked(self):
        self.make_secrets()
        scheduler = self.service("scheduler")
        env = {k: self.of_this_server(v)
               for k, v in scheduler["environment"].items()}
        self.aws.allow(env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"])
        # No PostgreSQL is here; its URL's password is masked all the same.
        env["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] = "airflow-db-not-allowed:"
        env["AIRFLOW_HOME"] = self.path("home")
        command = self.here(scheduler["entrypoint"] + scheduler["command"],
                            'echo "$1 W4rehouse-local 0rders-local $AWS_KEY"\n'
                            'echo "$AWS_SECRET_ACCESS_KEY"; '
                            'echo "$AIRFLOW__CORE__EXECUTOR Ev3nts-local" >&2')
        lines = self.run_masked(command, env).splitlines()
        self.assertEqual(sorted(lines), ["***", "LocalExecutor ***",
                                         "scheduler *** *** "])


class Astro(Compose):
    # What `astro dev start` puts the override on top of, in short.
    BASE = {"version": "3.9", "services": {
        name: {"image": "project:latest", "env_file": "env",
               "command": "bash -c 'airflow %s'" % name}
        for name in ("scheduler", "webserver", "triggerer")}}

    def setUp(self):
        super().setUp()
        self.env = dotenv(text_of("astro/.env"))
        base = self.file("base.yml", yaml.safe_dump(self.BASE))
        shutil.copy(os.path.join(DEPLOY, "astro/.env"), self.path("env"))
        self.compose = self.config(
            base, os.path.join(DEPLOY, "astro/docker-compose.override.yml"))

    def test_every_service_is_wrapped_and_keeps_its_command(self):
        for name in self.BASE["services"]:
            service = self.service(name)
            self.assertEqual(service["entrypoint"][:3],
                             ["/mask/maskpipe", "run", "--"])
            self.assertIn(name, str(service["command"]))
            self.assertEqual(service["environment"], self.env)

    def test_the_variables_name_the_mounted_files(self):
        mounts = dict(v.rsplit(":", 2)[:2] for v in
                      self.service("scheduler")["volumes"])
        self.assertEqual(mounts["/home/me/.aws"], "/home/astro/.aws")
        for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
            self.assertTrue(self.env[name].startswith("/home/astro/.aws/"))

    def test_the_log_of_the_scheduler_is_masked(self):
        self.aws.put_secret("airflow/variables/my_secret_var", "my-Secret-Val")
        self.aws.put_secret("airflow/connections/db", "pg://u:p%40ss-W@h/d")
        self.file(".aws/config", "[default]\nregion = eu-west-1\n")
        self.file(".aws/credentials", "[default]\naws_access_key_id = AKOTHER\n"
                  "aws_secret_access_key = oTHERsECRETkEY12345\n")
        self.aws.allow("AKOTHER", "oTHERsECRETkEY12345")
        env = {k: v.replace("/home/astro", self.dir)
               for k, v in self.env.items()}
        env.update(AWS_ENDPOINT_URL=self.aws.url, AWS_ACCESS_KEY_ID=None,
                   AWS_SECRET_ACCESS_KEY=None, AIRFLOW_HOME=self.path("home"))
        command = self.here(self.service("scheduler")["entrypoint"],
                            "echo my-Secret-Val p@ss-W oTHERsECRETkEY12345")
        self.assertEqual(self.run_masked(command, env), "*** *** ***\n")

    # Of the other file.
    test_airflow_finds_what_the_script_makes = None
    test_what_waits_for_what = None
    test_nothing_is_open_to_the_network_or_holds_docker_s_socket = None


class Kubernetes(DeployCase):
    def documents(self, name):
        return list(yaml.safe_load_all(text_of(name)))

    def check(self, value, kind, where):
        """Every field exists in the API, has its type, none is missing."""
        for outer, inner in ((r"list\[(.+)\]", list),
                             (r"dict\(str, (.+)\)", dict)):
            match = re.fullmatch(outer, kind)
            if match:
                self.assertIsInstance(value, inner, where)
                for part in value if inner is list else value.values():
                    self.check(part, match.group(1), where + "[]")
                return
        simple = {"str": str, "int": int, "bool": bool, "object": object}
        if kind in simple:
            self.assertIsInstance(value, simple[kind], where)
            return
        self.assertIsInstance(value, dict, where)
        model = getattr(k8s, kind)
        fields = {json_name: name
                  for name, json_name in model.attribute_map.items()}
        for key, part in value.items():
            self.assertIn(key, fields, where)
            self.check(part, model.openapi_types[fields[key]],
                       "%s.%s" % (where, key))
        try:
            model(**{fields[k]: v for k, v in value.items()})
        except ValueError as e:
            self.fail("%s: %s" % (where, e))

    def setUp(self):
        super().setUp()
        self.pod, = self.documents("kubernetes/pod-template.yaml")
        self.spec = self.pod["spec"]

    def test_every_document_is_of_the_api(self):
        kinds = []
        for name in ("kubernetes/pod-template.yaml",
                     "kubernetes/service-account.yaml",
                     "fluent-bit/daemonset.yaml"):
            for document in self.documents(name):
                kinds.append(document["kind"])
                self.check(document, "V1" + document["kind"], name)
        self.assertEqual(kinds, ["Pod", "ServiceAccount", "ConfigMap",
                                 "DaemonSet"])

    def test_the_schema_finds_mistakes(self):
        for spoil in (lambda s: s.update(container=[]),
                      lambda s: s.update(restartPolicy=3),
                      lambda s: s["containers"][0].pop("name"),
                      lambda s: s["volumes"][0].update(emptyDir=[])):
            pod, = self.documents("kubernetes/pod-template.yaml")
            spoil(pod["spec"])
            with self.assertRaises(self.failureException):
                self.check(pod, "V1Pod", "spoilt")

    def test_the_volume_brings_the_programs(self):
        volumes = {v["name"] for v in self.spec["volumes"]}
        init, = self.spec["initContainers"]
        base, = self.spec["containers"]
        for container in (init, base):
            mounts = {m["name"]: m["mountPath"]
                      for m in container["volumeMounts"]}
            self.assertLessEqual(set(mounts), volumes)
            self.assertEqual(mounts["mask"], "/mask")
        self.assertNotIn("command", init)  # the image's entry point
        self.assertEqual(init["args"], ["install", "/mask"])
        self.assertEqual(base["name"], "base")
        self.assertNotIn("args", base)  # the executor's

    def test_the_service_account_is_the_pod_s(self):
        account, = self.documents("kubernetes/service-account.yaml")
        self.assertEqual(account["metadata"]["name"],
                         self.spec["serviceAccountName"])
        policy = json.loads(text_of("kubernetes/iam-policy.json"))
        allowed = {a for s in policy["Statement"] for a in
                   ([s["Action"]] if isinstance(s["Action"], str)
                    else s["Action"])}
        self.assertEqual(allowed, {
            "secretsmanager:" + a for a in (
                "ListSecrets", "GetSecretValue", "BatchGetSecretValue")} |
            {"kms:Decrypt"})

    def test_a_task_s_log_is_masked_with_the_role_of_the_service_account(self):
        account, = self.documents("kubernetes/service-account.yaml")
        role = account["metadata"]["annotations"]["eks.amazonaws.com/role-arn"]
        self.aws.web_tokens["ey.web.token"] = role
        self.aws.put_secret("airflow/variables/v", "from-the-Store-1")
        self.aws.put_secret("airflow/connections/c", "pg://u:c0nn-Pass-1@h/d")
        base, = self.spec["containers"]
        env = {e["name"]: e["value"] for e in base["env"] if "value" in e}
        env.update(AWS_ROLE_ARN=role, AWS_ACCESS_KEY_ID=None,
                   AWS_WEB_IDENTITY_TOKEN_FILE=self.file("tok", "ey.web.token"),
                   AWS_SECRET_ACCESS_KEY=None, AWS_ENDPOINT_URL=self.aws.url,
                   AIRFLOW_HOME=self.path("home"),
                   AIRFLOW__CORE__FERNET_KEY="",
                   AIRFLOW__DATABASE__SQL_ALCHEMY_CONN="airflow-db-not-allowed:")
        # The executor's arguments.
        command = self.here(base["command"], 'echo "$4 from-the-Store-1" '
                            'c0nn-Pass-1')
        command += ["airflow", "tasks", "run", "dag"]
        self.assertEqual(self.run_masked(command, env), "dag *** ***\n")


class Systemd(DeployCase):
    UNIT = "systemd/nightly-report.service"

    def test_systemd_understands_it(self):
        self.needs("systemd-analyze")
        report = self.file("nightly-report", "#!/bin/sh\n", 0o755)
        text = text_of(self.UNIT).replace("/usr/bin/maskpipe", binary())
        text = text.replace("/usr/local/bin/nightly-report", report)
        unit = self.file("nightly-report.service", text, 0o644)
        said = self.output_of("systemd-analyze", "verify", "--man=no", unit)
        self.assertEqual(said, "")

    def test_its_command_masks_its_credentials(self):
        names = re.findall(r"^LoadCredential=(\S+):", text_of(self.UNIT), re.M)
        for name in names:
            self.file("credentials/" + name, name + "-Value-1", 0o400)
        report = self.file("report", '#!/bin/sh\necho %s\nexit 7\n' % " ".join(
            n + "-Value-1" for n in names), 0o755)
        command, = re.findall(r"^ExecStart=(.*)", text_of(self.UNIT), re.M)
        command = shlex.split(command.replace("%d", self.path("credentials")))
        self.assertEqual(command[0], "/usr/bin/maskpipe")
        command[0], command[-1] = binary(), report
        done = subprocess.run(command, stdout=subprocess.PIPE)
        self.assertEqual((done.returncode, done.stdout), (7, b"*** ***\n"))


if __name__ == "__main__":
    main()
