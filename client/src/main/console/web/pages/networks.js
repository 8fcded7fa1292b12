import { get } from "../api.js";
import { alert, button, h, head, link, section } from "../dom.js";
import { check, field, tabbed, text } from "../form.js";
import { list as paged } from "../list.js";
import { tell, told } from "../notice.js";

const TITLE = "NetworkAttachmentDefinitions";

const SPOOF_CHECK = { on: "On", off: "Off" };
const isSriov = (one) => one.type === "sriov";

const COLUMNS = [
  { name: "Name", head: true, cell: (one) => one.name },
  { name: "Namespace", cell: (one) => one.namespace },
  { name: "Type", cell: (one) => (isSriov(one) ? "SR-IOV" : "Linux bridge") },
  { name: "Bridge or resource", cell: (one) => (isSriov(one) ? one.resource : link("#/bridges/" + encodeURIComponent(one.bridge), one.bridge)) },
  { name: "VLAN", cell: (one) => one.vlan || one.trunk },
  { name: "MAC spoof check", cell: (one) => (isSriov(one) ? SPOOF_CHECK[one.spoofChk] || "Not changed" : one.macspoofchk ? "On" : "Off") },
  { name: "In use by", number: true, cell: (one) => !isSriov(one) && `${one.ports} NIC${one.ports === 1 ? "" : "s"}` },
];

export function list(signal) {
  const { element, ready } = paged({
    name: TITLE, path: "/api/networks", columns: COLUMNS, filter: "Name, bridge or resource",
    none: ["No NetworkAttachmentDefinitions found", "Create one to connect machines to a bridge of this node."],
  }, signal);
  return { elements: [head(TITLE, { actions: [button("Create", "primary", { href: "#/networks/new", id: "create" })] }), ...told(), element], ready };
}

export function create(signal) {
  const bridges = h("datalist", { id: "bridges" });
  const resources = h("datalist", { id: "resources" });
  const type = h("select", {}, h("option", { value: "bridge" }, "Linux bridge"), h("option", { value: "sriov" }, "SR-IOV"));
  const fields = {
    name: field({ id: "name", text: "Name", required: true, control: text("nad-" + Math.random().toString(36).slice(2, 8)), help: "Lower-case letters, digits and -. Maximum name length is 63 characters." }),
    namespace: field({ id: "namespace", text: "Namespace", required: true, control: text("default"), help: "That of the machines which use it." }),
    description: field({ id: "description", text: "Description", control: text() }),
    type: field({ id: "type", text: "Network Type", required: true, control: type }),
    bridge: field({ id: "bridge", text: "Bridge name", required: true, control: text(), help: "A bridge that a NodeNetworkConfigurationPolicy makes." }),
    resource: field({ id: "resource", text: "Resource name", required: true, control: text(), help: "resourceName of a SriovNetworkNodePolicy." }),
    vlan: field({ id: "vlan", text: "VLAN tag number", control: text(), help: "Example: 100. Empty: no tag." }),
  };
  fields.vlan.control.setAttribute("inputmode", "numeric");
  fields.bridge.control.setAttribute("list", "bridges");
  fields.resource.control.setAttribute("list", "resources");
  const spoof = check("macSpoofCheck", "MAC spoof check", true, "Frames with another MAC address than the interface's are dropped.");
  const preserve = check("preserveDefaultVlan", "Preserve default VLAN", false, "The port also stays in the default VLAN of the bridge. That was the default of earlier versions.");
  const byType = () => {
    const isSriov = type.value === "sriov";
    fields.bridge.group.hidden = isSriov;
    preserve.hidden = isSriov;
    fields.resource.group.hidden = !isSriov;
  };
  type.addEventListener("change", byType);
  byType();
  const form = tabbed({
    label: "NetworkAttachmentDefinition", verb: "Create", path: "/api/networks", cancel: "#/networks", fields,
    checks: ["macSpoofCheck", "preserveDefaultVlan"], extra: [spoof, preserve, h("div", {}, bridges, resources)],
    done: ({ namespace, name }) => {
      tell(`${namespace}/${name} created`);
      location.hash = "#/networks";
    },
  });
  const ready = get("/api/bridges").then(
    (answer) => { if (!signal.aborted) bridges.replaceChildren(...answer.bridges.map((one) => h("option", { value: one.name }))); },
    (e) => form.trouble.replaceChildren(alert("danger", "Error", e.message)));
  get("/api/sriov").then((state) => {
    const names = new Set(state.interfaces.flatMap((pf) => pf.vfs).map((vf) => vf.resourceName).filter(Boolean));
    resources.replaceChildren(...[...names].map((value) => h("option", { value })));
  }, () => {});
  return {
    elements: [head("Create NetworkAttachmentDefinition", { above: { href: "#/networks", text: TITLE } }), section(form.elements)],
    ready,
  };
}
