// Who asks, and how a request reaches Kanava.
import { Kind, parse } from "graphql";
import { createClient } from "graphql-sse";

const TOKEN_ADDRESS = "/graphql/explorer/token";
const INTROSPECTION = "IntrospectionQuery";
const MARGIN_MS = 60_000;

/** What went wrong, in the shape of a GraphQL answer, so that the result pane shows it as one. */
class Refusal extends Error {
  constructor(answer) {
    super("refused");
    this.answer = answer;
  }
}

const told = (message) => new Refusal({ errors: [{ message }] });

/** Return what sends GraphiQL's operations as `who()` says: `{person, token, account, language}`. */
export function createFetcher(config, who) {
  const tokens = new Map();
  const tokenOf = (person) => rememberedToken(tokens, person);
  return async (operation, { headers: pane = {}, documentAST } = {}) => {
    // GraphiQL's own question for the schema is nobody's: a wrong person must not cost the documentation
    const asker = operation.operationName === INTROSPECTION && !documentAST ? {} : who();
    try {
      const headers = await headersOf(asker, pane, config, tokenOf);
      const sent = corrected(operation);
      if (isSubscription(sent)) return stream(config.endpoint, sent, headers);
      const answer = await ask(config.endpoint, sent, headers);
      if (answer.httpStatus === 401) tokens.clear(); // the sandbox may have a new key: the next run asks again
      return answer;
    } catch (error) {
      return error instanceof Refusal ? error.answer : { errors: [{ message: String(error.message ?? error) }] };
    }
  };
}

async function ask(endpoint, operation, headers) {
  headers.set("content-type", "application/json");
  if (!headers.has("accept")) headers.set("accept", "application/json");
  return answerOf(await reach(endpoint, { method: "POST", headers, body: JSON.stringify(operation) }));
}

/** A browser's WebSocket cannot carry `Authorization`: subscriptions come as server-sent events. */
function stream(url, operation, headers) {
  return createClient({ url, headers: Object.fromEntries(headers), retryAttempts: 0 }).iterate(operation);
}

async function reach(address, init) {
  try {
    return await fetch(address, { ...init, credentials: "omit", cache: "no-store" });
  } catch {
    throw told(`Kanava does not answer at ${new URL(address, location.href)}. Is it running?`);
  }
}

async function answerOf(response) {
  const text = await response.text();
  let answer;
  try {
    answer = JSON.parse(text);
  } catch {
    throw told(`The answer is not JSON: HTTP ${response.status}, ${text.slice(0, 200) || "empty"}`);
  }
  return response.ok ? answer : { httpStatus: response.status, ...answer };
}

/** The bar's headers, and the Headers pane over them: what stands there wins, `null` leaves a header out. */
async function headersOf({ person, token, account, language }, pane, config, tokenOf) {
  const given = new Headers();
  if (language) given.set("accept-language", language);
  if (account) given.set(config.accountHeader, account);
  const over = new Map(Object.entries(pane).map(([name, value]) => [name.toLowerCase(), value]));
  if (!over.has("authorization")) {
    const bearer = person ? await tokenOf(person) : token;
    if (bearer) given.set("authorization", `Bearer ${bearer}`);
  }
  for (const [name, value] of over) {
    if (value === null) given.delete(name);
    else given.set(name, String(value));
  }
  return given;
}

async function rememberedToken(tokens, person) {
  const known = tokens.get(person);
  if (known && known.until > Date.now()) return known.token;
  const response = await reach(`${TOKEN_ADDRESS}?${new URLSearchParams({ person })}`);
  const answer = await answerOf(response);
  if (!response.ok) throw new Refusal(answer);
  const until = Date.now() + answer.expires_in * 1000 - MARGIN_MS;
  tokens.set(person, { token: answer.access_token, until });
  return answer.access_token;
}

/** GraphiQL learns of a tab's operations a moment late: right after a switch it names one of the tab before. */
function corrected(operation) {
  const operations = operationsOf(operation.query);
  const names = operations.map((definition) => definition.name?.value);
  const operationName = names.includes(operation.operationName) || !names.length ? operation.operationName : names[0];
  return { ...operation, operationName };
}

function isSubscription({ query, operationName }) {
  const meant = operationsOf(query).find((definition) => definition.name?.value === operationName);
  return meant?.operation === "subscription";
}

function operationsOf(query) {
  try {
    return parse(query).definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  } catch {
    return []; // the server says what is wrong with it
  }
}
