/** File capabilities as the kernel keeps them in `security.capability` (linux/capability.h, VFS_CAP_REVISION_2). */

/** Bit of each capability (linux/capability.h). */
const BITS: Readonly<Record<string, number>> = Object.fromEntries(
  [
    ...[
      'chown',
      'dac_override',
      'dac_read_search',
      'fowner',
      'fsetid',
      'kill',
      'setgid',
      'setuid',
      'setpcap',
    ],
    ...[
      'linux_immutable',
      'net_bind_service',
      'net_broadcast',
      'net_admin',
      'net_raw',
      'ipc_lock',
      'ipc_owner',
    ],
    ...[
      'sys_module',
      'sys_rawio',
      'sys_chroot',
      'sys_ptrace',
      'sys_pacct',
      'sys_admin',
      'sys_boot',
      'sys_nice',
    ],
    ...[
      'sys_resource',
      'sys_time',
      'sys_tty_config',
      'mknod',
      'lease',
      'audit_write',
      'audit_control',
      'setfcap',
    ],
    ...['mac_override', 'mac_admin', 'syslog', 'wake_alarm', 'block_suspend', 'audit_read', 'perfmon', 'bpf'],
    'checkpoint_restore',
  ].map((name, bit) => [`cap_${name}`, bit]),
);

const REVISION_2 = 0x02000000;
const EFFECTIVE = 1;

/** `cap_net_bind_service=+ep` as bytes; undefined when the text cannot be understood. */
export function capabilityBytes(text: string): Buffer | undefined {
  const match = /^([a-z_,]+)[=+]+([eip]+)$/.exec(text.trim());
  const bits = match?.[1]?.split(',').map((name) => BITS[name]);
  if (!match || !bits || bits.includes(undefined)) return undefined;
  const flags = match[2] ?? '';
  const sets = [0, 0];
  for (const bit of bits as number[]) sets[bit >> 5] = ((sets[bit >> 5] ?? 0) | (1 << (bit & 31))) >>> 0;
  const bytes = Buffer.alloc(20);
  bytes.writeUInt32LE(REVISION_2 + (flags.includes('e') ? EFFECTIVE : 0), 0);
  for (const [i, set] of sets.entries()) {
    if (flags.includes('p')) bytes.writeUInt32LE(set, 4 + 8 * i);
    if (flags.includes('i')) bytes.writeUInt32LE(set, 8 + 8 * i);
  }
  return bytes;
}
