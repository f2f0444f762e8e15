/**
 * Scripts of packages: what their authors wrote, and what systemd needs for the units that they bring. All work without
 * systemd (containers, chroots) and end well when it refuses. Sources: Debian Policy 6.5 and deb-systemd-helper(1p);
 * rpm 4.18 `docs/manual/scriptlets`, systemd's `macros.systemd.in`.
 */
import type { DefinedUnit, PackageDefinition, PackageFormat, ScriptMoment } from './definition.ts';

const MOMENTS: readonly ScriptMoment[] = ['beforeInstall', 'afterInstall', 'beforeRemove', 'afterRemove'];

/** The whole scripts of a package for /bin/sh; moments without work have none. */
export function packageScripts({
  format,
  scripts,
  units,
}: Pick<PackageDefinition, 'format' | 'scripts' | 'units'>): Partial<Record<ScriptMoment, string>> {
  const all: Partial<Record<ScriptMoment, string>> = {};
  for (const moment of MOMENTS) {
    const own = scripts[moment]?.replace(/^#!.*\n/, '').trim();
    // What is to be removed is stopped first; what is installed is started last.
    const parts = [own, unitScript(format, moment, units)].filter((part) => part);
    if (moment === 'beforeRemove') parts.reverse();
    if (parts.length > 0) all[moment] = `${PROLOGUES[format]}${parts.join('\n')}\n`;
  }
  return all;
}

const PROLOGUES: Readonly<Record<PackageFormat, string>> = { deb: '#!/bin/sh\nset -e\n', rpm: '' };

function unitScript(format: PackageFormat, moment: ScriptMoment, units: readonly DefinedUnit[]): string {
  if (units.length === 0) return '';
  return format === 'deb' ? debUnitScript(moment, units) : rpmUnitScript(moment, units);
}

function debUnitScript(moment: ScriptMoment, units: readonly DefinedUnit[]): string {
  const started = units.filter(({ starts }) => starts).map(({ name }) => name);
  const reload = 'systemctl --system daemon-reload >/dev/null || true';
  switch (moment) {
    case 'beforeInstall':
      return '';
    case 'afterInstall':
      return [
        ...(started.length > 0
          ? [
              'if [ "$1" = configure ] && command -v deb-systemd-helper >/dev/null; then',
              ...started.flatMap((unit) => [
                `    deb-systemd-helper unmask ${unit} >/dev/null || true`,
                `    if deb-systemd-helper --quiet was-enabled ${unit}; then`,
                `        deb-systemd-helper enable ${unit} >/dev/null || true`,
                '    else',
                `        deb-systemd-helper update-state ${unit} >/dev/null || true`,
                '    fi',
              ]),
              'fi',
            ]
          : []),
        'if [ "$1" = configure ] && [ -d /run/systemd/system ]; then',
        `    ${reload}`,
        ...(started.length > 0
          ? [
              '    action=start',
              '    [ -z "$2" ] || action=try-restart',
              `    deb-systemd-invoke "$action" ${started.join(' ')} >/dev/null || true`,
            ]
          : []),
        'fi',
      ].join('\n');
    case 'beforeRemove':
      return [
        'if [ "$1" = remove ] && [ -d /run/systemd/system ]; then',
        `    deb-systemd-invoke stop ${names(units)} >/dev/null || true`,
        'fi',
      ].join('\n');
    case 'afterRemove':
      return [
        'if [ "$1" = remove ] && [ -d /run/systemd/system ]; then',
        `    ${reload}`,
        'fi',
        'if [ "$1" = purge ] && command -v deb-systemd-helper >/dev/null; then',
        `    deb-systemd-helper purge ${names(units)} >/dev/null || true`,
        'fi',
      ].join('\n');
  }
}

/** As %systemd_post, %systemd_preun and %systemd_postun do it: the presets of the distribution decide what starts. */
function rpmUnitScript(moment: ScriptMoment, units: readonly DefinedUnit[]): string {
  const withSystemctl = (condition: string, command: string) =>
    [
      `if ${condition} && command -v systemctl >/dev/null 2>&1; then`,
      `    systemctl ${command} >/dev/null 2>&1 || :`,
      'fi',
    ].join('\n');
  const started = units.filter(({ starts }) => starts);
  switch (moment) {
    case 'beforeInstall':
      return '';
    case 'afterInstall':
      return started.length === 0
        ? ''
        : withSystemctl('[ "$1" -eq 1 ]', `--no-reload preset ${names(started)}`);
    case 'beforeRemove':
      return withSystemctl('[ "$1" -eq 0 ]', `--no-reload disable --now ${names(units)}`);
    case 'afterRemove':
      return withSystemctl('[ -d /run/systemd/system ]', 'daemon-reload');
  }
}

function names(units: readonly DefinedUnit[]): string {
  return units.map(({ name }) => name).join(' ');
}
