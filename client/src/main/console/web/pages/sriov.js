import { empty, facts, h, head, item, section, subtitle, table } from "../dom.js";
import { live } from "../list.js";

const mono = (text) => h("span", { class: "console-mono console-nowrap" }, text || "-");

const whole = (state) => h("div", { class: "pf-v6-l-stack pf-m-gutter" },
  item(facts([["Sync status", state.syncStatus], ["Last error", state.lastSyncError], ["Policies", state.policies.join(", ")], ["Networks", state.networks.join(", ")]])),
  item(subtitle("Physical functions")),
  item(state.interfaces.length ? table("Physical functions", [
    { name: "Name", head: true, cell: (pf) => pf.name },
    { name: "PCI address", cell: (pf) => mono(pf.pciAddress) },
    { name: "Driver", cell: (pf) => pf.driver },
    { name: "MAC address", cell: (pf) => mono(pf.mac) },
    { name: "MTU", number: true, cell: (pf) => pf.mtu },
    { name: "Link speed", cell: (pf) => pf.linkSpeed },
    { name: "VFs", number: true, cell: (pf) => `${pf.numVfs} of ${pf.totalVfs}` },
  ], state.interfaces) : empty("No SR-IOV cards found", "No card of this node has virtual functions.")),
  item(subtitle("Virtual functions")),
  item(table("Virtual functions", [
    { name: "PF", head: true, cell: (vf) => vf.pf },
    { name: "VF", number: true, cell: (vf) => vf.vfId },
    { name: "PCI address", cell: (vf) => mono(vf.pciAddress) },
    { name: "Driver", cell: (vf) => vf.driver },
    { name: "Resource", cell: (vf) => vf.resourceName },
    { name: "MAC address", cell: (vf) => mono(vf.mac) },
    { name: "VLAN", number: true, cell: (vf) => vf.vlan || "-" },
    { name: "User", cell: (vf) => vf.user || "Free" },
  ], state.interfaces.flatMap((pf) => pf.vfs))));

export function page(signal) {
  const { elements, ready } = live({ path: "/api/sriov", render: whole }, signal);
  return { elements: [head("SR-IOV"), section(elements)], ready };
}
