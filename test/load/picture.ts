import type { Line } from './figures.ts';

interface Point {
  count: number;
  ratio: number;
}

const width = 340;
const height = 240;
const margin = { left: 44, right: 12, top: 34, bottom: 40 };
const colours = ['#1f6feb', '#d1242f', '#1a7f37'];
/** Above this a curve would say that something grows with the installation. */
const ratioMax = 4;

/**
 * The curves as an SVG of two charts: cost of an operation as a multiple of its cost at the smallest
 * size, by sessions in one pool and by pools. Flat is what it should be.
 */
export function pictureOf(lines: readonly Line[]): string {
  const curves = new Map<string, Map<string, Point[]>>();
  for (const { measurement, floor } of lines) {
    const [kind, operation = '', of = '', count] = measurement.split(':');
    if (kind !== 'curves' || floor === undefined) continue;
    const chart = curves.get(of) ?? new Map<string, Point[]>();
    const points = chart.get(operation) ?? [];
    points.push({ count: Number(count), ratio: floor.ratio.median });
    curves.set(of, chart.set(operation, points));
  }
  const charts = [...curves].map(([of, chart], index) => {
    const title = of === 'pools' ? 'Pools' : 'Sessions in one pool';
    return `<g transform="translate(${index * width} 0)">${chartOf(title, chart)}</g>`;
  });
  const total = Math.max(1, curves.size) * width;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${total} ${height}" width="${total}" font-family="sans-serif" font-size="11">`,
    `<rect width="${total}" height="${height}" fill="#ffffff"/>`,
    ...charts,
    '</svg>\n',
  ].join('\n');
}

function chartOf(title: string, chart: ReadonlyMap<string, Point[]>): string {
  const counts = [...chart.values()].flat().map(({ count }) => count);
  const [least, most] = [Math.log10(Math.min(...counts)), Math.log10(Math.max(...counts))];
  const x = (count: number) =>
    margin.left +
    ((Math.log10(count) - least) / (most - least || 1)) * (width - margin.left - margin.right);
  const y = (ratio: number) =>
    height -
    margin.bottom -
    (Math.min(ratio, ratioMax) / ratioMax) * (height - margin.top - margin.bottom);
  const rows = [0, 1, 2, 3, 4].map(
    (ratio) =>
      `<line x1="${margin.left}" x2="${width - margin.right}" y1="${y(ratio)}" y2="${y(ratio)}" stroke="${ratio === 1 ? '#8c959f' : '#eaeef2'}"/><text x="${margin.left - 6}" y="${y(ratio) + 4}" text-anchor="end">${ratio}×</text>`,
  );
  const columns = [...new Set(counts)].map(
    (count) =>
      `<text x="${x(count)}" y="${height - margin.bottom + 16}" text-anchor="middle">${count.toLocaleString('en-US')}</text>`,
  );
  const curves = [...chart].map(([operation, points], index) => {
    const colour = colours[index % colours.length] ?? '#000000';
    const path = points.map(({ count, ratio }) => `${x(count).toFixed(1)},${y(ratio).toFixed(1)}`);
    const legend = margin.left + index * 96;
    return `<polyline points="${path.join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/><text x="${legend}" y="${height - 6}" fill="${colour}">${operation}</text>`;
  });
  const head = `<text x="${margin.left}" y="18" font-weight="bold">${title}</text>`;
  return [head, ...rows, ...columns, ...curves].join('\n');
}
