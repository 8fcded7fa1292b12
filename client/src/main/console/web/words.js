// Numbers and times in words.
export function bits(perSecond) {
  if (perSecond >= 1e9) return (perSecond / 1e9).toFixed(2) + " Gbit/s";
  if (perSecond >= 1e6) return (perSecond / 1e6).toFixed(1) + " Mbit/s";
  return (perSecond / 1e3).toFixed(perSecond < 1e4 && perSecond > 0 ? 1 : 0) + " kbit/s";
}

export const count = (number) => Number(number).toLocaleString("en");

export const time = (ms) => (Number(ms) ? new Date(Number(ms)).toISOString().replace("T", " ").replace(/\.\d+Z$/, " UTC") : "-");

export const networkOf = (nic) => (nic.bridge ? nic.network || nic.bridge : "Pod networking");

export const typeOf = (nic) => (nic.bridge ? "Bridge" : "Masquerade");

export const percent = (part) => (part * 100).toFixed(part < 0.1 ? 1 : 0) + " %";
