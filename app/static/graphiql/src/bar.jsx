// The bar above GraphiQL: who asks, for which account, in which language.

/** The choice in the list of people that opens a field for any other person or account number. */
export const OTHER = "*";

export function Bar({ config, who, onChange, onReset }) {
  return (
    <header className="kanava-bar">
      <img src="/graphql/explorer/icon.svg" alt="" width="26" height="26" />
      <h1>{config.title}</h1>
      {config.people.length ? (
        <People people={config.people} who={who} onChange={onChange} />
      ) : (
        <Field label="Access token">
          <input id="token" type="password" autoComplete="off" value={who.token} placeholder="none: a visitor"
            onChange={(event) => onChange({ token: event.target.value.trim() })} />
        </Field>
      )}
      <Account person={chosen(config, who)} who={who} onChange={onChange} />
      <Field label="Language">
        <select id="language" value={who.language} onChange={(event) => onChange({ language: event.target.value })}>
          <option value="fi">suomi</option>
          <option value="en">English</option>
        </select>
      </Field>
      <button id="reset" type="button" title="Everything as it was at the start, the tabs included" onClick={onReset}>
        Reset
      </button>
    </header>
  );
}

function People({ people, who, onChange }) {
  return (
    <Field label="Person">
      <select id="person" value={who.choice} onChange={(event) => onChange({ choice: event.target.value, account: "" })}>
        {people.map(({ id, name, about }) => (
          <option key={id} value={id}>{id ? `${name}, ${about}` : `${name} (${about})`}</option>
        ))}
        <option value={OTHER}>somebody else …</option>
      </select>
      {who.choice === OTHER && (
        <input id="other" type="text" spellCheck="false" autoComplete="off" value={who.other} aria-label="Somebody else"
          placeholder="person or account number" onChange={(event) => onChange({ other: event.target.value })} />
      )}
    </Field>
  );
}

function Account({ person, who, onChange }) {
  const accounts = person?.accounts ?? [];
  return (
    <Field label="Account">
      <input id="account" type="text" list="accounts" spellCheck="false" autoComplete="off" value={who.account}
        placeholder={accounts.length ? `their own, ${accounts[0]}` : "their own"}
        onChange={(event) => onChange({ account: event.target.value })} />
      <datalist id="accounts">
        {accounts.map((number) => <option key={number} value={number} />)}
      </datalist>
    </Field>
  );
}

function Field({ label, children }) {
  return (
    <label className="kanava-field">
      <span>{label}</span>
      {children}
    </label>
  );
}

const chosen = (config, who) => config.people.find(({ id }) => id === who.choice);
