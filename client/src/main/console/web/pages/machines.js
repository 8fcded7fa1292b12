import { get } from "../api.js";
import { alert, button, facts, h, head, icon, item, label, link, section, subtitle, table } from "../dom.js";
import { field, tabbed, text } from "../form.js";
import { list as paged, live } from "../list.js";
import { tell, told } from "../notice.js";
import { bits, count, networkOf, time, typeOf } from "../words.js";

const SOURCE_COLOUR = { pod: "pf-m-blue", lease: "pf-m-green", agent: "pf-m-purple", observed: "pf-m-teal" };

// One line for each address, with all its sources.
function addresses(nic) {
  const sources = new Map();
  for (const one of nic.addresses) {
    sources.set(one.address, [...(sources.get(one.address) || []), one.source]);
  }
  return [...sources].filter(([address]) => !address.startsWith("fe80:")).map(([address, names]) =>
    h("div", { class: "console-nowrap" }, h("span", { class: "console-mono console-nowrap" }, address), " ", names.map((name) => [label(name, SOURCE_COLOUR[name]), " "]).flat()));
}

export function spark(values, name) {
  const points = values.slice(-60);
  const top = Math.max(1, ...points);
  const first = 120 - 2 * (points.length - 1);
  const d = points.map((value, i) => `${i ? "L" : "M"}${first + i * 2} ${(23 - (value / top) * 22).toFixed(1)}`).join("");
  return h("svg", { class: "console-spark", viewBox: "0 0 120 24", preserveAspectRatio: "none", role: "img", "aria-label": name }, h("path", { d: d || "M0 23" }));
}

// Of a NIC, or of the node.
export function rate({ rates }, of) {
  const values = rates.map((one) => Number(one[of]));
  const now = values.at(-1) || 0;
  return h("div", {}, bits(now), spark(values, `${of === "bitsOut" ? "Sent" : "Received"}: now ${bits(now)}, highest of two minutes ${bits(Math.max(0, ...values))}`));
}

const ports = (nic) => (nic.bridge ? "" : nic.ports.length ? nic.ports.join(", ") : "All");

const COLUMNS = [
  { name: "Name", head: true, sort: "name", cell: (nic) => link("#/machines/" + encodeURIComponent(nic.machine), nic.machine) },
  { name: "Interface", cell: (nic) => nic.interface },
  { name: "Network", cell: networkOf },
  { name: "Addresses", cell: (nic) => h("div", { class: "console-lines" }, addresses(nic).length ? addresses(nic) : "-") },
  { name: "Ports", cell: ports },
  { name: "Sessions", sort: "sessions", number: true, cell: (nic) => (nic.bridge ? "" : count(nic.sessions)) },
  { name: "Sent", sort: "out", cell: (nic) => rate(nic, "bitsOut") },
  { name: "Received", sort: "in", cell: (nic) => rate(nic, "bitsIn") },
  { name: "Drops", sort: "drops", number: true, cell: (nic) => (nic.drops === 0 ? "0" : link("#/drops/" + encodeURIComponent(nic.name), count(nic.drops))) },
];

export function list(signal) {
  const { element, ready } = paged({
    name: "VirtualMachines", path: "/api/nics", columns: COLUMNS, filter: "Name, network or address", sort: "name",
    none: ["No VirtualMachines found", "No network interface of a machine is attached on this node. virt-dataplane attach does that."],
  }, signal);
  return { elements: [head("VirtualMachines"), element], ready };
}

const STATE_ICON = { up: "arrow-circle-up", down: "arrow-circle-down" };

