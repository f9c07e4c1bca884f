// oidc-provider as somebody runs it: access tokens as RFC 9068 has them, signed as the resource wants it.
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import Provider from "oidc-provider";

const SECRET = "a secret of the audit alone";
const AUDIENCES = { kanava: "kanava", elsewhere: "elsewhere" };
const PEOPLE = {
  anna: { roles: ["buyer"] },
  mikko: { account: "C-1003", roles: ["administrator", "janitor"] },
  elena: { account: "C-1002", roles: ["buyer"] }, // not an account of hers
  sari: { roles: ["janitor"] }, // not a role of hers
};

/** How its claims are to be read: a `sub` says nothing to the CRM, who somebody is there is a claim of its own. */
export const CLAIMS = {
  KANAVA_OIDC_CLAIM_PERSON: "employee",
  KANAVA_OIDC_CLAIM_ACCOUNT: "shop.account",
  KANAVA_OIDC_CLAIM_ROLES: "shop.roles",
};

/** Start one; `issuer` is its address, `rotate()` exchanges its keys, `stop()` ends it. */
export async function startProvider() {
  const server = createServer((request, response) => answer(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const issuer = `http://127.0.0.1:${server.address().port}`;
  let answer;
  const rotate = () => {
    answer = new Provider(issuer, configuration()).callback();
  };
  const stop = async () => {
    server.close();
    server.closeAllConnections();
    if (server.listening) await once(server, "close");
  };
  rotate();
  return { issuer, rotate, stop, token: (...asked) => token(issuer, ...asked) };
}

const configuration = () => ({
  clients: Object.keys(PEOPLE).map(client),
  jwks: { keys: [key("rsa", { modulusLength: 2048 }), key("ec", { namedCurve: "P-256" })] },
  cookies: { keys: [SECRET] },
  ttl: { ClientCredentials: 600 },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: { enabled: true, getResourceServerInfo },
  },
  extraTokenClaims: (_context, { clientId }) => ({ employee: personOf(clientId), shop: PEOPLE[personOf(clientId)] }),
});

const SUBJECT = "subject-of-";
const clientOf = (person) => `${SUBJECT}${person}`;
const personOf = (clientId) => clientId.slice(SUBJECT.length);

const client = (person) => ({
  client_id: clientOf(person), // the `sub` of a token that a client gets for itself
  client_secret: SECRET,
  grant_types: ["client_credentials"],
  redirect_uris: [],
  response_types: [],
});

const key = (type, options) => generateKeyPairSync(type, options).privateKey.export({ format: "jwk" });

/** `urn:kanava:ES256` is Kanava, with tokens signed that way. */
function getResourceServerInfo(_context, resource) {
  const [, name, alg] = resource.split(":");
  return { scope: "", audience: AUDIENCES[name], accessTokenFormat: "jwt", jwt: { sign: { alg } } };
}

/** Return an access token of a person; without a resource it is an opaque one. */
async function token(issuer, person, resource) {
  const answer = await fetch(`${issuer}/token`, {
    method: "POST",
    headers: { authorization: `Basic ${btoa(`${clientOf(person)}:${encodeURIComponent(SECRET)}`)}` },
    body: new URLSearchParams({ grant_type: "client_credentials", ...(resource && { resource }) }),
  });
  const { access_token: granted, error_description: problem } = await answer.json();
  if (!granted) throw new Error(`no token: ${problem}`);
  return granted;
}
