// A collector for tests: takes OTLP over gRPC and HTTP, keeps everything, and answers questions over HTTP.
//   node receiver.js GRPC-PORT HTTP-PORT        (0: a free one)
// Prints one line, {"grpc":…,"http":…,"questions":…}: its three addresses. Ends with its standard input.
//   GET /spans, /points, /requests              what came so far, as JSON arrays of flat records
'use strict';
const http = require('http');
const { MockOtlpServer } = require('@elastic/mockotlpserver');

const kept = { spans: [], points: [], requests: [] };

// Both protocols give 64-bit numbers as Long, identifiers as bytes, and only the fields that were sent.
const number = (value) => Number(value?.toString() ?? 0);
const hex = (bytes) => (bytes ? Buffer.from(bytes).toString('hex') : '');
const attributes = (list) => Object.fromEntries((list ?? []).map(({ key, value }) => [key, anyValue(value)]));

function anyValue(value) {
    for (const field of ['stringValue', 'boolValue', 'doubleValue']) if (Object.hasOwn(value, field)) return value[field];
    if (Object.hasOwn(value, 'intValue')) return number(value.intValue);
    if (value.arrayValue) return (value.arrayValue.values ?? []).map(anyValue);
    return null;
}

const scopeOf = (block) => ({ name: block.scope?.name, version: block.scope?.version, schemaUrl: block.schemaUrl ?? '' });

function onTrace(request) {
    for (const resource of request.resourceSpans ?? [])
        for (const block of resource.scopeSpans ?? [])
            for (const span of block.spans ?? [])
                kept.spans.push({
                    name: span.name, kind: span.kind, status: span.status?.code ?? 0, message: span.status?.message ?? '',
                    traceId: hex(span.traceId), spanId: hex(span.spanId), parentSpanId: hex(span.parentSpanId),
                    start: span.startTimeUnixNano?.toString(), end: span.endTimeUnixNano?.toString(),
                    attributes: attributes(span.attributes),
                    events: (span.events ?? []).map((e) => ({ name: e.name, attributes: attributes(e.attributes) })),
                    links: (span.links ?? []).map((l) => ({ traceId: hex(l.traceId), spanId: hex(l.spanId) })),
                    scope: scopeOf(block), resource: attributes(resource.resource?.attributes),
                });
}

function onMetrics(request) {
    for (const resource of request.resourceMetrics ?? [])
        for (const block of resource.scopeMetrics ?? [])
            for (const metric of block.metrics ?? [])
                for (const kind of ['gauge', 'sum', 'histogram', 'exponentialHistogram'])
                    for (const point of metric[kind]?.dataPoints ?? [])
                        kept.points.push({
                            metric: metric.name, unit: metric.unit, kind, monotonic: metric[kind].isMonotonic ?? false,
                            attributes: attributes(point.attributes), ...valueOf(point),
                            exemplars: (point.exemplars ?? []).map((e) => ({ traceId: hex(e.traceId), spanId: hex(e.spanId) })),
                            scope: scopeOf(block), resource: attributes(resource.resource?.attributes),
                        });
}

function valueOf(point) {
    if (Object.hasOwn(point, 'asInt')) return { value: number(point.asInt) };
    if (Object.hasOwn(point, 'asDouble')) return { value: point.asDouble };
    return { value: number(point.count), sum: point.sum ?? 0, bounds: point.explicitBounds ?? [], scale: point.scale ?? null };
}

function onRequest(request) {
    const headers = request.transport === 'grpc' ? request.metadata.getMap() : request.headers;
    kept.requests.push({ transport: request.transport, path: request.path, headers });
}

const questions = http.createServer((request, response) => {
    const answer = kept[request.url.slice(1)];
    response.writeHead(answer ? 200 : 404, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(answer ?? null));
});

async function main([grpcPort, httpPort]) {
    const here = '127.0.0.1';
    const server = new MockOtlpServer({
        logLevel: 'fatal', services: ['http', 'grpc'], onTrace, onMetrics, onRequest,
        httpHostname: here, grpcHostname: here, httpPort: Number(httpPort), grpcPort: Number(grpcPort),
    });
    await server.start();
    await new Promise((listening) => questions.listen(0, here, listening));
    const addresses = { grpc: server.grpcUrl, http: server.httpUrl, questions: `http://${here}:${questions.address().port}` };
    console.log(JSON.stringify(addresses));
    process.stdin.on('end', () => process.exit(0)).resume();
}

main(process.argv.slice(2));