function interfaces(machine) {
  const status = new Map(machine.status.interfaces.map((one) => [one.name, one]));
  const rows = machine.nics.map((nic) => ({ nic, status: status.get(nic.interface) || {} }));
  const known = new Set(machine.nics.map((nic) => nic.interface));
  const guests = machine.status.interfaces.filter((one) => !known.has(one.name));
  machine.vfs.forEach((vf) => rows.push({ vf, status: guests.find((one) => one.mac === vf.mac) || {} }));
  const macs = new Set(machine.vfs.map((vf) => vf.mac));
  guests.filter((one) => !macs.has(one.mac)).forEach((one) => rows.push({ status: one }));
  const state = ({ status: { linkState } }) => linkState && [icon(STATE_ICON[linkState] || "question-circle"), " ", linkState[0].toUpperCase() + linkState.slice(1)];
  return table("Network interfaces", [
    { name: "Name", head: true, cell: ({ nic, vf, status: one }) => nic || vf ? (nic || vf).interface : [one.interfaceName || one.mac || "-", " ", label("only in the guest")] },
    { name: "Network", cell: ({ nic, vf }) => (nic ? networkOf(nic) : vf && [vf.resourceName, " ", h("span", { class: "console-mono console-nowrap" }, vf.pciAddress)]) },
    { name: "Type", cell: ({ nic, vf }) => (nic ? typeOf(nic) : vf && "SR-IOV") },
    { name: "MAC address", cell: ({ nic, vf, status: one }) => h("span", { class: "console-mono console-nowrap" }, one.mac || (nic && nic.guestMac) || (vf && vf.mac) || "-") },
    { name: "State", cell: state },
    { name: "In the guest", cell: ({ status: one }) => one.interfaceName },
    { name: "IP addresses", cell: ({ status: one }) => Boolean(one.ipAddresses?.length) && h("div", { class: "console-lines" }, one.ipAddresses.map((address) => h("div", { class: "console-mono console-nowrap" }, address))) },
    { name: "Known from", cell: ({ status: one }) => one.infoSource },
  ], rows);
}

function sourcesOf(machine) {
  const rows = machine.nics.flatMap((nic) => nic.addresses.map((one) => ({ ...one, interface: nic.interface })));
  return table("Addresses", [
    { name: "Address", head: true, cell: (one) => h("span", { class: "console-mono console-nowrap" }, one.address + (one.prefixLength ? "/" + one.prefixLength : "")) },
    { name: "Interface", cell: (one) => one.interface },
    { name: "Source", cell: (one) => label(one.source, SOURCE_COLOUR[one.source]) },
    { name: "MAC address", cell: (one) => h("span", { class: "console-mono console-nowrap" }, one.mac || "-") },
    { name: "Last seen", cell: (one) => time(one.lastSeenUnixMs) },
  ], rows);
}

const drops = (machine) =>
  machine.nics.map((nic) => h("div", {}, nic.interface + ": ", nic.drops === 0 ? "0" : link("#/drops/" + encodeURIComponent(nic.name), count(nic.drops))));

// Whose proxy has the guest's TCP, and why.
const mesh = (machine) =>
  machine.nics.filter((nic) => nic.mesh).map((nic) => h("div", {}, `${nic.interface}: ${nic.mesh} (${nic.meshReason})`));

export function details(signal, name) {
  const { elements, ready } = live({ path: "/api/machine", query: { name }, render: (machine) => whole(name, machine) }, signal);
  return {
    elements: [head(name, {
      above: { href: "#/machines", text: "VirtualMachines" },
      actions: [button("Add network interface", "primary", { href: "#/machines/" + encodeURIComponent(name) + "/new", id: "add" })],
    }), ...told(), section(elements)],
    ready,
  };
}

function whole(name, machine) {
  const all = machine.status.interfaces.flatMap((one) => one.ipAddresses || []).filter((address) => !address.startsWith("fe80:"));
  const agent = machine.guestAgent;
  return h("div", { class: "pf-v6-l-stack pf-m-gutter" },
    item(facts([
      ["Name", name],
      ["IP address", all.length ? h("div", { class: "console-lines" }, all.map((address) => h("div", { class: "console-mono console-nowrap" }, address))) : "-"],
      ["Guest agent", !agent ? "Not asked (attach --guest-agent)" : agent.reason ? "Does not answer: " + agent.reason : "Answers"],
      ["Service mesh", mesh(machine).length ? mesh(machine) : "-"],
      ["Sessions", count(machine.nics.reduce((sum, nic) => sum + nic.sessions, 0))],
      ["Frames dropped", drops(machine)],
    ])),
    item(subtitle("Network interfaces")), item(interfaces(machine)),
    item(subtitle("Addresses and their sources")), item(sourcesOf(machine)));
}

