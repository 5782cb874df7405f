/** The one dashboard, made from `panels.ts`; `npm run generate` writes it. */
import { rows, type Panel } from './panels.ts';

const width = 6;
const height = 7;
const source = { type: 'prometheus', uid: 'prometheus' };

/** Grafana's own form of a dashboard (schema 39, Grafana 10 and newer). */
export function createDashboard() {
  return {
    uid: 'leasehold',
    title: 'Leasehold',
    description: 'Generated from ops/grafana/panels.ts by npm run generate. Do not edit.',
    schemaVersion: 39,
    editable: false,
    refresh: '30s',
    time: { from: 'now-6h', to: 'now' },
    timezone: 'utc',
    tags: ['leasehold'],
    panels: rows.flatMap(({ title, panels }, row) => {
      const y = row * (height + 1);
      // A hundred ids a row, so that a new panel renumbers its own row only.
      const id = 100 * (row + 1);
      return [
        { id, type: 'row', title, collapsed: false, gridPos: { x: 0, y, w: 24, h: 1 }, panels: [] },
        ...panels.map((panel, column) => ({
          id: id + column + 1,
          ...drawn(panel),
          gridPos: { x: column * width, y: y + 1, w: width, h: height },
        })),
      ];
    }),
  };
}

function drawn({ title, description, unit, kind = 'timeseries', lines }: Panel) {
  return {
    type: kind,
    title,
    description,
    datasource: source,
    fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
    options: kind === 'stat' ? { reduceOptions: { calcs: ['lastNotNull'] } } : {},
    targets: lines.map(([legendFormat, expr], index) => ({
      refId: String.fromCharCode(65 + index),
      datasource: source,
      expr,
      legendFormat,
    })),
  };
}
