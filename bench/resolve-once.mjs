/**
 * Our side of `graph.ts`, in a process of its own: `node resolve-once.mjs DIRECTORY GOROOT VERSION PACKAGE…`. JavaScript, as
 * what people run is: the time that Node takes to read TypeScript is none of the graph's. GRAPH_HEADERS: what is remembered.
 */
import { enableCompileCache } from 'node:module';

enableCompileCache();
const built = (path) => import(new URL(`../dist/${path}`, import.meta.url).href);
const { realHost } = await built('host/host.js');
const { resolvePackages } = await built('tree/packages/resolve.js');
const { RememberedHeaders } = await built('tree/packages/resolver/headerfile.js');

const [workingDirectory, goroot, goVersion, ...packages] = process.argv.slice(2);
const { GRAPH_HEADERS, ...environment } = process.env;
const request = { key: '', go: `${goroot}/bin/go`, goVersion, flags: [], environment, workingDirectory };
const roots = packages.map((goPackage) => ({ goPackage, role: 'program' }));
const host = realHost();
const answer = await new RememberedHeaders(host, GRAPH_HEADERS).using((headers) =>
  resolvePackages(host, request, roots, headers, new AbortController().signal),
);
for (const { reason } of answer.unsupported) throw new Error(reason);
