// Calls of the server: JSON both ways. A refusal is an Error with the field that is wrong, if any.
export class Refused extends Error {
  constructor(message, field, status) {
    super(message);
    this.field = field;
    this.status = status;
  }
}

// The token of the address that was opened, kept for this tab and this port; the address is then without it.
const KEPT = "virt-dataplane-token";
const given = location.hash.match(/^#token=([\w-]+)$/);
if (given) {
  sessionStorage.setItem(KEPT, given[1]);
  history.replaceState(null, "", "/#/machines");
}
// Where the login leads back to; only after a login by password is there a way out.
const RETURN = "virt-dataplane-return";
const BY_PASSWORD = "virt-dataplane-by-password";
export const isByPassword = () => sessionStorage.getItem(BY_PASSWORD) !== null;

export async function enter(password) {
  const { token } = await post("/api/login", { password });
  sessionStorage.setItem(KEPT, token);
  sessionStorage.setItem(BY_PASSWORD, "");
  location.hash = sessionStorage.getItem(RETURN) || "#/machines";
}

export async function leave() {
  await post("/api/logout", {}).catch(() => {}); // it has ended already
  sessionStorage.clear();
  location.hash = "#/login";
}

const authorized = (options) =>
  ({ ...options, headers: { ...options.headers, Authorization: "Bearer " + (sessionStorage.getItem(KEPT) ?? "") } });

async function answer(response) {
  const body = await response.json().catch(() => ({ message: response.statusText, field: "" }));
  if (!response.ok) {
    if (response.status === 401 && body.field === "password" && location.hash !== "#/login") {
      sessionStorage.setItem(RETURN, location.hash);
      location.hash = "#/login";
    }
    throw new Refused(body.message, body.field, response.status);
  }
  return body;
}

async function request(path, options) {
  try {
    return await fetch(path, authorized(options));
  } catch (e) {
    if (options.signal?.aborted) throw e;
    throw new Refused("The console has ended. Start virt-dataplane console again, and open the address that it prints.", "", 0);
  }
}

const withQuery = (path, query) => path + "?" + new URLSearchParams(query);

export const get = async (path, query = {}) => answer(await request(withQuery(path, query), {}));

export const post = async (path, body) =>
  answer(await request(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }));

// Each event of a stream as it comes, until it ends or the signal stops it. An EventSource could not send the token.
export async function* events(path, query, signal) {
  const response = await request(withQuery(path, query), { signal, headers: { Accept: "text/event-stream" } });
  if (!response.ok) await answer(response);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (let part; !(part = await reader.read()).done;) {
    const blocks = (rest + part.value).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      if (block.startsWith("data: ")) yield JSON.parse(block.slice(6));
    }
  }
}
