// The node as a whole, as top shows it.
import { alert, empty, facts, h, head, item, label, link, section, subtitle, table } from "../dom.js";
import { live } from "../list.js";
import { count, percent } from "../words.js";
import { rate, spark } from "./machines.js";

const history = (values, now, name) => h("div", {}, now, spark(values, `${name}: now ${now}`));
const perSecond = (value) => `${count(Math.round(value))}/s`;
const newest = (values) => values.at(-1) || 0;

const whole = (node) => h("div", { class: "pf-v6-l-stack pf-m-gutter" },
  node.warnings.map((text) => item(alert("warning", text))),
  item(facts([
    ["VirtualMachines", link("#/machines", count(node.machines))],
    ["Network interfaces", count(node.nics)],
    ["Sessions", count(node.sessions)],
    ["Sent by guests", rate(node, "bitsOut")],
    ["Received by guests", rate(node, "bitsIn")],
  ])),
  item(subtitle("Workers")),
  item(table("Workers", [
    { name: "Worker", head: true, cell: (one) => String(one.number) },
    { name: "State", cell: (one) => (one.isUp ? label("Runs", "pf-m-green") : label("Has ended", "pf-m-red")) },
    { name: "Network interfaces", number: true, cell: (one) => count(one.nics) },
    { name: "Load", cell: (one) => history(one.load, percent(newest(one.load)), `Load of worker ${one.number}`) },
  ], node.workers)),
  item(subtitle("Busiest network interfaces")),
  item(node.busiest.length ? table("Busiest network interfaces", [
    { name: "Network interface", head: true, cell: (nic) => link("#/machines/" + encodeURIComponent(nic.machine), nic.name) },
    { name: "Sent", cell: (nic) => rate(nic, "bitsOut") },
    { name: "Received", cell: (nic) => rate(nic, "bitsIn") },
    { name: "Frames sent", number: true, cell: (nic) => perSecond(nic.rates.at(-1)?.framesOut || 0) },
    { name: "Frames received", number: true, cell: (nic) => perSecond(nic.rates.at(-1)?.framesIn || 0) },
    { name: "Drops", number: true, cell: (nic) => link("#/drops/" + encodeURIComponent(nic.name), perSecond(nic.rates.at(-1)?.drops || 0)) },
  ], node.busiest) : empty("No network interfaces found", "None is attached on this node.")),
  item(subtitle("Drops by reason")),
  item(node.drops.length ? table("Drops by reason", [
    { name: "Reason", head: true, cell: (one) => h("span", { class: "console-mono" }, one.verdict) },
    { name: "Meaning", cell: (one) => one.meaning },
    { name: "Frames", number: true, cell: (one) => count(one.frames) },
    { name: "Now", cell: (one) => history(one.rates, perSecond(newest(one.rates)), `Frames dropped as ${one.verdict}`) },
  ], node.drops) : empty("No drops", "No frame was dropped on this node.")));

export function page(signal) {
  const { elements, ready } = live({ path: "/api/node", render: whole }, signal);
  return { elements: [head("Node"), section(elements)], ready };
}
