// A list that the server pages, filters and sorts, and that follows what happens.
import { get } from "./api.js";
import { alert, empty, h, icon, item, morph, say, section, subtitle, table } from "./dom.js";

const PER_PAGE = 20;
export const INTERVAL = 2000;

// Calls update at once and every two seconds, until the page is left. Nothing is asked while nobody looks.
export function follow(update, signal) {
  const run = async () => {
    if (!document.hidden) await update();
    if (!signal.aborted) timer = setTimeout(run, INTERVAL);
  };
  let timer = 0;
  signal.addEventListener("abort", () => clearTimeout(timer));
  return run();
}

// spec: {name, title, path, query, columns, filter (label), none: [title, text], rows(answer), sort}
export function list(spec, signal) {
  const state = { page: 1, filter: "", by: spec.sort || "", descending: Boolean(spec.descending) };
  const input = h("input", { type: "search", id: "filter", "aria-label": spec.filter, placeholder: spec.filter, autocomplete: "off", spellcheck: "false" });
  const pager = h("div", { class: "pf-v6-c-pagination" });
  const step = (text, name, by) =>
    h("div", { class: "pf-v6-c-pagination__nav-control" },
      h("button", { class: "pf-v6-c-button pf-m-plain", type: "button", "aria-label": text, onclick: () => { state.page += by; update(true); } },
        h("span", { class: "pf-v6-c-button__icon" }, icon(name))));
  const before = step("Go to previous page", "angle-left", -1);
  const after = step("Go to next page", "angle-right", 1);
  const shown = h("span", { class: "console-shown" });
  pager.append(shown, h("nav", { class: "pf-v6-c-pagination__nav", "aria-label": "Pages of " + spec.name }, before, after));
  const body = h("div", {}, h("div", {}));
  const trouble = h("div", {});
  const sort = { get by() { return state.by; }, get descending() { return state.descending; } };

  async function update(isAsked) {
    try {
      const query = { ...(spec.query || {}), page: state.page, per: PER_PAGE, filter: state.filter };
      if (state.by) Object.assign(query, { sort: state.by, order: state.descending ? "descending" : "ascending" });
      const answer = await get(spec.path, query);
      if (signal.aborted) return;
      show(answer);
      trouble.replaceChildren(...(answer.warnings || []).map((text) => item(alert("warning", text))));
      if (isAsked) say(shown.textContent);
    } catch (e) {
      trouble.replaceChildren(alert("danger", "Error", e.message));
    }
  }

  function show(answer) {
    const last = Math.max(1, Math.ceil(answer.total / PER_PAGE));
    state.page = Math.min(state.page, last);
    const first = (state.page - 1) * PER_PAGE;
    shown.textContent = answer.total ? `${first + 1} - ${first + answer.items.length} of ${answer.total}` : "0 of 0";
    before.firstChild.disabled = state.page <= 1;
    after.firstChild.disabled = state.page >= last;
    const content = answer.items.length
      ? table(spec.name, spec.columns, answer.items, sort)
      : state.filter ? empty("No results found", "No entry has this text in it.") : empty(...spec.none);
    morph(body.firstChild, content);
  }

  let typing = 0;
  input.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => { state.filter = input.value; state.page = 1; update(true); }, 150);
  });
  body.addEventListener("click", (event) => {
    const key = event.target.closest("[data-sort]")?.dataset.sort;
    if (key) {
      state.descending = state.by === key ? !state.descending : key !== spec.sort;
      state.by = key;
      state.page = 1;
      update(true);
    }
  });
  const whole = section(
    spec.title && item(subtitle(spec.title)),
    item(h("div", { class: "pf-v6-l-flex pf-m-justify-content-space-between" },
      h("div", { class: "pf-v6-l-flex__item console-filter" }, h("span", { class: "pf-v6-c-form-control" }, input)), pager)),
    item(trouble), item(body));
  return { element: whole, ready: follow(() => update(false), signal) };
}
