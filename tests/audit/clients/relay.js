// Relay without a view library.
import runtime from "relay-runtime";

/** Return an environment; `sent(request, variables)` is the body of what it sends. */
export function connectRelay({ url, headers, sent }) {
  const all = { ...headers, "content-type": "application/json" };
  const ask = async (request, variables) => {
    const body = JSON.stringify(sent(request, variables));
    return (await fetch(url, { method: "POST", headers: all, body })).json();
  };
  const { Environment, Network, RecordSource, Store } = runtime;
  return new Environment({ network: Network.create(ask), store: new Store(new RecordSource()) });
}

/** Run a query that the compiler made, and return what it is answered. */
export const ask = (environment, query, variables) => runtime.fetchQuery(environment, query, variables).toPromise();

/** Return what a component with this fragment sees of what a query refers to. */
export function seen(environment, fragment, reference) {
  return environment.lookup(runtime.getSingularSelector(fragment, reference)).data;
}
