// Where the console is reached over TLS: the password gives a token, which this tab keeps.
import { enter, leave } from "../api.js";
import { alert, button, h, head, item, section } from "../dom.js";
import { actions, field } from "../form.js";

export function page() {
  const password = field({ id: "password", text: "Password", required: true, control: h("input", { type: "password", autocomplete: "current-password" }), help: "What the console's password file has." });
  const trouble = h("div", {});
  const form = h("form", {
    class: "pf-v6-c-form console-form", novalidate: true, "aria-label": "Log in",
    onsubmit: async (event) => {
      event.preventDefault();
      password.error(null);
      trouble.replaceChildren();
      try {
        await enter(password.control.value);
      } catch (e) {
        if (e.field === "password") {
          password.error(e.message);
          password.control.focus();
        } else {
          trouble.replaceChildren(alert("danger", "Error", e.message));
        }
      }
    },
  }, h("input", { type: "text", autocomplete: "username", value: "virt-dataplane", hidden: true }), // for who keeps passwords
  password.group, actions(button("Log in", "primary", { type: "submit", id: "enter" })));
  return { elements: [head("Log in"), section(item(trouble), item(form))], ready: Promise.resolve() };
}

// Shown to those who are in by a password.
export const out = () => button("Log out", "secondary", { id: "leave", onclick: leave });
