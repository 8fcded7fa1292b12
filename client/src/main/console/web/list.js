// A list that the server pages, filters and sorts, and that follows what happens.
import { Refused, events } from "./api.js";
import { alert, empty, h, icon, item, morph, say, section, subtitle, table } from "./dom.js";

const PER_PAGE = 20;
const AGAIN = 2000;

// Gives what a call answers as the server pushes it, until the signal. A page that nobody sees listens to nothing: a browser has six
// connections to a server for all of its pages. Resolves with the first answer or failure.
export function follow({ path, query = {}, take, fail }, signal) {
  return new Promise((resolve) => {
    let open = null;
    const listen = async (mine) => {
      try {
        for await (const answer of events(path, query, mine.signal)) {
          if (mine.signal.aborted) return;
          if (answer.refused) fail(new Refused(answer.refused.message, answer.refused.field, answer.refused.code));
          else take(answer);
          resolve();
        }
      } catch (e) {
        if (mine.signal.aborted) return;
        fail(e);
        resolve();
      }
      setTimeout(() => { if (!mine.signal.aborted) listen(mine); }, AGAIN);
    };
    const look = () => {
      open?.abort();
      if (!document.hidden) listen(open = new AbortController());
    };
    document.addEventListener("visibilitychange", look, { signal });
    signal.addEventListener("abort", () => { open?.abort(); resolve(); });
    look();
  });
}

// Two elements that follow a call: what is wrong, and what render makes of the answer.
export function live({ path, query, render }, signal) {
  const body = h("div", {}, h("div", {}));
  const trouble = h("div", {});
  const ready = follow({
    path, query,
    take: (answer) => {
      trouble.replaceChildren();
      morph(body.firstChild, render(answer));
    },
    fail: (e) => trouble.replaceChildren(alert("danger", "Error", e.message)),
  }, signal);
  return { elements: [item(trouble), item(body)], ready };
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

  let shownNow = new AbortController();
  function update(isAsked) {
    shownNow.abort();
    shownNow = new AbortController();
    const query = { ...(spec.query || {}), page: state.page, per: PER_PAGE, filter: state.filter };
    if (state.by) Object.assign(query, { sort: state.by, order: state.descending ? "descending" : "ascending" });
    return follow({
      path: spec.path, query,
      take: (answer) => {
        show(answer);
        trouble.replaceChildren(...(answer.warnings || []).map((text) => item(alert("warning", text))));
        if (isAsked) say(shown.textContent);
        isAsked = false;
      },
      fail: (e) => trouble.replaceChildren(alert("danger", "Error", e.message)),
    }, AbortSignal.any([signal, shownNow.signal]));
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
  return { element: whole, ready: update(false) };
}
