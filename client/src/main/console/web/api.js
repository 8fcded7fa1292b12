// Calls of the server: JSON both ways. A refusal is an Error with the field that is wrong, if any.
export class Refused extends Error {
  constructor(message, field, status) {
    super(message);
    this.field = field;
    this.status = status;
  }
}

async function answer(response) {
  const body = await response.json().catch(() => ({ message: response.statusText, field: "" }));
  if (!response.ok) {
    throw new Refused(body.message, body.field, response.status);
  }
  return body;
}

async function ask(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Refused("The console has ended. Start virt-dataplane console again, and open the address that it prints.", "", 0);
  }
  return answer(response);
}

export const get = (path, query = {}) => ask(path + "?" + new URLSearchParams(query), {});

export const post = (path, body) =>
  ask(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