const select = (...options) => h("select", {}, options.map(([value, words]) => h("option", { value }, words)));

const BINDING = { bridge: "Bridge", sriov: "SR-IOV", pod: "Masquerade" };
// What a machine that runs must do to get it.
const THEN = {
  bridge: "A running machine gets it by hot-plug, or when it is started again.",
  sriov: "A running machine gets it by hot-plug, or when it is started again.",
  pod: "Restart required: a running machine gets it when it is started again.",
};

export function add(signal, machine) {
  const typeByNetwork = new Map([["pod", "pod"]]);
  const network = text();
  const networks = h("datalist", { id: "networks" });
  network.setAttribute("list", "networks");
  network.placeholder = "Select a NetworkAttachmentDefinition";
  const type = h("output", { for: "network" });
  const linkState = h("output", { for: "network" });
  const here = "#/machines/" + encodeURIComponent(machine);
  const typeNow = () => typeByNetwork.get(network.value.trim()) || "bridge";
  const fields = {
    name: field({ id: "name", text: "Name", required: true, control: text("nic-" + Math.random().toString(36).slice(2, 8)), help: "Unique in the machine. Maximum name length is 63 characters." }),
    model: field({ id: "model", text: "Model", required: true, control: select(["virtio", "virtio"], ["e1000e", "e1000e"]), help: "virtio: best performance; Windows needs drivers. e1000e: works out of the box, slower." }),
    network: field({ id: "network", text: "Network", required: true, control: network, help: "namespace/network-name, or pod for pod networking." }),
    mac: field({ id: "mac", text: "MAC address", control: text(), help: "Six octets. Empty: automatic." }),
    netns: field({ id: "netns", text: "Network namespace of the pod", required: true, control: text(), help: "A name of ip netns, or a path such as /proc/PID/ns/net." }),
    guest: field({ id: "guest", text: "Guest device", required: true, control: text("tap:tap1"), help: "tap:NAME is made in that namespace; dev:NAME exists there." }),
  };
  const byType = () => {
    type.textContent = BINDING[typeNow()];
    const isSriov = typeNow() === "sriov";
    linkState.textContent = isSriov ? "Link state is not available for this type of network interface" : "Up";
    for (const name of ["model", "netns", "guest"]) fields[name].group.hidden = isSriov;
  };
  network.addEventListener("input", byType);
  byType();
  const form = tabbed({
    label: "Network interface", verb: "Save", path: "/api/nics", cancel: here, fixed: { machine }, fields,
    extra: [h("div", {}, h("div", {}, "Type: ", type), h("div", {}, "Link state: ", linkState), networks)],
    done: ({ name }) => {
      tell(`${machine}/${name} attached. ${THEN[typeNow()]}`);
      location.hash = here;
    },
  });
  const ready = Promise.all([get("/api/networks", { per: 100 }), get("/api/machine", { name: machine })]).then(
    ([{ items }, { nics }]) => {
      const pod = nics.some((nic) => !nic.bridge) ? [] : [h("option", { value: "pod" }, "Pod networking")];
      items.forEach((one) => typeByNetwork.set(`${one.namespace}/${one.name}`, one.type));
      networks.replaceChildren(...pod, ...items.map((one) => h("option", { value: `${one.namespace}/${one.name}` }, BINDING[one.type] + " Binding")));
      if (nics.length) form.fill({ netns: nics[0].netns });
      byType();
    },
    (e) => form.trouble.replaceChildren(alert("danger", "Error", e.message)));
  return { elements: [head("Add network interface", { above: { href: here, text: machine } }), section(form.elements)], ready };
}
