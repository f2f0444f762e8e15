/** Prints what images would be made of. */
import { formatBytes } from '../../report/units.ts';
import type { Session } from '../session.ts';
import { table } from '../table.ts';
import type { PreparedImages } from './prepare.ts';
import type { ImageRequest } from './request.ts';
import { planAll } from './run.ts';

export function printImages(session: Session, request: ImageRequest, prepared: PreparedImages): number {
  const { context } = session;
  const outputs = planAll(session, request, prepared).archives.flatMap((step) => step.outputs);
  if (context.options.json) {
    const images = prepared.images.map(({ planned, list }) => ({
      ...{ name: planned.name, platform: planned.platform, names: planned.names, list },
      base: { name: planned.base.name, digest: planned.base.digest, layers: planned.base.layers.length },
      layers: planned.layers.map(({ createdBy, entries }) => ({ createdBy, files: entries.length })),
      settings: planned.changes,
    }));
    context.print(JSON.stringify({ images, outputs }));
    return 0;
  }
  const texts = prepared.images.map(({ planned, declaration, list }) => {
    const { base, layers, names, platform } = planned;
    const size = base.layers.reduce((sum, layer) => sum + layer.size, 0);
    const rows = [
      ...names.map((name) => ['name', name]),
      ['list', list],
      [
        'base',
        `${base.name}${base.layers.length > 0 ? ` (${base.layers.length} layers, ${formatBytes(size)})` : ''}`,
      ],
      ...(base.digest ? [['digest', base.digest]] : []),
      ...layers.map(({ createdBy }) => ['layer', createdBy]),
      ['declared', `${declaration.where.file}${declaration.where.line ? `:${declaration.where.line}` : ''}`],
    ];
    return `${planned.name} ${platform}\n${table(rows, '  ')}`;
  });
  context.print([...texts, ...(outputs.length > 0 ? [outputs.join('\n')] : [])].join('\n\n'));
  return 0;
}
