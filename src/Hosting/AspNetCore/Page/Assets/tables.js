// Tables: rows are made once and kept while their key lasts, so that a selection or a focus survives.
const fillTable = (table, columns, rows) => {
    if (!table.tHead) {
        table
            .createTHead()
            .append(make("tr", {}, ...columns.map(column => make("th", { scope: "col", class: column.look ?? null }, column.name))));
        table.createTBody();
        table.rowsByKey = new Map();
    }
    const body = table.tBodies[0];
    const keep = new Set(rows.map(row => row.key));
    for (const [key, element] of table.rowsByKey) {
        if (!keep.has(key)) {
            element.remove();
            table.rowsByKey.delete(key);
        }
    }
    rows.forEach((row, index) => {
        let element = table.rowsByKey.get(row.key);
        if (!element) {
            element = make(
                "tr",
                { "data-key": row.key },
                ...columns.map((column, at) =>
                    make(at === 0 ? "th" : "td", { class: column.look ?? null, scope: at === 0 ? "row" : null }),
                ),
            );
            table.rowsByKey.set(row.key, element);
        }
        if (body.rows[index] !== element) body.insertBefore(element, body.rows[index] ?? null);
        columns.forEach((column, at) => column.show(element.cells[at], row));
    });
};
const text = (name, of, look = null) => ({ name, look, show: (cell, row) => say(cell, of(row)) });
const number = (name, of) => text(name, of, "number");
const bar = (name, of, look) => ({
    name,
    look: "gauge",
    show(cell, row) {
        const [part, words] = of(row);
        if (!cell.firstChild)
            cell.append(make("span", { class: `meter ${look}`, "aria-hidden": "true" }, make("span")), make("span", { class: "words" }));
        cell.firstChild.firstChild.style.width = `${Math.round(part * 100)}%`;
        cell.firstChild.dataset.level = part >= 0.8 ? "full" : part >= 0.5 ? "half" : "low";
        say(cell.lastChild, words);
    },
});
const trend = (name, key, look) => ({
    name,
    look: "trend",
    show: (cell, row) => cell.replaceChildren(spark(history.of(key(row)), 96, 22, look)),
});
const reasons = name => ({
    name,
    look: "reasons",
    show(cell, row) {
        const found = Object.entries(row.drops).filter(([, count]) => count > 0);
        if (found.length === 0) return say(cell, "–");
        const growing = row.device + "/" + row.stage;
        cell.replaceChildren(
            ...found.map(([reason, count]) => {
                const more = live.more(`${growing}/${reason}`);
                return make("span", { class: more > 0 ? "reason now" : "reason" }, `${more > 0 ? "▼ " : ""}${reason} ${short(count)}`);
            }),
        );
    },
});

const edgeColumns = [
    text("edge", row => edgeName(row.edge)),
    number("items/s", row => live.rate(row.edge.itemsPerSecond)),
    trend("trend", row => `edge/${row.key}`, "flowing"),
    number("burst", row => (row.edge.meanBurst > 0 ? `×${short(row.edge.meanBurst)}` : "–")),
    bar("queue", row => [row.edge.fill, `${row.edge.queuedBursts}/${row.edge.capacity}${row.edge.isClosed ? " closed" : ""}`], "fill"),
    bar("source blocked", row => [row.blocked, percent(row.blocked)], "block"),
    reasons("dropped at its end"),
];
const stageColumns = [
    text("stage", row => row.stage),
    number("shard", row => String(row.it.shard)),
    text("hop", row => row.it.hop.toLowerCase()),
    number("items/s", row => live.rate(row.it.itemsPerSecond)),
    number("burst", row => (row.it.meanBurst > 0 ? `×${short(row.it.meanBurst)}` : "–")),
    bar("busy", row => [row.it.busyFraction, percent(row.it.busyFraction)], "busy"),
    bar("blocked", row => [row.it.blockedFraction, percent(row.it.blockedFraction)], "block"),
    reasons("dropped"),
];
const pairColumns = [
    text("QP", row => hex(row.it.number), "code"),
    text("type", row => row.it.type),
    {
        name: "state",
        show(cell, row) {
            if (!cell.firstChild) cell.append(make("span", { class: "state" }));
            cell.firstChild.dataset.state = row.it.state;
            say(cell.firstChild, row.it.state);
        },
    },
    text("peer", row => (row.it.peer ? `${hex(row.it.peerNumber ?? 0)} at ${row.it.peer.replace("::ffff:", "")}` : "–"), "code"),
    number("shard", row => String(row.it.shard)),
    number("sent/s", row => live.rate(row.it.sentPerSecond)),
    number("received/s", row => live.rate(row.it.receivedPerSecond)),
    number("sends pending", row => whole(row.it.pendingSends)),
    number("receives posted", row => whole(row.it.pendingReceives)),
    {
        name: "retransmitted",
        look: "number",
        show(cell, row) {
            const more = live.more(`${row.key}/again`);
            cell.classList.toggle("now", more > 0);
            say(cell, `${more > 0 ? "▲ " : ""}${whole(row.it.retransmitted)}`);
        },
    },
];

