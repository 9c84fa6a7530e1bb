// Draws the plots in the colours of the style sheet, again when the reader's theme changes, and light for print.
// drawPlot(div, { data, layout }) draws one that the page did not begin with, into what stands on it.
const drawPlot = (() => {
  const config = {
    showSendToCloud: false,
    displaylogo: false,
    responsive: true,
    // Without a mouse the buttons would cover the legend for good.
    displayModeBar: matchMedia("(hover: hover)").matches ? "hover" : false,
    modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"],
  };

  const colours = () => {
    const style = getComputedStyle(document.documentElement);
    const of = (name) => style.getPropertyValue(name).trim();
    const update = { "font.color": of("--ink"), "font.family": of("--font") };
    update["modebar.bgcolor"] = "rgba(0,0,0,0)";
    update["modebar.color"] = of("--soft");
    update["modebar.activecolor"] = of("--accent");
    update["hoverlabel.bgcolor"] = of("--panel");
    update["hoverlabel.bordercolor"] = of("--line");
    update["hoverlabel.font.color"] = of("--ink");
    for (const axis of ["xaxis", "yaxis"]) {
      update[`${axis}.gridcolor`] = of("--grid");
      update[`${axis}.linecolor`] = update[`${axis}.tickcolor`] = of("--line");
    }
    return update;
  };

  const place = (target, path, value) => {
    const keys = path.split(".");
    const last = keys.pop();
    for (const key of keys) target = target[key] ??= {};
    target[last] = value;
  };

  const drawn = new Set();
  const plots = () => [...drawn].filter((div) => div.isConnected);
  const show = (div, { data, layout }) => {
    for (const [path, value] of Object.entries(colours())) place(layout, path, value);
    Plotly.newPlot(div, data, layout, config);
    drawn.add(div);
  };
  const draw = (div) => {
    const source = waiting.get(div);
    if (!source) return;
    waiting.delete(div);
    show(div, JSON.parse(source.textContent));
  };

  // Dozens of plots take seconds to draw: those near the reader come first, the others when there is nothing to do.
  const waiting = new Map([...document.querySelectorAll("script[data-plot]")].map(
    (source) => [document.getElementById(source.dataset.plot), source]
  ));
  const near = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) if (isIntersecting) { near.unobserve(target); draw(target); }
  }, { rootMargin: "100% 0px" });
  [...waiting.keys()].forEach((div) => near.observe(div));
  const soon = window.requestIdleCallback ?? ((work) => setTimeout(work, 50));
  const rest = () => {
    const [div] = waiting.keys();
    if (div) { draw(div); soon(rest); }
  };
  soon(rest);

  const recolour = () => plots().forEach((div) => Plotly.relayout(div, colours()));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour);
  // On paper nothing can be opened, and the day is not known from elsewhere.
  const opened = [];
  addEventListener("beforeprint", () => {
    document.querySelectorAll("section > details:not([open])").forEach((part) => { part.open = true; opened.push(part); });
    document.querySelectorAll(".printed-on").forEach((place) => {
      place.textContent = `Printed ${new Date().toISOString().slice(0, 10)}. `;
    });
  });
  addEventListener("afterprint", () => { opened.splice(0).forEach((part) => { part.open = false; }); });
  // A printer does not wait: what is put off until later, as Plotly.Plots.resize does, comes after the paper.
  matchMedia("print").addEventListener("change", ({ matches }) => {
    if (matches) [...waiting.keys()].forEach(draw);
    const size = (div) => (matches ? { width: div.clientWidth, autosize: false } : { width: null, autosize: true });
    plots().map((div) => [div, size(div)]).forEach(([div, own]) => Plotly.relayout(div, { ...colours(), ...own }));
  });
  return show;
})();
