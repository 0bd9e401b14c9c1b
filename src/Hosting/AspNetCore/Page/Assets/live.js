// The page lives on one stream of snapshots; everything it shows is a function of the last of them and of the history it keeps.
const live = {
    snapshot: null,
    device: null,
    stream: null,
    seconds: 1,
    measured: false,
    counts: new Map(),
    grown: new Map(),
    rate: value => (live.measured ? short(value) : "–"),
    more: key => live.grown.get(key) ?? 0,
    count(key, value) {
        const before = this.counts.get(key);
        this.grown.set(key, before === undefined ? 0 : Math.max(0, value - before));
        this.counts.set(key, value);
    },
};

const take = snapshot => {
    live.snapshot = snapshot;
    live.seconds = snapshot.intervalSeconds || 1;
    live.measured = snapshot.intervalSeconds > 0;
    for (const device of snapshot.devices) {
        if (live.measured) {
            history.add(`${device.name}/sent`, device.sent.packetsPerSecond);
            history.add(`${device.name}/received`, device.received.packetsPerSecond);
            history.add(`${device.name}/pending`, device.pendingSends);
            for (const edge of device.graph.edges) history.add(`edge/${device.name}/${edgeName(edge)}`, edge.itemsPerSecond);
        }
        for (const stage of device.graph.stages) {
            for (const [reason, count] of Object.entries(stage.drops)) live.count(`${device.name}/${stage.name}/${reason}`, count);
        }
        for (const pair of device.queuePairs) live.count(`${device.name}/${pair.number}/again`, pair.retransmitted);
        let dropped = 0;
        for (const [reason, count] of Object.entries(device.dropped)) {
            const key = `${device.name}/dropped/${reason}`;
            if (!live.counts.has(key) && live.measured) live.counts.set(key, 0);
            live.count(key, count);
            dropped += live.more(key);
            history.add(key, live.more(key) / live.seconds);
        }
        live.grown.set(`${device.name}/dropped`, dropped);
        if (live.measured) {
            history.add(`${device.name}/dropped`, dropped / live.seconds);
            const again = device.queuePairs.reduce((sum, pair) => sum + live.more(`${device.name}/${pair.number}/again`), 0);
            history.add(`${device.name}/again`, again / live.seconds);
        }
    }
    show();
};

const tiles = [
    {
        name: "Sent",
        unit: "packets/s",
        value: d => short(d.sent.packetsPerSecond),
        note: d => `${bytes(d.sent.bytesPerSecond)}/s`,
        key: "sent",
        look: "flowing",
    },
    {
        name: "Received",
        unit: "packets/s",
        value: d => short(d.received.packetsPerSecond),
        note: d => `${bytes(d.received.bytesPerSecond)}/s`,
        key: "received",
        look: "flowing",
    },
    {
        name: "Dropped",
        unit: "packets/s",
        value: d => short(live.more(`${d.name}/dropped`) / live.seconds),
        note: d => `${whole(Object.values(d.dropped).reduce((a, b) => a + b, 0))} in all`,
        key: "dropped",
        look: "bad",
        alarm: d => live.more(`${d.name}/dropped`) > 0,
    },
    {
        name: "Retransmitted",
        unit: "packets/s",
        value: d => short(history.of(`${d.name}/again`).at(-1)),
        note: d => `${whole(d.queuePairs.reduce((a, p) => a + p.retransmitted, 0))} in all`,
        key: "again",
        look: "warn",
        alarm: d => history.of(`${d.name}/again`).at(-1) > 0,
    },
    {
        name: "Sends pending",
        unit: "",
        value: d => short(d.pendingSends),
        note: d => (d.outstandingBursts === 1 ? "1 burst on its way" : `${whole(d.outstandingBursts)} bursts on their way`),
        key: "pending",
        look: "flowing",
        always: true,
    },
    { name: "Queue pairs", unit: "", value: d => whole(d.queuePairCount), note: d => statesOf(d), always: true },
];
const statesOf = device => {
    const states = new Map();
    for (const pair of device.queuePairs) states.set(pair.state, (states.get(pair.state) ?? 0) + 1);
    return (
        [...states]
            .sort()
            .map(([state, count]) => `${count} ${state}`)
            .join(" · ") || "none"
    );
};
const showTiles = device => {
    const host = byId("tiles");
    if (!host.firstChild) {
        host.append(
            ...tiles.map(tile =>
                make(
                    "div",
                    { class: "tile card", "data-tile": tile.name },
                    make("h3", {}, tile.name),
                    make("p", { class: "big" }, make("span", { class: "value" }), make("span", { class: "unit" }, tile.unit)),
                    make("p", { class: "note" }),
                    make("div", { class: "trace" }),
                ),
            ),
        );
    }
    tiles.forEach((tile, index) => {
        const [, big, note, trace] = host.children[index].children;
        say(big.firstChild, live.measured || tile.always ? tile.value(device) : "–");
        say(note, live.measured || tile.always ? tile.note(device) : "measuring");
        host.children[index].classList.toggle("alarm", tile.alarm?.(device) ?? false);
        if (tile.key) trace.replaceChildren(spark(history.of(`${device.name}/${tile.key}`), 160, 30, tile.look));
    });
};
const showFacts = device => {
    const { graph } = device;
    const facts = [
        ["port", device.portState, device.portState !== "Active"],
        ["back-end", device.backend],
        ["MTU", String(device.mtuBytes)],
        ["preset", graph.preset],
        ["revision", String(graph.revision)],
        ["graph", device.hasFailed ? "a stage has failed" : graph.state, device.hasFailed || graph.state !== "Running"],
    ];
    byId("facts").replaceChildren(
        ...facts.map(([name, value, bad]) =>
            make("li", { class: bad ? "bad" : null }, make("span", {}, name), make("b", {}, bad ? `! ${value}` : value)),
        ),
    );
};
const showTabs = devices => {
    const host = byId("tabs");
    const names = devices.map(device => device.name).join("\n");
    if (host.dataset.names !== names) {
        host.dataset.names = names;
        host.replaceChildren(
            ...devices.map(device =>
                make(
                    "button",
                    { type: "button", role: "tab", "aria-controls": "device", "data-device": device.name },
                    make("span", { class: "mark", "aria-hidden": "true" }),
                    make("span", {}, device.service ? `${device.service} · ${device.name}` : device.name),
                ),
            ),
        );
    }
    devices.forEach((device, index) => {
        const tab = host.children[index];
        const chosen = device.name === live.device;
        tab.setAttribute("aria-selected", chosen);
        tab.tabIndex = chosen ? 0 : -1;
        const bad = device.hasFailed || device.portState !== "Active";
        tab.dataset.state = bad ? "bad" : live.more(`${device.name}/dropped`) > 0 ? "warn" : "good";
        tab.setAttribute(
            "aria-label",
            `${device.name}${bad ? ", has failed or is down" : tab.dataset.state === "warn" ? ", drops packets" : ""}`,
        );
    });
};

