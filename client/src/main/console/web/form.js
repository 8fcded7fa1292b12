// Parts of a form: a label, a control, a line of help, and the error in its place.
import { post } from "./api.js";
import { alert, button, h, icon, item } from "./dom.js";

export function field({ id, text, required, help, control }) {
  const helpLine = h("div", { class: "pf-v6-c-helper-text" }, helper(help, id));
  const box = h("span", { class: "pf-v6-c-form-control" + (required ? " pf-m-required" : "") }, control,
    control.tagName === "SELECT" && h("span", { class: "pf-v6-c-form-control__utilities" },
      h("span", { class: "pf-v6-c-form-control__toggle-icon" }, icon("caret-down"))));
  control.id = id;
  if (help) control.setAttribute("aria-describedby", id + "-help");
  if (required) control.required = true;
  const group = h("div", { class: "pf-v6-c-form__group" },
    h("div", { class: "pf-v6-c-form__group-label" },
      h("label", { class: "pf-v6-c-form__label", for: id },
        h("span", { class: "pf-v6-c-form__label-text" }, text),
        required && ["\u00a0", h("span", { class: "pf-v6-c-form__label-required", "aria-hidden": "true" }, "*")])),
    h("div", { class: "pf-v6-c-form__group-control" }, box, h("div", { class: "pf-v6-c-form__helper-text", "aria-live": "polite" }, helpLine)));
  return {
    group,
    control,
    // Null: there is none.
    error(message) {
      box.classList.toggle("pf-m-error", Boolean(message));
      control.setAttribute("aria-invalid", Boolean(message));
      helpLine.replaceChildren(message
        ? h("div", { class: "pf-v6-c-helper-text__item pf-m-error", id: id + "-help" },
          h("span", { class: "pf-v6-c-helper-text__item-icon" }, icon("exclamation-circle")),
          h("span", { class: "pf-v6-c-helper-text__item-text" }, h("span", { class: "pf-v6-screen-reader" }, "Error: "), message))
        : helper(help, id));
      if (message) control.setAttribute("aria-describedby", id + "-help");
    },
  };
}

const helper = (help, id) =>
  help ? h("div", { class: "pf-v6-c-helper-text__item", id: id + "-help" }, h("span", { class: "pf-v6-c-helper-text__item-text" }, help)) : "";

export const text = (value = "") => h("input", { type: "text", value, autocomplete: "off", spellcheck: "false" });

export const check = (id, words, isChecked, help) =>
  h("div", { class: "pf-v6-c-form__group" },
    h("div", { class: "pf-v6-c-form__group-control" },
      h("div", { class: "pf-v6-c-check" },
        h("input", { class: "pf-v6-c-check__input", type: "checkbox", id, checked: isChecked, "aria-describedby": id + "-help" }),
        h("label", { class: "pf-v6-c-check__label", for: id }, words),
        h("span", { class: "pf-v6-c-check__description", id: id + "-help" }, help))));

export const actions = (...buttons) =>
  h("div", { class: "pf-v6-c-form__group pf-m-action" }, h("div", { class: "pf-v6-c-form__actions" }, buttons));

// A form beside the YAML of what it makes. spec: {label, fields (by name), more (checks: their ids), extra (elements), path, done(values), cancel}.
export function tabbed(spec) {
  const trouble = h("div", {});
  const yaml = h("code", { class: "pf-v6-c-code-block__code", id: "yaml" });
  const values = () => ({
    ...Object.fromEntries(Object.entries(spec.fields).map(([name, one]) => [name, one.control.value])),
    ...Object.fromEntries((spec.checks || []).map((id) => [id, document.getElementById(id).checked])),
    ...spec.fixed,
  });
  const clear = () => {
    Object.values(spec.fields).forEach((one) => one.error(null));
    trouble.replaceChildren();
  };
  const wrong = (e) => {
    const bad = spec.fields[e.field];
    showForm(true);
    if (bad) {
      bad.error(e.message);
      bad.control.focus();
    } else {
      trouble.replaceChildren(alert("danger", "Error", e.message));
    }
  };
  const submit = async (event) => {
    event.preventDefault();
    clear();
    const given = values();
    try {
      await post(spec.path, given);
      spec.done(given);
    } catch (e) {
      wrong(e);
    }
  };
  const showYaml = async () => {
    clear();
    try {
      yaml.textContent = (await post(spec.path + "/preview", values())).yaml;
      showForm(false);
    } catch (e) {
      wrong(e);
    }
  };
  const panel = h("div", { role: "tabpanel", id: "panel-form", "aria-labelledby": "tab-form" },
    h("div", { class: "pf-v6-l-stack pf-m-gutter" }, [...Object.values(spec.fields).map((one) => one.group), ...(spec.extra || [])].map((one) => item(one))));
  const view = h("div", { class: "pf-v6-c-code-block", role: "tabpanel", id: "panel-yaml", "aria-labelledby": "tab-yaml", tabindex: "0" },
    h("div", { class: "pf-v6-c-code-block__content" }, h("pre", { class: "pf-v6-c-code-block__pre" }, yaml)));
  const tab = (id, words, onclick) => h("li", { class: "pf-v6-c-tabs__item", role: "presentation" },
    h("button", { class: "pf-v6-c-tabs__link", type: "button", role: "tab", id: "tab-" + id, "aria-controls": "panel-" + id, onclick },
      h("span", { class: "pf-v6-c-tabs__item-text" }, words)));
  const tabs = [tab("form", "Form view", () => showForm(true)), tab("yaml", "YAML view", showYaml)];
  function showForm(isForm) {
    panel.hidden = !isForm;
    view.hidden = isForm;
    tabs.forEach((one, i) => {
      const isChosen = (i === 0) === isForm;
      one.classList.toggle("pf-m-current", isChosen);
      one.firstChild.setAttribute("aria-selected", isChosen);
      one.firstChild.tabIndex = isChosen ? 0 : -1;
    });
  }
  const bar = h("div", { class: "pf-v6-c-tabs" }, h("ul", { class: "pf-v6-c-tabs__list", role: "tablist", "aria-label": spec.label }, tabs));
  bar.addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
      const other = tabs.find((one) => one.firstChild.tabIndex === -1).firstChild;
      other.focus();
      other.click();
    }
  });
  showForm(true);
  const form = h("form", { class: "pf-v6-c-form console-form", novalidate: true, onsubmit: submit, "aria-label": spec.label },
    trouble, panel, view, actions(button(spec.verb, "primary", { type: "submit" }), button("Cancel", "link", { href: spec.cancel })));
  return {
    elements: [item(bar), item(form)],
    trouble,
    fill: (some) => Object.entries(some).forEach(([name, value]) => { spec.fields[name].control.value = value; }),
  };
}
