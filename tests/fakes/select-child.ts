/** A process of its own that fetches Go 1.15.99, for tests that kill one: argv is the sum to trust. */
import { NO_CONFIG } from '../../src/config/config.ts';
import { realHost } from '../../src/host/host.ts';
import { selectToolchain } from '../../src/toolchain/select.ts';
import type { Tree } from '../../src/tree/tree.ts';

const { signal } = new AbortController();
const host = { ...realHost(), platform: 'linux/amd64' as const };
const options = { toolchain: '1.15.99', toolchainSum: process.argv[2], offline: false, signal };
await selectToolchain(host, { root: '/nowhere' } as Tree, NO_CONFIG, options);
