// Draws the plots in the colours of the style sheet, again when the reader's theme changes, and light for print.
"use strict";
(() => {
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

  const plots = [...document.querySelectorAll("script[data-plot]")].map((source) => {
    const { data, layout } = JSON.parse(source.textContent);
    const div = document.getElementById(source.dataset.plot);
    for (const [path, value] of Object.entries(colours())) place(layout, path, value);
    Plotly.newPlot(div, data, layout, config);
    return div;
  });

  const recolour = () => plots.forEach((div) => Plotly.relayout(div, colours()));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour);
  matchMedia("print").addEventListener("change", () => {
    recolour();
    plots.forEach((div) => Plotly.Plots.resize(div));
  });
})();
