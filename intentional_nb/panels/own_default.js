export default panel(({ el, h }) => (view) => {
  const words = (value) => (typeof value === "string" ? value : JSON.stringify(value));
  const rows = Object.entries(view).map(([name, value]) => h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, words(value))));
  el.replaceChildren(h("table", {}, ...rows));
});
