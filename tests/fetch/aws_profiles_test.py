"""maskpipe itself, with a profile: what it reads with a role's keys, and the
keys and tokens of the way there, vanish from the log.
"""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from aws_case import AwsCase, KEY, SECRET_KEY, main  # noqa: E402

ROLE = "arn:aws:iam::123456789012:role/etl"


class Profiles(AwsCase):
    def setUp(self):
        super().setUp()
        self.aws.put_secret("db/password", "hunter2-Zebra")
        self.aws.roles[ROLE] = {"trusts": {KEY}}
        os.mkdir(self.path(".aws"))
        with open(self.path(".aws/config"), "w") as f:
            f.write("[profile etl]\nrole_arn = %s\nsource_profile = base\n"
                    "region = eu-west-1\n[profile other]\n"
                    "aws_access_key_id = AKIAOTHERPROFILE\n"
                    "aws_secret_access_key = of-another-profile\n" % ROLE)
        with open(self.path(".aws/credentials"), "w") as f:
            f.write("[base]\naws_access_key_id = %s\n"
                    "aws_secret_access_key = %s\n" % (KEY, SECRET_KEY))
        self.env = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None,
                    "AWS_ENDPOINT_URL": self.aws.url}

    def run_with(self, log):
        return self.mask(log, "--source",
                         "aws-secretsmanager[profile=etl]:db", env=self.env)

    def test_of_a_role_read_and_hide(self):
        run = self.run_with(
            ("hunter2-Zebra %s %s AKIAOTHERPROFILE of-another-profile\n" %
             (KEY, SECRET_KEY)).encode())
        self.assertEqual((0, b"*** *** *** *** ***\n"), (run.status, run.out),
                         run)
        self.assertEqual(["AssumeRole"], [r["operation"] for r in self.aws.log
                                          if r["operation"] == "AssumeRole"])
        self.assert_signed_well()

    def test_the_role_s_own_keys_vanish_too(self):
        self.run_with(b"")
        (_, _, keys) = self.aws.sessions[0]
        # The server numbers what it gives.
        log = " ".join([keys["AccessKeyId"], keys["SecretAccessKey"],
                        keys["SessionToken"]])
        self.aws.sessions.clear()
        run = self.run_with(log.encode() + b"\n")
        self.assertEqual((0, b"*** *** ***\n"), (run.status, run.out), run)

    def test_a_role_that_is_refused_prints_nothing_and_no_key(self):
        self.aws.roles.clear()
        run = self.run_with(b"hunter2-Zebra\n")
        self.assertEqual((3, b""), (run.status, run.out), run)
        self.assertIn(ROLE.encode(), run.err)
        self.assertIn(b"AccessDenied", run.err)
        self.assertNotIn(SECRET_KEY.encode(), run.err)


if __name__ == "__main__":
    main()