const show = () => {
    const { snapshot } = live;
    if (!snapshot) return;
    const { devices } = snapshot;
    if (!devices.some(device => device.name === live.device)) live.device = devices[0]?.name ?? null;
    const device = devices.find(one => one.name === live.device);
    const up = (Date.parse(snapshot.time) - Date.parse(snapshot.started)) / 1000;
    say(byId("process"), `${snapshot.processName}, process ${snapshot.processId}, up ${duration(up)}`);
    document.title = `${snapshot.processName} – RdmaPipeline`;
    showTabs(devices);
    byId("device").hidden = !device;
    byId("empty").hidden = !!device;
    if (!device) say(byId("empty"), "No device is open in this process.");
    if (!device) return;
    showFacts(device);
    showTiles(device);
    picture.show(byId("picture"), device);
    edits.show(device);
    tables.showFlow(device);
    tables.showDrops(device);
    tables.showIncidents(snapshot, device);
    tables.showPairs(device);
    tables.showCounters(device);
    document.body.dataset.time = snapshot.time;
};

const status = (state, words) => {
    byId("status").dataset.state = state;
    say(byId("status-text"), words);
};
const open = () => {
    live.stream = new EventSource(`${base}events`);
    live.stream.onmessage = event => {
        take(JSON.parse(event.data));
        status("live", live.measured ? `live, every ${short(Math.round(live.seconds * 10) / 10)} s` : "measuring");
    };
    live.stream.onerror = () => status("lost", "connection lost, trying again");
};
const pause = () => {
    const paused = live.stream !== null;
    live.stream?.close();
    live.stream = null;
    byId("pause").setAttribute("aria-pressed", paused);
    say(byId("pause"), paused ? "Resume" : "Pause");
    document.body.classList.toggle("paused", paused);
    if (paused) status("paused", "paused");
    else open();
};

byId("pause").addEventListener("click", pause);
byId("pairs-search").addEventListener("input", () => show());
byId("counters").parentElement.addEventListener("toggle", () => show());
document.addEventListener("keydown", event => {
    if (
        event.key === "p" &&
        !event.ctrlKey &&
        !event.metaKey &&
        !event.altKey &&
        !["INPUT", "SELECT", "TEXTAREA"].includes(event.target.tagName)
    )
        pause();
});
byId("tabs").addEventListener("click", event => {
    const tab = event.target.closest("[data-device]");
    if (!tab) return;
    live.device = tab.dataset.device;
    show();
});
byId("tabs").addEventListener("keydown", event => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const all = [...byId("tabs").children];
    const next = all[(all.indexOf(document.activeElement) + step + all.length) % all.length];
    next.focus();
    next.click();
});
for (const button of document.querySelectorAll("[data-flow]")) {
    button.addEventListener("click", () => {
        for (const other of document.querySelectorAll("[data-flow]")) {
            other.setAttribute("aria-pressed", other === button);
            byId(other.dataset.flow).hidden = other !== button;
        }
    });
}
new ResizeObserver(() => show()).observe(byId("picture"));
open();
