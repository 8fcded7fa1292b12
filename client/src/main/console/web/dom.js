// Elements. Every text of the daemon, of a manifest or of a guest becomes a text node or an attribute: nothing is read as HTML.
const SVG = "http://www.w3.org/2000/svg";

export function h(tag, properties = {}, ...children) {
  const element = ["svg", "path"].includes(tag) ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) {
      element.addEventListener(name.slice(2), value);
    } else if (value !== false && value !== null && value !== undefined) {
      element.setAttribute(name, value === true ? "" : value);
    }
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export const icon = (name) => h("i", { class: "fas fa-fw fa-" + name, "aria-hidden": "true" });

// Makes one tree like another without losing the focus or the selection. Listeners of the new tree are lost: for links and text.
export function morph(old, fresh) {
  if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName) {
    old.replaceWith(fresh);
    return;
  }
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== fresh.data) {
      old.data = fresh.data;
    }
    return;
  }
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name)) {
      old.removeAttribute(name);
    }
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) {
      old.setAttribute(name, value);
    }
  }
  const now = [...old.childNodes];
  const then = [...fresh.childNodes];
  then.forEach((child, i) => (i < now.length ? morph(now[i], child) : old.append(child)));
  now.slice(then.length).forEach((child) => child.remove());
}

export function say(text) {
  document.getElementById("live").textContent = text;
}

const SECTION = "pf-v6-c-page__main-section";

// The head of a page: breadcrumb, title, what can be done.
export function head(title, { above, actions = [] } = {}) {
  const crumb = above && h("nav", { class: "pf-v6-c-breadcrumb", "aria-label": "Breadcrumb" },
    h("ol", { class: "pf-v6-c-breadcrumb__list", role: "list" },
      h("li", { class: "pf-v6-c-breadcrumb__item" }, h("a", { class: "pf-v6-c-breadcrumb__link", href: above.href }, above.text)),
      h("li", { class: "pf-v6-c-breadcrumb__item" }, h("span", { class: "pf-v6-c-breadcrumb__item-divider" }, icon("angle-right")),
        h("span", { class: "pf-v6-c-breadcrumb__link pf-m-current", "aria-current": "page" }, title))));
  return h("section", { class: SECTION },
    crumb,
    h("div", { class: "pf-v6-l-flex pf-m-justify-content-space-between" },
      h("h1", { class: "pf-v6-c-title pf-m-2xl", tabindex: "-1", id: "title" }, title),
      h("div", { class: "pf-v6-l-flex" }, actions)));
}

export const section = (...children) =>
  h("section", { class: SECTION + " pf-m-fill" }, h("div", { class: "pf-v6-l-stack pf-m-gutter" }, children));

export const item = (...children) => h("div", { class: "pf-v6-l-stack__item" }, children);

export const subtitle = (text) => h("h2", { class: "pf-v6-c-title pf-m-lg" }, text);

export const link = (href, text) => h("a", { class: "pf-v6-c-button pf-m-link pf-m-inline", href }, h("span", { class: "pf-v6-c-button__text" }, text));

export const button = (text, kind, properties = {}) =>
  h(properties.href ? "a" : "button", { class: "pf-v6-c-button pf-m-" + kind, ...(properties.href ? {} : { type: "button" }), ...properties },
    h("span", { class: "pf-v6-c-button__text" }, text));

const ALERT_ICON = { danger: "exclamation-circle", warning: "exclamation-triangle", success: "check-circle", info: "info-circle" };

export const alert = (kind, title, text) =>
  h("div", { class: `pf-v6-c-alert pf-m-inline pf-m-${kind}`, role: kind === "danger" ? "alert" : "status" },
    h("div", { class: "pf-v6-c-alert__icon" }, icon(ALERT_ICON[kind])),
    h("p", { class: "pf-v6-c-alert__title" }, h("span", { class: "pf-v6-screen-reader" }, `${kind} alert: `), title),
    text && h("div", { class: "pf-v6-c-alert__description" }, h("p", {}, text)));

export const label = (text, colour = "") =>
  h("span", { class: "pf-v6-c-label pf-m-compact " + colour },
    h("span", { class: "pf-v6-c-label__content" }, h("span", { class: "pf-v6-c-label__text" }, text)));

export const facts = (pairs) =>
  h("dl", { class: "pf-v6-c-description-list pf-m-horizontal pf-m-2-col-on-xl" },
    pairs.map(([term, value]) =>
      h("div", { class: "pf-v6-c-description-list__group" },
        h("dt", { class: "pf-v6-c-description-list__term" }, h("span", { class: "pf-v6-c-description-list__text" }, term)),
        h("dd", { class: "pf-v6-c-description-list__description" }, h("div", { class: "pf-v6-c-description-list__text" }, value || "-")))));

export const empty = (title, text) =>
  h("div", { class: "pf-v6-c-empty-state" },
    h("div", { class: "pf-v6-c-empty-state__content" },
      h("div", { class: "pf-v6-c-empty-state__header" },
        h("div", { class: "pf-v6-c-empty-state__title" }, h("h2", { class: "pf-v6-c-empty-state__title-text" }, title))),
      text && h("div", { class: "pf-v6-c-empty-state__body" }, text)));

// columns: {name, cell(row), number, head, sort}. sort: {by, descending, set(key)} where the server sorts.
export function table(name, columns, rows, sort) {
  const th = (column) => {
    const isSorted = sort && column.sort && sort.by === column.sort;
    const text = h("span", { class: "pf-v6-c-table__text" }, column.name);
    const arrow = isSorted ? (sort.descending ? "long-arrow-alt-down" : "long-arrow-alt-up") : "arrows-alt-v";
    const isSortable = sort && column.sort;
    return h("th", {
      class: "pf-v6-c-table__th pf-m-nowrap" + (isSortable ? " pf-v6-c-table__sort" : "") + (isSorted ? " pf-m-selected" : "") + (column.number ? " console-number" : ""),
      scope: "col",
      "aria-sort": isSorted ? (sort.descending ? "descending" : "ascending") : isSortable ? "none" : null,
    }, isSortable
      ? h("button", { class: "pf-v6-c-table__button", type: "button", "data-sort": column.sort },
        h("div", { class: "pf-v6-c-table__button-content" }, text, h("span", { class: "pf-v6-c-table__sort-indicator" }, icon(arrow))))
      : text);
  };
  const cell = (column, row) =>
    h(column.head ? "th" : "td", {
      class: (column.head ? "pf-v6-c-table__th" : "pf-v6-c-table__td") + (column.number ? " console-number" : ""),
      scope: column.head ? "row" : null,
      "data-label": column.name,
    }, present(column.cell(row)));
  return h("div", { class: "console-scroll", tabindex: "0", role: "region", "aria-label": name },
    h("table", { class: "pf-v6-c-table pf-m-compact pf-m-grid-md", "aria-label": name + " table" },
      h("thead", { class: "pf-v6-c-table__thead" }, h("tr", { class: "pf-v6-c-table__tr" }, columns.map(th))),
      h("tbody", { class: "pf-v6-c-table__tbody" }, rows.map((row) => h("tr", { class: "pf-v6-c-table__tr" }, columns.map((column) => cell(column, row)))))));
}

const present = (value) => (value === "" || value === false || value === null || value === undefined || (Array.isArray(value) && !value.length) ? "-" : value);
