// Charts: what a mark says under the pointer; and in place of each drawing, once it is looked at, the same
// chart made of the same specification, with series that can be hidden and axes that can be zoomed.
(() => {
  const library = new URL("vega.js", document.currentScript.src).href;
  const { axes, make } = cnnfc;

  // What a mark says, at once instead of the browser's own after a while.
  const tip = make("div", { className: "tip", hidden: true });
  document.body.append(tip);
  const say = (text, event) => {
    tip.hidden = !text;
    if (!text) return;
    tip.textContent = text;
    const left = Math.min(event.clientX + 14, document.documentElement.clientWidth - tip.offsetWidth - 8);
    const above = event.clientY - tip.offsetHeight - 14;
    tip.style.left = `${Math.max(8, left)}px`;
    tip.style.top = `${above > 8 ? above : event.clientY + 18}px`;
  };
  for (const title of document.querySelectorAll(".chart svg title")) {
    title.parentNode.dataset.tip = title.textContent;
    title.remove();
  }
  document.addEventListener("pointermove", (event) => {
    // A chart that is alive says it by itself.
    if (!event.target.closest?.(".live")) say(event.target.closest?.("[data-tip]")?.dataset.tip, event);
  });

  // The chart of one drawing, alive in `host`.
  const chart = (figure, part, host, view) => {
    const spans = Object.entries(part.spans);
    const hidden = new Set();
    const now = {};
    let frame = null;
    let timer = null;
    const key = (name) => `${figure.id}.${name}`;

    // Entries of the legend are switches, for the keyboard too.
    const dress = () => {
      const [labels, symbols] = ["label text", "symbol path"].map((what) => host.querySelectorAll(`.role-legend-${what}`));
      if (labels.length !== part.series.length || symbols.length !== labels.length) return;
      labels.forEach((label, n) => {
        const off = hidden.has(part.series[n]);
        for (let at = label; at !== host; at = at.parentNode) at.removeAttribute("aria-hidden");
        const said = { role: "button", tabindex: 0, "aria-pressed": !off, "aria-label": part.series[n] };
        for (const [name, value] of Object.entries(said)) label.setAttribute(name, value);
        for (const half of [label, symbols[n]]) {
          half.dataset.series = n;
          half.classList.toggle("off", off);
        }
      });
    };
    const draw = async () => {
      frame = null;
      let zoomed = false;
      for (const [channel, span] of spans) {
        const [from, to] = now[channel];
        const [ticks, texts] = axes.numbered(span, from, to);
        view.signal(`${channel}_from`, from).signal(`${channel}_to`, to);
        view.signal(`${channel}_ticks`, ticks).signal(`${channel}_texts`, texts);
        if (span.names.length) view.signal("x_zoom", (span.high - span.low) / (to - from));
        zoomed ||= from !== span.low || to !== span.high;
      }
      host.classList.toggle("zoomed", zoomed);
      await view.signal("zoomed", zoomed).signal("hidden", [...hidden]).runAsync();
      dress();
    };
    const recall = () => {
      hidden.clear();
      for (const name of cnnfc.list(key("hide"))) hidden.add(name);
      for (const [channel, span] of spans) now[channel] = axes.read(span, cnnfc.get(key(channel)));
      return draw();
    };
    // Move the axes: zoom by `factor` around a place, and shift, both as shares of what is shown.
    const move = (factor, at = {}, shift = {}) => {
      for (const [channel, span] of spans) {
        const [there, back] = span.log ? [Math.log, Math.exp] : [Number, Number];
        const [from, to] = now[channel].map(there);
        const [low, high] = [span.low, span.high].map(there);
        const least = span.names.length ? Math.min(3, high - low) : (high - low) / 500;
        const size = Math.min(high - low, Math.max(least, (to - from) * factor));
        const start = from + (to - from - size) * (at[channel] ?? 0.5) + (to - from) * (shift[channel] ?? 0);
        const first = Math.min(Math.max(start, low), high - size);
        now[channel] = size > (high - low) * 0.999 ? [span.low, span.high] : [back(first), back(first + size)];
      }
      frame ??= requestAnimationFrame(draw);
      clearTimeout(timer);
      timer = setTimeout(() => {
        for (const [channel, span] of spans) cnnfc.set(key(channel), axes.write(span, now[channel]), false);
        // What a link to this would show: whole commits, and numbers of a few digits.
        recall();
      }, 200);
    };
    // Where in the plotting area the pointer is, as shares from its lower left corner; null outside.
    const place = (event) => {
      for (const path of host.querySelectorAll("path.background")) {
        const box = path.getBoundingClientRect();
        const at = { x: (event.clientX - box.left) / box.width, y: (box.bottom - event.clientY) / box.height };
        const isArea = path.getAttribute("d")?.includes(`h${part.area[0]}v${part.area[1]}`);
        if (isArea && Math.min(at.x, at.y) >= 0 && Math.max(at.x, at.y) <= 1) return at;
      }
      return null;
    };
    let held = null;
    host.addEventListener("wheel", (event) => {
      const at = event.ctrlKey || event.metaKey ? place(event) : null;
      if (!at) return;
      event.preventDefault();
      move(Math.exp(Math.max(-60, Math.min(60, event.deltaY)) / 150), at);
    }, { passive: false });
    host.addEventListener("pointerdown", (event) => {
      held = event.button === 0 && event.pointerType !== "touch" && host.classList.contains("zoomed") ? place(event) : null;
      if (held) host.setPointerCapture(event.pointerId);
    });
    host.addEventListener("pointermove", (event) => {
      const at = held && place(event);
      if (at) move(1, {}, { x: held.x - at.x, y: held.y - at.y });
      held = at ?? held;
    });
    host.addEventListener("lostpointercapture", () => { held = null; });
    host.addEventListener("dblclick", (event) => { if (place(event)) move(Infinity); });

    const toggle = (event) => {
      const name = part.series[event.target.dataset?.series];
      if (name === undefined) return;
      event.preventDefault();
      if (!hidden.delete(name)) hidden.add(name);
      cnnfc.set(key("hide"), [...hidden]);
      draw();
    };
    host.addEventListener("click", toggle);
    host.addEventListener("keydown", (event) => { if (["Enter", " "].includes(event.key)) toggle(event); });
    cnnfc.listen(recall);
    return { move, recall, shown: () => host.checkVisibility(), zooms: spans.length > 0 };
  };

  // The picture that is shown, as a PNG.
  const save = async (figure) => {
    const drawn = [...figure.querySelectorAll(".wide svg, .narrow svg")].find((svg) => svg.checkVisibility());
    if (!drawn) return;
    const { width, height } = drawn.viewBox.baseVal;
    const style = getComputedStyle(drawn);
    const copy = drawn.cloneNode(true);
    for (const one of copy.querySelectorAll("[font-family]")) one.removeAttribute("font-family");
    for (const one of copy.querySelectorAll(".off")) one.setAttribute("opacity", 0.4);
    for (const [name, value] of Object.entries({ width, height, "font-family": style.fontFamily })) copy.setAttribute(name, value);
    const text = new XMLSerializer().serializeToString(copy);
    const painted = text.replace(/var\((--[a-z0-9-]+)\)/g, (_, name) => style.getPropertyValue(name).trim());
    const image = make("img", { src: `data:image/svg+xml,${encodeURIComponent(painted)}` });
    await image.decode();
    const canvas = make("canvas", { width: 2 * width, height: 2 * height });
    const pen = canvas.getContext("2d");
    pen.fillStyle = style.getPropertyValue("--surface").trim();
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(image, 0, 0, canvas.width, canvas.height);
    const href = URL.createObjectURL(await new Promise((done) => canvas.toBlob(done, "image/png")));
    make("a", { href, download: `${figure.id}.png` }).click();
    setTimeout(() => URL.revokeObjectURL(href), 10_000);
  };

  // Scripts that come when they are needed; each data script calls `cnnfc.chart`.
  const arrived = {};
  cnnfc.chart = (id, data) => { arrived[id] = data; };
  const scripts = {};
  const script = (src) => (scripts[src] ??= new Promise((onload, onerror) => {
    document.head.append(make("script", { src, onload, onerror }));
  }));
  const upgrade = async (figure, box, charts) => {
    await Promise.all([script(library), script(figure.dataset.chart)]);
    const { sets, ...parts } = arrived[figure.id];
    const part = parts[box.className];
    const datasets = Object.fromEntries(Object.entries(part.rows).map(([name, at]) => [name, structuredClone(sets[at])]));
    const host = make("div", { className: "live", hidden: true });
    box.prepend(host);
    // Without `eval`, and without styles of its own: both would be against the policy of the page.
    const options = { ast: true, renderer: "svg", actions: false, defaultStyle: false, logLevel: 0 };
    const tooltip = (handler, event, item, value) => say(value, event);
    try {
      const { view } = await vegaEmbed(host, { ...part.spec, datasets }, { ...options, tooltip });
      const made = chart(figure, part, host, view);
      await made.recall();
      charts.push(made);
      host.hidden = false;
      box.classList.add("upgraded");
    } catch (error) {
      host.remove();
      throw error;
    }
  };

  const idle = () => new Promise((done) => (window.requestIdleCallback ?? setTimeout)(done));
  let turn = Promise.resolve();
  const adopt = (figure) => {
    const charts = [];
    const tools = figure.querySelector(".tools");
    const shown = () => charts.find((one) => one.shown());
    // A drawing in a file of its own cannot be painted on a canvas: not before the chart is alive.
    const drawn = () => figure.querySelector(".wide svg, .narrow svg") !== null;
    const buttons = [
      ["PNG", "Save the picture as it is shown", () => save(figure)],
      ["−", "Zoom out", () => shown().move(1.5)],
      ["+", "Zoom in; or Ctrl and the wheel, then drag", () => shown().move(1 / 1.5)],
      ["All", "Show all again; or a double click", () => shown().move(Infinity)],
    ].map(([textContent, title, onclick], at) => make("button", { type: "button", textContent, title, onclick, hidden: at > 0 || !drawn() }));
    tools.append(...buttons);
    const steps = { ArrowLeft: { x: -0.2 }, ArrowRight: { x: 0.2 }, ArrowDown: { y: -0.2 }, ArrowUp: { y: 0.2 } };
    tools.addEventListener("keydown", (event) => {
      if (!(event.key in steps) || !shown()) return;
      event.preventDefault();
      shown().move(1, {}, steps[event.key]);
    });
    const watch = new IntersectionObserver((entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        watch.unobserve(target);
        // One after the other, and never in the way of what the reader does. What fails stays a drawing.
        turn = turn.then(idle).then(() => upgrade(figure, target, charts)).catch(() => {}).then(() => {
          buttons[0].hidden = !drawn();
          for (const one of buttons.slice(1)) one.hidden = !shown()?.zooms;
        });
      }
    }, { rootMargin: "100px" });
    for (const box of figure.querySelectorAll(".wide, .narrow")) watch.observe(box);
  };
  addEventListener("load", () => { for (const figure of document.querySelectorAll("figure[data-chart]")) adopt(figure); });
})();
