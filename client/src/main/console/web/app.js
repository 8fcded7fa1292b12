// Which page is shown: the part of the address behind #.
import { get, isByPassword } from "./api.js";
import { alert, h, section } from "./dom.js";
import * as bridges from "./pages/bridges.js";
import * as drops from "./pages/drops.js";
import * as events from "./pages/events.js";
import * as login from "./pages/login.js";
import * as machines from "./pages/machines.js";
import * as networks from "./pages/networks.js";
import * as node from "./pages/node.js";
import * as sriov from "./pages/sriov.js";

const NAV = [
  ["node", "Node"],
  ["machines", "VirtualMachines"],
  ["drops", "Why was it dropped?"],
  ["networks", "NetworkAttachmentDefinitions"],
  ["bridges", "Bridges"],
  ["sriov", "SR-IOV"],
  ["events", "Events"],
];
const PAGES = [
  [/^#\/node$/, node.page],
  [/^#\/machines$/, machines.list],
  [/^#\/machines\/([^/]+)$/, machines.details],
  [/^#\/machines\/([^/]+)\/new$/, machines.add],
  [/^#\/drops(?:\/([^/]+))?$/, drops.page],
  [/^#\/networks$/, networks.list],
  [/^#\/networks\/new$/, networks.create],
  [/^#\/bridges$/, bridges.list],
  [/^#\/bridges\/([^/]+)$/, bridges.details],
  [/^#\/sriov$/, sriov.page],
  [/^#\/events$/, events.list],
  [/^#\/login$/, login.page],
];
const main = document.getElementById("main");
const version = document.getElementById("version");
let leaving = new AbortController();
let isFirst = true;

async function show() {
  const hash = location.hash || "#/machines";
  const found = PAGES.map(([pattern, page]) => [hash.match(pattern), page]).find(([match]) => match);
  leaving.abort();
  leaving = new AbortController();
  nav(hash);
  document.getElementById("session").replaceChildren(...(isByPassword() ? [login.out()] : []));
  main.removeAttribute("data-ready");
  if (!found) {
    main.replaceChildren(section(alert("danger", "No such page")));
    return;
  }
  const [[, ...names], page] = found;
  const { elements, ready } = page(leaving.signal, ...names.map((name) => name && decodeURIComponent(name)));
  main.replaceChildren(...elements);
  const title = document.getElementById("title");
  document.title = `${title.textContent} · virt-dataplane`;
  main.scrollTop = 0;
  if (!isFirst && !main.contains(document.activeElement)) title.focus();
  isFirst = false;
  if (!version.textContent && page !== login.page) get("/api/version").then((answer) => { version.textContent = "virt-dataplane " + answer.version; }, () => {});
  const mine = leaving;
  await ready;
  if (mine === leaving) {
    performance.mark("shown");
    main.setAttribute("data-ready", hash);
  }
}

function nav(hash) {
  document.getElementById("nav").replaceChildren(...NAV.map(([path, text]) => {
    const isCurrent = hash.split("/")[1] === path;
    return h("li", { class: "pf-v6-c-nav__item" },
      h("a", { class: "pf-v6-c-nav__link" + (isCurrent ? " pf-m-current" : ""), href: "#/" + path, "aria-current": isCurrent ? "page" : null },
        h("span", { class: "pf-v6-c-nav__link-text" }, text)));
  }));
}

const sidebar = document.getElementById("sidebar");
const toggle = document.getElementById("toggle");
const wide = matchMedia("(min-width: 75rem)");
function expand(isExpanded) {
  sidebar.classList.toggle("pf-m-expanded", isExpanded);
  sidebar.classList.toggle("pf-m-collapsed", !isExpanded);
  sidebar.hidden = !isExpanded;
  toggle.setAttribute("aria-expanded", isExpanded);
}
toggle.addEventListener("click", () => expand(sidebar.hidden));
wide.addEventListener("change", () => expand(wide.matches));
expand(wide.matches);
document.getElementById("skip").addEventListener("click", (event) => {
  event.preventDefault(); // the address names the page
  main.focus();
});
addEventListener("hashchange", () => {
  if (!wide.matches) expand(false);
  show();
});
show();
