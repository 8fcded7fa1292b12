// What was done, for the next page to say.
import { alert, h, say } from "./dom.js";

let done = "";

export function tell(text) {
  done = text;
  say(text);
}

export function told() {
  const section = done && h("section", { class: "pf-v6-c-page__main-section" }, alert("success", done));
  done = "";
  return section ? [section] : [];
}
