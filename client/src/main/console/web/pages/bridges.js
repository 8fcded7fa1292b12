import { empty, facts, h, head, item, link, section, subtitle, table } from "../dom.js";
import { list as paged, live } from "../list.js";
import { count } from "../words.js";

const address = (name) => "#/bridges/" + encodeURIComponent(name);
const yes = (value) => (value ? "Yes" : "No");

function page(title, above, signal, render) {
  const { elements, ready } = live({ path: "/api/bridges", render }, signal);
  return { elements: [head(title, { above }), section(elements)], ready };
}

export const list = (signal) => page("Bridges", null, signal, ({ bridges }) =>
  bridges.length ? table("Bridges", [
    { name: "Name", head: true, cell: (bridge) => link(address(bridge.name), bridge.name) },
    { name: "Description", cell: (bridge) => bridge.description },
    { name: "Ports", number: true, cell: (bridge) => bridge.ports.length },
    { name: "VLAN filtering", cell: (bridge) => yes(bridge.vlanFiltering) },
    { name: "VLANs in use", cell: (bridge) => bridge.vlans.map((one) => one.vlan).join(", ") },
    { name: "Stations", number: true, cell: (bridge) => count(bridge.stations) },
    { name: "MTU", number: true, cell: (bridge) => bridge.mtu },
  ], bridges) : empty("No bridges found", "A NodeNetworkConfigurationPolicy makes one: virt-dataplane apply -f FILE."));

export function details(signal, name) {
  const whole = page(name, { href: "#/bridges", text: "Bridges" }, signal, ({ bridges }) => {
    const bridge = bridges.find((one) => one.name === name);
    return bridge ? facets(bridge) : empty("No such bridge", name);
  });
  const stations = paged({
    name: "Stations", title: "Stations", path: "/api/stations", query: { bridge: name }, filter: "MAC address or port",
    columns: [
      { name: "MAC address", head: true, cell: (one) => h("span", { class: "console-mono console-nowrap" }, one.mac) },
      { name: "VLAN", number: true, cell: (one) => one.vlan || "-" },
      { name: "Port", cell: (one) => one.port },
      { name: "State", cell: (one) => one.state },
      { name: "Age", number: true, cell: (one) => one.ageSeconds + " s" },
    ],
    none: ["No stations found", "The bridge has learned no MAC address yet."],
  }, signal);
  whole.elements.push(stations.element);
  return { elements: whole.elements, ready: Promise.all([whole.ready, stations.ready]) };
}

const facets = (bridge) => h("div", { class: "pf-v6-l-stack pf-m-gutter" },
  item(facts([
    ["Description", bridge.description], ["VLAN filtering", yes(bridge.vlanFiltering)], ["Multicast snooping", yes(bridge.multicastSnooping)],
    ["MTU", String(bridge.mtu)], ["Ageing", bridge.ageingSeconds + " s"], ["Stations", count(bridge.stations)],
  ])),
  item(subtitle("Ports")),
  item(table("Ports", [
    { name: "Name", head: true, cell: (port) => port.name },
    { name: "Kind", cell: (port) => port.kind },
    { name: "Network", cell: (port) => port.network },
    { name: "Untagged in VLAN", number: true, cell: (port) => port.pvid || "-" },
    { name: "Tagged VLANs", cell: (port) => port.tagged },
    { name: "MAC spoof check", cell: (port) => port.spoofGuard },
    { name: "MAC address", cell: (port) => h("span", { class: "console-mono console-nowrap" }, port.mac || "-") },
    { name: "Stations", number: true, cell: (port) => count(port.learned) },
  ], bridge.ports)),
  item(subtitle("VLANs")),
  item(table("VLANs", [
    { name: "VLAN", head: true, cell: (one) => one.vlan || "Not filtered" },
    { name: "Frames", number: true, cell: (one) => count(one.frames) },
    { name: "Bytes", number: true, cell: (one) => count(one.bytes) },
  ], bridge.vlans)));
