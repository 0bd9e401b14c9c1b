// Where stages and edges are drawn: layers along the flow, rows across it, a block of rows for each shard. A pure function of the graph.
const sizes = {
    across: { along: 118, cross: 78, gap: 76, row: 52, end: 60, bend: 15 },
    down: { along: 78, cross: 152, gap: 66, row: 26, end: 66, bend: 14 },
};

const layerOf = (names, links) => {
    const layer = new Map(names.map(name => [name, 0]));
    for (let round = 0; round < names.length; round++) {
        let moved = false;
        for (const { from, to } of links) {
            if (layer.get(to) <= layer.get(from)) {
                layer.set(to, layer.get(from) + 1);
                moved = true;
            }
        }
        if (!moved) break;
    }
    // A stage that nothing leads to stands next to what it leads to, but for where the packets come in.
    const fed = new Set(links.map(link => link.to));
    for (const name of names.filter(name => !fed.has(name) && name !== names[0])) {
        const next = links.filter(link => link.from === name).map(link => layer.get(link.to));
        if (next.length > 0) layer.set(name, Math.min(...next) - 1);
    }
    return layer;
};

// A stage stands in the rows of its shard; one that only follows a stage of another shard stands there, where its edge comes from.
const lanesOf = (stages, links, layer, alone) => {
    const lane = new Map(stages.map(stage => [stage.name, stage.shard]));
    for (const stage of [...stages].sort((a, b) => layer.get(a.name) - layer.get(b.name))) {
        const before = stages.filter(other => links.some(link => link.from === other.name && link.to === stage.name));
        if (before.length === 1 && !alone(before[0])) lane.set(stage.name, lane.get(before[0].name));
    }
    return lane;
};

const rowsOf = (stages, links, layer, lane) => {
    const row = new Map();
    const taken = new Set();
    const fed = new Set(links.map(link => link.to));
    const order = stage => 2 * layer.get(stage.name) + (fed.has(stage.name) ? 0 : 1);
    for (const stage of [...stages].sort((a, b) => order(a) - order(b))) {
        const before = links.filter(link => link.to === stage.name && row.has(link.from)).map(link => row.get(link.from));
        let wanted = before.length > 0 ? Math.min(...before) : 0;
        const place = row => `${lane.get(stage.name)}/${layer.get(stage.name)}/${row}`;
        while (taken.has(place(wanted))) wanted++;
        taken.add(place(wanted));
        row.set(stage.name, wanted);
    }
    return row;
};

const arrange = (graph, way) => {
    const size = sizes[way];
    const names = graph.stages.map(stage => stage.name);
    const links = [...graph.edges, ...graph.doorbells.filter(bell => bell.from)].filter(
        link => names.includes(link.from) && names.includes(link.to),
    );
    const layer = layerOf(names, links);
    const alone = stage => graph.stages.filter(other => layer.get(other.name) === layer.get(stage.name)).length === 1;
    const inLanes = graph.stages.filter(stage => !alone(stage));
    const laneOf = lanesOf(graph.stages, links, layer, alone);
    const laneLinks = links.filter(link => inLanes.some(s => s.name === link.from));
    const row = rowsOf(inLanes, laneLinks, layer, laneOf);
    const shards = [...new Set(graph.stages.map(stage => stage.shard))].sort((a, b) => a - b);
    const pitch = size.cross + size.row;
    const lanes = [];
    let cross = 0;
    for (const shard of shards) {
        const count = Math.max(1, ...inLanes.filter(s => laneOf.get(s.name) === shard).map(s => row.get(s.name) + 1));
        lanes.push({ shard, from: cross, count });
        cross += count * pitch + (shards.length > 1 ? 18 : 0);
    }
    const height = lanes.at(-1).from + lanes.at(-1).count * pitch - size.row;
    const nodes = new Map();
    for (const stage of graph.stages) {
        const lane = lanes.find(one => one.shard === laneOf.get(stage.name));
        const mates = inLanes.filter(s => laneOf.get(s.name) === lane.shard && layer.get(s.name) === layer.get(stage.name));
        const middle = lane.from + ((lane.count - 1) * pitch) / 2;
        const at = alone(stage) ? (height - size.cross) / 2 : mates.length === 1 ? middle : lane.from + row.get(stage.name) * pitch;
        nodes.set(stage.name, { stage, along: size.end + layer.get(stage.name) * (size.along + size.gap), cross: at });
    }
    const depth = Math.max(...layer.values()) + 1;
    const length = 2 * size.end + depth * size.along + (depth - 1) * size.gap;
    for (const lane of lanes) {
        const own = [...nodes.values()].filter(
            ({ stage }) => stage.shard === lane.shard && laneOf.get(stage.name) === lane.shard && !alone(stage),
        );
        lane.start = Math.min(...own.map(node => node.along));
        lane.end = Math.max(...own.map(node => node.along)) + size.along;
        lane.to = lane.from + lane.count * pitch - size.row;
    }
    return { size, way, layer, nodes, lanes: shards.length > 1 ? lanes.filter(lane => Number.isFinite(lane.start)) : [], length, height };
};

// A line with round corners: straight along the flow but for one bend, near the start where ways part, else near the end.
const wayBetween = (plan, from, to, parts) => {
    const { size } = plan;
    const start = { along: from.along + size.along, cross: from.cross + size.cross / 2 };
    const end = { along: to.along - 7, cross: to.cross + size.cross / 2 };
    const point = (along, cross) => (plan.way === "across" ? `${along},${cross}` : `${cross},${along}`);
    const flat = size.gap - size.bend - 7;
    if (Math.abs(start.cross - end.cross) < 1) {
        return {
            path: `M${point(start.along, start.cross)}L${point(end.along, end.cross)}`,
            label: { along: (start.along + end.along) / 2, cross: start.cross },
            tip: end,
        };
    }
    const bend = parts ? start.along + size.bend : end.along - size.bend + 4;
    const radius = Math.min(10, size.bend - 4, Math.abs(end.cross - start.cross) / 2);
    const turn = Math.sign(end.cross - start.cross) * radius;
    const label = parts ? { along: end.along - flat / 2, cross: end.cross } : { along: start.along + flat / 2, cross: start.cross };
    return {
        path:
            `M${point(start.along, start.cross)}L${point(bend - radius, start.cross)}` +
            `Q${point(bend, start.cross)} ${point(bend, start.cross + turn)}L${point(bend, end.cross - turn)}` +
            `Q${point(bend, end.cross)} ${point(Math.min(end.along, bend + radius), end.cross)}L${point(end.along, end.cross)}`,
        label,
        tip: end,
    };
};
