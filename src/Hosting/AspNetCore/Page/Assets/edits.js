// Changes of the graph, where the process allows them: asked for with the token that only this document knows, answered in words.
const edits = {
    token: document.querySelector("meta[name=token]").content,
    key: "",
    choices: null,
    asked: 0,
    async show(device) {
        byId("edits").hidden = this.token === "";
        const key = `${device.name}/${device.graph.revision}`;
        if (this.token === "" || key === this.key) return;
        this.key = key;
        await this.load(device.name);
    },
    // What was asked for last counts, and the graph as it is when the answer comes.
    async load(name) {
        const turn = ++this.asked;
        const answer = await fetch(`${base}edits?device=${encodeURIComponent(name)}`);
        if (!answer.ok) return;
        const choices = await answer.json();
        const device = live.snapshot.devices.find(one => one.name === name);
        if (turn !== this.asked || name !== live.device || !device) return;
        this.choices = choices;
        const { presets, offers, removable, revisions } = this.choices;
        this.fill(
            "edit-preset",
            presets.map(preset => [preset, preset]),
            device.graph.preset,
        );
        this.fill(
            "edit-offer",
            offers.map(offer => [offer.name, `${offer.name}: ${offer.description}`]),
        );
        this.fill(
            "edit-edge",
            tables.inOrder(device).map(edge => [JSON.stringify([edge.from, edge.port]), edgeName(edge)]),
        );
        this.fill(
            "edit-stage",
            removable.map(stage => [stage, stage]),
        );
        for (const form of document.forms) {
            form.querySelector("button").disabled = [...form.querySelectorAll("select")].some(select => select.options.length === 0);
        }
        byId("revisions").replaceChildren(...revisions.map(revision => this.row(revision, device.graph.revision)));
    },
    fill(id, options, chosen) {
        const select = byId(id);
        const before = select.value;
        select.replaceChildren(...options.map(([value, words]) => make("option", { value }, words)));
        select.value = chosen ?? before;
        if (select.selectedIndex < 0) select.selectedIndex = 0;
    },
    row(revision, present) {
        const applied = revision.outcome === "Applied";
        const words = applied
            ? `paused ${revision.pauseMilliseconds < 0.1 ? "<0.1" : revision.pauseMilliseconds.toFixed(1)} ms`
            : `${revision.outcome === "Rejected" ? "rejected" : "rolled back"}: ${revision.error}`;
        const end =
            revision.number === present
                ? make("span", { class: "present" }, "running")
                : applied
                  ? make(
                        "button",
                        { type: "button", "data-rollback": revision.number, "aria-label": `Roll back to revision ${revision.number}` },
                        "Roll back",
                    )
                  : make("span", { class: "failed" }, "✕");
        return make(
            "li",
            {},
            make("span", { class: "number" }, String(revision.number)),
            make(
                "div",
                {},
                make("p", { title: revision.diff }, revision.diff.split(";")[0]),
                make("p", { class: applied ? "note" : "failed note" }, revision.number === 1 ? "" : words),
            ),
            end,
        );
    },
    async ask(change) {
        const device = live.snapshot.devices.find(one => one.name === live.device);
        this.tell("busy", "Changing the graph …");
        try {
            const answer = await fetch(`${base}edits`, {
                method: "POST",
                headers: { "Content-Type": "application/json", "X-RdmaPipeline-Token": this.token },
                body: JSON.stringify({ device: device.name, seen: device.graph.revision, ...change }),
            });
            const result = await answer.json();
            if (answer.ok) this.tell("good", `✓ Revision ${result.number}: ${result.diff.split(";")[0]}`);
            else this.tell("bad", `✕ ${result.error}`);
        } catch (fault) {
            this.tell("bad", `✕ No answer: ${fault.message}`);
        }
        await this.load(device.name);
    },
    tell(state, words) {
        byId("edit-result").dataset.state = state;
        say(byId("edit-result"), words);
    },
};

byId("edits").addEventListener("submit", event => {
    event.preventDefault();
    const { action } = event.target.dataset;
    const [from, port] = JSON.parse(byId("edit-edge").value || "[null, null]");
    edits.ask(
        {
            preset: { action: "Preset", preset: byId("edit-preset").value },
            insert: { action: "Insert", stage: byId("edit-offer").value, from, port },
            remove: { action: "Remove", stage: byId("edit-stage").value },
        }[action],
    );
});
byId("edits").addEventListener("click", event => {
    const to = event.target.dataset.rollback;
    if (to) edits.ask({ action: "Rollback", revision: Number(to) });
});
