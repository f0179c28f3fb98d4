// An OpenID Connect provider for the tests: node provider.mjs PORT CLIENT SECRET REDIRECT_URI ALGORITHM
// Its people are whoever signs in: the subject is the name they type, preferred_username what stands
// before a plus in it. Each start has a new signing key.
import { generateKeyPairSync, randomUUID } from "node:crypto";

import { Provider } from "oidc-provider";

const [port, clientId, clientSecret, redirectUri, algorithm] = process.argv.slice(2);

function signingKey() {
  const { privateKey } =
    algorithm === "ES256"
      ? generateKeyPairSync("ec", { namedCurve: "P-256" })
      : generateKeyPairSync("rsa", { modulusLength: 2048 });
  return { ...privateKey.export({ format: "jwk" }), kid: randomUUID(), use: "sig", alg: algorithm };
}

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    {
      client_id: clientId,
      client_secret: clientSecret,
      redirect_uris: [redirectUri],
      grant_types: ["authorization_code"],
      response_types: ["code"],
      id_token_signed_response_alg: algorithm,
    },
  ],
  jwks: { keys: [signingKey()] },
  cookies: { keys: [randomUUID()] },
  claims: { openid: ["sub"], profile: ["preferred_username"] },
  pkce: { required: () => true },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, preferred_username: id.split("+")[0] }),
  }),
});

provider.listen(Number(port), "127.0.0.1", () => console.log("listening"));
