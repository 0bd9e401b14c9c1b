const byId = id => document.getElementById(id);
// Where everything else is, whatever the page was asked for by.
const base = location.pathname.replace(/\/?$/, "/");

// Numbers as people read them.
const scaled = (value, units, step) => {
    let unit = 0;
    while (Math.abs(value) >= step * 0.9995 && unit < units.length - 1) {
        value /= step;
        unit++;
    }
    const digits = value === 0 || (unit === 0 && Number.isInteger(value)) ? 0 : Math.abs(value) < 9.95 ? 1 : 0;
    return value.toFixed(digits) + units[unit];
};
const short = value => scaled(value, ["", "k", "M", "G", "T"], 1000);
const whole = value => Math.round(value).toLocaleString("en").replaceAll(",", "\u202f");
const bytes = value => scaled(value, [" B", " KiB", " MiB", " GiB", " TiB"], 1024);
const percent = part => (part === 0 ? "0%" : part < 0.01 ? "<1%" : `${Math.round(part * 100)}%`);
const hex = number => `0x${number.toString(16).padStart(6, "0")}`;
const duration = seconds =>
    seconds < 60
        ? `${Math.floor(seconds)} s`
        : seconds < 3600
          ? `${Math.floor(seconds / 60)} min`
          : seconds < 86400
            ? `${Math.floor(seconds / 3600)} h ${Math.floor(seconds / 60) % 60} min`
            : `${Math.floor(seconds / 86400)} d ${Math.floor(seconds / 3600) % 24} h`;

// Elements without a mark-up language: text never becomes an element.
const make = (name, attributes = {}, ...children) => {
    const svg = make.svg.has(name);
    const element = svg ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
        if (value !== null && value !== false) element.setAttribute(key, value === true ? "" : value);
    }
    element.append(...children);
    return element;
};
make.svg = new Set(["svg", "g", "path", "rect", "text", "circle", "tspan", "clipPath", "polyline", "desc"]);
const title = (element, text) => {
    let known = element.querySelector(":scope > title");
    if (!known) {
        known = document.createElementNS("http://www.w3.org/2000/svg", "title");
        element.prepend(known);
    }
    if (known.textContent !== text) known.textContent = text;
};
const say = (element, text) => {
    if (element.textContent !== text) element.textContent = text;
};

// A line of what was, newest at the right.
const spark = (values, width, height, look) => {
    const top = Math.max(1e-9, ...values);
    const calm = Math.max(...values) === 0;
    const step = width / (history.length - 1);
    const at = (value, index) =>
        `${(width - (values.length - 1 - index) * step).toFixed(1)},${(height - 1.5 - ((height - 3) * value) / top).toFixed(1)}`;
    const line = values.map(at).join(" ");
    const first = (width - (values.length - 1) * step).toFixed(1);
    return make(
        "svg",
        { class: `spark ${calm ? "past" : look}`, viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", "aria-hidden": "true" },
        make("path", { class: "under", d: `M${first},${height} L${line.replaceAll(" ", " L")} L${width},${height}Z` }),
        make("polyline", { points: line }),
    );
};

// What the page remembers of figures it has seen.
const history = {
    length: 60,
    series: new Map(),
    add(key, value) {
        const values = this.series.get(key) ?? [];
        values.push(value);
        if (values.length > this.length) values.shift();
        this.series.set(key, values);
    },
    of(key) {
        return this.series.get(key) ?? [0];
    },
};
