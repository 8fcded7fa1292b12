import { Refused, events, post } from "../api.js";
import { alert, button, empty, h, head, item, label, link, say, section, subtitle, table } from "../dom.js";
import { actions, field, text } from "../form.js";
import { list as paged, live } from "../list.js";
import { count } from "../words.js";
import { spark } from "./machines.js";

const TITLE = "Why was it dropped?";

export const page = (signal, nic) => (nic ? ofNic(signal, nic) : all(signal));

function all(signal) {
  const { element, ready } = paged({
    name: "Network interfaces", path: "/api/nics", filter: "Name, network or address", sort: "drops",
    columns: [
      { name: "Network interface", head: true, cell: (nic) => link("#/drops/" + encodeURIComponent(nic.name), nic.name) },
      { name: "Drops", sort: "drops", number: true, cell: (nic) => count(nic.drops) },
      { name: "Most frequent reason", cell: (nic) => dropsOf(nic)[0]?.meaning },
    ],
    none: ["No network interfaces found", "None is attached on this node."],
    descending: true,
  }, signal);
  return { elements: [head(TITLE), element], ready };
}

const dropsOf = (nic) => (nic.counters?.verdicts || []).filter((one) => one.drop).sort((a, b) => b.frames - a.frames);

function ofNic(signal, name) {
  const history = new Map();
  const { elements, ready } = live({
    path: "/api/machine", query: { name: name.split("/")[0] },
    render: (machine) => {
      const nic = machine.nics.find((one) => one.name === name);
      return nic ? reasons(nic, history) : empty("No such network interface", name);
    },
  }, signal);
  return {
    elements: [
      head(name, { above: { href: "#/drops", text: TITLE } }),
      section(item(subtitle("Reasons")), elements, item(subtitle("Dropped frames, as they pass")), ...watch(signal, name).map((one) => item(one)),
        item(subtitle("Explain a flow")), ...explain(name).map((one) => item(one))),
    ],
    ready,
  };
}

// Frames by reason, and how many of them in each of the last updates.
function reasons(nic, history) {
  const rows = dropsOf(nic);
  for (const one of rows) {
    const kept = history.get(one.verdict) || { last: Number(one.frames), steps: [] };
    kept.steps = [...kept.steps, Number(one.frames) - kept.last].slice(-60);
    kept.last = Number(one.frames);
    history.set(one.verdict, kept);
  }
  return rows.length ? table("Reasons", [
    { name: "Reason", head: true, cell: (one) => h("span", { class: "console-mono" }, one.verdict) },
    { name: "Meaning", cell: (one) => one.meaning },
    { name: "Frames", number: true, cell: (one) => count(one.frames) },
    { name: "While this page is open", cell: (one) => spark(history.get(one.verdict).steps, `Frames dropped as ${one.verdict} while this page is open`) },
  ], rows) : empty("No drops", "No frame of this network interface was dropped.");
}

const way = (reply) => h("div", { class: "pf-v6-c-card pf-m-compact" }, h("div", { class: "pf-v6-c-card__body" },
  h("div", { class: "console-mono" }, `From ${reply.from}: ${reply.before}`),
  h("ol", { class: "console-steps" }, reply.steps.map((step) => h("li", {}, step))),
  reply.after && h("div", { class: "console-mono" }, "Leaves as: " + reply.after),
  h("div", {}, label(reply.verdict, reply.drop ? "pf-m-red" : "pf-m-green"), " ", reply.meaning)));

function watch(signal, nic) {
  const frames = h("div", { class: "pf-v6-l-stack pf-m-gutter", id: "frames" });
  const status = h("p", { role: "status" });
  let watching = null;
  const stop = (words) => {
    watching?.abort();
    watching = null;
    start.lastChild.textContent = "Watch dropped frames";
    status.textContent = words;
  };
  const listen = async (mine) => {
    try {
      for await (const reply of events("/api/traces", { nic }, mine.signal)) {
        if (reply.end) stop(frames.childElementCount ? "Done." : "No frame was dropped in one minute.");
        else if (reply.error) status.textContent = reply.error;
        else frames.append(item(way(reply)));
      }
    } catch (e) {
      if (!mine.signal.aborted) stop(e instanceof Refused ? e.message : "The console does not answer.");
    }
  };
  const start = button("Watch dropped frames", "secondary", {
    id: "watch",
    onclick: () => {
      if (watching) {
        stop("Stopped.");
        return;
      }
      frames.replaceChildren();
      status.textContent = "Waiting for the next dropped frame, for one minute.";
      start.lastChild.textContent = "Stop";
      watching = new AbortController();
      listen(watching);
    },
  });
  signal.addEventListener("abort", () => watching?.abort());
  return [start, status, frames];
}

function explain(nic) {
  const flow = field({
    id: "flow", text: "Flow", required: true, control: text(),
    help: "tcp|udp|icmp ADDRESS[:PORT] > ADDRESS[:PORT]. guest, gateway and pod stand for addresses. Example: tcp 198.51.100.9:5000 > pod:80. Nothing is sent.",
  });
  const answer = h("div", { class: "pf-v6-l-stack pf-m-gutter", id: "explained" });
  const form = h("form", {
    class: "pf-v6-c-form console-form", novalidate: true,
    onsubmit: async (event) => {
      event.preventDefault();
      flow.error(null);
      answer.replaceChildren();
      try {
        const { frames } = await post("/api/trace", { nic, flow: flow.control.value });
        answer.replaceChildren(...frames.map((one) => item(way(one))));
        say(frames.map((one) => one.meaning).join(". "));
      } catch (e) {
        if (e.field === "flow") {
          flow.error(e.message);
          flow.control.focus();
        } else {
          answer.replaceChildren(item(alert("danger", "Error", e.message)));
        }
      }
    },
  }, flow.group, actions(button("Explain", "primary", { type: "submit" })));
  return [form, answer];
}