const incidentWords = {
    PacketsDropped: i => `${whole(i.count)} packet${i.count === 1 ? "" : "s"} dropped: ${i.subject}`,
    StageFaulted: i => `stage ${i.subject} has failed`,
    StageBlocked: i => `stage ${i.subject} is blocked most of the time`,
    QueuePairFailed: i =>
        i.count === 1 ? `queue pair ${i.subject} has failed` : `${i.count} queue pairs have failed, ${i.subject} among them`,
    PortDown: i => `the port is ${i.subject}`,
    PortUp: () => "the port is active again",
};

const tables = {
    maxPairs: 64,
    // As packets go through them.
    compare(device) {
        const shards = new Map(device.graph.stages.map(stage => [stage.name, stage.shard]));
        const layer = name => picture.layer.get(name) ?? 0;
        return (a, b) => layer(a) - layer(b) || shards.get(a) - shards.get(b);
    },
    inOrder(device) {
        const compare = this.compare(device);
        return device.graph.edges.toSorted((a, b) => compare(a.from, b.from) || compare(a.to, b.to));
    },
    showFlow(device) {
        const stages = new Map(device.graph.stages.map(stage => [stage.name, stage]));
        const compare = this.compare(device);
        fillTable(
            byId("edges"),
            edgeColumns,
            this.inOrder(device).map(edge => ({
                key: `${device.name}/${edgeName(edge)}`,
                edge,
                device: device.name,
                stage: edge.to,
                blocked: stages.get(edge.from)?.blockedFraction ?? 0,
                drops: stages.get(edge.to)?.drops ?? {},
            })),
        );
        fillTable(
            byId("stages"),
            stageColumns,
            device.graph.stages
                .toSorted((a, b) => compare(a.name, b.name))
                .map(it => ({
                    key: `${device.name}/${it.name}`,
                    it,
                    device: device.name,
                    stage: it.name,
                    drops: it.drops,
                })),
        );
    },
    showPairs(device) {
        const wanted = byId("pairs-search").value.trim().toLowerCase();
        const busy = pair => pair.sentPerSecond + pair.receivedPerSecond;
        const found = device.queuePairs.filter(
            pair =>
                wanted === "" ||
                [hex(pair.number), String(pair.number), pair.type, pair.state, pair.peer ?? "", hex(pair.peerNumber ?? 0)].some(word =>
                    word.toLowerCase().includes(wanted),
                ),
        );
        found.sort((a, b) => Math.round(busy(b)) - Math.round(busy(a)) || a.number - b.number);
        const shown = found.slice(0, this.maxPairs);
        say(
            byId("pairs-note"),
            shown.length === device.queuePairCount
                ? `${shown.length}, busiest first`
                : `${shown.length} of ${whole(device.queuePairCount)}, busiest first`,
        );
        fillTable(
            byId("pairs"),
            pairColumns,
            shown.map(it => ({ key: `${device.name}/${it.number}`, it })),
        );
    },
    showDrops(device) {
        const found = Object.entries(device.dropped)
            .filter(([, count]) => count > 0)
            .map(([reason, count]) => ({ reason, count, more: live.more(`${device.name}/dropped/${reason}`) }))
            .sort((a, b) => b.more - a.more || b.count - a.count);
        byId("drops").replaceChildren(
            found.length === 0
                ? make("p", { class: "calm" }, "None since the device was opened.")
                : make(
                      "ul",
                      { class: "reasons-list" },
                      ...found.map(one =>
                          make(
                              "li",
                              { class: one.more > 0 ? "now" : null, "data-reason": one.reason },
                              make("span", { class: "code" }, one.reason),
                              spark(history.of(`${device.name}/dropped/${one.reason}`), 96, 22, one.more > 0 ? "bad" : "past"),
                              make("span", { class: "number" }, one.more > 0 ? `▼ ${short(one.more / live.seconds)}/s` : "not now"),
                              make("span", { class: "number total" }, whole(one.count)),
                          ),
                      ),
                  ),
        );
    },
    showIncidents(snapshot, device) {
        const recent = snapshot.incidents
            .filter(incident => incident.device === device.name)
            .slice(-40)
            .reverse();
        const key = `${device.name}/${recent.length}/${recent[0]?.time}/${recent[0]?.kind}/${recent[0]?.subject}`;
        const list = byId("incidents");
        if (list.dataset.key === key) return;
        list.dataset.key = key;
        list.replaceChildren(
            ...(recent.length === 0
                ? [make("li", { class: "calm" }, "Nothing went wrong lately.")]
                : recent.map(incident =>
                      make(
                          "li",
                          { "data-kind": incident.kind },
                          make("time", { datetime: incident.time }, new Date(incident.time).toLocaleTimeString("en-GB")),
                          make("span", {}, incidentWords[incident.kind]?.(incident) ?? `${incident.kind} ${incident.subject}`),
                      ),
                  )),
        );
    },
    showCounters(device) {
        if (!byId("counters").parentElement.open) return;
        const counter = ([key, count]) =>
            make(
                "div",
                { class: count > 0 ? null : "zero" },
                make("dt", { class: "code" }, key),
                make("dd", { class: "number" }, whole(count)),
            );
        const list = (name, counters) => make("div", {}, make("h3", {}, name), make("dl", {}, ...Object.entries(counters).map(counter)));
        byId("counters").replaceChildren(list("Soft-RoCE", device.counters), list("mlx5", device.adapterCounters));
    },
};
