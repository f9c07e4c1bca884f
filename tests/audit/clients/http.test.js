// GraphQL over HTTP as `graphql-http`, the reference implementation, audits servers.
import assert from "node:assert/strict";
import { test } from "node:test";
import { auditServer } from "graphql-http";
import { endpoint } from "./server.js";

const AUDITS = 61;

test("graphql-http: every audit is ok", async (t) => {
  const results = await auditServer({ url: endpoint() });
  const others = results.filter(({ status }) => status !== "ok");
  t.diagnostic(`${results.length - others.length} of ${results.length} audits are ok`);
  others.forEach(({ id, name, status, reason }) => t.diagnostic(`${id} ${status}: ${name}: ${reason}`));

  assert.deepEqual(others.map(({ id, name }) => `${id} ${name}`), []);
  assert.equal(results.length, AUDITS);
});
