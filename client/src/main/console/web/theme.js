// Light or dark, as the system has it.
(() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => document.documentElement.classList.toggle("pf-v6-theme-dark", dark.matches);
  dark.addEventListener("change", apply);
  apply();
})();
