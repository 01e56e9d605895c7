"""Containers' own addresses: the relative URI of ECS and the host of EKS, in a
network namespace where they belong to the loopback interface.

usage: AWS_CONFIG_PROBE=... AWS_JS=... /usr/bin/python3 aws_container_test.py
"""

import os
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from aws_world import (SameKeysServer, World, botocore_in,  # noqa: E402
                       judged_by_js, need_js, probe)

INSIDE = "AWS_CONTAINER_TEST_INSIDE"
ECS, EKS = "169.254.170.2", "169.254.170.23"


class ContainerAddresses(unittest.TestCase):
    def world(self, host):
        home = tempfile.TemporaryDirectory()
        self.addCleanup(home.cleanup)
        server = SameKeysServer(host=host, port=80)
        self.addCleanup(server.stop)
        world = World(home.name, server)
        # None of these requests goes through a proxy.
        world.env["http_proxy"] = "http://127.0.0.1:1"
        return world

    def ours(self, world):
        (found,) = probe(world, "credentials=1")["credentials"]
        return {k: found.get(k) for k in ("access_key", "secret_key", "token")}

    def test_a_relative_uri_of_ecs_as_botocore_asks_it(self):
        w = self.world(ECS)
        w.env["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/credentials/a?b=c"
        w.env["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://127.0.0.1:1/"
        w.env["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "Basic x"
        w.server.container_token = "Basic x"
        with botocore_in(w) as session:
            theirs = session.get_credentials().get_frozen_credentials()
        self.assertEqual({"access_key": theirs.access_key,
                          "secret_key": theirs.secret_key,
                          "token": theirs.token}, self.ours(w))
        first, second = w.server.log
        self.assertEqual(first["path"], second["path"])
        for header in ("host", "accept", "authorization"):
            self.assertEqual(first["headers"][header],
                             second["headers"][header])

    def test_the_host_of_eks_with_its_token_file_as_javascript_asks_it(self):
        w = self.world(EKS)
        w.env["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = (
            "http://%s/credentials" % EKS)
        w.env["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = w.write("t", "eks")
        w.server.container_token = "eks"
        (theirs,) = judged_by_js([{"kind": "credentials", "env": w.env}])
        self.assertEqual(theirs, self.ours(w))
        self.assertIn("access_key", theirs)
        self.assertEqual(w.server.log[0]["path"], w.server.log[1]["path"])


def enter_namespace():
    """Runs this file again where the two addresses are ours."""
    script = "ip link set lo up && " + " && ".join(
        "ip address add %s/32 dev lo" % a for a in (ECS, EKS)) + \
        ' && exec "$@"'
    for unshare in (["unshare", "-n"], ["unshare", "-rn"]):
        if subprocess.run([*unshare, "true"],
                          stderr=subprocess.DEVNULL).returncode == 0:
            os.environ[INSIDE] = "1"
            os.execvp("unshare", [*unshare, "sh", "-c", script, "sh",
                                  sys.executable, *sys.argv])
    print("SKIPPED: no network namespace can be made here")
    sys.exit(77)


if __name__ == "__main__":
    need_js()
    if INSIDE not in os.environ:
        enter_namespace()
    unittest.main(warnings="ignore")  # botocore leaves its sockets open
