// The AWS SDK for JavaScript as a judge: reads cases as JSON from standard
// input, prints what the SDK resolves for each. One process for many cases;
// AWS_JS names the folder that holds its node_modules.
//
//   [{"kind": "endpoint", "env": {…}, "service": "ssm", "region": "eu-west-1"},
//    {"kind": "credentials", "env": {…}, "profile": "etl"},
//    {"kind": "batch", "endpoint": "http://…", "ids": ["a"], …}]
import {createRequire} from 'node:module';

const require = createRequire(process.env.AWS_JS + '/');
const own = {...process.env};

const {SecretsManagerClient, ListSecretsCommand, BatchGetSecretValueCommand} =
    require('@aws-sdk/client-secrets-manager');
const {SSMClient, DescribeParametersCommand} = require('@aws-sdk/client-ssm');
const {SSOClient, GetRoleCredentialsCommand} = require('@aws-sdk/client-sso');
const {STSClient, AssumeRoleCommand} = require('@aws-sdk/nested-clients/sts');
const {SSOOIDCClient, CreateTokenCommand} =
    require('@aws-sdk/nested-clients/sso-oidc');
const {fromIni, fromNodeProviderChain} =
    require('@aws-sdk/credential-providers');

const calls = {
  'secretsmanager': [SecretsManagerClient, new ListSecretsCommand({})],
  'ssm': [SSMClient, new DescribeParametersCommand({})],
  'sts': [STSClient, new AssumeRoleCommand(
      {RoleArn: 'arn:aws:iam::123456789012:role/r', RoleSessionName: 's'})],
  'sso': [SSOClient, new GetRoleCredentialsCommand(
      {roleName: 'r', accountId: 'a', accessToken: 't'})],
  'sso-oidc': [SSOOIDCClient, new CreateTokenCommand(
      {clientId: 'c', clientSecret: 's', grantType: 'refresh_token'})],
};

async function endpoint({service, region}) {
  const [Client, command] = calls[service];
  let seen = null;
  const client = new Client({
    region,
    credentials: {accessKeyId: 'AKIA', secretAccessKey: 'secret'},
    maxAttempts: 1,
    requestHandler: {
      metadata: {handlerProtocol: 'http/1.1'},
      handle: async (request) => {
        seen = request;
        throw new Error('seen');
      },
    },
  });
  try {
    await client.send(command);
  } catch (e) {
    if (seen === null) return {error: e.name};
  }
  const scope = /Credential=[^/]+\/\d+\/([^/]+)\/([^/]+)\//.exec(
      seen.headers['authorization'] ?? '');
  return {
    url: seen.protocol + '//' + seen.hostname +
        (seen.port ? ':' + seen.port : ''),
    scope: scope && [scope[1], scope[2]],
  };
}

async function credentials({profile, region}) {
  const options = {clientConfig: {region}, maxRetries: 0, timeout: 2000};
  const provider = profile ? fromIni({profile, ...options}) :
                             fromNodeProviderChain(options);
  const found = await provider();
  return {
    access_key: found.accessKeyId,
    secret_key: found.secretAccessKey,
    token: found.sessionToken ?? null,
  };
}

async function batch({endpoint, ids, key, secret, region}) {
  const client = new SecretsManagerClient({
    region, endpoint,
    credentials: {accessKeyId: key, secretAccessKey: secret},
  });
  const answer = await client.send(
      new BatchGetSecretValueCommand({SecretIdList: ids}));
  return {
    values: Object.fromEntries(
        answer.SecretValues.map((v) => [v.Name, v.SecretString])),
    errors: answer.Errors.map((e) => [e.SecretId, e.ErrorCode]),
  };
}

const kinds = {endpoint, credentials, batch};
let text = '';
for await (const chunk of process.stdin) text += chunk;
const out = [];
for (const one of JSON.parse(text)) {
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, {PATH: own.PATH, ...one.env});
  try {
    out.push(await kinds[one.kind](one));
  } catch (e) {
    out.push({error: e.name, message: e.message});
  }
}
console.log(JSON.stringify(out));
