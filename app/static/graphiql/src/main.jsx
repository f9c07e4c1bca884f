// The explorer's page: what Kanava offers (its config), the bar, and GraphiQL.
import { useRef, useState } from "react";
import { createRoot } from "react-dom/client";
import { GraphiQL } from "graphiql";
import "graphiql/style.css";
import "./style.css";
import { createFetcher } from "./asking.js";
import { Bar, OTHER } from "./bar.jsx";

const CONFIG_ADDRESS = "/graphql/explorer/config.json";
const WHO = "kanava:who";
const RESET = "kanava:reset";
const TABS = "graphiql:tabState";
const VARIABLES = "graphiql:variables";

function Explorer({ config }) {
  const [who, setWho] = useState(() => ({ ...atTheStart(config), ...remembered() }));
  // the fetcher must stay the same one: GraphiQL asks for the schema again whenever it changes
  const latest = useRef(who);
  const [fetcher] = useState(() => createFetcher(config, () => asker(latest.current)));
  const change = (part) => {
    latest.current = { ...latest.current, ...part };
    setWho(latest.current);
    sessionStorage.setItem(WHO, JSON.stringify({ ...latest.current, token: "" }));
  };
  return (
    <>
      <Bar config={config} who={who} onChange={change} onReset={reset} />
      <main className="kanava-explorer">
        <GraphiQL fetcher={fetcher} storage={sessionStorage} defaultTabs={config.examples} defaultTheme="light"
          defaultEditorToolsVisibility="variables" shouldPersistHeaders={false} schemaDescription>
          <GraphiQL.Logo><span className="kanava-tool">GraphiQL</span></GraphiQL.Logo>
        </GraphiQL>
      </main>
    </>
  );
}

function asker({ choice, other, token, account, language }) {
  const person = choice === OTHER ? other.trim() : choice;
  return { person, token, account: account.trim(), language };
}

function atTheStart({ people }) {
  const someone = people.find(({ accounts }) => accounts.length);
  const language = navigator.language.startsWith("fi") ? "fi" : "en";
  return { choice: someone?.id ?? (people.length ? OTHER : ""), other: "", token: "", account: "", language };
}

function remembered() {
  return JSON.parse(sessionStorage.getItem(WHO) ?? "{}");
}

function reset() {
  sessionStorage.setItem(RESET, "1"); // honoured after the reload: GraphiQL still writes while the page goes
  location.reload();
}

/** GraphiQL takes the first tab's query from its defaults, but its variables only from what it remembers. */
function rememberFirstVariables([first]) {
  if (!sessionStorage.getItem(TABS)) sessionStorage.setItem(VARIABLES, first?.variables ?? "");
}

async function start(root) {
  if (sessionStorage.getItem(RESET)) sessionStorage.clear();
  try {
    const response = await fetch(CONFIG_ADDRESS, { credentials: "omit" });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    const config = await response.json();
    document.title = config.title;
    rememberFirstVariables(config.examples);
    root.render(<Explorer config={config} />);
  } catch (error) {
    root.render(<p className="kanava-broken">Kanava did not say what it offers ({error.message}). Reload the page.</p>);
  }
}

start(createRoot(document.getElementById("root")));
