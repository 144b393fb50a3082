// The state of a page is in its address: #cases.sort=latency.desc&cases.q=conv, so every view of it has a link.
"use strict";

const cnnfc = (() => {
  const values = new Map();
  const listeners = [];
  let anchor = "";

  const decode = (text) => {
    try {
      return decodeURIComponent(text.replaceAll("+", " "));
    } catch {
      return text;
    }
  };
  // As few signs as possible, so that people can read what they send each other.
  const encode = (text) => encodeURIComponent(text).replaceAll("%20", "+").replace(/%(2F|3A|40|24)/g, decodeURIComponent);

  const read = () => {
    values.clear();
    anchor = "";
    for (const part of location.hash.slice(1).split("&")) {
      const at = part.indexOf("=");
      if (at < 0) anchor = decode(part);
      else values.set(decode(part.slice(0, at)), part.slice(at + 1).split(",").map(decode));
    }
  };

  const write = (step) => {
    const hash = [...values].map(([key, items]) => `${encode(key)}=${items.map(encode).join(",")}`).join("&");
    const url = hash ? `#${hash}` : location.pathname + location.search;
    history[step ? "pushState" : "replaceState"](null, "", url);
  };

  const show = () => {
    read();
    for (const listener of listeners) listener();
  };

  read();
  addEventListener("hashchange", show);
  // A link that was opened shows the part of the page that it is about; a reload stays where it was.
  addEventListener("load", () => {
    if (performance.getEntriesByType("navigation")[0]?.type === "reload") return;
    const [first = ""] = values.keys();
    document.getElementById(anchor || first.split(".")[0])?.scrollIntoView();
  });

  return {
    make: (tag, properties) => Object.assign(document.createElement(tag), properties),
    // What `key` is set to: a text, or with `list` all of them.
    get: (key) => values.get(key)?.join(",") ?? "",
    list: (key) => values.get(key) ?? [],
    // Where a link leads to, if it is no state.
    anchor: () => anchor,
    // Set `key`; with `step`, the back button undoes it.
    set: (key, items, step = true) => {
      const found = [items].flat().filter((item) => item !== "");
      anchor = "";
      if (found.length) values.set(key, found);
      else values.delete(key);
      write(step);
    },
    // Call `listener` whenever the address says something else.
    listen: (listener) => listeners.push(listener),
  };
})();
