// The Kanava that all clients talk to, and what they need to know of it.
import { after, before } from "node:test";
import { startKanava } from "../kanava.js";

export const SKU = "KV-000001";

export let kanava;

before(async () => {
  kanava = await startKanava();
});

after(() => kanava?.stop());

export const endpoint = () => `${kanava.origin}/graphql`;

/** Return the headers of a person of the sandbox who signed in. */
export async function signedIn(user = "anna") {
  const { access_token } = await (await fetch(kanava.sandbox("iam", `/token?user=${user}`))).json();
  return { authorization: `Bearer ${access_token}` };
}

/** Return a `fetch` that notes each request's `method`, `url`, `accept` and `body`, and its `response`. */
export function noting(noted) {
  return async (url, options) => {
    const response = await fetch(url, options);
    const { method = "GET", headers, body } = options;
    noted.push({ method, url: `${url}`, accept: new Headers(headers).get("accept"), body, response });
    return response;
  };
}

/** Start the API once more, with these settings, over the systems of the first. */
export function startBeside(settings) {
  return startKanava({
    KANAVA_ERP_URL: kanava.sandbox("erp", ""),
    KANAVA_CRM_URL: kanava.sandbox("crm", ""),
    KANAVA_PIM_URL: kanava.sandbox("pim", ""),
    KANAVA_WMS_URL: kanava.sandbox("wms", ""),
    KANAVA_OIDC_ISSUER: kanava.sandbox("iam", ""),
    ...settings,
  });
}
