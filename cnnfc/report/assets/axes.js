// Axes: ticks between any two values, in the words of the drawing; and what the address says of an axis.
(() => {
  // Ticks of an axis between two values, and their texts in the words of the drawing.
  const format = (value, options) => value.toLocaleString("en", options).replace("-", "−");
  const nice = (raw) => {
    const power = 10 ** Math.floor(Math.log10(raw));
    return [1, 2, 5, 10].find((factor) => factor * power >= raw * 0.999) * power;
  };
  const scaleOf = ({ scales }, value) => scales.findLast(([factor]) => Math.abs(value) >= factor * 0.9995) ?? scales[0] ?? [1, "", ""];
  const textOf = (span, value, digits) => {
    if (span.names.length) return span.names[value].split("|");
    if (span.words === "days") return new Date(Math.round(value * 864e5)).toISOString().slice(0, digits ? 16 : 10).replace("T", " ");
    const few = { maximumSignificantDigits: 5 };
    if (span.words === "ratio") {
      if (value <= 0.5 || value >= 2) return `×${format(value, few)}`;
      return Math.abs(value - 1) < 1e-9 ? "usual" : format(value - 1, { style: "percent", signDisplay: "always", ...few });
    }
    const [factor, before, after] = scaleOf(span, value);
    const fixed = { minimumFractionDigits: digits, maximumFractionDigits: digits };
    return before + format(value / factor, span.log ? few : fixed) + after;
  };
  const numbered = (span, from, to) => {
    const isOurs = span.names.length || span.words || span.scales.length;
    if (!isOurs || (from === span.low && to === span.high)) return [span.ticks, span.texts];
    const unit = span.names.length || span.words ? 1 : scaleOf(span, to)[0];
    const step = span.names.length ? Math.ceil((to - from) / span.ticks.length) : unit * nice((to - from) / unit / 5);
    const found = [];
    if (span.log && to / from > 6) {
      for (let power = Math.floor(Math.log10(from)); power <= Math.log10(to); power += 1) {
        found.push(...(to / from < 200 ? [1, 2, 5] : [1]).map((one) => Number(`${one}e${power}`)));
      }
    } else {
      for (let n = Math.ceil(from / step); n * step <= to; n += 1) found.push(n * step);
    }
    const ticks = found.filter((tick) => tick >= from && tick <= to && (!span.names.length || span.names[tick]));
    const digits = Math.min(12, Math.max(0, -Math.floor(Math.log10(step / unit) + 1e-9)));
    return [ticks, ticks.map((tick) => textOf(span, tick, digits))];
  };

  // A stretch of an axis as the address has it: "0.001..0.02", or from commit to commit.
  const short = (name) => name?.split("|")[0] ?? "";
  const write = (span, [from, to]) => {
    if (from === span.low && to === span.high) return "";
    const ends = span.names.length ? [span.names[Math.ceil(from)], span.names[Math.floor(to)]].map(short) : [from, to].map((end) => String(Number(end.toPrecision(5))));
    return ends.join("..");
  };
  const read = (span, text) => {
    const [first, last] = text.split("..").map((end) => (span.names.length ? span.names.findIndex((name) => short(name) === end) : Number(end)));
    const half = span.names.length ? 0.5 : 0;
    const [from, to] = [Math.max(span.low, first - half), Math.min(span.high, last + half)];
    // A link may be older than what was measured since.
    return from < to ? [from, to] : [span.low, span.high];
  };

  cnnfc.axes = { numbered, read, write };
})();
