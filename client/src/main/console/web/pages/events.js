import { h, head } from "../dom.js";
import { list as paged } from "../list.js";
import { time } from "../words.js";

const COLUMNS = [
  { name: "Time", head: true, cell: (event) => h("span", { class: "console-nowrap" }, time(event.unixMs)) },
  { name: "Kind", cell: (event) => event.kind },
  { name: "About", cell: (event) => event.nic || "The daemon" },
  { name: "Message", cell: (event) => h("span", { class: "console-mono" }, event.message) },
];

export function list(signal) {
  const { element, ready } = paged({
    name: "Events", path: "/api/events", columns: COLUMNS, filter: "Kind, name or message",
    none: ["No events found", "The journal of this node is empty."],
  }, signal);
  return { elements: [head("Events"), element], ready };
}
