// The picture of the graph: built anew when its shape changes, else only its figures.
const picture = {
    shape: "",
    layer: new Map(),
    smallest: 0.74,
    // Across where that is legible, else down.
    plan(graph, width) {
        const across = arrange(graph, "across");
        return width >= this.smallest * (across.length + 12) ? across : arrange(graph, "down");
    },
    build(graph, plan) {
        const { way } = plan;
        this.layer = plan.layer;
        const flip = way === "across";
        const margin = { along: 6, cross: plan.lanes.length > 0 ? 30 : 14 };
        const xy = (along, cross) => (flip ? [along, cross] : [cross, along]);
        const extent = xy(plan.length + 2 * margin.along, plan.height + 2 * margin.cross + (flip ? 6 : 0));
        const root = make("g", { transform: `translate(${xy(margin.along, margin.cross).join()})` });
        const svg = make(
            "svg",
            { viewBox: `0 0 ${extent.join(" ")}`, role: "img", "aria-labelledby": "graph-title", "aria-describedby": "flow-title" },
            root,
        );
        svg.style.maxWidth = `${Math.round(extent[0] * 1.12)}px`;
        svg.style.minWidth = `${Math.round(extent[0] * (flip ? this.smallest : 0.9))}px`;
        for (const lane of plan.lanes) root.append(...this.lane(lane, xy, plan));
        this.links = [];
        for (const edge of graph.edges) this.addLink(root, plan, xy, edge, "edge", graph);
        for (const bell of graph.doorbells) this.addLink(root, plan, xy, bell, "bell", graph);
        this.addWires(root, plan, xy, graph);
        this.nodes = new Map([...plan.nodes.values()].map(node => [node.stage.name, this.node(root, node, xy, plan)]));
        return svg;
    },
    lane(lane, xy, plan) {
        const [x, y] = xy(lane.start - 14, lane.from - 12);
        const [right, bottom] = xy(lane.end + 14, lane.to + 22);
        return [
            make("rect", { class: "lane", x, y, width: right - x, height: bottom - y, rx: 14 }),
            make("text", { class: "lane-name", x: x + 10, y: y - 5 }, `shard ${lane.shard}`),
        ];
    },
    node(root, node, xy, plan) {
        const [x, y] = xy(node.along, node.cross);
        const [width, height] = xy(plan.size.along, plan.size.cross);
        const group = make("g", { class: "node", transform: `translate(${x},${y})` });
        const bar = width - 24;
        const parts = {
            group,
            bar,
            wide: plan.way === "across",
            rate: make("text", { class: "rate", x: 12, y: 42 }),
            hop: make("text", { class: "small", x: width - 12, y: 42, "text-anchor": "end" }),
            busy: make("rect", { class: "busy", x: 12, y: 51, height: 5, rx: 2.5, width: 0 }),
            blocked: make("rect", { class: "blocked", x: 12, y: 51, height: 5, rx: 2.5, width: 0 }),
            busyText: make("text", { class: "small", x: 12, y: 69 }),
            blockedText: make("text", { class: "small", x: width - 12, y: 69, "text-anchor": "end" }),
            badge: make("g", { class: "badge", transform: `translate(${plan.way === "across" ? width / 2 : 36},${height + 8})` }),
        };
        parts.badgeBox = make("rect", { y: -9, height: 18, rx: 9 });
        parts.badgeText = make("text", { y: 4, "text-anchor": "middle" });
        parts.badge.append(parts.badgeBox, parts.badgeText);
        parts.name = make("text", { class: "name", x: 12, y: 21 }, node.stage.name);
        group.append(
            make("rect", { class: "box", width, height, rx: 10 }),
            parts.name,
            parts.rate,
            parts.hop,
            make("rect", { class: "track", x: 12, y: 51, width: bar, height: 5, rx: 2.5 }),
            parts.busy,
            parts.blocked,
            parts.busyText,
            parts.blockedText,
            parts.badge,
        );
        root.append(group);
        return parts;
    },
    // A long name is set closer, a very long one is cut.
    fit(text, width) {
        let whole = text.textContent;
        while (text.getComputedTextLength() > width * 1.3) {
            whole = whole.slice(0, -1);
            text.textContent = `${whole}…`;
        }
        if (text.getComputedTextLength() > width) {
            text.setAttribute("textLength", width);
            text.setAttribute("lengthAdjust", "spacingAndGlyphs");
        }
    },
    addLink(root, plan, xy, link, kind, graph) {
        const to = plan.nodes.get(link.to);
        if (!to) return;
        const known = plan.nodes.get(link.from);
        const from = known ?? { along: to.along - plan.size.along - plan.size.gap + 16, cross: to.cross };
        const parts = kind === "edge" && graph.edges.filter(other => other.from === link.from).length > 1;
        const way = wayBetween(plan, from, to, parts);
        const group = make("g", { class: kind });
        const line = make("path", { class: "line", d: way.path });
        const flow = make("path", { class: "flow", d: way.path });
        group.append(line, flow, this.tip(way.tip, xy, plan));
        if (!known) group.append(this.source(from, xy, plan));
        const label = this.label(way.label, xy, plan, kind, !known);
        group.append(...label.elements);
        root.append(group);
        this.links.push({ kind, from: link.from, port: link.port, to: link.to, group, line, flow, ...label });
    },
    source(from, xy, plan) {
        const [cx, cy] = xy(from.along + plan.size.along, from.cross + plan.size.cross / 2);
        return make("circle", { class: "source", cx, cy, r: 4.5 });
    },
    tip(end, xy, plan) {
        const [x, y] = xy(end.along, end.cross);
        return make("path", {
            class: "tip",
            d: plan.way === "across" ? `M${x},${y - 4.5}l7,4.5l-7,4.5z` : `M${x - 4.5},${y}l4.5,7l4.5,-7z`,
        });
    },
    label(place, xy, plan, kind, outside) {
        const [x, y] = xy(place.along, place.cross);
        const across = plan.way === "across";
        const anchor = across ? "middle" : "start";
        const left = across ? x : x + 10;
        const rate = make("text", { class: "rate", x: left, y: across ? y - 7 : y - 8, "text-anchor": anchor });
        const note = make("text", {
            class: "small",
            x: left,
            y: across ? y + (kind === "bell" ? 16 : 24) : y + (kind === "bell" ? 7 : 20),
            "text-anchor": anchor,
        });
        if (kind === "bell") {
            say(note, outside ? "posts" : "doorbell");
            return { rate, note, elements: [rate, note] };
        }
        const bar = 40;
        const [bx, by] = across ? [x - bar / 2, y + 7] : [left, y - 1];
        const fill = make("rect", { class: "fill", x: bx, y: by, width: 0, height: 5, rx: 2.5 });
        const queue = make("text", {
            class: "small",
            x: left,
            y: Number(note.getAttribute("y")) + (across ? 13 : 0),
            "text-anchor": anchor,
        });
        if (!across) queue.setAttribute("x", left + 40);
        const track = make("rect", { class: "track", x: bx, y: by, width: bar, height: 5, rx: 2.5 });
        return { rate, note, queue, fill, bar, elements: [rate, track, fill, note, queue] };
    },
    // What comes from the wire goes into the first stage, what leaves goes out of the last.
    addWires(root, plan, xy, graph) {
        const outgoing = new Set(graph.edges.map(edge => edge.from));
        const first = plan.nodes.get(graph.stages[0].name);
        const last = plan.nodes.get("send") ?? [...plan.nodes.values()].find(node => !outgoing.has(node.stage.name));
        const { size } = plan;
        const add = (from, to, name) => {
            const way = wayBetween(plan, from, to, false);
            const group = make(
                "g",
                { class: "wires" },
                make("path", { class: "line", d: way.path }),
                make("path", { class: "flow", d: way.path }),
            );
            const [x, y] = xy(way.label.along, way.label.cross);
            const across = plan.way === "across";
            const rate = make("text", {
                class: "rate",
                x: across ? x : x + 12,
                y: across ? y - 8 : y - 2,
                "text-anchor": across ? "middle" : "start",
            });
            const note = make("text", {
                class: "small",
                x: across ? x : x + 12,
                y: across ? y + 17 : y + 12,
                "text-anchor": across ? "middle" : "start",
            });
            group.append(this.tip(way.tip, xy, plan), rate, note);
            root.append(group);
            this.links.push({ kind: name, group, line: group.firstChild, flow: group.childNodes[1], rate, note });
        };
        add({ along: first.along - size.end - size.along, cross: first.cross }, first, "received");
        add(last, { along: last.along + size.along + size.end + 4, cross: last.cross }, "sent");
    },
    show(host, device) {
        const { graph } = device;
        const plan = this.plan(graph, host.clientWidth - 32);
        const shape = JSON.stringify([
            plan.way,
            device.name,
            graph.stages.map(s => [s.name, s.shard]),
            graph.edges.map(e => [e.from, e.port, e.to]),
            graph.doorbells.map(b => b.to),
        ]);
        if (shape !== this.shape) {
            this.shape = shape;
            host.replaceChildren(this.build(graph, plan));
            host.scrollLeft = (host.scrollWidth - host.clientWidth) / 2;
            for (const parts of this.nodes.values()) this.fit(parts.name, parts.bar);
        }
        for (const stage of graph.stages) this.showStage(this.nodes.get(stage.name), stage, device);
        for (const link of this.links) this.showLink(link, device);
    },
    showStage(parts, stage, device) {
        const known = live.measured;
        say(parts.rate, known ? `${short(stage.itemsPerSecond)}/s` : "–");
        say(parts.hop, stage.hop.toLowerCase());
        const busy = Math.max(0, Math.min(stage.busyFraction, 1 - stage.blockedFraction));
        parts.busy.setAttribute("width", parts.bar * busy);
        parts.blocked.setAttribute("x", 12 + parts.bar * busy);
        parts.blocked.setAttribute("width", parts.bar * stage.blockedFraction);
        say(parts.busyText, (parts.wide && stage.blockedFraction > 0 ? "" : "busy ") + percent(stage.busyFraction));
        say(parts.blockedText, stage.blockedFraction > 0 ? `blocked ${percent(stage.blockedFraction)}` : "");
        const now = stage.droppedPerSecond > 0;
        const failed = stage.faults > 0;
        const word = parts.wide ? " dropped" : "";
        const dropped = now ? `▼ ${short(stage.droppedPerSecond)}/s${word}` : `▽ ${short(stage.droppedItems)}${word}`;
        const text = failed ? "✕ failed" : dropped;
        parts.badge.style.display = failed || stage.droppedItems > 0 ? "" : "none";
        parts.badge.classList.toggle("now", now || failed);
        say(parts.badgeText, text);
        const width = text.length * 6.2 + 18;
        parts.badgeBox.setAttribute("x", -width / 2);
        parts.badgeBox.setAttribute("width", width);
        title(parts.group, stageWords(stage, device.name));
    },
    showLink(link, device) {
        const [rate, note, words, fill, queue] = this.figures(link, device);
        say(link.rate, live.measured ? rate.text : "–");
        if (note !== null) say(link.note, note);
        link.group.classList.toggle("idle", !(rate.value > 0));
        link.line.style.strokeWidth = 1.5 + Math.min(3, Math.log10(1 + rate.value) * 0.5);
        link.flow.style.animationDuration = `${(2.4 / (1 + Math.log10(1 + rate.value))).toFixed(1)}s`;
        title(link.group, words);
        if (link.fill) {
            say(link.queue, queue);
            link.fill.setAttribute("width", fill === 0 ? 0 : Math.max(3, link.bar * fill));
            link.group.dataset.fill = fill >= 0.8 ? "full" : fill >= 0.5 ? "half" : "low";
        }
    },
    figures(link, device) {
        const per = value => ({ text: `${short(value)}/s`, value });
        if (link.kind === "received" || link.kind === "sent") {
            const traffic = device[link.kind];
            return [
                per(traffic.packetsPerSecond),
                `${bytes(traffic.bytesPerSecond)}/s`,
                `${link.kind}: ${whole(traffic.packets)} packets, ${bytes(traffic.bytes)}, ${whole(traffic.calls)} calls, ` +
                    `${whole(traffic.errors)} errors`,
                0,
            ];
        }
        if (link.kind === "bell") {
            const bell = device.graph.doorbells.find(one => one.from === link.from && one.to === link.to);
            return [
                per(bell.rungPerSecond),
                null,
                `${link.from ?? "posted work"} → ${link.to}: a doorbell, rung ${whole(bell.rung)} times, ${bell.queued} wait`,
                0,
            ];
        }
        const edge = device.graph.edges.find(one => one.from === link.from && one.port === link.port && one.to === link.to);
        return [
            per(edge.itemsPerSecond),
            edge.meanBurst > 0 ? `×${short(edge.meanBurst)}` : "",
            `${edgeName(edge)}: ${whole(edge.consumedItems)} items in ${whole(edge.consumedBursts)} bursts, ` +
                `${edge.queuedBursts} of ${edge.capacity} bursts wait, ` +
                `${whole(edge.refusedOffers)} offers refused${edge.isClosed ? ", the gate is closed" : ""}`,
            edge.fill,
            edge.isClosed ? "closed" : edge.queuedBursts > 0 ? `${edge.queuedBursts}/${edge.capacity}` : "",
        ];
    },
};
const edgeName = edge => (edge.port === "out" ? `${edge.from} → ${edge.to}` : `${edge.from}.${edge.port} → ${edge.to}`);
const stageWords = stage =>
    `${stage.name} (${stage.type}, shard ${stage.shard}, ${stage.hop.toLowerCase()}): ${whole(stage.consumedItems)} items in, ` +
    `${whole(stage.producedItems)} out, ${whole(stage.createdItems)} created, ${whole(stage.endedItems)} ended, ` +
    `${whole(stage.droppedItems)} dropped` +
    Object.entries(stage.drops)
        .filter(([, count]) => count > 0)
        .map(([reason, count]) => `, ${reason} ${whole(count)}`)
        .join("");
